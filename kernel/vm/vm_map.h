/*
 * Address maps: what is at which addresses of a process, or of the kernel.
 *
 * A map's entries are ranges of pages that do not overlap.  Each is in two
 * structures at once: a list by address, which begins and ends in the map's
 * header, and a binary tree by address, which is splayed (vm_map_splay.c).
 *
 *	 vm_map
 *	+--------+     +-------+     +-------+     +-------+
 *	| header-+-<-->| 1-3 <-+---->| 3-4 <-+---->| 7-9 <-+---> header
 *	|        |     +-------+     +-------+     +-------+
 *	|  root -+-------------------->  / \
 *	+--------+              left  1-3   7-9  right
 *
 *	   1-3 3-4       7-9        max		adj_free of 3-4 is 3, of 7-9
 *	---[  |  ]-------[  ]-------|		max - 9; max_free is the largest
 *		  adj_free   adj_free		adj_free of an entry and all below it
 *
 * An entry says which part of which object is seen there:
 *
 *	page of object = (address - start + offset) / PAGE_SIZE
 *
 * An entry without an object is memory that nobody has touched yet.
 *
 * Locks.  What changes entries needs the map for itself: vm_map_lock().  Who
 * only looks takes vm_map_lock_read().  A process' map has an sx lock, which
 * may be held across a sleep; one of the kernel's (system_map) is locked by
 * splvm(), and whoever holds it must not sleep.  Looking moves the tree's root,
 * under a read lock too: nobody else runs meanwhile.  Whoever gives a lock up
 * and takes it again compares the timestamp: has anybody changed the map?
 *
 * Functions return KERN_ codes (vm/vm_param.h), but where it is said.  Those
 * that are given a range expect it in whole pages; what of it is outside the
 * map is left out.  Unless it is said, they take the lock themselves, and on
 * a process' map they may sleep.
 *
 * [vm/vm_map.h, vm/vm_map.c]
 */
#ifndef _VM_VM_MAP_H_
#define	_VM_VM_MAP_H_

#include <sys/kernel.h>
#include <sys/sx.h>
#include <vm/pmap.h>
#include <vm/vm.h>
#include <vm/vm_param.h>

struct proc;

union vm_map_object {
	struct vm_object *vm_object;
	struct vm_map	*sub_map;	/* if MAP_ENTRY_IS_SUB_MAP */
};

struct vm_map_entry {
	struct vm_map_entry *prev, *next;	/* by address */
	struct vm_map_entry *left, *right;	/* the tree's */
	vm_offset_t	start, end;	/* end is behind it */
	vm_offset_t	avail_ssize;	/* how much further a stack may grow */
	vm_size_t	adj_free;	/* free behind it, up to the next */
	vm_size_t	max_free;	/* the largest adj_free in its tree */
	union vm_map_object object;
	vm_ooffset_t	offset;		/* of `start' in the object */
	vm_eflags_t	eflags;		/* MAP_ENTRY_ */
	vm_prot_t	protection;	/* now */
	vm_prot_t	max_protection;	/* what it may be changed to */
	vm_inherit_t	inheritance;
	uint8_t		read_ahead;	/* pages that vm_fault() has read ahead last, */
	vm_pindex_t	next_read;	/* and where it would go on */
	int		wired_count;	/* its pages stay in memory */
	const struct thread *wiring_thread; /* who has put it IN_TRANSITION */
};

/* eflags */
#define	MAP_ENTRY_NOSYNC		0x0001	/* written to its file only when it must */
#define	MAP_ENTRY_IS_SUB_MAP		0x0002
#define	MAP_ENTRY_COW			0x0004	/* private: copied on write, */
#define	MAP_ENTRY_NEEDS_COPY		0x0008	/* into an object that is not made yet */
#define	MAP_ENTRY_NOFAULT		0x0010	/* who touches what is not mapped errs */
#define	MAP_ENTRY_USER_WIRED		0x0020	/* wired, among others, by mlock(2) */
#define	MAP_ENTRY_BEHAV_NORMAL		0x0000
#define	MAP_ENTRY_BEHAV_SEQUENTIAL	0x0040	/* as madvise(2) was told */
#define	MAP_ENTRY_BEHAV_RANDOM		0x0080
#define	MAP_ENTRY_BEHAV_MASK		0x00c0
#define	MAP_ENTRY_IN_TRANSITION		0x0100	/* somebody is wiring or unwiring it */
#define	MAP_ENTRY_NEEDS_WAKEUP		0x0200	/* and another waits for that */
#define	MAP_ENTRY_NOCOREDUMP		0x0400
#define	MAP_ENTRY_GROWS_DOWN		0x1000	/* a stack's last piece */
#define	MAP_ENTRY_GROWS_UP		0x2000

