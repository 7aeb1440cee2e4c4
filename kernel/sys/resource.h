/*
 * What processes may use, and have used: nice, the load, and where the CPU's
 * time goes.
 *
 * [sys/resource.h]
 */
#ifndef _SYS_RESOURCE_H_
#define	_SYS_RESOURCE_H_

#include <stdint.h>

#define	PRIO_MIN	(-20)		/* p_nice: gets most, */
#define	PRIO_MAX	20		/* and least, of the CPU */

/* Fractions: FSCALE is 1. */
typedef uint32_t	fixpt_t;
#define	FSHIFT		11
#define	FSCALE		(1 << FSHIFT)

/* How many ran or could have, over the last 1, 5 and 15 minutes. */
struct loadavg {
	fixpt_t	ldavg[3];
	long	fscale;
};

extern struct loadavg averunnable;	/* kern/kern_synch.c */

/* What the CPU was at, when statclock() looked. */
#define	CP_USER		0
#define	CP_NICE		1		/* a user's, of low priority */
#define	CP_SYS		2
#define	CP_INTR		3
#define	CP_IDLE		4
#define	CPUSTATES	5

extern uint32_t	cp_time[CPUSTATES];	/* ticks of statclock() */

#endif /* !_SYS_RESOURCE_H_ */
