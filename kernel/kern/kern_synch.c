/*
 * kern_synch: sleeping and waking, and the switch.
 *
 * A thread sleeps *for* something: for an address, its channel, which means
 * what those who sleep and those who wake agree on.  Nothing stands there, and
 * nobody has to have made it.
 *
 *	slpque[hash of the channel]
 *	  first -> thread, td_wchan A -> thread, td_wchan B -> thread, td_wchan A
 *
 * The order is that in which they fell asleep.  Interrupts' handlers call
 * wakeup(), so whoever looks for what he waits for must be at their level when
 * he looks, and still when he sleeps, or the wakeup may come in between:
 *
 *	s = splbio();
 *	while ((bp->b_flags & B_DONE) == 0)
 *		tsleep(bp, PRIBIO, "biowait", 0);
 *	splx(s);
 *
 * The level, across a switch.  `cpl' belongs to the CPU, but a level to the
 * thread that has raised it.  So each keeps its own on its own stack:
 *
 *	s = splhigh();			mine is in s
 *	mi_switch();			the others' time, each at its own
 *	splx(s);			mine again
 *
 * mi_switch() is entered and left at splhigh(), in whichever thread: no
 * interrupt ever sees half a switch.  Where the level falls, in splx(), what
 * has come meanwhile is made up for.  A new thread begins as if it had just
 * come back from mi_switch(): kthread_main() lets the level fall.  And a
 * handler, which has borrowed the stack of a thread that it interrupted, and
 * is not a thread, can neither sleep nor switch.
 *
 * [kern/kern_synch.c]
 */
#include <sys/sched.h>

#include <sys/callout.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/resource.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>

/* ---------------------------------------------------------------- the queues */

#define	SLPQUE_SIZE	128
#define	SLPQUE_INIT	{ NULL, NULL }

TAILQ_HEAD(slpquehead, thread);

static struct slpquehead slpque[SLPQUE_SIZE];

/* Structures are rarely smaller than 64 bytes, or closer to each other. */
static struct slpquehead *
slpque_lookup(const void *chan)
{
	return (&slpque[((uintptr_t)chan >> 6) % SLPQUE_SIZE]);
}

void
sleepinit(void)
{
	int i;

	for (i = 0; i < SLPQUE_SIZE; i++)
		TAILQ_INIT(&slpque[i]);
}

/* td, which runs, is about to sleep for `chan'. */
static void
slpque_add(struct thread *td, const void *chan, const char *wmesg)
{
	td->td_wchan = chan;
	td->td_wmesg = wmesg;
	td->td_inhibitors |= TDI_SLEEPING;
	td->td_state = TDS_INHIBITED;
	TAILQ_INSERT_TAIL(slpque_lookup(chan), td, td_slpq);
}

/* td sleeps, and is to run again. */
static void
slpque_remove(struct thread *td)
{
	TAILQ_REMOVE(slpque_lookup(td->td_wchan), td, td_slpq);
	td->td_wchan = NULL;
	td->td_inhibitors &= ~TDI_SLEEPING;
	td->td_state = TDS_CAN_RUN;
	sched_wakeup(td);
}

/* ---------------------------------------------------------------- sleeping */

/* A callout, at splsoftclock(): a sleep has lasted long enough. */
static void
endtsleep(void *arg)
{
	struct thread *td = arg;
	int s = splhigh();

	if (TD_IS_SLEEPING(td)) {
		td->td_flags |= TDF_TIMEOUT;
		slpque_remove(td);
	}
	splx(s);
}

/* Before anything else can run: time for what interrupts. */
static int
tsleep_cold(int s)
{
	spl0();
	splx(s);
	return (0);
}

/*
 * The contract is in sys/systm.h.  A `pri' of 0 leaves the priority alone;
 * wmesg must stay.  After a panic nobody sleeps.
 */
int
tsleep(const void *chan, int pri, const char *wmesg, int timo)
{
	struct thread *td = curthread;
	int s = splhigh();

	KASSERT(intr_frame == NULL, ("tsleep: %s: in a handler", wmesg));
	if (panicstr != NULL)
		return (0);
	if (cold)
		return (tsleep_cold(s));
	KASSERT(chan != NULL, ("tsleep: %s: for nothing", wmesg));
	slpque_add(td, chan, wmesg);
	sched_sleep(td);
	if ((pri & PRIMASK) != 0)
		sched_prio(td, pri & PRIMASK);
	td->td_flags &= ~(TDF_TIMEOUT | TDF_SINTR);
	if ((pri & PCATCH) != 0)
		td->td_flags |= TDF_SINTR;
	td->td_nvcsw++;
	if (timo > 0)
		callout_reset(&td->td_slpcallout, timo, endtsleep, td);
	mi_switch();
	if (timo > 0)
		callout_stop(&td->td_slpcallout);
	splx(s);
	return ((td->td_flags & TDF_TIMEOUT) != 0 ? EWOULDBLOCK : 0);
}

void
wakeup(const void *chan)
{
	struct slpquehead *head = slpque_lookup(chan);
	struct thread *td, *next;
	int s = splhigh();

	TAILQ_FOREACH_SAFE(td, head, td_slpq, next)
		if (td->td_wchan == chan)
			slpque_remove(td);
	splx(s);
}

void
wakeup_one(const void *chan)
{
	struct slpquehead *head = slpque_lookup(chan);
	struct thread *td;
	int s = splhigh();

	TAILQ_FOREACH(td, head, td_slpq)
		if (td->td_wchan == chan) {
			slpque_remove(td);
			break;
		}
	splx(s);
}

/* ---------------------------------------------------------------- the switch */

static uint64_t switchtime;		/* the CPU's cycles, when curthread came */

/*
 * Let another thread run; return when this one does again, which goes back to
 * its run queue unless it is asleep or at its end.  At splhigh().
 */
void
mi_switch(void)
{
	struct thread *td = curthread;
	uint64_t now = rdtsc();

	KASSERT(cpl == IPL_HIGH, ("mi_switch: at level %d", cpl));
	td->td_runtime += now - switchtime;
	switchtime = now;
	cnt.v_swtch++;
	sched_switch();
}

/* Have others run that could, equals and better ones; come back in turn. */
void
uio_yield(void)
{
	int s = splhigh();

	mi_switch();
	splx(s);
}

/* ---------------------------------------------------------------- the load */

#define	LOADAV_SECONDS	5

struct loadavg averunnable = { { 0, 0, 0 }, FSCALE };

static struct callout loadav_callout;

/* A callout. */
static void
loadav(void *arg __unused)
{
	/* exp(-5/60), exp(-5/300), exp(-5/900): what is left of the old value. */
	static const uint64_t cexp[3] = { 1884, 2014, 2036 };
	fixpt_t now = sched_load() * FSCALE;
	int i;

	/* 32 bits would do for a load of 1000. */
	for (i = 0; i < 3; i++)
		averunnable.ldavg[i] = (cexp[i] * averunnable.ldavg[i] +
		    (FSCALE - cexp[i]) * now) >> FSHIFT;
	callout_reset(&loadav_callout, LOADAV_SECONDS * hz, loadav, NULL);
}

static void
synch_setup(const void *dummy __unused)
{
	callout_init(&loadav_callout, 1);
	loadav(NULL);
}
SYSINIT(synch_setup, SI_SUB_KICK_SCHEDULER, SI_ORDER_FIRST, synch_setup, NULL);
