/*
 * kern_shutdown.c: panic, halt and reboot.
 *
 * Nothing here waits for an interrupt: time is the i8254's, read by DELAY(),
 * and keys are polled for.
 */
#include <sys/systm.h>
#include <sys/cons.h>
#include <sys/eventhandler.h>
#include <sys/kdb.h>
#include <sys/reboot.h>
#include <sys/time.h>
#include <i386/md_var.h>

#define	PANIC_REBOOT_WAIT_TIME	15	/* seconds */

const char *panicstr;

/* Print the uptime as `1d2h3m4s'; leading noughts are left out. */
static void
print_uptime(void)
{
	unsigned int seconds = time_uptime;

	printf("Uptime: ");
	if (seconds >= 24 * 60 * 60)
		printf("%ud", seconds / (24 * 60 * 60));
	if (seconds >= 60 * 60)
		printf("%uh", seconds / (60 * 60) % 24);
	if (seconds >= 60)
		printf("%um", seconds / 60 % 60);
	printf("%us\n", seconds % 60);
}

/* Wait until somebody wants it to run again; for ever if nobody can. */
static void
shutdown_halt(void)
{
	printf("\nThe operating system has halted.\n");
	printf("Please press any key to reboot.\n\n");
	if (cngetc() == -1)
		cpu_halt();
}

/* Give time to read what a panic had to say; a key gives more. */
static void
shutdown_panic(void)
{
	int tenths;

	printf("Automatic reboot in %d seconds - press a key on the console to abort\n",
	    PANIC_REBOOT_WAIT_TIME);
	for (tenths = PANIC_REBOOT_WAIT_TIME * 10; tenths > 0; tenths--) {
		DELAY(100000);
		if (cncheckc() != -1)
			break;
	}
	if (tenths == 0)
		return;
	printf("--> Press a key on the console to reboot,\n");
	printf("--> or switch off the system now.\n");
	(void)cngetc();
}

static void __dead2
shutdown_reset(void)
{
	printf("Rebooting...\n");
	DELAY(1000000);
	cpu_reset();
}

/*
 * RB_POWEROFF switches off, where the machine can; RB_HALT stops before the
 * reboot, until a key is pressed; RB_DUMP is a panic's, which waits, but not
 * for ever.
 */
void
kern_reboot(int howto)
{
	if (!cold && panicstr == NULL)
		EVENTHANDLER_INVOKE(shutdown_pre_sync, howto);
	print_uptime();
	EVENTHANDLER_INVOKE(shutdown_post_sync, howto);
	(void)splhigh();
	if ((howto & RB_DUMP) != 0 && !cold)
		printf("Cannot dump. No dump device defined.\n");
	EVENTHANDLER_INVOKE(shutdown_final, howto);
	if ((howto & RB_POWEROFF) != 0)
		cpu_poweroff();
	if ((howto & RB_HALT) != 0)
		shutdown_halt();
	else if ((howto & RB_DUMP) != 0)
		shutdown_panic();
	shutdown_reset();
}

/*
 * One that comes before the console is there starts the console, that it be
 * seen.  One that comes while the first is being handled may come from what
 * handles it: it says its word and skips all of that; and a third may come
 * from the printing.
 */
void
panic(const char *fmt, ...)
{
	static char text[256], again[256];
	static int panics;
	va_list ap;

	panics++;
	if (panics > 2)
		cpu_reset();
	(void)splhigh();
	if (!cn_started)
		cninit();
	va_start(ap, fmt);
	vsnprintf(panics == 1 ? text : again, sizeof(text), fmt, ap);
	va_end(ap);
	if (panics == 1)
		panicstr = text;
	printf("panic: %s\n", panics == 1 ? text : again);
	if (panics > 1)
		shutdown_reset();
	if (debugger_on_panic)
		kdb_enter("panic");
	kern_reboot(RB_AUTOBOOT | RB_NOSYNC | RB_DUMP);
}
