/*
 * rtc.c: the MC146818 real time clock, and the calendar.
 *
 * It is 64 bytes and more of battery-backed memory behind two ports: the first
 * takes an index, the second is that byte.  Bytes 0 to 9 are the date, in
 * BCD or binary, with hours to 12 or 24, as register B says.  Once a second
 * the chip moves on; a date that is read meanwhile is half old, half new.
 *
 * It has no century that could be trusted: years from 70 on are 19xx.
 *
 * It can also interrupt, at 2 to 8192 Hz: that is statclock()'s clock.  Its line
 * stays up until register C, which says why, is read.
 *
 * [MC146818]
 */
#include <i386/clock.h>

#include <sys/errno.h>
#include <sys/systm.h>
#include <sys/timetc.h>
#include <i386/cpufunc.h>

#define	IO_RTC		0x70
#define	RTC_INDEX	(IO_RTC + 0)	/* bit 7 would keep NMIs off */
#define	RTC_DATA	(IO_RTC + 1)

#define	RTC_SEC		0x00
#define	RTC_MIN		0x02
#define	RTC_HRS		0x04
#define	RTC_WDAY	0x06		/* 1 is Sunday */
#define	RTC_DAY		0x07
#define	RTC_MONTH	0x08
#define	RTC_YEAR	0x09
#define	RTC_STATUSA	0x0a
#define	RTC_STATUSB	0x0b
#define	RTC_INTR	0x0c
#define	RTC_STATUSD	0x0d

#define	RTCSA_TUP	0x80		/* A: an update is near, or under way */
#define	RTCSA_DIVIDER	0x20		/* A: it runs, from 32768 Hz */
#define	RTCSA_STATHZ	0x09		/* A: interrupt at 32768 >> (9 - 1) Hz */
#define	RTCSB_PINTR	0x40		/* B: interrupt at that rate, */
#define	RTCSB_AINTR	0x20		/* B: at the alarm's time, */
#define	RTCSB_UINTR	0x10		/* B: once a second */
#define	RTCIR_PERIOD	0x40		/* C: this is the one at the rate */
#define	RTCSB_24HR	0x02		/* B: hours are 0 to 23 */
#define	RTCSB_BINARY	0x04		/* B: not BCD */
#define	RTCSB_HALT	0x80		/* B: no updates, the date can be set */
#define	RTCSD_PWR	0x80		/* D: the battery has held */
#define	RTC_PM		0x80		/* of the hours to 12: it is afternoon */

#define	RTC_WAIT_US	10000		/* for an update; it takes 2 ms */
#define	RTC_POLL_US	10
#define	RTC_TRIES	10

#define	EPOCH_YEAR	1970
#define	EPOCH_DOW	4		/* a Thursday */
#define	SECONDS_A_DAY	86400

/* The date's registers, as they are read. */
struct rtcdate {
	uint8_t	sec, min, hour, dow, day, mon, year;
};

int
rtcin(int reg)
{
	uint32_t ef = intr_disable();
	int value;

	outb(RTC_INDEX, reg);
	value = inb(RTC_DATA);
	intr_restore(ef);
	return (value);
}

void
rtcout(int reg, int value)
{
	uint32_t ef = intr_disable();

	outb(RTC_INDEX, reg);
	outb(RTC_DATA, value);
	intr_restore(ef);
}

/* ---------------------------------------------------------------- the calendar */

