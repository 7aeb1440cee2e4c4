/*
 * Single cases of maps: what each KERN_ code is for, the ends of the address
 * space, submaps, stacks, locks, and pages that are mapped beforehand.
 */
#include "vmmap_host.h"

#include <sys/mman.h>
#include <sys/resourcevar.h>
#include <sys/vmmeter.h>
#include <vm/vm_extern.h>
#include <vm/vm_page.h>

#define	BASE	0x00010000U
#define	P(n)	(BASE + ptoa(n))
#define	RWX	VM_PROT_ALL

/* Map pages from the `first' to before the `last', of nothing yet. */
static int
map_pages(struct world *w, int first, int last, vm_prot_t prot, int cow)
{
	vm_offset_t addr = P(first);

	return (vm_map_find(w->map, NULL, 0, &addr, ptoa(last - first), 0, prot, RWX,
	    cow));
}

static vm_map_entry_t
entry_at(vm_map_t map, vm_offset_t va)
{
	vm_map_entry_t entry;

	CHECK(vm_map_lookup_entry(map, va, &entry));
	return (entry);
}

/* ---------------------------------------------------------------- codes */

static void
insert_codes(void)
{
	struct world *w = world_new(P(0), P(16));
	vm_offset_t addr = 0;

	CHECK(map_pages(w, -1, 1, RWX, 0) == KERN_INVALID_ADDRESS);
	CHECK(map_pages(w, 15, 17, RWX, 0) == KERN_INVALID_ADDRESS);
	CHECK(map_pages(w, 4, 4, RWX, 0) == KERN_INVALID_ADDRESS);
	CHECK(map_pages(w, 4, 3, RWX, 0) == KERN_INVALID_ADDRESS);
	CHECK(map_pages(w, 4, 8, RWX, 0) == KERN_SUCCESS);
	CHECK(map_pages(w, 7, 9, RWX, 0) == KERN_NO_SPACE);
	CHECK(map_pages(w, 3, 5, RWX, 0) == KERN_NO_SPACE);
	CHECK(map_pages(w, 3, 9, RWX, 0) == KERN_NO_SPACE);
	CHECK(map_pages(w, 15, 16, RWX, 0) == KERN_SUCCESS);
	CHECK(vm_map_find(w->map, NULL, 0, &addr, ptoa(7), 1, RWX, RWX, 0) ==
	    KERN_SUCCESS && addr == P(8));
	addr = 0;
	CHECK(vm_map_find(w->map, NULL, 0, &addr, ptoa(5), 1, RWX, RWX, 0) ==
	    KERN_NO_SPACE);
	addr = P(16);
	CHECK(vm_map_find(w->map, NULL, 0, &addr, PAGE_SIZE, 1, RWX, RWX, 0) ==
	    KERN_NO_SPACE);
	CHECK(vm_map_fixed(w->map, NULL, 0, P(-1), ptoa(2), RWX, RWX, 0) ==
	    KERN_INVALID_ADDRESS);
	CHECK(vm_map_fixed(w->map, NULL, 0, P(15), ptoa(2), RWX, RWX, 0) ==
	    KERN_INVALID_ADDRESS);
	CHECK(vm_map_fixed(w->map, NULL, 0, P(3), 0U - PAGE_SIZE, RWX, RWX, 0) ==
	    KERN_INVALID_ADDRESS);
	/* [4, 16) is one by now, since all of it continues what was before. */
	CHECK(w->map->nentries == 1 && w->map->size == ptoa(12));
	CHECK(vm_map_fixed(w->map, NULL, 0, P(6), ptoa(1), VM_PROT_READ, RWX, 0) ==
	    KERN_SUCCESS && w->map->nentries == 3 && w->map->size == ptoa(12));
	world_free(w);
}

