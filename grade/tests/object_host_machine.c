/*
 * object_host: the machine below pages and objects.
 *
 * A physical page is one word.  Mappings are listed at their page, as pmap does
 * it, and remember whether they were written.  The swap pager is a table for each
 * object; the file system is an array.
 */
#include "object_host.h"

#include <sys/errno.h>
#include <vm/vm_extern.h>

struct slots {
	TAILQ_ENTRY(slots) link;
	vm_object_t	object;
	uint8_t		used[MAX_PAGES];
	uint32_t	value[MAX_PAGES];
};

static TAILQ_HEAD(, slots) all_slots = TAILQ_HEAD_INITIALIZER(all_slots);
static char	array_memory[PAGE_SIZE * 64] __attribute__((aligned(PAGE_SIZE)));
static uint64_t	drawn;
static int	level;

uint32_t	phys_avail[PHYS_AVAIL_MAX * 2 + 2];
vm_offset_t	virtual_avail, virtual_end, kernel_vm_end;
struct thread	*curthread = &proc0.p_thread;
struct proc	proc0, *pageproc = (struct proc *)array_memory;
int		vm_pages_needed, vm_pageout_pages_needed, vm_pageout_deficit;
int		vm_fail_alloc;
uint32_t	contents[MEMORY_PAGES];
uint32_t	file[FILE_PAGES];
struct vnode	file_vnode;
int		swap_slots, swap_copy_fails, sleeps, sleep_timo, zeroings, flushes, flushes_fail;
void		(*sleeper)(const void *chan);

uint32_t
draw(uint32_t below)
{
	drawn ^= drawn << 13;
	drawn ^= drawn >> 7;
	drawn ^= drawn << 17;
	return ((uint32_t)(drawn >> 16) % below);
}

void
draw_seed(uint32_t seed)
{
	drawn = 0x9e3779b97f4a7c15ULL + seed;
}

int
splvm(void)
{
	return (level++);
}

void
splx(int old)
{
	CHECK(old == level - 1);
	level = old;
}

/* The level is the caller's again afterwards. */
int
tsleep(const void *chan, int pri __unused, const char *wmesg __unused,
    int timo)
{
	int old = level;

	sleeps++;
	sleep_timo = timo;
	CHECK(sleeper != NULL);
	level = 0;
	sleeper(chan);
	level = old;
	return (0);
}

void
wakeup(const void *chan __unused)
{
}

void
pagedaemon_wakeup(void)
{
}

int
vm_fail_now(void)
{
	return (--vm_fail_alloc == 0);
}

/* ---------------------------------------------------------------- zones */

struct uma_zone {
	int	size;
};

uma_zone_t
uma_zcreate(const char *name __unused, int size, uma_ctor ctor __unused,
    uma_dtor dtor __unused, uma_init uminit __unused, uma_fini fini __unused,
    int align __unused, uint32_t flags __unused)
{
	uma_zone_t zone = host_calloc(1, sizeof(*zone));

	zone->size = size;
	return (zone);
}

/* Each item is a piece of its own, so that the sanitizer sees a use after the end. */
void *
uma_zalloc_arg(uma_zone_t zone, void *arg __unused, int flags __unused)
{
	return (host_calloc(1, zone->size));
}

void
uma_zfree_arg(uma_zone_t zone __unused, void *item, void *arg __unused)
{
	host_free(item);
}

/* ---------------------------------------------------------------- mappings */

uint32_t *
page_word(vm_page_t m)
{
	CHECK(!(m->flags & PG_FICTITIOUS) && atop(m->phys_addr) < MEMORY_PAGES);
	return (&contents[atop(m->phys_addr)]);
}

void
map_page(struct mapping *map, vm_page_t m, int writable)
{
	unmap_page(map);
	map->m = m;
	map->writable = writable;
	m->md.pv_list_count++;
	TAILQ_INSERT_TAIL(&m->md.pv_list, &map->pv, pv_list);
}

void
protect_page(struct mapping *map)
{
	if (map->m != NULL && map->modified)
		vm_page_dirty(map->m);
	map->modified = map->writable = 0;
}

void
unmap_page(struct mapping *map)
{
	if (map->m == NULL)
		return;
	protect_page(map);
	TAILQ_REMOVE(&map->m->md.pv_list, &map->pv, pv_list);
	map->m->md.pv_list_count--;
	map->m = NULL;
	map->wired = 0;
}

