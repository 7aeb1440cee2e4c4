/*
 * vm_map_change: what may be done with a range, and what a child gets of it.
 *
 * The range is cut out of the entries at its ends; all in between is set; what
 * has become equal to its neighbour is melted with it again.
 *
 *	[   rw-    |   r--   ]	protect(  ^    ^  , r--)
 *	[ rw- | r--     |r-- ]		after the cuts and the change
 *	[ rw- |     r--      ]		simplified
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/systm.h>

/* The first entry of a range, cut so that it begins there; or the header. */
static vm_map_entry_t
first_clipped(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	vm_map_entry_t entry = vm_map_first_entry(map, start, end);

	if (entry != &map->header)
		vm_map_clip_start(map, entry, start);
	return (entry);
}

/* May all of a range get this protection?  A KERN_ code. */
static int
check_maximum(vm_map_t map, vm_offset_t start, vm_offset_t end, vm_prot_t prot)
{
	vm_map_entry_t entry;

	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next) {
		if (entry->eflags & MAP_ENTRY_IS_SUB_MAP)
			return (KERN_INVALID_ARGUMENT);
		if (prot & ~entry->max_protection)
			return (KERN_PROTECTION_FAILURE);
	}
	return (KERN_SUCCESS);
}

/* All that a mapping may be used for: a copy is not to be written before it is one. */
static vm_prot_t
mapping_prot(const struct vm_map_entry *entry)
{
	if (entry->eflags & MAP_ENTRY_COW)
		return (entry->protection & ~VM_PROT_WRITE);
	return (entry->protection);
}

/*
 * Where less is allowed than before, the mappings lose it now; where more is,
 * the next fault will find out.  A page is wired by its mapping: it is not any
 * more, where that goes.  Returns whether such pages are to come back.
 */
static int
set_protection(vm_map_t map, vm_map_entry_t entry, vm_prot_t prot, int set_max)
{
	vm_prot_t old = entry->protection;

	if (set_max) {
		entry->max_protection = prot;
		entry->protection = prot & old;
	} else
		entry->protection = prot;
	if (old & ~entry->protection) {
		if (entry->wired_count != 0 && !(entry->protection & VM_PROT_READ))
			vm_map_unwire_pages(map, entry);
		pmap_protect(map->pmap, entry->start, entry->end,
		    mapping_prot(entry));
	}
	return (entry->wired_count != 0 && (entry->protection & ~old & VM_PROT_READ));
}

int
vm_map_protect(vm_map_t map, vm_offset_t start, vm_offset_t end,
    vm_prot_t new_prot, int set_max)
{
	vm_map_entry_t entry;
	int rv, rewire = 0;

	vm_map_lock(map);
	VM_MAP_RANGE_CHECK(map, start, end);
	rv = check_maximum(map, start, end, new_prot);
	if (rv == KERN_SUCCESS)
		for (entry = first_clipped(map, start, end);
		    entry != &map->header && entry->start < end;
		    entry = entry->next) {
			vm_map_clip_end(map, entry, end);
			rewire |= set_protection(map, entry, new_prot, set_max);
			vm_map_simplify_entry(map, entry);
		}
	vm_map_unlock(map);
	if (rewire)
		vm_map_rewire(map, start, end);
	return (rv);
}

int
vm_map_inherit(vm_map_t map, vm_offset_t start, vm_offset_t end,
    vm_inherit_t inheritance)
{
	vm_map_entry_t entry;

	if (inheritance > VM_INHERIT_ZERO)
		return (KERN_INVALID_ARGUMENT);
	vm_map_lock(map);
	VM_MAP_RANGE_CHECK(map, start, end);
	for (entry = first_clipped(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next) {
		vm_map_clip_end(map, entry, end);
		entry->inheritance = inheritance;
		vm_map_simplify_entry(map, entry);
	}
	vm_map_unlock(map);
	return (KERN_SUCCESS);
}

int
vm_map_check_protection(vm_map_t map, vm_offset_t start, vm_offset_t end,
    vm_prot_t protection)
{
	vm_map_entry_t entry;

	if (!vm_map_lookup_entry(map, start, &entry))
		return (0);
	for (; start < end; entry = entry->next) {
		if (entry == &map->header || entry->start > start)
			return (0);
		if (protection & ~entry->protection)
			return (0);
		start = entry->end;
	}
	return (1);
}
