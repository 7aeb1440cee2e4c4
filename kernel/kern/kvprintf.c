/*
 * kvprintf.c: the formatter behind all that the kernel prints.
 *
 * It reads the format and hands out characters, one at a time; where they go
 * is its callers' affair (subr_prf.c, DDB).  It follows [C99] 7.19.6.1 but for
 * floating point and %n, and has four conversions more, which <sys/systm.h>
 * describes: %b, %D, %r, %z.  A z before d i o u x X is C's own, the size of a
 * size_t.
 *
 * Numbers are 64 bits wide inside.  It needs no memory and no lock.
 */
#include <sys/systm.h>
#include <sys/ctype.h>

#define	FIELD_MAX	4096		/* of a width or a precision */
#define	DIGITS_MAX	64		/* of a number, in base 2 */

/* Where the characters go. */
struct sink {
	void	(*func)(int c, void *arg);
	void	*arg;
	int	count;
};

/* What stands between the % and the letter. */
struct spec {
	int	left, zero, sharp, plus, space;	/* - 0 # + blank */
	int	width;
	int	precision;			/* -1: none */
	size_t	size;				/* of the argument */
};

static void
put(struct sink *s, int c)
{
	s->func(c, s->arg);
	s->count++;
}

static void
put_padding(struct sink *s, int c, int n)
{
	for (; n > 0; n--)
		put(s, c);
}

static void
put_text(struct sink *s, const struct spec *sp, const char *text, int len)
{
	if (!sp->left)
		put_padding(s, ' ', sp->width - len);
	for (int i = 0; i < len; i++)
		put(s, text[i]);
	if (sp->left)
		put_padding(s, ' ', sp->width - len);
}

/* ---------------------------------------------------------------- numbers */

/*
 * Divide *n by `base'; returns the rest.  In steps of 16 bits, each of which
 * the CPU can do by itself.
 */
static unsigned int
divide(uint64_t *n, unsigned int base)
{
	uint32_t high = *n >> 32, low = *n, middle, rest;

	if (high == 0) {
		*n = low / base;
		return (low % base);
	}
	middle = (high % base) << 16 | low >> 16;
	rest = (middle % base) << 16 | (low & 0xffff);
	*n = (uint64_t)(high / base) << 32;
	*n += ((uint64_t)(middle / base) << 16) + rest / base;
	return (rest % base);
}

/* Write the digits of `n' so that they end before `end'; returns the first. */
static char *
write_digits(char *end, uint64_t n, unsigned int base, int upper)
{
	unsigned int d;

	do {
		d = divide(&n, base);
		*--end = d < 10 ? '0' + d : (upper ? 'A' : 'a') + d - 10;
	} while (n != 0);
	return (end);
}

/*
 * A number: blanks, sign and prefix, noughts, digits, blanks.  `sign' is the
 * character, or 0 for none.
 */
static void
put_number(struct sink *s, const struct spec *sp, uint64_t n, int sign,
    unsigned int base, int upper)
{
	char digits[DIGITS_MAX], *end = digits + DIGITS_MAX, *first = end;
	int len, noughts, prefix, pad;

	if (n != 0 || sp->precision != 0)
		first = write_digits(end, n, base, upper);
	len = end - first;
	noughts = sp->precision - len;
	if (sp->sharp && base == 8 && noughts <= 0 && (len == 0 || *first != '0'))
		noughts = 1;
	prefix = sp->sharp && base == 16 && n != 0 ? 2 : 0;
	pad = sp->width - (sign != 0) - prefix - MAX(noughts, 0) - len;
	if (sp->zero && !sp->left && sp->precision < 0 && pad > 0) {
		noughts = MAX(noughts, 0) + pad;
		pad = 0;
	}
	if (!sp->left)
		put_padding(s, ' ', pad);
	if (sign != 0)
		put(s, sign);
	if (prefix != 0) {
		put(s, '0');
		put(s, upper ? 'X' : 'x');
	}
	put_padding(s, '0', noughts);
	while (first < end)
		put(s, *first++);
	if (sp->left)
		put_padding(s, ' ', pad);
}

