/*
 * db_ps.c: processes and their threads, as the debugger shows them.
 *
 * [ddb/db_ps.c]
 */
#include <ddb/ddb.h>

#include <sys/proc.h>
#include <sys/resource.h>
#include <sys/systm.h>

/*
 * What it does, then what it is.
 *
 *	R	runs, or could		Z	has ended
 *	S	sleeps			N	is being made
 *	D	sleeps, and no		E	is ending
 *		signal wakes it		L	is the kernel's own
 */
static void
db_print_state(const struct proc *p)
{
	const struct thread *td = &p->p_thread;
	char state[8];
	int n = 0;

	if (p->p_state == PRS_ZOMBIE)
		state[n++] = 'Z';
	else if (p->p_state == PRS_NEW || td->td_state == TDS_INACTIVE)
		state[n++] = 'N';
	else if (TD_IS_SLEEPING(td))
		state[n++] = td->td_flags & TDF_SINTR ? 'S' : 'D';
	else
		state[n++] = 'R';
	if ((p->p_flag & P_WEXIT) != 0 && p->p_state != PRS_ZOMBIE)
		state[n++] = 'E';
	if ((p->p_flag & P_SYSTEM) != 0)
		state[n++] = 'L';
	state[n] = '\0';
	db_printf(" %-6.6s ", state);
}

static void
db_print_proc(const struct proc *p)
{
	const struct thread *td = &p->p_thread;
	int system = (p->p_flag & P_SYSTEM) != 0;

	db_printf("%5d %5d ", p->p_pid, p->p_pptr != NULL ? p->p_pptr->p_pid : 0);
	db_print_state(p);
	if (TD_IS_SLEEPING(td))
		db_printf("%-8.8s %10p", td->td_wmesg, td->td_wchan);
	else
		db_printf("%-8.8s %10s", TD_IS_RUNNING(td) ? "CPU 0" : "", "");
	db_printf(" %s%s%s\n", system ? "[" : "", p->p_comm, system ? "]" : "");
}

/* ps */
void
db_ps_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	const struct proc *p;

	db_printf("  pid  ppid  state  wmesg         wchan cmd\n");
	LIST_FOREACH(p, &allproc, p_list)
		db_print_proc(p);
	LIST_FOREACH(p, &zombproc, p_list)
		db_print_proc(p);
}

/* show threads: how they are scheduled, and how often they were. */
void
db_show_threads_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	const struct proc *p;
	const struct thread *td;

	db_printf("  pid thread     stack      pri user estcpu %%cpu     vol   invol cmd\n");
	LIST_FOREACH(p, &allproc, p_list) {
		td = &p->p_thread;
		db_printf("%5d %p %#10x %3d %4d %6u %4u %7u %7u %s\n", p->p_pid,
		    td, td->td_kstack, td->td_priority, td->td_user_pri,
		    td->td_estcpu, td->td_pctcpu * 100 >> FSHIFT, td->td_nvcsw,
		    td->td_nivcsw, p->p_comm);
	}
}

/*
 * The thread of a process by its number, which is typed in decimal whatever
 * $radix is: where that is 16, the digits have been read as hexadecimal ones.
 * An error if there is none.
 */
struct thread *
db_lookup_thread(db_expr_t number)
{
	uint32_t left = number, unit = 1, digit, pid = 0;
	struct proc *p;

	for (; left != 0; left /= db_radix, unit *= 10) {
		digit = left % db_radix;
		if (digit > 9)
			db_error("No such process\n");
		pid += digit * unit;
	}
	p = pfind(pid);
	if (p == NULL)
		db_error("No such process\n");
	return (&p->p_thread);
}