/* What is asked for beyond the last address there is must not come in at the first. */
static void
end_of_addresses(void)
{
	const vm_offset_t last = 0xfffff000U, min = last - ptoa(8);
	struct world *w = world_new(min, last);
	vm_offset_t addr;

	addr = last - PAGE_SIZE;
	CHECK(vm_map_findspace(w->map, addr, PAGE_SIZE, &addr) == 0 &&
	    addr == last - PAGE_SIZE);
	CHECK(vm_map_findspace(w->map, last, PAGE_SIZE, &addr) == 1);
	CHECK(vm_map_findspace(w->map, min, 0x2000, &addr) == 0 && addr == min);
	CHECK(vm_map_findspace(w->map, last - PAGE_SIZE, 0U - PAGE_SIZE, &addr) == 1);
	CHECK(vm_map_findspace(w->map, 0, 0xfffff000U, &addr) == 1);
	CHECK(vm_map_insert(w->map, NULL, 0, last - PAGE_SIZE, 0, RWX, RWX, 0) ==
	    KERN_INVALID_ADDRESS);
	CHECK(vm_map_insert(w->map, NULL, 0, last - PAGE_SIZE, last, RWX, RWX, 0) ==
	    KERN_SUCCESS);
	CHECK(vm_map_findspace(w->map, last - PAGE_SIZE, PAGE_SIZE, &addr) == 1);
	CHECK(vm_map_remove(w->map, last - PAGE_SIZE, 0) == KERN_SUCCESS &&
	    w->map->nentries == 1);
	CHECK(vm_map_remove(w->map, 0, 0xffffffff) == KERN_SUCCESS &&
	    w->map->nentries == 0 && w->map->size == 0);
	world_free(w);
}

static void
change_codes(void)
{
	struct world *w = world_new(P(0), P(16));

	CHECK(map_pages(w, 2, 4, VM_PROT_READ, 0) == KERN_SUCCESS);
	CHECK(vm_map_protect(w->map, P(2), P(4), VM_PROT_READ, 1) == KERN_SUCCESS);
	CHECK(map_pages(w, 4, 6, RWX, 0) == KERN_SUCCESS);
	CHECK(vm_map_protect(w->map, P(0), P(9), VM_PROT_RW, 0) ==
	    KERN_PROTECTION_FAILURE && w->map->nentries == 2);
	CHECK(entry_at(w->map, P(4))->protection == RWX);
	CHECK(vm_map_protect(w->map, P(5), P(3), VM_PROT_RW, 0) == KERN_SUCCESS);
	CHECK(vm_map_protect(w->map, P(0), P(9), 0, 0) == KERN_SUCCESS);
	CHECK(vm_map_inherit(w->map, P(0), P(9), VM_INHERIT_NONE) == KERN_SUCCESS);
	CHECK(vm_map_inherit(w->map, P(0), P(9), 4) == KERN_INVALID_ARGUMENT);
	CHECK(vm_map_inherit(w->map, P(0), P(9), (vm_inherit_t)-1) ==
	    KERN_INVALID_ARGUMENT);
	CHECK(vm_map_madvise(w->map, P(0), P(9), MADV_FREE) == KERN_SUCCESS);
	CHECK(vm_map_madvise(w->map, P(0), P(9), -1) == KERN_INVALID_ARGUMENT);
	CHECK(vm_map_madvise(w->map, P(0), P(9), 99) == KERN_INVALID_ARGUMENT);
	CHECK(vm_map_sync(w->map, P(0), P(2), 1, 0) == KERN_INVALID_ADDRESS);
	CHECK(vm_map_sync(w->map, P(2), P(7), 1, 0) == KERN_INVALID_ADDRESS);
	CHECK(vm_map_sync(w->map, P(2), P(2), 1, 0) == KERN_SUCCESS);
	CHECK(vm_map_wire(w->map, P(5), P(7), VM_MAP_WIRE_USER) ==
	    KERN_INVALID_ADDRESS);
	CHECK(vm_map_wire(w->map, P(5), P(6), VM_MAP_WIRE_USER) ==
	    KERN_INVALID_ADDRESS);
	CHECK(vm_map_protect(w->map, P(2), P(6), VM_PROT_READ, 0) == KERN_SUCCESS);
	CHECK(vm_map_wire(w->map, P(5), P(7), VM_MAP_WIRE_USER |
	    VM_MAP_WIRE_HOLESOK) == KERN_SUCCESS);
	CHECK(vm_map_sync(w->map, P(4), P(6), 1, 1) == KERN_INVALID_ARGUMENT);
	CHECK(vm_map_unwire(w->map, P(5), P(6), VM_MAP_WIRE_SYSTEM) ==
	    KERN_INVALID_ARGUMENT);
	CHECK(vm_map_unwire(w->map, P(5), P(7), VM_MAP_WIRE_USER) ==
	    KERN_INVALID_ADDRESS);
	CHECK(vm_map_unwire(w->map, P(4), P(6), VM_MAP_WIRE_USER) == KERN_SUCCESS);
	world_free(w);
}

