/*
 * The swap pager: where the pages of anonymous memory go when others have need
 * of the memory.
 *
 * [vm/swap_pager.h, vm/swap_pager.c]
 */
#ifndef _VM_SWAP_PAGER_H_
#define	_VM_SWAP_PAGER_H_

#include <sys/blist.h>
#include <vm/vm.h>

struct cdev;

extern struct pagerops swappagerops;	/* OBJT_SWAP's, for vm/vm_pager.c */

extern int	swap_pager_full;	/* a slot was wanted and there was none */
extern uint32_t	swap_pager_avail;	/* slots that are free, of all devices */

/*
 * Use a device of so many bytes for swapping, but for its first two pages,
 * where a disklabel may stand.  Returns 0; ENXIO where it is no disk, EBUSY
 * where it is in use already, EINVAL where it has no room.  Sleeps; one caller at
 * a time.
 */
int	swaponsomething(struct cdev *dev, uint64_t bytes);
/* Slots in all, and how many of those are used. */
void	swap_pager_status(uint32_t *total, uint32_t *used);
/* From the page daemon, as it begins: all that is needed to write a page is there. */
void	swap_pager_swap_init(void);

/*
 * Of an object of any type; where it is not OBJT_SWAP it has no slots, and
 * nothing happens.
 */
/* Its slots for `size' pages from `start' on are free again. */
void	swap_pager_freespace(vm_object_t object, vm_pindex_t start, vm_size_t size);
/*
 * Collapse: the slots of `srcobject' from page `offset' on become those of
 * `dstobject', but where that one has a page or a slot of its own: there, and
 * outside, they are free again.  Then the source is OBJT_DEFAULT.  No page of
 * either is on its way.  Does not sleep.  Returns 0; or ENOMEM, and each slot is
 * the one's or the other's: the source is still needed.
 */
int	swap_pager_copy(vm_object_t srcobject, vm_object_t dstobject,
	    vm_pindex_t offset);

#endif /* !_VM_SWAP_PAGER_H_ */
