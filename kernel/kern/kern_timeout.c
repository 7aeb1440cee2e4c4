/*
 * kern_timeout.c: the callout wheel.
 *
 * A callout due at tick t hangs in bucket t & callwheelmask.  So the buckets
 * are a wheel that turns by one at each tick, and putting one in, taking it
 * out and finding those that are due costs the same however many there are.
 *
 *	callwheel	     c_time, for a wheel of 8 and softticks = 17
 *	[0]  --> 24 --> 0
 *	[1]  --> 17 --> 25 --> 17 --> 0	 <-- softticks & callwheelmask: the two
 *	[2]  --> 0			     17s are run, the 25 is passed over
 *	[3]  --> 19 --> 0
 *	 :
 *
 * `softticks' follows `ticks': hardclock() lets it pass by empty buckets
 * itself, and else has softclock(), a software interrupt, go through all that
 * there are between the two.
 *
 * The wheel is changed with interrupts disabled, for that is a few
 * instructions; a callout's function runs with them enabled, at
 * splsoftclock().  It may set or stop any callout, itself too: softclock()
 * keeps the place where it goes on in `nextsoftcheck', and who takes that one
 * out moves it on.
 *
 * Ticks overflow, after 248 days at 100 Hz.  So they are added to as unsigned
 * numbers, and only asked whether they are equal.
 *
 * [kern/kern_timeout.c, kern/kern_clock.c]
 */
#include <sys/callout.h>

#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>

/* So many that are not due, and interrupts are let in. */
#define	MAX_SOFTCLOCK_STEPS	100

MALLOC_DEFINE(M_CALLOUT, "callout", "the callout wheel, and timeout()'s callouts");

int		callwheelsize, callwheelmask;
struct callout_tailq *callwheel;

static SLIST_HEAD(, callout) callfree = SLIST_HEAD_INITIALIZER(callfree);
static unsigned	softticks;		/* the tick whose bucket is, or was, gone through */
static struct callout *nextsoftcheck;	/* the next that softclock() looks at, or NULL */
static void	*softclock_ih;

/*
 * The wheel, with as many buckets as timeout() has callouts, or a few more, so
 * that they are not long; and those callouts.
 */
static void
callwheel_init(const void *dummy __unused)
{
	struct callout *callouts;
	int i;

	for (callwheelsize = 1; callwheelsize < ncallout; callwheelsize <<= 1)
		continue;
	callwheelmask = callwheelsize - 1;
	callwheel = malloc(callwheelsize * sizeof(*callwheel), M_CALLOUT,
	    M_NOWAIT);
	callouts = malloc(ncallout * sizeof(*callouts), M_CALLOUT,
	    M_NOWAIT | M_ZERO);
	if (callwheel == NULL || callouts == NULL)
		panic("callwheel_init: no memory for %d callouts", ncallout);
	for (i = 0; i < callwheelsize; i++)
		TAILQ_INIT(&callwheel[i]);
	for (i = ncallout - 1; i >= 0; i--)
		SLIST_INSERT_HEAD(&callfree, &callouts[i], c_links.sle);
	softticks = ticks;
}
SYSINIT(callwheel, SI_SUB_CPU, SI_ORDER_ANY, callwheel_init, NULL);

/* ---------------------------------------------------------------- the owner's callouts */

void
callout_init(struct callout *c, int mpsafe)
{
	memset(c, 0, sizeof(*c));
	if (mpsafe)
		c->c_flags = CALLOUT_MPSAFE;
}

/* Take a pending one out.  Interrupts are disabled. */
static inline void
callout_remove(struct callout *c)
{
	if (nextsoftcheck == c)
		nextsoftcheck = TAILQ_NEXT(c, c_links.tqe);
	TAILQ_REMOVE(&callwheel[c->c_time & callwheelmask], c, c_links.tqe);
}

/*
 * Have func(arg) called in to_ticks ticks, at least 1: by then so many of the
 * clock's interrupts will have come.  What the callout was set to before is
 * forgotten.  From any level.
 */
void
callout_reset(struct callout *c, int to_ticks, timeout_t *func, void *arg)
{
	uint32_t ef = intr_disable();

	if (c->c_flags & CALLOUT_PENDING)
		callout_remove(c);
	c->c_func = func;
	c->c_arg = arg;
	c->c_flags |= CALLOUT_ACTIVE | CALLOUT_PENDING;
	c->c_time = (unsigned)ticks + (to_ticks > 0 ? to_ticks : 1);
	TAILQ_INSERT_TAIL(&callwheel[c->c_time & callwheelmask], c, c_links.tqe);
	intr_restore(ef);
}

