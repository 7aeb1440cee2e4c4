/*
 * vmmap_host_kernel: what is around a map on the host: the kernel's services,
 * objects that only count, and "hardware" that remembers which page is wired and
 * what a fault has mapped.
 */
#include "vmmap_host.h"

#include <sys/mman.h>
#include <sys/resourcevar.h>
#include <sys/vmmeter.h>
#include <vm/swap_pager.h>
#include <vm/uma.h>
#include <vm/vm_extern.h>
#include <vm/vm_page.h>

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
struct object_q vm_object_list = TAILQ_HEAD_INITIALIZER(vm_object_list);

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
	TAILQ_INSERT_TAIL(&vm_object_list, object, object_list);
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
	TAILQ_REMOVE(&vm_object_list, object, object_list);
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
