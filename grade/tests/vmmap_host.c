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

int	host_vprintf(const char *fmt, va_list ap) __asm__("vprintf");
unsigned long host_strtoul(const char *s, char **end, int base) __asm__("strtoul");
int	host_strcmp(const char *a, const char *b) __asm__("strcmp");
void	*host_memset(void *to, int c, size_t len) __asm__("memset");
void	*host_memmove(void *to, const void *from, size_t len) __asm__("memmove");

/* ---------------------------------------------------------------- the kernel around it */

struct proc proc0 = { .p_thread = { .td_proc = &proc0 } };
struct thread *curthread = &thread0, another = { .td_proc = &proc0 };
struct vmmeter cnt;
vm_offset_t kernel_vm_end = 0xffffffff;
vm_object_t kernel_object, kmem_object;
struct world *worlds;
int	entries, objects, vmspaces, fault_wire_fails, level;
void	(*while_unlocked)(vm_map_t map);

static struct plimit limit_store;
struct plimit *limits = &limit_store;

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)host_vprintf(fmt, ap);
	va_end(ap);
	host_printf("\n");
	host_exit(42);
}

void
lab_stub(const char *text)
{
	panic("%s", text);
}

int
splvm(void)
{
	int old = level;

	level = 1;
	return (old);
}

void
splx(int old)
{
	level = old;
}

void
bzero(void *to, size_t len)
{
	host_memset(to, 0, len);
}

void
bcopy(const void *from, void *to, size_t len)
{
	host_memmove(to, from, len);
}

rlim_t
lim_cur(struct proc *p __unused, int which)
{
	return (limits->pl_rlimit[which].rlim_cur);
}

void
wakeup(const void *chan __unused)
{
}

/* Who sleeps here waits for what only he himself could do: or else for `while_unlocked'. */
int
tsleep(const void *chan __unused, int pri __unused, const char *wmesg __unused,
    int timo __unused)
{
	CHECK(while_unlocked != NULL);
	while_unlocked(NULL);
	return (0);
}

struct uma_zone {
	int	size;
	int	*count;
};

uma_zone_t
uma_zcreate(const char *name, int size, uma_ctor ctor __unused,
    uma_dtor dtor __unused, uma_init init __unused, uma_fini fini __unused,
    int align __unused, uint32_t flags __unused)
{
	uma_zone_t zone = host_calloc(1, sizeof(*zone));

	zone->size = size;
	zone->count = name[0] == 'V' ? &vmspaces : &entries;
	return (zone);
}

int
uma_zone_reserve_kva(uma_zone_t zone __unused, int count __unused)
{
	return (1);
}

int
uma_zone_reserve(uma_zone_t zone __unused, uint32_t nitems __unused)
{
	return (0);
}

/* What an item was before it is not to be seen: not zeros, unless it was asked for. */
void *
uma_zalloc_arg(uma_zone_t zone, void *arg __unused, int flags)
{
	void *item = host_calloc(1, zone->size);

	if (!(flags & M_ZERO))
		host_memset(item, 0x5a, zone->size);
	++*zone->count;
	return (item);
}

void
uma_zfree_arg(uma_zone_t zone, void *item, void *arg __unused)
{
	--*zone->count;
	host_free(item);
}

/* ---------------------------------------------------------------- objects */

/* In `paging_in_progress' it is counted what refers to it; `un_pager' has what the test holds. */
static struct object_q all = TAILQ_HEAD_INITIALIZER(all);

#define	held(object)	((object)->un_pager.swp.swp_bcount)

void
hold(vm_object_t object, int count)
{
	held(object) += count;
}

vm_object_t
object_new(objtype_t type, vm_pindex_t size)
{
	vm_object_t object = host_calloc(1, sizeof(*object));

	object->type = type;
	object->size = size;
	object->ref_count = 1;
	object->flags = type == OBJT_DEFAULT ? OBJ_ONEMAPPING : 0;
	TAILQ_INIT(&object->memq);
	TAILQ_INSERT_TAIL(&all, object, object_list);
	objects++;
	return (object);
}

