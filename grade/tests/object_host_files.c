/*
 * object_host: objects with a name: a file, a device, shared memory; and what is
 * done to many of an object's pages at once.
 */
#include "object_host.h"

#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/mman.h>

#define	FILE_MAPS	16

static vm_object_t	object;		/* the file's */
static struct mapping	maps[FILE_MAPS];

/* ---------------------------------------------------------------- the file */

static void
file_start(void)
{
	uint32_t i;

	for (i = 0; i < FILE_PAGES; i++)
		file[i] = 100 + i;
	object = vm_object_allocate(OBJT_VNODE, FILE_PAGES);
	object->handle = &file_vnode;
	object->ref_count = 0;
}

/* Page `i', in memory and mapped for writing. */
static vm_page_t
file_map(vm_pindex_t i)
{
	vm_page_t m = vm_page_lookup(object, i);

	if (m == NULL) {
		m = vm_page_alloc(object, i, VM_ALLOC_NORMAL);
		CHECK(vm_pager_get_pages(object, &m, 1, 0) == VM_PAGER_OK);
		vm_page_wakeup(m);
		vm_page_activate(m);
	}
	map_page(&maps[i], m, 1);
	vm_object_set_writeable_dirty(object);
	return (m);
}

static void
file_write(vm_pindex_t i, uint32_t value)
{
	*page_word(file_map(i)) = value;
	maps[i].modified = 1;
}

/* What is dirty is written, neighbours together; then a write is seen again. */
static void
test_clean(void)
{
	uint32_t i;

	flushes = 0;
	CHECK(vm_object_page_clean(object, 0, 0, OBJPC_SYNC) == 0 && flushes == 0);
	for (i = 1; i <= 3; i++)
		file_write(i, 200 + i);
	file_write(7, 207);
	(void)file_map(8);
	CHECK(vm_object_page_clean(object, 0, 0, OBJPC_SYNC) == 0);
	CHECK(flushes == 2 && file[1] == 201 && file[3] == 203 && file[7] == 207);
	CHECK(file[8] == 108 && !maps[1].writable && !maps[8].writable);
	CHECK(!(object->flags & OBJ_MIGHTBEDIRTY) && object->paging_in_progress == 0);
	/* A part: the rest is still dirty afterwards. */
	file_write(2, 302);
	file_write(9, 309);
	CHECK(vm_object_page_clean(object, 0, 5, OBJPC_SYNC) == 0);
	CHECK(file[2] == 302 && file[9] == 109 && (object->flags & OBJ_MIGHTBEDIRTY));
	CHECK(vm_object_page_clean(object, 9, 0, 0) == 0 && file[9] == 309);
	/* Who wants no write for its own sake. */
	file_write(4, 304);
	vm_page_flag_set(vm_page_lookup(object, 4), PG_NOSYNC);
	CHECK(vm_object_page_clean(object, 0, 0, OBJPC_NOSYNC) == 0 && file[4] == 104);
	CHECK(vm_object_page_clean(object, 0, 0, OBJPC_SYNC) == 0 && file[4] == 304);
	/* What cannot be written stays dirty, and is told of. */
	file_write(5, 305);
	flushes_fail = 1;
	CHECK(vm_object_page_clean(object, 0, 0, OBJPC_SYNC) == EIO);
	CHECK((object->flags & OBJ_MIGHTBEDIRTY) && file[5] == 105);
	flushes_fail = 0;
	CHECK(vm_object_page_clean(object, 0, 0, OBJPC_SYNC) == 0 && file[5] == 305);
}

/* ---------------------------------------------------------------- who waits */

static vm_page_t waited_for;

static void
no_transfer_any_more(const void *chan)
{
	CHECK(chan == waited_for);
	vm_page_io_finish(waited_for);
}

static void
test_busy_ones(void)
{
	int slept = sleeps;

	file_write(6, 406);
	waited_for = vm_page_lookup(object, 6);
	sleeper = no_transfer_any_more;
	vm_page_io_start(waited_for);
	CHECK(vm_object_page_clean(object, 0, 0, OBJPC_SYNC) == 0 && file[6] == 406);
	CHECK(sleeps == slept + 1);
	vm_page_io_start(waited_for);
	vm_object_madvise(object, 6, 1, MADV_DONTNEED);
	CHECK(sleeps == slept + 2 && waited_for->queue == PQ_INACTIVE);
	vm_object_madvise(object, 0, 12, MADV_WILLNEED);
	CHECK(waited_for->queue == PQ_ACTIVE);
	vm_page_io_start(waited_for);
	vm_object_page_remove(object, 6, 7, 0);
	CHECK(sleeps == slept + 3 && vm_page_lookup(object, 6) == NULL);
	sleeper = NULL;
}

