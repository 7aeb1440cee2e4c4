/*
 * uma_core: zones, and the items that they give out.
 *
 * A zone lists its slabs that have free items: in front those that have others,
 * too, then those with none but free ones.  Items are taken from the first
 * slab, so the last ones can become whole pages again (uma_reclaim).
 *
 *	slabs -->  3 of 50 free --> 12 of 50 free --> 50 of 50 --> 50 of 50
 *			^	    put in front	   moved to the end
 *		    taken from	    when it gets its	   when its last item
 *				    first free item	   comes back
 *
 * The list is touched with interrupts disabled, for some 20 instructions: to
 * raise the level and to lower it again would take longer.
 *
 * [vm/uma_core.c]
 */
#include <vm/uma_int.h>

#include <sys/errno.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>
#include <vm/vm_extern.h>

static STAILQ_HEAD(, uma_zone) zones = STAILQ_HEAD_INITIALIZER(zones);
static struct uma_zone zone_of_zones;

/* ---------------------------------------------------------------- zones */

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
	zone->init = uminit;
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

/* ---------------------------------------------------------------- more slabs */

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

/* Who sleeps in zone_wait() looks again. */
static inline void
zone_wakeup(uma_zone_t zone)
{
	if (zone->waiting) {
		zone->waiting = 0;
		wakeup(zone);
	}
}

/*
 * See to it that the zone has a free item: another page, or wait for one.
 * Returns 0; or ENOMEM if there is none, ENOSPC if it has too many already.
 * Somebody else may be the first to take the item.
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
			return (ENOSPC);
		zone_wait(zone);
		return (0);
	}
	zone->pages++;
	intr_restore(ef);
	slab = uma_slab_new(zone, flags);
	ef = intr_disable();
	if (slab != NULL)
		TAILQ_INSERT_TAIL(&zone->slabs, slab, link);
	else
		zone->pages--;
	zone_wakeup(zone);	/* while we slept for the page it counted already */
	intr_restore(ef);
	return (slab != NULL ? 0 : ENOMEM);
}

/* Has the zone so many free items? */
static int
zone_has_free(const struct uma_zone *zone, uint32_t nitems)
{
	const struct uma_slab *slab;
	uint32_t ef, free = 0;

	ef = intr_disable();
	TAILQ_FOREACH(slab, &zone->slabs, link) {
		free += slab->free;
		if (free >= nitems)
			break;
	}
	intr_restore(ef);
	return (free >= nitems);
}

int
uma_zone_reserve(uma_zone_t zone, uint32_t nitems)
{
	int error = 0;

	while (error == 0 && !zone_has_free(zone, nitems))
		error = zone_grow(zone, M_NOWAIT);
	return (error);
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
	return (uma_slab_item(zone, slab, index));
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
	zone_wakeup(zone);
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
	if (vm_fail_alloc != 0 && !(flags & M_USE_RESERVE) &&
	    vm_fail_request(flags))
		return (NULL);
	while ((item = item_take(zone)) == NULL)
		if (zone_grow(zone, flags) != 0) {
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
		uma_slab_free(slab, zone->per_slab);
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
