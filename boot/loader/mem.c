/*
 * mem.c: filling, copying and comparing bytes.
 *
 * A kernel's whole text goes through memcpy(), so it moves words by one
 * string instruction: an iteration of `rep' is the cheapest step there is.
 * The compiler, too, calls these four where it copies a structure.
 */
#include "stand.h"

/*
 * Copy `len' bytes; the two may not overlap.  Returns dst.
 */
void *
memcpy(void *dst, const void *src, size_t len)
{
	void *d = dst;
	size_t words = len / 4;

	__asm__ volatile("rep movsl" : "+D" (d), "+S" (src), "+c" (words) :
	    : "memory");
	len %= 4;
	__asm__ volatile("rep movsb" : "+D" (d), "+S" (src), "+c" (len) :
	    : "memory");
	return (dst);
}

/*
 * Copy `len' bytes, whichever way the two overlap.  Returns dst.
 */
void *
memmove(void *dst, const void *src, size_t len)
{
	char *d = dst;
	const char *s = src;

	if ((uintptr_t)d - (uintptr_t)s >= len)
		return (memcpy(dst, src, len));
	while (len-- > 0)
		d[len] = s[len];
	return (dst);
}

/*
 * Fill `len' bytes with the byte `c'.  Returns dst.
 */
void *
memset(void *dst, int c, size_t len)
{
	void *d = dst;
	size_t words = len / 4;
	uint32_t fill = (uint8_t)c * 0x01010101U;

	__asm__ volatile("rep stosl" : "+D" (d), "+c" (words) : "a" (fill)
	    : "memory");
	len %= 4;
	__asm__ volatile("rep stosb" : "+D" (d), "+c" (len) : "a" (fill)
	    : "memory");
	return (dst);
}

/*
 * Negative, 0 or positive, as the first byte that differs says.
 */
int
memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *p = a, *q = b;

	for (; len > 0; len--, p++, q++)
		if (*p != *q)
			return (*p - *q);
	return (0);
}