/* ---------------------------------------------------------------- msync, and removal */

/* By a shadow of its pages 3 to 6: it is the file's that are meant. */
static void
test_sync(void)
{
	vm_object_t shadow = object;
	vm_ooffset_t offset = IDX_TO_OFF(3);

	vm_object_reference(object);
	vm_object_shadow(&shadow, &offset, 4);
	CHECK(shadow != object && offset == 0 && file_vnode.v_usecount == 1);
	file_write(2, 502);
	file_write(4, 504);
	CHECK(vm_object_sync(NULL, 0, PAGE_SIZE, 1, 1) == 0);
	CHECK(vm_object_sync(shadow, IDX_TO_OFF(1), PAGE_SIZE, 1, 0) == 0);
	CHECK(file[2] == 302 && file[4] == 504 && maps[4].m != NULL);
	CHECK(vm_object_sync(shadow, IDX_TO_OFF(1), PAGE_SIZE, 1, 1) == 0);
	CHECK(maps[4].m == NULL && vm_page_lookup(object, 4) == NULL);
	/* Behind the end there is nothing. */
	CHECK(vm_object_sync(shadow, IDX_TO_OFF(100), PAGE_SIZE, 1, 1) == 0);
	vm_object_deallocate(shadow);
	CHECK(file_vnode.v_usecount == 0 && object->shadow_count == 0);
}

/* A process' wiring goes with its mapping; the kernel's stays, of nothing good. */
static void
test_remove(void)
{
	vm_page_t wired = file_map(0), locked = file_map(2);

	vm_page_wire(wired);
	vm_page_flag_set(wired, PG_ZERO);
	vm_page_wire(locked);
	maps[2].wired = 1;
	file_write(1, 601);
	(void)file_map(3);
	vm_object_page_remove(object, 0, 0, 1);
	CHECK(vm_page_lookup(object, 1) != NULL && vm_page_lookup(object, 3) == NULL);
	CHECK(vm_page_lookup(object, 0) == wired && wired->valid != 0);
	CHECK(maps[2].m == locked && locked->wire_count == 1 && !maps[1].writable);
	vm_object_page_remove(object, 0, 0, 0);
	CHECK(object->resident_page_count == 1 && wired->valid == 0);
	CHECK(!(wired->flags & PG_ZERO));	/* for whoever fills it next */
	CHECK(maps[0].m == NULL && maps[2].m == NULL && locked->queue == PQ_FREE);
	vm_page_unwire(wired, 0);
	vm_object_page_remove(object, 0, 0, 0);
	CHECK(object->resident_page_count == 0 && file[1] == 201);
}

/* ---------------------------------------------------------------- the end */

/*
 * While the file's object ends, first somebody has a page; then the page daemon
 * writes one that was looked at already, and frees one: all of them are still the
 * object's.
 */
static vm_page_t	ending[4];
static int	turns;

static void
others_at_work(const void *chan __unused)
{
	int i;

	for (i = 0; i < 4; i++)
		CHECK(ending[i]->object == object);
	if (turns++ == 0) {
		vm_page_wakeup(ending[2]);
		vm_object_pip_add(object, 1);
		vm_page_io_start(ending[0]);
		return;
	}
	CHECK(vm_page_try_to_free(ending[3]));
	vm_page_io_finish(ending[0]);
	vm_object_pip_wakeup(object);
}

static void
test_end(void)
{
	int i;

	for (i = 0; i < 4; i++)
		ending[i] = file_map(i);
	vm_page_busy(ending[2]);
	sleeper = others_at_work;
	vm_object_terminate(object);
	CHECK(turns == 2);
	sleeper = NULL;
}

/* ---------------------------------------------------------------- what is behind goes */

static vm_page_t
filled_page(vm_object_t whose, vm_pindex_t i, uint32_t value)
{
	vm_page_t m = vm_page_alloc(whose, i, VM_ALLOC_NOBUSY);

	*page_word(m) = value;
	m->valid = VM_PAGE_BITS_ALL;
	vm_page_dirty(m);
	vm_page_activate(m);
	return (m);
}

static void
page_out(vm_page_t m)
{
	CHECK(vm_pageout_flush(&m, 1, VM_PAGER_PUT_SYNC) == 1);
}

static uint32_t
word_of(vm_object_t whose, vm_pindex_t i)
{
	return (*page_word(vm_page_lookup(whose, i)));
}

static void
not_busy_any_more(const void *chan)
{
	CHECK(chan == waited_for);
	vm_page_wakeup(waited_for);
}

