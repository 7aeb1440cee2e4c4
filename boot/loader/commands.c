/*
 * commands.c: the small commands: variables, text, the machine.  Those with
 * a file of their own: include (interp.c), help (help.c), ls and more
 * (ls.c), load, unload and lsmod (module.c), boot (boot.c), autoboot.
 *
 * FreeBSD's pnpscan is not here: no kernel of ours looks at ISA cards.
 */
#include "loader.h"

/*
 * Read options that are letters alone: each of `options' that was given sets
 * its bit in the result, the first letter bit 0; -1 after command_error().
 * On return optind is the first argument that is no option.
 */
int
command_flags(int argc, char *argv[], const char *options)
{
	int c, flags;

	flags = 0;
	optind = optreset = 1;
	while ((c = getopt(argc, argv, options)) != -1) {
		if (strchr(options, c) == NULL) {
			command_error("illegal option -- %c", optopt);
			return (-1);
		}
		flags |= 1 << (strchr(options, c) - options);
	}
	return (flags);
}

COMMAND_SET(commandlist, "?", "list commands", command_commandlist);

static int
command_commandlist(int argc, char *argv[])
{
	const struct bootblk_command *const *cmdp;

	(void)argc;
	(void)argv;
	pager_open();
	pager_output("Available commands:\n");
	COMMAND_FOREACH(cmdp)
		if (pager_printf("  %-15s  %s\n", (*cmdp)->c_name, (*cmdp)->c_desc))
			break;
	pager_close();
	return (CMD_OK);
}

/* ---------------------------------------------------------------- variables */

COMMAND_SET(show, "show", "show variable(s)", command_show);

static int
command_show(int argc, char *argv[])
{
	struct env_var *ev;
	const char *value;

	if (argc > 1) {
		if ((value = getenv(argv[1])) == NULL)
			return (command_error("variable '%s' not found", argv[1]));
		printf("%s\n", value);
		return (CMD_OK);
	}
	pager_open();
	for (ev = environ; ev != NULL; ev = ev->ev_next) {
		value = ev->ev_value;
		if (pager_output(ev->ev_name) || pager_output("=") ||
		    pager_output(value != NULL ? value : "") || pager_output("\n"))
			break;
	}
	pager_close();
	return (CMD_OK);
}

COMMAND_SET(set, "set", "set a variable", command_set);

static int
command_set(int argc, char *argv[])
{
	if (argc != 2)
		return (command_error("wrong number of arguments"));
	if (argv[1][0] == '=')
		return (command_error("a name is missing"));
	if (putenv(argv[1]) != 0)
		return (command_error("%s", strerror(errno)));
	return (CMD_OK);
}

COMMAND_SET(unset, "unset", "unset a variable", command_unset);

static int
command_unset(int argc, char *argv[])
{
	if (argc != 2)
		return (command_error("wrong number of arguments"));
	if (unsetenv(argv[1]) != 0)
		return (command_error("%s", strerror(errno)));
	return (CMD_OK);
}

/* ---------------------------------------------------------------- text */

COMMAND_SET(echo, "echo", "echo arguments", command_echo);

static int
command_echo(int argc, char *argv[])
{
	char *text;
	int flags;

	if ((flags = command_flags(argc, argv, "n")) < 0)
		return (CMD_ERROR);
	text = unargv(argc - optind, argv + optind);
	printf("%s%s", text != NULL ? text : "", flags ? "" : "\n");
	free(text);
	return (CMD_OK);
}

/* Read the options of `read'; CMD_ERROR when there is something wrong with them. */
static int
read_options(int argc, char *argv[], long *timeout, char **question)
{
	char *end;
	int c;

	*timeout = -1;
	*question = NULL;
	optind = optreset = 1;
	while ((c = getopt(argc, argv, "p:t:")) != -1) {
		if (c == 'p') {
			*question = optarg;
			continue;
		}
		if (c != 't')
			return (command_error("usage is 'read [-t seconds] [-p prompt] [variable]'"));
		*timeout = strtol(optarg, &end, 0);
		if (end == optarg || *end != '\0')
			return (command_error("bad timeout '%s'", optarg));
	}
	return (CMD_OK);
}

COMMAND_SET(read, "read", "read input from the terminal", command_read);

/* When nobody has touched a key in time, the variable stays as it was. */
static int
command_read(int argc, char *argv[])
{
	char line[LINE_SIZE], *question;
	uint32_t start;
	long timeout;

	if (read_options(argc, argv, &timeout, &question) != CMD_OK)
		return (CMD_ERROR);
	if (question != NULL)
		printf("%s", question);
	start = getsecs();
	while (timeout >= 0 && !ischar())
		if (getsecs() - start >= (uint32_t)timeout)
			return (CMD_OK);
	ngets(line, sizeof(line));
	if (optind < argc && setenv(argv[optind], line, 1) != 0)
		return (command_error("%s", strerror(errno)));
	return (CMD_OK);
}

/* ---------------------------------------------------------------- the machine */

COMMAND_SET(lsdev, "lsdev", "list all devices", command_lsdev);

static int
command_lsdev(int argc, char *argv[])
{
	int flags, i;

	if ((flags = command_flags(argc, argv, "v")) < 0)
		return (CMD_ERROR);
	pager_open();
	for (i = 0; devsw[i] != NULL; i++)
		if (pager_printf("%s devices:\n", devsw[i]->dv_name) || devsw[i]->dv_print(flags))
			break;
	pager_close();
	return (CMD_OK);
}

COMMAND_SET(smap, "smap", "show BIOS SMAP", command_smap);

static int
command_smap(int argc, char *argv[])
{
	int i;

	(void)argc;
	(void)argv;
	if (smaplen == 0)
		return (command_error("the BIOS has none"));
	for (i = 0; i < smaplen; i++)
		printf("SMAP type=%02x base=%08x%08x len=%08x%08x\n", (unsigned int)smap[i].type,
		    (unsigned int)(smap[i].base >> 32), (unsigned int)smap[i].base,
		    (unsigned int)(smap[i].length >> 32), (unsigned int)smap[i].length);
	return (CMD_OK);
}

COMMAND_SET(heap, "heap", "show heap usage", command_heap);

static int
command_heap(int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	mallocstats();
	return (CMD_OK);
}

COMMAND_SET(bcachestat, "bcachestat", "get disk block cache stats", command_bcachestat);

static int
command_bcachestat(int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	bcache_stats();
	return (CMD_OK);
}

COMMAND_SET(reboot, "reboot", "reboot the system", command_reboot);

static int
command_reboot(int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	printf("Rebooting...\n");
	delay(1000000);
	exit(0);
}
