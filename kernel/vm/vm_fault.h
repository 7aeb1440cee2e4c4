/*
 * A fault on its way: what the steps of vm_fault() hand on to each other.
 *
 * A step returns KERN_SUCCESS to go on.  With anything else it has let go of
 * all that the fault holds: a KERN_ code is what vm_fault() returns, and after
 * FAULT_RETRY it begins anew, since the step has slept without the map's lock.
 * FAULT_ABSENT is the walk's alone: not in this object.
 */
#ifndef _VM_VM_FAULT_H_
#define	_VM_VM_FAULT_H_

#include <sys/vmmeter.h>
#include <vm/vm_extern.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>

#define	FAULT_RETRY	(-1)
#define	FAULT_ABSENT	(-2)

struct faultstate {
	/* What is asked for: vm_fault()'s arguments. */
	vm_map_t	asked_map;
	vm_offset_t	vaddr;
	vm_prot_t	asked_type;
	int		flags;		/* VM_FAULT_ */

	/* What the map says of it: vm_map_lookup(). */
	vm_map_t	map;		/* asked_map, or a submap of it */
	vm_map_entry_t	entry;		/* to be used only while it is locked */
	vm_object_t	first_object;	/* where the walk begins */
	vm_pindex_t	first_pindex;
	vm_prot_t	prot;		/* what the page may be mapped for */
	vm_prot_t	type;		/* what it is used for: asked_type, or all
					   of prot where it is wired */
	int		wired;

	/* What keeps that as it is. */
	int		locked;		/* the map is, to look */
	int		held;		/* it was not for a while: first_object is
					   referenced, and pages are in progress of
					   it and of object */
	uint32_t	timestamp;	/* the map's, when it was unlocked */

	/* How far the walk has come. */
	vm_object_t	object;		/* first_object, or one behind it */
	vm_pindex_t	pindex;		/* the page's number there */
	vm_page_t	m;		/* that page, if there is one; busy, ours */
	vm_page_t	first_m;	/* first_object's, busy and not valid, while
					   the walk is behind it */

	/* What has been done. */
	int		grown;		/* a stack has grown: once is enough */
	int		made;		/* the page was not there: zeros, or a copy */
	int		copied;		/* it was a copy */
};

/* ---------------------------------------------------------------- vm_fault.c */

/* Their contracts stand there. */
int	vm_fault_lookup(struct faultstate *fs) __own_code;
int	vm_fault_resident(struct faultstate *fs) __own_code;
void	vm_fault_zero_fill(struct faultstate *fs) __own_code;
void	vm_fault_copy_on_write(struct faultstate *fs) __own_code;

/* ---------------------------------------------------------------- vm_fault_hold.c */

/* Let go of all but fs->m, which is none of ours any more. */
void	vm_fault_let_go(struct faultstate *fs);
/* Give up the map's lock; the objects are held instead. */
void	vm_fault_unlock_map(struct faultstate *fs);
/* fs->m, a good page, is for others to use again. */
void	vm_fault_put_page(struct faultstate *fs);
/* Let go of all, and sleep until fs->m, which another has made busy, is not. */
void	vm_fault_wait_busy(struct faultstate *fs);
/* Let go of all, and sleep until there is more memory. */
void	vm_fault_wait_memory(struct faultstate *fs);
/* Hold `next' in the place of fs->object. */
void	vm_fault_hold_next(struct faultstate *fs, vm_object_t next);
/*
 * The map's lock was given up: is what vm_map_lookup() had said still true?  If
 * the map has changed, or cannot be asked, FAULT_RETRY.
 */
int	vm_fault_relock_map(struct faultstate *fs);

/* ---------------------------------------------------------------- vm_fault_step.c */

/*
 * After KERN_INVALID_ADDRESS: let the stack of the running process grow to there,
 * if it may and has not for this fault: FAULT_RETRY.  KERN_FAILURE where it may
 * not, nor is there one; KERN_INVALID_ADDRESS in a map that is not his.
 */
int	vm_fault_grow(struct faultstate *fs);
/* vm_fault_fetch() of an object with a pager. */
int	vm_fault_ask_pager(struct faultstate *fs);
/* Map fs->m, which is busy and good; let go of all. */
void	vm_fault_enter(struct faultstate *fs);

/*
 * An empty page for fs->object, at fs->m: FAULT_ABSENT.  FAULT_RETRY: there was
 * none; KERN_PROTECTION_FAILURE: it is behind the object's end.
 *
 * If nobody can have what belongs there it will be zeros.
 */
static inline int
vm_fault_allocate(struct faultstate *fs)
{
	vm_object_t object = fs->object;
	int req = VM_ALLOC_NORMAL;

	if (fs->pindex >= object->size) {
		vm_fault_let_go(fs);
		return (KERN_PROTECTION_FAILURE);
	}
	if (object->backing_object == NULL && object->type != OBJT_VNODE)
		req |= VM_ALLOC_ZERO;
	if (!vm_page_count_severe())
		fs->m = vm_page_alloc(object, fs->pindex, req);
	if (fs->m == NULL) {
		vm_fault_wait_memory(fs);
		return (FAULT_RETRY);
	}
	return (FAULT_ABSENT);
}

/*
 * A page for what is not in memory, at fs->m: filled by the pager, KERN_SUCCESS;
 * or FAULT_ABSENT, and empty if it is the first object's, which alone keeps it.
 */
static inline int
vm_fault_fetch(struct faultstate *fs)
{
	if (fs->object->type != OBJT_DEFAULT)
		return (vm_fault_ask_pager(fs));
	if (fs->m != NULL || fs->object != fs->first_object)
		return (FAULT_ABSENT);
	return (vm_fault_allocate(fs));
}

/*
 * fs->object does not have the page: on to the one behind it, 1; or 0 if there
 * is none.  The first object's page becomes fs->first_m.
 */
static inline int
vm_fault_next(struct faultstate *fs)
{
	vm_object_t object = fs->object, next = object->backing_object;

	if (object == fs->first_object)
		fs->first_m = fs->m;
	else if (fs->m != NULL)		/* it was not valid */
		vm_page_wakeup(fs->m);
	if (next == NULL)
		return (0);
	if (fs->held)
		vm_fault_hold_next(fs, next);
	fs->pindex += OFF_TO_IDX(object->backing_object_offset);
	fs->object = next;
	return (1);
}

/* Back to first_object: the page that is asked for is its own, first_m. */
static inline void
vm_fault_back_to_first(struct faultstate *fs)
{
	if (fs->held)
		vm_fault_hold_next(fs, fs->first_object);
	fs->object = fs->first_object;
	fs->pindex = fs->first_pindex;
	fs->m = fs->first_m;
}

/* ---------------------------------------------------------------- the others */

/*
 * Have the pager fill fs->m, with others around it: vm_fault_pagein.c.  Returns as
 * vm_fault_fetch().
 */
int	vm_fault_pagein(struct faultstate *fs);
/* Map pages around fs->vaddr that are in memory, to read: vm_fault_prefault.c. */
void	vm_fault_prefault(struct faultstate *fs);
/*
 * Look up, for the user who wires, what must not be written: he gets a page of
 * his own now.  As vm_map_lookup(): vm_fault_wire.c.
 */
int	vm_fault_lookup_wire(struct faultstate *fs);

#endif /* !_VM_VM_FAULT_H_ */
