/*
 * printf.c: formatted output, to the console and into strings.
 *
 * One formatter feeds a `struct sink'; the functions differ in the sink.
 * There is no floating point.  Numbers are 64 bits wide inside, and are
 * divided in 16-bit steps: a 64-bit division would be a call to the
 * compiler's own library, which the loader goes without.
 */
#include "stand.h"

struct sink {
	char	*buf;		/* NULL: the console */
	size_t	size;		/* of buf */
	size_t	count;		/* characters that came */
};

/* What stands between the % and the letter. */
struct spec {
	int	left, zero, alternate;	/* - 0 # */
	int	width;
	int	precision;		/* of a string; -1: none */
	int	longs;			/* 1: a long, 2: 64 bits, -1, -2: h, hh */
};

static void
sink_put(struct sink *s, int c)
{
	if (s->buf == NULL)
		putchar(c);
	else if (s->count + 1 < s->size)
		s->buf[s->count] = c;
	s->count++;
}

/*
 * Put `len' characters of `text' into a field: blanks before or after it, or
 * noughts between its `prefix' first characters (a sign, 0x) and the rest.
 */
static void
sink_field(struct sink *s, const struct spec *sp, const char *text, int len,
    int prefix)
{
	int i, pad = sp->width - len;

	for (; pad > 0 && !sp->left && !sp->zero; pad--)
		sink_put(s, ' ');
	for (i = 0; i < prefix; i++)
		sink_put(s, text[i]);
	for (; pad > 0 && !sp->left; pad--)
		sink_put(s, '0');
	for (; i < len; i++)
		sink_put(s, text[i]);
	for (; pad > 0; pad--)
		sink_put(s, ' ');
}

/*
 * Divide *n by `base', 16 at most; returns the remainder.
 */
static unsigned int
divide(uint64_t *n, unsigned int base)
{
	uint32_t high = *n >> 32, low = *n, middle, rest;

	rest = high % base;
	high /= base;
	middle = rest << 16 | low >> 16;
	rest = middle % base;
	middle /= base;
	low = rest << 16 | (low & 0xffff);
	rest = low % base;
	low /= base;
	*n = (uint64_t)high << 32 | ((uint64_t)middle << 16) | low;
	return (rest);
}

static void
sink_number(struct sink *s, const struct spec *sp, uint64_t n, int negative,
    unsigned int base, const char *digits)
{
	char text[32], *p = text + sizeof(text), *first;
	int hex = base == 16 && sp->alternate && n != 0;

	do
		*--p = digits[divide(&n, base)];
	while (n != 0);
	first = p;
	if (hex) {
		*--p = digits[16];
		*--p = '0';
	}
	if (negative)
		*--p = '-';
	sink_field(s, sp, p, text + sizeof(text) - p, first - p);
}

static void
sink_string(struct sink *s, struct spec *sp, const char *text)
{
	int len;

	if (text == NULL)
		text = "(null)";
	for (len = 0; len != sp->precision && text[len] != '\0'; len++)
		;
	sp->zero = 0;
	sink_field(s, sp, text, len, 0);
}

/*
 * A number, or the argument of a * where there is one.
 */
static const char *
parse_count(const char *fmt, int *count, va_list *ap)
{
	if (*fmt == '*') {
		*count = va_arg(*ap, int);
		return (fmt + 1);
	}
	for (*count = 0; isdigit(*fmt); fmt++)
		*count = *count * 10 + *fmt - '0';
	return (fmt);
}

/*
 * Take the flags, width, precision and size at `fmt'; returns what follows.
 */
