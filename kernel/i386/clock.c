/*
 * clock.c: the i8254 timer: the clock's interrupt, the time's counter, and
 * DELAY().
 *
 * Channel 0 counts 1193182 times a second from its reload value down to 1,
 * raises IRQ 0, and begins again.  DELAY() reads that same counter, so it
 * needs no loop that somebody must calibrate, and works with interrupts
 * disabled and before they are set up.
 *
 * The timecounter puts the counter's rounds together to one long count:
 *
 *	count    0           R          2R          3R     (R = the reload value)
 *	         |-----------|-----------|-----------|-----
 *	IRQ 0                1           2           3
 *	handled                1             2              3
 *	                                   ^ now: i8254_offset = R, one more
 *	                                     waits, and the counter is R - 300
 *
 * A round whose interrupt waits, in the 8259 or for the level to fall, is over
 * as much as one whose interrupt was handled.
 *
 * [8254]
 */
#include <i386/clock.h>

#include <sys/clock.h>
#include <sys/systm.h>
#include <sys/timetc.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>

#define	IO_TIMER1	0x40
#define	TIMER_CNTR0	(IO_TIMER1 + 0)
#define	TIMER_MODE	(IO_TIMER1 + 3)

#define	TIMER_SEL0	0x00		/* channel 0 */
#define	TIMER_LATCH	0x00		/* hold its count to be read */
#define	TIMER_16BIT	0x30		/* low byte, then high byte */
#define	TIMER_RATEGEN	0x04		/* mode 2: a pulse every `reload' counts */

#define	TIMER_RELOAD_MAX 65536		/* written as 0 */
#define	CLOCK_IRQ	0
#define	RTC_IRQ		8

/* Counts of a microsecond, in 1/32768: 39098.2, upwards. */
#define	COUNTS_PER_US	39099
#define	COUNTS_SHIFT	15

static uint32_t	timer0_max_count = TIMER_RELOAD_MAX;	/* the reload value */
static uint32_t	i8254_offset;		/* of all rounds that clkintr() knows of */
static uint32_t	i8254_lastcount;	/* what it cannot be less than now */

/*
 * Set the timer's rate by hz, which init_param1() has kept within what 16 bits
 * can count.
 */
void
i8254_init(void)
{
	uint32_t ef;

	timer0_max_count = (TIMER_FREQ + hz / 2) / hz;
	ef = intr_disable();
	outb(TIMER_MODE, TIMER_SEL0 | TIMER_RATEGEN | TIMER_16BIT);
	outb(TIMER_CNTR0, timer0_max_count & 0xff);
	outb(TIMER_CNTR0, timer0_max_count >> 8);
	intr_restore(ef);
}

/*
 * The counter now: timer0_max_count down to 1.
 */
uint32_t
i8254_count(void)
{
	uint32_t ef, low, high;

	ef = intr_disable();
	outb(TIMER_MODE, TIMER_SEL0 | TIMER_LATCH);
	low = inb(TIMER_CNTR0);
	high = inb(TIMER_CNTR0);
	intr_restore(ef);
	return (high << 8 | low);
}

/*
 * Wait for n microseconds at least.  It is longer if an interrupt's handler
 * keeps us from the counter for more than one of its rounds.
 */
void
DELAY(int n)
{
	uint32_t left, now, before;

	if (n <= 0)
		return;
	/* One more, for the count that has already begun. */
	left = ((uint64_t)n * COUNTS_PER_US >> COUNTS_SHIFT) + 2;
	before = i8254_count();
	for (;;) {
		uint32_t gone;

		now = i8254_count();
		gone = before >= now ? before - now :
		    before + timer0_max_count - now;
		if (gone >= left)
			return;
		left -= gone;
		before = now;
	}
}

/* ---------------------------------------------------------------- the clocks */

/*
 * All counts since the clock began to tick, modulo 2^32.  If a round ended
 * while we looked, we look again.  Clock interrupts are lost when a level keeps
 * them out for three rounds, or disabled interrupts do for two, and those rounds
 * with them; but the count never goes back.
 */
static uint32_t
i8254_get_timecount(void)
{
	uint32_t ef = intr_disable();
	uint32_t count;
	int pending;

	do {
		pending = intr_pending(CLOCK_IRQ);
		count = timer0_max_count - i8254_count();
	} while (pending != intr_pending(CLOCK_IRQ));
	count += i8254_offset + pending * timer0_max_count;
	if ((int32_t)(count - i8254_lastcount) < 0)
		count = i8254_lastcount;
	i8254_lastcount = count;
	intr_restore(ef);
	return (count);
}

/* Without a look at the chip. */
static uint32_t
i8254_get_tickcount(void)
{
	return (i8254_offset);
}

static struct timecounter i8254_timecounter = {
	.tc_get_timecount = i8254_get_timecount,
	.tc_get_tickcount = i8254_get_tickcount,
	.tc_counter_mask = ~0u,
	.tc_frequency = TIMER_FREQ,
	.tc_name = "i8254",
};

/* The clock's interrupt, hz times a second. */
static void
clkintr(void *arg __unused)
{
	i8254_offset += timer0_max_count;
	/* Or it would seem to be ahead, half of 2^32 counts later. */
	if ((int32_t)(i8254_offset - i8254_lastcount) > 0)
		i8254_lastcount = i8254_offset;
	hardclock(intr_frame);
}

/* The RTC's, stathz times a second. */
static void
rtcintr(void *arg __unused)
{
	if (rtc_intr_ack())
		statclock(intr_frame);
}

/*
 * Say what the time is measured by.  Nothing ticks yet.
 */
void
startrtclock(void)
{
	tc_init(&i8254_timecounter);
}

/*
 * Have the clocks tick.  Without an RTC stathz stays 0; that must be settled
 * before the first tick.
 */
void
cpu_initclocks(void)
{
	if (rtc_intr_start()) {
		stathz = RTC_STATHZ;
		profhz = RTC_PROFHZ;
		if (intr_create("rtc", RTC_IRQ, IPL_CLOCK, rtcintr, NULL) != 0)
			panic("cpu_initclocks: irq %d is taken", RTC_IRQ);
	}
	if (intr_create("clk", CLOCK_IRQ, IPL_CLOCK, clkintr, NULL) != 0)
		panic("cpu_initclocks: irq %d is taken", CLOCK_IRQ);
}
