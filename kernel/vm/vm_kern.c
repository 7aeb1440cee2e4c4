/*
 * vm_kern: the kernel's addresses, and memory at them, in whole pages.
 *
 * A map is a range of addresses with a bit for each page: set, if somebody has
 * it.  Space is found at the lowest address where there is enough of it.
 *
 *	virtual_avail						virtual_end
 *	| kernel_map							  |
 *	| 1111 1101 1111 1 ... 1 0000 ...				  |
 *	|	   ^	    |     |					  |
 *	|  first_free	    kmem_map, made by kmem_suballoc()		  |
 *	|		    | 1110 0111 ...				  |
 *
 * Behind whatever is taken from kernel_map, one page stays that is never
 * mapped: who writes behind the end of it faults.  (malloc(9)'s pieces have no
 * such guard.)
 *
 * Who has which pages is not written down a second time: kmem_free() finds them
 * in the page tables.
 *
 * [vm/vm_kern.c]
 */
#include <vm/vm_kern.h>

#include <sys/malloc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/pmap.h>
#include <vm/vm_page.h>

#define	BITS		32		/* of a word */
#define	ALL_MAP_PAGES	(NKPT * NPTEPG)

struct vm_map {
	vm_offset_t	min_offset, max_offset;
	uint32_t	guard;		/* pages behind each piece that stay free */
	uint32_t	npages;		/* all of its bits */
	uint32_t	first_free;	/* none before this one is free */
	uint32_t	size;		/* bytes that are in use, without guards */
	uint32_t	*used;		/* a bit a page */
};

static uint32_t	kernel_map_used[ALL_MAP_PAGES / BITS];
static struct vm_map kernel_map_store;

vm_map_t kernel_map, kmem_map;

/* ---------------------------------------------------------------- addresses */

/*
 * The number of the next bit that is set, from `at' on, after each word was
 * XORed with `flip'; `limit' if none is before that.
 */
static uint32_t
next_bit(const uint32_t *bits, uint32_t at, uint32_t limit, uint32_t flip)
{
	uint32_t word;

	if (at >= limit)
		return (limit);
	word = (bits[at / BITS] ^ flip) & ~0U << at % BITS;
	while (word == 0) {
		at = rounddown(at, BITS) + BITS;
		if (at >= limit)
			return (limit);
		word = bits[at / BITS] ^ flip;
	}
	return (MIN(rounddown(at, BITS) + __builtin_ctz(word), limit));
}

#define	next_used(map, at, limit)	next_bit((map)->used, at, limit, 0)
#define	next_free(map, at, limit)	next_bit((map)->used, at, limit, ~0U)

/* Invert `count' bits from `at' on. */
static void
invert_bits(uint32_t *bits, uint32_t at, uint32_t count)
{
	uint32_t end = at + count, mask;

	while (at < end) {
		mask = ~0U << at % BITS;
		if (end - rounddown(at, BITS) < BITS)
			mask &= ~(~0U << end % BITS);
		bits[at / BITS] ^= mask;
		at = rounddown(at, BITS) + BITS;
	}
}

/* Take `pages' pages' addresses from a map.  Returns the first, or 0. */
static vm_offset_t
map_take(vm_map_t map, uint32_t pages)
{
	uint32_t all = pages + map->guard, at, end;
	int s = splvm();

	map->first_free = at = next_free(map, map->first_free, map->npages);
	while (all <= map->npages - at) {
		end = next_used(map, at, at + all);
		if (end - at == all) {
			invert_bits(map->used, at, all);
			map->size += ptoa(pages);
			splx(s);
			return (map->min_offset + ptoa(at));
		}
		at = next_free(map, end, map->npages);
	}
	splx(s);
	return (0);
}

/* Are these addresses in use, the guard too? */
static int
map_in_use(vm_map_t map, vm_offset_t addr, uint32_t pages)
{
	uint32_t all = pages + map->guard, at;

	if (addr < map->min_offset || addr >= map->max_offset)
		return (0);
	at = atop(addr - map->min_offset);
	return ((addr & PAGE_MASK) == 0 && all <= map->npages - at &&
	    next_free(map, at, at + all) == at + all);
}

/* Give addresses back, which are in use. */
static void
map_give(vm_map_t map, vm_offset_t addr, uint32_t pages)
{
	uint32_t all = pages + map->guard, at = atop(addr - map->min_offset);
	int s = splvm();

	invert_bits(map->used, at, all);
	map->size -= ptoa(pages);
	map->first_free = MIN(map->first_free, at);
	splx(s);
}

