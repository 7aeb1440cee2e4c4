/*
 * The scheduler: who runs next, and at which priority.
 *
 * All at splhigh(), but for what says otherwise.
 *
 * [sys/sched.h, kern/sched_4bsd.c]
 */
#ifndef _SYS_SCHED_H_
#define	_SYS_SCHED_H_

#include <sys/proc.h>

extern struct thread *idlethread;	/* runs when nobody else can */

/* From proc0_init(): the run queues. */
void	schedinit(void);

/* It can run: to its run queue, or from there; the load counts it. */
void	sched_add(struct thread *td);
void	sched_rem(struct thread *td);
/* It slept, and need not any more: sched_add(), with the priority that it has now. */
void	sched_wakeup(struct thread *td);
/* It is going to sleep, or ends: from here on it is no load. */
void	sched_sleep(struct thread *td);
void	sched_exit(struct thread *td);
/* Its priority is to be this; if it waits for the CPU, that means another queue. */
void	sched_prio(struct thread *td, int prio);

/* From curthread to the next one; returns when that one runs again. */
void	sched_switch(void);

/* statclock(): td was running.  At splclock(). */
void	sched_clock(struct thread *td);

/* Of any level: how many run or could; is there any that could? */
int	sched_load(void);
int	sched_runnable(void);

#endif /* !_SYS_SCHED_H_ */
