/*
 * Physical pages.
 *
 * Each page that is the kernel's for the taking, those of phys_avail, has a
 * struct vm_page.  One is free, in a queue, or somebody's.
 *
 * Only what needs no object is here yet: pages that the kernel has wired.
 *
 * [vm/vm_page.h]
 */
#ifndef _VM_VM_PAGE_H_
#define	_VM_VM_PAGE_H_

#include <sys/queue.h>
#include <vm/vm.h>

struct vm_page {
	TAILQ_ENTRY(vm_page) pageq;	/* in its queue */
	vm_paddr_t	phys_addr;
	uint16_t	queue;		/* PQ_ */
	uint16_t	wire_count;	/* not to be taken away */
};

#define	PQ_NONE		0
#define	PQ_FREE		1

/* vm_page_alloc()'s request: whose need it is, and how it may be met. */
#define	VM_ALLOC_NORMAL		0
#define	VM_ALLOC_INTERRUPT	1	/* may take the last ones */
#define	VM_ALLOC_SYSTEM		2	/* may take all but the last ones */
#define	VM_ALLOC_CLASS_MASK	3
#define	VM_ALLOC_WIRED		0x0020
#define	VM_ALLOC_ZERO		0x0040	/* full of zeros */
#define	VM_ALLOC_NOOBJ		0x0100	/* of no object */

/* What there is; sys/vmmeter.h's struct vmmeter `cnt' has the counts. */
extern struct vm_page *vm_page_array;	/* by address, without what lies between ranges */
extern uint32_t	vm_page_array_size;

vm_page_t PHYS_TO_VM_PAGE(vm_paddr_t pa);	/* NULL: none of ours */
#define	VM_PAGE_TO_PHYS(m)	((m)->phys_addr)

/* Make the array of phys_avail's pages, all free; from vm_mem_init(). */
void	vm_page_startup(void);
/*
 * A page, or NULL if there is none to be had.  May be called by an interrupt's
 * handler up to splvm's level.
 */
vm_page_t vm_page_alloc(vm_object_t object, vm_pindex_t pindex, int req);
/* Give it back; it may be wired once.  From the same. */
void	vm_page_free(vm_page_t m);
/*
 * Sleep until so many pages are free that a request of this class could have
 * `pages' of them.  Returns at once if they are.
 */
void	vm_wait(uint32_t pages, int req);

#endif /* !_VM_VM_PAGE_H_ */