struct vm_map {
	struct vm_map_entry header;	/* the list's ends; start, end: all addresses */
	struct sx	lock;		/* if not system_map */
	int		spl;		/* if system_map: the level to go back to, */
	int		locked;		/* and whether it is locked */
	int		nentries;
	vm_size_t	size;		/* of all entries */
	uint32_t	timestamp;	/* how often it was locked for changes */
	uint8_t		needs_wakeup;	/* somebody waits for addresses */
	uint8_t		system_map;	/* of the kernel: may be used by interrupts */
	vm_eflags_t	flags;		/* MAP_WIREFUTURE */
	vm_map_entry_t	root;		/* of the tree, or NULL */
	struct pmap	*pmap;
};

/* flags */
#define	MAP_WIREFUTURE		0x0001	/* mlockall(2): what comes is wired, too */

/*
 * An address space.  What stands between vm_startcopy and vm_endcopy a child
 * has as its parent.
 */
struct vmspace {
	struct vm_map	vm_map;		/* the first */
	vm_size_t	vm_swrss;	/* pages it had before it was swapped out */
#define	vm_startcopy	vm_tsize
	vm_size_t	vm_tsize;	/* pages of text, */
	vm_size_t	vm_dsize;	/* data, */
	vm_size_t	vm_ssize;	/* and stack */
	vm_offset_t	vm_taddr;	/* where text */
	vm_offset_t	vm_daddr;	/* and data begin */
	vm_offset_t	vm_maxsaddr;	/* the stack may grow down to here */
#define	vm_endcopy	vm_refcnt
	int		vm_refcnt;	/* processes that use it */
	struct pmap	vm_pmap;	/* the last */
};

#define	vm_map_min(map)		((map)->header.start)
#define	vm_map_max(map)		((map)->header.end)
#define	vm_map_pmap(map)	((map)->pmap)
#define	vmspace_pmap(vm)	(&(vm)->vm_pmap)

/* Leave out of a range what is outside the map; an inverted one becomes empty. */
#define	VM_MAP_RANGE_CHECK(map, start, end) do {			\
	if ((start) < vm_map_min(map))					\
		(start) = vm_map_min(map);				\
	if ((end) > vm_map_max(map))					\
		(end) = vm_map_max(map);				\
	if ((start) > (end))						\
		(start) = (end);					\
} while (0)

extern struct vmspace vmspace0;		/* process 0's, and all the kernel's processes' */

/* ---------------------------------------------------------------- vm_map_init.c */

/* From vm_mem_init(): maps and entries can be made. */
void	vm_map_startup(void);
/*
 * An empty map from `min' to before `max', and the same in memory that is
 * there.  With system_map set by the caller it becomes one of the kernel's.
 */
vm_map_t vm_map_create(struct pmap *pmap, vm_offset_t min, vm_offset_t max);
void	vm_map_init(vm_map_t map, vm_offset_t min, vm_offset_t max);
/*
 * An entry that is in no map, of which nothing is set.  Of a process' map: may
 * sleep; of the kernel's: from a reserve, and panics if that is used up.
 */
vm_map_entry_t vm_map_entry_create(vm_map_t map);
void	vm_map_entry_dispose(vm_map_t map, vm_map_entry_t entry);
/* Fill the reserve up to so many.  As uma_zone_reserve(); at splvm. */
int	vm_map_entry_reserve(uint32_t count);

/* ---------------------------------------------------------------- vm_map_lock.c */

