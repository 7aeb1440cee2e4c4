/*
 * malloc.c: the heap.
 *
 * The heap is base memory between the loader's bss and its stack; above 1 MB
 * there is only what is loaded for the kernel, so a machine of 4 MB has the
 * same heap as one of 3 GB.  It is a row of blocks without gaps:
 *
 *	+--------+------------------------+-------+-----+
 *	| header | what malloc() returned | guard | pad |  next header ...
 *	+--------+------------------------+-------+-----+
 *	16 bytes   b_request bytes          4       to 16
 *
 * The free ones hang in a list in the order of their addresses; malloc()
 * takes the first that is large enough and leaves its rest free, free() joins
 * neighbours.  Header and guard are checked when a block is freed: a write
 * past the end is found there, not in whatever it would have broken.
 */
#include "stand.h"

#define	MAGIC_USED	0x55534544U
#define	MAGIC_FREE	0x46524545U
#define	GUARD		0xfeedc0deU
#define	ALIGN		16

struct block {
	uint32_t	b_magic;
	uint32_t	b_request;	/* bytes that were asked for */
	size_t		b_size;		/* of the whole block */
	struct block	*b_next;	/* of the free ones */
} __attribute__((aligned(ALIGN)));

static char		*heap_base, *heap_end;
static struct block	*free_list;
static size_t		heap_used, heap_peak;	/* bytes in used blocks */

void
setheap(void *base, void *top)
{
	uintptr_t start = ((uintptr_t)base + ALIGN - 1) & -(uintptr_t)ALIGN;

	heap_base = (char *)start;
	heap_end = (char *)((uintptr_t)top & -(uintptr_t)ALIGN);
	free_list = (struct block *)heap_base;
	free_list->b_magic = MAGIC_FREE;
	free_list->b_request = 0;
	free_list->b_size = heap_end - heap_base;
	free_list->b_next = NULL;
	heap_used = heap_peak = 0;
}

/*
 * Where a block's guard is; it need not be aligned.
 */
static char *
block_guard(struct block *b)
{
	return ((char *)(b + 1) + b->b_request);
}

/*
 * The block of a pointer that malloc() returned; panics where it is none, or
 * is free, or was written over.
 */
static struct block *
block_check(void *p, const char *who)
{
	struct block *b = (struct block *)p - 1;
	uint32_t guard = GUARD;

	if ((char *)b < heap_base || (char *)p >= heap_end ||
	    ((uintptr_t)p & (ALIGN - 1)) != 0)
		panic("%s: %p is not in the heap", who, p);
	if (b->b_magic == MAGIC_FREE)
		panic("%s: %p is free", who, p);
	if (b->b_magic != MAGIC_USED)
		panic("%s: the header of %p is overwritten", who, p);
	if (b->b_request > b->b_size ||
	    memcmp(block_guard(b), &guard, sizeof(guard)) != 0)
		panic("%s: %p was written past its end", who, p);
	return (b);
}

/*
 * Cut `size' bytes off the front of the free block *link, or take it whole
 * where too little would be left for a block.
 */
static struct block *
block_take(struct block **link, size_t size)
{
	struct block *b = *link, *rest;

	if (b->b_size - size < sizeof(*b) + ALIGN) {
		*link = b->b_next;
		return (b);
	}
	rest = (struct block *)((char *)b + size);
	rest->b_magic = MAGIC_FREE;
	rest->b_request = 0;
	rest->b_size = b->b_size - size;
	rest->b_next = b->b_next;
	b->b_size = size;
	*link = rest;
	return (b);
}

void *
malloc(size_t request)
{
	struct block **link, *b;
	uint32_t guard = GUARD;
	size_t size;

	if (request > (size_t)(heap_end - heap_base)) {
		errno = ENOMEM;
		return (NULL);
	}
	size = (sizeof(*b) + request + sizeof(guard) + ALIGN - 1) &
	    -(size_t)ALIGN;
	for (link = &free_list; (b = *link) != NULL; link = &b->b_next) {
		if (b->b_magic != MAGIC_FREE)
			panic("malloc: the free block %p is overwritten", b);
		if (b->b_size >= size)
			break;
	}
	if (b == NULL) {
		errno = ENOMEM;
		return (NULL);
	}
	b = block_take(link, size);
	b->b_magic = MAGIC_USED;
	b->b_request = request;
	b->b_next = NULL;
	memcpy(block_guard(b), &guard, sizeof(guard));
	heap_used += b->b_size;
	heap_peak = max(heap_peak, heap_used);
	return (b + 1);
}

/*
 * Join `b' with the free block behind it, where that is its neighbour.
 */
static void
block_join(struct block *b)
{
	struct block *next = b->b_next;

	if (next != NULL && (char *)b + b->b_size == (char *)next) {
		b->b_size += next->b_size;
		b->b_next = next->b_next;
		next->b_magic = 0;
	}
}

void
free(void *p)
{
	struct block *b, *before = NULL, *next;

	if (p == NULL)
		return;
	b = block_check(p, "free");
	heap_used -= b->b_size;
	for (next = free_list; next != NULL && next < b; next = next->b_next)
		before = next;
	b->b_magic = MAGIC_FREE;
	b->b_request = 0;
	b->b_next = next;
	block_join(b);
	if (before == NULL)
		free_list = b;
	else {
		before->b_next = b;
		block_join(before);
	}
}

void *
calloc(size_t n, size_t size)
{
	void *p;

	if (size != 0 && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return (NULL);
	}
	p = malloc(n * size);
	if (p != NULL)
		memset(p, 0, n * size);
	return (p);
}

/*
 * A block of the new size with the old one's bytes; the old one is freed.
 * NULL, with the old one as it was, when there is no room.
 */
void *
realloc(void *p, size_t size)
{
	struct block *b;
	void *q;

	if (p == NULL)
		return (malloc(size));
	b = block_check(p, "realloc");
	if ((q = malloc(size)) == NULL)
		return (NULL);
	memcpy(q, p, min(size, (size_t)b->b_request));
	free(p);
	return (q);
}

void
mallocstats(void)
{
	struct block *b;
	size_t largest = 0;
	int used = 0, unused = 0;

	for (b = (struct block *)heap_base; (char *)b < heap_end;
	    b = (struct block *)((char *)b + b->b_size)) {
		if (b->b_magic == MAGIC_USED) {
			block_check(b + 1, "mallocstats");
			used++;
		} else if (b->b_magic == MAGIC_FREE) {
			unused++;
			largest = max(largest, b->b_size);
		} else
			panic("mallocstats: the header at %p is overwritten", b);
	}
	printf("heap base at %p, top at %p\n", heap_base, heap_end);
	printf("%zu bytes reserved %zu bytes used (%d blocks), %zu at most\n",
	    (size_t)(heap_end - heap_base), heap_used, used, heap_peak);
	printf("%zu bytes free in %d blocks, the largest %zu\n",
	    (size_t)(heap_end - heap_base) - heap_used, unused, largest);
}
