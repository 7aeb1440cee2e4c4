/*
 * The vnode pager: the pages of files.
 *
 * What the rest of the kernel needs of it, sys/vnode.h has.
 *
 * [vm/vnode_pager.h]
 */
#ifndef _VM_VNODE_PAGER_H_
#define	_VM_VNODE_PAGER_H_

#include <vm/vm.h>

struct vnode;

#define	VNODE_PAGER_MAXPAGES	16	/* pages of one transfer */

/* vnode_pager_io.c: from vm_pager_init(). */
void	vnode_pager_init(void);
/*
 * What VOP_GETPAGES() and VOP_PUTPAGES() do for a file system that has nothing
 * better: by VOP_READ() and VOP_WRITE().  `bytecount' is of whole pages,
 * VNODE_PAGER_MAXPAGES at most.
 */
int	vnode_pager_generic_getpages(struct vnode *vp, vm_page_t *m,
	    int bytecount, int reqpage);
int	vnode_pager_generic_putpages(struct vnode *vp, vm_page_t *m,
	    int bytecount, int sync, int *rtvals);

/*
 * A reference of the object of a vnode's is gone.  The vnode's is, too.  For
 * vm_object_deallocate().  May sleep.
 */
void	vm_object_vndeallocate(vm_object_t object);

#endif /* !_VM_VNODE_PAGER_H_ */
