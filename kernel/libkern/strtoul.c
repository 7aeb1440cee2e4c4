/*
 * strtoul.c: numbers from text, as [C99] 7.20.1.4 has them: blanks, a sign,
 * 0x for 16 and 0 for 8 where the base is 0, digits.  What is too large
 * becomes the largest there is.  *end, where asked for, is the first character
 * that is not part of the number, or `s' if there is none.
 */
#include <sys/systm.h>
#include <sys/ctype.h>

struct number {
	uint64_t	value;
	int		negative;
	int		overflow;
	const char	*end;
};

/* What a character counts as a digit; 36: it is none. */
static unsigned int
digit(int c)
{
	if (isdigit(c))
		return (c - '0');
	return (isalpha(c) ? (unsigned int)tolower(c) - 'a' + 10 : 36);
}

/* Behind the prefix that the base allows, if a digit follows it; sets *base. */
static const char *
skip_prefix(const char *s, unsigned int *base)
{
	int hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit(s[2]) < 16;

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return (hex && *base == 16 ? s + 2 : s);
}

/* Put a digit behind *value.  Returns 0 if that does not fit 64 bits. */
static int
append(uint64_t *value, unsigned int base, unsigned int d)
{
	uint64_t low = (*value & UINT32_MAX) * base + d;
	uint64_t high = (*value >> 32) * base + (low >> 32);

	*value = high << 32 | (low & UINT32_MAX);
	return (high <= UINT32_MAX);
}

static struct number
parse_number(const char *s, unsigned int base)
{
	struct number n = { 0, 0, 0, s };

	while (isspace(*s))
		s++;
	if (*s == '-' || *s == '+')
		n.negative = *s++ == '-';
	s = skip_prefix(s, &base);
	if (base < 2 || base > 36)
		return (n);
	for (; digit(*s) < base; n.end = ++s)
		if (!append(&n.value, base, digit(*s)))
			n.overflow = 1;
	return (n);
}

static void
set_end(char **end, const struct number *n)
{
	if (end != NULL)
		*end = (char *)n->end;
}

/* A minus makes of n what -n is in as many bits. */
uint64_t
strtouq(const char *s, char **end, int base)
{
	struct number n = parse_number(s, base);

	set_end(end, &n);
	if (n.overflow)
		return (UINT64_MAX);
	return (n.negative ? -n.value : n.value);
}

unsigned long
strtoul(const char *s, char **end, int base)
{
	struct number n = parse_number(s, base);

	set_end(end, &n);
	if (n.overflow || n.value > (unsigned long)-1)
		return ((unsigned long)-1);
	return (n.negative ? -n.value : n.value);
}

long
strtol(const char *s, char **end, int base)
{
	struct number n = parse_number(s, base);
	uint64_t most = (unsigned long)-1 / 2;

	set_end(end, &n);
	if (n.overflow || n.value > most + n.negative)
		n.value = most + n.negative;
	return (n.negative ? -n.value : n.value);
}
