/*
 * The clocks that tick.
 *
 * [sys/systm.h, kern/kern_clock.c]
 */
#ifndef _SYS_CLOCK_H_
#define	_SYS_CLOCK_H_

#include <i386/frame.h>

extern int	stathz;			/* statclock()'s rate; 0: it is hardclock()'s */
extern int	profhz;			/* the same, while somebody is profiled */

/* The machine's clocks call these, at splclock(). */
void	hardclock(struct intrframe *frame);
void	statclock(struct intrframe *frame);

/* Have them called from now on; sets stathz and profhz.  (i386/clock.c) */
void	cpu_initclocks(void);

#endif /* !_SYS_CLOCK_H_ */