/*
 * Have it not called any more.  Returns 1 if it was pending; 0 if it was not,
 * because it has been called, or is just being called.  From any level.
 */
int
callout_stop(struct callout *c)
{
	uint32_t ef = intr_disable();
	int pending = c->c_flags & CALLOUT_PENDING;

	if (pending)
		callout_remove(c);
	c->c_flags &= ~(CALLOUT_ACTIVE | CALLOUT_PENDING);
	intr_restore(ef);
	return (pending != 0);
}

/* ---------------------------------------------------------------- timeout */

void
callout_handle_init(struct callout_handle *handle)
{
	handle->callout = NULL;
}

/* Interrupts are disabled. */
static void
callout_free(struct callout *c)
{
	c->c_func = NULL;
	c->c_flags = 0;
	SLIST_INSERT_HEAD(&callfree, c, c_links.sle);
}

/*
 * Have func(arg) called in to_ticks ticks, by one of ncallout callouts that are
 * kept here; panics if all are pending.  Returns what untimeout() needs.
 */
struct callout_handle
timeout(timeout_t *func, void *arg, int to_ticks)
{
	struct callout_handle handle;
	uint32_t ef = intr_disable();

	handle.callout = SLIST_FIRST(&callfree);
	if (handle.callout == NULL)
		panic("timeout table full");
	SLIST_REMOVE_HEAD(&callfree, c_links.sle);
	handle.callout->c_flags = CALLOUT_LOCAL_ALLOC;
	callout_reset(handle.callout, to_ticks, func, arg);
	intr_restore(ef);
	return (handle);
}

/*
 * Undo a timeout().  If it has been called already, its callout may be free,
 * or be somebody else's: then nothing is done.
 */
void
untimeout(timeout_t *func, void *arg, struct callout_handle handle)
{
	struct callout *c = handle.callout;
	uint32_t ef;

	if (c == NULL)
		return;
	ef = intr_disable();
	if (c->c_func == func && c->c_arg == arg && callout_stop(c))
		callout_free(c);
	intr_restore(ef);
}

/* ---------------------------------------------------------------- the clock's side */

/*
 * A tick has come: hardclock() calls this.
 */
void
callout_tick(void)
{
	if (!TAILQ_EMPTY(&callwheel[ticks & callwheelmask]))
		swi_sched(softclock_ih);
	else if (softticks + 1 == (unsigned)ticks)
		softticks = ticks;
}

/*
 * Take one that is due out, and call its function.  Called and returns with
 * interrupts disabled; they are enabled meanwhile.
 */
static void
callout_run(struct callout *c)
{
	timeout_t *func = c->c_func;
	void *arg = c->c_arg;

	callout_remove(c);
	c->c_flags &= ~CALLOUT_PENDING;
	if (c->c_flags & CALLOUT_LOCAL_ALLOC)
		callout_free(c);
	enable_intr();
	func(arg);
	disable_intr();
}

/* Run what is due at the tick `now', which is its bucket's turn. */
static void
softclock_bucket(int now)
{
	struct callout *c;
	int steps = 0;

	for (c = TAILQ_FIRST(&callwheel[now & callwheelmask]); c != NULL;
	    c = nextsoftcheck) {
		nextsoftcheck = TAILQ_NEXT(c, c_links.tqe);
		if (c->c_time == now) {
			callout_run(c);
			steps = 0;
		} else if (++steps == MAX_SOFTCLOCK_STEPS) {
			enable_intr();
			disable_intr();
			steps = 0;
		}
	}
}

/*
 * The software interrupt "clock", at IPL_SOFTCLOCK: catch up with the ticks.
 */
static void
softclock(void *dummy __unused)
{
	disable_intr();
	while (softticks != (unsigned)ticks)
		softclock_bucket(++softticks);
	enable_intr();
}

static void
start_softintr(const void *dummy __unused)
{
	if (swi_add("clock", IPL_SOFTCLOCK, softclock, NULL, &softclock_ih) != 0)
		panic("start_softintr: no software interrupt is left");
}
SYSINIT(start_softintr, SI_SUB_SOFTINTR, SI_ORDER_FIRST, start_softintr, NULL);
