/*
 * kernel/vm/vm_map*.c, vmspace.c and kern/kern_sx.c as a program of the host.
 * test_vmmap_host.py builds it under the sanitizers and runs it:
 *
 *	vmmap_host ops SEED COUNT MIN MAX	drawn operations, against a model
 *	vmmap_host cases			each KERN_ code, and hostile ranges
 *	vmmap_host stacks			stacks that grow, and that may not
 *	vmmap_host locks			who may have a map, and who waits
 *	vmmap_host prefault			which pages are mapped beforehand
 *
 * A map of few pages, a model that knows of each page what it should be, and
 * here what is around a map: objects that only count, "hardware" that remembers
 * which page is wired and what a fault has mapped.  After each operation all of it
 * is compared: lists, trees, gaps, references, and every page with its model.
 */
#include "vmmap_host.h"

#include <sys/mman.h>
#include <sys/resourcevar.h>
#include <sys/vmmeter.h>
#include <vm/swap_pager.h>
#include <vm/uma.h>
#include <vm/vm_extern.h>
#include <vm/vm_page.h>

/* ---------------------------------------------------------------- worlds */

/* A map from `min' to before `max'. */
struct world *
world_new(vm_offset_t min, vm_offset_t max)
{
	struct world *w = host_calloc(1, sizeof(*w));

	CHECK(atop(max - min) <= PAGES);
	w->vm = vmspace_alloc(min, max);
	w->map = &w->vm->vm_map;
	w->base = w->min = min;
	w->max = max;
	w->next = worlds;
	worlds = w;
	return (w);
}

void
world_free(struct world *w)
{
	struct world **link;

	vmspace_free(w->vm);
	for (link = &worlds; *link != w; link = &(*link)->next)
		continue;
	*link = w->next;
	host_free(w);
}

/* A tree: its order, and each max_free.  Returns how many entries it has. */
static int
check_tree(vm_map_entry_t entry, vm_offset_t from, vm_offset_t to)
{
	vm_size_t max;
	int count = 1;

	if (entry == NULL)
		return (0);
	CHECK(entry->start >= from && entry->end <= to);
	count += check_tree(entry->left, from, entry->start);
	count += check_tree(entry->right, entry->end, to);
	max = entry->adj_free;
	if (entry->left != NULL)
		max = MAX(max, entry->left->max_free);
	if (entry->right != NULL)
		max = MAX(max, entry->right->max_free);
	CHECK(entry->max_free == max);
	return (count);
}

/* Is page `pindex' of an object, or of what it is a shadow of, that page of `wanted'? */
static int
in_chain(vm_object_t object, vm_pindex_t pindex, vm_object_t wanted,
    vm_pindex_t wanted_pindex)
{
	for (; object != NULL; object = object->backing_object) {
		if (object == wanted)
			return (pindex == wanted_pindex);
		pindex += OFF_TO_IDX(object->backing_object_offset);
	}
	return (0);
}

static void
check_entry(struct world *w, vm_map_entry_t entry)
{
	vm_object_t object = entry->object.vm_object;
	vm_offset_t va;

	CHECK(!(entry->eflags & (MAP_ENTRY_IN_TRANSITION | MAP_ENTRY_NEEDS_WAKEUP |
	    MAP_ENTRY_IS_SUB_MAP)) && entry->wiring_thread == NULL);
	CHECK(!(entry->eflags & MAP_ENTRY_NEEDS_COPY) ||
	    (entry->eflags & MAP_ENTRY_COW));
	CHECK(((entry->start | entry->end | entry->offset) & PAGE_MASK) == 0);
	if (object != NULL) {
		object->paging_in_progress++;
		CHECK(OFF_TO_IDX(entry->offset) + atop(entry->end - entry->start) <=
		    object->size);
	}
	for (va = entry->start; va < entry->end; va += PAGE_SIZE) {
		const struct model_page *p = &w->page[atop(va - w->base)];
		vm_prot_t mapped = w->mapped[atop(va - w->base)];
		vm_pindex_t pindex = OFF_TO_IDX(entry->offset + (va - entry->start));

		CHECK(p->there && p->prot == entry->protection &&
		    p->max == entry->max_protection);
		CHECK(p->inherit == entry->inheritance);
		CHECK(p->eflags == (entry->eflags & (MAP_ENTRY_NOSYNC |
		    MAP_ENTRY_NOCOREDUMP | MAP_ENTRY_BEHAV_MASK)));
		CHECK(p->system_wired + p->user_wired == entry->wired_count);
		CHECK(p->user_wired == !!(entry->eflags & MAP_ENTRY_USER_WIRED));
		if (entry->protection & VM_PROT_READ)
			CHECK(w->wired[atop(va - w->base)] == (entry->wired_count > 0));
		else
			CHECK(!w->wired[atop(va - w->base)] || entry->wired_count > 0);
		CHECK(!(mapped & ~entry->protection));
		CHECK(!(mapped & VM_PROT_WRITE) ||
		    !(entry->eflags & MAP_ENTRY_NEEDS_COPY));
		if (p->seen != NULL)
			CHECK(in_chain(object, pindex, p->seen, p->seen_pindex));
		if (p->object != NULL)
			CHECK(in_chain(object, pindex, p->object, p->pindex));
	}
}

