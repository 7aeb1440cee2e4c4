/*
 * sched_4bsd: the scheduler of 4.3BSD.
 *
 * Who has run much gets a worse priority, and in time that is forgotten.
 *
 *	td_estcpu	one more at each tick of statclock() that finds the
 *			thread running, up to a limit;
 *			each second multiplied by 2L/(2L + 1), where L is the
 *			load: of what was used then, about a tenth is left
 *			after 5 L seconds
 *	td_user_pri	PUSER + td_estcpu/8 + nice - PRIO_MIN
 *
 * td_priority is that as well, as long as the thread is in user mode.  In the
 * kernel it has what it has slept with last: so who was waited for runs soon,
 * gets done, and gives back what it holds.
 *
 * Equals take turns: every tenth of a second another one should run.  Nobody
 * is preempted in the kernel: TDF_NEEDRESCHED is looked at when a thread
 * returns to user mode.
 *
 * [kern/sched_4bsd.c]
 */
#include <sys/sched.h>

#include <sys/callout.h>
#include <sys/clock.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/priority.h>
#include <sys/resource.h>
#include <sys/runq.h>
#include <sys/systm.h>
#include <i386/intr.h>

#define	INVERSE_ESTCPU_WEIGHT	8	/* of td_estcpu, for one of priority */
#define	NICE_WEIGHT		1	/* priorities for one of nice */

/*
 * Less than nice's whole range, by a queue: however much one of nice -20 runs,
 * it never falls behind one of nice 20.
 */
#define	ESTCPU_MAX							\
	(INVERSE_ESTCPU_WEIGHT * (NICE_WEIGHT * (PRIO_MAX - PRIO_MIN) -	\
	RQ_PPQ) + INVERSE_ESTCPU_WEIGHT - 1)

static struct runq runq;
static int sched_tdcnt;			/* threads that run or could: the load */
static int sched_quantum;		/* ticks until it is another one's turn */
static struct callout roundrobin_callout;

void
schedinit(void)
{
	runq_init(&runq);
	sched_tdcnt = 1;		/* thread0, which runs */
}

int
sched_load(void)
{
	return (sched_tdcnt);
}

int
sched_runnable(void)
{
	return (runq_check(&runq));
}

/* It can run, or cannot any more: count it, unless it is to be none. */
static void
load_add(const struct thread *td, int one)
{
	KASSERT(cpl == IPL_HIGH, ("load_add: at level %d", cpl));
	if ((td->td_proc->p_flag & P_NOLOAD) == 0)
		sched_tdcnt += one;
}

/* ---------------------------------------------------------------- the queues */

/* Ask the thread that runs to let another one. */
static void
need_resched(void)
{
	curthread->td_flags |= TDF_NEEDRESCHED | TDF_ASTPENDING;
}

/* To its run queue, whatever it has been; to run soon, if it is better than who runs. */
static void
enqueue(struct thread *td)
{
	td->td_state = TDS_RUNQ;
	runq_add(&runq, td);
	if (td->td_priority / RQ_PPQ < curthread->td_priority / RQ_PPQ)
		need_resched();
}

void
sched_add(struct thread *td)
{
	KASSERT(td->td_state < TDS_RUNQ && td->td_inhibitors == 0,
	    ("sched_add: %s: state %d", td->td_proc->p_comm, td->td_state));
	load_add(td, 1);
	enqueue(td);
}

void
sched_rem(struct thread *td)
{
	KASSERT(TD_ON_RUNQ(td),
	    ("sched_rem: %s: state %d", td->td_proc->p_comm, td->td_state));
	load_add(td, -1);
	td->td_state = TDS_CAN_RUN;
	runq_remove(&runq, td);
}

void
sched_sleep(struct thread *td)
{
	load_add(td, -1);
	td->td_slptime = 0;
}

void
sched_exit(struct thread *td)
{
	load_add(td, -1);
}

/* Take the next one off its queue; the idle thread, if there is none. */
static inline struct thread *
sched_choose(void)
{
	struct thread *td;

	td = runq_take(&runq);
	if (td == NULL)
		td = idlethread;
	td->td_state = TDS_RUNNING;
	return (td);
}

/* It runs and could run on: behind its equals, or, being the idle one, nowhere. */
static void
make_way(struct thread *td)
{
	if (td == idlethread) {
		td->td_state = TDS_CAN_RUN;
	} else {
		td->td_nivcsw++;
		enqueue(td);
	}
}

void
sched_switch(void)
{
	struct thread *td = curthread, *newtd;

	td->td_flags &= ~TDF_NEEDRESCHED;
	if (TD_IS_RUNNING(td))
		make_way(td);
	newtd = sched_choose();
	if (newtd != td)
		cpu_switch(td, newtd);
}

/* ---------------------------------------------------------------- priorities */

