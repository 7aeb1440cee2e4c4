/*
 * vm_map_lookup: what a fault needs to know, and mappings made beforehand.
 *
 * An entry's object is made as late as it can be:
 *
 *	no object		whoever uses it: one of zeros
 *	NEEDS_COPY, read	the one that is there, but not for writing
 *	NEEDS_COPY, write	a shadow, which will hold what becomes different
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define	MAX_INIT_PT	96		/* pages: few */

/*
 * May a fault of this type be, where `allowed' is what may be done at all?
 * Without OVERRIDE_WRITE, what the user has wired and is a copy is not to be
 * written: a new copy would have to be wired, too.
 */
static inline int
may_fault(const struct vm_map_entry *entry, unsigned type, unsigned allowed)
{
	const vm_eflags_t wired_copy = MAP_ENTRY_USER_WIRED | MAP_ENTRY_COW;

	if (type & VM_PROT_ALL & ~allowed)
		return (0);
	return ((entry->eflags & wired_copy) != wired_copy ||
	    (type & (VM_PROT_WRITE | VM_PROT_OVERRIDE_WRITE)) != VM_PROT_WRITE);
}

/* As it is mostly: nothing of the entry is special, and it allows this. */
static inline int
is_plain(const struct vm_map_entry *entry, unsigned type)
{
	const vm_eflags_t special = MAP_ENTRY_NEEDS_COPY | MAP_ENTRY_USER_WIRED;

	return ((entry->eflags & special) == 0 && entry->wired_count == 0 &&
	    entry->object.vm_object != NULL && (type & ~entry->protection) == 0);
}

/* Must the entry get another object before this can be done? */
static inline int
lacks_object(const struct vm_map_entry *entry, unsigned type)
{
	return (entry->object.vm_object == NULL ||
	    ((entry->eflags & MAP_ENTRY_NEEDS_COPY) && (type & VM_PROT_WRITE)));
}

/*
 * Make it: a shadow, or a first one.  Returns 1, or 0 if the map was changed by
 * another meanwhile, and is not locked.
 */
static int
make_object(vm_map_t map, vm_map_entry_t entry)
{
	vm_pindex_t pages = atop(entry->end - entry->start);

	if (vm_map_lock_upgrade(map))
		return (0);
	if (entry->object.vm_object == NULL) {
		entry->object.vm_object = vm_object_allocate(OBJT_DEFAULT, pages);
		entry->offset = 0;
	} else
		vm_object_shadow(&entry->object.vm_object, &entry->offset, pages);
	entry->eflags &= ~MAP_ENTRY_NEEDS_COPY;
	vm_map_lock_downgrade(map);
	return (1);
}

/* Lock the map that has an entry at `va', a submap where there is one: a KERN_ code. */
static inline int
lock_entry(vm_map_t *mapp, vm_offset_t va, vm_map_entry_t *entry)
{
	vm_map_t map;

	for (;;) {
		map = *mapp;
		vm_map_lock_read(map);
		if (!vm_map_lookup_entry(map, va, entry)) {
			vm_map_unlock_read(map);
			return (KERN_INVALID_ADDRESS);
		}
		if (!((*entry)->eflags & MAP_ENTRY_IS_SUB_MAP))
			return (KERN_SUCCESS);
		*mapp = (*entry)->object.sub_map;
		vm_map_unlock_read(map);
	}
}

/*
 * The entry, which the map is locked for, is not plain: may it be used, and for
 * what?  If so it has its object when this returns; the map was perhaps given up
 * for that, and what is there now is looked at.  Returns as vm_map_lookup().
 *
 * In the kernel's maps nothing comes of itself: without an object nothing is there.
 */
