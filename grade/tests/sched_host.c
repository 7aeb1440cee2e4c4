/*
 * Run queues, sleep queues, the scheduler and the numbers of processes as a
 * program of the host.  test_sched_host.py builds it under the sanitizers,
 * feeds it commands and compares each state with its model's.
 *
 * Threads are numbered: 0 is process 0's, 1 to THREADS - 1 are those of
 * processes that were made at the start, `i' is the idle one.  cpu_switch() only
 * makes the new one the current one; so tsleep() and its kin return at once.
 *
 *	start N			sched_add()
 *	rem N			sched_rem()
 *	sleep CHAN PRI		tsleep(), by the current one
 *	wakeup CHAN | one CHAN	wakeup(), wakeup_one()
 *	expire N		its time-out comes, though it may be awake
 *	yield			uio_yield()
 *	prio N PRI | nice N NICE	sched_prio(); p_nice
 *	clock			sched_clock() of the current one
 *	second			what schedcpu does
 *	load VALUE | loadav	averunnable is set; is computed
 *	busy N			so many more threads are to be counted as running
 *	lastpid PID, new, end PID, find PID	kern_proc.c
 *	both			two are made, one while the other waits for memory
 *
 * The kernel's malloc() and free() are given other names by the build.
 */
#define	_I386_CPUFUNC_H_		/* whose instructions are another CPU's */
#include <stdint.h>

static uint64_t
rdtsc(void)
{
	return (0);
}

#include "kernel/kern/kern_switch.c"
#include "kernel/kern/sched_4bsd.c"
#include "kernel/kern/kern_synch.c"
#include "kernel/kern/kern_proc.c"

#define	THREADS		16
#define	CHANNELS	8
#define	CHANNEL_SIZE	(64 * SLPQUE_SIZE / 4)	/* each fifth one shares a queue */

int	host_printf(const char *fmt, ...) __asm__("printf");
int	host_scanf(const char *fmt, ...) __asm__("scanf");
void	*calloc(size_t n, size_t size);
void	host_free(void *p) __asm__("free");
void	exit(int status) __dead2;

struct proc	proc0 = {
	.p_state = PRS_NORMAL,
	.p_thread = { .td_proc = &proc0, .td_state = TDS_RUNNING,
	    .td_priority = PVM, .td_user_pri = PUSER }
};
struct thread	*curthread = &thread0, *idlethread;
int		cold, hz = 100, stathz = 128, maxproc = 1000;
const char	*panicstr;
volatile int	cpl = IPL_HIGH;
struct intrframe *intr_frame;
struct vmmeter	cnt;

static struct thread *threads[THREADS];
static char	channels[CHANNELS * CHANNEL_SIZE];

void
panic(const char *fmt, ...)
{
	host_printf("panic: %s\n", fmt);
	exit(1);
}

void
cpu_switch(struct thread *old, struct thread *new)
{
	KASSERT(old == curthread && new != old, ("cpu_switch"));
	curthread = new;
}

int
splhigh(void)
{
	return (IPL_HIGH);
}

void
splx(int level __unused)
{
}

void
spl0(void)
{
}

/* Time-outs come when a command says so. */
void
callout_init(struct callout *c __unused, int mpsafe __unused)
{
}

void
callout_reset(struct callout *c __unused, int to_ticks __unused,
    timeout_t *func __unused, void *arg __unused)
{
}

int
callout_stop(struct callout *c __unused)
{
	return (0);
}

void
kproc_start(const void *desc __unused)
{
}

static void	do_pid(const char *what, int pid);
static int	both;			/* the next malloc() lets another process run */

void *
malloc(unsigned long size, struct malloc_type *type __unused, int flags __unused)
{
	if (both) {
		both = 0;
		do_pid("new", 0);
	}
	return (calloc(1, size));
}

void
free(void *p, struct malloc_type *type __unused)
{
	host_free(p);
}

void
malloc_init(const void *type __unused)
{
}

void
malloc_uninit(const void *type __unused)
{
}

int
vm_thread_new(struct thread *td __unused, int pages __unused)
{
	return (0);
}

void
vm_thread_dispose(struct thread *td __unused)
{
}

/* All processes have process 0's memory and limits. */
struct vmspace vmspace0 = { .vm_refcnt = 1 };

void
vmspace_free(struct vmspace *vm)
{
	vm->vm_refcnt--;
}

struct plimit *
lim_hold(struct plimit *limit)
{
	return (limit);
}

void
lim_free(struct plimit *limit __unused)
{
}

/* ---------------------------------------------------------------- the state */

static int
number(const struct thread *td)
{
	int i;

	for (i = 0; i < THREADS && threads[i] != td; i++)
		;
	return (i);
}

static void
print_thread(int i)
{
	const struct thread *td = threads[i];

	host_printf(" %d:%d,%d,%d,%u,%u,%u,%u", i, td->td_state, td->td_priority,
	    td->td_user_pri, td->td_estcpu, td->td_slptime, td->td_pctcpu,
	    td->td_nivcsw);
}

