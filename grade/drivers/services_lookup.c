/*
 * services_lookup: what grade/lookups.py counts the instructions of.
 *
 * Faults come in bursts: a process that touches a new piece of memory goes on
 * in it.  So a burst is BURST look-ups of one entry, as many as vm_fault()'s
 * window has pages; the entries are drawn, each as likely as another.  The map was built in the order of addresses, which
 * leaves a chain: only the first look-up pays for that, and is counted too.
 */
#include "services.h"

#include <sys/kernel.h>
#include <sys/systm.h>
#include <vm/vm_map.h>

#define	BURST		16
#define	ROOM		(2 * PAGE_SIZE)		/* an entry, and a hole */
#define	FIRST		0x1000000

/* The measurement begins or ends here. */
__attribute__((noipa)) void
lookup_mark(void)
{
}

/* In the place of vm_map_lookup_entry(): what all that is around it costs. */
__attribute__((noipa)) static int
look_nowhere(vm_map_t map __unused, vm_offset_t addr __unused,
    vm_map_entry_t *entry __unused)
{
	return (1);
}

static void
run_bursts(int (*look)(vm_map_t, vm_offset_t, vm_map_entry_t *), vm_map_t map,
    int entries, int bursts)
{
	vm_map_entry_t entry;
	vm_offset_t addr;
	int i;

	while (bursts-- > 0) {
		addr = FIRST + services_draw(entries) * ROOM;
		for (i = 0; i < BURST; i++)
			if (!look(map, addr + i * (PAGE_SIZE / BURST), &entry))
				panic("lookup: nothing at %#x", addr);
	}
}

/* lookup.entries: how many; lookup.bursts. */
SERVICE_TEST(lookup)
{
	int entries = 16, bursts = 1000, i;
	vm_offset_t addr;
	vm_map_t map;

	TUNABLE_INT_FETCH("lookup.entries", &entries);
	TUNABLE_INT_FETCH("lookup.bursts", &bursts);
	map = vm_map_create(NULL, PAGE_SIZE, VM_MAX_ADDRESS);
	vm_map_lock(map);
	for (i = 0; i < entries; i++) {
		addr = FIRST + i * ROOM;
		if (vm_map_insert(map, NULL, 0, addr, addr + PAGE_SIZE,
		    VM_PROT_ALL, VM_PROT_ALL, 0) != KERN_SUCCESS)
			panic("lookup: no entry %d", i);
	}
	lookup_mark();
	run_bursts(vm_map_lookup_entry, map, entries, bursts);
	lookup_mark();
	run_bursts(look_nowhere, map, entries, bursts);
	lookup_mark();
	vm_map_unlock(map);
	printf("@lookup entries=%d bursts=%d burst=%d\n", map->nentries, bursts, BURST);
}
