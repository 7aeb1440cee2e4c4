/*
 * db_run.c: running on: one instruction, some, up to something.
 *
 *	step [,count]	that many instructions
 *	until		up to a call or a return
 *	next, match	up to this function's return
 *	continue	up to a breakpoint; /c counts the way
 *
 * Where the way is to be looked at, or begins at a breakpoint, the CPU traps
 * after each instruction.  Interrupts that come meanwhile are handled at full
 * speed, between two of those.  A ^C ends such a way, wherever it leads.
 *
 * [ddb/db_run.c]
 */
#include <ddb/ddb.h>

#include <sys/cons.h>
#include <i386/trap.h>

#define	CTRL(c)		((c) & 0x1f)
#define	CHECK_KEYS	1024	/* instructions */

static enum {
	RUN_CONTINUE,
	RUN_COUNT,		/* continue/c */
	RUN_STEP,		/* db_loop_count more */
	RUN_UNTIL,		/* a call or a return */
	RUN_MATCH		/* the return at depth 0 */
} db_run_mode;

int		db_inst_count;
static int	db_loop_count;
static int	db_call_depth;		/* calls made since the command */
static int	db_sstep_print;
static unsigned	steps;			/* all that there have been */
static int	stepping;		/* a trap is to come from the trace flag */
static int	steps_left;		/* trace flags in frames of interrupted code */
static enum db_inst last_inst;		/* what was stepped over */

/* Is this the end of what was asked for? */
static int
run_is_over(db_addr_t pc)
{
	enum db_inst kind = db_inst_kind(pc);

	switch (db_run_mode) {
	case RUN_STEP:
		return (--db_loop_count <= 0);
	case RUN_UNTIL:
		return (kind == DB_INST_CALL || kind == DB_INST_RETURN);
	case RUN_MATCH:
		return (kind == DB_INST_RETURN && db_call_depth == 0);
	default:
		return (0);
	}
}

/* For db_try(): the next instruction, farther in the deeper it was called. */
static void
print_step(void *arg __unused)
{
	int i;

	db_printf("\t\t");
	for (i = 0; i < db_call_depth; i++)
		db_printf("  ");
	db_print_loc_and_inst(db_pc());
}

/* After an instruction of ours: stop, or print it and go on. */
static enum db_stop
db_stepped(db_addr_t pc)
{
	if (last_inst == DB_INST_PUSHF)
		db_mend_pushf();
	if (db_watchpoint_hit())
		return (DB_STOP_WATCHPOINT);
	if (db_breakpoint_at(pc) && db_breakpoint_hit(pc))
		return (DB_STOP_BREAKPOINT);
	if (run_is_over(pc))
		return (DB_STOP);
	if (++steps % CHECK_KEYS == 0 && cncheckc() == CTRL('c'))
		return (DB_STOP);
	if (db_sstep_print) {
		db_reset_page();
		if (db_try(print_step, NULL))
			return (DB_STOP);
	}
	return (DB_STOP_NONE);
}

/*
 * If a handler is stopped that had come between two steps, the code that it
 * has interrupted still has the trace flag: its trap will be nobody's.
 */
enum db_stop
db_stop_at_pc(int type)
{
	db_addr_t pc = db_pc();
	enum db_stop why = DB_STOP;
	int hwatch = db_clear_hwatchpoints();

	if (!db_clear_single_step() && stepping && type != T_TRCTRAP)
		steps_left++;
	db_clear_breakpoints();
	if (type == T_BPTFLT && db_breakpoint_at(pc - 1)) {
		db_set_pc(pc - 1);
		why = db_breakpoint_hit(pc - 1) ? DB_STOP_BREAKPOINT :
		    DB_STOP_NONE;
	} else if (type == T_TRCTRAP && stepping)
		why = db_stepped(pc);
	else if (type == T_TRCTRAP && steps_left > 0) {
		steps_left--;
		why = DB_STOP_NONE;
	}
	if (hwatch && why != DB_STOP_BREAKPOINT)
		why = DB_STOP_WATCHPOINT;
	stepping = 0;
	if (why != DB_STOP_NONE) {
		db_run_mode = RUN_CONTINUE;
		db_sstep_print = 0;
	}
	return (why);
}

/* The breakpoint where the kernel goes on must not stop it there again. */
void
db_restart_at_pc(void)
{
	db_addr_t pc = db_pc();

	last_inst = db_inst_kind(pc);
	if (last_inst == DB_INST_CALL)
		db_call_depth++;
	else if (last_inst == DB_INST_RETURN && db_call_depth > 0)
		db_call_depth--;
	if (db_run_mode != RUN_CONTINUE)
		db_inst_count++;
	stepping = db_run_mode != RUN_CONTINUE || db_watching() ||
	    db_breakpoint_at(pc);
	db_set_watchpoints();
	db_set_hwatchpoints();
	if (stepping)
		db_set_single_step();
	db_set_breakpoints(pc);
}

/* ---------------------------------------------------------------- commands */

/* The kernel goes on, in this way, when the command is over. */
static void
run(int mode, int count, const char *modif, const char *letters)
{
	db_check_modif(modif, letters);
	db_run_mode = mode;
	db_loop_count = count > 0 ? count : 1;
	db_inst_count = 0;
	db_call_depth = 0;
	db_sstep_print = modif[0] == 'p';
	db_cmd_loop_done = 1;
}

void
db_single_step_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count, const char *modif)
{
	run(RUN_STEP, count, modif, "p");
}

void
db_trace_until_call_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif)
{
	run(RUN_UNTIL, 1, modif, "p");
}

void
db_trace_until_matching_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif)
{
	run(RUN_MATCH, 1, modif, "p");
}

void
db_continue_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif)
{
	run(modif[0] == 'c' ? RUN_COUNT : RUN_CONTINUE, 1, modif, "c");
}