vm_object_t
vm_object_allocate(objtype_t type, vm_pindex_t size)
{
	CHECK(type == OBJT_DEFAULT && size > 0 && size <= PAGES);
	return (object_new(type, size));
}

void
vm_object_reference(vm_object_t object)
{
	if (object != NULL)
		object->ref_count++;
}

void
vm_object_deallocate(vm_object_t object)
{
	if (object == NULL)
		return;
	CHECK(object->ref_count > 0);
	if (--object->ref_count > 0)
		return;
	if (object->backing_object != NULL) {
		object->backing_object->shadow_count--;
		vm_object_deallocate(object->backing_object);
	}
	TAILQ_REMOVE(&all, object, object_list);
	objects--;
	host_free(object);
}

void
vm_object_shadow(vm_object_t *object, vm_ooffset_t *offset, vm_size_t length)
{
	vm_object_t source = *object, shadow;

	CHECK(length > 0 && length <= PAGES && source != NULL);
	if (source->ref_count == 1 && source->type == OBJT_DEFAULT)
		return;
	shadow = object_new(OBJT_DEFAULT, length);
	shadow->backing_object = source;
	shadow->backing_object_offset = *offset;
	source->shadow_count++;
	*object = shadow;
	*offset = 0;
}

int
vm_object_coalesce(vm_object_t object, vm_ooffset_t prev_offset,
    vm_size_t prev_size, vm_size_t next_size)
{
	vm_pindex_t next = OFF_TO_IDX(prev_offset + prev_size);

	if (object == NULL)
		return (1);
	if (object->type != OBJT_DEFAULT || object->backing_object != NULL ||
	    (object->ref_count > 1 && object->size != next))
		return (0);
	object->size = MAX(object->size, next + atop(next_size));
	return (1);
}

void
vm_object_collapse(vm_object_t object __unused)
{
}

/* Only what nobody can see any more may be freed. */
void
vm_object_page_remove(vm_object_t object, vm_pindex_t start, vm_pindex_t end,
    int clean_only)
{
	struct world *w;
	int i;

	CHECK(start < end && !clean_only);
	for (w = worlds; w != NULL; w = w->next)
		for (i = 0; i < PAGES; i++)
			CHECK(!w->mapped[i] || w->page[i].seen != object ||
			    w->page[i].seen_pindex < start ||
			    w->page[i].seen_pindex >= end);
}

void
vm_object_madvise(vm_object_t object, vm_pindex_t pindex, int count, int advise)
{
	CHECK(count > 0);
	CHECK(object == NULL || pindex + count <= object->size);
	CHECK(advise == MADV_WILLNEED || advise == MADV_DONTNEED || advise == MADV_FREE);
}

int
vm_object_sync(vm_object_t object, vm_ooffset_t offset, vm_size_t size,
    int syncio __unused, int invalidate __unused)
{
	CHECK(size > 0 && offset >= 0 && object->ref_count > 1);
	if (while_unlocked != NULL)
		while_unlocked(NULL);
	return (0);
}

void
swap_pager_freespace(vm_object_t object __unused, vm_pindex_t start __unused,
    vm_size_t size __unused)
{
	CHECK(0);
}

/* ---------------------------------------------------------------- hardware */

struct world *
world_of(vm_map_t map)
{
	struct world *w;

	for (w = worlds; w != NULL && w->map != map; w = w->next)
		continue;
	CHECK(w != NULL);
	return (w);
}

static struct world *
world_of_pmap(pmap_t pmap)
{
	struct world *w;

	for (w = worlds; w != NULL && w->map->pmap != pmap; w = w->next)
		continue;
	return (w);
}

void
pmap_protect(pmap_t pmap, vm_offset_t start, vm_offset_t end, vm_prot_t prot)
{
	struct world *w = world_of_pmap(pmap);
	vm_offset_t va;

	CHECK(start < end && w != NULL);
	for (va = start; va < end; va += PAGE_SIZE)
		w->mapped[atop(va - w->base)] &= prot;
}