/* Take the map for changes; each time the timestamp goes up by 1. */
void	vm_map_lock(vm_map_t map);
void	vm_map_unlock(vm_map_t map);
/* Of a system map: at splvm from here to there. */
void	vm_map_system_lock(vm_map_t map);
void	vm_map_system_unlock(vm_map_t map);

/* Take it to look.  A system map has no such lock: it is taken as for changes. */
static inline void
vm_map_lock_read(vm_map_t map)
{
	if (__builtin_expect(map->system_map, 0))
		vm_map_system_lock(map);
	else
		sx_slock(&map->lock);
}

static inline void
vm_map_unlock_read(vm_map_t map)
{
	if (__builtin_expect(map->system_map, 0))
		vm_map_system_unlock(map);
	else
		sx_sunlock(&map->lock);
}

/* For changes, without sleeping: 1 if it was taken, or 0. */
int	vm_map_trylock(vm_map_t map);
int	vm_map_trylock_read(vm_map_t map);
/*
 * From looking to changes.  Returns 0; or 1 if the map was changed meanwhile by
 * another: then it is not locked any more.
 */
int	vm_map_lock_upgrade(vm_map_t map);
/* From changes to looking. */
void	vm_map_lock_downgrade(vm_map_t map);
/* Has the caller the map for changes?  For assertions. */
int	vm_map_locked(vm_map_t map);
/*
 * Give the lock up and sleep until vm_map_wakeup() or for `timo' ticks (0: for
 * ever).  Returns as tsleep(); the map is not locked then.
 */
int	vm_map_unlock_and_wait(vm_map_t map, int timo);
void	vm_map_wakeup(vm_map_t map);

/* ---------------------------------------------------------------- vm_map_splay.c */

/* Their contracts stand there.  The map is locked; they do not sleep. */
vm_map_entry_t vm_map_entry_splay(vm_offset_t addr, vm_map_entry_t root) __own_code;
int	vm_map_lookup_entry(vm_map_t map, vm_offset_t addr, vm_map_entry_t *entry) __own_code;
void	vm_map_entry_link(vm_map_t map, vm_map_entry_t after, vm_map_entry_t entry) __own_code;
void	vm_map_entry_unlink(vm_map_t map, vm_map_entry_t entry) __own_code;
void	vm_map_entry_resize_free(vm_map_t map, vm_map_entry_t entry);

/* ---------------------------------------------------------------- vm_map.c */

/* Flags of an entry that is to be made: `cow'. */
#define	MAP_INHERIT_SHARE	0x0001	/* a child shares it */
#define	MAP_COPY_ON_WRITE	0x0002	/* private */
#define	MAP_NOFAULT		0x0004
#define	MAP_PREFAULT		0x0008	/* map the pages that are in memory, */
#define	MAP_PREFAULT_PARTIAL	0x0010	/* if they are few */
#define	MAP_DISABLE_SYNCER	0x0020
#define	MAP_DISABLE_COREDUMP	0x0100
#define	MAP_PREFAULT_MADVISE	0x0200	/* it is madvise(2) that asks */
#define	MAP_STACK_GROWS_DOWN	0x1000
#define	MAP_STACK_GROWS_UP	0x2000

/* Their contracts stand there.  The map is locked. */
int	vm_map_findspace(vm_map_t map, vm_offset_t start, vm_size_t length,
	    vm_offset_t *addr) __own_code;
int	vm_map_insert(vm_map_t map, vm_object_t object, vm_ooffset_t offset,
	    vm_offset_t start, vm_offset_t end, vm_prot_t prot, vm_prot_t max,
	    int cow) __own_code;
void	vm_map_simplify_entry(vm_map_t map, vm_map_entry_t entry) __own_code;
void	vm_map_clip_start(vm_map_t map, vm_map_entry_t entry, vm_offset_t start) __own_code;
void	vm_map_clip_end(vm_map_t map, vm_map_entry_t entry, vm_offset_t end) __own_code;

/* ---------------------------------------------------------------- vm_map_find.c */

/*
 * Make an entry of `length' bytes, for the part of `object' that begins at
 * `offset'; the caller's reference of the object becomes the entry's.  With
 * find_space at the first free address from *addr on, which *addr gets; without
 * at *addr.  As vm_map_insert(), and KERN_NO_SPACE.
 */
