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
/* LAB 5.4 BEGIN */
	vm_map_entry_t entry;

	start = MAX(start, vm_map_min(map));
	if (start + length > vm_map_max(map) || start + length < start)
		return (1);
	*addr = start;
	if (map->root == NULL)
		return (0);

	map->root = entry = vm_map_entry_splay(start, map->root);
	if (start + length <= entry->start)
		return (0);
	*addr = MAX(start, entry->end);
	if (length <= entry->end + entry->adj_free - *addr)
		return (0);

	entry = entry->right;
	if (entry == NULL || entry->max_free < length)
		return (1);
	for (;;) {
		if (entry->left != NULL && entry->left->max_free >= length)
			entry = entry->left;
		else if (entry->adj_free >= length)
			break;
		else
			entry = entry->right;
	}
	*addr = entry->end;
	return (0);
/* LAB 5.4 STUB (void)map; (void)start; (void)length; (void)addr; lab_stub("LAB 5.4: vm_map_findspace"); */
/* LAB 5.4 END */
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
/* LAB 5.5 BEGIN */
/* Can memory from `start' to before `end' continue `prev'?  Its object is longer then. */
static int
coalesce(vm_map_t map, vm_map_entry_t prev, vm_offset_t start, vm_offset_t end,
    vm_eflags_t eflags)
{
	return (prev != &map->header && prev->end == start &&
	    prev->eflags == eflags && prev->wired_count == 0 &&
	    !(eflags & (MAP_ENTRY_GROWS_DOWN | MAP_ENTRY_GROWS_UP)) &&
	    vm_object_coalesce(prev->object.vm_object, prev->offset,
	    prev->end - prev->start, end - start));
}

int
vm_map_insert(vm_map_t map, vm_object_t object, vm_ooffset_t offset,
    vm_offset_t start, vm_offset_t end, vm_prot_t prot, vm_prot_t max, int cow)
{
	vm_map_entry_t prev, entry;
	vm_eflags_t eflags = cow_eflags(cow);
	vm_inherit_t inheritance;

	if (start < vm_map_min(map) || end > vm_map_max(map) || start >= end)
		return (KERN_INVALID_ADDRESS);
	if (vm_map_lookup_entry(map, start, &prev))
		return (KERN_NO_SPACE);
	if (prev->next != &map->header && prev->next->start < end)
		return (KERN_NO_SPACE);
	inheritance = cow & MAP_INHERIT_SHARE ? VM_INHERIT_SHARE : VM_INHERIT_DEFAULT;

	map->size += end - start;
	if (object != NULL) {
		if (object->ref_count > 1 || object->shadow_count != 0)
			vm_object_clear_flag(object, OBJ_ONEMAPPING);
	} else if (coalesce(map, prev, start, end, eflags)) {
		if (prev->inheritance == inheritance && prev->protection == prot &&
		    prev->max_protection == max) {
			prev->end = end;
			vm_map_entry_resize_free(map, prev);
			vm_map_simplify_entry(map, prev);
			return (KERN_SUCCESS);
		}
		object = prev->object.vm_object;
		offset = prev->offset + (prev->end - prev->start);
		vm_object_reference(object);
	}

	entry = vm_map_entry_create(map);
	bzero(entry, sizeof(*entry));
	entry->start = start;
	entry->end = end;
	entry->object.vm_object = object;
	entry->offset = offset;
	entry->eflags = eflags;
	entry->protection = prot;
	entry->max_protection = max;
	entry->inheritance = inheritance;
	vm_map_entry_link(map, prev, entry);
	vm_map_simplify_entry(map, entry);
	if (cow & (MAP_PREFAULT | MAP_PREFAULT_PARTIAL))
		vm_map_pmap_enter(map, start, prot, object, OFF_TO_IDX(offset),
		    end - start, cow);
	return (KERN_SUCCESS);
}

/* Are the two one, `behind' going on where `before' ends? */
static int
mergeable(const struct vm_map_entry *before, const struct vm_map_entry *behind)
{
	return (before->end == behind->start &&
	    before->object.vm_object == behind->object.vm_object &&
	    (before->object.vm_object == NULL ||
	    before->offset + (before->end - before->start) == behind->offset) &&
	    before->eflags == behind->eflags &&
	    before->protection == behind->protection &&
	    before->max_protection == behind->max_protection &&
	    before->inheritance == behind->inheritance &&
	    before->wired_count == behind->wired_count);
}

/* An entry that another has taken over. */
static void
entry_drop(vm_map_t map, vm_map_entry_t entry)
{
	vm_object_deallocate(entry->object.vm_object);
	vm_map_entry_dispose(map, entry);
}

void
vm_map_simplify_entry(vm_map_t map, vm_map_entry_t entry)
{
	vm_map_entry_t prev, next;

	if (entry->eflags & (MAP_ENTRY_IN_TRANSITION | MAP_ENTRY_IS_SUB_MAP |
	    MAP_ENTRY_GROWS_DOWN | MAP_ENTRY_GROWS_UP))
		return;
	prev = entry->prev;
	if (prev != &map->header && mergeable(prev, entry)) {
		vm_map_entry_unlink(map, prev);
		entry->start = prev->start;
		entry->offset = prev->offset;
		if (entry->prev != &map->header)
			vm_map_entry_resize_free(map, entry->prev);
		entry_drop(map, prev);
	}
	next = entry->next;
	if (next != &map->header && mergeable(entry, next)) {
		vm_map_entry_unlink(map, next);
		entry->end = next->end;
		vm_map_entry_resize_free(map, entry);
		entry_drop(map, next);
	}
}

/* A copy of an entry, for the half of it that is cut off. */
static vm_map_entry_t
entry_split(vm_map_t map, vm_map_entry_t entry)
{
	vm_map_entry_t half;

	if (entry->object.vm_object == NULL && !map->system_map) {
		entry->object.vm_object = vm_object_allocate(OBJT_DEFAULT,
		    atop(entry->end - entry->start));
		entry->offset = 0;
	}
	half = vm_map_entry_create(map);
	*half = *entry;
	if (!(entry->eflags & MAP_ENTRY_IS_SUB_MAP))
		vm_object_reference(entry->object.vm_object);
	return (half);
}

void
vm_map_clip_start(vm_map_t map, vm_map_entry_t entry, vm_offset_t start)
{
	vm_map_entry_t front;

	if (start <= entry->start || start >= entry->end)
		return;
	front = entry_split(map, entry);
	front->end = start;
	entry->offset += start - entry->start;
	entry->start = start;
	vm_map_entry_link(map, entry->prev, front);
}

void
vm_map_clip_end(vm_map_t map, vm_map_entry_t entry, vm_offset_t end)
{
	vm_map_entry_t back;

	if (end <= entry->start || end >= entry->end)
		return;
	back = entry_split(map, entry);
	back->start = end;
	back->offset += end - entry->start;
	entry->end = end;
	vm_map_entry_link(map, entry, back);
}
/* LAB 5.5 STUB
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
*/
/* LAB 5.5 END */
