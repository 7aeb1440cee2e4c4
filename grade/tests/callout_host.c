/*
 * The callout wheel on this computer: kernel/kern/kern_timeout.c, and a model
 * of it beside, a plain table that is searched.
 *
 *	callout_host SEED TICKS NCALLOUT FIRST
 *
 * At each tick, in each callout's function, and wherever the wheel lets
 * interrupts in, drawn things are done to drawn callouts: they are set, set
 * anew, stopped; timeouts begin and are undone, also such as are over.  Now and
 * then the software interrupt is kept out for some ticks, and now and then
 * many callouts are due at once.
 *
 * What must hold at each call: it is pending in the model, due, with the right
 * argument, and none that is due earlier, or that was set earlier for the same
 * tick, still waits; and behind softclock() none is left that is due.
 */
#include <sys/callout.h>
#include <sys/malloc.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>

#define	OWN		400		/* callouts of our own; behind them, timeouts */
#define	SLOTS		800

int	host_printf(const char *fmt, ...) __asm__("printf");
void	*host_malloc(size_t size) __asm__("malloc");
void	exit(int status) __dead2;

MALLOC_DECLARE(M_CALLOUT);

/* What the model knows of each; a slot's number is its argument, too. */
static struct slot {
	int		pending;
	unsigned	due, order;
	void		*arg;
	struct callout_handle handle;		/* a timeout's */
} slots[SLOTS];
static struct callout own[OWN];

volatile int	ticks;
int		hz = 100, ncallout;
uint32_t	host_eflags = HOST_PSL_I;

static driver_intr_t *softclock;
static int	asked, held, in_softclock, want_panic, timeouts;
static int	depth;			/* > 0: no interrupt comes */
static unsigned	sets, calls, state;
static unsigned	enabled, runs;		/* how often softclock() let interrupts in, and ran */
static long	unique;

static unsigned int
draw_below(unsigned int below)
{
	state = state * 1664525 + 1013904223;
	return ((unsigned int)((uint64_t)(state >> 8) * below >> 24));
}

#define	CHECK(exp) do {							\
	if (!(exp)) {							\
		host_printf("%s, line %d: %s, at tick %d, call %u\n",	\
		    __FILE__, __LINE__, #exp, ticks, calls);		\
		exit(1);						\
	}								\
} while (0)

/* ---------------------------------------------------------------- the rest of the kernel */

void
malloc_init(const void *type __unused)
{
}

void
malloc_uninit(const void *type __unused)
{
}

void *
malloc(unsigned long size, struct malloc_type *type, int flags)
{
	CHECK(type == M_CALLOUT);
	return (memset(host_malloc(size), flags & M_ZERO ? 0 : 0xee, size));
}

int
swi_add(const char *name, int ipl, driver_intr_t *handler, void *arg,
    void **cookie)
{
	CHECK(strcmp(name, "clock") == 0 && ipl == IPL_SOFTCLOCK && arg == NULL);
	softclock = handler;
	*cookie = &softclock;
	return (0);
}

void
swi_sched(void *cookie)
{
	CHECK(cookie == &softclock);
	asked = 1;
}

void
panic(const char *fmt, ...)
{
	CHECK(want_panic && strcmp(fmt, "timeout table full") == 0);
	host_printf("%s\n", fmt);
	exit(0);
}

/* ---------------------------------------------------------------- the model */

static timeout_t called;

/* Set one's own callout, or begin a timeout in a free slot. */
static void
set(int n, int in)
{
	struct slot *s = &slots[n];

	if (n >= OWN && (s->pending || timeouts == ncallout))
		return;
	depth++;
	s->arg = (void *)(++unique * SLOTS + n);
	if (n < OWN)
		callout_reset(&own[n], in, called, s->arg);
	else {
		s->handle = timeout(called, s->arg, in);
		timeouts++;
	}
	s->pending = 1;
	s->due = (unsigned)ticks + (in > 0 ? in : 1);
	s->order = ++sets;
	depth--;
}

/* Stop one, whether it is pending or not. */
static void
stop(int n)
{
	struct slot *s = &slots[n];

	depth++;
	if (n < OWN) {
		CHECK(!callout_pending(&own[n]) == !s->pending);
		CHECK(callout_stop(&own[n]) == s->pending);
		CHECK(!callout_active(&own[n]));
	} else {
		untimeout(called, s->arg, s->handle);
		timeouts -= s->pending;
	}
	s->pending = 0;
	depth--;
}

/*
 * Has softclock() taken it out, to call it as soon as the interrupt that came
 * in between is over?  What becomes of it then is nobody's to say.
 */
