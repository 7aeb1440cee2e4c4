/*
 * boot2's console.
 *
 * RB_SERIAL moves it from the screen and the keyboard to COM1, RB_MULTIPLE
 * keeps both.  Text goes through xputc(), a character to each; keys come from
 * whichever has one.
 */
#include "cons.h"

#include <stdarg.h>
#include <sys/reboot.h>
#include <btx/btxv86.h>
#include "boot2.h"
#include "sio.h"

#define	BDA_TICKS	0x46c		/* BIOS data: ticks since midnight */

#define	INT_VIDEO	0x10
#define	INT_KEYBOARD	0x16

#define	IO_SCREEN	1		/* devices */
#define	IO_SERIAL	2

static uint8_t devices = IO_SCREEN;

/* INT `interrupt' with this EAX; the answer is in v86. */
void
bios(uint32_t interrupt, uint32_t eax)
{
	v86.ctl = V86_FLAGS;
	v86.addr = interrupt;
	v86.eax = eax;
	v86int();
}

/* Chooses the console's devices by howto.  Without a COM1 it is the screen. */
void
cons_init(void)
{
	devices = IO_SCREEN;
	if (howto & (RB_SERIAL | RB_MULTIPLE) && sio_init())
		devices = howto & RB_MULTIPLE ? IO_SCREEN | IO_SERIAL : IO_SERIAL;
}

/* Writes a character as it is. */
static void
cons_putc(int c)
{
	if (devices & IO_SCREEN) {
		v86.ebx = 7;			/* page 0, light grey */
		bios(INT_VIDEO, 0x0e00 | c);
	}
	if (devices & IO_SERIAL)
		sio_putc(c);
}

/* Writes a character; a new line begins in the first column. */
void
xputc(int c)
{
	if (c == '\n')
		cons_putc('\r');
	cons_putc(c);
}

/* Writes a number in decimal. */
static void
put_number(uint32_t n)
{
	if (n >= 10)
		put_number(n / 10);
	xputc('0' + n % 10);
}

/* The printf() of C, with %c, %s, %u and nothing else. */
int
printf(const char *format, ...)
{
	va_list ap;
	const char *s;

	va_start(ap, format);
	for (; *format != '\0'; format++) {
		if (*format != '%') {
			xputc(*format);
			continue;
		}
		switch (*++format) {
		case 'c':
			xputc(va_arg(ap, int));
			break;
		case 's':
			for (s = va_arg(ap, const char *); *s != '\0'; s++)
				xputc(*s);
			break;
		case 'u':
			put_number(va_arg(ap, uint32_t));
			break;
		}
	}
	va_end(ap);
	return (0);
}

/* Says that something is not what it has to be.  Returns -1. */
int
invalid(const char *what)
{
	printf("Invalid %s\n", what);
	return (-1);
}

/* Returns the next key, or 0 if none was pressed, or one without a character. */
static uint8_t
xgetc(void)
{
	if (devices & IO_SERIAL && sio_ischar())
		return (sio_getc());
	if (devices & IO_SCREEN) {
		bios(INT_KEYBOARD, 0x0100);
		if (!V86_ZR(v86.efl)) {
			bios(INT_KEYBOARD, 0);
			return (v86.eax);
		}
	}
	return (0);
}

/*
 * Waits for a key, for so many ticks of the BIOS' clock.  Returns it, or 0 if
 * none was pressed.
 */
int
keyhit(uint32_t ticks)
{
	volatile const uint32_t *now = (const void *)PTOV(BDA_TICKS);
	uint32_t start;
	uint8_t c;

	start = *now;
	do {
		c = xgetc();
	} while (c == 0 && *now - start < ticks);
	return (c);
}

/*
 * Lets the user write a line of up to size - 1 characters, which begins with
 * the key `c' if that is not 0.  Backspace and Delete take one back; what is
 * too long is not taken.
 */
void
getstr(char *line, uint32_t size, uint8_t c)
{
	char *end;

	for (end = line; c != '\r' && c != '\n'; c = keyhit(UINT32_MAX)) {
		if (c == '\b' || c == 0x7f) {
			if (end > line) {
				end--;
				printf("\b \b");
			}
		} else if (c >= ' ' && end < line + size - 1) {
			*end++ = c;
			xputc(c);
		}
	}
	*end = '\0';
	xputc('\n');
}
