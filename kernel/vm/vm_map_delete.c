/*
 * vm_map_delete: all that is in a range goes.
 *
 * For each entry, in this order:
 *
 *	unwire		or else its pages would stay wired
 *	pmap_remove	or else a page that is freed could still be reached, and what
 *			was written to it would be said of another's page
 *	pages		those of an object that others refer to, but of which this was
 *			the only sight
 *	unlink		from list and tree
 *	object		its reference
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/systm.h>
#include <vm/swap_pager.h>
#include <vm/vm_object.h>

vm_map_entry_t
vm_map_first_entry(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	vm_map_entry_t entry;

	if (start >= end)
		return (&map->header);
	if (!vm_map_lookup_entry(map, start, &entry))
		entry = entry->next;
	return (entry);
}

/*
 * Is no page of this object seen through two entries?  Then those of an entry
 * that goes cannot be reached any more, although others refer to the object.
 */
static int
pages_seen_once(const struct vm_object *object)
{
	if (object->type != OBJT_DEFAULT && object->type != OBJT_SWAP)
		return (0);
	return (object == kernel_object || object == kmem_object ||
	    (object->flags & OBJ_ONEMAPPING) != 0);
}

/*
 * Free an entry's pages, in memory and in swap.  If they are the object's last,
 * it is shorter then.
 */
static void
free_pages(const struct vm_map_entry *entry)
{
	vm_object_t object = entry->object.vm_object;
	vm_pindex_t first = OFF_TO_IDX(entry->offset);
	vm_pindex_t last = first + atop(entry->end - entry->start);

	vm_object_collapse(object);
	vm_object_page_remove(object, first, last, 0);
	if (object->type == OBJT_SWAP)
		swap_pager_freespace(object, first, last - first);
	if (last >= object->size && first < object->size)
		object->size = first;
}

/* An entry without mappings goes. */
static void
entry_delete(vm_map_t map, vm_map_entry_t entry)
{
	vm_object_t object = entry->object.vm_object;

	vm_map_entry_unlink(map, entry);
	map->size -= entry->end - entry->start;
	if (object != NULL && !(entry->eflags & MAP_ENTRY_IS_SUB_MAP)) {
		if (object->ref_count != 1 && pages_seen_once(object))
			free_pages(entry);
		vm_object_deallocate(object);
	}
	vm_map_entry_dispose(map, entry);
}

int
vm_map_delete(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	vm_map_entry_t entry, next;

	KASSERT(vm_map_locked(map), ("vm_map_delete: %p is not locked", map));
	vm_map_wait_transition(map, start, end);
	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = next) {
		vm_map_clip_start(map, entry, start);
		vm_map_clip_end(map, entry, end);
		next = entry->next;
		if (entry->wired_count != 0)
			vm_map_unwire_pages(map, entry);
		pmap_remove(map->pmap, entry->start, entry->end);
		entry_delete(map, entry);
	}
	return (KERN_SUCCESS);
}

int
vm_map_remove(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	int rv;

	vm_map_lock(map);
	VM_MAP_RANGE_CHECK(map, start, end);
	rv = vm_map_delete(map, start, end);
	vm_map_unlock(map);
	return (rv);
}
