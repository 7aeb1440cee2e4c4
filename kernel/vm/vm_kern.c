/*
 * vm_kern: the kernel's addresses, and memory at them, in whole pages.
 *
 *	VM_MIN_KERNEL_ADDRESS	 virtual_avail			  VM_MAX_KERNEL_ADDRESS
 *	| tables, image, array ...	  | kernel_map's room			  |
 *	| one entry			  | [ piece ]-[ piece ]-[ kmem_map	]- |
 *					     |		      [ page | page |  ]
 *		of an object  [	  ...	     *		    ]
 *				kernel_object, kmem_object: a page's number is its
 *				address less VM_MIN_KERNEL_ADDRESS, in pages
 *
 * Both maps are the kernel's: handlers of interrupts use them, up to splvm.
 * Before and behind each piece of kernel_map one page stays that is never mapped:
 * who writes there faults.  kmem_map, malloc(9)'s, has no such guards; there the
 * entries of pages that touch melt into one.
 *
 * Pages are wired, since who has them never asks again whether they are there.
 * Those that somebody else maps at addresses of kmem_alloc_nofault() go with
 * the addresses: kmem_free() finds pages in the page tables.
 *
 * Entries are what memory is found by, and take some.  Who takes memory makes
 * sure of one before; kmem_free() may need two, to cut an entry in three, but it
 * frees pages first, and one is enough for those.
 *
 * [vm/vm_kern.c]
 */
#include <vm/vm_kern.h>

#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/pmap.h>
#include <vm/uma.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

vm_map_t kernel_map, kmem_map;

/* `size' bytes in pages: 0 is one, and all of 4 GB does not overflow. */
static uint32_t
size_pages(vm_size_t size)
{
	return (size == 0 ? 1 : atop(size - 1) + 1);
}

/* ---------------------------------------------------------------- maps */

/* What is behind virtual_avail is the map's when all that comes before it has its pages. */
void
kmem_init(vm_offset_t end)
{
	vm_map_t map;

	map = vm_map_create(kernel_pmap, VM_MIN_KERNEL_ADDRESS, end);
	map->system_map = 1;
	vm_map_lock(map);
	if (vm_map_entry_reserve(1) != 0 ||
	    vm_map_insert(map, NULL, 0, VM_MIN_KERNEL_ADDRESS, virtual_avail,
	    VM_PROT_ALL, VM_PROT_ALL, 0) != KERN_SUCCESS)
		panic("kmem_init: no entry for what is in use, %#x to %#x",
		    VM_MIN_KERNEL_ADDRESS, virtual_avail);
	vm_map_unlock(map);
	kernel_map = map;
}

/* ---------------------------------------------------------------- addresses */

/*
 * Take addresses for `pages' pages, the lowest there are, for the part of `object'
 * that is theirs, or for NULL.  Returns 0, ENOSPC if there are none, or no more
 * entries, or ENOMEM if there is no page for those, or for page tables.
 */
static int
addresses_take(vm_map_t map, uint32_t pages, vm_object_t object, int cow,
    vm_offset_t *addr)
{
	vm_size_t guard = map == kernel_map ? PAGE_SIZE : 0;
	vm_offset_t end;
	int error;

	if (pages > atop(vm_map_max(map) - vm_map_min(map)))
		return (ENOSPC);
	vm_map_lock(map);
	error = vm_map_entry_reserve(1);
	if (error == 0 && vm_map_findspace(map, vm_map_min(map), ptoa(pages) + 2 * guard,
	    addr) != 0)
		error = ENOSPC;
	if (error == 0) {
		*addr += guard;
		end = *addr + ptoa(pages);
		if (end > kernel_vm_end && !pmap_growkernel(end))
			error = ENOMEM;
	}
	if (error == 0) {
		vm_object_reference(object);
		(void)vm_map_insert(map, object, object == NULL ? 0 :
		    *addr - VM_MIN_KERNEL_ADDRESS, *addr, end, VM_PROT_ALL,
		    VM_PROT_ALL, cow);
	}
	vm_map_unlock(map);
	return (error);
}

/* While there is no kernel_map: the next ones, as far as locore has made page tables. */
static vm_offset_t
early_addresses(vm_size_t size)
{
	vm_offset_t addr = virtual_avail;

	if (size > kernel_vm_end - addr)
		return (0);
	virtual_avail += size;
	return (addr);
}

vm_offset_t
kmem_alloc_nofault(vm_map_t map, vm_size_t size)
{
	vm_offset_t addr;

	if (map == NULL)
		return (early_addresses(round_page(size)));
	if (addresses_take(map, size_pages(size), NULL, MAP_NOFAULT, &addr) != 0)
		return (0);
	return (addr);
}

vm_map_t
kmem_suballoc(vm_map_t parent, vm_offset_t *min, vm_offset_t *max,
    vm_size_t size)
{
	uint32_t pages = size_pages(size);
	vm_map_t map;

	if (addresses_take(parent, pages, NULL, 0, min) != 0)
		panic("kmem_suballoc: no room for %u bytes", size);
	*max = *min + ptoa(pages);
	map = vm_map_create(vm_map_pmap(parent), *min, *max);
	map->system_map = 1;
	if (vm_map_submap(parent, *min, *max, map) != KERN_SUCCESS)
		panic("kmem_suballoc: the map's entry for %#x is not alone", *min);
	return (map);
}