int	vm_map_find(vm_map_t map, vm_object_t object, vm_ooffset_t offset,
	    vm_offset_t *addr, vm_size_t length, int find_space, vm_prot_t prot,
	    vm_prot_t max, int cow);
/*
 * The same at `start', where all that was there is removed before.  Nothing is
 * removed unless the range is one of the map's.
 */
int	vm_map_fixed(vm_map_t map, vm_object_t object, vm_ooffset_t offset,
	    vm_offset_t start, vm_size_t length, vm_prot_t prot, vm_prot_t max,
	    int cow);
/*
 * Let `submap' stand for a range of `map', the kernel's, which is in one entry
 * without an object: KERN_INVALID_ARGUMENT if it is not.
 */
int	vm_map_submap(vm_map_t map, vm_offset_t start, vm_offset_t end, vm_map_t submap);

/* ---------------------------------------------------------------- vm_map_change.c */

/*
 * Set the protection of a range, or with set_max the maximum, which lowers the
 * protection to itself.  Holes are passed over.  KERN_INVALID_ARGUMENT: there
 * is a submap; KERN_PROTECTION_FAILURE: more than the maximum allows.  Then
 * nothing was changed.
 */
int	vm_map_protect(vm_map_t map, vm_offset_t start, vm_offset_t end,
	    vm_prot_t new_prot, int set_max);
/* What a child gets of it: VM_INHERIT_.  KERN_INVALID_ARGUMENT: no such. */
int	vm_map_inherit(vm_map_t map, vm_offset_t start, vm_offset_t end,
	    vm_inherit_t inheritance);
/* May all of it, without a hole, be used like this?  1 or 0.  The map is locked. */
int	vm_map_check_protection(vm_map_t map, vm_offset_t start, vm_offset_t end,
	    vm_prot_t protection);

/* ---------------------------------------------------------------- vm_map_advise.c */

/* madvise(2): `behav' is a MADV_.  KERN_INVALID_ARGUMENT: no such. */
int	vm_map_madvise(vm_map_t map, vm_offset_t start, vm_offset_t end, int behav);
/*
 * Write what was changed in a range to the files behind it; with `syncio' wait
 * for that, with `invalidate' forget the pages.  start = end: all of the entry
 * there.  KERN_INVALID_ADDRESS: a hole; KERN_INVALID_ARGUMENT: a submap, or
 * wired and to be invalidated.
 */
int	vm_map_sync(vm_map_t map, vm_offset_t start, vm_offset_t end, int syncio,
	    int invalidate);

/* ---------------------------------------------------------------- vm_map_wire.c */

#define	VM_MAP_WIRE_SYSTEM	0	/* the kernel's, which nests; */
#define	VM_MAP_WIRE_USER	1	/* mlock(2)'s, which does not */
#define	VM_MAP_WIRE_NOHOLES	0
#define	VM_MAP_WIRE_HOLESOK	2	/* holes are passed over */

/*
 * Bring a range's pages into memory and keep them there.
 * KERN_INVALID_ADDRESS: a hole, or what nobody may use now, which is the same.
 * KERN_ codes of vm_fault(): then what was wired for this is not any more.
 */
int	vm_map_wire(vm_map_t map, vm_offset_t start, vm_offset_t end, int flags);
/*
 * What is wired in a range could not be used for a while, and may be now: bring
 * it in again.  The map is not locked.
 */
void	vm_map_rewire(vm_map_t map, vm_offset_t start, vm_offset_t end);
/* The entry's pages are wired no more, whatever its wired_count says.  The map is locked. */
void	vm_map_unwire_pages(vm_map_t map, vm_map_entry_t entry);
/* Let them go.  KERN_INVALID_ADDRESS: a hole; KERN_INVALID_ARGUMENT: not wired. */
int	vm_map_unwire(vm_map_t map, vm_offset_t start, vm_offset_t end, int flags);

/* ---------------------------------------------------------------- vm_map_delete.c */

/*
 * Sleep until nobody is wiring an entry in a range.  The map is locked, which
 * is given up meanwhile.
 */