void
sched_prio(struct thread *td, int prio)
{
	if (td->td_priority == prio)
		return;
	td->td_priority = prio;
	if (TD_ON_RUNQ(td) && td->td_rqindex != prio / RQ_PPQ) {
		runq_remove(&runq, td);
		enqueue(td);
	}
}

/* td_user_pri anew, and td_priority where that is a user's, too. */
static void
resetpriority(struct thread *td)
{
	int prio;

	prio = PUSER + td->td_estcpu / INVERSE_ESTCPU_WEIGHT +
	    NICE_WEIGHT * (td->td_proc->p_nice - PRIO_MIN);
	prio = MIN(MAX(prio, PRI_MIN_TIMESHARE), PRI_MAX_TIMESHARE);
	td->td_user_pri = prio;
	if (td->td_priority >= PRI_MIN_TIMESHARE &&
	    td->td_priority <= PRI_MAX_TIMESHARE)
		sched_prio(td, prio);
}

/*
 * What a second leaves of td_estcpu, rounded down: 2L/(2L + 1), where loadfac is
 * 2L in FSCALE.  The rest is taken off, since the product of the two would be
 * more than 32 bits have where thousands want to run.
 */
static uint32_t
decay_cpu(uint32_t loadfac, uint32_t estcpu)
{
	return (estcpu - howmany(estcpu * FSCALE, loadfac + FSCALE));
}

static uint32_t
loadfactor(void)
{
	return (2 * averunnable.ldavg[0]);
}

/*
 * It has slept for td_slptime seconds, in which schedcpu() has left it alone:
 * make up for those.  Each takes at least 1, so that this does not last.
 */
static void
updatepri(struct thread *td)
{
	uint32_t loadfac = loadfactor();
	uint32_t seconds;

	for (seconds = td->td_slptime; seconds > 1 && td->td_estcpu != 0; seconds--)
		td->td_estcpu = decay_cpu(loadfac, td->td_estcpu);
	resetpriority(td);
}

void
sched_wakeup(struct thread *td)
{
	if (td->td_slptime > 1)
		updatepri(td);
	td->td_slptime = 0;
	sched_add(td);
}

/* A tick of statclock() in which td, but not the idle thread, was running. */
void
sched_clock(struct thread *td)
{
	td->td_cpticks++;
	if (td->td_estcpu < ESTCPU_MAX)
		td->td_estcpu++;
	if (td->td_estcpu % INVERSE_ESTCPU_WEIGHT == 0)
		resetpriority(td);
}

/* ---------------------------------------------------------------- every second */

#define	CCPU		1948		/* exp(-1/20) of FSCALE */

/* %CPU: what was used up to now fades, and the last second joins it. */
static void
update_pctcpu(struct thread *td)
{
	int rate = stathz != 0 ? stathz : hz;

	td->td_pctcpu = td->td_pctcpu * CCPU >> FSHIFT;
	td->td_pctcpu += (FSCALE - CCPU) * (td->td_cpticks * FSCALE / rate) >>
	    FSHIFT;
	td->td_cpticks = 0;
}

/* Who sleeps for longer than a second is seen to when it wakes. */
static void
schedcpu_thread(struct thread *td, uint32_t loadfac)
{
	int s = splhigh();

	update_pctcpu(td);
	if (TD_IS_SLEEPING(td))
		td->td_slptime++;
	if (td->td_slptime <= 1) {
		td->td_estcpu = decay_cpu(loadfac, td->td_estcpu);
		resetpriority(td);
	}
	splx(s);
}

/*
 * The process that forgets, a little each second.  It is no load: loadav() may
 * come at the same ticks, and would count it each time.
 */
static void
schedcpu(void)
{
	struct proc *p;
	int s = splhigh();

	load_add(curthread, -1);
	curproc->p_flag |= P_NOLOAD;
	splx(s);
	for (;;) {
		LIST_FOREACH(p, &allproc, p_list)
			if (p->p_state == PRS_NORMAL)
				schedcpu_thread(&p->p_thread, loadfactor());
		(void)tsleep(&schedcpu, 0, "-", hz);
	}
}

static const struct kproc_desc sched_kp = { "schedcpu", schedcpu, NULL };
SYSINIT(schedcpu, SI_SUB_RUN_SCHEDULER, SI_ORDER_FIRST, kproc_start, &sched_kp);

/* ---------------------------------------------------------------- every tenth of one */

/* A callout. */
static void
roundrobin(void *arg __unused)
{
	int s = splhigh();

	need_resched();
	splx(s);
	callout_reset(&roundrobin_callout, sched_quantum, roundrobin, NULL);
}

/* Have equals take turns, from when the clock ticks. */
static void
sched_setup(const void *dummy __unused)
{
	sched_quantum = MAX(hz / 10, 1);
	callout_init(&roundrobin_callout, 1);
	callout_reset(&roundrobin_callout, sched_quantum, roundrobin, NULL);
}
SYSINIT(sched_setup, SI_SUB_RUN_QUEUE, SI_ORDER_FIRST, sched_setup, NULL);
