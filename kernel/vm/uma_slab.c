/*
 * uma_slab: the pages of zones.
 *
 * What is known of a page, a slab, stands at its beginning; so an item's address
 * leads to its slab, and that to the zone:
 *
 *	slab	zone, free, first  | next[] | item 0 | item 1 | item 2 | ...
 *				 |	 ^ 2 |T |5 |T |  |
 *				 +-----> 0
 *
 * `next' has a byte an item: where the next free one is (behind the last: how
 * many items there are), or TAKEN.  It does not stand in the items, since what
 * uminit has made of them must stay.
 *
 * Where a page comes from, at splvm:
 *
 *	there is no kernel_map yet	virtual_avail on; it stays for ever
 *	uma_zone_reserve_kva()		the next of the zone's own addresses; it stays
 *	else				kmem_malloc()
 *
 * [vm/uma_core.c]
 */
#include <vm/uma_int.h>

#include <sys/systm.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_page.h>

/* ---------------------------------------------------------------- pages */

/*
 * A page, as long as there is no kernel_map.  Panics if there is none: without
 * its zones the kernel cannot start.
 */
static vm_offset_t
boot_page(const struct uma_zone *zone)
{
	vm_page_t m;
	vm_offset_t va = virtual_avail;

	m = vm_page_alloc(NULL, 0, VM_ALLOC_INTERRUPT | VM_ALLOC_NOOBJ |
	    VM_ALLOC_WIRED);
	if (m == NULL || va == kernel_vm_end)
		panic("uma_startup: no page for zone %s", zone->name);
	virtual_avail += PAGE_SIZE;
	pmap_qenter(va, &m, 1);
	return (va);
}

/* The next page of a zone's own addresses; 0 if there is no page. */
static vm_offset_t
own_page(uma_zone_t zone, int flags)
{
	int req = flags & M_NOWAIT ? VM_ALLOC_INTERRUPT : VM_ALLOC_SYSTEM;
	vm_offset_t va;
	vm_page_t m;
	int s = splvm();

	while ((m = vm_page_alloc(NULL, 0, req | VM_ALLOC_NOOBJ |
	    VM_ALLOC_WIRED)) == NULL && !(flags & M_NOWAIT))
		vm_wait_pages(1, req);
	va = 0;
	if (m != NULL) {
		va = zone->kva + ptoa(zone->kva_pages++);
		pmap_qenter(va, &m, 1);
	}
	splx(s);
	return (va);
}

/* A page for the zone, and in *map who gets it back: NULL for nobody.  Or 0. */
static vm_offset_t
page_alloc(uma_zone_t zone, int flags, vm_map_t *map)
{
	*map = NULL;
	if (zone->kva != 0)
		return (own_page(zone, flags));
	if (kernel_map == NULL)
		return (boot_page(zone));
	*map = kmem_map != NULL ? kmem_map : kernel_map;
	return (kmem_malloc(*map, PAGE_SIZE, flags & ~M_ZERO));
}

int
uma_zone_reserve_kva(uma_zone_t zone, int nitems)
{
	KASSERT(zone->pages == 0, ("uma_zone_reserve_kva: zone %s has pages",
	    zone->name));
	uma_zone_set_max(zone, nitems);
	zone->kva = kmem_alloc_nofault(kernel_map, ptoa(zone->max_pages));
	return (zone->kva != 0);
}

/* ---------------------------------------------------------------- slabs */

void
uma_slab_free(struct uma_slab *slab, uint32_t count)
{
	const struct uma_zone *zone = slab->zone;

	KASSERT(slab->map != NULL, ("uma: zone %s: the page at %p stays", zone->name,
	    slab));
	while (count-- > 0)
		if (zone->fini != NULL)
			zone->fini(uma_slab_item(zone, slab, count), zone->size);
	kmem_free(slab->map, (vm_offset_t)slab, PAGE_SIZE);
}

struct uma_slab *
uma_slab_new(uma_zone_t zone, int flags)
{
	struct uma_slab *slab;
	vm_map_t map;
	uint32_t i;

	slab = (struct uma_slab *)page_alloc(zone, flags, &map);
	if (slab == NULL)
		return (NULL);
	slab->zone = zone;
	slab->map = map;
	slab->free = zone->per_slab;
	slab->first = 0;
	for (i = 0; i < zone->per_slab; i++) {
		slab->next[i] = i + 1;
		if (zone->init != NULL &&
		    zone->init(uma_slab_item(zone, slab, i), zone->size, flags) != 0) {
			uma_slab_free(slab, i);
			return (NULL);
		}
	}
	return (slab);
}
