/*
 * vm_map: where in a map there is room, and how its entries come to be, grow
 * together and are cut apart.
 *
 * vm/vm_map.h draws the map, vm_map_splay.c has the tree.  What is done to
 * whole ranges stands in files of its own: vm_map_change.c, vm_map_wire.c,
 * vm_map_delete.c; each of them cuts its range out, with the two clips, and
 * melts what has become equal by vm_map_simplify_entry().
 *
 *	insert		[ A  |    |  B ]	room that findspace has found
 *			[ A  | new|  B ]
 *	coalesce	[ A       |  B ]	A, and A's object, are longer now
 *	clip		[ A |  A' |  B ]	both refer to A's object
 *	simplify	[ A       |  B ]
 *
 * Memory that has not been touched yet, and grows page by page, is one entry
 * with one object, however it was asked for: that is what coalescing is for.
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/lab_stub.h>
#include <sys/systm.h>
#include <vm/vm_object.h>

/*
 * 5.4. Find `length' free bytes at `start' or behind, the first there are.
 * Returns 0, and their address in *addr; or 1 if there are none.  The map does
 * not change, but its tree is splayed.
 *
 *	1. A start below the map's first address becomes that.
 *	2. If start + length is behind the map's last address, or wraps: none.
 *	3. No entries: start.
 *	4. The tree is splayed at start.  If the root begins at start + length
 *	   or behind: start.
 *	5. Otherwise the first place is behind the root: where that ends, or at
 *	   start, which is the larger.  If there is room up to the end of the
 *	   root's adj_free: there.
 *	6. Otherwise it is in the root's right subtree, if its max_free is large
 *	   enough, else nowhere.
 *	7. There, from its root down: as long as the left subtree's max_free is
 *	   large enough, left; otherwise behind the entry, if its adj_free is; or
 *	   else right.
 */
int
vm_map_findspace(vm_map_t map, vm_offset_t start, vm_size_t length,
    vm_offset_t *addr)
{
/* LAB 5.4: your code goes here, in place of the stub. */
(void)map; (void)start; (void)length; (void)addr; lab_stub("LAB 5.4: vm_map_findspace");
}

/* The eflags of an entry that is made with these flags. */
static vm_eflags_t
cow_eflags(int cow)
{
	vm_eflags_t eflags = 0;

	if (cow & MAP_COPY_ON_WRITE)
		eflags |= MAP_ENTRY_COW | MAP_ENTRY_NEEDS_COPY;
	if (cow & MAP_NOFAULT)
		eflags |= MAP_ENTRY_NOFAULT;
	if (cow & MAP_DISABLE_SYNCER)
		eflags |= MAP_ENTRY_NOSYNC;
	if (cow & MAP_DISABLE_COREDUMP)
		eflags |= MAP_ENTRY_NOCOREDUMP;
	if (cow & MAP_STACK_GROWS_DOWN)
		eflags |= MAP_ENTRY_GROWS_DOWN;
	if (cow & MAP_STACK_GROWS_UP)
		eflags |= MAP_ENTRY_GROWS_UP;
	return (eflags);
}

/*
 * 5.5. Entries come to be, are melted and are cut.  The map is locked; all but
 * the kernel's may sleep for memory.
 *
 * vm_map_insert() makes an entry from `start' to before `end' for the part of
 * `object' (or NULL) from `offset' on; a reference of the object, the caller's,
 * becomes the entry's.
 *
 *	1. KERN_INVALID_ADDRESS: start is below the map's first address, end
 *	   behind its last one, or end not behind start.  KERN_NO_SPACE: start is
 *	   in an entry (vm_map_lookup_entry()), or the next one begins before end.
 *	   Nothing has changed then.
 *	2. Its eflags are cow_eflags(cow); its inheritance is VM_INHERIT_SHARE with
 *	   MAP_INHERIT_SHARE, else VM_INHERIT_DEFAULT.
 *	3. With an object that others refer to (ref_count above 1, or shadow_count
 *	   not 0), that loses OBJ_ONEMAPPING.
 *	4. Without an object it continues the entry before it, if that is not the
 *	   header, ends at start, has the same eflags, with no GROWS_ among them,
 *	   is not wired, and vm_object_coalesce() lets its object grow.  If its
 *	   inheritance and both protections are the same, too, it becomes longer:
 *	   its end is set, the map's size, vm_map_entry_resize_free(); it is
 *	   simplified, and that is all.  If not, the new entry gets the same
 *	   object (or none), referenced once more, and goes on where the other's
 *	   part of it ends.
 *	5. The new entry, for which there is vm_map_entry_create(), has all its fields
 *	   set; those of which nothing is said are 0.  It is linked behind the one
 *	   before it, the map's size grows, and it is simplified.
 *	6. With MAP_PREFAULT or MAP_PREFAULT_PARTIAL: vm_map_pmap_enter(), of start,
 *	   with cow as its flags.
 *
 * vm_map_simplify_entry() melts an entry with the one before it, and then with
 * the one behind it, if they may be: neither IN_TRANSITION, nor a submap, nor a
 * stack that grows; they touch, have the same object, and in it (if it is not
 * NULL) one goes on where the other ends; eflags, both protections, inheritance
 * and wired_count are equal.
 *
 *	The entry itself stays, and the other is unlinked.  If that was the one
 *	before, the entry takes over its start and offset; then comes
 *	vm_map_entry_resize_free() of the one that is before the entry now, unless
 *	that is the header.  If it was the one behind, the entry takes over its end;
 *	then comes vm_map_entry_resize_free() of the entry.  At last the other's
 *	reference of the object is dropped, and vm_map_entry_dispose() takes it.
 *
 * vm_map_clip_start() cuts `entry' at `start', so that it begins there: what is
 * before becomes a new entry, linked behind the one before.  vm_map_clip_end()
 * cuts it at `end', so that it ends there: what is behind becomes a new entry,
 * linked behind it.  Where the cut is not inside the entry, nothing happens.
 *
 *	The new entry is a copy of the other in all but what the cut changes:
 *	start, end, and the offset of whichever begins at the cut.  It has a
 *	reference of the object of its own.  If there is none, and the map is not
 *	the kernel's, first the entry as a whole gets one, OBJT_DEFAULT, at offset
 *	0: what is one memory must stay one.  A submap is not referenced.
 *	`entry' is changed before the new one is linked.
 */
/* LAB 5.5: your code goes here, in place of the stub. */
int
vm_map_insert(vm_map_t map, vm_object_t object, vm_ooffset_t offset,
    vm_offset_t start, vm_offset_t end, vm_prot_t prot, vm_prot_t max, int cow)
{
	(void)map; (void)object; (void)offset; (void)start; (void)end; (void)prot;
	(void)max; (void)cow; (void)cow_eflags;
	lab_stub("LAB 5.5: vm_map_insert");
}

void
vm_map_simplify_entry(vm_map_t map, vm_map_entry_t entry)
{
	(void)map; (void)entry;
	lab_stub("LAB 5.5: vm_map_simplify_entry");
}

void
vm_map_clip_start(vm_map_t map, vm_map_entry_t entry, vm_offset_t start)
{
	(void)map; (void)entry; (void)start;
	lab_stub("LAB 5.5: vm_map_clip_start");
}

void
vm_map_clip_end(vm_map_t map, vm_map_entry_t entry, vm_offset_t end)
{
	(void)map; (void)entry; (void)end;
	lab_stub("LAB 5.5: vm_map_clip_end");
}
