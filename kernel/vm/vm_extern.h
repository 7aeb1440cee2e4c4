/*
 * Kernel memory, in whole pages; and what parts of VM say to each other and to
 * the rest of the kernel.
 *
 * [vm/vm_extern.h, vm/vm_kern.c]
 */
#ifndef _VM_VM_EXTERN_H_
#define	_VM_VM_EXTERN_H_

#include <vm/vm.h>

extern vm_map_t	kernel_map;		/* all of the kernel's addresses */
extern vm_map_t	kmem_map;		/* malloc(9)'s part of them */

/*
 * `size' bytes, rounded up to pages, mapped, wired and zeroed.  Returns the
 * address, or 0 if there are not so many addresses or pages.  Does not sleep.
 */
vm_offset_t kmem_alloc(vm_map_t map, vm_size_t size);
/*
 * Addresses only: who touches them before mapping something there faults.  Without
 * a map yet (NULL) they are for ever.
 */
vm_offset_t kmem_alloc_nofault(vm_map_t map, vm_size_t size);
/*
 * For malloc(9) and zones: M_NOWAIT or M_WAITOK, M_ZERO.  0 only with M_NOWAIT,
 * which handlers of interrupts up to splvm's level may ask for.
 */
vm_offset_t kmem_malloc(vm_map_t map, vm_size_t size, int flags);
/* Give back, pages too, what one of these has returned, the same size. */
void	kmem_free(vm_map_t map, vm_offset_t addr, vm_size_t size);

/* ---------------------------------------------------------------- memory that fails */

/*
 * vm.fail_alloc=N: of all that ask for memory from then on (vm_page_alloc(),
 * uma_zalloc(), malloc()) the Nth finds none: it gets NULL if it cannot wait,
 * or else waits once before it gets it.  0: none fails.  So a test can try
 * every place where memory may be short, one after the other.  Of what is asked
 * for while the kernel starts (`cold') none fails.  Each of the three asks when
 * it is entered:
 *
 *	if (vm_fail_alloc != 0 && vm_fail_request(flags))
 *		return (NULL);
 */
extern int	vm_fail_alloc;
int	vm_fail_now(void);		/* count one; is it that one? */
/* The same for M_NOWAIT; with M_WAITOK, wait a tick if it is, and return 0. */
int	vm_fail_request(int flags);

/* ---------------------------------------------------------------- faults */

/* How vm_fault() is to leave the page. */
#define	VM_FAULT_NORMAL		0	/* mapped, in a queue */
#define	VM_FAULT_CHANGE_WIRING	1	/* wired once more */
#define	VM_FAULT_USER_WIRE	2	/* the same, and it is the user who asks */
#define	VM_FAULT_WIRE_MASK	(VM_FAULT_CHANGE_WIRING | VM_FAULT_USER_WIRE)
#define	VM_FAULT_DIRTY		8	/* dirty, if it may be written */

/*
 * Bring in the page of `map' at `vaddr', which is page-aligned, and map it, so
 * that an access of `fault_type' (VM_PROT_) can be made.  The map is not locked
 * by the caller.  Sleeps.  (vm_fault.c)
 *
 *	KERN_SUCCESS		the access may be tried again
 *	KERN_INVALID_ADDRESS	there is nothing at this address, in a map that is not
 *				the running process'
 *	KERN_PROTECTION_FAILURE	such an access is not allowed, or it is behind
 *				the object's end
 *	KERN_FAILURE		in one that is: nothing, nor a stack that may grow to
 *				there; or the page cannot be read
 */
int	vm_fault(vm_map_t map, vm_offset_t vaddr, vm_prot_t fault_type,
	    int fault_flags);
/*
 * Bring in, map and wire the pages from `start' to before `end', of one entry
 * that its owner has marked as wired and in transition.  Returns what vm_fault()
 * did; after a failure none of them is wired.  What is `fictitious' has no wire
 * count.  The map is not locked.  (vm_fault_wire.c)
 */
int	vm_fault_wire(vm_map_t map, vm_offset_t start, vm_offset_t end,
	    int user_wire, int fictitious);
/* Wire the pages that are mapped there once less. */
void	vm_fault_unwire(vm_map_t map, vm_offset_t start, vm_offset_t end,
	    int fictitious);
/*
 * Give dst_entry, which has no object, one of its own, with copies of all pages
 * of src_entry, which is wired and as large, and map them.  Both maps are locked.
 * Sleeps.
 */
void	vm_fault_copy_entry(vm_map_t dst_map, vm_map_t src_map,
	    vm_map_entry_t dst_entry, vm_map_entry_t src_entry);

/* ---------------------------------------------------------------- mmap(2) */

struct thread;
struct vnode;

/*
 * What mmap(2) does when its arguments have been looked at.  A mapping of `size'
 * bytes from byte `foff' of `object', whose reference passes to it, or of zeros,
 * for NULL; where `flags' (MAP_ of sys/mman.h) and *addr say.  *addr is where it
 * came to be.  Returns 0 or mmap's errno; the reference is gone then.  May sleep.
 */
int	vm_mmap_object(vm_map_t map, vm_offset_t *addr, vm_size_t size,
	    vm_prot_t prot, vm_prot_t maxprot, int flags, vm_object_t object,
	    vm_ooffset_t foff, struct thread *td);
/*
 * The object of a vnode, or of the device that the vnode is, referenced once
 * more, in *objp.  Where the file may not be changed *maxprotp loses VM_PROT_WRITE;
 * where it is zeros *objp is NULL and *flagsp gets MAP_ANON.  Returns 0 or mmap's
 * errno.  May sleep.
 */
int	vm_mmap_vnode(struct thread *td, vm_size_t objsize, vm_prot_t prot,
	    vm_prot_t *maxprotp, int *flagsp, struct vnode *vp,
	    vm_ooffset_t foff, vm_object_t *objp);
/* The errno that stands for a KERN_ code. */
int	vm_mmap_to_errno(int rv);

#endif /* !_VM_VM_EXTERN_H_ */
