/*
 * services_clock: tests of ticks, callouts and the time.
 * grade/tests/test_clock.py says what is expected.
 */
#include "services.h"

#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <sys/time.h>
#include <i386/clock.h>
#include <i386/cpufunc.h>

#define	RTC_SEC		0		/* the RTC's seconds, of a minute */
#define	BEATS		5
#define	CROWD		10000
#define	LOOKS		4000

void	clock_mark(void);
void	callout_pair(void);

/* Here the test outside looks at the machine. */
__attribute__((noinline)) void
clock_mark(void)
{
	__asm__ volatile("");
}

/* ---------------------------------------------------------------- a long time */

/* A callout that sets itself again for every so many ticks. */
static struct beat {
	struct callout	callout;
	int	period;
	int	due;			/* the tick it is to be called at */
	int	count, late;
} beats[BEATS];

static void
beat(void *arg)
{
	struct beat *b = arg;

	b->count++;
	b->late += ticks != b->due;
	b->due += b->period;
	callout_reset(&b->callout, b->due - ticks, beat, b);
}

static void
start_beats(void)
{
	static const int hundredths[BEATS] = { 0, 3, 10, 100, 6000 };
	struct beat *b;
	int i;

	for (i = 0; i < BEATS; i++) {
		b = &beats[i];
		b->period = hundredths[i] == 0 ? 7 :
		    MAX(hundredths[i] * hz / 100, 1);
		b->due = ticks + b->period;
		callout_init(&b->callout, 1);
		callout_reset(&b->callout, b->period, beat, b);
	}
}

/* Sleep from tick to tick until the RTC goes on, to `second', or anywhere. */
static int
wait_for_rtc(int second)
{
	int before, now = rtcin(RTC_SEC);

	do {
		before = now;
		(void)tsleep(&beats, PWAIT, "rtc", 1);
		now = rtcin(RTC_SEC);
	} while (now == before || (second != -1 && now != second));
	return (now);
}

static int64_t
uptime_us(void)
{
	struct timeval tv;

	microuptime(&tv);
	return ((int64_t)tv.tv_sec * 1000000 + tv.tv_usec);
}

/*
 * So many minutes by the RTC, most of them asleep, between two calls of
 * clock_mark().  The uptime is that of the last tick: Bochs may lose ticks
 * where the i8254 is read before a CPU halts.
 */
SERVICE_TEST(minutes)
{
	int minutes = 1, second, start, elapsed;
	struct beat *b;
	struct timeval before, after;

	TUNABLE_INT_FETCH("services.minutes", &minutes);
	second = wait_for_rtc(-1);
	clock_mark();
	start = ticks;
	getmicrouptime(&before);
	start_beats();
	(void)tsleep(&minutes, PWAIT, "minutes", (minutes * 60 - 2) * hz);
	(void)wait_for_rtc(second);
	clock_mark();
	elapsed = ticks - start;
	getmicrouptime(&after);
	for (b = beats; b < &beats[BEATS]; b++)
		callout_stop(&b->callout);
	printf("@minutes ticks=%d uptime=%lld\n", elapsed,
	    (after.tv_sec - before.tv_sec) * 1000000LL +
	    after.tv_usec - before.tv_usec);
	for (b = beats; b < &beats[BEATS]; b++)
		printf("@beat period=%d count=%d late=%d\n", b->period,
		    b->count, b->late);
}

/* ---------------------------------------------------------------- what time it is */

/*
 * Look at it, with ticks kept out for up to two thirds of one in half of the
 * cases.  How often it went back; and, in microseconds, how far it is from what
 * the ticks say: at least, and at most, where none was kept out, and where some
 * may have been.
 */
SERVICE_TEST(uptime)
{
	int64_t reload = (TIMER_FREQ + hz / 2) / hz;	/* the i8254's */
	int64_t now, last = 0, off;
	int64_t least[2] = { INT64_MAX, INT64_MAX }, most[2] = { INT64_MIN, INT64_MIN };
	int i, s, back = 0, kind, ticked;
	uint32_t ef;

	for (i = 0; i < LOOKS; i++) {
		kind = services_draw(4);
		ef = kind == 0 ? intr_disable() : read_eflags();
		s = kind == 1 ? splclock() : splsoftclock();
		DELAY(services_draw(kind == 3 ? 20 : tick * 2 / 3));
		ticked = ticks;
		now = uptime_us();
		back += now < last;
		off = now - ticked * reload * 1000000 / TIMER_FREQ;
		if (ticked == ticks) {		/* and not in between */
			least[kind < 2] = MIN(least[kind < 2], off);
			most[kind < 2] = MAX(most[kind < 2], off);
		}
		last = now;
		splx(s);
		intr_restore(ef);
	}
	printf("@uptime looks=%d back=%d least=%lld most=%lld kept_least=%lld "
	    "kept_most=%lld\n", LOOKS, back, least[0], most[0], least[1], most[1]);
}

/* ---------------------------------------------------------------- what it costs */

static struct callout crowd[CROWD];

static void
nothing(void *arg __unused)
{
}

/* Set and stop one. */
__attribute__((noinline)) void
callout_pair(void)
{
	callout_reset(&crowd[0], 1000, nothing, NULL);
	callout_stop(&crowd[0]);
}

/* First an idle clock; then one with 10,000 callouts that are not due. */
SERVICE_TEST(costs)
{
	int i;

	callout_init(&crowd[0], 1);
	for (i = 0; i < 3; i++)
		callout_pair();
	clock_mark();
	(void)tsleep(&crowd, PWAIT, "idle", hz);
	for (i = 0; i < CROWD; i++) {
		callout_init(&crowd[i], 1);
		callout_reset(&crowd[i], 20 * hz + services_draw(100 * hz),
		    nothing, NULL);
	}
	clock_mark();
	(void)tsleep(&crowd, PWAIT, "crowd", 10 * hz);
	clock_mark();
	for (i = 0; i < CROWD; i++)
		callout_stop(&crowd[i]);
	printf("@costs buckets=%d\n", callwheelsize);
}
