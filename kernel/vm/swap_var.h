/*
 * What the swap pager's files know of each other.
 *
 *	swap_pager.c	  an object's pages: in, out, forgotten
 *	   |
 *	   +-- swap_meta.c   which page is in which slot
 *	   |	  |
 *	   +------+-- swap_dev.c   devices, and which of their slots are free
 *	   |
 *	   +-- swap_io.c     a few pages between memory and their slots
 *
 * A slot is a page on a device.  Slots are numbered through all devices; a run
 * of slots is on one.
 *
 * [vm/swap_pager.h, vm/swap_pager.c]
 */
#ifndef _VM_SWAP_VAR_H_
#define	_VM_SWAP_VAR_H_

#include <sys/queue.h>
#include <vm/swap_pager.h>

#define	SWB_NPAGES	16		/* moved at a time, at most */

/* ---------------------------------------------------------------- vm/swap_dev.c */

struct swdevt {
	TAILQ_ENTRY(swdevt) sw_list;
	struct cdev	*sw_dev;
	swblk_t		sw_first, sw_end; /* its slots: from, to before */
	swblk_t		sw_nblks;	/* that can be used */
	blist_t		sw_blist;	/* those that are free, from 0 */
};

/* So many slots in a row, at most SWB_NPAGES: the first, or SWAPBLK_NONE. */
swblk_t	swp_pager_getswapspace(int npages);
void	swp_pager_freeswapspace(swblk_t blk, int npages);
/* Whose slot it is. */
struct swdevt *swp_pager_find_dev(swblk_t blk);

/* ---------------------------------------------------------------- vm/swap_meta.c */

void	swp_pager_meta_init(void);
/* Page `pindex' of the object: its slot, or SWAPBLK_NONE. */
swblk_t	swp_pager_meta_lookup(vm_object_t object, vm_pindex_t pindex);
/* The same, and the object knows of it no more: the slot is the caller's. */
swblk_t	swp_pager_meta_pop(vm_object_t object, vm_pindex_t pindex);
/*
 * The page is in this slot from now on, and no more in another, which is free.
 * The object is one of swap's from then on.  Returns 0, or ENOMEM.  Does not
 * sleep: the page daemon could not.
 */
int	swp_pager_meta_build(vm_object_t object, vm_pindex_t pindex, swblk_t blk);
/* The first page from `start' to before `end' that has a slot; `end' if none has. */
vm_pindex_t swp_pager_meta_next(vm_object_t object, vm_pindex_t start,
	    vm_pindex_t end);
/* These pages have no slots any more, or none of it has: they are free. */
void	swp_pager_meta_free(vm_object_t object, vm_pindex_t start, vm_pindex_t end);
void	swp_pager_meta_free_all(vm_object_t object);

/* ---------------------------------------------------------------- vm/swap_io.c */

void	swp_pager_io_init(void);
/* Fill pages from slots in a row.  Sleeps.  Returns 0 or an errno. */
int	swp_pager_read(vm_page_t *m, int npages, swblk_t blk);
/*
 * Write them there.  Ends each page's transfer, by vm_page_io_finish(), and the
 * object's; clean, or active and dirty if it failed.  Sleeps until that is so
 * with `sync', else only until it has begun.
 */
void	swp_pager_write(vm_page_t *m, int npages, swblk_t blk, int sync);

#endif /* !_VM_SWAP_VAR_H_ */
