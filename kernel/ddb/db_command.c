/*
 * db_command.c: what a line means.
 *
 *	command[/modifier] [address][,count]
 *
 * A command may be cut short where that leaves no doubt; without an address it
 * takes `.', and without a count it is told -1.  An empty line goes on with the
 * last command where that one stopped.
 *
 * A command of a part of the kernel stands beside that part; its line here.
 *
 * [ddb/db_command.c]
 */
#include <ddb/ddb.h>

#include <sys/systm.h>
#include <i386/md_var.h>

#define	MODIF_SIZE	16
#define	CALL_ARGS	10

db_addr_t db_dot, db_last_addr, db_prev, db_next;

static const struct db_command *db_last_command;
static char	db_last_modif[MODIF_SIZE];

static db_cmdfcn_t	db_help_cmd;

static const struct db_command db_show_table[] = {
	{ "breaks",	db_show_breaks_cmd,	0, NULL, "the breakpoints" },
	{ "callouts",	db_show_callouts_cmd,	0, NULL, "what will be called, and when" },
	{ "disks",	db_show_disks_cmd,	0, NULL, "the disks, and what they are divided into" },
	{ "gdt",	db_show_gdt_cmd,	0, NULL, "the segments" },
	{ "idt",	db_show_idt_cmd,	0, NULL, "the vectors that are used" },
	{ "malloc",	db_show_malloc_cmd,	0, NULL, "malloc(9)'s types" },
	{ "map",	db_show_map_cmd,	0, NULL, "an address map's entries; /t: its tree" },
	{ "modules",	db_show_modules_cmd,	0, NULL, "the kernel, and the modules in it" },
	{ "msgbuf",	db_show_msgbuf_cmd,	0, NULL, "what was printed" },
	{ "object",	db_show_object_cmd,	0, NULL, "an object, its pages, and what is behind" },
	{ "page",	db_show_page_cmd,	0, NULL, "a page, or the counts of pages" },
	{ "pmap",	db_show_pmap_cmd,	0, NULL, "what the page tables map" },
	{ "registers",	db_show_regs_cmd,	0, NULL, "the registers" },
	{ "threads",	db_show_threads_cmd,	0, NULL, "how processes are scheduled" },
	{ "uma",	db_show_uma_cmd,	0, NULL, "the zones" },
	{ "vmspace",	db_show_vmspace_cmd,	0, NULL, "a process' memory" },
	{ "watches",	db_show_watches_cmd,	0, NULL, "the watchpoints" },
	{ NULL, NULL, 0, NULL, NULL }
};

static const struct db_command db_command_table[] = {
	{ "b",		db_breakpoint_cmd,	0, NULL, NULL },
	{ "break",	db_breakpoint_cmd,	0, NULL, "addr[,count]: stop there, the count-th time" },
	{ "bt",		db_stack_trace_cmd,	0, NULL, NULL },
	{ "c",		db_continue_cmd,	0, NULL, NULL },
	{ "call",	db_fncall_cmd,		CS_OWN, NULL, "addr(arg, ...): call a function" },
	{ "continue",	db_continue_cmd,	0, NULL, "[/c]: go on; /c counts instructions" },
	{ "d",		db_delete_cmd,		0, NULL, NULL },
	{ "delete",	db_delete_cmd,		0, NULL, "addr: take a breakpoint away" },
	{ "dhwatch",	db_deletehwatch_cmd,	0, NULL, "addr[,size]: take the CPU's watchpoints there away" },
	{ "dwatch",	db_deletewatch_cmd,	CS_MORE, NULL, "addr: take a watchpoint away" },
	{ "examine",	db_examine_cmd,		CS_SET_DOT | CS_AGAIN, NULL,
	    "(x)/format addr[,count]: b h l g, a r x z d u o c s i I" },
	{ "help",	db_help_cmd,		0, NULL, "this list" },
	{ "hwatch",	db_hwatchpoint_cmd,	0, NULL, "addr[,size]: let the CPU stop at a write" },
	{ "match",	db_trace_until_matching_cmd, CS_AGAIN, NULL, "[/p]: run to this function's return" },
	{ "next",	db_trace_until_matching_cmd, CS_AGAIN, NULL, "[/p]: the same" },
	{ "p",		db_print_cmd,		0, NULL, NULL },
	{ "panic",	db_panic_cmd,		0, NULL, "panic" },
	{ "print",	db_print_cmd,		0, NULL, "/format value: a r x z d u o c" },
	{ "ps",		db_ps_cmd,		0, NULL, "the processes" },
	{ "reset",	db_reset_cmd,		0, NULL, "reset the computer" },
	{ "s",		db_single_step_cmd,	CS_AGAIN, NULL, NULL },
	{ "search",	db_search_cmd,		CS_OWN | CS_SET_DOT | CS_AGAIN, NULL, "/bhl addr value [mask][,count]" },
	{ "set",	db_set_cmd,		CS_OWN, NULL, "$variable = value" },
	{ "show",	NULL,			0, db_show_table, NULL },
	{ "step",	db_single_step_cmd,	CS_AGAIN, NULL, "[/p][,count]: so many instructions" },
	{ "t",		db_stack_trace_cmd,	0, NULL, NULL },
	{ "trace",	db_stack_trace_cmd,	0, NULL, "(where, bt) [frame | pid][,count]: the callers" },
	{ "until",	db_trace_until_call_cmd, CS_AGAIN, NULL, "[/p]: run to the next call or return" },
	{ "w",		db_write_cmd,		CS_MORE | CS_SET_DOT, NULL, NULL },
	{ "watch",	db_watchpoint_cmd,	CS_MORE, NULL, "addr[,size]: stop when it changes" },
	{ "where",	db_stack_trace_cmd,	0, NULL, NULL },
	{ "write",	db_write_cmd,		CS_MORE | CS_SET_DOT, NULL, "/bhl addr value ..." },
	{ "x",		db_examine_cmd,		CS_SET_DOT | CS_AGAIN, NULL, NULL },
	{ NULL, NULL, 0, NULL, NULL }
};