void	vm_map_wait_transition(vm_map_t map, vm_offset_t start, vm_offset_t end);
/*
 * For those who go through a range: the first entry that is in it or behind it;
 * the header, if there is none or the range is empty.  The map is locked.
 */
vm_map_entry_t vm_map_first_entry(vm_map_t map, vm_offset_t start, vm_offset_t end);
/*
 * Remove all that is in a range: mappings, entries, their references.  Waits
 * for who is wiring there.  For vm_map_delete() the map is locked, and the range
 * is in it; the lock is given up while it waits, but not later.  They return
 * KERN_SUCCESS.
 */
int	vm_map_delete(vm_map_t map, vm_offset_t start, vm_offset_t end);
int	vm_map_remove(vm_map_t map, vm_offset_t start, vm_offset_t end);

/* ---------------------------------------------------------------- vm_map_lookup.c */

/*
 * For a fault of `type', VM_PROT_ bits, at `va': the entry, the object and the
 * page of it, what the page may be mapped for, and whether it is wired.  *map
 * becomes the submap where there is one.  A write of what NEEDS_COPY, and a use
 * of what has no object yet, make the object.
 *
 * KERN_SUCCESS: the map is locked for looking, until vm_map_lookup_done().
 * KERN_INVALID_ADDRESS: nothing there; KERN_PROTECTION_FAILURE: not so.  Then
 * it is not locked.
 */
int	vm_map_lookup(vm_map_t *map, vm_offset_t va, vm_prot_t type,
	    vm_map_entry_t *entry, vm_object_t *object, vm_pindex_t *pindex,
	    vm_prot_t *prot, int *wired);
#define	vm_map_lookup_done(map, entry)	vm_map_unlock_read(map)
/*
 * Map for reading those pages of an object, from pindex on, that are in memory
 * and free to be used, from `addr' on.  With MAP_PREFAULT_PARTIAL among the
 * flags only if the object has few.  The map is locked.
 */
void	vm_map_pmap_enter(vm_map_t map, vm_offset_t addr, vm_prot_t prot,
	    vm_object_t object, vm_pindex_t pindex, vm_size_t size, int flags);

/* ---------------------------------------------------------------- vm_map_stack.c */

/*
 * An entry for a stack at `bottom', of `max_size' bytes, of which only the
 * first SGROWSIZ are there at first.  `cow' says which way it grows.
 * KERN_NO_SPACE: not so many addresses are free there, or may be used.
 */
int	vm_map_stack(vm_map_t map, vm_offset_t bottom, vm_size_t max_size,
	    vm_prot_t prot, vm_prot_t max, int cow);
/*
 * Let the stack that `addr' belongs to grow to there.  KERN_SUCCESS, too, if
 * there is something at `addr' by now.  KERN_INVALID_ADDRESS: no stack's;
 * KERN_NO_SPACE: it may not grow so far.
 */
int	vm_map_growstack(struct proc *p, vm_offset_t addr);

/* ---------------------------------------------------------------- vmspace.c */

/* vmspace0 comes up, when there are zones; from proc0_init(). */
void	vmspace0_init(void);
/*
 * A new one, empty, with one reference; NULL where the kernel has no addresses
 * for its page directory.  May sleep.
 */
struct vmspace *vmspace_alloc(vm_offset_t min, vm_offset_t max);
/* Drop a reference; of the last one, all of it goes.  Nobody runs in it then. */
void	vmspace_free(struct vmspace *vm);
/*
 * A child's, made of its parent's as each entry's inheritance says.  NULL as
 * vmspace_alloc().  May sleep.
 */
struct vmspace *vmspace_fork(struct vmspace *parent);
/*
 * Give the process a new one, empty; and one of its own, if others share it.
 * Return 0 or ENOMEM.
 */
int	vmspace_exec(struct proc *p, vm_offset_t min, vm_offset_t max);
int	vmspace_unshare(struct proc *p);
/*
 * Let two entries share what is in the first, to be copied when one of them
 * writes; a wired one's pages are copied at once.  Both maps are locked.
 */
void	vm_map_copy_entry(vm_map_t src_map, vm_map_t dst_map,
	    vm_map_entry_t src_entry, vm_map_entry_t dst_entry);

#endif /* !_VM_VM_MAP_H_ */
