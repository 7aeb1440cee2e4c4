/*
 * interp.c: the interpreter.  It reads configuration and script at the start,
 * counts down, and then takes lines at the prompt for ever.
 *
 * FreeBSD's loader hands /boot/loader.rc to a Forth machine, in which the
 * words of /boot/loader.4th read loader.conf.  There is no Forth here; the
 * order of things, and so their result, is kept:
 *
 *	1. /boot/defaults/loader.conf, and then the files that the variable
 *	   loader_conf_files names (loaderconf.c);
 *	2. the commands of /boot/loader.rc, where there is one, otherwise of
 *	   /boot/boot.conf: only commands of the table, as typed at the prompt;
 *	3. the countdown, which loads the kernel and what the <name>_load lines
 *	   ask for, unless autoboot_delay is "NO" or the script has done all
 *	   that (autoboot.c);
 *	4. the prompt.
 */
#include "loader.h"

#define	INCLUDE_DEPTH	8	/* files that include files */

char	command_errbuf[LINE_SIZE];

/* Set the reason of a command's failure; returns CMD_ERROR. */
int
command_error(const char *fmt, ...)
{
	char text[LINE_SIZE];	/* what we are given may be in command_errbuf */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	strcpy(command_errbuf, text);
	return (CMD_ERROR);
}

/* Run the command of these words; the reason of a failure begins with its name. */
static int
perform(int argc, char *argv[])
{
	const struct bootblk_command *const *cmdp;

	if (argc == 0)
		return (CMD_OK);
	strcpy(command_errbuf, "no error message");
	COMMAND_FOREACH(cmdp) {
		if (strcmp((*cmdp)->c_name, argv[0]) != 0)
			continue;
		if ((*cmdp)->c_fn(argc, argv) == CMD_OK)
			return (CMD_OK);
		return (command_error("%s: %s", (*cmdp)->c_name, command_errbuf));
	}
	return (command_error("%s: unknown command", argv[0]));
}

static int
run(const char *line)
{
	const char *error;
	char **argv;
	int argc, result;

	if ((error = parse(&argc, &argv, line)) != NULL)
		return (command_error("parse error: %s", error));
	result = perform(argc, argv);
	free(argv);
	return (result);
}

/* Run one line.  CMD_OK, or CMD_ERROR when a message has been printed. */
int
interp_line(const char *line)
{
	int result;

	if ((result = run(line)) != CMD_OK)
		printf("%s\n", command_errbuf);
	return (result);
}

/* Print the variable `prompt', with ${name} in it expanded, and a blank. */
static void
prompt(void)
{
	const char *p, *value;
	char name[LINE_SIZE];
	size_t len;

	if ((p = getenv("prompt")) == NULL)
		p = ">";
	while (*p != '\0') {
		len = p[0] == '$' && p[1] == '{' ? strcspn(p + 2, "}") : sizeof(name);
		if (len >= sizeof(name) || p[2 + len] != '}') {
			putchar(*p++);
			continue;
		}
		memcpy(name, p + 2, len);
		name[len] = '\0';
		if ((value = getenv(name)) != NULL)
			printf("%s", value);
		p += len + 3;
	}
	putchar(' ');
}

/* ---------------------------------------------------------------- scripts */

/* A line of a script.  '@' before it: do not show it; '-': go on if it fails. */
struct script_line {
	struct script_line *next;
	int		number;
	int		quiet, may_fail;
	char		text[];
};

static void
script_free(struct script_line *script)
{
	struct script_line *next;

	for (; script != NULL; script = next) {
		next = script->next;
		free(script);
	}
}

/* A script's line from its text, the prefixes taken off; NULL: no memory. */
static struct script_line *
script_line(const char *text, int number)
{
	struct script_line *sl;
	int quiet, may_fail;

	quiet = may_fail = 0;
	for (; *text == '@' || *text == '-'; text++)
		*(*text == '@' ? &quiet : &may_fail) = 1;
	if ((sl = malloc(sizeof(*sl) + strlen(text) + 1)) == NULL)
		return (NULL);
	*sl = (struct script_line){ NULL, number, quiet, may_fail };
	strcpy(sl->text, text);
	return (sl);
}