/* While something is in progress of an object, its chain stays as it is. */
static void
check_stays(vm_object_t top, vm_object_t busy)
{
	vm_object_t behind = top->backing_object;

	vm_object_pip_add(busy, 1);
	vm_object_collapse(top);
	CHECK(top->backing_object == behind);
	vm_object_pip_wakeup(busy);
}

/*
 *	top		| empty | none | 12  | none |
 *	behind	|  0	|   1	|   2  |  3  | swap |  5  |	3 is wired, twice
 */
static void
test_collapse(void)
{
	vm_object_t behind = vm_object_allocate(OBJT_DEFAULT, 6), top = behind;
	vm_ooffset_t offset = PAGE_SIZE;
	int slept = sleeps, i;
	vm_page_t m;

	for (i = 0; i < 6; i++) {
		m = filled_page(behind, i, i);
		if (i == 2 || i == 4)
			page_out(m);
	}
	CHECK(vm_page_try_to_free(vm_page_lookup(behind, 4)) && swap_slots == 2);
	m = vm_page_lookup(behind, 3);
	vm_page_wire(m);
	vm_page_wire(m);
	vm_object_reference(behind);
	vm_object_shadow(&top, &offset, 4);
	(void)vm_page_alloc(top, 0, VM_ALLOC_NOBUSY);
	(void)filled_page(top, 2, 12);

	/* All but the page in swap; whose slot cannot be noted. */
	swap_copy_fails = 1;
	waited_for = vm_page_lookup(behind, 5);
	vm_page_busy(waited_for);
	sleeper = not_busy_any_more;
	vm_object_deallocate(behind);
	sleeper = NULL;
	CHECK(sleeps == slept + 1 && waited_for->queue == PQ_FREE);
	CHECK(top->backing_object == behind && behind->resident_page_count == 0);
	CHECK(behind->ref_count == 1 && top->ref_count == 1 && swap_slots == 1);
	CHECK(vm_pager_has_page(behind, 4, NULL, NULL));
	swap_copy_fails = 0;
	check_stays(top, top);
	check_stays(top, behind);
	do
		vm_object_collapse(top);
	while (top->backing_object != NULL);
	CHECK(top->resident_page_count == 3 && word_of(top, 0) == 1 &&
	    word_of(top, 1) == 2 && word_of(top, 2) == 12);
	CHECK(vm_pager_has_page(top, 3, NULL, NULL) && swap_slots == 1);
	CHECK(m->queue == PQ_FREE && cnt.v_wire_count == 0);
	vm_object_deallocate(top);
	CHECK(swap_slots == 0);
}

/* ---------------------------------------------------------------- a device */

/* Eight pages, of which all but the last may be mapped. */
static int
card_mmap(struct cdev *dev __unused, vm_offset_t offset, vm_paddr_t *pa,
    int prot __unused)
{
	*pa = 0xa0000000 + offset;
	return (offset < ptoa(7) ? 0 : -1);
}

static struct cdevsw	card_cdevsw = { .d_name = "card", .d_mmap = card_mmap };
static struct cdevsw	plain_cdevsw = { .d_name = "plain" };
static struct cdev	card = { .si_devsw = &card_cdevsw };
static struct cdev	plain = { .si_devsw = &plain_cdevsw };

static vm_object_t
card_object(struct cdev *dev, int pages, vm_ooffset_t offset)
{
	return (vm_pager_allocate(OBJT_DEVICE, dev, IDX_TO_OFF(pages), VM_PROT_RW,
	    offset));
}

