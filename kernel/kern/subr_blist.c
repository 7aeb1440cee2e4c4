/*
 * subr_blist: runs of free blocks, found without a search.
 *
 * The leaves are words, of a bit a block.  Of each word, the longest run of
 * free blocks in it is written down; of each sixteen of those, the largest; and
 * so on up to a single number.
 *
 *	bl_run[2]			 20			the root
 *			      /		  |	   ...
 *	bl_run[1]	     7		  20			the largest of 16
 *		       / / ... \       / / ... \
 *	bl_run[0]     0 7 ...   3     1 20 ...  0		each leaf's run
 *		      | |	|     | |	|
 *	bl_bitmap     0 FE000000 ...	1F 0FFFFF00		the leaves
 *
 * So it is seen at the root whether there is a run; and on the way down, at
 * each level, in which of sixteen: nobody ever turns round.  What changes a
 * leaf then goes up from there, as far as the numbers change.
 *
 * A run lies in one leaf, always the first that has it: what is written one
 * after the other stands one behind the other.  FreeBSD's numbers are limits
 * that may be too high, and correct themselves when a search finds nothing;
 * here they are exact, which takes sixteen bytes' reading more at each level.
 *
 * [kern/subr_blist.c]
 */
#include <sys/blist.h>

#include <sys/malloc.h>
#include <sys/systm.h>

static MALLOC_DEFINE(M_SWAP, "SWAP", "swap space");

/* Nodes on a level; level 0 has one for each leaf. */
static swblk_t
level_nodes(const struct blist *bl, int level)
{
	swblk_t nodes = howmany(bl->bl_blocks, BLIST_BMAP_RADIX);

	while (level-- > 0)
		nodes = howmany(nodes, BLIST_META_RADIX);
	return (nodes);
}

/*
 * So many blocks, none of them free: blist_free() puts in what there is.  At
 * least 1, at most SWAPBLK_NONE - BLIST_BMAP_RADIX.  Sleeps.
 */
blist_t
blist_create(swblk_t blocks)
{
	blist_t bl;
	int level;

	KASSERT(blocks - 1 < SWAPBLK_NONE - BLIST_BMAP_RADIX,
	    ("blist_create: %u blocks", blocks));
	bl = malloc(sizeof(*bl), M_SWAP, M_WAITOK | M_ZERO);
	bl->bl_blocks = blocks;
	bl->bl_bitmap = malloc(level_nodes(bl, 0) * sizeof(uint32_t), M_SWAP,
	    M_WAITOK | M_ZERO);
	for (level = 0; level == 0 || level_nodes(bl, level - 1) > 1; level++)
		bl->bl_run[level] = malloc(level_nodes(bl, level), M_SWAP,
		    M_WAITOK | M_ZERO);
	bl->bl_levels = level;
	return (bl);
}

/* The bits at which `count' set ones begin. */
static uint32_t
run_starts(uint32_t word, swblk_t count)
{
	swblk_t have, more;

	for (have = 1; have < count; have += more) {
		more = MIN(have, count - have);
		word &= word >> more;
	}
	return (word);
}

/* How long the longest run of set bits is. */
static uint8_t
longest_run(uint32_t word)
{
	uint8_t run;

	if (word == ~0U)
		return (BLIST_BMAP_RADIX);
	for (run = 0; word != 0; run++)
		word &= word >> 1;
	return (run);
}

/* The largest number among a node's children, which are on `level'. */
static uint8_t
largest_child(const struct blist *bl, int level, swblk_t node)
{
	swblk_t child = node * BLIST_META_RADIX;
	swblk_t end = MIN(child + BLIST_META_RADIX, level_nodes(bl, level));
	uint8_t largest;

	for (largest = 0; child < end; child++)
		largest = MAX(largest, bl->bl_run[level][child]);
	return (largest);
}

/*
 * A leaf has changed, and so may the numbers above it: one that is less than its
 * child is now must grow, one that the child gave it is looked for again.
 */
static void
leaf_changed(blist_t bl, swblk_t node)
{
	uint8_t run = longest_run(bl->bl_bitmap[node]), was, above;
	int level = 0;

	for (;;) {
		was = bl->bl_run[level][node];
		bl->bl_run[level][node] = run;
		if (run == was || ++level == bl->bl_levels)
			return;
		node /= BLIST_META_RADIX;
		above = bl->bl_run[level][node];
		if (run < above && was < above)
			return;
		if (run < above)
			run = largest_child(bl, level - 1, node);
	}
}

/*
 * `count' blocks in a row, 1 to BLIST_MAX_ALLOC of them.  Returns the first, or
 * SWAPBLK_NONE if no leaf has so many.
 */
swblk_t
blist_alloc(blist_t bl, swblk_t count)
{
	int level = bl->bl_levels - 1;
	swblk_t node = 0;
	uint32_t bit;

	KASSERT(count > 0 && count <= BLIST_MAX_ALLOC,
	    ("blist_alloc: %u blocks", count));
	if (bl->bl_run[level][0] < count)
		return (SWAPBLK_NONE);
	while (level-- > 0) {
		node *= BLIST_META_RADIX;
		while (bl->bl_run[level][node] < count)
			node++;
	}
	bit = __builtin_ctz(run_starts(bl->bl_bitmap[node], count));
	bl->bl_bitmap[node] &= ~(~0U >> (BLIST_BMAP_RADIX - count) << bit);
	leaf_changed(bl, node);
	return (node * BLIST_BMAP_RADIX + bit);
}

/* Blocks that are in use, any number of them, are free from now on. */
void
blist_free(blist_t bl, swblk_t blkno, swblk_t count)
{
	swblk_t bit, part;
	uint32_t mask;

	KASSERT(blkno < bl->bl_blocks && count <= bl->bl_blocks - blkno,
	    ("blist_free: %u blocks at %u of %u", count, blkno, bl->bl_blocks));
	for (; count > 0; count -= part, blkno += part) {
		bit = blkno % BLIST_BMAP_RADIX;
		part = MIN(count, BLIST_BMAP_RADIX - bit);
		mask = ~0U >> (BLIST_BMAP_RADIX - part) << bit;
		KASSERT((bl->bl_bitmap[blkno / BLIST_BMAP_RADIX] & mask) == 0,
		    ("blist_free: some of %u blocks at %u are free", part, blkno));
		bl->bl_bitmap[blkno / BLIST_BMAP_RADIX] |= mask;
		leaf_changed(bl, blkno / BLIST_BMAP_RADIX);
	}
}
