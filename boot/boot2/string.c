/*
 * The functions of C's <string.h> that boot2 uses, by the processor's own
 * instructions for them.
 */
#include "string.h"

void *
memcpy(void *to, const void *from, size_t size)
{
	void *at = to;
	size_t words = size / 4;

	/* By words: a kernel is a lot of bytes. */
	__asm__ volatile ("rep movsl\n\tmov %3, %2\n\tand $3, %2\n\trep movsb"
	    : "+D" (at), "+S" (from), "+c" (words) : "r" (size) : "memory");
	return (to);
}

void *
memset(void *to, int byte, size_t size)
{
	void *at = to;

	__asm__ volatile ("rep stosb"
	    : "+D" (at), "+c" (size) : "a" (byte) : "memory");
	return (to);
}

int
memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *one = a, *other = b;

	for (; size > 0; size--, one++, other++)
		if (*one != *other)
			return (*one - *other);
	return (0);
}
