/*
 * qdivrem.c: the division of 64-bit numbers.  An 80386 has none, and the
 * compiler calls these instead, by the names that its own library has for
 * them; the kernel is linked without that library.
 */
#include <sys/systm.h>

uint64_t	__udivmoddi4(uint64_t n, uint64_t d, uint64_t *rest);
int64_t		__divmoddi4(int64_t n, int64_t d, int64_t *rest);
uint64_t	__udivdi3(uint64_t n, uint64_t d);
uint64_t	__umoddi3(uint64_t n, uint64_t d);
int64_t		__divdi3(int64_t n, int64_t d);
int64_t		__moddi3(int64_t n, int64_t d);

/*
 * n / d, and *rest = n % d, as it is done on paper, with binary digits: move
 * `d' up to where it is as long as `n', then back a digit at a time, and
 * subtract it wherever it fits.
 */
uint64_t
__udivmoddi4(uint64_t n, uint64_t d, uint64_t *rest)
{
	uint64_t quotient = 0, bit = 1;

	if (d == 0)
		panic("division by zero");
	if (((n | d) >> 32) == 0) {
		*rest = (uint32_t)n % (uint32_t)d;
		return ((uint32_t)n / (uint32_t)d);
	}
	for (; d < n && (d >> 63) == 0; d <<= 1)
		bit <<= 1;
	for (; bit != 0; bit >>= 1, d >>= 1)
		if (n >= d) {
			n -= d;
			quotient |= bit;
		}
	*rest = n;
	return (quotient);
}

/* The same with signs: the quotient goes towards 0, the rest is n's. */
int64_t
__divmoddi4(int64_t n, int64_t d, int64_t *rest)
{
	uint64_t quotient, left;

	quotient = __udivmoddi4(n < 0 ? -(uint64_t)n : (uint64_t)n,
	    d < 0 ? -(uint64_t)d : (uint64_t)d, &left);
	*rest = n < 0 ? -left : left;
	return ((n < 0) != (d < 0) ? -quotient : quotient);
}

uint64_t
__udivdi3(uint64_t n, uint64_t d)
{
	uint64_t rest;

	return (__udivmoddi4(n, d, &rest));
}

uint64_t
__umoddi3(uint64_t n, uint64_t d)
{
	uint64_t rest;

	(void)__udivmoddi4(n, d, &rest);
	return (rest);
}

int64_t
__divdi3(int64_t n, int64_t d)
{
	int64_t rest;

	return (__divmoddi4(n, d, &rest));
}

int64_t
__moddi3(int64_t n, int64_t d)
{
	int64_t rest;

	(void)__divmoddi4(n, d, &rest);
	return (rest);
}
