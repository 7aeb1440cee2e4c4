/*
 * vfs_default: what a vnode does for which its file system has no function.
 *
 * [kern/vfs_default.c]
 */
#include <sys/vnode_if.h>

#include <sys/errno.h>
#include <vm/vnode_pager.h>

static int
default_getattr(struct vop_getattr_args *ap __unused)
{
	return (EOPNOTSUPP);
}

static int
default_read(struct vop_read_args *ap __unused)
{
	return (EOPNOTSUPP);
}

static int
default_write(struct vop_write_args *ap __unused)
{
	return (EOPNOTSUPP);
}

static int
default_inactive(struct vop_inactive_args *ap __unused)
{
	return (0);
}

static int
default_reclaim(struct vop_reclaim_args *ap __unused)
{
	return (0);
}

static int
vop_stdgetpages(struct vop_getpages_args *ap)
{
	return (vnode_pager_generic_getpages(ap->a_vp, ap->a_m, ap->a_count,
	    ap->a_reqpage));
}

static int
vop_stdputpages(struct vop_putpages_args *ap)
{
	return (vnode_pager_generic_putpages(ap->a_vp, ap->a_m, ap->a_count,
	    ap->a_sync, ap->a_rtvals));
}

const struct vop_vector default_vnodeops = {
	.vop_getattr = default_getattr,
	.vop_read = default_read,
	.vop_write = default_write,
	.vop_getpages = vop_stdgetpages,
	.vop_putpages = vop_stdputpages,
	.vop_inactive = default_inactive,
	.vop_reclaim = default_reclaim
};
