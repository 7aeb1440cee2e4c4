/*
 * Kernel memory, in whole pages.
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
 * address, or 0 if there are not so many addresses or pages.
 */
vm_offset_t kmem_alloc(vm_map_t map, vm_size_t size);
/* Addresses only: who touches them before mapping something there faults. */
vm_offset_t kmem_alloc_nofault(vm_map_t map, vm_size_t size);
/* For malloc(9): M_NOWAIT or M_WAITOK, M_ZERO.  0 only with M_NOWAIT. */
vm_offset_t kmem_malloc(vm_map_t map, vm_size_t size, int flags);
/* Give back, pages too, what one of these has returned, the same size. */
void	kmem_free(vm_map_t map, vm_offset_t addr, vm_size_t size);

#endif /* !_VM_VM_EXTERN_H_ */
