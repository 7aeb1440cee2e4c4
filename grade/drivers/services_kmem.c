/*
 * services_kmem: the kernel's memory, when there is none, when interrupts ask
 * for it, and when it fails on purpose.  grade/tests/test_kmem.py says what is
 * expected.
 */
#include "services.h"

#include <sys/callout.h>
#include <sys/kthread.h>
#include <sys/malloc.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/pmap.h>
#include <vm/uma.h>
#include <vm/vm_extern.h>
#include <vm/vm_map.h>

#define	PIECES		64
#define	DRAWS		3000		/* of pieces, beside the callout's */

/* What is to be as before, when all is given back. */
struct counts {
	uint32_t	pages;		/* free; those of zones that stay count as free */
	uint32_t	wired;		/* less those */
	uint32_t	addresses;	/* in use, of both maps */
};

/* Malloc(9) may keep a page of each bucket: what is to be compared has been done once before. */
static struct counts
count(void)
{
	struct uma_stat stat;
	uma_zone_t zone = NULL;
	struct counts now;
	uint32_t kept = 0;

	uma_reclaim();
	while ((zone = uma_zone_next(zone, &stat)) != NULL)
		kept += stat.pages;
	now.pages = cnt.v_free_count + cnt.v_cache_count + kept;
	now.wired = cnt.v_wire_count - kept;
	now.addresses = kernel_map->size + kmem_map->size;
	return (now);
}

static int
differ(const struct counts *a, const struct counts *b)
{
	return (memcmp(a, b, sizeof(*a)) != 0);
}

/* ---------------------------------------------------------------- there is none */

static vm_offset_t waited;

/* It must be there before there is no memory for it. */
static void
waiter(void *arg __unused)
{
	(void)tsleep(&waited, PWAIT, "turn", 0);
	waited = kmem_malloc(kernel_map, 8 * PAGE_SIZE, M_WAITOK | M_ZERO);
	services_leave();
}

/* Each piece begins with the address of the one before it. */
static vm_offset_t
take_all(vm_map_t map, vm_size_t size, int *pieces)
{
	vm_offset_t addr, last = 0;

	for (*pieces = 0; (addr = kmem_malloc(map, size, M_NOWAIT)) != 0; ++*pieces) {
		*(vm_offset_t *)addr = last;
		last = addr;
	}
	return (last);
}

static void
give_all(vm_map_t map, vm_size_t size, vm_offset_t addr)
{
	vm_offset_t next;

	for (; addr != 0; addr = next) {
		next = *(vm_offset_t *)addr;
		kmem_free(map, addr, size);
	}
}

/* Addresses end first in kmem_map, pages in kernel_map. */
SERVICE_TEST(kmem_full)
{
	struct counts before, after;
	vm_offset_t last;
	int inner, outer;
	uint32_t lowest;

	give_all(kmem_map, PAGE_SIZE, take_all(kmem_map, PAGE_SIZE, &inner));
	before = count();
	give_all(kmem_map, PAGE_SIZE, take_all(kmem_map, PAGE_SIZE, &inner));
	(void)services_start(waiter, NULL, PWAIT, "waiter");
	(void)tsleep(&lowest, PWAIT, "start", 2);
	last = take_all(kernel_map, PAGE_SIZE, &outer);
	lowest = cnt.v_free_count;
	wakeup(&waited);
	(void)tsleep(&lowest, PWAIT, "lowest", 5);
	printf("@kmem_full inner=%d outer=%d lowest=%u early=%d\n", inner, outer,
	    lowest, waited != 0);
	give_all(kernel_map, PAGE_SIZE, last);
	services_join(1);
	kmem_free(kernel_map, waited, 8 * PAGE_SIZE);
	(void)tsleep(&lowest, PWAIT, "reap", 2);
	after = count();
	printf("@kmem_full_end late=%d differ=%d\n", waited != 0,
	    differ(&before, &after));
}

static uma_zone_t limited;
static int	got;

/* One of two, who wait for their turn as `waiter' does. */
static void
item_waiter(void *arg __unused)
{
	void *item;

	(void)tsleep(&waited, PWAIT, "turn", 0);
	item = uma_zalloc(limited, M_WAITOK);
	got++;
	(void)tsleep(&got, PWAIT, "keep", 0);
	uma_zfree(limited, item);
	services_leave();
}

