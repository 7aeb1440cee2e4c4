/*
 * kern_clock.c: what is done at each tick of the clocks.
 *
 *	hardclock()	hz times a second: `ticks', the time, the callouts
 *	statclock()	stathz times a second: whose time it is
 *
 * They are two clocks, so that a process which always runs just behind a tick
 * of the first is seen by the second.  Where a machine has but one, stathz is
 * 0, and hardclock() calls statclock().
 *
 * Time begins at SI_SUB_CLOCKS: nothing ticks before.
 *
 * [kern/kern_clock.c]
 */
#include <sys/clock.h>

#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/proc.h>
#include <sys/resource.h>
#include <sys/sched.h>
#include <sys/systm.h>
#include <sys/timetc.h>
#include <i386/clock.h>
#include <i386/intr.h>

volatile int	ticks;
int		stathz, profhz;
uint32_t	cp_time[CPUSTATES];

/*
 * One tick more.  At splclock(), from the clock's interrupt, whose frame that
 * is.
 */
void
hardclock(struct intrframe *frame)
{
	tc_ticktock();
	ticks = ticks + 1u;		/* which may overflow */
	callout_tick();
	if (stathz == 0)
		statclock(frame);
}

/*
 * Charge a tick to who runs.  At splclock(), from an interrupt, whose frame
 * that is.
 */
void
statclock(struct intrframe *frame)
{
	if (TRAPF_USERMODE(&frame->if_tf))
		cp_time[curproc->p_nice > NZERO ? CP_NICE : CP_USER]++;
	else if (intr_nesting_level > 1)
		cp_time[CP_INTR]++;
	else if (curthread == idlethread)
		cp_time[CP_IDLE]++;
	else
		cp_time[CP_SYS]++;
	if (curthread != idlethread)
		sched_clock(curthread);
}

/*
 * How many ticks a timeout needs to last `tv' at least: rounded up, and one
 * more, because the first of them may be about to come.  At least 1, also for
 * a time that is gone; INT32_MAX for one that is longer than that.
 *
 * A tick is taken for 1/hz of a second.  The i8254's may be shorter, at 1000 Hz
 * by one in 6500: who must not be early looks at the uptime in the end.
 */
int
tvtohz(const struct timeval *tv)
{
	uint64_t left;

	if (tv->tv_sec < 0)
		return (1);
	left = howmany((uint64_t)tv->tv_sec * 1000000 + tv->tv_usec, tick) + 1;
	return (MIN(left, INT32_MAX));
}

/*
 * Time begins.  Nobody has told us the date yet, so the machine is asked.
 */
static void
initclocks(const void *dummy __unused)
{
	cpu_initclocks();
	inittodr(0);
	if (profhz == 0)
		profhz = stathz != 0 ? stathz : hz;
}
SYSINIT(clocks, SI_SUB_CLOCKS, SI_ORDER_FIRST, initclocks, NULL);
