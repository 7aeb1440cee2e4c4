/*
 * A file system of memory: services_memvnode.h.
 */
#include "services_memvnode.h"

#include <sys/errno.h>
#include <sys/priority.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vnode_if.h>
#include <vm/vm_extern.h>

struct mount memmount;

static struct memfile *
file_of(struct vnode *vp)
{
	return (vp->v_data);
}

static int
mem_getattr(struct vop_getattr_args *ap)
{
	const struct memfile *mf = file_of(ap->a_vp);

	ap->a_vap->va_type = ap->a_vp->v_type;
	ap->a_vap->va_size = mf->size;
	ap->a_vap->va_flags = mf->flags;
	return (0);
}

/* What a disk does: it takes its time, */
static void
seek(const struct memfile *mf)
{
	if (mf->slow > 0)
		(void)tsleep(mf, PRIBIO, "memio", mf->slow);
}

/* and fails at times. */
static int
transfer(struct memfile *mf, struct uio *uio)
{
	if (mf->fails > 0) {
		mf->fails--;
		return (EIO);
	}
	if ((uint64_t)uio->uio_offset >= mf->size)
		return (0);
	return (uiomove(mf->data + uio->uio_offset,
	    MIN(uio->uio_resid, mf->size - uio->uio_offset), uio));
}

/* Bytes are as they were long before they have come, and where they go at the very last. */
static int
mem_read(struct vop_read_args *ap)
{
	struct memfile *mf = file_of(ap->a_vp);
	int error;

	mf->reads++;
	error = transfer(mf, ap->a_uio);
	seek(mf);
	return (error);
}

static int
mem_write(struct vop_write_args *ap)
{
	struct memfile *mf = file_of(ap->a_vp);

	mf->writes++;
	seek(mf);
	return (transfer(mf, ap->a_uio));
}

static int
mem_inactive(struct vop_inactive_args *ap)
{
	file_of(ap->a_vp)->inactive++;
	return (0);
}

static int
mem_reclaim(struct vop_reclaim_args *ap)
{
	file_of(ap->a_vp)->reclaimed++;
	return (0);
}

static const struct vop_vector mem_vnodeops = {
	.vop_default = &default_vnodeops,
	.vop_getattr = mem_getattr,
	.vop_read = mem_read,
	.vop_write = mem_write,
	.vop_inactive = mem_inactive,
	.vop_reclaim = mem_reclaim
};

void
memfile_create(struct memfile *mf, enum vtype type, uint64_t size, int seed)
{
	uint32_t i;

	bzero(mf, sizeof(*mf));
	mf->size = size;
	mf->data = (uint8_t *)kmem_alloc(kernel_map, MEMFILE_MAX);
	KASSERT(mf->data != NULL, ("memfile_create: no memory"));
	for (i = 0; i < size; i++)
		mf->data[i] = seed + i / 7;
	(void)getnewvnode("mem", &memmount, &mem_vnodeops, &mf->vnode);
	mf->vnode->v_type = type;
	mf->vnode->v_data = mf;
}

void
memfile_truncate(struct memfile *mf, uint64_t size)
{
	(void)vn_lock(mf->vnode, LK_EXCLUSIVE, curthread);
	vnode_pager_setsize(mf->vnode, size);
	if (size < mf->size)
		bzero(mf->data + size, mf->size - size);
	mf->size = size;
	VOP_UNLOCK(mf->vnode, 0, curthread);
}

void
memfile_destroy(struct memfile *mf)
{
	(void)vn_lock(mf->vnode, LK_EXCLUSIVE | LK_RETRY, curthread);
	vgone(mf->vnode);
	vput(mf->vnode);
	kmem_free(kernel_map, (vm_offset_t)mf->data, MEMFILE_MAX);
}
