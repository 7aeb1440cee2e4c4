/*
 * Timecounters: hardware that counts at a known rate, of which kern/kern_tc.c
 * makes the time.
 *
 * [sys/timetc.h]
 */
#ifndef _SYS_TIMETC_H_
#define	_SYS_TIMETC_H_

#include <sys/time.h>

struct timecounter {
	/* The count now.  From any level, with or without interrupts. */
	uint32_t	(*tc_get_timecount)(void);
	/* What it was at the tick that hardclock() is called for. */
	uint32_t	(*tc_get_tickcount)(void);
	uint32_t	tc_counter_mask;	/* the bits that it has */
	uint32_t	tc_frequency;		/* counts a second */
	const char	*tc_name;
};

/*
 * Offer a counter, and say so.  The last that is offered before SI_SUB_CLOCKS
 * is the one that is used.
 */
void	tc_init(struct timecounter *tc);

/* Set the time, which says nothing to what waits for ticks. */
void	tc_setclock(const struct timespec *ts);

/* A tick has come; for hardclock(), at splclock(). */
void	tc_ticktock(void);

#endif /* !_SYS_TIMETC_H_ */
