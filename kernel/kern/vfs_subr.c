/*
 * vfs_subr: the life of a vnode.
 *
 *	getnewvnode() --> used --> nobody uses it: VOP_INACTIVE()
 *			   ^  \___________|	it stays with its file system,
 *			   |	  vget()	and its pages with it
 *			   v
 *			 vgone(): VI_DOOMED, VBAD, no pages
 *			   |
 *			   +--> nobody uses it: freed
 *
 * The last one to go needs the lock, for VOP_INACTIVE(), and may wait for it;
 * another may come meanwhile, and so each looks at v_usecount again when it has
 * slept.
 *
 * [kern/vfs_subr.c]
 */
#include <sys/vnode_if.h>

#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/systm.h>

static MALLOC_DEFINE(M_VNODE, "vnodes", "vnodes");

int
getnewvnode(const char *tag, struct mount *mp, const struct vop_vector *vops,
    struct vnode **vpp)
{
	struct vnode *vp = malloc(sizeof(*vp), M_VNODE, M_WAITOK | M_ZERO);

	vp->v_type = VNON;
	vp->v_tag = tag;
	vp->v_mount = mp;
	vp->v_op = vops;
	vp->v_usecount = 1;
	sx_init(&vp->v_lock, "vnode");
	*vpp = vp;
	return (0);
}

int
vrefcnt(struct vnode *vp)
{
	return (vp->v_usecount);
}

void
vref(struct vnode *vp)
{
	KASSERT(vp->v_usecount > 0, ("vref: nobody uses vnode %p", vp));
	vp->v_usecount++;
}

int
vget(struct vnode *vp, int flags, struct thread *td)
{
	int error;

	vp->v_usecount++;
	error = vn_lock(vp, flags, td);
	if (error != 0)
		vrele(vp);
	return (error);
}

/* Locked by us alone, and nobody uses it, unless it is found while we sleep here. */
static void
vinactive(struct vnode *vp)
{
	if ((vp->v_iflag & VI_DOOMED) == 0)
		(void)VOP_INACTIVE(vp, curthread);
}

void
vput(struct vnode *vp)
{
	int alone;

	KASSERT(vp->v_usecount > 0, ("vput: nobody uses vnode %p", vp));
	if (--vp->v_usecount == 0) {
		alone = sx_xlocked(&vp->v_lock) || sx_try_upgrade(&vp->v_lock);
		KASSERT(alone, ("vput: vnode %p is locked by one who does not "
		    "use it", vp));
		vinactive(vp);
	}
	VOP_UNLOCK(vp, 0, curthread);
	if (vp->v_usecount == 0 && (vp->v_iflag & VI_DOOMED)) {
		sx_destroy(&vp->v_lock);
		free(vp, M_VNODE);
	}
}

/* The last one's use counts until vput(): so it is there while we wait. */
void
vrele(struct vnode *vp)
{
	KASSERT(vp->v_usecount > 0, ("vrele: nobody uses vnode %p", vp));
	if (vp->v_usecount > 1) {
		vp->v_usecount--;
		return;
	}
	(void)vn_lock(vp, LK_EXCLUSIVE | LK_RETRY, curthread);
	vput(vp);
}

void
vgone(struct vnode *vp)
{
	KASSERT(VOP_ISLOCKED(vp, curthread) == LK_EXCLUSIVE,
	    ("vgone: vnode %p is not locked", vp));
	if (vp->v_iflag & VI_DOOMED)
		return;
	vp->v_iflag |= VI_DOOMED;
	vnode_destroy_vobject(vp);
	(void)VOP_RECLAIM(vp, curthread);
	vp->v_data = NULL;
	vp->v_op = &default_vnodeops;
	vp->v_type = VBAD;
}