/* What is removed is not wired any more. */
void
pmap_remove(pmap_t pmap, vm_offset_t start, vm_offset_t end)
{
	struct world *w = world_of_pmap(pmap);
	vm_offset_t va;

	if (w == NULL)
		return;
	for (va = start; va < end; va += PAGE_SIZE) {
		CHECK(!w->wired[atop(va - w->base)]);
		w->mapped[atop(va - w->base)] = 0;
	}
}

void
pmap_remove_pages(pmap_t pmap __unused, vm_offset_t start __unused,
    vm_offset_t end __unused)
{
}

void
pmap_copy(pmap_t dst __unused, pmap_t src __unused, vm_offset_t dst_addr,
    vm_size_t len __unused, vm_offset_t src_addr)
{
	CHECK(dst_addr == src_addr);
}

int
pmap_pinit(pmap_t pmap __unused)
{
	return (1);
}

void
pmap_pinit0(pmap_t pmap __unused)
{
}

void
pmap_release(pmap_t pmap __unused)
{
}

void
pmap_activate(struct thread *td)
{
	CHECK(td == curthread);
}

int
pmap_growkernel(vm_offset_t addr __unused)
{
	CHECK(0);
	return (0);
}

int
vm_fault_wire(vm_map_t map, vm_offset_t start, vm_offset_t end,
    int user_wire __unused, int device __unused)
{
	struct world *w = world_of(map);
	vm_offset_t va;

	CHECK(start < end && !vm_map_locked(map));
	for (va = start; va < end; va += PAGE_SIZE) {
		if (while_unlocked != NULL)
			while_unlocked(map);
		if (fault_wire_fails != 0 && --fault_wire_fails == 0)
			break;
		w->wired[atop(va - w->base)] = 1;
	}
	if (va == end)
		return (KERN_SUCCESS);
	while (va > start) {
		va -= PAGE_SIZE;
		w->wired[atop(va - w->base)] = 0;
	}
	return (KERN_PROTECTION_FAILURE);
}

void
vm_fault_unwire(vm_map_t map, vm_offset_t start, vm_offset_t end,
    int device __unused)
{
	struct world *w = world_of(map);

	CHECK(vm_map_locked(map));
	for (; start < end; start += PAGE_SIZE)
		w->wired[atop(start - w->base)] = 0;
}

/* A fault in a wired entry, which wires. */
int
vm_fault(vm_map_t map, vm_offset_t va, vm_prot_t type, int flags)
{
	struct world *w = world_of(map);

	CHECK(type == VM_PROT_READ && flags == VM_FAULT_NORMAL);
	CHECK(!vm_map_locked(map));
	w->wired[atop(va - w->base)] = 1;
	return (KERN_SUCCESS);
}

vm_paddr_t
pmap_extract(pmap_t pmap, vm_offset_t va)
{
	struct world *w = world_of_pmap(pmap);

	return (w->wired[atop(va - w->base)] ? va : 0);
}

void
vm_fault_copy_entry(vm_map_t dst_map, vm_map_t src_map, vm_map_entry_t dst_entry,
    vm_map_entry_t src_entry)
{
	CHECK(vm_map_locked(dst_map) && vm_map_locked(src_map));
	CHECK(src_entry->wired_count > 0 && dst_entry->wired_count == 0 &&
	    dst_entry->object.vm_object == NULL);
	dst_entry->object.vm_object = object_new(OBJT_DEFAULT,
	    atop(dst_entry->end - dst_entry->start));
	dst_entry->offset = 0;
}

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

	TAILQ_FOREACH(object, &all, object_list)
		object->paging_in_progress = held(object);
	for (w = worlds; w != NULL; w = w->next) {
		check_world(w);
		all_entries += w->map->nentries;
	}
	TAILQ_FOREACH(object, &all, object_list)
		if (object->backing_object != NULL)
			object->backing_object->paging_in_progress++;
	TAILQ_FOREACH(object, &all, object_list) {
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