/* The mapping that an entry of a page's list is of: it is its first field. */
#define	FOREACH_MAPPING(pv, m)						\
	TAILQ_FOREACH(pv, &(m)->md.pv_list, pv_list)

void
pmap_remove_all(vm_page_t m)
{
	struct pv_entry *pv;

	while ((pv = TAILQ_FIRST(&m->md.pv_list)) != NULL)
		unmap_page((struct mapping *)pv);
}

void
pmap_page_protect(vm_page_t m, vm_prot_t prot)
{
	struct pv_entry *pv;

	CHECK(prot == (VM_PROT_READ | VM_PROT_EXECUTE));
	FOREACH_MAPPING(pv, m)
		protect_page((struct mapping *)pv);
}

int
pmap_is_modified(vm_page_t m)
{
	struct pv_entry *pv;

	FOREACH_MAPPING(pv, m)
		if (((struct mapping *)pv)->modified)
			return (1);
	return (0);
}

void
pmap_clear_modify(vm_page_t m)
{
	struct pv_entry *pv;

	FOREACH_MAPPING(pv, m)
		((struct mapping *)pv)->modified = 0;
}

int
pmap_page_wired_mappings(vm_page_t m)
{
	struct pv_entry *pv;
	int count = 0;

	FOREACH_MAPPING(pv, m)
		count += ((struct mapping *)pv)->wired;
	return (count);
}

void
pmap_clear_reference(vm_page_t m __unused)
{
}

void
pmap_zero_page(vm_page_t m)
{
	*page_word(m) = 0;
	zeroings++;
}

/* Only whole pages have a word here; parts are counted. */
void
pmap_zero_page_area(vm_page_t m __unused, int off, int size)
{
	CHECK(off >= 0 && size > 0 && off + size <= PAGE_SIZE);
	zeroings += size;
}

void
pmap_kenter(vm_offset_t va __unused, vm_paddr_t pa __unused)
{
}

/* ---------------------------------------------------------------- swap */

static struct slots *
slots_of(vm_object_t object)
{
	struct slots *slots;

	TAILQ_FOREACH(slots, &all_slots, link)
		if (slots->object == object)
			return (slots);
	return (NULL);
}

static struct slots *
make_slots(vm_object_t object)
{
	struct slots *slots = slots_of(object);

	CHECK(object->type <= OBJT_SWAP && object->handle == NULL);
	if (slots == NULL) {
		slots = host_calloc(1, sizeof(*slots));
		slots->object = object;
		TAILQ_INSERT_TAIL(&all_slots, slots, link);
		object->type = OBJT_SWAP;
	}
	return (slots);
}

void
swap_pager_freespace(vm_object_t object, vm_pindex_t start, vm_size_t size)
{
	struct slots *slots = slots_of(object);
	vm_pindex_t i;

	CHECK((slots != NULL) == (object->type == OBJT_SWAP));
	for (i = start; slots != NULL && i < start + size && i < MAX_PAGES; i++) {
		swap_slots -= slots->used[i];
		slots->used[i] = 0;
	}
}

static void
swap_dealloc(vm_object_t object)
{
	struct slots *slots = slots_of(object);

	swap_pager_freespace(object, 0, MAX_PAGES);
	TAILQ_REMOVE(&all_slots, slots, link);
	host_free(slots);
}

static int
swap_haspage(vm_object_t object, vm_pindex_t pindex, int *before, int *after)
{
	*before = *after = 0;
	return (pindex < MAX_PAGES && slots_of(object)->used[pindex]);
}

int
swap_pager_copy(vm_object_t source, vm_object_t to, vm_pindex_t offset)
{
	struct slots *from = slots_of(source), *slots;
	vm_page_t m;
	vm_pindex_t i;

	for (i = offset; i < MAX_PAGES && i - offset < to->size; i++) {
		m = vm_page_lookup(to, i - offset);
		if (!from->used[i] || m != NULL)
			continue;
		slots = make_slots(to);
		if (slots->used[i - offset])
			continue;
		if (swap_copy_fails || draw(16) == 0)
			return (ENOMEM);
		from->used[i] = 0;
		swap_slots--;
		slots->used[i - offset] = 1;
		slots->value[i - offset] = from->value[i];
		swap_slots++;
	}
	swap_dealloc(source);
	source->type = OBJT_DEFAULT;
	return (0);
}