/* The next argument: an integer of the size that the format says. */
static uint64_t
unsigned_argument(const struct spec *sp, va_list *ap)
{
	uint64_t n;

	if (sp->size > sizeof(int))
		return (va_arg(*ap, unsigned long long));
	n = va_arg(*ap, unsigned int);
	return (sp->size == sizeof(int) ? n : n & ((1U << 8 * sp->size) - 1));
}

static void
put_signed(struct sink *s, const struct spec *sp, unsigned int base, int plus,
    va_list *ap)
{
	int unused_bits = 64 - 8 * sp->size;
	int64_t n;

	n = (int64_t)(unsigned_argument(sp, ap) << unused_bits) >> unused_bits;
	put_number(s, sp, n < 0 ? -(uint64_t)n : (uint64_t)n, n < 0 ? '-' : plus,
	    base, 0);
}

static void
put_unsigned(struct sink *s, const struct spec *sp, unsigned int base,
    int upper, va_list *ap)
{
	put_number(s, sp, unsigned_argument(sp, ap), 0, base, upper);
}

/* ---------------------------------------------------------------- BSD's own */

/*
 * The number `n' in the base names[0], and the names of its bits: 5<ONE,THREE>.
 * Each name has its bit's number, from 1 to 32, before it, and the next one's,
 * which is at most a blank, behind it.
 */
static void
put_bits(struct sink *s, unsigned int n, const char *names)
{
	static const struct spec plain = { .precision = -1 };
	unsigned int base = (unsigned char)*names, bit;
	int open = '<';

	if (base != 0)
		names++;
	put_number(s, &plain, n, 0, base >= 2 && base <= 36 ? base : 10, 0);
	while ((bit = (unsigned char)*names) != '\0') {
		int set = bit <= 32 && (n >> (bit - 1) & 1) != 0;

		names++;
		if (set) {
			put(s, open);
			open = ',';
		}
		for (; (unsigned char)*names > ' '; names++)
			if (set)
				put(s, *names);
	}
	if (open == ',')
		put(s, '>');
}

/* `count' bytes in hex, `separator' between them. */
static void
put_dump(struct sink *s, const uint8_t *bytes, const char *separator, int count)
{
	static const struct spec two = { .precision = 2 };
	const char *p;

	for (; count > 0; count--) {
		put_number(s, &two, *bytes++, 0, 16, 0);
		for (p = separator; count > 1 && *p != '\0'; p++)
			put(s, *p);
	}
}

/* ---------------------------------------------------------------- the format */

/* A number, or the argument of a * where there is one. */
static const char *
parse_count(const char *fmt, int *count, va_list *ap)
{
	if (*fmt == '*') {
		*count = va_arg(*ap, int);
		*count = MAX(MIN(*count, FIELD_MAX), -FIELD_MAX);
		return (fmt + 1);
	}
	for (*count = 0; isdigit(*fmt); fmt++)
		*count = MIN(*count * 10 + *fmt - '0', FIELD_MAX);
	return (fmt);
}

static const char *
parse_flags(const char *fmt, struct spec *sp)
{
	for (;; fmt++) {
		if (*fmt == '-')
			sp->left = 1;
		else if (*fmt == '0')
			sp->zero = 1;
		else if (*fmt == '#')
			sp->sharp = 1;
		else if (*fmt == '+')
			sp->plus = 1;
		else if (*fmt == ' ')
			sp->space = 1;
		else
			return (fmt);
	}
}

static const char *
parse_size(const char *fmt, struct spec *sp)
{
	int c = *fmt, twice = c != '\0' && fmt[1] == c;

	sp->size = sizeof(int);
	if (c == 'h')
		sp->size = twice ? sizeof(char) : sizeof(short);
	else if (c == 'l')
		sp->size = twice ? sizeof(long long) : sizeof(long);
	else if (c == 'q' || c == 'j')
		sp->size = sizeof(uint64_t);
	else if (c == 't')
		sp->size = sizeof(ptrdiff_t);
	else if (c == 'z' && fmt[1] != '\0' && strchr("diouxX", fmt[1]) != NULL)
		sp->size = sizeof(size_t);
	else
		return (fmt);
	return (fmt + ((c == 'h' || c == 'l') && twice ? 2 : 1));
}

