/*
 * swap_meta: which page of an object is in which slot.
 *
 * An object has as many blocks as its pages in swap need: each describes 32
 * pages that follow each other, and stands in a hash of all objects' blocks.
 *
 *	swhash[hash of object, pages / 32]
 *	  -> swblock -> swblock -> swblock
 *	     object		its swp_bcount counts them
 *	     first page 64
 *	     3 slots		[64] none  [65] 812  [66] 813 ... [95] 77
 *
 * A block without a slot goes back to its zone.  How many there are at most is
 * decided at the start, half as many as pages of memory, and their addresses
 * are kept for them: where pages are written for want of memory, no map is to
 * be asked.  If each of them is full, 16 times the memory is in swap.
 *
 * All of this belongs to processes: no interrupt's handler looks at it.  So
 * what is found stays so until the next sleep.
 *
 * [vm/swap_pager.c]
 */
#include <vm/swap_var.h>

#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/uma.h>
#include <vm/vm_object.h>

#define	SWAP_META_PAGES	(SWB_NPAGES * 2)
#define	SWAP_META_MASK	(SWAP_META_PAGES - 1)

struct swblock {
	LIST_ENTRY(swblock) swb_hnext;
	vm_object_t	swb_object;
	vm_pindex_t	swb_index;	/* its first page */
	int		swb_count;	/* slots */
	swblk_t		swb_pages[SWAP_META_PAGES];
};

LIST_HEAD(swhead, swblock);

static MALLOC_DEFINE(M_SWHASH, "swhash", "hash of swapped pages");

static struct swhead *swhash;
static uint32_t	swhash_mask;
static uma_zone_t swap_zone;

/* A chain for each 32 blocks, rounded up to a power of two. */
void
swp_pager_meta_init(void)
{
	uint32_t blocks = cnt.v_page_count / 2;
	uint32_t chains = 1;

	while (chains < blocks / SWAP_META_PAGES)
		chains *= 2;
	swhash = malloc(chains * sizeof(*swhash), M_SWHASH, M_WAITOK | M_ZERO);
	swhash_mask = chains - 1;
	swap_zone = uma_zcreate("SWAPMETA", sizeof(struct swblock), NULL, NULL,
	    NULL, NULL, UMA_ALIGN_PTR, UMA_ZONE_NOFREE);
	if (!uma_zone_reserve_kva(swap_zone, blocks))
		panic("swp_pager_meta_init: no addresses for %u blocks", blocks);
}

static struct swhead *
swp_pager_hash(vm_object_t object, vm_pindex_t pindex)
{
	uint32_t hash = (uintptr_t)object / sizeof(struct vm_object);

	return (&swhash[(hash ^ pindex / SWAP_META_PAGES) & swhash_mask]);
}

/* The block that page `pindex' would be in, or NULL. */
static struct swblock *
swblock_find(vm_object_t object, vm_pindex_t pindex)
{
	struct swblock *swap;

	if (object->type != OBJT_SWAP || object->un_pager.swp.swp_bcount == 0)
		return (NULL);
	pindex &= ~SWAP_META_MASK;
	LIST_FOREACH(swap, swp_pager_hash(object, pindex), swb_hnext)
		if (swap->swb_object == object && swap->swb_index == pindex)
			return (swap);
	return (NULL);
}

/* A new one, without a slot, or NULL. */
static struct swblock *
swblock_make(vm_object_t object, vm_pindex_t pindex)
{
	struct swblock *swap;
	int i;

	swap = uma_zalloc(swap_zone, M_NOWAIT);
	if (swap == NULL)
		return (NULL);
	swap->swb_object = object;
	swap->swb_index = pindex & ~SWAP_META_MASK;
	swap->swb_count = 0;
	for (i = 0; i < SWAP_META_PAGES; i++)
		swap->swb_pages[i] = SWAPBLK_NONE;
	LIST_INSERT_HEAD(swp_pager_hash(object, pindex), swap, swb_hnext);
	object->un_pager.swp.swp_bcount++;
	return (swap);
}

/* Page `pindex' has no slot any more: which one was it?  The block may go. */
static swblk_t
swblock_take(struct swblock *swap, vm_pindex_t pindex)
{
	swblk_t blk = swap->swb_pages[pindex & SWAP_META_MASK];

	if (blk == SWAPBLK_NONE)
		return (SWAPBLK_NONE);
	swap->swb_pages[pindex & SWAP_META_MASK] = SWAPBLK_NONE;
	if (--swap->swb_count == 0) {
		swap->swb_object->un_pager.swp.swp_bcount--;
		LIST_REMOVE(swap, swb_hnext);
		uma_zfree(swap_zone, swap);
	}
	return (blk);
}

/* ---------------------------------------------------------------- a page's slot */

swblk_t
swp_pager_meta_lookup(vm_object_t object, vm_pindex_t pindex)
{
	struct swblock *swap = swblock_find(object, pindex);

	if (swap == NULL)
		return (SWAPBLK_NONE);
	return (swap->swb_pages[pindex & SWAP_META_MASK]);
}

swblk_t
swp_pager_meta_pop(vm_object_t object, vm_pindex_t pindex)
{
	struct swblock *swap = swblock_find(object, pindex);

	return (swap == NULL ? SWAPBLK_NONE : swblock_take(swap, pindex));
}

int
swp_pager_meta_build(vm_object_t object, vm_pindex_t pindex, swblk_t blk)
{
	struct swblock *swap;
	swblk_t *slot;

	if (object->type != OBJT_SWAP) {
		KASSERT(object->type == OBJT_DEFAULT,
		    ("swp_pager_meta_build: object of type %d", object->type));
		object->type = OBJT_SWAP;
		object->un_pager.swp.swp_bcount = 0;
	}
	swap = swblock_find(object, pindex);
	if (swap == NULL)
		swap = swblock_make(object, pindex);
	if (swap == NULL)
		return (ENOMEM);
	slot = &swap->swb_pages[pindex & SWAP_META_MASK];
	if (*slot == SWAPBLK_NONE)
		swap->swb_count++;
	else
		swp_pager_freeswapspace(*slot, 1);
	*slot = blk;
	return (0);
}

/* ---------------------------------------------------------------- many */

/* Steps over whole blocks that are not there; ends early where none are left. */
vm_pindex_t
swp_pager_meta_next(vm_object_t object, vm_pindex_t start, vm_pindex_t end)
{
	struct swblock *swap;

	if (object->type != OBJT_SWAP)
		return (end);
	while (start < end && object->un_pager.swp.swp_bcount > 0) {
		swap = swblock_find(object, start);
		do {
			if (swap != NULL && swap->swb_pages[start & SWAP_META_MASK] !=
			    SWAPBLK_NONE)
				return (start);
			start = swap != NULL ? start + 1 :
			    (start | SWAP_META_MASK) + 1;
		} while (start < end && (start & SWAP_META_MASK) != 0);
	}
	return (end);
}

void
swp_pager_meta_free(vm_object_t object, vm_pindex_t start, vm_pindex_t end)
{
	vm_pindex_t i;

	for (i = swp_pager_meta_next(object, start, end); i < end;
	    i = swp_pager_meta_next(object, i + 1, end))
		swp_pager_freeswapspace(swp_pager_meta_pop(object, i), 1);
}

void
swp_pager_meta_free_all(vm_object_t object)
{
	swp_pager_meta_free(object, 0, ~SWAP_META_MASK);
	KASSERT(object->type != OBJT_SWAP || object->un_pager.swp.swp_bcount == 0,
	    ("swp_pager_meta_free_all: some blocks are left"));
}
