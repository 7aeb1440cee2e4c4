/*
 * vm_fault_prefault: who has touched a page will touch its neighbours.  Those that
 * are in memory already are mapped with it, to read, and never fault.
 *
 *	   -4  -3  -2  -1  vaddr +1  +2  +3  +4		tried from the inside to
 *	  [  ][  ][  ][  ][     ][  ][  ][  ][  ]	the outside
 *
 * It is meant to be cheap: what needs a page table, or is not in memory, is not
 * done; the first page that is not in memory ends it.
 *
 * [vm/vm_fault.c]
 */
#include <vm/vm_fault.h>

#include <sys/systm.h>

#define	PAGES_AROUND	4

/*
 * The page that shows at page `pindex' of an object, in memory, of it or of one
 * behind it; NULL if one that has a pager of its own would have to be asked.
 */
static vm_page_t
resident_page(vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t m;

	while ((m = vm_page_lookup(object, pindex)) == NULL &&
	    object->type == OBJT_DEFAULT && object->backing_object != NULL) {
		pindex += OFF_TO_IDX(object->backing_object_offset);
		object = object->backing_object;
	}
	return (m);
}

/* A page that nobody is at work on.  One of the cache is in use from now on. */
static void
map_to_read(struct faultstate *fs, vm_offset_t va, vm_page_t m)
{
	int s = splvm();

	if (m->valid == VM_PAGE_BITS_ALL && m->busy == 0 &&
	    (m->flags & (PG_BUSY | PG_FICTITIOUS)) == 0) {
		if (m->queue == PQ_CACHE)
			vm_page_deactivate(m);
		pmap_enter_quick(fs->map->pmap, va, m, fs->entry->protection);
	}
	splx(s);
}

void
vm_fault_prefault(struct faultstate *fs)
{
	vm_map_entry_t entry = fs->entry;
	vm_offset_t va;
	vm_page_t m;
	int i, distance;

	if (fs->map->pmap == kernel_pmap)
		return;
	for (i = 0; i < 2 * PAGES_AROUND; i++) {
		distance = i / 2 + 1;
		va = fs->vaddr + (i % 2 == 0 ? -distance : distance) * PAGE_SIZE;
		if (va < entry->start || va >= entry->end ||
		    !pmap_is_prefaultable(fs->map->pmap, va))
			continue;
		m = resident_page(entry->object.vm_object,
		    OFF_TO_IDX(va - entry->start + entry->offset));
		if (m == NULL)
			return;
		map_to_read(fs, va, m);
	}
}
