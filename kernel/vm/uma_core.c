/*
 * uma_core: zones.
 *
 * A zone cuts pages into items, all of one size.  What is known of a page, a
 * slab, stands at its beginning; so an item's address leads to its slab, and
 * that to the zone:
 *
 *	slab	zone, free, first  | next[] | item 0 | item 1 | item 2 | ...
 *				 |	 ^ 2 |T |5 |T |  |
 *				 +-----> 0
 *
 * `next' has a byte an item: where the next free one is, or TAKEN.  It does not
 * stand in the items, since what uminit has made of them must stay.
 *
 * A zone lists its slabs that have free items: in front those that have others,
 * too, then those with none but free ones.  Items are taken from the first
 * slab, so the last ones can become whole pages again (uma_reclaim).
 *
 * Where a page comes from:
 *
 *	there is no kernel_map yet	virtual_avail on; it stays for ever
 *	uma_zone_set_obj()		the next of the zone's own addresses; it stays
 *	else				kmem_malloc()
 *
 * The list is touched with interrupts disabled, for some 20 instructions: to
 * raise the level and to lower it again would take longer.  For pages the level
 * is splvm.
 *
 * [vm/uma_core.c, vm/uma_int.h]
 */
#include <vm/uma.h>

#include <sys/priority.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_page.h>

#define	TAKEN		0xff		/* in next[] */
#define	MAX_ITEMS	0xff		/* of a slab */

struct uma_slab {
	uma_zone_t	zone;
	vm_map_t	map;		/* whose page it is; NULL: it stays */
	TAILQ_ENTRY(uma_slab) link;	/* in the zone's list, if `free' is not 0 */
	uint32_t	free;		/* items */
	uint32_t	first;		/* of those */
	uint8_t		next[];		/* by item */
};

TAILQ_HEAD(slab_list, uma_slab);

struct uma_zone {
	struct slab_list slabs;
	uint32_t	size;		/* of an item, as it is aligned */
	uint32_t	offset;		/* of a slab's first one */
	uint32_t	per_slab;	/* how many there are */
	uint32_t	flags;		/* UMA_ZONE_ */
	uma_ctor	ctor;
	uma_dtor	dtor;
	uma_init	init;
	uma_fini	fini;

	uint32_t	pages;		/* slabs */
	uint32_t	max_pages;	/* their limit; 0: none */
	int		waiting;	/* somebody sleeps until an item is free */
	vm_offset_t	kva;		/* its own addresses, or 0 */
	uint32_t	kva_pages;	/* of those, in use */

	const char	*name;
	uint32_t	failures;
	uint64_t	requests;
	STAILQ_ENTRY(uma_zone) link;
};

static STAILQ_HEAD(, uma_zone) zones = STAILQ_HEAD_INITIALIZER(zones);
static struct uma_zone zone_of_zones;

/* ---------------------------------------------------------------- zones */

static int
init_zero(void *item, int size, int flags __unused)
{
	bzero(item, size);
	return (0);
}

/*
 * How many items of the zone's size fit behind a slab's head and a byte for
 * each, and where they begin.
 */
static void
zone_layout(uma_zone_t zone, uint32_t align)
{
	uint32_t count;

	for (count = MIN(PAGE_SIZE / zone->size, MAX_ITEMS);; count--) {
		zone->offset = roundup(sizeof(struct uma_slab) + count, align + 1);
		if (zone->offset + count * zone->size <= PAGE_SIZE)
			break;
	}
	zone->per_slab = count;
}

static void
zone_setup(uma_zone_t zone, const char *name, int size, int align, uint32_t flags)
{
	bzero(zone, sizeof(*zone));
	TAILQ_INIT(&zone->slabs);
	zone->name = name;
	zone->size = roundup(size, align + 1);
	zone->flags = flags;
	zone_layout(zone, align);
	STAILQ_INSERT_TAIL(&zones, zone, link);
}

void
uma_startup(void)
{
	zone_setup(&zone_of_zones, "UMA Zones", sizeof(struct uma_zone),
	    UMA_ALIGN_PTR, 0);
}

uma_zone_t
uma_zcreate(const char *name, int size, uma_ctor ctor, uma_dtor dtor,
    uma_init uminit, uma_fini fini, int align, uint32_t flags)
{
	uma_zone_t zone;

	KASSERT(size > 0 && size <= UMA_MAX_ITEM,
	    ("uma_zcreate: zone %s: items of %d bytes", name, size));
	zone = uma_zalloc(&zone_of_zones, M_WAITOK);
	zone_setup(zone, name, size, align, flags);
	zone->ctor = ctor;
	zone->dtor = dtor;
	zone->init = flags & UMA_ZONE_ZINIT ? init_zero : uminit;
	zone->fini = fini;
	return (zone);
}