static void
check_world(struct world *w)
{
	vm_map_t map = w->map;
	vm_map_entry_t entry, prev = &map->header;
	vm_offset_t at = w->min, va;
	vm_size_t size = 0;
	int count = 0;

	CHECK(map->header.start == w->min && map->header.end == w->max);
	CHECK(map->lock.sx_cnt == 0 && map->lock.sx_waiters == 0 && level == 0);
	for (entry = map->header.next; entry != &map->header; entry = entry->next) {
		CHECK(entry->prev == prev && entry->start >= at &&
		    entry->end > entry->start);
		if (prev != &map->header)
			CHECK(prev->adj_free == entry->start - prev->end);
		for (va = at; va < entry->start; va += PAGE_SIZE)
			CHECK(!w->page[atop(va - w->base)].there);
		check_entry(w, entry);
		size += entry->end - entry->start;
		at = entry->end;
		prev = entry;
		count++;
	}
	CHECK(map->header.prev == prev && at <= w->max);
	if (prev != &map->header)
		CHECK(prev->adj_free == w->max - at);
	for (va = at; va < w->max; va += PAGE_SIZE)
		CHECK(!w->page[atop(va - w->base)].there);
	CHECK(map->nentries == count && map->size == size);
	CHECK(check_tree(map->root, w->min, w->max) == count);
}

void
check_all(void)
{
	vm_object_t object;
	struct world *w;
	int count = 0, all_entries = 0;

	TAILQ_FOREACH(object, &vm_object_list, object_list)
		object->paging_in_progress = held(object);
	for (w = worlds; w != NULL; w = w->next) {
		check_world(w);
		all_entries += w->map->nentries;
	}
	TAILQ_FOREACH(object, &vm_object_list, object_list)
		if (object->backing_object != NULL)
			object->backing_object->paging_in_progress++;
	TAILQ_FOREACH(object, &vm_object_list, object_list) {
		CHECK(object->ref_count == object->paging_in_progress);
		count++;
	}
	CHECK(objects == count && entries == all_entries);
}

/* ---------------------------------------------------------------- main */

static uint64_t drawn;

void
draw_seed(uint32_t seed)
{
	drawn = seed;
}

uint32_t
draw(uint32_t below)
{
	drawn = drawn * 6364136223846793005 + 1442695040888963407;
	return ((drawn >> 33) % below);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		limits->pl_rlimit[i].rlim_cur = RLIM_INFINITY;
	vm_map_startup();
	vmspace0_init();
	proc0.p_vmspace = &vmspace0;
	if (host_strcmp(what, "ops") == 0) {
		draw_seed(host_strtoul(argv[2], NULL, 0));
		ops_run(host_strtoul(argv[3], NULL, 0), host_strtoul(argv[4], NULL, 0),
		    host_strtoul(argv[5], NULL, 0));
	} else if (host_strcmp(what, "cases") == 0)
		cases_run();
	else if (host_strcmp(what, "stacks") == 0)
		stacks_run();
	else if (host_strcmp(what, "locks") == 0)
		locks_run();
	else if (host_strcmp(what, "prefault") == 0)
		prefault_run();
	else
		panic("vmmap_host: what?");
	CHECK(worlds == NULL && entries == 0 && objects == 0 && vmspaces == 0);
	host_printf("good\n");
	return (0);
}
