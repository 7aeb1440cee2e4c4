/*
 * A bitmap with a radix tree over it: which blocks of many are free, and where
 * so many in a row are.  The swap pager's, for the pages of a swap device.
 *
 * Its memory is taken once: allocating and freeing need none.  Nothing here
 * sleeps but blist_create(), nor takes a level: that is the caller's.
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
#define	BLIST_MAX_LEVELS 8

struct blist {
	swblk_t		bl_blocks;	/* from 0 to before this */
	swblk_t		bl_free;	/* of them, free */
	uint32_t	*bl_bitmap;	/* a bit a block: 1 is free */
	int		bl_levels;	/* of hints; the last has one */
	uint8_t		*bl_hint[BLIST_MAX_LEVELS];
};
typedef struct blist	*blist_t;

/* Their contracts stand in kern/subr_blist.c. */
blist_t	blist_create(swblk_t blocks);
void	blist_destroy(blist_t bl);
swblk_t	blist_alloc(blist_t bl, swblk_t count);
void	blist_free(blist_t bl, swblk_t blkno, swblk_t count);
swblk_t	blist_fill(blist_t bl, swblk_t blkno, swblk_t count);

#endif /* !_SYS_BLIST_H_ */
