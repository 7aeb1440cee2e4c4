/*
 * vm_map_advise: what a process says of its memory, and memory that is made
 * equal to the file behind it.
 *
 * Some advice is kept in the entries, for vm_fault(), the syncer and whoever
 * writes a core; the other is about pages, and is followed at once.
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/mman.h>
#include <vm/vm_object.h>

/* ---------------------------------------------------------------- madvise */

/* The eflags that advice sets, out of those it is about (*mask); 0 of 0: no such. */
static vm_eflags_t
advice_eflags(int behav, vm_eflags_t *mask)
{
	switch (behav) {
	case MADV_NORMAL:
		*mask = MAP_ENTRY_BEHAV_MASK;
		return (MAP_ENTRY_BEHAV_NORMAL);
	case MADV_RANDOM:
		*mask = MAP_ENTRY_BEHAV_MASK;
		return (MAP_ENTRY_BEHAV_RANDOM);
	case MADV_SEQUENTIAL:
		*mask = MAP_ENTRY_BEHAV_MASK;
		return (MAP_ENTRY_BEHAV_SEQUENTIAL);
	case MADV_NOSYNC:
		*mask = MAP_ENTRY_NOSYNC;
		return (MAP_ENTRY_NOSYNC);
	case MADV_AUTOSYNC:
		*mask = MAP_ENTRY_NOSYNC;
		return (0);
	case MADV_NOCORE:
		*mask = MAP_ENTRY_NOCOREDUMP;
		return (MAP_ENTRY_NOCOREDUMP);
	case MADV_CORE:
		*mask = MAP_ENTRY_NOCOREDUMP;
		return (0);
	default:
		*mask = 0;
		return (0);
	}
}

static void
advise_entries(vm_map_t map, vm_offset_t start, vm_offset_t end,
    vm_eflags_t eflags, vm_eflags_t mask)
{
	vm_map_entry_t entry;

	vm_map_lock(map);
	VM_MAP_RANGE_CHECK(map, start, end);
	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next) {
		if (entry->eflags & MAP_ENTRY_IS_SUB_MAP)
			continue;
		vm_map_clip_start(map, entry, start);
		vm_map_clip_end(map, entry, end);
		entry->eflags = (entry->eflags & ~mask) | eflags;
		vm_map_simplify_entry(map, entry);
	}
	vm_map_unlock(map);
}

/* Pages that will be needed and are in memory are mapped, too. */
static void
advise_pages(vm_map_t map, vm_offset_t start, vm_offset_t end, int behav)
{
	vm_map_entry_t entry;
	vm_offset_t from, to;
	vm_pindex_t pindex;

	vm_map_lock_read(map);
	VM_MAP_RANGE_CHECK(map, start, end);
	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next) {
		if (entry->eflags & MAP_ENTRY_IS_SUB_MAP)
			continue;
		from = MAX(entry->start, start);
		to = MIN(entry->end, end);
		pindex = OFF_TO_IDX(entry->offset + (from - entry->start));
		vm_object_madvise(entry->object.vm_object, pindex, atop(to - from),
		    behav);
		if (behav == MADV_WILLNEED)
			vm_map_pmap_enter(map, from, entry->protection,
			    entry->object.vm_object, pindex, to - from,
			    MAP_PREFAULT_MADVISE);
	}
	vm_map_unlock_read(map);
}

int
vm_map_madvise(vm_map_t map, vm_offset_t start, vm_offset_t end, int behav)
{
	vm_eflags_t eflags, mask;

	eflags = advice_eflags(behav, &mask);
	if (mask != 0)
		advise_entries(map, start, end, eflags, mask);
	else if (behav == MADV_WILLNEED || behav == MADV_DONTNEED ||
	    behav == MADV_FREE)
		advise_pages(map, start, end, behav);
	else
		return (KERN_INVALID_ARGUMENT);
	return (KERN_SUCCESS);
}

/* ---------------------------------------------------------------- msync */

/* May a range be synced?  A KERN_ code. */
static int
check_sync(vm_map_t map, vm_offset_t start, vm_offset_t end, int invalidate)
{
	vm_map_entry_t entry;

	if (!vm_map_check_protection(map, start, end, VM_PROT_NONE))
		return (KERN_INVALID_ADDRESS);
	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next)
		if ((entry->eflags & MAP_ENTRY_IS_SUB_MAP) ||
		    (invalidate && entry->wired_count != 0))
			return (KERN_INVALID_ARGUMENT);
	return (KERN_SUCCESS);
}

/*
 * Sync an entry's object from *start on, up to `end', and set *start behind that.
 * The map is not locked while it is written: the object is held instead.
 */
static int
sync_entry(vm_map_t map, const struct vm_map_entry *entry, vm_offset_t *start,
    vm_offset_t end, int syncio, int invalidate)
{
	vm_object_t object = entry->object.vm_object;
	vm_ooffset_t offset = entry->offset + (*start - entry->start);
	vm_size_t size = MIN(entry->end, end) - *start;
	int error;

	*start += size;
	if (object == NULL)
		return (KERN_SUCCESS);
	vm_object_reference(object);
	vm_map_unlock_read(map);
	error = vm_object_sync(object, offset, size, syncio, invalidate);
	vm_object_deallocate(object);
	vm_map_lock_read(map);
	return (error == 0 ? KERN_SUCCESS : KERN_FAILURE);
}

int
vm_map_sync(vm_map_t map, vm_offset_t start, vm_offset_t end, int syncio,
    int invalidate)
{
	vm_map_entry_t entry;
	int rv, failed = 0;

	vm_map_lock_read(map);
	VM_MAP_RANGE_CHECK(map, start, end);
	if (start == end && vm_map_lookup_entry(map, start, &entry)) {
		start = entry->start;
		end = entry->end;
	}
	rv = check_sync(map, start, end, invalidate);
	if (rv == KERN_SUCCESS && invalidate)
		pmap_remove(map->pmap, start, end);
	while (rv == KERN_SUCCESS && start < end) {
		if (vm_map_lookup_entry(map, start, &entry))
			failed |= sync_entry(map, entry, &start, end, syncio,
			    invalidate);
		else
			rv = KERN_INVALID_ADDRESS;
	}
	vm_map_unlock_read(map);
	return (rv == KERN_SUCCESS && failed ? KERN_FAILURE : rv);
}