/* The flags of a new entry, and what it is that must be equal to be continued. */
static void
flags(void)
{
	struct world *w = world_new(P(0), P(16));
	vm_object_t object;

	CHECK(map_pages(w, 0, 1, RWX, MAP_COPY_ON_WRITE | MAP_NOFAULT |
	    MAP_DISABLE_SYNCER | MAP_DISABLE_COREDUMP | MAP_INHERIT_SHARE) == 0);
	CHECK(entry_at(w->map, P(0))->eflags == (MAP_ENTRY_COW |
	    MAP_ENTRY_NEEDS_COPY | MAP_ENTRY_NOFAULT | MAP_ENTRY_NOSYNC |
	    MAP_ENTRY_NOCOREDUMP));
	CHECK(entry_at(w->map, P(0))->inheritance == VM_INHERIT_SHARE);
	CHECK(map_pages(w, 1, 2, RWX, 0) == 0 && w->map->nentries == 2);

	/* Equal but for its protection: another entry of the same object. */
	CHECK(map_pages(w, 4, 6, RWX, 0) == 0);
	vm_map_lock(w->map);
	vm_map_clip_start(w->map, entry_at(w->map, P(4)), P(5));
	vm_map_unlock(w->map);
	object = entry_at(w->map, P(5))->object.vm_object;
	CHECK(object->ref_count == 2 && entry_at(w->map, P(5))->offset == ptoa(1));
	CHECK(map_pages(w, 6, 9, VM_PROT_READ, 0) == 0);
	CHECK(entry_at(w->map, P(6))->object.vm_object == object &&
	    entry_at(w->map, P(6))->offset == ptoa(2) &&
	    object->ref_count == 3 && object->size == 5);
	/* And equal in all: longer, and melted with what it had been cut from. */
	CHECK(vm_map_protect(w->map, P(6), P(9), RWX, 0) == KERN_SUCCESS);
	CHECK(entry_at(w->map, P(8))->start == P(5) && object->ref_count == 2);
	CHECK(map_pages(w, 9, 10, RWX, 0) == 0 && object->ref_count == 1 &&
	    entry_at(w->map, P(9))->start == P(4) && object->size == 6);

	/* Stacks are left alone. */
	CHECK(map_pages(w, 11, 12, RWX, MAP_STACK_GROWS_DOWN) == 0);
	CHECK(map_pages(w, 12, 13, RWX, MAP_STACK_GROWS_DOWN) == 0);
	CHECK(map_pages(w, 13, 14, RWX, MAP_STACK_GROWS_UP) == 0);
	CHECK(entry_at(w->map, P(12))->start == P(12) &&
	    entry_at(w->map, P(13))->eflags == MAP_ENTRY_GROWS_UP);
	world_free(w);
}

/* ---------------------------------------------------------------- the kernel's maps */

