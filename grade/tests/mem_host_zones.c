/*
 * Zones: drawn allocations in many of them, each item watched from its making
 * to its end; limits, reserves, and requests that fail when told to.
 */
#include "mem_host.h"

#include <sys/errno.h>
#include <vm/uma.h>

#define	ZONES	12
#define	ITEMS	4096

/* What an item's first byte says, where functions make it; and then what fills it. */
enum { NOTHING, MADE = 0x5a, GIVEN = 0xa5 };

static const struct kind {
	int	size, align, made;	/* by functions? */
	uint32_t flags;
} kinds[ZONES] = {
	{ 1, 0, 0, 0 }, { 16, 3, 1, 0 }, { 17, 7, 1, UMA_ZONE_NOFREE },
	{ 88, UMA_ALIGN_PTR, 1, 0 }, { 88, 31, 0, 0 },
	{ 100, UMA_ALIGN_PTR, 1, 0 }, { 300, 31, 1, 0 },
	{ 700, 7, 1, 0 }, { 1300, 15, 0, 0 }, { 2000, 31, 1, 0 },
	{ UMA_MAX_ITEM - 16, 7, 1, 0 }, { 40, 3, 1, 0 },
};

static uma_zone_t zones[ZONES];
static int	made[ZONES];		/* by uminit, and not yet unmade */
static uint32_t	used[ZONES];
static struct { unsigned char *item; int zone; unsigned char fill; } items[ITEMS];
static void	*intr_items[64];	/* the handler's, of the last zone */

/* Which of the zones has items of this size as they are told to functions. */
static int
kind_of(int size)
{
	int i;

	for (i = 0; i < ZONES; i++)
		if (kinds[i].made && (int)roundup(kinds[i].size, kinds[i].align + 1) == size)
			return (i);
	CHECK(0);
	return (0);
}

static int
item_init(void *item, int size, int flags __unused)
{
	unsigned char *p = item;

	if (draw(200) == 0)
		return (1);
	__builtin_memset(p, 0, size);
	p[0] = MADE;
	made[kind_of(size)]++;
	return (0);
}

static void
item_fini(void *item, int size)
{
	unsigned char *p = item;

	CHECK(p[0] == MADE);
	p[0] = NOTHING;
	made[kind_of(size)]--;
}

/* `arg' says whether it is wanted; what filled it when it came back is still there. */
static int
item_ctor(void *item, int size, void *arg, int flags)
{
	unsigned char *p = item;
	int i;

	CHECK((flags & M_ZERO) || p[0] == MADE);
	for (i = 2; i < size; i++)
		CHECK(p[i] == p[1]);
	if (arg != NULL)
		return (1);
	p[0] = GIVEN;
	return (0);
}

static void
item_dtor(void *item, int size __unused, void *arg)
{
	unsigned char *p = item;

	CHECK(p[0] == GIVEN && arg == NULL);
	p[0] = MADE;
}

static void
zones_create(void)
{
	const struct kind *k;
	int i;

	for (i = 0; i < ZONES; i++) {
		k = &kinds[i];
		zones[i] = k->made ? uma_zcreate("made", k->size, item_ctor, item_dtor,
		    item_init, item_fini, k->align, k->flags) :
		    uma_zcreate("plain", k->size, NULL, NULL, NULL, NULL, k->align,
		    k->flags);
	}
}

static void
stat_of(uma_zone_t zone, struct uma_stat *stat)
{
	uma_zone_t at = NULL;

	while ((at = uma_zone_next(at, stat)) != zone)
		CHECK(at != NULL);
}

static void
take(unsigned int n, int flags)
{
	int zone = draw(ZONES), refuse = kinds[zone].made && draw(16) == 0;
	int size = roundup(kinds[zone].size, kinds[zone].align + 1), i;
	int zero = !kinds[zone].made && draw(3) == 0;
	unsigned char *p;

	p = uma_zalloc_arg(zones[zone], refuse ? &refuse : NULL,
	    flags | zero * M_ZERO);
	CHECK(!refuse || p == NULL);
	if (p == NULL)
		return;
	CHECK(((uintptr_t)p & kinds[zone].align) == 0);
	for (i = 0; zero && i < size; i++)
		CHECK(p[i] == 0);
	items[n].item = p;
	items[n].zone = zone;
	items[n].fill = draw(256);
	__builtin_memset(p + kinds[zone].made, items[n].fill, size - kinds[zone].made);
	used[zone]++;
}

static void
give(unsigned int n)
{
	int zone = items[n].zone, i;
	int size = roundup(kinds[zone].size, kinds[zone].align + 1);

	for (i = kinds[zone].made; i < size; i++)
		CHECK(items[n].item[i] == items[n].fill);
	uma_zfree(zones[zone], items[n].item);
	items[n].item = NULL;
	used[zone]--;
}

static void
handler(void)
{
	void **item = &intr_items[draw(nitems(intr_items))];

	if (*item == NULL) {
		*item = uma_zalloc(zones[ZONES - 1], M_NOWAIT);
		if (*item != NULL)
			__builtin_memset((char *)*item + 1, 7, kinds[ZONES - 1].size - 1);
	} else {
		uma_zfree(zones[ZONES - 1], *item);
		*item = NULL;
	}
}

