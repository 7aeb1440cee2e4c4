/*
 * Which blocks of many are free, and where so many in a row are: a bitmap with
 * a radix tree over it.  The swap pager's, for the pages of a swap device.
 *
 * Its memory is taken once: allocating and freeing need none, and do not sleep.
 * Whoever shares one with an interrupt's handler calls at its level.
 *
 * [sys/blist.h, kern/subr_blist.c]
 */
#ifndef _SYS_BLIST_H_
#define	_SYS_BLIST_H_

#include <stdint.h>

typedef uint32_t	swblk_t;	/* a block's number */

#define	SWAPBLK_NONE	((swblk_t)-1)	/* no block */

#define	BLIST_BMAP_RADIX 32		/* blocks in a leaf: the bits of a word */
#define	BLIST_META_RADIX 16		/* children of a node */
#define	BLIST_MAX_ALLOC	BLIST_BMAP_RADIX /* blocks that one allocation can get */
#define	BLIST_MAX_LEVELS 8		/* enough for all 32 bits of a swblk_t */

struct blist {
	swblk_t		bl_blocks;	/* their numbers are below this */
	uint32_t	*bl_bitmap;	/* the leaves: a bit a block, 1 is free */
	int		bl_levels;	/* of nodes above them */
	uint8_t		*bl_run[BLIST_MAX_LEVELS]; /* the longest run below each */
};
typedef struct blist	*blist_t;

/* Their contracts stand in kern/subr_blist.c. */
blist_t	blist_create(swblk_t blocks);
swblk_t	blist_alloc(blist_t bl, swblk_t count);
void	blist_free(blist_t bl, swblk_t blkno, swblk_t count);

#endif /* !_SYS_BLIST_H_ */