static void
submaps(void)
{
	vm_map_t map = vm_map_create(NULL, P(0), P(64));
	vm_map_t submap = vm_map_create(NULL, P(8), P(16)), where;
	vm_map_entry_t entry;
	vm_object_t object;
	vm_offset_t addr;
	vm_pindex_t pindex;
	vm_prot_t prot;
	int wired;

	map->system_map = submap->system_map = 1;
	addr = P(4);
	CHECK(vm_map_find(map, NULL, 0, &addr, ptoa(20), 1, RWX, RWX, 0) == 0 &&
	    addr == P(4));
	CHECK(vm_map_submap(map, P(2), P(16), submap) == KERN_INVALID_ARGUMENT);
	CHECK(vm_map_submap(map, P(8), P(30), submap) == KERN_INVALID_ARGUMENT);
	CHECK(vm_map_submap(map, P(8), P(8), submap) == KERN_INVALID_ARGUMENT);
	CHECK(map->nentries == 1);
	CHECK(vm_map_submap(map, P(8), P(16), submap) == KERN_SUCCESS &&
	    map->nentries == 3);
	CHECK(vm_map_submap(map, P(8), P(16), submap) == KERN_INVALID_ARGUMENT);
	CHECK(vm_map_protect(map, P(4), P(20), 0, 0) == KERN_INVALID_ARGUMENT);

	where = map;
	CHECK(vm_map_lookup(&where, P(9), VM_PROT_READ, &entry, &object, &pindex,
	    &prot, &wired) == KERN_INVALID_ADDRESS && where == submap);
	object = object_new(OBJT_DEFAULT, 2);
	addr = P(10);
	CHECK(vm_map_find(submap, object, PAGE_SIZE, &addr, PAGE_SIZE, 0, RWX, RWX,
	    0) == 0);
	where = map;
	CHECK(vm_map_lookup(&where, P(10), VM_PROT_READ, &entry, &object, &pindex,
	    &prot, &wired) == KERN_SUCCESS && where == submap && pindex == 1);
	CHECK(vm_map_locked(submap) && !vm_map_locked(map));
	vm_map_lookup_done(where, entry);
	/* One that has no object gets none: nobody said what the kernel has there. */
	where = map;
	CHECK(vm_map_lookup(&where, P(5), VM_PROT_READ, &entry, &object, &pindex,
	    &prot, &wired) == KERN_INVALID_ADDRESS && !vm_map_locked(map));

	CHECK(vm_map_remove(submap, P(0), P(64)) == KERN_SUCCESS);
	CHECK(vm_map_remove(map, P(0), P(64)) == KERN_SUCCESS && map->size == 0);
	host_free(map);
	host_free(submap);
	entries -= 2;
}

void
cases_run(void)
{
	insert_codes();
	end_of_addresses();
	change_codes();
	flags();
	submaps();
}

/* ---------------------------------------------------------------- stacks */

#define	GROW	((int)atop(SGROWSIZ))

/* A map of its own: it is larger than a model. */
static vm_map_t
stack_map(void)
{
	proc0.p_vmspace = vmspace_alloc(BASE, P(1000));
	CHECK(proc0.p_vmspace->vm_maxsaddr == P(1000));
	return (&proc0.p_vmspace->vm_map);
}

static void
stack_done(void)
{
	vmspace_free(proc0.p_vmspace);
	proc0.p_vmspace = &vmspace0;
}

static void
grows_down(void)
{
	vm_map_t map = stack_map();
	vm_map_entry_t entry;

	CHECK(vm_map_stack(map, P(-1), ptoa(9), RWX, RWX, MAP_STACK_GROWS_DOWN) ==
	    KERN_NO_SPACE);
	CHECK(vm_map_stack(map, P(1), 0U - BASE, RWX, RWX, MAP_STACK_GROWS_DOWN) ==
	    KERN_NO_SPACE);
	CHECK(vm_map_stack(map, P(100), ptoa(100), VM_PROT_RW, RWX,
	    MAP_STACK_GROWS_DOWN) == KERN_SUCCESS);
	entry = entry_at(map, P(199));
	CHECK(entry->start == P(200 - GROW) && entry->end == P(200) &&
	    entry->avail_ssize == ptoa(100 - GROW));
	CHECK(vm_map_stack(map, P(150), ptoa(100), RWX, RWX, MAP_STACK_GROWS_DOWN) ==
	    KERN_NO_SPACE);
	CHECK(vm_map_stack(map, P(190), PAGE_SIZE, RWX, RWX, MAP_STACK_GROWS_DOWN) ==
	    KERN_NO_SPACE);

	CHECK(vm_map_growstack(&proc0, P(199)) == KERN_SUCCESS);
	CHECK(vm_map_growstack(&proc0, P(200)) == KERN_INVALID_ADDRESS);
	CHECK(vm_map_growstack(&proc0, P(99)) == KERN_NO_SPACE);
	CHECK(map->nentries == 1);
	CHECK(vm_map_growstack(&proc0, P(200 - GROW) - 1) == KERN_SUCCESS);
	CHECK(map->nentries == 2 && entry->eflags == 0 && entry->avail_ssize == 0);
	entry = entry_at(map, P(200 - GROW) - 1);
	CHECK(entry->start == P(200 - 2 * GROW) &&
	    entry->avail_ssize == ptoa(100 - 2 * GROW) &&
	    entry->protection == VM_PROT_RW &&
	    entry->eflags == MAP_ENTRY_GROWS_DOWN);
	/* To the last page, which is not a whole SGROWSIZ away. */
	CHECK(vm_map_growstack(&proc0, P(100)) == KERN_SUCCESS);
	entry = entry_at(map, P(100));
	CHECK(entry->start == P(100) && entry->avail_ssize == 0 &&
	    map->size == ptoa(100) && proc0.p_vmspace->vm_ssize == 0);
	CHECK(vm_map_growstack(&proc0, P(99)) == KERN_NO_SPACE);
	stack_done();
}

