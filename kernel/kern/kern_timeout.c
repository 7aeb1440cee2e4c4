/*
 * kern_timeout.c: the callout wheel.
 *
 * A callout due at tick t hangs in bucket t & callwheelmask.  So the buckets
 * are a wheel that turns by one at each tick, and putting one in, taking it
 * out and finding those that are due costs the same however many there are.
 *
 *	callwheel	 c_time, for a wheel of 8 and softticks = 17
 *	[0]  <-> 24
 *	[1]  <-> 17 <-> 25 <-> 17	<-- softticks & callwheelmask: the two
 *	[2]				    17s are run, the 25 is passed over
 *	[3]  <-> 19
 *	 :				each a ring, closed by its bucket
 *
 * `softticks' follows `ticks': hardclock() lets it pass by empty buckets
 * itself, and else has softclock(), a software interrupt, go through all that
 * there are between the two.
 *
 * The wheel is changed with interrupts disabled, for that is a few
 * instructions; a callout's function runs with them enabled, at
 * splsoftclock().  It may set or stop any callout, itself too: what is due has
 * been moved to a ring of its own, of which softclock() takes the first until
 * there is none.  Out of there, too, a callout can be taken at any time.
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
struct callout_link *callwheel;

static SLIST_HEAD(, callout) callfree = SLIST_HEAD_INITIALIZER(callfree);
static unsigned	softticks;		/* the tick whose bucket is, or was, gone through */
static struct callout_link expired = { &expired, &expired };	/* due, in order */
static void	*softclock_ih;

/* These four are called with interrupts disabled. */
static inline void
link_init(struct callout_link *ring)
{
	ring->next = ring->prev = ring;
}

/* Before `place', which makes it the ring's last if that is its head. */
static inline void
link_insert(struct callout_link *link, struct callout_link *place)
{
	link->next = place;
	link->prev = place->prev;
	place->prev->next = link;
	place->prev = link;
}

static inline void
link_remove(struct callout_link *link)
{
	link->next->prev = link->prev;
	link->prev->next = link->next;
}

static inline struct callout_link *
bucket_of(int tick)
{
	return (&callwheel[tick & callwheelmask]);
}

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
	callouts = malloc(ncallout * sizeof(*callouts), M_CALLOUT, M_NOWAIT);
	if (callwheel == NULL || callouts == NULL)
		panic("callwheel_init: no memory for %d callouts", ncallout);
	for (i = 0; i < callwheelsize; i++)
		link_init(&callwheel[i]);
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

/*
 * Have func(arg) called in to_ticks ticks, at least 1: by then so many of the
 * clock's interrupts will have come.  What the callout was set to before is
 * forgotten.  From any level.
 */
void
callout_reset(struct callout *c, int to_ticks, timeout_t *func, void *arg)
{
	uint32_t ef = intr_disable();

	if (callout_pending(c))
		link_remove(&c->c_links.link);
	c->c_func = func;
	c->c_arg = arg;
	c->c_flags |= CALLOUT_ACTIVE;
	c->c_time = (unsigned)ticks + (to_ticks > 0 ? to_ticks : 1);
	link_insert(&c->c_links.link, bucket_of(c->c_time));
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

	c->c_flags &= ~CALLOUT_ACTIVE;
	if (!callout_pending(c)) {
		intr_restore(ef);
		return (0);
	}
	link_remove(&c->c_links.link);
	c->c_links.link.next = NULL;
	intr_restore(ef);
	return (1);
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
	c->c_arg = NULL;
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
	handle.callout->c_links.link.next = NULL;
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
	struct callout_link *bucket = bucket_of(ticks);

	if (bucket->next != bucket)
		swi_sched(softclock_ih);
	else if (softticks + 1 == (unsigned)ticks)
		softticks = ticks;
}

/*
 * Move what of a bucket is due to `expired'.  Interrupts are disabled; in a long
 * bucket they are let in, with a callout that is nobody's in our place.
 */
static void
softclock_bucket(int now)
{
	static struct callout place;
	struct callout_link *bucket = bucket_of(now), *link, *next;
	int steps = 0;

	for (link = bucket->next; link != bucket; link = next) {
		next = link->next;
		if (((struct callout *)link)->c_time == now) {
			link_remove(link);
			link_insert(link, &expired);
		} else if (++steps == MAX_SOFTCLOCK_STEPS) {
			link_insert(&place.c_links.link, next);
			enable_intr();
			disable_intr();
			next = place.c_links.link.next;
			link_remove(&place.c_links.link);
			steps = 0;
		}
	}
}

/*
 * Take one that is due out, and call its function.  Called and returns with
 * interrupts disabled; they are enabled meanwhile.
 */
static void
softclock_call(struct callout *c)
{
	timeout_t *func = c->c_func;
	void *arg = c->c_arg;

	link_remove(&c->c_links.link);
	c->c_links.link.next = NULL;
	if (c->c_flags & CALLOUT_LOCAL_ALLOC)
		callout_free(c);
	enable_intr();
	func(arg);
	disable_intr();
}

/*
 * The software interrupt "clock", at IPL_SOFTCLOCK: catch up with the ticks.
 */
static void
softclock(void *dummy __unused)
{
	disable_intr();
	while (softticks != (unsigned)ticks) {
		softclock_bucket(++softticks);
		while (expired.next != &expired)
			softclock_call((struct callout *)expired.next);
	}
	enable_intr();
}

static void
start_softintr(const void *dummy __unused)
{
	if (swi_add("clock", IPL_SOFTCLOCK, softclock, NULL, &softclock_ih) != 0)
		panic("start_softintr: no software interrupt is left");
}
SYSINIT(start_softintr, SI_SUB_SOFTINTR, SI_ORDER_FIRST, start_softintr, NULL);
