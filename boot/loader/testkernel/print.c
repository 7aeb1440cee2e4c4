/*
 * A line of the report.
 */
#include <stdarg.h>

#include "testkernel.h"

static const char digits[] = "0123456789abcdef";

static void
put_string(const char *s)
{
	while (*s != '\0')
		console_put(*s++);
}

static void
put_hex(uint32_t value, int width)
{
	while (width-- > 0)
		console_put(digits[value >> (4 * width) & 0xf]);
}

static void
put_decimal(uint32_t value)
{
	if (value >= 10)
		put_decimal(value / 10);
	console_put(digits[value % 10]);
}

/*
 * Put a string that came from outside, at most `size' bytes of it: what is
 * no plain character becomes \xNN, so that a line stays a line.
 */
static void
put_quoted(const char *s, uint32_t size)
{
	for (; size > 0 && *s != '\0'; s++, size--) {
		if (*s >= ' ' && *s <= '~' && *s != '\\') {
			console_put(*s);
		} else {
			put_string("\\x");
			put_hex((uint8_t)*s, 2);
		}
	}
}

/*
 * Put a line.  In `format', %x is a word in eight digits, %w one in four, %b
 * one in two, %u a decimal, %s a string of our own, %q one from outside and
 * its greatest size.
 */
void
report(const char *format, ...)
{
	va_list args;
	const char *quoted;

	put_string("testkernel: ");
	va_start(args, format);
	for (; *format != '\0'; format++) {
		if (*format != '%') {
			console_put(*format);
			continue;
		}
		switch (*++format) {
		case 'x': put_hex(va_arg(args, uint32_t), 8); break;
		case 'w': put_hex(va_arg(args, uint32_t), 4); break;
		case 'b': put_hex(va_arg(args, uint32_t), 2); break;
		case 'u': put_decimal(va_arg(args, uint32_t)); break;
		case 's': put_string(va_arg(args, const char *)); break;
		case 'q':
			quoted = va_arg(args, const char *);
			put_quoted(quoted, va_arg(args, uint32_t));
			break;
		}
	}
	va_end(args);
	put_string("\r\n");
}
