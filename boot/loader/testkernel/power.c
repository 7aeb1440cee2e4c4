/*
 * The end: a while for whoever looks at the screen, and power off.
 */
#include "testkernel.h"

#define	KEYBOARD_DATA	0x60
#define	KEYBOARD_STATUS	0x64
#define	KEYBOARD_FULL	0x01
#define	KEY_RELEASED	0x80		/* in a scan code */

#define	RTC_INDEX	0x70
#define	RTC_DATA	0x71
#define	RTC_SECONDS	0

#define	BOCHS_SHUTDOWN	0x8900		/* takes the letters of "Shutdown" */
#define	QEMU_PM1A_CONTROL 0x604
#define	SLEEP_ENABLE	0x2000		/* with sleep type 0: off */

static uint8_t
rtc_seconds(void)
{
	outb(RTC_INDEX, RTC_SECONDS);
	return (inb(RTC_DATA));
}

static int
key_pressed(void)
{
	return ((inb(KEYBOARD_STATUS) & KEYBOARD_FULL) != 0 &&
	    (inb(KEYBOARD_DATA) & KEY_RELEASED) == 0);
}

/*
 * Wait for a key, at most as many seconds as the decimal says (NULL: none).
 */
void
hold(const char *seconds)
{
	uint32_t left = 0;
	uint8_t now;

	for (; seconds != NULL && *seconds >= '0' && *seconds <= '9'; seconds++)
		left = left * 10 + (*seconds - '0');
	now = rtc_seconds();
	while (left > 0 && !key_pressed()) {
		if (rtc_seconds() != now) {
			now = rtc_seconds();
			left--;
		}
	}
}

/*
 * Switch the machine off: Bochs' way, then QEMU's.
 */
void
power_off(void)
{
	const char *s;

	for (s = "Shutdown"; *s != '\0'; s++)
		outb(BOCHS_SHUTDOWN, *s);
	outw(QEMU_PM1A_CONTROL, SLEEP_ENABLE);
}
