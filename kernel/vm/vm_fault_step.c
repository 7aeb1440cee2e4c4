/*
 * vm_fault_step: the steps of a fault that vm_fault.c tells the story of: a stack
 * that grows, a page for what is not in memory, and the end, where the page is
 * mapped.
 *
 * [vm/vm_fault.c]
 */
#include <vm/vm_fault.h>

#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/vm_pager.h>

int
vm_fault_grow(struct faultstate *fs)
{
	if (fs->grown || fs->asked_map != &curproc->p_vmspace->vm_map)
		return (KERN_INVALID_ADDRESS);
	fs->grown = 1;
	if (vm_map_growstack(curproc, fs->vaddr) != KERN_SUCCESS)
		return (KERN_FAILURE);
	return (FAULT_RETRY);
}

/* ---------------------------------------------------------------- what is not in memory */

/* It is not asked by who only takes a wiring away. */
int
vm_fault_ask_pager(struct faultstate *fs)
{
	int ask = (fs->flags & VM_FAULT_WIRE_MASK) == 0 || fs->wired;
	int rv = FAULT_ABSENT;

	if (fs->m == NULL && (ask || fs->object == fs->first_object))
		rv = vm_fault_allocate(fs);
	if (ask && rv == FAULT_ABSENT)
		rv = vm_fault_pagein(fs);
	return (rv);
}

/* ---------------------------------------------------------------- the end */

/*
 * It may be written from now on: without asking again, since the mapping allows
 * it.  Where it is just being written, what a pager has of it is of no use.
 */
static inline void
make_writeable(const struct faultstate *fs, vm_page_t m)
{
	vm_object_t object = fs->object;

	vm_object_set_writeable_dirty(object);
	if (fs->entry->eflags & MAP_ENTRY_NOSYNC) {
		if (m->dirty == 0)
			vm_page_flag_set(m, PG_NOSYNC);
	} else if (m->flags & PG_NOSYNC)
		vm_page_flag_clear(m, PG_NOSYNC);
	if (fs->flags & VM_FAULT_DIRTY) {
		vm_page_dirty(m);
		if (object->type != OBJT_DEFAULT)
			vm_pager_page_unswapped(m);
	}
}

/*
 * Map a page of a wired entry: it is wired as often as there are such mappings.
 * The entry may have had its pages already: then this one is new, or its mapping
 * is, where it is a copy now, or nobody might use it meanwhile, or the file was
 * cut off there and has grown again; or it is neither, and somebody wanted to see
 * the write.
 */
static __attribute__((noinline)) void
enter_wired(struct faultstate *fs, vm_page_t m)
{
	vm_page_t old = PHYS_TO_VM_PAGE(pmap_extract(fs->map->pmap, fs->vaddr));
	int wirings = pmap_page_wired_mappings(m), old_wirings = 0;

	if (old != NULL && old != m)
		old_wirings = pmap_page_wired_mappings(old);
	pmap_enter(fs->map->pmap, fs->vaddr, m, fs->prot, 1);
	if (pmap_page_wired_mappings(m) > wirings)
		vm_page_wire(m);
	if (old_wirings > 0 && pmap_page_wired_mappings(old) < old_wirings)
		vm_page_unwire(old, 1);
}

/*
 * If an object has a page of its own in all places nothing shows through it any
 * more, and what is behind it can go: but not while pages are in progress.
 */
static void
collapse_if_full(vm_object_t object)
{
	if (object->backing_object != NULL &&
	    (vm_pindex_t)object->resident_page_count >= object->size)
		vm_object_collapse(object);
}

void
vm_fault_enter(struct faultstate *fs)
{
	vm_page_t m = fs->m;

	if (fs->prot & VM_PROT_WRITE)
		make_writeable(fs, m);
	if (m->valid != VM_PAGE_BITS_ALL) {
		vm_page_zero_invalid(m, 1);
		printf("Warning: page %p partially invalid on fault\n", m);
	}
	if (fs->wired)
		enter_wired(fs, m);
	else
		pmap_enter(fs->map->pmap, fs->vaddr, m, fs->prot, 0);
	/* Where the page was made the ones around it are not there, either. */
	if (!fs->made && (fs->flags & VM_FAULT_WIRE_MASK) == 0 && !fs->wired)
		vm_fault_prefault(fs);
	/* Into a queue, where the page daemon finds it, unless it is wired. */
	vm_page_settle(m);
	if (fs->held || fs->object != fs->first_object) {
		vm_fault_let_go(fs);
		return;
	}
	if (fs->copied)
		collapse_if_full(fs->first_object);
	vm_map_lookup_done(fs->map, fs->entry);
}
