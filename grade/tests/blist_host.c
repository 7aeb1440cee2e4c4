/*
 * The radix tree of free blocks on this computer: kernel/kern/subr_blist.c, and
 * a model of it beside, a byte a block that is searched.
 *
 *	blist_host SEED BLOCKS COUNT	drawn operations
 *	blist_host wrong HOW		what must panic: prints how
 *
 * Runs of drawn lengths are taken until there is nothing left, given back in
 * pieces and in one, so that the free blocks become crumbs and whole again.
 * What must hold: each run is the first that a leaf has; nothing is refused that
 * there is room for; each node of the tree is the largest of its children, and
 * those of the lowest are what their leaves say.  A large tree is looked through
 * only now and then.
 */
#include <sys/blist.h>

#include <sys/malloc.h>
#include <sys/systm.h>

int	host_printf(const char *fmt, ...) __asm__("printf");
int	host_vprintf(const char *fmt, va_list ap) __asm__("vprintf");
void	*host_calloc(size_t count, size_t size) __asm__("calloc");
void	exit(int status) __dead2;

#define	CHECK(exp) do {							\
	if (!(exp)) {							\
		host_printf("line %d: %s\n", __LINE__, #exp);		\
		exit(1);						\
	}								\
} while (0)

static uint8_t	*is_free;		/* the model */
static swblk_t	blocks;
static uint64_t	state;
static unsigned	taken, refused, longest;

static uint32_t
draw_below(uint32_t below)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return ((uint32_t)((state >> 33) * (uint64_t)below >> 31));
}

/* ---------------------------------------------------------------- the rest of the kernel */

void
malloc_init(const void *type __unused)
{
}

void
malloc_uninit(const void *type __unused)
{
}

void *
malloc(unsigned long size, struct malloc_type *type __unused, int flags)
{
	CHECK(flags == (M_WAITOK | M_ZERO));
	return (host_calloc(1, size));
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	host_vprintf(fmt, ap);
	va_end(ap);
	exit(42);
}

/* ---------------------------------------------------------------- what must hold */

/* The longest run of a leaf, and whether block `at' begins one of `count'. */
static unsigned
leaf_run(swblk_t leaf)
{
	swblk_t block = leaf * BLIST_BMAP_RADIX;
	swblk_t end = MIN(block + BLIST_BMAP_RADIX, blocks);
	unsigned run = 0, most = 0;

	for (; block < end; block++) {
		run = is_free[block] ? run + 1 : 0;
		most = MAX(most, run);
	}
	return (most);
}

static int
begins_run(swblk_t at, swblk_t count)
{
	if (count > blocks - at ||
	    at / BLIST_BMAP_RADIX != (at + count - 1) / BLIST_BMAP_RADIX)
		return (0);
	for (; count > 0; count--)
		if (!is_free[at++])
			return (0);
	return (1);
}

/* The tree and the model say the same. */
static void
look_through(blist_t bl)
{
	swblk_t node, child, nodes, below;
	uint8_t most;
	int level;

	for (node = 0; node < blocks; node++)
		CHECK((bl->bl_bitmap[node / 32] >> node % 32 & 1) == is_free[node]);
	nodes = howmany(blocks, BLIST_BMAP_RADIX);
	for (node = 0; node < nodes; node++)
		CHECK(bl->bl_run[0][node] == leaf_run(node));
	for (level = 1; level < bl->bl_levels; level++) {
		below = nodes;
		nodes = howmany(nodes, BLIST_META_RADIX);
		for (node = 0; node < nodes; node++) {
			most = 0;
			for (child = node * BLIST_META_RADIX; child < below &&
			    child < (node + 1) * BLIST_META_RADIX; child++)
				most = MAX(most, bl->bl_run[level - 1][child]);
			CHECK(bl->bl_run[level][node] == most);
		}
	}
	CHECK(nodes == 1);
}

/* ---------------------------------------------------------------- the draws */

