/*
 * Memory objects: what addresses show.
 *
 * An object is an array of pages.  Those that are resident are in it, in a list
 * by number and in a splay tree (vm_page.c); others its pager has.  What neither
 * has is looked up in the backing object, which this one is a shadow of: its
 * pages are only those that have become different.
 *
 *	map entry --> shadow ----------> backing object ----> ...
 *		      |  .  | 3 |  .  |  | 0 | 1 | 2 | 3 |
 *		      at backing_object_offset of it
 *
 *	type	 pager			what the pages are
 *	DEFAULT	 none yet		zeros, until they are written
 *	SWAP	 vm/swap_pager.c	a DEFAULT that has been paged out
 *	VNODE	 vm/vnode_pager.c	a file's
 *	DEVICE	 vm/device_pager.c	a device's, of no memory of ours
 *	PHYS	 vm/phys_pager.c	zeros, never paged out
 *	DEAD	 none			of one that has been terminated
 *
 * References are counted: of map entries, of who holds it for a moment, and of
 * each of its shadows; those are counted a second time, in shadow_count.  The
 * last reference that goes terminates the object.
 *
 * Objects are changed by processes only, between sleeps: but the kernel's own,
 * whose pages come and go at splvm, and paging_in_progress, which the ends of
 * transfers count down.
 *
 * [vm/vm_object.h, vm/vm_object.c]
 */
#ifndef _VM_VM_OBJECT_H_
#define	_VM_VM_OBJECT_H_

#include <sys/queue.h>
#include <vm/vm.h>
#include <vm/vm_page.h>

typedef uint8_t	objtype_t;

#define	OBJT_DEFAULT	0
#define	OBJT_SWAP	1
#define	OBJT_VNODE	2
#define	OBJT_DEVICE	3
#define	OBJT_PHYS	4
#define	OBJT_DEAD	5

struct vm_object {
	TAILQ_ENTRY(vm_object) object_list;	/* of all */

	/* Its pages. */
	struct pglist	memq;		/* those in memory, by number */
	vm_page_t	root;		/* the same, as a tree */
	vm_page_t	hint;		/* the one that was found last */
	vm_pindex_t	size;		/* pages */
	int		resident_page_count;

	/* Who uses it. */
	int		ref_count;
	int		paging_in_progress; /* it must not end nor change its type */
	objtype_t	type;		/* OBJT_ */
	uint16_t	flags;		/* OBJ_ */

	/* The chain. */
	LIST_HEAD(, vm_object) shadow_head; /* its shadows */
	int		shadow_count;
	LIST_ENTRY(vm_object) shadow_list;	/* of backing_object's */
	struct vm_object *backing_object;
	vm_ooffset_t	backing_object_offset;	/* bytes, of whole pages */

	/* Its pager's. */
	TAILQ_ENTRY(vm_object) pager_object_list;
	void		*handle;	/* what its pages are of; NULL: anonymous */
	union {
		struct {
			int64_t	vnp_size;	/* bytes of the file */
		} vnp;
		struct {
			struct pglist devp_pglist; /* the pages it has made */
		} devp;
		struct {
			int	swp_bcount;	/* blocks of metadata */
		} swp;
	} un_pager;
};

/* flags */
#define	OBJ_DEAD	0x0008		/* being terminated, or was */
#define	OBJ_PIPWNT	0x0040		/* somebody waits for paging_in_progress */
#define	OBJ_MIGHTBEDIRTY 0x0100		/* may have pages to be cleaned */
#define	OBJ_ONEMAPPING	0x2000		/* no page is in two places of maps */

/* vm_object_page_clean()'s */
#define	OBJPC_SYNC	0x1		/* wait until it is written */
#define	OBJPC_NOSYNC	0x4		/* not those of PG_NOSYNC */

#define	IDX_TO_OFF(idx)	((vm_ooffset_t)(idx) << PAGE_SHIFT)
#define	OFF_TO_IDX(off)	((vm_pindex_t)((vm_ooffset_t)(off) >> PAGE_SHIFT))

TAILQ_HEAD(object_q, vm_object);
extern struct object_q vm_object_list;	/* all there are */

extern vm_object_t kernel_object;	/* by address, from VM_MIN_KERNEL_ADDRESS on */
extern vm_object_t kmem_object;		/* the same, of malloc(9)'s pages */

/* The two above, and where objects come from; from vm_mem_init(). */
void	vm_object_init(void);

/* ---------------------------------------------------------------- references */

/* A new one of `size' pages, with one reference.  May sleep for memory. */
vm_object_t vm_object_allocate(objtype_t type, vm_pindex_t size);
/* The same of the caller's own memory. */
void	_vm_object_allocate(objtype_t type, vm_pindex_t size, vm_object_t object);
/* One more; NULL is nothing. */
void	vm_object_reference(vm_object_t object);
/*
 * One fewer; NULL is nothing.  May sleep.  When only a shadow is left that
 * refers to it, it is collapsed into that; when nothing is, it ends, and with
 * it whatever is behind it that nobody else refers to.
 */