/* How many pages `size' bytes need: 0 is one, and all of 4 GB does not overflow. */
static uint32_t
size_pages(vm_size_t size)
{
	return (size == 0 ? 1 : atop(size - 1) + 1);
}

/* ---------------------------------------------------------------- maps */

static void
map_init(vm_map_t map, vm_offset_t start, vm_offset_t end, uint32_t *used)
{
	map->min_offset = start;
	map->max_offset = end;
	map->npages = atop(end - start);
	map->used = used;
}

void
kmem_init(vm_offset_t start, vm_offset_t end)
{
	map_init(&kernel_map_store, start, end, kernel_map_used);
	kernel_map_store.guard = 1;
	kernel_map = &kernel_map_store;
}

vm_map_t
kmem_suballoc(vm_map_t parent, vm_offset_t *min, vm_offset_t *max,
    vm_size_t size)
{
	uint32_t pages = size_pages(size);
	vm_map_t map;

	map = (vm_map_t)kmem_alloc(parent, sizeof(*map) +
	    howmany(pages, BITS) * sizeof(uint32_t));
	*min = map_take(parent, pages);
	if (map == NULL || *min == 0)
		panic("kmem_suballoc: no room for %u bytes", size);
	*max = *min + ptoa(pages);
	map_init(map, *min, *max, (uint32_t *)(map + 1));
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
 * Map new pages at `addr' on.  Returns how many there were: fewer than
 * `pages' when no more are to be had.
 */
static uint32_t
back(vm_offset_t addr, uint32_t pages, int req)
{
	vm_page_t m;
	uint32_t i;

	for (i = 0; i < pages; i++) {
		m = vm_page_alloc(NULL, 0, req | VM_ALLOC_NOOBJ | VM_ALLOC_WIRED);
		if (m == NULL)
			break;
		pmap_kenter(addr + ptoa(i), VM_PAGE_TO_PHYS(m));
	}
	return (i);
}

vm_offset_t
kmem_alloc_nofault(vm_map_t map, vm_size_t size)
{
	return (map_take(map, size_pages(size)));
}

/*
 * Back `pages' pages at `addr', which was taken from the map.  Returns `addr';
 * if there are not so many pages, gives all of it back and returns 0.
 */
static vm_offset_t
back_all(vm_map_t map, vm_offset_t addr, uint32_t pages, int req)
{
	uint32_t done;

	done = back(addr, pages, req);
	if (done == pages)
		return (addr);
	unback(addr, done);
	map_give(map, addr, pages);
	return (0);
}

vm_offset_t
kmem_alloc(vm_map_t map, vm_size_t size)
{
	uint32_t pages = size_pages(size);
	vm_offset_t addr;

	addr = map_take(map, pages);
	if (addr == 0)
		return (0);
	return (back_all(map, addr, pages, VM_ALLOC_SYSTEM | VM_ALLOC_ZERO));
}

/*
 * Who may wait sleeps for pages, since those come back; but not while nobody
 * may sleep, nor for more than there are.  For addresses nobody waits: they
 * would not come back in one piece.
 */
vm_offset_t
kmem_malloc(vm_map_t map, vm_size_t size, int flags)
{
	uint32_t pages = size_pages(size);
	vm_offset_t addr;
	int req;

	req = flags & M_NOWAIT ? VM_ALLOC_INTERRUPT : VM_ALLOC_SYSTEM;
	if (flags & M_ZERO)
		req |= VM_ALLOC_ZERO;
	for (;;) {
		addr = map_take(map, pages);
		if (addr != 0)
			addr = back_all(map, addr, pages, req);
		else if (!(flags & M_NOWAIT))
			panic("kmem_malloc(%u): kmem_map too small: %u total allocated",
			    size, map->size);
		if (addr != 0 || (flags & M_NOWAIT))
			return (addr);
		if (cold || pages >= cnt.v_page_count - cnt.v_interrupt_free_min)
			panic("kmem_malloc(%u): out of memory: %u of %u pages are free",
			    size, cnt.v_free_count, cnt.v_page_count);
		vm_wait_pages(pages, req);
	}
}

void
kmem_free(vm_map_t map, vm_offset_t addr, vm_size_t size)
{
	uint32_t pages = size_pages(size);

	KASSERT(map_in_use(map, addr, pages),
	    ("kmem_free: %u pages at %#x are not in use", pages, addr));
	unback(addr, pages);
	map_give(map, addr, pages);
}