/* The zones count what the model does; the last one's is the handler's, too. */
static void
compare(void)
{
	struct uma_stat stat;
	int i;

	for (i = 0; i < ZONES; i++) {
		stat_of(zones[i], &stat);
		CHECK(stat.used == used[i] || (i == ZONES - 1 && stat.used >= used[i]));
		CHECK(!kinds[i].made || made[i] == (int)(stat.used + stat.free));
		CHECK(stat.pages == 0 || stat.free + stat.used >= stat.pages);
	}
}

/* How many pages have items of the zone that are in use. */
static uint32_t
pages_used(int zone)
{
	char seen[KVA_PAGES] = { 0 };
	uint32_t pages = 0;
	unsigned int n;

	for (n = 0; n < ITEMS + nitems(intr_items); n++) {
		uintptr_t item = n < ITEMS ?
		    items[n].zone == zone ? (uintptr_t)items[n].item : 0 :
		    zone == ZONES - 1 ? (uintptr_t)intr_items[n - ITEMS] : 0;

		if (item != 0 && !seen[atop(item - KVA_START)]++)
			pages++;
	}
	return (pages);
}

/* Then a zone has no page of which all items are free, if it may go. */
static void
reclaim(void)
{
	struct uma_stat stat;
	int i;

	interrupts = 0;
	uma_reclaim();
	for (i = 0; i < ZONES; i++) {
		stat_of(zones[i], &stat);
		CHECK(stat.pages == pages_used(i) || kinds[i].flags == UMA_ZONE_NOFREE);
	}
	interrupts = 1;
}

void
test_zones(unsigned int count)
{
	uint32_t left;
	unsigned int n, i;

	zones_create();
	left = pages_left();
	interrupts = 1;
	intr_more = handler;
	for (i = 0; i < count; i++) {
		n = draw(i % 8192 < 4096 ? ITEMS : 32);
		if (items[n].item == NULL)
			take(n, draw(2) ? M_NOWAIT : M_NOWAIT | M_USE_RESERVE);
		else
			give(n);
		if (draw(1000) == 0)
			reclaim();
		if (i % 512 == 0)
			compare();
		CHECK(cpl == 0 && host_eflags == HOST_PSL_I);
	}
	interrupts = 0;
	for (n = 0; n < ITEMS; n++)
		if (items[n].item != NULL)
			give(n);
	for (n = 0; n < nitems(intr_items); n++)
		if (intr_items[n] != NULL)
			uma_zfree(zones[ZONES - 1], intr_items[n]);
	compare();
	uma_reclaim();
	for (i = 0; i < ZONES; i++) {
		CHECK((made[i] != 0) == (kinds[i].flags == UMA_ZONE_NOFREE));
		uma_zdestroy(zones[i]);
		CHECK(made[i] == 0);
	}
	for (n = 0; n < nitems(intr_pieces); n++)
		free(intr_pieces[n], M_INTR);
	uma_reclaim();
	host_printf("%d pages kept\n", (int)(left - pages_left()));
}

/* ---------------------------------------------------------------- limits */

static uma_zone_t limited;
static void	*kept[512];

/* Somebody else gives an item back. */
static void
give_item(void)
{
	unsigned int n = draw(16);

	CHECK(kept[n] != NULL);
	uma_zfree(limited, kept[n]);
	kept[n] = NULL;
}

/* All that a zone gives; returns how many. */
static uint32_t
take_items(uma_zone_t zone)
{
	uint32_t n = 0;

	while ((kept[n] = uma_zalloc(zone, M_NOWAIT)) != NULL)
		CHECK(++n < nitems(kept));
	return (n);
}

static void
give_items(uma_zone_t zone)
{
	unsigned int n;

	for (n = 0; n < nitems(kept); n++)
		if (kept[n] != NULL) {
			uma_zfree(zone, kept[n]);
			kept[n] = NULL;
		}
}

