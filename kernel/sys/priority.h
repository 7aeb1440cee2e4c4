/*
 * Priorities: 0 to 255, and the lower number runs first.
 *
 *	  0 ..  63	interrupt threads, of which there are none
 *	 64 .. 127	in the kernel: what a process has slept for
 *	128 .. 159	realtime
 *	160 .. 223	timeshare: user mode, by how much it has run
 *	224 .. 255	idle
 *
 * A run queue holds RQ_PPQ of them: those are equals.
 *
 * [sys/priority.h]
 */
#ifndef _SYS_PRIORITY_H_
#define	_SYS_PRIORITY_H_

#define	PRI_MIN			0
#define	PRI_MAX			255

#define	PRI_MIN_KERN		64
#define	PRI_MAX_KERN		127

/* What tsleep() is given: the more others wait for it, the sooner it runs. */
#define	PSWP			(PRI_MIN_KERN + 0)	/* the swapper */
#define	PVM			(PRI_MIN_KERN + 4)
#define	PINOD			(PRI_MIN_KERN + 8)
#define	PRIBIO			(PRI_MIN_KERN + 12)	/* the disk */
#define	PVFS			(PRI_MIN_KERN + 16)
#define	PZERO			(PRI_MIN_KERN + 20)
#define	PSOCK			(PRI_MIN_KERN + 24)
#define	PWAIT			(PRI_MIN_KERN + 28)	/* a child */
#define	PCONFIG			(PRI_MIN_KERN + 32)	/* a device's start */
#define	PLOCK			(PRI_MIN_KERN + 36)
#define	PPAUSE			(PRI_MIN_KERN + 40)

#define	PRI_MIN_TIMESHARE	160
#define	PRI_MAX_TIMESHARE	223
#define	PUSER			PRI_MIN_TIMESHARE

#define	PRI_MIN_IDLE		224
#define	PRI_MAX_IDLE		PRI_MAX

#endif /* !_SYS_PRIORITY_H_ */
