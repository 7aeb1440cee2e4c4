/*
 * kern_tc.c: the time, out of a counter.
 *
 * Once a tick tc_ticktock() adds what has gone by to the uptime.  Whoever wants
 * to know the time adds what has gone by since:
 *
 *	tick            tick            tick      now
 *	 |---------------|---------------|---------|
 *	                                 |<------->| counter - th_offset_count,
 *	 th_offset ----------------------+           times th_scale
 *
 * So the counter may be narrow, as long as it does not come round within a
 * tick, and a tick may be handled late.  Hardware is slow to be looked at: what
 * it was at the tick, it tells out of what it knows.
 *
 * The uptime is what is counted.  The time is that and `boottimebin', all that
 * setting the time changes.
 *
 * The structure is read with interrupts disabled, and written by the clock's
 * interrupt.
 *
 * [kern/kern_tc.c]
 */
#include <sys/timetc.h>

#include <sys/kernel.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>

static uint32_t
dummy_get_timecount(void)
{
	return (0);
}

/* Before time begins. */
static struct timecounter dummy_timecounter = {
	.tc_get_timecount = dummy_get_timecount,
	.tc_get_tickcount = dummy_get_timecount,
	.tc_counter_mask = ~0u,
	.tc_frequency = 1000000,
	.tc_name = "dummy",
};

static struct timecounter *timecounter = &dummy_timecounter;	/* the offered one */

static struct timehands {
	struct timecounter *th_counter;		/* the one in use */
	uint64_t	th_scale;		/* a count, in 2^-64 seconds */
	uint32_t	th_offset_count;	/* the count at the last tick, */
	struct bintime	th_offset;		/* and the uptime */
} timehands = { .th_counter = &dummy_timecounter };

static struct bintime boottimebin;
struct timeval	boottime;
volatile time_t	time_second;
volatile time_t	time_uptime;

/*
 * Print the counter's line, and keep it for inittimecounter().
 */
void
tc_init(struct timecounter *tc)
{
	printf("Timecounter \"%s\"  frequency %u Hz\n", tc->tc_name,
	    tc->tc_frequency);
	timecounter = tc;
}

/* How far the counter is from the last tick.  Interrupts are disabled. */
static inline uint32_t
tc_delta(void)
{
	struct timecounter *tc = timehands.th_counter;

	return ((tc->tc_get_timecount() - timehands.th_offset_count) &
	    tc->tc_counter_mask);
}

/* The seconds, for who needs no more. */
static void
tc_set_seconds(void)
{
	struct bintime bt = timehands.th_offset;

	time_uptime = bt.sec;
	bintime_add(&bt, &boottimebin);
	time_second = bt.sec;
}

/*
 * Move the hands on to the tick.  At splclock(); a handler of that level is the
 * highest, so nobody comes in between.
 */
void
tc_ticktock(void)
{
	struct timecounter *tc = timehands.th_counter;
	uint32_t delta = (tc->tc_get_tickcount() - timehands.th_offset_count) &
	    tc->tc_counter_mask;

	timehands.th_offset_count += delta;
	bintime_addx(&timehands.th_offset, timehands.th_scale * delta);
	tc_set_seconds();
}

/*
 * Set the time.  The uptime, and the ticks, go on as they did.
 */
void
tc_setclock(const struct timespec *ts)
{
	struct bintime bt, uptime;
	uint32_t ef = intr_disable();

	binuptime(&uptime);
	timespec2bintime(ts, &bt);
	bintime_sub(&bt, &uptime);
	boottimebin = bt;
	bintime2timeval(&boottimebin, &boottime);
	tc_set_seconds();
	intr_restore(ef);
}

/* The uptime is counted from here; or rather from the last tick. */
static void
inittimecounter(const void *dummy __unused)
{
	uint32_t ef = intr_disable();

	timehands.th_counter = timecounter;
	timehands.th_scale = ((uint64_t)1 << 63) / timecounter->tc_frequency * 2;
	timehands.th_offset_count = timecounter->tc_get_tickcount();
	intr_restore(ef);
	printf("Timecounters tick every %d.%03u msec\n", tick / 1000,
	    tick % 1000);
}
SYSINIT(timecounter, SI_SUB_CLOCKS, SI_ORDER_SECOND, inittimecounter, NULL);

/* ---------------------------------------------------------------- now */

void
binuptime(struct bintime *bt)
{
	uint32_t ef = intr_disable();

	*bt = timehands.th_offset;
	bintime_addx(bt, timehands.th_scale * tc_delta());
	intr_restore(ef);
}

void
nanouptime(struct timespec *ts)
{
	struct bintime bt;

	binuptime(&bt);
	bintime2timespec(&bt, ts);
}

void
microuptime(struct timeval *tv)
{
	struct bintime bt;

	binuptime(&bt);
	bintime2timeval(&bt, tv);
}

void
bintime(struct bintime *bt)
{
	uint32_t ef = intr_disable();

	binuptime(bt);
	bintime_add(bt, &boottimebin);
	intr_restore(ef);
}

void
nanotime(struct timespec *ts)
{
	struct bintime bt;

	bintime(&bt);
	bintime2timespec(&bt, ts);
}

void
microtime(struct timeval *tv)
{
	struct bintime bt;

	bintime(&bt);
	bintime2timeval(&bt, tv);
}

/* ---------------------------------------------------------------- at the last tick */

void
getbinuptime(struct bintime *bt)
{
	uint32_t ef = intr_disable();

	*bt = timehands.th_offset;
	intr_restore(ef);
}

void
getnanouptime(struct timespec *ts)
{
	struct bintime bt;

	getbinuptime(&bt);
	bintime2timespec(&bt, ts);
}

void
getmicrouptime(struct timeval *tv)
{
	struct bintime bt;

	getbinuptime(&bt);
	bintime2timeval(&bt, tv);
}

void
getbintime(struct bintime *bt)
{
	uint32_t ef = intr_disable();

	*bt = timehands.th_offset;
	bintime_add(bt, &boottimebin);
	intr_restore(ef);
}

void
getnanotime(struct timespec *ts)
{
	struct bintime bt;

	getbintime(&bt);
	bintime2timespec(&bt, ts);
}

void
getmicrotime(struct timeval *tv)
{
	struct bintime bt;

	getbintime(&bt);
	bintime2timeval(&bt, tv);
}