/*
 * A line for each command of a table that has a text; `before' is the name of the
 * command that they belong to, or "".
 */
static void
help_table(const char *before, const struct db_command *table)
{
	for (; table->name != NULL; table++)
		if (table->more != NULL)
			help_table(table->name, table->more);
		else if (table->help != NULL)
			db_printf("%s%s%s %s\n", before,
			    *before == '\0' ? "" : " ", table->name, table->help);
}

/* help */
static void
db_help_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	help_table("", db_command_table);
}

const struct db_command *
db_cmd_search(const char *name, const struct db_command *table, int *ambiguous)
{
	const struct db_command *found = NULL;
	size_t len = strlen(name);

	*ambiguous = 0;
	for (; table->name != NULL; table++) {
		if (strcmp(table->name, name) == 0) {
			*ambiguous = 0;
			return (table);
		}
		if (strncmp(table->name, name, len) != 0)
			continue;
		if (found != NULL)
			*ambiguous = 1;
		found = table;
	}
	return (*ambiguous ? NULL : found);
}

/* Read the name of a command of `table', and of its own commands. */
static const struct db_command *
read_command(const struct db_command *table)
{
	const struct db_command *cmd;
	int ambiguous;

	for (; table != NULL; table = cmd->more) {
		if (!db_token_is(tIDENT))
			db_error("No such command\n");
		cmd = db_cmd_search(db_tok_string, table, &ambiguous);
		if (cmd == NULL)
			db_error(ambiguous ? "Ambiguous\n" :
			    "No such command\n");
	}
	return (cmd);
}

/* Read what most commands have behind their names, and do them. */
static void
run_command(const struct db_command *cmd)
{
	db_expr_t addr = db_dot, count = -1;
	int have_addr = 0;

	db_read_modifier(db_last_modif, sizeof(db_last_modif));
	if ((cmd->flag & CS_OWN) == 0) {
		if (db_expression(&addr)) {
			db_dot = db_last_addr = addr;
			have_addr = 1;
		}
		addr = db_dot;
		if (db_token_is(tCOMMA) && !db_expression(&count))
			db_error("Count missing\n");
		if ((cmd->flag & CS_MORE) == 0)
			db_expect_eol();
	}
	cmd->fcn(addr, have_addr, count, db_last_modif);
}

void
db_command_line(const char *line)
{
	const struct db_command *cmd;

	db_lex_init(line);
	if (db_token_is(tEOL)) {
		cmd = db_last_command;
		if (cmd == NULL)
			return;
		cmd->fcn(db_next, 1, -1, db_last_modif);
	} else {
		db_last_command = NULL;
		cmd = read_command(db_command_table);
		run_command(cmd);
		if (cmd->flag & CS_AGAIN)
			db_last_command = cmd;
	}
	if (cmd->flag & CS_SET_DOT)
		db_dot = db_prev;
}

/* ---------------------------------------------------------------- small ones */

/* call addr(arg, ...) */
void
db_fncall_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	db_expr_t (*func)(db_expr_t, ...);
	db_expr_t fn, args[CALL_ARGS] = { 0 };
	int n = 0;

	if (!db_expression(&fn))
		db_error("Address missing\n");
	if (db_token_is(tLPAREN)) {
		while (n < CALL_ARGS && db_expression(&args[n])) {
			n++;
			if (!db_token_is(tCOMMA))
				break;
		}
		if (!db_token_is(tRPAREN))
			db_error(n == CALL_ARGS ? "Too many arguments\n" :
			    "Syntax error\n");
	}
	db_expect_eol();
	func = (db_expr_t (*)(db_expr_t, ...))(uintptr_t)(db_addr_t)fn;
	db_printf("= %#r\n", func(args[0], args[1], args[2], args[3], args[4],
	    args[5], args[6], args[7], args[8], args[9]));
}

void
db_panic_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	panic("from debugger");
}

void
db_reset_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	cpu_reset();
}
