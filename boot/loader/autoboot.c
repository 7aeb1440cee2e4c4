/*
 * autoboot.c: the countdown.
 *
 *	autoboot_delay	seconds; what is no number counts as 10
 *	  "NO"		no countdown at the start
 *	  negative	boot at once, no key is looked at
 */
#include "loader.h"

#define	DEFAULT_DELAY	10

static int	autoboot_tried;

/* The delay that the user wants. */
static long
autoboot_delay(void)
{
	const char *value;
	char *end;
	long delay;

	if ((value = getenv("autoboot_delay")) == NULL)
		return (DEFAULT_DELAY);
	delay = strtol(value, &end, 0);
	return (end == value ? DEFAULT_DELAY : delay);
}

/* Count down.  Returns 1 to boot, 0 when a key other than Enter was hit. */
static int
countdown(long seconds, const char *kernel, const char *question)
{
	uint32_t gone, last, start;
	long left;
	int c;

	printf("%s\n", question != NULL ? question :
	    "Hit [Enter] to boot immediately, or any other key for command prompt.");
	start = getsecs();
	last = 0;
	for (;;) {
		if (ischar()) {
			c = getchar();
			return (c == '\r' || c == '\n');
		}
		gone = getsecs() - start;
		if (gone >= (uint32_t)seconds)
			return (1);
		if (gone == last)
			continue;
		last = gone;
		left = seconds - gone;
		printf("\rBooting [%s] in %ld second%s... ", kernel, left, left == 1 ? "" : "s");
	}
}

/* Load the kernel, count down, boot.  CMD_OK when a key has stopped it. */
static int
autoboot(long seconds, const char *question)
{
	const char *kernel;
	int yes;

	autoboot_tried = 1;
	if (file_findfile(NULL, NULL) == NULL)
		load_a_kernel(0, NULL);
	if (file_findfile(NULL, NULL) == NULL || (kernel = getenv("kernelname")) == NULL)
		return (command_error("no valid kernel found"));
	yes = seconds < 0 || countdown(seconds, kernel, question);
	if (yes)
		printf("\rBooting [%s]...               ", kernel);
	putchar('\n');
	return (yes ? boot_loaded() : CMD_OK);
}

/* Count down and boot unless autoboot_delay is NO; returns when stopped. */
void
autoboot_maybe(void)
{
	const char *value;

	value = getenv("autoboot_delay");
	if (autoboot_tried || (value != NULL && strcasecmp(value, "NO") == 0))
		return;
	if (autoboot(autoboot_delay(), NULL) != CMD_OK)
		printf("%s\n", command_errbuf);
}

COMMAND_SET(autoboot, "autoboot", "boot automatically after a delay", command_autoboot);

static int
command_autoboot(int argc, char *argv[])
{
	char *end;
	long seconds;

	if (argc > 3)
		return (command_error("too many arguments"));
	seconds = autoboot_delay();
	if (argc > 1) {
		seconds = strtol(argv[1], &end, 0);
		if (end == argv[1] || *end != '\0')
			return (command_error("bad delay '%s'", argv[1]));
	}
	return (autoboot(seconds, argc > 2 ? argv[2] : NULL));
}