static void
grows_up(void)
{
	vm_map_t map = stack_map();
	vm_map_entry_t entry;

	CHECK(vm_map_stack(map, P(100), ptoa(80), RWX, RWX, MAP_STACK_GROWS_UP) ==
	    KERN_SUCCESS);
	CHECK(entry_at(map, P(100))->end == P(100 + GROW));
	CHECK(vm_map_growstack(&proc0, P(100 + GROW) + 5) == KERN_SUCCESS);
	entry = entry_at(map, P(100 + GROW));
	CHECK(entry->eflags == MAP_ENTRY_GROWS_UP && entry->end == P(100 + 2 * GROW) &&
	    entry->avail_ssize == ptoa(80 - 2 * GROW) &&
	    entry->prev->eflags == 0);
	CHECK(vm_map_growstack(&proc0, P(180)) == KERN_NO_SPACE);
	CHECK(vm_map_growstack(&proc0, P(179)) == KERN_SUCCESS);
	CHECK(vm_map_growstack(&proc0, P(99)) == KERN_INVALID_ADDRESS);
	stack_done();
}

/* Somebody has taken what was to be the stack's. */
static void
in_the_way(void)
{
	vm_map_t map = stack_map();
	vm_offset_t addr = P(160);

	CHECK(vm_map_stack(map, P(100), ptoa(100), RWX, RWX, MAP_STACK_GROWS_DOWN) ==
	    KERN_SUCCESS);
	CHECK(vm_map_find(map, NULL, 0, &addr, PAGE_SIZE, 0, VM_PROT_READ, RWX, 0) ==
	    KERN_SUCCESS);
	CHECK(vm_map_growstack(&proc0, P(162)) == KERN_SUCCESS);
	CHECK(entry_at(map, P(162))->start == P(161) &&
	    entry_at(map, P(162))->avail_ssize == 0);
	CHECK(vm_map_growstack(&proc0, P(159)) == KERN_INVALID_ADDRESS);
	stack_done();
}

static void
limited(void)
{
	vm_map_t map = stack_map();

	proc0.p_vmspace->vm_maxsaddr = P(100);
	CHECK(vm_map_stack(map, P(100), ptoa(200), RWX, RWX, MAP_STACK_GROWS_DOWN) ==
	    KERN_SUCCESS);
	proc0.p_vmspace->vm_ssize = GROW;
	limits->pl_rlimit[RLIMIT_STACK].rlim_cur = ptoa(2 * GROW + 3) + 17;
	CHECK(vm_map_growstack(&proc0, P(300 - GROW - 1)) == KERN_SUCCESS);
	CHECK(proc0.p_vmspace->vm_ssize == (vm_size_t)2 * GROW);
	CHECK(vm_map_growstack(&proc0, P(300 - 2 * GROW - 4)) == KERN_NO_SPACE);
	CHECK(vm_map_growstack(&proc0, P(300 - 2 * GROW - 1)) == KERN_SUCCESS);
	CHECK(proc0.p_vmspace->vm_ssize == (vm_size_t)2 * GROW + 3);
	CHECK(vm_map_growstack(&proc0, P(300 - 2 * GROW - 4)) == KERN_NO_SPACE);
	limits->pl_rlimit[RLIMIT_STACK].rlim_cur = RLIM_INFINITY;
	limits->pl_rlimit[RLIMIT_VMEM].rlim_cur = map->size;
	CHECK(vm_map_growstack(&proc0, P(300 - 2 * GROW - 4)) == KERN_NO_SPACE);
	CHECK(vm_map_stack(map, P(400), ptoa(4), RWX, RWX, MAP_STACK_GROWS_DOWN) ==
	    KERN_NO_SPACE);
	limits->pl_rlimit[RLIMIT_VMEM].rlim_cur = RLIM_INFINITY;
	CHECK(vm_map_growstack(&proc0, P(300 - 2 * GROW - 4)) == KERN_SUCCESS);
	stack_done();
}

