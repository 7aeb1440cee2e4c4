/*
 * vm_map_find: an object gets addresses, any that are free or certain ones.
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/systm.h>

/*
 * vm_map_insert(), of a length.  The kernel's new addresses have page tables, or it
 * is KERN_RESOURCE_SHORTAGE.
 */
static int
insert_length(vm_map_t map, vm_object_t object, vm_ooffset_t offset,
    vm_offset_t start, vm_size_t length, vm_prot_t prot, vm_prot_t max, int cow)
{
	vm_offset_t end = start + length;

	if (map->system_map && end > kernel_vm_end && end <= vm_map_max(map) &&
	    !pmap_growkernel(end))
		return (KERN_RESOURCE_SHORTAGE);
	return (vm_map_insert(map, object, offset, start, end, prot, max, cow));
}

int
vm_map_find(vm_map_t map, vm_object_t object, vm_ooffset_t offset,
    vm_offset_t *addr, vm_size_t length, int find_space, vm_prot_t prot,
    vm_prot_t max, int cow)
{
	int rv;

	vm_map_lock(map);
	if (find_space && vm_map_findspace(map, *addr, length, addr) != 0)
		rv = KERN_NO_SPACE;
	else
		rv = insert_length(map, object, offset, *addr, length, prot, max, cow);
	vm_map_unlock(map);
	return (rv);
}

int
vm_map_fixed(vm_map_t map, vm_object_t object, vm_ooffset_t offset,
    vm_offset_t start, vm_size_t length, vm_prot_t prot, vm_prot_t max, int cow)
{
	vm_offset_t end = start + length;
	int rv;

	if (start >= end || start < vm_map_min(map) || end > vm_map_max(map))
		return (KERN_INVALID_ADDRESS);
	vm_map_lock(map);
	(void)vm_map_delete(map, start, end);
	rv = insert_length(map, object, offset, start, length, prot, max, cow);
	vm_map_unlock(map);
	return (rv);
}

int
vm_map_submap(vm_map_t map, vm_offset_t start, vm_offset_t end, vm_map_t submap)
{
	vm_map_entry_t entry;
	int rv = KERN_INVALID_ARGUMENT;

	KASSERT(map->system_map, ("vm_map_submap: %p is a process' map", map));
	vm_map_lock(map);
	if (start < end && vm_map_lookup_entry(map, start, &entry) &&
	    end <= entry->end && entry->object.vm_object == NULL) {
		vm_map_clip_start(map, entry, start);
		vm_map_clip_end(map, entry, end);
		entry->object.sub_map = submap;
		entry->eflags |= MAP_ENTRY_IS_SUB_MAP;
		rv = KERN_SUCCESS;
	}
	vm_map_unlock(map);
	return (rv);
}
