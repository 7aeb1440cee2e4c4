/*
 * Time: its forms, and what time it is.
 *
 *	uptime	since time began, at SI_SUB_CLOCKS; it never goes back
 *	time	since 1970, by UTC: the uptime and `boottime', which is moved
 *		when somebody sets the time
 *
 * Each is to be had from the hardware now, or, by the functions with `get' in
 * their names, as it was at the last tick, which costs next to nothing.
 *
 * [sys/time.h, kern/kern_tc.c]
 */
#ifndef _SYS_TIME_H_
#define	_SYS_TIME_H_

#include <stdint.h>

typedef int32_t	time_t;

struct timeval {
	time_t		tv_sec;
	int32_t		tv_usec;	/* 0 to 999999 */
};

struct timespec {
	time_t		tv_sec;
	int32_t		tv_nsec;	/* 0 to 999999999 */
};

/* What the kernel counts in: a binary number with 64 bits behind its point. */
struct bintime {
	time_t		sec;
	uint64_t	frac;
};

static inline void
bintime_addx(struct bintime *bt, uint64_t frac)
{
	bt->frac += frac;
	if (bt->frac < frac)
		bt->sec++;
}

static inline void
bintime_add(struct bintime *bt, const struct bintime *bt2)
{
	bintime_addx(bt, bt2->frac);
	bt->sec += bt2->sec;
}

static inline void
bintime_sub(struct bintime *bt, const struct bintime *bt2)
{
	if (bt->frac < bt2->frac)
		bt->sec--;
	bt->frac -= bt2->frac;
	bt->sec -= bt2->sec;
}

/* Rounded down, all of them. */
static inline void
bintime2timespec(const struct bintime *bt, struct timespec *ts)
{
	ts->tv_sec = bt->sec;
	ts->tv_nsec = (uint64_t)1000000000 * (uint32_t)(bt->frac >> 32) >> 32;
}

static inline void
bintime2timeval(const struct bintime *bt, struct timeval *tv)
{
	tv->tv_sec = bt->sec;
	tv->tv_usec = (uint64_t)1000000 * (uint32_t)(bt->frac >> 32) >> 32;
}

/* A nanosecond is 18446744073.7 of 2^-64. */
static inline void
timespec2bintime(const struct timespec *ts, struct bintime *bt)
{
	bt->sec = ts->tv_sec;
	bt->frac = ts->tv_nsec * (uint64_t)18446744073;
}

extern volatile time_t time_second;	/* the time, */
extern volatile time_t time_uptime;	/* the uptime, at the last tick */
extern struct timeval boottime;		/* the time when time began */

void	binuptime(struct bintime *bt);
void	nanouptime(struct timespec *ts);
void	microuptime(struct timeval *tv);

void	bintime(struct bintime *bt);
void	nanotime(struct timespec *ts);
void	microtime(struct timeval *tv);

void	getbinuptime(struct bintime *bt);
void	getnanouptime(struct timespec *ts);
void	getmicrouptime(struct timeval *tv);

void	getbintime(struct bintime *bt);
void	getnanotime(struct timespec *ts);
void	getmicrotime(struct timeval *tv);

/* Ticks, of 1/hz of a second, that last as long as `tv', for a timeout.  (kern/kern_clock.c) */
int	tvtohz(const struct timeval *tv);

#endif /* !_SYS_TIME_H_ */
