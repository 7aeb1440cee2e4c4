/*
 * vm_fault_wire: pages that are to stay in memory: brought in by faults that
 * nobody has had yet, and copied at once where others would be on write, since
 * what is wired must never fault.
 *
 * vm_map_wire() and its kin have marked the entry; here are its pages.
 *
 * [vm/vm_fault.c]
 */
#include <vm/vm_fault.h>

#include <sys/systm.h>

/*
 * If the user wires what he must not write now, but may be allowed to later, his
 * copy is made now: later there would be no fault to make it.  And if it cannot
 * be written now, it never will.
 */
int
vm_fault_lookup_wire(struct faultstate *fs)
{
	int rv;

	fs->map = fs->asked_map;
	rv = vm_map_lookup(&fs->map, fs->vaddr,
	    VM_PROT_READ | VM_PROT_WRITE | VM_PROT_OVERRIDE_WRITE, &fs->entry,
	    &fs->first_object, &fs->first_pindex, &fs->prot, &fs->wired);
	if (rv == KERN_SUCCESS && (fs->entry->protection & VM_PROT_WRITE) == 0)
		fs->entry->max_protection &= ~VM_PROT_WRITE;
	return (rv);
}

int
vm_fault_wire(vm_map_t map, vm_offset_t start, vm_offset_t end, int user_wire,
    int fictitious)
{
	vm_offset_t va;
	int rv;

	for (va = start; va < end; va += PAGE_SIZE) {
		if (user_wire)
			rv = vm_fault(map, va, VM_PROT_READ, VM_FAULT_USER_WIRE);
		else
			rv = vm_fault(map, va, VM_PROT_READ | VM_PROT_WRITE,
			    VM_FAULT_CHANGE_WIRING);
		if (rv != KERN_SUCCESS) {
			vm_fault_unwire(map, start, va, fictitious);
			return (rv);
		}
	}
	return (KERN_SUCCESS);
}

/* A page is wired by its mapping: where there is none, or one that is not, nothing is. */
void
vm_fault_unwire(vm_map_t map, vm_offset_t start, vm_offset_t end, int fictitious)
{
	pmap_t pmap = vm_map_pmap(map);
	vm_offset_t va;
	long wired;

	for (va = start; va < end; va += PAGE_SIZE) {
		wired = pmap_wired_count(pmap);
		pmap_change_wiring(pmap, va, 0);
		if (!fictitious && pmap_wired_count(pmap) != wired)
			vm_page_unwire(PHYS_TO_VM_PAGE(pmap_extract(pmap, va)), 1);
	}
}

/*
 * The page that shows at page `pindex' of a wired object: it is in memory, or
 * (NULL) its file has been cut off.
 */
static vm_page_t
wired_page(vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t m;

	while ((m = vm_page_lookup(object, pindex)) == NULL) {
		if (object->backing_object == NULL)
			return (NULL);
		pindex += OFF_TO_IDX(object->backing_object_offset);
		object = object->backing_object;
	}
	return (m);
}

/*
 * A chain may become shorter while this sleeps: each page is looked up anew.  What
 * a file does not have any more is zeros in the copy.
 */
void
vm_fault_copy_entry(vm_map_t dst_map, vm_map_t src_map __unused,
    vm_map_entry_t dst_entry, vm_map_entry_t src_entry)
{
	vm_pindex_t pindex, pages = atop(dst_entry->end - dst_entry->start);
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, pages);
	vm_page_t m, src;

	dst_entry->object.vm_object = object;
	dst_entry->offset = 0;
	for (pindex = 0; pindex < pages; pindex++) {
		m = vm_page_grab(object, pindex, VM_ALLOC_NORMAL | VM_ALLOC_RETRY);
		src = wired_page(src_entry->object.vm_object,
		    OFF_TO_IDX(src_entry->offset) + pindex);
		if (src == NULL || src->valid != VM_PAGE_BITS_ALL) {
			vm_page_free(m);
			continue;
		}
		pmap_copy_page(src, m);
		m->valid = VM_PAGE_BITS_ALL;
		vm_page_dirty(m);
		if (dst_entry->protection != VM_PROT_NONE)
			pmap_enter(dst_map->pmap, dst_entry->start + ptoa(pindex),
			    m, dst_entry->protection, 0);
		if (dst_entry->protection & VM_PROT_WRITE)
			vm_page_flag_set(m, PG_WRITEABLE);
		vm_page_activate(m);
		vm_page_wakeup(m);
	}
}
