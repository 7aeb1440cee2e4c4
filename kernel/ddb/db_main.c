/*
 * db_main.c: into the debugger, and out of it.
 *
 *	trap -> kdb_trap -> db_stop_at_pc	is it worth stopping?
 *			 -> db_command_loop	`db> ', until a command goes on
 *			 -> db_restart_at_pc
 *
 * A breakpoint, a single step, an NMI and a fatal trap come here; kdb_enter()
 * is a breakpoint.  What a command finds wrong unwinds to db_try(), and so
 * does a trap that the debugger itself runs into.
 *
 * [ddb/db_main.c, kern/subr_kdb.c]
 */
#include <ddb/ddb.h>

#include <sys/cons.h>
#include <sys/kdb.h>
#include <sys/kenv.h>
#include <sys/proc.h>
#include <sys/symtab.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/frame.h>
#include <i386/trap.h>

char	*ksym_start, *ksym_end;
int	kdb_active;
int	debugger_on_panic = 1;
int	db_cmd_loop_done;
struct trapframe *kdb_frame;

static void **db_jmpbuf;	/* where db_error() leads */

/* The symbols, and whether panics stop here (debug.debugger_on_panic). */
void
kdb_init(void)
{
	symtab_init(ksym_start, ksym_end);
	TUNABLE_INT_FETCH("debug.debugger_on_panic", &debugger_on_panic);
	printf("KDB: debugger backends: ddb\n");
	printf("KDB: current backend: ddb\n");
}

/* Nothing happens if the debugger itself calls. */
void
kdb_enter(const char *why)
{
	if (kdb_active)
		return;
	printf("KDB: enter: %s\n", why);
	breakpoint();
}

void
kdb_backtrace(void)
{
	printf("KDB: stack backtrace:\n");
	db_trace_self();
}

/* ---------------------------------------------------------------- errors */

/*
 * The compiler's own setjmp(): it keeps the two stack registers and gives up
 * the others.  So it must stand in a function that has nothing in them.
 */
__attribute__((noinline)) int
db_try(void (*func)(void *arg), void *arg)
{
	void *here[5];
	void **volatile outer = db_jmpbuf;
	volatile int failed = 1;

	db_jmpbuf = here;
	if (__builtin_setjmp(here) == 0) {
		func(arg);
		failed = 0;
	}
	db_jmpbuf = outer;
	return (failed);
}

void
db_error(const char *fmt, ...)
{
	va_list ap;

	if (fmt != NULL) {
		va_start(ap, fmt);
		kvprintf(fmt, db_putchar, NULL, db_radix, ap);
		va_end(ap);
	}
	__builtin_longjmp(db_jmpbuf, 1);
}

/* ---------------------------------------------------------------- commands */

/* For db_try(). */
static void
do_line(void *line)
{
	db_command_line(line);
}

int
db_in_command(void)
{
	return (db_jmpbuf != NULL);
}

/* Until a command wants out, or nobody is there to type one. */
static void
db_command_loop(void)
{
	static char line[DB_MAXLINE + 1];

	db_cmd_loop_done = 0;
	while (!db_cmd_loop_done) {
		if (db_print_position() != 0)
			db_printf("\n");
		db_printf("db> ");
		if (db_readline(line, sizeof(line)) < 0)
			return;
		db_reset_page();
		(void)db_try(do_line, line);
	}
}

/* For db_try(): the instruction may be where no memory is. */
static void
show_pc(void *arg __unused)
{
	db_print_loc_and_inst(db_pc());
}

/* Say where and why the kernel has stopped, and do what is asked. */
static void
db_stopped(enum db_stop why)
{
	db_reset_page();
	if (db_inst_count > 1)
		db_printf("After %d instructions (%d loads, %d stores),\n",
		    db_inst_count, 0, 0);
	/* A process' only thread goes by the process' number. */
	db_printf("[thread pid %d tid %ld ]\n", curproc->p_pid,
	    (long)curproc->p_pid);
	db_printf("%s at\t", why == DB_STOP_BREAKPOINT ? "Breakpoint" :
	    why == DB_STOP_WATCHPOINT ? "Watchpoint" : "Stopped");
	db_dot = db_pc();
	(void)db_try(show_pc, NULL);
	db_command_loop();
}

/*
 * A trap inside the debugger, as of a function that `call' has called: the
 * command ends.  Where it cannot end there is nobody to tell.
 */
static void
db_reentered(int type, const struct trapframe *tf)
{
	db_printf("\nKDB: reentering: trap %#r, eip = %#r\n", type,
	    tf->tf_eip);
	if (db_jmpbuf == NULL)
		panic("trap in the debugger");
	db_error(NULL);
}

/*
 * Fatal traps are not taken if panics are not to stop here either: their panic
 * says more.  An NMI and what the debugger has asked for always are.
 */
int
kdb_trap(int type, int code __unused, struct trapframe *tf)
{
	enum db_stop why;
	uint32_t ef;

	if (kdb_active)
		db_reentered(type, tf);
	if (type != T_BPTFLT && type != T_TRCTRAP && type != T_NMI &&
	    !debugger_on_panic)
		return (0);
	ef = intr_disable();
	kdb_active = 1;
	kdb_frame = tf;
	why = db_stop_at_pc(type);
	if (why != DB_STOP_NONE)
		db_stopped(why);
	db_restart_at_pc();
	kdb_active = 0;
	intr_restore(ef);
	return (why == DB_STOP_NONE || db_cmd_loop_done ||
	    type == T_BPTFLT || type == T_TRCTRAP);
}
