/*
 * The kernel's maps, for those who make them: vm_init.c and malloc(9).
 *
 * [vm/vm_kern.h]
 */
#ifndef _VM_VM_KERN_H_
#define	_VM_VM_KERN_H_

#include <vm/vm_extern.h>

/*
 * kernel_map is all of the kernel's addresses to before `end'.  Those before
 * virtual_avail are in use; nobody takes more of them by hand from now on.
 */
void	kmem_init(vm_offset_t end);
/*
 * A map of its own in a part of `parent', of `size' bytes rounded up to pages,
 * from *min to before *max.  Panics if there is no room.
 */
vm_map_t kmem_suballoc(vm_map_t parent, vm_offset_t *min, vm_offset_t *max,
	    vm_size_t size);

#endif /* !_VM_VM_KERN_H_ */