void
stacks_run(void)
{
	grows_down();
	grows_up();
	in_the_way();
	limited();
}

/* ---------------------------------------------------------------- locks */

static struct world *locked;

/* Others leave the map that they looked at. */
static void
reader_leaves(vm_map_t map __unused)
{
	while_unlocked = NULL;
	vm_map_unlock_read(locked->map);
}

/* Others change the map, after they have waited for it as we have. */
static void
writer_passes(vm_map_t map __unused)
{
	while_unlocked = NULL;
	vm_map_unlock_read(locked->map);
	curthread = &another;
	vm_map_lock(locked->map);
	vm_map_unlock(locked->map);
	curthread = &thread0;
}

/* Who was wiring has finished. */
static void
transition_ends(vm_map_t map __unused)
{
	vm_map_entry_t entry = entry_at(locked->map, P(4));

	CHECK(entry->eflags & MAP_ENTRY_NEEDS_WAKEUP);
	CHECK(locked->map->lock.sx_cnt == 0);
	entry->eflags = 0;
	while_unlocked = NULL;
}

static void
begin_transition(void)
{
	CHECK(map_pages(locked, 4, 6, RWX, 0) == KERN_SUCCESS);
	entry_at(locked->map, P(4))->eflags = MAP_ENTRY_IN_TRANSITION;
	while_unlocked = transition_ends;
}

static void
upgrades(vm_map_t map)
{
	uint32_t timestamp = map->timestamp;

	vm_map_lock_read(map);
	CHECK(vm_map_trylock_read(map) && !vm_map_trylock(map));
	CHECK(map->timestamp == timestamp);
	while_unlocked = reader_leaves;
	CHECK(vm_map_lock_upgrade(map) == 0 && vm_map_locked(map));
	CHECK(map->timestamp == timestamp + 1);
	CHECK(!vm_map_trylock_read(map));
	vm_map_lock_downgrade(map);
	CHECK(!vm_map_locked(map) && vm_map_trylock_read(map));
	while_unlocked = writer_passes;
	CHECK(vm_map_lock_upgrade(map) == 1 && map->timestamp == timestamp + 2);
	CHECK(map->lock.sx_cnt == 0 && vm_map_trylock(map));
	vm_map_unlock(map);
}

/* All who must not meet an entry in transition wait until it is not. */
static void
transitions(void)
{
	struct vmspace *child;

	begin_transition();
	CHECK(vm_map_remove(locked->map, P(5), P(6)) == KERN_SUCCESS);
	CHECK(vm_map_remove(locked->map, P(4), P(6)) == KERN_SUCCESS);
	begin_transition();
	CHECK(vm_map_wire(locked->map, P(4), P(6), VM_MAP_WIRE_SYSTEM) ==
	    KERN_SUCCESS);
	entry_at(locked->map, P(4))->eflags = MAP_ENTRY_IN_TRANSITION;
	while_unlocked = transition_ends;
	CHECK(vm_map_unwire(locked->map, P(4), P(6), VM_MAP_WIRE_SYSTEM) ==
	    KERN_SUCCESS);
	entry_at(locked->map, P(4))->eflags = MAP_ENTRY_IN_TRANSITION;
	while_unlocked = transition_ends;
	child = vmspace_fork(locked->vm);
	CHECK(child->vm_map.nentries == 1 && while_unlocked == NULL);
	vmspace_free(child);
}