static void
give(blist_t bl, swblk_t at, swblk_t count)
{
	swblk_t i;

	blist_free(bl, at, count);
	for (i = 0; i < count; i++) {
		CHECK(!is_free[at + i]);
		is_free[at + i] = 1;
	}
}

/* The first run of a small tree is looked for; a large one's is only looked at. */
static void
take(blist_t bl, swblk_t count)
{
	swblk_t at = blist_alloc(bl, count), i;

	if (blocks <= 20000 || at == SWAPBLK_NONE) {
		for (i = 0; i < blocks && !begins_run(i, count); i++)
			continue;
		CHECK(at == (i < blocks ? i : SWAPBLK_NONE));
	}
	if (at == SWAPBLK_NONE) {
		refused++;
		return;
	}
	CHECK(begins_run(at, count));
	for (i = 0; i < count; i++)
		is_free[at + i] = 0;
	taken++;
	longest = MAX(longest, count);
}

/* Some blocks that are in use, from a drawn one on, as far as they go. */
static void
give_some(blist_t bl, swblk_t most)
{
	swblk_t at = draw_below(blocks), count = 0;

	while (count < most && at + count < blocks && !is_free[at + count])
		count++;
	if (count > 0)
		give(bl, at, count);
}

/* Nearly all is taken, then nearly all given, and so on. */
static void
operate(blist_t bl, unsigned count)
{
	unsigned every = blocks > 1000 ? count / 4 : 50, i;
	int filling = 1;

	for (i = 0; i < count; i++) {
		if (filling == (draw_below(4) != 0))
			take(bl, 1 + draw_below(draw_below(3) ? 16 : BLIST_MAX_ALLOC));
		else
			give_some(bl, draw_below(5) ? 20 : 300);
		if (draw_below(blocks / 16 + 2) == 0)
			filling = !filling;
		if (i % every == 0)
			look_through(bl);
	}
}

/* All of it can be had, in runs of any length, and given back in one piece. */
static void
exhaust(blist_t bl, swblk_t count)
{
	swblk_t i;

	for (i = 0; i < blocks; i++)
		if (!is_free[i])
			give(bl, i, 1);
	look_through(bl);
	for (; count > 0; count /= 2)
		while (blist_alloc(bl, count) != SWAPBLK_NONE)
			continue;
	for (i = 0; i < blocks; i++)
		is_free[i] = 0;
	look_through(bl);
	give(bl, 0, blocks);
	look_through(bl);
}

/* ---------------------------------------------------------------- misuse */

static void
wrong(char how)
{
	blist_t bl = blist_create(100);

	blist_free(bl, 0, 100);
	switch (how) {
	case 'z':
		blist_alloc(bl, 0);
		break;
	case 'm':
		blist_alloc(bl, BLIST_MAX_ALLOC + 1);
		break;
	case 't':				/* twice */
		blist_free(bl, 99, 1);
		break;
	case 'e':				/* beyond the end */
		blist_alloc(bl, 32);
		blist_free(bl, 0, 101);
		break;
	case 'w':				/* far beyond: it would wrap */
		blist_free(bl, 100, SWAPBLK_NONE - 50);
		break;
	case 'n':
		blist_create(0);
		break;
	case 'h':
		blist_create(SWAPBLK_NONE);
		break;
	}
}

static uint32_t
number(const char *s)
{
	uint32_t n = 0;

	while (*s != '\0')
		n = n * 10 + (*s++ - '0');
	return (n);
}

int
main(int argc __unused, char **argv)
{
	blist_t bl;

	if (argv[1][0] == 'w') {
		wrong(argv[2][0]);
		return (0);
	}
	state = number(argv[1]);
	blocks = number(argv[2]);
	is_free = host_calloc(blocks, 1);
	bl = blist_create(blocks);
	CHECK(blist_alloc(bl, 1) == SWAPBLK_NONE);
	look_through(bl);
	give(bl, 0, blocks);
	operate(bl, number(argv[3]));
	exhaust(bl, BLIST_MAX_ALLOC);
	exhaust(bl, 5);
	host_printf("taken=%u refused=%u longest=%u\n", taken, refused, longest);
	return (0);
}