static int
swap_getpages(vm_object_t object, vm_page_t *m, int count, int reqpage)
{
	CHECK(count == 1 && reqpage == 0);
	if (!slots_of(object)->used[m[0]->pindex])
		return (VM_PAGER_FAIL);
	*page_word(m[0]) = slots_of(object)->value[m[0]->pindex];
	m[0]->valid = VM_PAGE_BITS_ALL;
	return (VM_PAGER_OK);
}

static void
swap_putpages(vm_object_t object, vm_page_t *m, int count, int flags __unused,
    int *rtvals)
{
	struct slots *slots = make_slots(object);
	int i;

	for (i = 0; i < count; i++) {
		swap_slots += !slots->used[m[i]->pindex];
		slots->used[m[i]->pindex] = 1;
		slots->value[m[i]->pindex] = *page_word(m[i]);
		vm_page_undirty(m[i]);
		rtvals[i] = VM_PAGER_OK;
	}
}

struct pagerops swappagerops = {
	.pgo_dealloc = swap_dealloc,
	.pgo_getpages = swap_getpages,
	.pgo_putpages = swap_putpages,
	.pgo_haspage = swap_haspage,
};

/* ---------------------------------------------------------------- the file */

void
vref(struct vnode *vp)
{
	vp->v_usecount++;
}

void
vm_object_vndeallocate(vm_object_t object)
{
	struct vnode *vp = object->handle;

	CHECK(object->ref_count > 0 && vp->v_usecount > 0);
	object->ref_count--;
	vp->v_usecount--;
}

static void
file_dealloc(vm_object_t object __unused)
{
}

static int
file_haspage(vm_object_t object __unused, vm_pindex_t pindex, int *before,
    int *after)
{
	*before = *after = 0;
	return (pindex < FILE_PAGES);
}

static int
file_getpages(vm_object_t object __unused, vm_page_t *m, int count, int reqpage)
{
	CHECK(count == 1 && reqpage == 0);
	*page_word(m[0]) = file[m[0]->pindex];
	m[0]->valid = VM_PAGE_BITS_ALL;
	return (VM_PAGER_OK);
}

static void
file_putpages(vm_object_t object __unused, vm_page_t *m, int count,
    int flags __unused, int *rtvals)
{
	int i;

	for (i = 0; i < count; i++) {
		file[m[i]->pindex] = *page_word(m[i]);
		vm_page_undirty(m[i]);
		rtvals[i] = VM_PAGER_OK;
	}
}

struct pagerops vnodepagerops = {
	.pgo_dealloc = file_dealloc,
	.pgo_getpages = file_getpages,
	.pgo_putpages = file_putpages,
	.pgo_haspage = file_haspage,
};

int
vm_pageout_flush(vm_page_t *m, int count, int flags)
{
	int rtvals[16], i;

	CHECK(count > 0 && count <= 16);
	flushes++;
	for (i = 0; i < count; i++) {
		CHECK(i == 0 || (m[i]->object == m[0]->object &&
		    m[i]->pindex == m[0]->pindex + i));
		CHECK(!(m[i]->flags & PG_BUSY) && m[i]->busy == 0);
		vm_page_io_start(m[i]);
		pmap_page_protect(m[i], VM_PROT_READ | VM_PROT_EXECUTE);
	}
	vm_object_pip_add(m[0]->object, count);
	if (!flushes_fail)
		vm_pager_put_pages(m[0]->object, m, count, flags, rtvals);
	vm_object_pip_wakeupn(m[0]->object, count);
	for (i = 0; i < count; i++)
		vm_page_io_finish(m[i]);
	return (flushes_fail ? 0 : count);
}

/* ---------------------------------------------------------------- the start */

void
machine_start(void)
{
	virtual_avail = (uintptr_t)array_memory;
	virtual_end = kernel_vm_end = virtual_avail + sizeof(array_memory);
	CHECK((uintptr_t)array_memory == virtual_avail);
	phys_avail[0] = ptoa(1);
	phys_avail[1] = ptoa(100);
	phys_avail[2] = ptoa(200);
	phys_avail[3] = ptoa(MEMORY_PAGES);
	vm_page_startup();
	__builtin_memset(contents, 0xa5, sizeof(contents));
	vm_object_init();
	vm_pager_init();
}
