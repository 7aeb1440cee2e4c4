/*
 * The swap pager: where the pages of anonymous memory go when there is need of
 * theirs.
 *
 * [vm/swap_pager.h, vm/swap_pager.c]
 */
#ifndef _VM_SWAP_PAGER_H_
#define	_VM_SWAP_PAGER_H_

#include <sys/blist.h>
#include <vm/vm.h>

struct cdev;
struct pagerops;

extern struct pagerops swappagerops;	/* OBJT_SWAP's: vm/vm_pager.c dispatches */

extern int	swap_pager_full;	/* no slot was to be had, and it was told */
extern int	swap_pager_almost_full;	/* few are left */
extern uint32_t	swap_pager_avail;	/* slots that are free, of all devices */

/*
 * Use a device's pages for swapping, all but the first, where a disklabel may
 * stand.  Returns 0; ENODEV if it is no disk, EBUSY if it is in use already,
 * ENXIO if it has no room.  Sleeps.
 */
int	swaponsomething(struct cdev *dev, uint64_t bytes);
/* Slots in all, and of those, used. */
void	swap_pager_status(uint32_t *total, uint32_t *used);

/* From the page daemon, when it begins: so much memory stands by for I/O. */
void	swap_pager_swap_init(void);

/*
 * The rest is for objects of type OBJT_SWAP; for one of OBJT_DEFAULT, which has
 * no slots, it does nothing.
 */
/* Its slots for `size' pages from `start' on are free. */
void	swap_pager_freespace(vm_object_t object, vm_pindex_t start, vm_size_t size);
/*
 * Have slots for so many pages, or for none: returns 0, or -1 where there are
 * not so many.
 */
int	swap_pager_reserve(vm_object_t object, vm_pindex_t start, vm_size_t size);
/*
 * Collapse: the slots of `srcobject' from page `offset' on become those of
 * `dstobject', where that one has neither page nor slot; the others are freed.
 * With `destroysource' the rest of the source's are too, and it is a default
 * object from now on.  May sleep for memory.
 */
void	swap_pager_copy(vm_object_t srcobject, vm_object_t dstobject,
	    vm_pindex_t offset, int destroysource);
/* How many pages of it have a slot. */
uint32_t swap_pager_slots(vm_object_t object);

#endif /* !_VM_SWAP_PAGER_H_ */