/* Take all that stands before the letter; returns where the letter is. */
static const char *
parse_spec(const char *fmt, struct spec *sp, va_list *ap)
{
	*sp = (struct spec){ .precision = -1 };
	fmt = parse_flags(fmt, sp);
	fmt = parse_count(fmt, &sp->width, ap);
	if (sp->width < 0) {
		sp->left = 1;
		sp->width = -sp->width;
	}
	if (*fmt == '.')
		fmt = parse_count(fmt + 1, &sp->precision, ap);
	return (parse_size(fmt, sp));
}

static void
put_string(struct sink *s, const struct spec *sp, const char *text)
{
	size_t most = sp->precision < 0 ? SIZE_MAX : (size_t)sp->precision;

	if (text == NULL)
		text = "(null)";
	put_text(s, sp, text, strnlen(text, most));
}

/*
 * Put the conversion of the letter `c'.  Returns 0 if there is none: then
 * nobody knows what the arguments behind it are.
 */
static int
convert(struct sink *s, struct spec *sp, int c, int radix, va_list *ap)
{
	const void *bytes;
	unsigned int bits;
	char one;

	switch (c) {
	case 'c':
		one = va_arg(*ap, int);
		put_text(s, sp, &one, 1);
		break;
	case 's':
		put_string(s, sp, va_arg(*ap, const char *));
		break;
	case 'd':
	case 'i':
		put_signed(s, sp, 10, sp->plus ? '+' : sp->space ? ' ' : 0, ap);
		break;
	case 'z':
		put_signed(s, sp, 16, 0, ap);
		break;
	case 'u':
		put_unsigned(s, sp, 10, 0, ap);
		break;
	case 'o':
		put_unsigned(s, sp, 8, 0, ap);
		break;
	case 'x':
	case 'X':
		put_unsigned(s, sp, 16, c == 'X', ap);
		break;
	case 'r':
		if (sp->plus)
			put_signed(s, sp, radix, 0, ap);
		else
			put_unsigned(s, sp, radix, 0, ap);
		break;
	case 'p':
		sp->sharp = sp->width == 0;
		put_number(s, sp, (uintptr_t)va_arg(*ap, void *), 0, 16, 0);
		break;
	case 'b':
		bits = va_arg(*ap, unsigned int);
		put_bits(s, bits, va_arg(*ap, const char *));
		break;
	case 'D':
		bytes = va_arg(*ap, const void *);
		put_dump(s, bytes, va_arg(*ap, const char *),
		    sp->width != 0 ? sp->width : 16);
		break;
	case '%':
		put(s, '%');
		break;
	default:
		return (0);
	}
	return (1);
}

static void
put_into_string(int c, void *arg)
{
	char **next = arg;

	*(*next)++ = c;
}

/*
 * From the first conversion on that is none, the format is put as it stands.
 * Without `func' the buffer `arg' gets no NUL: that is left to the caller.
 */
int
kvprintf(const char *fmt, void (*func)(int, void *), void *arg, int radix,
    va_list list)
{
	char *string = arg;
	struct sink s = { func, arg, 0 };
	struct spec sp;
	const char *percent;
	va_list ap;

	if (func == NULL)
		s = (struct sink){ put_into_string, &string, 0 };
	if (radix < 2 || radix > 36)
		radix = 10;
	va_copy(ap, list);
	for (; *fmt != '\0'; fmt++) {
		if (*fmt != '%') {
			put(&s, *fmt);
			continue;
		}
		percent = fmt;
		fmt = parse_spec(fmt + 1, &sp, &ap);
		if (!convert(&s, &sp, *fmt, radix, &ap)) {
			for (fmt = percent; *fmt != '\0'; fmt++)
				put(&s, *fmt);
			break;
		}
	}
	va_end(ap);
	return (s.count);
}
