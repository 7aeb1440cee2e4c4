/*
 * vm_map_init: maps and entries are made, and given back.
 *
 * Entries come from one of two zones.  Those of a process' map are ordinary
 * memory, which one may wait for.  Those of the kernel's maps cannot be: it is
 * by such entries that memory is found.  Their zone has addresses of its own,
 * reserved at the start, and asks no map.
 *
 *	mapentzone	process' maps		M_WAITOK
 *	kmapentzone	kernel_map, kmem_map ...	M_NOWAIT, never recurses
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/uma.h>

#define	MAX_KMAPENT	65536		/* entries of all the kernel's maps; one for each page */

static uma_zone_t mapentzone, kmapentzone, mapzone;

void
vm_map_startup(void)
{
	uint32_t kmapents = MIN(cnt.v_page_count, MAX_KMAPENT);

	mapzone = uma_zcreate("MAP", sizeof(struct vm_map), NULL, NULL, NULL, NULL,
	    UMA_ALIGN_PTR, UMA_ZONE_NOFREE);
	mapentzone = uma_zcreate("MAP ENTRY", sizeof(struct vm_map_entry), NULL, NULL,
	    NULL, NULL, UMA_ALIGN_PTR, 0);
	kmapentzone = uma_zcreate("KMAP ENTRY", sizeof(struct vm_map_entry), NULL,
	    NULL, NULL, NULL, UMA_ALIGN_PTR, UMA_ZONE_NOFREE);
	if (!uma_zone_reserve_kva(kmapentzone, kmapents))
		panic("vm_map_startup: no addresses for %u entries", kmapents);
}

void
vm_map_init(vm_map_t map, vm_offset_t min, vm_offset_t max)
{
	bzero(map, sizeof(*map));
	map->header.next = map->header.prev = &map->header;
	map->header.start = min;
	map->header.end = max;
	sx_init(&map->lock, "vmmap");
}

vm_map_t
vm_map_create(struct pmap *pmap, vm_offset_t min, vm_offset_t max)
{
	vm_map_t map = uma_zalloc(mapzone, M_WAITOK);

	vm_map_init(map, min, max);
	map->pmap = pmap;
	return (map);
}

/* Who is short of entries has asked for too many pieces: nobody can wait for that. */
vm_map_entry_t
vm_map_entry_create(vm_map_t map)
{
	vm_map_entry_t entry;

	if (!map->system_map)
		return (uma_zalloc(mapentzone, M_WAITOK));
	entry = uma_zalloc(kmapentzone, M_NOWAIT | M_USE_RESERVE);
	if (entry == NULL)
		panic("vm_map_entry_create: kernel resources exhausted");
	return (entry);
}

int
vm_map_entry_reserve(uint32_t count)
{
	return (uma_zone_reserve(kmapentzone, count));
}

void
vm_map_entry_dispose(vm_map_t map, vm_map_entry_t entry)
{
	uma_zfree(map->system_map ? kmapentzone : mapentzone, entry);
}