static int
is_being_called(int n)
{
	const struct callout *c = n < OWN ? &own[n] : slots[n].handle.callout;

	return (slots[n].pending &&
	    (!callout_pending(c) || c->c_arg != slots[n].arg));
}

/* Drawn things, some of them to the neighbours of slot `near'. */
static void
meddle(int near)
{
	int many = draw_below(4), n;

	while (many-- > 0) {
		n = draw_below(2) ? (near + draw_below(4)) % SLOTS :
		    draw_below(SLOTS);
		if (is_being_called(n))
			continue;
		if (draw_below(3) == 0)
			stop(n);
		else
			set(n, draw_below(8) == 0 ? (int)draw_below(5000) :
			    (int)draw_below(12) - 2);
	}
}

static void
called(void *arg)
{
	int n = (long)arg % SLOTS, i;
	struct slot *s = &slots[n], *t;

	calls++;
	CHECK(in_softclock && (host_eflags & HOST_PSL_I));
	CHECK(s->pending && s->arg == arg);
	CHECK((int)((unsigned)ticks - s->due) >= 0);
	for (i = 0; i < SLOTS; i++) {
		t = &slots[i];
		if (t->pending && t != s) {
			CHECK((int)(t->due - s->due) >= 0);
			CHECK(t->due != s->due || t->order > s->order);
		}
	}
	s->pending = 0;
	if (n < OWN)
		CHECK(!callout_pending(&own[n]) && callout_active(&own[n]));
	else
		timeouts--;
	if (draw_below(2))
		set(n, draw_below(6));
	meddle(n);
}

/* ---------------------------------------------------------------- time */

static void
run_softclock(void)
{
	int i;

	while (asked && !held) {
		asked = 0;
		in_softclock = 1;
		softclock(NULL);
		runs++;
		in_softclock = 0;
		CHECK(host_eflags & HOST_PSL_I);
		for (i = 0; i < SLOTS && !asked; i++)
			CHECK(!slots[i].pending ||
			    (int)((unsigned)ticks - slots[i].due) < 0);
	}
}

static void
one_tick(void)
{
	ticks = ticks + 1u;
	callout_tick();
}

/* Interrupts may come: a tick, and a handler that uses callouts. */
void
enable_intr(void)
{
	int n;

	host_eflags |= HOST_PSL_I;
	if (depth > 0 || !in_softclock)
		return;
	enabled++;
	depth++;
	if (draw_below(500) == 0)
		one_tick();
	if (draw_below(16) == 0)
		meddle(draw_below(SLOTS));
	/* Also where softclock() is in a long bucket: see burst(). */
	for (n = 90; n < 130; n++)
		if (draw_below(8) == 0 && !is_being_called(n))
			stop(n);
	depth--;
}

/* Many at once; in the same bucket, and before them, more for another turn. */
static void
burst(void)
{
	int in = draw_below(5) + 1, n;

	for (n = 0; n < OWN; n++)
		set(n, in + (draw_below(2) + (n < 150)) * callwheelsize);
}

int
main(int argc __unused, char **argv)
{
	int total = strtol(argv[2], NULL, 10), i;
	struct sysinit **sipp;

	state = strtoul(argv[1], NULL, 10);
	ncallout = strtol(argv[3], NULL, 10);
	ticks = strtol(argv[4], NULL, 10);
	SET_FOREACH(sipp, sysinit_set)
		(*sipp)->func((*sipp)->udata);
	CHECK(softclock != NULL && callwheelsize >= ncallout &&
	    callwheelsize < 2 * ncallout + 1 &&
	    (callwheelsize & callwheelmask) == 0);
	for (i = 0; i < OWN; i++)
		callout_init(&own[i], i & 1);
	for (i = OWN; i < SLOTS; i++)
		callout_handle_init(&slots[i].handle);
	for (i = 0; i < total; i++) {
		held = held ? held - 1 : draw_below(20) == 0 ? (int)draw_below(9) : 0;
		one_tick();
		run_softclock();
		meddle(draw_below(SLOTS));
		if (i == total / 2 || draw_below(300) == 0)
			burst();
	}
	CHECK(calls > (unsigned)total / 2);
	/* Also between two calls, in a long bucket. */
	CHECK(enabled > calls + runs);
	for (i = OWN; i < SLOTS; i++)
		stop(i);
	for (want_panic = 1, i = 0; i <= ncallout; i++) {
		CHECK(i < ncallout);
		(void)timeout(called, NULL, 1);
		if (i + 1 == ncallout)
			(void)timeout(called, NULL, 1);
	}
	return (1);
}
