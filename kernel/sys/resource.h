/*
 * What processes may use, and have used: nice, limits, the load, and where the
 * CPU's time goes.
 *
 * [sys/resource.h]
 */
#ifndef _SYS_RESOURCE_H_
#define	_SYS_RESOURCE_H_

#include <stdint.h>

#define	PRIO_MIN	(-20)		/* p_nice: gets most, */
#define	PRIO_MAX	20		/* and least, of the CPU */

/* Limits: what rlim_cur says holds, and a process may raise it to rlim_max. */
#define	RLIMIT_CPU	0		/* seconds of the CPU */
#define	RLIMIT_FSIZE	1		/* bytes of a file it writes */
#define	RLIMIT_DATA	2		/* bytes of data, with what break(2) adds */
#define	RLIMIT_STACK	3		/* bytes of its stack */
#define	RLIMIT_CORE	4		/* bytes of its core file */
#define	RLIMIT_RSS	5		/* bytes in memory */
#define	RLIMIT_MEMLOCK	6		/* bytes that it has locked there */
#define	RLIMIT_NPROC	7		/* processes of its user */
#define	RLIMIT_NOFILE	8		/* descriptors */
#define	RLIMIT_SBSIZE	9		/* bytes of buffers of its sockets */
#define	RLIMIT_VMEM	10		/* bytes of its address space */
#define	RLIM_NLIMITS	11

typedef int64_t	rlim_t;
#define	RLIM_INFINITY	((rlim_t)INT64_MAX)

struct rlimit {
	rlim_t	rlim_cur;
	rlim_t	rlim_max;
};

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
