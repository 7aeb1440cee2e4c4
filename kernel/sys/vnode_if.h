/*
 * The operations of vnodes: what a file system does.
 *
 *	VOP_READ(vp, uio, 0, cred) --> vp->v_op->vop_read(&{ vp, uio, 0, cred })
 *
 * Arguments travel in a structure, so that one function can stand for any of
 * the operations: one that returns EOPNOTSUPP, or hands everything on to another
 * vnode.  What a vector leaves out, NULL, its vop_default does, in the end
 * default_vnodeops (kern/vfs_default.c), which leaves out nothing.
 *
 *	operation	v_lock		does
 *	GETATTR		shared		what the file is: its size, its flags
 *	READ		shared		from uio_offset; less at the end of the file
 *	WRITE		exclusive	at uio_offset; makes the file longer
 *	GETPAGES	none		pages that are busy become valid
 *	PUTPAGES	none		pages that are busy go to the file
 *	INACTIVE	exclusive	nobody uses it any more
 *	RECLAIM		exclusive	v_data is to be forgotten
 *
 * READ and WRITE with IO_VMIO are page i/o, too: without v_lock.
 *
 * All return 0 or an errno, the two for pages a VM_PAGER_ code; all may sleep.
 * GETPAGES and PUTPAGES are called as the pager's functions of vm/vm_pager.h,
 * with bytes for `count'.
 *
 * [kern/vnode_if.src]
 */
#ifndef _SYS_VNODE_IF_H_
#define	_SYS_VNODE_IF_H_

#include <sys/uio.h>
#include <sys/vnode.h>

struct vop_getattr_args {
	struct vnode	*a_vp;		/* all begin so */
	struct vattr	*a_vap;		/* filled in */
	struct ucred	*a_cred;
	struct thread	*a_td;
};
struct vop_read_args {
	struct vnode	*a_vp;
	struct uio	*a_uio;
	int		a_ioflag;	/* IO_ */
	struct ucred	*a_cred;
};
struct vop_write_args {
	struct vnode	*a_vp;
	struct uio	*a_uio;
	int		a_ioflag;
	struct ucred	*a_cred;
};
struct vop_getpages_args {
	struct vnode	*a_vp;
	vm_page_t	*a_m;		/* neighbours in the object, all busy */
	int		a_count;	/* bytes: so many pages */
	int		a_reqpage;	/* which of them must come */
	vm_ooffset_t	a_offset;	/* of the first, in the file */
};
struct vop_putpages_args {
	struct vnode	*a_vp;
	vm_page_t	*a_m;
	int		a_count;	/* bytes */
	int		a_sync;		/* VM_PAGER_PUT_ */
	int		*a_rtvals;	/* a VM_PAGER_ code for each */
	vm_ooffset_t	a_offset;
};
struct vop_inactive_args {
	struct vnode	*a_vp;
	struct thread	*a_td;
};
struct vop_reclaim_args {
	struct vnode	*a_vp;
	struct thread	*a_td;
};

struct vop_vector {
	const struct vop_vector *vop_default;
	int	(*vop_getattr)(struct vop_getattr_args *ap);
	int	(*vop_read)(struct vop_read_args *ap);
	int	(*vop_write)(struct vop_write_args *ap);
	int	(*vop_getpages)(struct vop_getpages_args *ap);
	int	(*vop_putpages)(struct vop_putpages_args *ap);
	int	(*vop_inactive)(struct vop_inactive_args *ap);
	int	(*vop_reclaim)(struct vop_reclaim_args *ap);
};

extern const struct vop_vector default_vnodeops;

/* The first vector on the way that has the operation; called with `args'. */
#define	VOP_CALL(vp, op, args) do {					\
	const struct vop_vector *__vop = (vp)->v_op;			\
									\
	while (__vop->op == NULL)					\
		__vop = __vop->vop_default;				\
	return (__vop->op(args));					\
} while (0)

static inline int
VOP_GETATTR(struct vnode *vp, struct vattr *vap, struct ucred *cred,
    struct thread *td)
{
	struct vop_getattr_args a = { vp, vap, cred, td };

	VOP_CALL(vp, vop_getattr, &a);
}

static inline int
VOP_READ(struct vnode *vp, struct uio *uio, int ioflag, struct ucred *cred)
{
	struct vop_read_args a = { vp, uio, ioflag, cred };

	VOP_CALL(vp, vop_read, &a);
}

static inline int
VOP_WRITE(struct vnode *vp, struct uio *uio, int ioflag, struct ucred *cred)
{
	struct vop_write_args a = { vp, uio, ioflag, cred };

	VOP_CALL(vp, vop_write, &a);
}

static inline int
VOP_GETPAGES(struct vnode *vp, vm_page_t *m, int count, int reqpage,
    vm_ooffset_t offset)
{
	struct vop_getpages_args a = { vp, m, count, reqpage, offset };

	VOP_CALL(vp, vop_getpages, &a);
}

static inline int
VOP_PUTPAGES(struct vnode *vp, vm_page_t *m, int count, int sync, int *rtvals,
    vm_ooffset_t offset)
{
	struct vop_putpages_args a = { vp, m, count, sync, rtvals, offset };

	VOP_CALL(vp, vop_putpages, &a);
}

static inline int
VOP_INACTIVE(struct vnode *vp, struct thread *td)
{
	struct vop_inactive_args a = { vp, td };

	VOP_CALL(vp, vop_inactive, &a);
}

static inline int
VOP_RECLAIM(struct vnode *vp, struct thread *td)
{
	struct vop_reclaim_args a = { vp, td };

	VOP_CALL(vp, vop_reclaim, &a);
}

#endif /* !_SYS_VNODE_IF_H_ */