static int
look_closer(vm_map_t *mapp, vm_offset_t va, unsigned fault_type,
    vm_map_entry_t *entryp, vm_prot_t *prot, int *wired)
{
	vm_map_entry_t entry;
	unsigned type, allowed;
	int rv;

	for (;;) {
		entry = *entryp;
		type = fault_type;
		allowed = type & VM_PROT_OVERRIDE_WRITE ? entry->max_protection :
		    entry->protection;
		rv = KERN_PROTECTION_FAILURE;
		if (!may_fault(entry, type, allowed))
			break;
		/* What is wired must be there for all that may be done. */
		*wired = entry->wired_count != 0;
		if (*wired)
			allowed = type = entry->protection;
		rv = KERN_INVALID_ADDRESS;
		if (lacks_object(entry, type) && (*mapp)->system_map)
			break;
		if (!lacks_object(entry, type) || make_object(*mapp, entry)) {
			if (entry->eflags & MAP_ENTRY_NEEDS_COPY)
				allowed &= ~VM_PROT_WRITE;
			*prot = allowed;
			return (KERN_SUCCESS);
		}
		rv = lock_entry(mapp, va, entryp);
		if (rv != KERN_SUCCESS)
			return (rv);
	}
	vm_map_unlock_read(*mapp);
	return (rv);
}

int
vm_map_lookup(vm_map_t *mapp, vm_offset_t va, vm_prot_t fault_type,
    vm_map_entry_t *entryp, vm_object_t *object, vm_pindex_t *pindex,
    vm_prot_t *prot, int *wired)
{
	vm_map_entry_t entry;
	int rv;

	rv = lock_entry(mapp, va, entryp);
	if (rv != KERN_SUCCESS)
		return (rv);
	if (is_plain(*entryp, fault_type)) {
		*prot = (*entryp)->protection;
		*wired = 0;
	} else {
		rv = look_closer(mapp, va, fault_type, entryp, prot, wired);
		if (rv != KERN_SUCCESS)
			return (rv);
	}
	entry = *entryp;
	*object = entry->object.vm_object;
	*pindex = OFF_TO_IDX(entry->offset) + atop(va - entry->start);
	return (KERN_SUCCESS);
}

/* ---------------------------------------------------------------- prefault */

/* Can it be mapped as it is: all of it good, and nobody about to change it? */
static int
is_ready(const struct vm_page *m)
{
	return (m->valid == VM_PAGE_BITS_ALL && m->busy == 0 &&
	    !(m->flags & (PG_BUSY | PG_FICTITIOUS)));
}

/* Pages that follow each other are mapped as one run. */
void
vm_map_pmap_enter(vm_map_t map, vm_offset_t addr, vm_prot_t prot,
    vm_object_t object, vm_pindex_t pindex, vm_size_t size, int flags)
{
	vm_pindex_t pages = atop(size);
	vm_page_t m, first;

	if (!(prot & (VM_PROT_READ | VM_PROT_EXECUTE)) || object == NULL ||
	    object->type == OBJT_DEVICE || pindex >= object->size)
		return;
	pages = MIN(pages, object->size - pindex);
	if ((flags & MAP_PREFAULT_PARTIAL) && pages > MAX_INIT_PT &&
	    object->resident_page_count > MAX_INIT_PT)
		return;
	first = NULL;
	for (m = vm_page_find_least(object, pindex);
	    m != NULL && m->pindex - pindex < pages; m = TAILQ_NEXT(m, listq)) {
		if ((flags & MAP_PREFAULT_MADVISE) &&
		    cnt.v_free_count < cnt.v_free_reserved)
			break;
		if (is_ready(m)) {
			if (m->queue == PQ_CACHE)
				vm_page_deactivate(m);
			if (first == NULL)
				first = m;
			continue;
		}
		if (first != NULL)
			pmap_enter_object(map->pmap, addr + ptoa(first->pindex - pindex),
			    addr + ptoa(m->pindex - pindex), first, prot);
		first = NULL;
	}
	if (first != NULL)
		pmap_enter_object(map->pmap, addr + ptoa(first->pindex - pindex),
		    addr + ptoa(m != NULL ? MIN(m->pindex - pindex, pages) : pages),
		    first, prot);
}