/* The current one, the run queues, who sleeps in which order, the load, each thread. */
static void
print_state(void)
{
	const struct thread *td;
	int i;

	host_printf("cur %d%s run", number(curthread),
	    curthread->td_flags & TDF_NEEDRESCHED ? "!" : "");
	for (i = 0; i < RQ_NQS; i++) {
		TAILQ_FOREACH(td, &runq.rq_queues[i], td_runq)
			host_printf(" %d/%d", i, number(td));
		KASSERT(((runq.rq_status[i / RQB_BPW] >> i % RQB_BPW & 1) == 0) ==
		    TAILQ_EMPTY(&runq.rq_queues[i]), ("status bit"));
	}
	host_printf(" asleep");
	for (i = 0; i < CHANNELS; i++)
		TAILQ_FOREACH(td, slpque_lookup(&channels[i * CHANNEL_SIZE]), td_slpq)
			if (td->td_wchan == &channels[i * CHANNEL_SIZE])
				host_printf(" %d/%d", i, number(td));
	host_printf(" load %d %u,%u,%u", sched_load(), averunnable.ldavg[0],
	    averunnable.ldavg[1], averunnable.ldavg[2]);
	for (i = 0; i < THREADS; i++)
		print_thread(i);
	host_printf("\n");
}

/* ---------------------------------------------------------------- commands */

static void
start(void)
{
	struct proc *p;
	int i;

	procinit();
	schedinit();
	sleepinit();
	proc_insert(&proc0);
	threads[0] = &thread0;
	for (i = 1; i <= THREADS; i++) {
		(void)proc_alloc(&p, 0);
		p->p_state = PRS_NORMAL;
		if (i < THREADS)
			threads[i] = &p->p_thread;
	}
	idlethread = &p->p_thread;
	idlethread->td_priority = PRI_MAX_IDLE;
	idlethread->td_state = TDS_CAN_RUN;
	p->p_flag |= P_NOLOAD;
	LIST_REMOVE(p, p_list);		/* `second' leaves it alone */
}

static void
second(void)
{
	int i;

	for (i = 0; i < THREADS; i++)
		schedcpu_thread(threads[i], loadfactor());
}

/* A process' number is asked for, or is given back. */
static void
do_pid(const char *what, int pid)
{
	struct proc *p = pfind(pid);
	int error;

	if (strcmp(what, "lastpid") == 0) {
		lastpid = pid;
	} else if (strcmp(what, "new") == 0) {
		error = proc_alloc(&p, 0);
		host_printf("%d\n", error != 0 ? -error : p->p_pid);
	} else if (strcmp(what, "both") == 0) {
		both = 1;
		do_pid("new", 0);
	} else if (strcmp(what, "find") == 0) {
		host_printf("%d\n", p == NULL ? -1 : p->p_pid);
	} else {
		LIST_REMOVE(p, p_list);
		LIST_INSERT_HEAD(&zombproc, p, p_list);
		p->p_state = PRS_ZOMBIE;
		host_printf("%d\n", pfind(pid) == NULL);
		proc_reap(p);
	}
}

static void
do_command(const char *what, int a, int b)
{
	const char *chan = &channels[a % CHANNELS * CHANNEL_SIZE];
	struct thread *td = threads[a % THREADS];

	if (strcmp(what, "start") == 0)
		sched_add(td);
	else if (strcmp(what, "rem") == 0)
		sched_rem(td);
	else if (strcmp(what, "sleep") == 0)
		(void)tsleep(chan, b, "host", 0);
	else if (strcmp(what, "wakeup") == 0)
		wakeup(chan);
	else if (strcmp(what, "one") == 0)
		wakeup_one(chan);
	else if (strcmp(what, "expire") == 0)
		endtsleep(td);
	else if (strcmp(what, "yield") == 0)
		uio_yield();
	else if (strcmp(what, "prio") == 0)
		sched_prio(td, b);
	else if (strcmp(what, "nice") == 0)
		td->td_proc->p_nice = b;
	else if (strcmp(what, "clock") == 0)
		sched_clock(curthread);
	else if (strcmp(what, "second") == 0)
		second();
	else if (strcmp(what, "load") == 0)
		averunnable.ldavg[0] = a;
	else if (strcmp(what, "busy") == 0)
		sched_tdcnt += a;
	else if (strcmp(what, "loadav") == 0)
		loadav(NULL);
	else
		panic("what is that?");
	print_state();
}

int
main(void)
{
	char what[16];
	int a, b;

	start();
	while (host_scanf("%15s %d %d", what, &a, &b) == 3)
		if (strcmp(what, "lastpid") == 0 || strcmp(what, "new") == 0 ||
		    strcmp(what, "both") == 0 || strcmp(what, "end") == 0 || strcmp(what, "find") == 0)
			do_pid(what, a);
		else
			do_command(what, a, b);
	return (0);
}