/* ---------------------------------------------------------------- memory */

/* Unmap `pages' pages, and free those that are ours. */
static void
unback(vm_offset_t addr, uint32_t pages)
{
	vm_paddr_t pa;
	vm_page_t m;

	for (; pages > 0; pages--, addr += PAGE_SIZE) {
		pa = pmap_kextract(addr);
		if (pa == 0)
			continue;
		pmap_kremove(addr);
		m = PHYS_TO_VM_PAGE(pa);
		if (m != NULL)
			vm_page_free(m);
	}
}

/*
 * Map new pages at `addr' on, which are pages of `object'.  Returns whether
 * there were so many; if not, those that were there are mapped.
 */
static int
back(vm_object_t object, vm_offset_t addr, uint32_t pages, int req)
{
	vm_pindex_t pindex = OFF_TO_IDX(addr - VM_MIN_KERNEL_ADDRESS);
	vm_page_t m;

	for (; pages > 0; pages--, addr += PAGE_SIZE, pindex++) {
		m = vm_page_alloc(object, pindex, req | VM_ALLOC_WIRED |
		    VM_ALLOC_NOBUSY);
		if (m == NULL)
			return (0);
		m->valid = VM_PAGE_BITS_ALL;
		pmap_kenter(addr, VM_PAGE_TO_PHYS(m));
		if ((req & VM_ALLOC_ZERO) && !(m->flags & PG_ZERO))
			bzero((void *)addr, PAGE_SIZE);
	}
	return (1);
}

/*
 * Addresses with pages at them.  Returns 0 as addresses_take() does, ENOMEM if
 * there are not so many pages, too.
 */
static int
memory_take(vm_map_t map, uint32_t pages, int req, vm_offset_t *addr)
{
	vm_object_t object = map == kernel_map ? kernel_object : kmem_object;
	int error;

	error = addresses_take(map, pages, object, 0, addr);
	if (error == 0 && !back(object, *addr, pages, req)) {
		kmem_free(map, *addr, ptoa(pages));
		error = ENOMEM;
	}
	return (error);
}

vm_offset_t
kmem_alloc(vm_map_t map, vm_size_t size)
{
	vm_offset_t addr;

	if (memory_take(map, size_pages(size), VM_ALLOC_SYSTEM | VM_ALLOC_ZERO,
	    &addr) != 0)
		return (0);
	return (addr);
}

/*
 * There were no addresses: try again when zones have given back what they can
 * do without, or when anybody has.  At splvm, so that nobody does between the
 * try and the sleep.
 */
static void
addresses_wait(vm_map_t map, uint32_t pages)
{
	vm_offset_t addr;
	int error, s;

	uma_reclaim();
	s = splvm();
	error = addresses_take(map, pages, NULL, 0, &addr);
	if (error == 0)
		kmem_free(map, addr, ptoa(pages));
	else if (error == ENOSPC) {
		vm_map_lock(map);
		map->needs_wakeup = 1;
		(void)vm_map_unlock_and_wait(map, 0);
	}
	splx(s);
}

/* Who may wait gets it some time; but not while nobody may sleep, nor more than there is. */
static void
memory_wait(vm_map_t map, vm_size_t size, int req, int error)
{
	uint32_t pages = size_pages(size);

	if (error == ENOSPC) {
		if (cold || pages > atop(vm_map_max(map) - vm_map_min(map)))
			panic("kmem_malloc(%u): kmem_map too small: %u total allocated",
			    size, map->size);
		addresses_wait(map, pages);
	} else {
		if (cold || pages >= cnt.v_page_count - cnt.v_interrupt_free_min)
			panic("kmem_malloc(%u): out of memory: %u of %u pages are free",
			    size, cnt.v_free_count, cnt.v_page_count);
		vm_wait_pages(pages, req);
	}
}

vm_offset_t
kmem_malloc(vm_map_t map, vm_size_t size, int flags)
{
	vm_offset_t addr;
	int error, req;

	req = flags & M_NOWAIT ? VM_ALLOC_INTERRUPT : VM_ALLOC_SYSTEM;
	if (flags & M_ZERO)
		req |= VM_ALLOC_ZERO;
	while ((error = memory_take(map, size_pages(size), req, &addr)) != 0) {
		if (flags & M_NOWAIT)
			return (0);
		memory_wait(map, size, req, error);
	}
	return (addr);
}

/* Is all of this in use, and in kernel_map just this?  The map is locked. */
static int
in_use(vm_map_t map, vm_offset_t addr, vm_offset_t end)
{
	vm_map_entry_t entry;

	return (vm_map_lookup_entry(map, addr, &entry) && end <= entry->end &&
	    (addr & PAGE_MASK) == 0 &&
	    (map != kernel_map || (addr == entry->start && end == entry->end)));
}

void
kmem_free(vm_map_t map, vm_offset_t addr, vm_size_t size)
{
	uint32_t pages = size_pages(size);

	vm_map_lock(map);
	KASSERT(in_use(map, addr, addr + ptoa(pages)),
	    ("kmem_free: %u pages at %#x are not in use", pages, addr));
	unback(addr, pages);
	(void)vm_map_delete(map, addr, addr + ptoa(pages));
	if (map->needs_wakeup) {
		map->needs_wakeup = 0;
		vm_map_wakeup(map);
	}
	vm_map_unlock(map);
}
