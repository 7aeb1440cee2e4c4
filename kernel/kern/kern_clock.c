/*
 * kern_clock.c: what is done at each tick of the clocks.
 *
 *	hardclock()	hz times a second: `ticks', and what hangs on it, the
 *			callouts
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
#include <sys/systm.h>
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
		cp_time[CP_USER]++;
	else if (intr_nesting_level > 1)
		cp_time[CP_INTR]++;
	else
		cp_time[CP_SYS]++;
}

static void
initclocks(const void *dummy __unused)
{
	cpu_initclocks();
	if (profhz == 0)
		profhz = stathz != 0 ? stathz : hz;
}
SYSINIT(clocks, SI_SUB_CLOCKS, SI_ORDER_FIRST, initclocks, NULL);
