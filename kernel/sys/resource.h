/*
 * Where the CPU's time goes.
 *
 * [sys/resource.h]
 */
#ifndef _SYS_RESOURCE_H_
#define	_SYS_RESOURCE_H_

#include <stdint.h>

/* What the CPU was at, when statclock() looked. */
#define	CP_USER		0
#define	CP_NICE		1		/* a user's, of low priority */
#define	CP_SYS		2
#define	CP_INTR		3
#define	CP_IDLE		4
#define	CPUSTATES	5

extern uint32_t	cp_time[CPUSTATES];	/* ticks of statclock() */

#endif /* !_SYS_RESOURCE_H_ */
