/*
 * services_page: what pages and objects cost in the machine, in instructions:
 * Bochs counts each as a tick of the time-stamp counter.
 * grade/tests/test_page.py says what is expected.
 */
#include "services.h"

#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/cpufunc.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define	FEWEST		16
#define	MOST		4096
#define	ROUNDS		256

static vm_pindex_t which[MOST];		/* page to look up, in this order */
static uint64_t	begun;

static void
clock_start(void)
{
	begun = rdtsc();
}

/* Instructions since then, for each of so many. */
static uint32_t
clock_stop(uint32_t count)
{
	return ((uint32_t)(rdtsc() - begun) / count);
}

/* Pages 0 to count - 1, one behind the other. */
static uint32_t
alloc_cost(vm_object_t object, vm_pindex_t count)
{
	vm_pindex_t i;

	clock_start();
	for (i = 0; i < count; i++)
		(void)vm_page_alloc(object, i, VM_ALLOC_NORMAL | VM_ALLOC_NOBUSY);
	return (clock_stop(count));
}

/* Look each of which[] up. */
static uint32_t
lookup_cost(vm_object_t object, vm_pindex_t count)
{
	vm_pindex_t i;

	clock_start();
	for (i = 0; i < count; i++)
		if (vm_page_lookup(object, which[i]) == NULL)
			panic("page_cost: page %u is lost", which[i]);
	return (clock_stop(count));
}

static void
many_pages(vm_object_t object, vm_pindex_t count)
{
	uint32_t alloc, next, any;
	vm_pindex_t i;

	alloc = alloc_cost(object, count);
	for (i = 0; i < count; i++)
		which[i] = i;
	next = lookup_cost(object, count);
	for (i = 0; i < count; i++)
		which[i] = services_draw(count);
	any = lookup_cost(object, count);
	clock_start();
	vm_object_page_remove(object, 0, 0, 0);
	printf("@page_cost pages=%u alloc=%u next=%u any=%u remove=%u\n", count,
	    alloc, next, any, clock_stop(count));
}

/* Allocations and what undoes them: one by one, and all with their object. */
SERVICE_TEST(page_cost)
{
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, MOST);
	uint32_t free = cnt.v_free_count, pair;
	vm_pindex_t count, i;

	for (count = FEWEST; count <= MOST; count *= 4)
		many_pages(object, count);
	clock_start();
	for (i = 0; i < ROUNDS; i++)
		vm_page_free(vm_page_alloc(object, i, VM_ALLOC_NORMAL));
	pair = clock_stop(ROUNDS);
	(void)alloc_cost(object, ROUNDS);
	clock_start();
	vm_object_deallocate(object);
	printf("@page_end pair=%u terminate=%u leaked=%d\n", pair,
	    clock_stop(ROUNDS), (int)(free - cnt.v_free_count));
}
