/*
 * Vnodes: files, directories and devices, whatever file system they are in.
 *
 *	struct file ──► vnode ──► v_op: what its file system does with it
 *	                  │  └──► v_data: what its file system knows of it
 *	                  ▼  ▲
 *	               v_object: its pages in memory; handle leads back
 *
 * A vnode lives as long as somebody uses it: v_usecount counts open files,
 * mappings (each reference of its object is one, too) and whoever else holds a
 * pointer to it across a sleep.  When nobody does, VOP_INACTIVE() is called; the
 * vnode may stay, with its pages, until vgone() takes it apart.
 *
 * v_lock guards what the file is: who calls an operation that reads or changes
 * the file holds it, shared or exclusively.  Page i/o is the exception
 * (VOP_GETPAGES(), VOP_PUTPAGES()): it comes from faults, and whoever faults may
 * hold any vnode locked, this one too.  What it needs is that a file which gets
 * shorter says so by vnode_pager_setsize() *before* it gives up its blocks: that
 * waits for page i/o under way, and no new one goes there.
 *
 * [sys/vnode.h]
 */
#ifndef _SYS_VNODE_H_
#define	_SYS_VNODE_H_

#include <sys/stat.h>
#include <sys/sx.h>
#include <vm/vm.h>

struct cdev;
struct mount;
struct thread;
struct ucred;
struct vop_vector;

enum vtype {
	VNON,				/* not anything yet */
	VREG,				/* a file */
	VDIR,
	VBLK,
	VCHR,				/* a device: v_rdev */
	VLNK,				/* a symbolic link */
	VSOCK,
	VFIFO,
	VBAD				/* taken apart */
};

struct vnode {
	enum vtype	v_type;
	const char	*v_tag;		/* its file system, for people */
	const struct vop_vector *v_op;
	void		*v_data;	/* the file system's */
	struct mount	*v_mount;	/* where it is mounted; NULL: nowhere */
	struct cdev	*v_rdev;	/* VCHR: the device */
	struct vm_object *v_object;	/* its pages; NULL while nobody wanted them */
	struct sx	v_lock;
	int		v_usecount;	/* who uses it */
	int		v_iflag;	/* VI_ */
};

#define	VI_DOOMED	0x0080		/* v_iflag: vgone() has it */

/* What is asked of a file, and told. */
struct vattr {
	enum vtype	va_type;
	uint64_t	va_size;	/* bytes */
	uint32_t	va_flags;	/* UF_, SF_ of sys/stat.h */
};

#define	IMMUTABLE	(UF_IMMUTABLE | SF_IMMUTABLE)	/* va_flags: either */
#define	APPEND		(UF_APPEND | SF_APPEND)

#define	NOCRED		((struct ucred *)0)	/* the kernel itself asks */

#define	IO_VMIO		0x0020		/* page i/o: v_lock is not held */
#define	IO_SYNC		0x0080		/* VOP_WRITE(): until it is on the disk */

/* vn_lock()'s and vget()'s flags. */
#define	LK_SHARED	0x00000001
#define	LK_EXCLUSIVE	0x00000002
#define	LK_RETRY	0x00020000	/* one that was taken apart, too */

/* ---------------------------------------------------------------- kern/vfs_subr.c */

/*
 * A vnode of no type yet, used once, by the caller, and not locked.  Returns 0.
 * May sleep.
 */
int	getnewvnode(const char *tag, struct mount *mp,
	    const struct vop_vector *vops, struct vnode **vpp);
/* One more uses it, who knows that somebody does. */
void	vref(struct vnode *vp);
/*
 * Use it and lock it.  Returns 0, or ENOENT, and then neither, where it was
 * taken apart and LK_RETRY does not say that this is no matter.
 */
int	vget(struct vnode *vp, int flags, struct thread *td);
/* One less.  The last one calls VOP_INACTIVE(), with the lock.  May sleep. */
void	vrele(struct vnode *vp);
/* The same of a vnode that the caller has locked: it is unlocked. */
void	vput(struct vnode *vp);
/* Who uses it. */
int	vrefcnt(struct vnode *vp);
/*
 * Take apart what the file system no longer has: its pages are written and
 * freed, VOP_RECLAIM() forgets v_data, and it is of type VBAD.  Locked
 * exclusively.  The last one to use it frees the memory.
 */
void	vgone(struct vnode *vp);

/* ---------------------------------------------------------------- kern/vfs_vnops.c */

/* Lock it.  Returns 0, or ENOENT as vget() does.  May sleep. */
int	vn_lock(struct vnode *vp, int flags, struct thread *td);
void	VOP_UNLOCK(struct vnode *vp, int flags, struct thread *td);
int	VOP_ISLOCKED(struct vnode *vp, struct thread *td);	/* LK_EXCLUSIVE, LK_SHARED or 0 */

/* ---------------------------------------------------------------- vm/vnode_pager.c */

/*
 * Give a locked vnode its object, for a file of so many bytes (0: as
 * VOP_GETATTR() says).  Nothing references it; it lives until
 * vnode_destroy_vobject().  Returns 0 or an errno.
 */
int	vnode_create_vobject(struct vnode *vp, uint64_t size, struct thread *td);
/* Write what is dirty, free the pages and the object.  Locked exclusively. */
void	vnode_destroy_vobject(struct vnode *vp);
/*
 * The file is `nsize' bytes long from now on.  Where that is less than before,
 * the pages behind its end are unmapped and freed, and the rest of the last
 * page is zeros.  May sleep, for page i/o under way.
 */
void	vnode_pager_setsize(struct vnode *vp, uint64_t nsize);

#endif /* !_SYS_VNODE_H_ */