/* How many of its items are in use: all that its slabs do not list as free. */
static uint32_t
zone_used(const struct uma_zone *zone)
{
	const struct uma_slab *slab;
	uint32_t used, ef;

	ef = intr_disable();
	used = zone->pages * zone->per_slab;
	TAILQ_FOREACH(slab, &zone->slabs, link)
		used -= slab->free;
	intr_restore(ef);
	return (used);
}

void
uma_zone_set_max(uma_zone_t zone, int nitems)
{
	zone->max_pages = howmany((uint32_t)nitems, zone->per_slab);
}

uma_zone_t
uma_zone_next(uma_zone_t zone, struct uma_stat *stat)
{
	zone = zone == NULL ? STAILQ_FIRST(&zones) : STAILQ_NEXT(zone, link);
	if (zone == NULL)
		return (NULL);
	stat->name = zone->name;
	stat->size = zone->size;
	stat->limit = zone->max_pages * zone->per_slab;
	stat->used = zone_used(zone);
	stat->free = zone->pages * zone->per_slab - stat->used;
	stat->pages = zone->pages;
	stat->requests = zone->requests;
	stat->failures = zone->failures;
	return (zone);
}

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
	if (m == NULL || va == virtual_end)
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
uma_zone_set_obj(uma_zone_t zone, struct vm_object *obj __unused, int count)
{
	vm_size_t size;
	vm_offset_t va;

	KASSERT(zone->pages == 0, ("uma_zone_set_obj: zone %s has pages",
	    zone->name));
	uma_zone_set_max(zone, count);
	size = ptoa(zone->max_pages);
	if (kernel_map != NULL)
		va = kmem_alloc_nofault(kernel_map, size);
	else if (size <= virtual_end - virtual_avail) {
		va = virtual_avail;
		virtual_avail += size;
	} else
		va = 0;
	zone->kva = va;
	return (va != 0);
}

/* ---------------------------------------------------------------- slabs */

static inline void *
slab_item(const struct uma_zone *zone, const struct uma_slab *slab, uint32_t index)
{
	return ((char *)(uintptr_t)slab + zone->offset + index * zone->size);
}

/* Undo the init of the first `count' items, and give the page back. */
static void
slab_free(struct uma_slab *slab, uint32_t count)
{
	const struct uma_zone *zone = slab->zone;

	KASSERT(slab->map != NULL, ("uma: zone %s: the page at %p stays", zone->name,
	    slab));
	while (count-- > 0)
		if (zone->fini != NULL)
			zone->fini(slab_item(zone, slab, count), zone->size);
	kmem_free(slab->map, (vm_offset_t)slab, PAGE_SIZE);
}

/* A slab whose items are all free, in no list; NULL if there is no page. */
static struct uma_slab *
slab_new(uma_zone_t zone, int flags)
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
		    zone->init(slab_item(zone, slab, i), zone->size, flags) != 0) {
			slab_free(slab, i);
			return (NULL);
		}
	}
	return (slab);
}

/* Sleep until an item is free, or another page allowed. */
static void
zone_wait(uma_zone_t zone)
{
	int s = splvm();

	KASSERT(!cold, ("uma_zalloc: zone %s: all of %u items are in use",
	    zone->name, zone_used(zone)));
	while (TAILQ_EMPTY(&zone->slabs) && zone->pages >= zone->max_pages) {
		zone->waiting = 1;
		(void)tsleep(zone, PVM, "zonelimit", 0);
	}
	splx(s);
}

/*
 * See to it that the zone has a free item: another page, or wait for one.
 * Returns 0 if there is none to be had.  Somebody else may be the first to
 * take it.
 */
static int __attribute__((noinline))
zone_grow(uma_zone_t zone, int flags)
{
	struct uma_slab *slab;
	uint32_t ef;

	ef = intr_disable();
	if (zone->max_pages != 0 && zone->pages >= zone->max_pages) {
		intr_restore(ef);
		if (flags & M_NOWAIT)
			return (0);
		zone_wait(zone);
		return (1);
	}
	zone->pages++;
	intr_restore(ef);
	slab = slab_new(zone, flags);
	ef = intr_disable();
	if (slab != NULL)
		TAILQ_INSERT_TAIL(&zone->slabs, slab, link);
	else
		zone->pages--;
	intr_restore(ef);
	return (slab != NULL);
}

void
uma_prealloc(uma_zone_t zone, int nitems)
{
	while (zone->pages * zone->per_slab < zone_used(zone) + nitems)
		(void)zone_grow(zone, M_WAITOK);
}

/* ---------------------------------------------------------------- items */