/* Whether there is nothing to run, and to show, in a line. */
static int
is_comment(const char *text)
{
	text += strspn(text, " \t");
	return (*text == '\0' || *text == '#' || (text[0] == '\\' && (text[1] == '\0' ||
	    isspace(text[1]))));
}

/*
 * Read a whole script, so that no file is open while its commands run.
 * CMD_OK and its lines in *script, or CMD_ERROR.
 */
static int
script_read(const char *filename, struct script_line **script)
{
	struct script_line **tail;
	char text[LINE_SIZE];
	int fd, len, number;

	if ((fd = open(filename, O_RDONLY)) < 0)
		return (command_error("can't open '%s': %s", filename, strerror(errno)));
	tail = script;
	*tail = NULL;
	for (number = 1; (len = fgetstr(text, sizeof(text), fd)) >= 0; number++) {
		if (len >= (int)sizeof(text)) {
			command_error("%s:%d: line too long", filename, number);
			break;
		}
		if (is_comment(text))
			continue;
		if ((*tail = script_line(text, number)) == NULL) {
			command_error("%s:%d: out of memory", filename, number);
			break;
		}
		tail = &(*tail)->next;
	}
	if (len < 0 && errno != 0)
		command_error("%s:%d: %s", filename, number, strerror(errno));
	else if (len < 0) {
		close(fd);
		return (CMD_OK);
	}
	close(fd);
	script_free(*script);
	return (CMD_ERROR);
}

static int
script_run(const char *filename, struct script_line *script)
{
	struct script_line *sl;

	for (sl = script; sl != NULL; sl = sl->next) {
		if (!sl->quiet) {
			prompt();
			printf("%s\n", sl->text);
		}
		if (run(sl->text) == CMD_OK)
			continue;
		command_error("%s:%d: %s", filename, sl->number, command_errbuf);
		if (!sl->may_fail)
			return (CMD_ERROR);
		printf("%s\n", command_errbuf);
	}
	return (CMD_OK);
}

/* Run the commands of a file.  CMD_OK, or CMD_ERROR and its reason. */
int
include(const char *filename)
{
	static int depth;
	struct script_line *script;
	int result;

	if (depth == INCLUDE_DEPTH)
		return (command_error("%s: files include each other too deep", filename));
	if (script_read(filename, &script) != CMD_OK)
		return (CMD_ERROR);
	depth++;
	result = script_run(filename, script);
	depth--;
	script_free(script);
	return (result);
}

COMMAND_SET(include, "include", "read commands from a file", command_include);

static int
command_include(int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc; i++)
		if (include(argv[i]) != CMD_OK)
			return (CMD_ERROR);
	return (CMD_OK);
}

/* ---------------------------------------------------------------- the prompt */

/* Run the script of the start, if there is one. */
static void
run_startup_script(void)
{
	static const char *const scripts[] = { "/boot/loader.rc", "/boot/boot.conf" };
	struct stat sb;
	unsigned int i;

	for (i = 0; i < nitems(scripts); i++) {
		if (stat(scripts[i], &sb) != 0)
			continue;
		if (include(scripts[i]) != CMD_OK)
			printf("%s\n", command_errbuf);
		return;
	}
}

/* From the banner on, for ever. */
void
interact(void)
{
	char input[LINE_SIZE];

	bi_setboothowto(initial_howto);
	setenv("LINES", "24", 0);
	loader_conf_read();
	run_startup_script();
	printf("\n");
	autoboot_maybe();
	printf("\nType '?' for a list of commands, 'help' for more detailed help.\n");
	setenv("prompt", "${interpret}", 0);
	setenv("interpret", "OK", 0);
	for (;;) {
		prompt();
		ngets(input, sizeof(input));
		history_add(input);
		interp_line(input);
	}
}
