/*
 * memory.c: copying and clearing memory, by the 80386's string instructions:
 * one of them does what a loop would need four or five for at each step.
 *
 * All count on the direction flag being clear, as the compiler does, and leave
 * it so.
 */
#include <sys/systm.h>

#define	WORD	4			/* what movsl and stosl move at a time */

/* The areas may not overlap, unless `to' is the lower one. */
void *
memcpy(void *to, const void *from, size_t len)
{
	void *d = to;
	size_t words = len / WORD, bytes = len % WORD;

	__asm__ volatile("rep movsl" : "+D" (d), "+S" (from), "+c" (words)
	    : : "memory");
	__asm__ volatile("rep movsb" : "+D" (d), "+S" (from), "+c" (bytes)
	    : : "memory");
	return (to);
}

/* From the last byte to the first. */
static void
copy_backwards(char *to, const char *from, size_t len)
{
	if (len == 0)
		return;
	to += len - 1;
	from += len - 1;
	__asm__ volatile("std; rep movsb; cld" : "+D" (to), "+S" (from),
	    "+c" (len) : : "memory", "cc");
}

void *
memmove(void *to, const void *from, size_t len)
{
	if ((uintptr_t)to - (uintptr_t)from < len)
		copy_backwards(to, from, len);
	else
		memcpy(to, from, len);
	return (to);
}

void *
memset(void *to, int c, size_t len)
{
	void *d = to;
	size_t words = len / WORD, bytes = len % WORD;
	uint32_t four = (uint8_t)c * 0x01010101U;

	__asm__ volatile("rep stosl" : "+D" (d), "+c" (words) : "a" (four)
	    : "memory");
	__asm__ volatile("rep stosb" : "+D" (d), "+c" (bytes) : "a" (four)
	    : "memory");
	return (to);
}

void
bcopy(const void *from, void *to, size_t len)
{
	memmove(to, from, len);
}

void
bzero(void *to, size_t len)
{
	memset(to, 0, len);
}
