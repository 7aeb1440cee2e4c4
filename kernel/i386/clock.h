/*
 * The clocks of a PC: the i8254 timer, which interrupts hz times a second, and
 * the RTC, which keeps the date while the machine is off.
 *
 * Order: i8254_init() as soon as hz is known, for DELAY(); startrtclock() when
 * something can be printed; and cpu_initclocks() (<sys/clock.h>) when time is
 * to begin.
 *
 * [i386/isa/clock.c, sys/clock.h]
 */
#ifndef _I386_CLOCK_H_
#define	_I386_CLOCK_H_

#include <stdint.h>

#define	TIMER_FREQ	1193182		/* Hz, of the i8254's input */
#define	RTC_STATHZ	128		/* Hz, of the RTC's interrupt, */
#define	RTC_PROFHZ	1024		/* and while somebody is profiled */

/* Have the timer count down hz times a second.  DELAY() works from here on. */
void	i8254_init(void);

/* What the timer has counted down to, from what i8254_init() set. */
uint32_t i8254_count(void);

/* Offer the timer as the time's counter, and say so. */
void	startrtclock(void);

/* A register of the RTC's CMOS memory. */
int	rtcin(int reg);
void	rtcout(int reg, int value);

/*
 * Have the RTC interrupt RTC_STATHZ times a second.  Returns 0 if there is none.
 */
int	rtc_intr_start(void);
/* End the RTC's interrupt, or it will not interrupt again.  Was it that one? */
int	rtc_intr_ack(void);

/*
 * Set the time from the RTC, which runs by UTC.  If it has stopped or shows
 * no date, a warning is printed and `base' stands in for it.
 */
void	inittodr(int32_t base);

/* Set the RTC to the time. */
void	resettodr(void);

/* A date by the calendar, as the RTC has it. */
struct clocktime {
	int	year;			/* 1970 to 2038 */
	int	mon;			/* 1 to 12 */
	int	day;			/* 1 to 31 */
	int	hour;			/* 0 to 23 */
	int	min;
	int	sec;
	int	dow;			/* 0 is Sunday */
};

/* 0, or EINVAL for a date that is none, or that an int32_t cannot hold. */
int	clock_ct_to_ts(const struct clocktime *ct, int32_t *seconds);
void	clock_ts_to_ct(int32_t seconds, struct clocktime *ct);

#endif /* !_I386_CLOCK_H_ */