static void
test_device(void)
{
	vm_object_t device;
	vm_page_t m[2], real;

	CHECK(card_object(&plain, 1, 0) == NULL && card_object(&card, 8, 0) == NULL);
	CHECK(card_object(&card, 1, 100) == NULL);
	CHECK(card_object(&card, 1, -PAGE_SIZE) == NULL);
	CHECK(card_object(&card, 1, 1LL << 32) == NULL);
	device = card_object(&card, 2, PAGE_SIZE);
	CHECK(device->size == 3 && card_object(&card, 7, 0) == device);
	CHECK(device->size == 7 && device->ref_count == 2);
	CHECK(vm_pager_has_page(device, 5, NULL, NULL));
	CHECK(!vm_pager_has_page(device, 7, NULL, NULL));
	m[0] = vm_page_alloc(device, 5, VM_ALLOC_NORMAL);
	m[1] = real = vm_page_alloc(device, 6, VM_ALLOC_NORMAL);
	CHECK(vm_pager_get_pages(device, m, 2, 1) == VM_PAGER_OK);
	CHECK(m[1] != real && vm_page_lookup(device, 6) == m[1]);
	CHECK(vm_page_lookup(device, 5) == NULL && real->queue == PQ_FREE);
	CHECK(m[1]->phys_addr == 0xa0006000 && m[1]->valid == VM_PAGE_BITS_ALL);
	CHECK(m[1]->flags == (PG_BUSY | PG_FICTITIOUS));
	vm_page_activate(m[1]);
	vm_page_wire(m[1]);
	vm_page_unwire(m[1], 1);
	vm_page_wakeup(m[1]);
	CHECK(m[1]->queue == PQ_NONE && cnt.v_wire_count == 0);
	m[0] = vm_page_alloc(device, 7, VM_ALLOC_NORMAL);
	CHECK(vm_pager_get_pages(device, m, 1, 0) == VM_PAGER_FAIL);
	vm_page_free(m[0]);
	/* It keeps its pages: none of them is ever written, nor old. */
	CHECK(vm_object_sync(device, 0, ptoa(7), 1, 1) == 0);
	CHECK(vm_page_lookup(device, 6) == m[1]);
	vm_object_deallocate(device);
	vm_object_deallocate(device);
	device = card_object(&card, 1, 0);
	CHECK(device->size == 1 && device->resident_page_count == 0);
	vm_object_deallocate(device);
}

/* ---------------------------------------------------------------- memory that stays */

static void
test_phys(void)
{
	int name, before, after;
	vm_object_t phys = vm_pager_allocate(OBJT_PHYS, &name, ptoa(1500) - 1,
	    VM_PROT_RW, 0);
	vm_page_t m[2];

	CHECK(phys->size == 1500);
	CHECK(vm_pager_allocate(OBJT_PHYS, &name, 1, VM_PROT_RW, 0) == phys);
	CHECK(vm_pager_has_page(phys, 1100, &before, &after));
	CHECK(before == 1100 - 1024 && after == 1499 - 1100);
	CHECK(!vm_pager_has_page(phys, 1500, &before, &after));
	m[0] = vm_page_alloc(phys, 3, VM_ALLOC_NORMAL);
	m[1] = vm_page_alloc(phys, 4, VM_ALLOC_NORMAL);
	CHECK(vm_pager_get_pages(phys, m, 2, 0) == VM_PAGER_OK);
	CHECK(*page_word(m[0]) == 0 && *page_word(m[1]) == 0);
	CHECK(m[0]->flags == (PG_BUSY | PG_UNMANAGED) && m[1]->flags == PG_UNMANAGED);
	vm_page_wakeup(m[0]);
	vm_page_activate(m[0]);
	CHECK(m[0]->queue == PQ_NONE && !vm_page_try_to_free(m[0]));
	vm_object_deallocate(phys);
	vm_object_deallocate(phys);
	phys = vm_pager_allocate(OBJT_PHYS, NULL, PAGE_SIZE, VM_PROT_RW, 0);
	CHECK(phys->size == 1 && phys->handle == NULL);
	vm_object_deallocate(phys);
}

/* Nobody is behind the dead; of what has no pager yet nothing is to be had. */
static void
test_none(void)
{
	vm_object_t none = vm_pager_allocate(OBJT_DEFAULT, NULL, ptoa(3) + 1,
	    VM_PROT_RW, 0);
	vm_page_t m = vm_page_alloc(none, 2, VM_ALLOC_NORMAL);
	int status;

	CHECK(none->size == 4 && !vm_pager_has_page(none, 2, NULL, NULL));
	CHECK(vm_pager_get_pages(none, &m, 1, 0) == VM_PAGER_FAIL);
	CHECK(vm_pager_allocate(OBJT_DEAD, NULL, 1, VM_PROT_RW, 0) == NULL);
	none->type = OBJT_DEAD;
	CHECK(vm_pager_get_pages(none, &m, 1, 0) == VM_PAGER_FAIL);
	vm_pager_put_pages(none, &m, 1, 0, &status);
	CHECK(status == VM_PAGER_AGAIN && !vm_pager_has_page(none, 2, NULL, NULL));
	vm_page_wakeup(m);
	vm_object_deallocate(none);
}

void
test_files(void)
{
	uint32_t left = cnt.v_free_count;

	file_start();
	test_clean();
	test_busy_ones();
	test_sync();
	test_remove();
	test_end();
	test_collapse();
	test_device();
	test_phys();
	test_none();
	CHECK(cnt.v_free_count == left && cnt.v_wire_count == 0);
	CHECK(TAILQ_NEXT(kmem_object, object_list) == NULL);
}