void	vm_object_deallocate(vm_object_t object);
/*
 * End it: its pages are freed, its pager forgets it, and it is gone.  Nothing
 * refers to it, nor is it a shadow.  May sleep.
 */
void	vm_object_terminate(vm_object_t object);
/* The last step: it has no pages, and is not to be found any more. */
void	vm_object_destroy(vm_object_t object);

/*
 * Count what goes on with its pages: while it does, the object neither ends nor
 * changes its type.  wakeup() and wakeupn() may be called by handlers.
 */
static inline void
vm_object_pip_add(vm_object_t object, int i)
{
	atomic_add_int(&object->paging_in_progress, i);
}

void	vm_object_pip_wakeup(vm_object_t object);
void	vm_object_pip_wakeupn(vm_object_t object, int i);
/* Sleep once, while there is something; until there is nothing. */
void	vm_object_pip_sleep(vm_object_t object, const char *wmesg);
void	vm_object_pip_wait(vm_object_t object, const char *wmesg);

static inline void
vm_object_set_flag(vm_object_t object, uint16_t bits)
{
	atomic_set_short(&object->flags, bits);
}

static inline void
vm_object_clear_flag(vm_object_t object, uint16_t bits)
{
	atomic_clear_short(&object->flags, bits);
}

/* It is mapped for writing: it might be dirty from now on. */
static inline void
vm_object_set_writeable_dirty(vm_object_t object)
{
	if (!(object->flags & OBJ_MIGHTBEDIRTY))
		vm_object_set_flag(object, OBJ_MIGHTBEDIRTY);
}

/* ---------------------------------------------------------------- shadows */

/* Of memory that has no name: nobody but those who refer to it sees it. */
static inline int
vm_object_is_anonymous(vm_object_t object)
{
	return (object->handle == NULL && object->type <= OBJT_SWAP &&
	    !(object->flags & OBJ_DEAD));
}

/*
 * Replace *object, which has its offset *offset (bytes), by a new shadow of it,
 * `length' PAGES long, at offset 0: the reference to it becomes the shadow's.
 * If nobody else refers to it and it is anonymous, nothing happens.  *object may
 * be NULL.  May sleep for memory.
 */
void	vm_object_shadow(vm_object_t *object, vm_ooffset_t *offset,
	    vm_size_t length);
/*
 * An object is no shadow any more.  Returns what it was one of, NULL if it was
 * none; the reference to that is the caller's.
 */
vm_object_t vm_object_leave_backing(vm_object_t object);
/*
 * Shorten the chain behind an object, as far as may be: a backing object that
 * nobody else refers to is absorbed; one that shows nothing through is bypassed.
 * The caller refers to it.  Sleeps for busy pages, not for memory: without that
 * the chain stays as it is.
 */
void	vm_object_collapse(vm_object_t object);
/*
 * May the object of an entry that shows `prev_size' bytes from `prev_offset'
 * serve `next_size' bytes behind those?  If so makes it that long, empty there,
 * and returns 1.  NULL may.
 */
int	vm_object_coalesce(vm_object_t object, vm_ooffset_t prev_offset,
	    vm_size_t prev_size, vm_size_t next_size);

/* ---------------------------------------------------------------- its pages */

/*
 * Free pages from `start' to before `end' (0: all behind start), and their
 * mappings, wired or not; with `clean_only', only those that are neither dirty
 * nor wired.  What the kernel has wired for itself stays, and its contents are
 * invalid.  Sleeps for busy ones.  Not of a device, nor of OBJT_PHYS, whose pages
 * are not known to be mapped.
 */
void	vm_object_page_remove(vm_object_t object, vm_pindex_t start,
	    vm_pindex_t end, int clean_only);
/*
 * Write dirty pages from `start' to before `end' (0: all behind start) to the
 * pager.  flags: OBJPC_.  Returns 0, or EIO if one could not be written.
 */
int	vm_object_page_clean(vm_object_t object, vm_pindex_t start,
	    vm_pindex_t end, int flags);
/*
 * For msync(): the pages of a range of bytes, in the object and whatever it is
 * a shadow of: written (`syncio': wait for it), then `invalidate'd.  0 or EIO.
 */
int	vm_object_sync(vm_object_t object, vm_ooffset_t offset, vm_size_t size,
	    int syncio, int invalidate);
/* For madvise(): MADV_WILLNEED, DONTNEED or FREE, for `count' pages. */
void	vm_object_madvise(vm_object_t object, vm_pindex_t pindex, int count,
	    int advise);

/*
 * Page `pindex' of an object, or NULL.  Resident is not yet valid, nor ours.
 *
 * The page that was found last, or the one behind it, is often the one: then the
 * tree may stay as it is.
 */
static inline vm_page_t
vm_page_lookup(vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t m = object->hint, next;

	if (m == NULL || m->pindex == pindex)
		return (m);
	if (m->pindex < pindex) {
		next = TAILQ_NEXT(m, listq);
		if (next == NULL || pindex < next->pindex)
			return (NULL);
		if (next->pindex == pindex)
			return (object->hint = next);
	}
	return (vm_page_search(object, pindex));
}

#endif /* !_VM_VM_OBJECT_H_ */