/* A free item, or NULL: then the zone has none. */
static inline void *
item_take(uma_zone_t zone)
{
	struct uma_slab *slab;
	uint32_t ef, index;

	ef = intr_disable();
	slab = TAILQ_FIRST(&zone->slabs);
	if (slab == NULL) {
		intr_restore(ef);
		return (NULL);
	}
	index = slab->first;
	slab->first = slab->next[index];
	slab->next[index] = TAKEN;
	if (--slab->free == 0)
		TAILQ_REMOVE(&zone->slabs, slab, link);
	zone->requests++;
	intr_restore(ef);
	return (slab_item(zone, slab, index));
}

static inline void
item_put(uma_zone_t zone, struct uma_slab *slab, uint32_t index)
{
	uint32_t ef;

	ef = intr_disable();
	slab->next[index] = slab->first;
	slab->first = index;
	if (slab->free++ == 0)
		TAILQ_INSERT_HEAD(&zone->slabs, slab, link);
	if (slab->free == zone->per_slab && TAILQ_NEXT(slab, link) != NULL) {
		TAILQ_REMOVE(&zone->slabs, slab, link);
		TAILQ_INSERT_TAIL(&zone->slabs, slab, link);
	}
	if (zone->waiting) {
		zone->waiting = 0;
		wakeup(zone);
	}
	intr_restore(ef);
}

/* The slab of an item that is the zone's and in use, and in *index which it is. */
static inline struct uma_slab *
item_find(const struct uma_zone *zone, const void *item, uint32_t *index)
{
	struct uma_slab *slab = (struct uma_slab *)trunc_page((vm_offset_t)item);
	uint32_t offset = ((vm_offset_t)item & PAGE_MASK) - zone->offset;

	KASSERT(slab->zone == zone, ("uma_zfree: %p is not of zone %s", item,
	    zone->name));
	*index = offset / zone->size;
	KASSERT(*index < zone->per_slab && offset % zone->size == 0,
	    ("uma_zfree: %p, zone %s: in the midst of an item", item, zone->name));
	KASSERT(slab->next[*index] == TAKEN, ("uma_zfree: %p, zone %s: free already",
	    item, zone->name));
	return (slab);
}

/* The constructor does not want the item. */
static void * __attribute__((noinline))
item_refused(uma_zone_t zone, void *item)
{
	struct uma_slab *slab;
	uint32_t index;

	slab = item_find(zone, item, &index);
	item_put(zone, slab, index);
	zone->failures++;
	return (NULL);
}

void *
uma_zalloc_arg(uma_zone_t zone, void *arg, int flags)
{
	void *item;

	KASSERT((flags & M_NOWAIT) || intr_frame == NULL,
	    ("uma_zalloc(M_WAITOK) in interrupt context: zone %s", zone->name));
	if (vm_fail_alloc != 0 && vm_fail_request(flags))
		return (NULL);
	while ((item = item_take(zone)) == NULL)
		if (!zone_grow(zone, flags)) {
			zone->failures++;
			return (NULL);
		}
	if (flags & M_ZERO)
		bzero(item, zone->size);
	if (zone->ctor != NULL && zone->ctor(item, zone->size, arg, flags) != 0)
		return (item_refused(zone, item));
	return (item);
}

void
uma_zfree_arg(uma_zone_t zone, void *item, void *arg)
{
	struct uma_slab *slab;
	uint32_t index;

	slab = item_find(zone, item, &index);
	if (zone->dtor != NULL)
		zone->dtor(item, zone->size, arg);
	item_put(zone, slab, index);
}

/* ---------------------------------------------------------------- what goes back */

/* Take from the zone a slab whose items are all free, and whose page may go; or NULL. */
static struct uma_slab *
slab_unused(uma_zone_t zone)
{
	struct uma_slab *slab;
	uint32_t ef;

	ef = intr_disable();
	TAILQ_FOREACH_REVERSE(slab, &zone->slabs, slab_list, link) {
		if (slab->free < zone->per_slab) {
			slab = NULL;
			break;
		}
		if (slab->map != NULL) {
			TAILQ_REMOVE(&zone->slabs, slab, link);
			zone->pages--;
			break;
		}
	}
	intr_restore(ef);
	return (slab);
}

static void
zone_drain(uma_zone_t zone)
{
	struct uma_slab *slab;

	while ((slab = slab_unused(zone)) != NULL)
		slab_free(slab, zone->per_slab);
}

void
uma_reclaim(void)
{
	uma_zone_t zone;

	STAILQ_FOREACH(zone, &zones, link)
		if (!(zone->flags & UMA_ZONE_NOFREE))
			zone_drain(zone);
}

void
uma_zdestroy(uma_zone_t zone)
{
	KASSERT(zone_used(zone) == 0, ("uma_zdestroy: zone %s: %u items are in use",
	    zone->name, zone_used(zone)));
	zone_drain(zone);
	KASSERT(zone->pages == 0, ("uma_zdestroy: zone %s: %u pages stay",
	    zone->name, zone->pages));
	STAILQ_REMOVE(&zones, zone, uma_zone, link);
	uma_zfree(&zone_of_zones, zone);
}