/* A limit is whole pages of items; who can wait gets the next one that comes back. */
static void
limits(void)
{
	struct uma_stat stat;
	void *item;

	limited = uma_zcreate("limited", 100, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
	uma_zone_set_max(limited, 50);
	stat_of(limited, &stat);
	CHECK(stat.limit >= 50 && stat.limit < 50 + 40);
	CHECK(take_items(limited) == stat.limit);
	sleeper = give_item;
	sleeps = wakeups = 0;
	item = uma_zalloc(limited, M_WAITOK);
	CHECK(sleeps == 1 && wakeups == 1);
	CHECK(item != NULL && uma_zalloc(limited, M_NOWAIT) == NULL);
	uma_zfree(limited, item);
	give_items(limited);
	uma_zdestroy(limited);
}

/* Addresses of its own: one behind the other, and no map is asked for them. */
static void
own_addresses(void)
{
	struct uma_stat stat;
	uint32_t pages = cnt.v_free_count, n, i;
	uintptr_t low = UINTPTR_MAX, high = 0;
	vm_map_t map = kernel_map;
	uma_zone_t zone;

	zone = uma_zcreate("own", 64, NULL, NULL, NULL, NULL, 63, 0);
	CHECK(uma_zone_reserve_kva(zone, 400) == 1);
	kernel_map = NULL;
	CHECK(uma_zone_reserve(zone, 200) == 0);
	pages = cnt.v_free_count;
	n = take_items(zone);
	CHECK(pages > cnt.v_free_count);
	kernel_map = map;
	stat_of(zone, &stat);
	CHECK(n == stat.limit && n >= 400 && n < 400 + 64);
	for (i = 0; i < n; i++) {
		low = MIN(low, (uintptr_t)kept[i]);
		high = MAX(high, (uintptr_t)kept[i]);
	}
	CHECK(atop(high - low) == stat.pages - 1);
	give_items(zone);
	pages = cnt.v_free_count;
	uma_reclaim();
	CHECK(cnt.v_free_count == pages);
	take_all();
	CHECK(uma_zone_reserve(zone, n) == 0 &&
	    uma_zone_reserve(zone, n + 1) == ENOSPC);
	CHECK(take_items(zone) == n);
	while (hoarded > 0)
		give_one();
	give_items(zone);
}

/* A sequence in which every request may fail; returns how many did. */
static int
sequence(void)
{
	uma_zone_t zone = uma_zcreate("sweep", 700, NULL, NULL, NULL, NULL, 3, 0);
	void *waited = uma_zalloc(zone, M_WAITOK), *piece = malloc(100, M_TEST, M_NOWAIT);
	void *large = malloc(3 * PAGE_SIZE, M_TEST, M_NOWAIT), *more = NULL;
	int failed = (piece == NULL) + (large == NULL), n;

	for (n = 0; n < 12; n++)
		failed += (kept[n] = uma_zalloc(zone, M_NOWAIT)) == NULL;
	more = malloc(9000, M_TEST, M_WAITOK | M_ZERO);
	CHECK(waited != NULL && more != NULL);
	give_items(zone);
	uma_zfree(zone, waited);
	uma_zdestroy(zone);
	free(piece, M_TEST);
	free(large, M_TEST);
	free(more, M_TEST);
	uma_reclaim();
	return (failed);
}

/* Of each request in turn: it fails, or waits, and nothing is lost. */
static void
failures(void)
{
	uint32_t left;
	int n, failed, waited;

	CHECK(sequence() == 0);
	uma_reclaim();
	left = pages_left();
	failed = waited = 0;
	sleeper = give_none;
	for (n = 1; vm_fail_alloc = n, sleeps = 0, failed += sequence(), vm_fail_alloc == 0; n++) {
		waited += sleeps;
		CHECK(pages_left() == left);
	}
	vm_fail_alloc = 0;
	host_printf("%d requests: %d failed, %d waited\n", n - 1, failed, waited);
}

void
test_limits(void)
{
	limits();
	own_addresses();
	failures();
}

/* ---------------------------------------------------------------- what is wrong */

static int
never(void *item __unused, int size __unused, int flags __unused)
{
	return (1);
}

void
wrong_zones(const char *how)
{
	uma_zone_t zone = uma_zcreate("test", 100, NULL, NULL, NULL, NULL, 3, 0);
	uma_zone_t other = uma_zcreate("other", 100, NULL, NULL, NULL, NULL, 3, 0);
	char *item = uma_zalloc(zone, M_WAITOK);

#define	HOW(name)	if (host_strcmp(how, name) == 0)
	HOW("item twice") uma_zfree(zone, item), uma_zfree(zone, item);
	HOW("small item twice") {
		zone = uma_zcreate("small", 8, NULL, NULL, NULL, NULL, 3, 0);
		uma_zone_set_max(zone, 1);
		CHECK(take_items(zone) > 200);		/* all of a page */
		uma_zfree(zone, kept[0]), uma_zfree(zone, kept[0]);
	}
	HOW("another zone's") uma_zfree(other, item);
	HOW("in an item") uma_zfree(zone, item + 4);
	HOW("before the items") uma_zfree(zone, (char *)trunc_page((uintptr_t)item) + 4);
	HOW("waits in interrupt") intr_frame = (void *)item, uma_zalloc(zone, M_WAITOK);
	HOW("item too large") uma_zcreate("huge", 4000, NULL, NULL, NULL, NULL, 3, 0);
	HOW("zone in use") uma_zdestroy(zone);
	HOW("late addresses") uma_zone_reserve_kva(zone, 100);
	HOW("limit while cold") {
		uma_zone_set_max(zone, 1);
		cold = 1;
		for (;;)
			uma_zalloc(zone, M_WAITOK);
	}
	HOW("never made") {
		zone = uma_zcreate("never", 8, NULL, NULL, never, NULL, 3, 0);
		CHECK(uma_zalloc(zone, M_NOWAIT) == NULL);
		panic("%s", "there is none");
	}
}
