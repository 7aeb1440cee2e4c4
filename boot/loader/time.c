/*
 * time.c: the clock, which is the BIOS' count of timer interrupts in its data
 * area.  BTX passes the interrupts on to the BIOS while we run.
 */
#include "bootstrap.h"

#define	BDA_TICKS	0x46c		/* since midnight */
#define	TICKS_A_DAY	0x1800b0
#define	US_A_TICK	54925

uint32_t
ticks(void)
{
	static uint32_t last, days;
	uint32_t now = *(volatile uint32_t *)PTOV(BDA_TICKS);

	if (now < last)
		days += TICKS_A_DAY;
	last = now;
	return (days + now);
}

uint32_t
getsecs(void)
{
	/* 18.2065 a second: 2185 ticks are 120.01 s. */
	uint32_t now = ticks();

	return (now / 2185 * 120 + now % 2185 * 120 / 2185);
}

void
delay(uint32_t us)
{
	uint32_t start = ticks(), want = us / US_A_TICK + 1;

	while (ticks() - start < want)
		;
}