static int
days_in_month(int year, int mon)
{
	static const uint8_t days[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	/* From 1970 to 2038, every fourth year is a leap year. */
	return (days[mon - 1] + (mon == 2 && year % 4 == 0));
}

/*
 * Seconds since 1970 of a date.  EINVAL: there is no such date, or it is after
 * the last second of 31 bits, in January 2038.
 */
int
clock_ct_to_ts(const struct clocktime *ct, int32_t *seconds)
{
	int days = 0, mon, year;
	uint32_t secs;

	if (ct->year < EPOCH_YEAR || ct->year > 2038 || ct->mon < 1 ||
	    ct->mon > 12 || ct->day < 1 ||
	    ct->day > days_in_month(ct->year, ct->mon) ||
	    ct->hour < 0 || ct->hour > 23 || ct->min < 0 || ct->min > 59 ||
	    ct->sec < 0 || ct->sec > 59)
		return (EINVAL);
	for (year = EPOCH_YEAR; year < ct->year; year++)
		days += year % 4 == 0 ? 366 : 365;
	for (mon = 1; mon < ct->mon; mon++)
		days += days_in_month(ct->year, mon);
	days += ct->day - 1;
	secs = (uint32_t)days * SECONDS_A_DAY + ct->hour * 3600 +
	    ct->min * 60 + ct->sec;
	if (secs > INT32_MAX)
		return (EINVAL);
	*seconds = secs;
	return (0);
}

/* The date of so many seconds since 1970, which are not negative. */
void
clock_ts_to_ct(int32_t seconds, struct clocktime *ct)
{
	int days = seconds / SECONDS_A_DAY;
	int rest = seconds % SECONDS_A_DAY;
	int length;

	KASSERT(seconds >= 0, ("clock_ts_to_ct: before 1970"));
	ct->hour = rest / 3600;
	ct->min = rest / 60 % 60;
	ct->sec = rest % 60;
	ct->dow = (days + EPOCH_DOW) % 7;
	for (ct->year = EPOCH_YEAR; ; ct->year++) {
		length = ct->year % 4 == 0 ? 366 : 365;
		if (days < length)
			break;
		days -= length;
	}
	for (ct->mon = 1; ; ct->mon++) {
		length = days_in_month(ct->year, ct->mon);
		if (days < length)
			break;
		days -= length;
	}
	ct->day = days + 1;
}

/* ---------------------------------------------------------------- the chip's date */

/* What a register means: -1 if it should be BCD, or below 100, and is not. */
static int
from_rtc(int value, int binary)
{
	if (!binary) {
		if ((value & 0x0f) > 9)
			return (-1);
		value = (value >> 4) * 10 + (value & 0x0f);
	}
	return (value < 100 ? value : -1);
}

static int
to_rtc(int value, int binary)
{
	return (binary ? value : value / 10 << 4 | value % 10);
}

/* Read the seven registers.  Returns 0, or EIO if an update never ends. */
static int
rtc_read_once(struct rtcdate *date)
{
	int waited;

	for (waited = 0; rtcin(RTC_STATUSA) & RTCSA_TUP; waited += RTC_POLL_US) {
		if (waited >= RTC_WAIT_US)
			return (EIO);
		DELAY(RTC_POLL_US);
	}
	date->sec = rtcin(RTC_SEC);
	date->min = rtcin(RTC_MIN);
	date->hour = rtcin(RTC_HRS);
	date->dow = rtcin(RTC_WDAY);
	date->day = rtcin(RTC_DAY);
	date->mon = rtcin(RTC_MONTH);
	date->year = rtcin(RTC_YEAR);
	return (0);
}

/*
 * Read a date that is all of one second: twice, until both are the same.
 * Returns 0 or EIO.
 */
static int
rtc_read(struct rtcdate *date)
{
	struct rtcdate again;
	int tries;

	for (tries = 0; tries < RTC_TRIES; tries++) {
		if (rtc_read_once(date) != 0 || rtc_read_once(&again) != 0)
			return (EIO);
		if (memcmp(date, &again, sizeof(again)) == 0)
			return (0);
	}
	return (EIO);
}

/*
 * The date that the registers mean, by register B's bits.  A number in it that
 * is none is -1, the year then too small.
 */
static void
rtc_decode(const struct rtcdate *date, int statusb, struct clocktime *ct)
{
	int binary = (statusb & RTCSB_BINARY) != 0;
	int year = from_rtc(date->year, binary);

	ct->sec = from_rtc(date->sec, binary);
	ct->min = from_rtc(date->min, binary);
	ct->day = from_rtc(date->day, binary);
	ct->mon = from_rtc(date->mon, binary);
	ct->year = year == -1 ? -1 : year < 70 ? 2000 + year : 1900 + year;
	if (statusb & RTCSB_24HR) {
		ct->hour = from_rtc(date->hour, binary);
		return;
	}
	/* 12 is the first hour of its half of the day. */
	ct->hour = from_rtc(date->hour & ~RTC_PM, binary);
	if (ct->hour < 1 || ct->hour > 12)
		ct->hour = -1;
	else
		ct->hour = ct->hour % 12 + (date->hour & RTC_PM ? 12 : 0);
}

/*
 * Take the time from the RTC.
 */
void
inittodr(int32_t base)
{
	struct timespec ts = { .tv_sec = base };
	struct clocktime ct;
	struct rtcdate date;
	int valid = 0;

	if ((rtcin(RTC_STATUSD) & RTCSD_PWR) && rtc_read(&date) == 0) {
		rtc_decode(&date, rtcin(RTC_STATUSB), &ct);
		valid = clock_ct_to_ts(&ct, &ts.tv_sec) == 0;
	}
	if (!valid) {
		printf("Invalid time in real time clock.\n");
		printf("Check and reset the date immediately!\n");
	}
	tc_setclock(&ts);
}

/*
 * Give the RTC our time, in the form that it is set to.
 */
void
resettodr(void)
{
	int statusb = rtcin(RTC_STATUSB);
	int binary = (statusb & RTCSB_BINARY) != 0;
	struct clocktime ct;
	int hour;

	clock_ts_to_ct(time_second, &ct);
	if (statusb & RTCSB_24HR)
		hour = to_rtc(ct.hour, binary);
	else
		hour = to_rtc((ct.hour + 11) % 12 + 1, binary) |
		    (ct.hour >= 12 ? RTC_PM : 0);

	rtcout(RTC_STATUSB, statusb | RTCSB_HALT);
	rtcout(RTC_SEC, to_rtc(ct.sec, binary));
	rtcout(RTC_MIN, to_rtc(ct.min, binary));
	rtcout(RTC_HRS, hour);
	rtcout(RTC_WDAY, ct.dow + 1);
	rtcout(RTC_DAY, to_rtc(ct.day, binary));
	rtcout(RTC_MONTH, to_rtc(ct.mon, binary));
	rtcout(RTC_YEAR, to_rtc(ct.year % 100, binary));
	rtcout(RTC_STATUSB, statusb & ~RTCSB_HALT);
}

/* ---------------------------------------------------------------- the interrupt */

/*
 * What the BIOS may have left of other interrupts is switched off.  A chip that
 * does not keep what it is told is none.
 */
int
rtc_intr_start(void)
{
	int statusb;

	rtcout(RTC_STATUSA, RTCSA_DIVIDER | RTCSA_STATHZ);
	if ((rtcin(RTC_STATUSA) & ~RTCSA_TUP) != (RTCSA_DIVIDER | RTCSA_STATHZ))
		return (0);
	statusb = rtcin(RTC_STATUSB) & ~(RTCSB_AINTR | RTCSB_UINTR);
	rtcout(RTC_STATUSB, statusb | RTCSB_PINTR);
	(void)rtcin(RTC_INTR);
	return (1);
}

int
rtc_intr_ack(void)
{
	return ((rtcin(RTC_INTR) & RTCIR_PERIOD) != 0);
}
