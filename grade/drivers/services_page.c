/*
 * services_page: what pages cost in the machine, in instructions.
 *
 * Bochs counts an instruction as a tick, and the time-stamp counter is that.
 */
#include "services.h"

#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/cpufunc.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define	ROUNDS		256
#define	MOST		4096

/* Pages `from' and on of an object: how many instructions one takes. */
static uint32_t
alloc_cost(vm_object_t object, vm_pindex_t count)
{
	uint64_t start = rdtsc();
	vm_pindex_t i;

	for (i = 0; i < count; i++)
		(void)vm_page_alloc(object, i, VM_ALLOC_NORMAL | VM_ALLOC_NOBUSY);
	return ((uint32_t)(rdtsc() - start) / count);
}

static uint32_t
lookup_cost(vm_object_t object, vm_pindex_t count, int random)
{
	static vm_pindex_t which[MOST];
	uint64_t start;
	vm_pindex_t i;

	for (i = 0; i < count; i++)
		which[i] = random ? services_draw(count) : i;
	start = rdtsc();
	for (i = 0; i < count; i++)
		KASSERT(vm_page_lookup(object, which[i]) != NULL, ("lost"));
	return ((uint32_t)(rdtsc() - start) / count);
}

SERVICE_TEST(page_cost)
{
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, MOST);
	uint32_t free = cnt.v_free_count;
	vm_pindex_t count, i;
	uint64_t start;
	vm_page_t m;
	uint32_t alloc, seq, rnd, rm;

	for (count = 16; count <= MOST; count *= 4) {
		alloc = alloc_cost(object, count);
		(void)lookup_cost(object, count, 0);
		seq = lookup_cost(object, count, 0);
		rnd = lookup_cost(object, count, 1);
		start = rdtsc();
		vm_object_page_remove(object, 0, 0, 0);
		rm = (uint32_t)(rdtsc() - start) / count;
		printf("@page_cost pages=%u alloc=%u lookup=%u random=%u remove=%u\n",
		    count, alloc, seq, rnd, rm);
	}
	start = rdtsc();
	for (i = 0; i < ROUNDS; i++) {
		m = vm_page_alloc(object, i, VM_ALLOC_NORMAL);
		vm_page_free(m);
	}
	alloc = (uint32_t)(rdtsc() - start) / ROUNDS;
	start = rdtsc();
	for (i = 0; i < ROUNDS; i++)
		(void)vm_page_alloc(object, i, VM_ALLOC_NORMAL | VM_ALLOC_NOBUSY);
	seq = (uint32_t)(rdtsc() - start) / ROUNDS;
	start = rdtsc();
	vm_object_deallocate(object);
	rm = (uint32_t)(rdtsc() - start) / ROUNDS;
	start = rdtsc();
	for (i = 0; i < ROUNDS; i++)
		splx(splvm());
	printf("@page_pair ticks=%u terminate=%u spl=%u leaked=%d\n", alloc, rm,
	    (uint32_t)(rdtsc() - start) / ROUNDS, free - cnt.v_free_count);
}