/* A process' memory is exchanged; the old one goes with its last user. */
static void
exchanges(void)
{
	struct vmspace *vm = locked->vm;

	proc0.p_vmspace = vm;
	CHECK(vmspace_unshare(&proc0) == 0 && proc0.p_vmspace == vm);
	vm->vm_refcnt = 2;
	CHECK(vmspace_unshare(&proc0) == 0 && proc0.p_vmspace != vm);
	CHECK(vm->vm_refcnt == 1 && proc0.p_vmspace->vm_map.nentries == 1);
	CHECK(vmspace_exec(&proc0, P(1), P(9)) == 0 && vmspaces == 2);
	CHECK(vm_map_min(&proc0.p_vmspace->vm_map) == P(1) &&
	    proc0.p_vmspace->vm_map.nentries == 0);
	vmspace_free(proc0.p_vmspace);
	proc0.p_vmspace = &vmspace0;
}

void
locks_run(void)
{
	locked = world_new(P(0), P(16));
	upgrades(locked->map);
	transitions();
	exchanges();
	world_free(locked);
}

/* ---------------------------------------------------------------- prefault */

static int	entered[PAGES];

vm_page_t
vm_page_find_least(vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t m;

	TAILQ_FOREACH(m, &object->memq, listq)
		if (m->pindex >= pindex)
			break;
	return (m);
}

void
vm_page_deactivate(vm_page_t m)
{
	CHECK(m->queue == PQ_CACHE);
	m->queue = PQ_INACTIVE;
}

void
pmap_enter_object(pmap_t pmap __unused, vm_offset_t start, vm_offset_t end,
    vm_page_t m_start, vm_prot_t prot)
{
	vm_page_t m;

	CHECK(start < end && prot == RWX);
	for (m = m_start; m != NULL && m->pindex - m_start->pindex < atop(end - start);
	    m = TAILQ_NEXT(m, listq)) {
		CHECK(m->queue != PQ_CACHE);
		entered[atop(start - BASE) + m->pindex - m_start->pindex]++;
	}
}

/* Which of 20 pages of an object, from the 3rd on, are mapped at page 5 and on. */
static void
prefault(vm_page_t pages, int count, int size, int prot, int cow)
{
	struct world *w = world_new(P(0), P(64));
	vm_object_t object = object_new(OBJT_VNODE, 20);
	vm_offset_t addr = P(5);
	int i;

	for (i = 0; i < PAGES; i++)
		entered[i] = 0;
	for (i = 0; i < count; i++) {
		TAILQ_INSERT_TAIL(&object->memq, &pages[i], listq);
		object->resident_page_count++;
	}
	CHECK(vm_map_find(w->map, object, ptoa(3), &addr, ptoa(size), 0, prot, RWX,
	    cow) == KERN_SUCCESS);
	world_free(w);
}

void
prefault_run(void)
{
	struct vm_page pages[20];
	int i, n = 0;

	for (i = 0; i < 20; i++) {
		if (i == 7 || i == 8)
			continue;
		pages[n] = (struct vm_page){ .pindex = i, .valid = VM_PAGE_BITS_ALL };
		pages[n].queue = i == 6 ? PQ_CACHE : PQ_ACTIVE;
		if (i == 11)
			pages[n].valid = 0x7f;
		if (i == 12)
			pages[n].flags = PG_BUSY;
		if (i == 13)
			pages[n].busy = 1;
		n++;
	}
	prefault(pages, n, 17, RWX, MAP_PREFAULT);
	for (i = 0; i < PAGES; i++)
		CHECK(entered[i] == (i >= 5 && i < 22 && i != 9 && i != 10 &&
		    (i < 13 || i > 15)));
	prefault(pages, n, 8, RWX, MAP_PREFAULT);
	for (i = 0; i < PAGES; i++)
		CHECK(entered[i] == (i >= 5 && i < 13 && i != 9 && i != 10));
	prefault(pages, n, 8, RWX, 0);
	CHECK(entered[5] == 0);
	prefault(pages, n, 8, VM_PROT_NONE, MAP_PREFAULT);
	CHECK(entered[5] == 0);
	prefault(pages, 2, 17, RWX, MAP_PREFAULT);
	for (i = 0; i < PAGES; i++)
		CHECK(entered[i] == 0);
}