/*
 * A zone may have one page: one waits for the page itself, the other for an item.
 * When the page comes it has items for both, and none has been given back.
 */
SERVICE_TEST(kmem_limit)
{
	vm_offset_t last;
	int i, pieces;

	limited = uma_zcreate("limited", 100, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
	uma_zone_set_max(limited, 1);
	for (i = 0; i < 2; i++)
		(void)services_start(item_waiter, NULL, PWAIT, "waiter");
	(void)tsleep(&pieces, PWAIT, "start", 2);
	last = take_all(kernel_map, PAGE_SIZE, &pieces);
	wakeup(&waited);
	(void)tsleep(&pieces, PWAIT, "none", 5);
	printf("@kmem_limit early=%d", got);
	give_all(kernel_map, PAGE_SIZE, last);
	(void)tsleep(&pieces, PWAIT, "both", 5);
	printf(" both=%d\n", got);
	wakeup(&got);
	(void)tsleep(&pieces, PWAIT, "other", 5);
	wakeup(&got);
	services_join(2);
	uma_zdestroy(limited);
}

/* ---------------------------------------------------------------- growing */

/* More addresses than there are page tables for, when there is no page for the second. */
SERVICE_TEST(kmem_grow)
{
	vm_offset_t old = kernel_vm_end, none, addr;
	vm_size_t size = old - KERNBASE, used = kernel_map->size;

	vm_fail_alloc = 2;
	none = kmem_alloc_nofault(kernel_map, size);
	printf("@kmem_grow none=%u left=%d tables=%u kept=%u", none, vm_fail_alloc,
	    (kernel_vm_end - old) / NBPDR, kernel_map->size - used);
	vm_fail_alloc = 0;
	addr = kmem_alloc_nofault(kernel_map, size);
	printf(" grown=%d", addr + size <= kernel_vm_end);
	kmem_free(kernel_map, addr, size);
	printf(" given=%u\n", kernel_map->size - used);
}

/* ---------------------------------------------------------------- interrupts */

static uma_zone_t item_zone;
static struct callout callout;
static int	callouts;

struct pieces {
	void		*piece[PIECES];
	vm_size_t	size[PIECES];	/* 0: an item of the zone */
	uint32_t	draws;
};

static struct pieces ours, theirs;

/* The same numbers whoever is interrupted: a state of its own for each. */
static uint32_t
draw(struct pieces *set, uint32_t below)
{
	set->draws = set->draws * 1664525 + 1013904223;
	return ((uint64_t)set->draws * below >> 32);
}

static void
take(struct pieces *set, int i)
{
	uint32_t kind = draw(set, 4);

	set->size[i] = kind == 0 ? 0 : kind == 1 ? draw(set, 20000) + 1 :
	    draw(set, 3000) + 1;
	set->piece[i] = kind == 0 ? uma_zalloc(item_zone, M_NOWAIT) :
	    malloc(set->size[i], M_TEMP, M_NOWAIT | (kind & 1) * M_ZERO);
	if (set->piece[i] != NULL && kind != 0)
		memset(set->piece[i], i, set->size[i]);
}

static void
give(struct pieces *set, int i)
{
	if (set->size[i] == 0)
		uma_zfree(item_zone, set->piece[i]);
	else {
		KASSERT(*(char *)set->piece[i] == i &&
		    ((char *)set->piece[i])[set->size[i] - 1] == i,
		    ("services_kmem: somebody else wrote to %p", set->piece[i]));
		free(set->piece[i], M_TEMP);
	}
	set->piece[i] = NULL;
}

static void
take_or_give(struct pieces *set)
{
	int i = draw(set, PIECES);

	if (set->piece[i] == NULL)
		take(set, i);
	else
		give(set, i);
}

static void
give_set(struct pieces *set)
{
	for (int i = 0; i < PIECES; i++)
		if (set->piece[i] != NULL)
			give(set, i);
}

static void
every_tick(void *arg __unused)
{
	for (int i = 0; i < 20; i++)
		take_or_give(&theirs);
	callouts++;
	callout_reset(&callout, 1, every_tick, NULL);
}

/* Whoever is interrupted in the midst of it finds all as it was. */
SERVICE_TEST(kmem_interrupts)
{
	struct counts before, after;

	item_zone = uma_zcreate("items", 600, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
	callout_init(&callout, 0);
	before = count();
	callout_reset(&callout, 1, every_tick, NULL);
	for (int i = 0; i < DRAWS || callouts < 20; i++)
		take_or_give(&ours);
	callout_stop(&callout);
	give_set(&ours);
	give_set(&theirs);
	after = count();
	uma_zdestroy(item_zone);
	printf("@kmem_interrupts callouts=%d kept=%d wired=%d addresses=%d\n", callouts,
	    (int)(before.pages - after.pages), (int)(after.wired - before.wired),
	    (int)atop(after.addresses - before.addresses));
}

/* ---------------------------------------------------------------- guards */

static int
is_mapped(vm_offset_t addr)
{
	return (pmap_kextract(addr) != 0);
}

/* What is in kernel_map has a page before and behind it that is not mapped. */
SERVICE_TEST(kmem_guards)
{
	vm_offset_t addr[8], middle;
	int mapped = 0, inside = 0, i;

	for (i = 0; i < 8; i++)
		addr[i] = kmem_alloc(kernel_map, ptoa(1 + i % 3));
	for (i = 1; i < 8; i += 2) {
		kmem_free(kernel_map, addr[i], ptoa(1 + i % 3));
		addr[i] = kmem_alloc(kernel_map, ptoa(1 + i % 3));
	}
	for (i = 0; i < 8; i++) {
		mapped += is_mapped(addr[i] - 1) + is_mapped(addr[i] + ptoa(1 + i % 3));
		for (middle = addr[i]; middle < addr[i] + ptoa(1 + i % 3); middle += PAGE_SIZE)
			inside += is_mapped(middle);
		kmem_free(kernel_map, addr[i], ptoa(1 + i % 3));
	}
	printf("@kmem_guards mapped=%d inside=%d stack=%d below=%d\n", mapped, inside,
	    is_mapped(curthread->td_kstack), is_mapped(curthread->td_kstack - 1));
}

/* ---------------------------------------------------------------- on purpose */

static void
leaver(void *arg __unused)
{
	services_leave();
}

/* Whatever may fail; returns how often it did. */
static int
sequence(void)
{
	uma_zone_t zone = uma_zcreate("sweep", 900, NULL, NULL, NULL, NULL, 3, 0);
	void *small = malloc(700, M_TEMP, M_NOWAIT), *large, *sure, *item[6];
	vm_offset_t kmem, nofault;
	struct proc *p;
	int failed, i;

	large = malloc(5 * PAGE_SIZE, M_TEMP, M_NOWAIT | M_ZERO);
	sure = malloc(3 * PAGE_SIZE, M_TEMP, M_WAITOK);
	kmem = kmem_alloc(kernel_map, 3 * PAGE_SIZE);
	nofault = kmem_alloc_nofault(kernel_map, 3 * PAGE_SIZE);
	failed = (small == NULL) + (large == NULL) + (kmem == 0) + (nofault == 0);
	for (i = 0; i < 6; i++)
		failed += (item[i] = uma_zalloc(zone, M_NOWAIT)) == NULL;
	if (kthread_create(leaver, NULL, &p, 0, 0, "leaver") == 0)
		services_join(1);
	else
		failed++;
	for (i = 0; i < 6; i++)
		if (item[i] != NULL)
			uma_zfree(zone, item[i]);
	uma_zdestroy(zone);
	if (kmem != 0)
		kmem_free(kernel_map, kmem, 3 * PAGE_SIZE);
	if (nofault != 0)
		kmem_free(kernel_map, nofault, 3 * PAGE_SIZE);
	free(small, M_TEMP);
	free(large, M_TEMP);
	free(sure, M_TEMP);
	(void)tsleep(&p, PWAIT, "reap", 2);
	return (failed);
}

/* Each request of the sequence fails once. */
SERVICE_TEST(kmem_fail)
{
	struct counts before, after;
	int n, failed, lost;

	(void)sequence();
	before = count();
	failed = lost = 0;
	for (n = 1;; n++) {
		vm_fail_alloc = n;
		failed += sequence();
		if (vm_fail_alloc != 0)
			break;
		after = count();
		lost += differ(&before, &after);
	}
	vm_fail_alloc = 0;
	printf("@kmem_fail requests=%d failed=%d lost=%d\n", n - 1, failed, lost);
}
