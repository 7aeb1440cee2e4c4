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
/* Addresses only: who touches them before mapping something there faults. */
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
 * vm.fail_alloc=N: of all that ask for memory from now on (vm_page_alloc(),
 * uma_zalloc(), malloc()) the Nth finds none: it gets NULL if it cannot wait,
 * or else waits once before it gets it.  0: none fails.  So a test can try
 * every place where memory may be short, one after the other.  Each of the
 * three asks when it is entered:
 *
 *	if (vm_fail_alloc != 0 && vm_fail_request(flags))
 *		return (NULL);
 */
extern int	vm_fail_alloc;
int	vm_fail_now(void);		/* count one; is it that one? */
/* The same for M_NOWAIT; with M_WAITOK, wait a tick if it is, and return 0. */
int	vm_fail_request(int flags);

#endif /* !_VM_VM_EXTERN_H_ */
