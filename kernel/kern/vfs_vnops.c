/*
 * vfs_vnops: vnodes as open files, and their lock.
 *
 * [kern/vfs_vnops.c]
 */
#include <sys/file.h>
#include <sys/vnode.h>

#include <sys/errno.h>
#include <sys/fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/systm.h>
#include <vm/vm_extern.h>

int
vn_lock(struct vnode *vp, int flags, struct thread *td __unused)
{
	KASSERT(vp->v_usecount > 0, ("vn_lock: nobody uses vnode %p", vp));
	if (flags & LK_EXCLUSIVE)
		sx_xlock(&vp->v_lock);
	else
		sx_slock(&vp->v_lock);
	if ((vp->v_iflag & VI_DOOMED) && (flags & LK_RETRY) == 0) {
		VOP_UNLOCK(vp, 0, td);
		return (ENOENT);
	}
	return (0);
}

void
VOP_UNLOCK(struct vnode *vp, int flags __unused, struct thread *td __unused)
{
	if (sx_xlocked(&vp->v_lock))
		sx_xunlock(&vp->v_lock);
	else
		sx_sunlock(&vp->v_lock);
}

int
VOP_ISLOCKED(struct vnode *vp, struct thread *td __unused)
{
	if (sx_xlocked(&vp->v_lock))
		return (LK_EXCLUSIVE);
	return (vp->v_lock.sx_cnt > 0 ? LK_SHARED : 0);
}

/*
 * What a mapping may ever become.  Reading takes a file that was opened for it;
 * a program may be run from any, but where the file system forbids it; and
 * writing changes the file only where it is shared: one's own copy everybody
 * may write, but a device has no copies.
 *
 * Returns 0, or EACCES if `prot' is more than that.  Execution alone is not
 * refused: it is left out of *maxprotp, and vn_mmap() leaves it out of `prot',
 * which this machine's pages do not know anyway.
 */
static int
mmap_maxprot(const struct file *fp, vm_prot_t prot, int flags,
    vm_prot_t *maxprotp)
{
	const struct vnode *vp = fp->f_vnode;
	vm_prot_t maxprot = VM_PROT_EXECUTE;

	if (vp->v_mount != NULL && (vp->v_mount->mnt_flag & MNT_NOEXEC))
		maxprot = VM_PROT_NONE;
	if (fp->f_flag & FREAD)
		maxprot |= VM_PROT_READ;
	else if (prot & VM_PROT_READ)
		return (EACCES);
	if (fp->f_flag & FWRITE)
		maxprot |= VM_PROT_WRITE;
	else if ((flags & MAP_SHARED) && (prot & VM_PROT_WRITE))
		return (EACCES);
	else if ((flags & MAP_SHARED) == 0 && vp->v_type != VCHR)
		maxprot |= VM_PROT_WRITE;
	*maxprotp = maxprot;
	return (0);
}

/* fo_mmap of a file or device; ENODEV: it is neither. */
static int
vn_mmap(struct file *fp, vm_map_t map, vm_offset_t *addr, vm_size_t size,
    vm_prot_t prot, vm_prot_t cap_maxprot, int flags, vm_ooffset_t foff,
    struct thread *td)
{
	vm_prot_t maxprot;
	vm_object_t object;
	int error;

	if (fp->f_vnode->v_type != VREG && fp->f_vnode->v_type != VCHR)
		return (ENODEV);
	error = mmap_maxprot(fp, prot, flags, &maxprot);
	if (error != 0)
		return (error);
	maxprot &= cap_maxprot;
	error = vm_mmap_vnode(td, size, prot, &maxprot, &flags, fp->f_vnode,
	    foff, &object);
	if (error != 0)
		return (error);
	return (vm_mmap_object(map, addr, size,
	    prot & (maxprot | ~VM_PROT_EXECUTE), maxprot, flags, object,
	    object == NULL ? 0 : foff, td));
}

static int
vn_closefile(struct file *fp, struct thread *td __unused)
{
	vrele(fp->f_vnode);
	return (0);
}

const struct fileops vnops = {
	.fo_close = vn_closefile,
	.fo_mmap = vn_mmap
};