static const char *
parse_spec(const char *fmt, struct spec *sp, va_list *ap)
{
	memset(sp, 0, sizeof(*sp));
	sp->precision = -1;
	for (;; fmt++) {
		if (*fmt == '-')
			sp->left = 1;
		else if (*fmt == '0')
			sp->zero = 1;
		else if (*fmt == '#')
			sp->alternate = 1;
		else
			break;
	}
	fmt = parse_count(fmt, &sp->width, ap);
	if (sp->width < 0) {
		sp->left = 1;
		sp->width = -sp->width;
	}
	if (*fmt == '.')
		fmt = parse_count(fmt + 1, &sp->precision, ap);
	for (;; fmt++) {
		if (*fmt == 'l')
			sp->longs++;
		else if (*fmt == 'h')
			sp->longs--;
		else if (*fmt == 'z')
			sp->longs = 1;
		else
			return (fmt);
	}
}

static uint64_t
unsigned_argument(const struct spec *sp, va_list *ap)
{
	if (sp->longs >= 2)
		return (va_arg(*ap, unsigned long long));
	if (sp->longs == 1)
		return (va_arg(*ap, unsigned long));
	if (sp->longs == 0)
		return (va_arg(*ap, unsigned int));
	return (va_arg(*ap, unsigned int) & (sp->longs == -1 ? 0xffff : 0xff));
}

static int64_t
signed_argument(const struct spec *sp, va_list *ap)
{
	if (sp->longs >= 2)
		return (va_arg(*ap, long long));
	if (sp->longs == 1)
		return (va_arg(*ap, long));
	if (sp->longs == 0)
		return (va_arg(*ap, int));
	return (sp->longs == -1 ? (int16_t)va_arg(*ap, int) :
	    (int8_t)va_arg(*ap, int));
}

/*
 * Put one conversion, whose letter is `c'.  An unknown one is shown as it
 * stands; it takes no argument.
 */
static void
convert(struct sink *s, struct spec *sp, int c, va_list *ap)
{
	static const char lower[] = "0123456789abcdefx";
	static const char upper[] = "0123456789ABCDEFX";
	char one;
	int64_t n;

	switch (c) {
	case 'c':
		one = va_arg(*ap, int);
		sp->zero = 0;
		sink_field(s, sp, &one, 1, 0);
		break;
	case 's':
		sink_string(s, sp, va_arg(*ap, char *));
		break;
	case 'd':
	case 'i':
		n = signed_argument(sp, ap);
		sink_number(s, sp, n < 0 ? -(uint64_t)n : (uint64_t)n, n < 0, 10,
		    lower);
		break;
	case 'u':
		sink_number(s, sp, unsigned_argument(sp, ap), 0, 10, lower);
		break;
	case 'o':
		sink_number(s, sp, unsigned_argument(sp, ap), 0, 8, lower);
		break;
	case 'x':
		sink_number(s, sp, unsigned_argument(sp, ap), 0, 16, lower);
		break;
	case 'X':
		sink_number(s, sp, unsigned_argument(sp, ap), 0, 16, upper);
		break;
	case 'p':
		sp->alternate = 1;
		sink_number(s, sp, (uintptr_t)va_arg(*ap, void *), 0, 16, lower);
		break;
	case '%':
		sink_put(s, '%');
		break;
	default:
		sink_put(s, '%');
		sink_put(s, c);
	}
}

static int
format(struct sink *s, const char *fmt, va_list list)
{
	struct spec sp;
	va_list ap;

	va_copy(ap, list);
	for (; *fmt != '\0'; fmt++) {
		if (*fmt != '%') {
			sink_put(s, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &sp, &ap);
		if (*fmt == '\0')
			break;
		convert(s, &sp, *fmt, &ap);
	}
	va_end(ap);
	if (s->buf != NULL && s->size > 0)
		s->buf[min(s->count, s->size - 1)] = '\0';
	return (s->count);
}

int
vprintf(const char *fmt, va_list ap)
{
	struct sink s = { NULL, 0, 0 };

	return (format(&s, fmt, ap));
}

int
printf(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vprintf(fmt, ap);
	va_end(ap);
	return (n);
}

int
vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	static char none[1];
	struct sink s = { size > 0 ? buf : none, size, 0 };

	return (format(&s, fmt, ap));
}

int
snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return (n);
}
