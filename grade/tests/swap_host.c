/*
 * The swap pager on this computer: kernel/vm/swap_*.c with the blist, the
 * transfers and the page daemon's cluster writing, and a model beside: what each
 * page of each object must show.
 *
 *	swap_host SEED COUNT SLOTS BLOCKS
 *
 * Objects are few and small, and so are two devices: SLOTS pages each.  Pages are read,
 * written, given up, paged out by the daemon and by others; ranges are
 * forgotten, objects collapse and end.  A page's contents is one number.  A
 * transfer ends when it is drawn to, or when somebody sleeps, and some of them
 * fail, having moved rubbish.  Of the blocks that note slots there are only so
 * many; a collapse that gets none is tried again.
 *
 * What must hold: a page shows what was last written to it, whatever way it
 * took; each slot in use is one page's; and in the end all are free.
 */
#include "swap_host.h"

#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/proc.h>
#include <vm/swap_var.h>
#include <vm/vm_pageout.h>
#include <vm/vm_pager.h>

int	atoi(const char *s);

unsigned	step;

static unsigned	want[OBJECTS][PAGES];	/* the model */
static uint64_t	state;
static unsigned	stamp, reads, writes, copies, refused;

unsigned
draw_below(unsigned below)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return ((unsigned)((state >> 33) * (uint64_t)below >> 31));
}

/* ---------------------------------------------------------------- what is done */

static void
complete_all(void)
{
	while (npending > 0)
		complete(draw_below(npending));
}

/* No transfer has this page, as a fault makes sure. */
static void
wait_page(vm_page_t m)
{
	while (m->busy != 0)
		(void)tsleep(m, 0, "page", 0);
}

/* Page `pindex', as a fault gets it, with some of those around it.  NULL: error. */
static vm_page_t
fault(vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t m = vm_page_lookup(object, pindex), list[SWB_NPAGES];
	int before = 0, after = 0, n = 0, wanted, i;

	if (m != NULL) {
		wait_page(m);
		CHECK(m->valid == VM_PAGE_BITS_ALL && !(m->flags & PG_BUSY));
		return (m);
	}
	if (!swappagerops.pgo_haspage(object, pindex, &before, &after)) {
		m = page_make(object, pindex);
		m->valid = VM_PAGE_BITS_ALL;
		vm_page_wakeup(m);
		return (m);
	}
	CHECK((vm_pindex_t)before <= pindex && before + after < SWB_NPAGES + 1);
	for (before = draw_below(MIN(before, 7) + 1), i = 1; i <= before; i++)
		if (vm_page_lookup(object, pindex - i) != NULL)
			before = i - 1;
	for (i = before; i > 0; i--)
		list[n++] = page_make(object, pindex - i);
	wanted = n;
	list[n++] = m = page_make(object, pindex);
	for (i = 1; n < SWB_NPAGES && pindex + i < PAGES && draw_below(12) &&
	    vm_page_lookup(object, pindex + i) == NULL; i++)
		list[n++] = page_make(object, pindex + i);
	reads++;
	i = swappagerops.pgo_getpages(object, list, n, wanted);
	CHECK(vm_page_lookup(object, pindex) == m && (m->flags & PG_BUSY));
	if (i != VM_PAGER_OK) {
		CHECK(i == VM_PAGER_ERROR && m->valid == 0);
		vm_page_free(m);
		return (NULL);
	}
	CHECK(m->valid == VM_PAGE_BITS_ALL && m->dirty == 0);
	vm_page_wakeup(m);
	return (m);
}

static void
touch(int object, vm_pindex_t pindex, int write)
{
	vm_page_t m = fault(&objects[object], pindex);

	if (m == NULL)
		return;
	CHECK(((struct host_page *)m)->contents == want[object][pindex]);
	m->queue = draw_below(3) ? PQ_INACTIVE : PQ_ACTIVE;
	if (!write)
		return;
	want[object][pindex] = ((struct host_page *)m)->contents = ++stamp;
	vm_page_dirty(m);
	if (draw_below(2) && m->object->type == OBJT_SWAP)
		swappagerops.pgo_pageunswapped(m);
}

/* The daemon has come to this page; or somebody writes it and waits. */
static void
page_out(int object, vm_pindex_t pindex)
{
	vm_page_t m = vm_page_lookup(&objects[object], pindex);
	int pend = npending, written;

	if (m == NULL || m->busy != 0)
		return;
	if (m->dirty == 0) {
		if (swp_pager_meta_lookup(m->object, pindex) != SWAPBLK_NONE ||
		    want[object][pindex] == 0)
			vm_page_free(m);
		return;
	}
	m->queue = PQ_INACTIVE;
	if (draw_below(4)) {
		curthread = &daemon_thread;
		written = vm_pageout_clean(m);
		CHECK(npending - pend <= written);
	} else {
		written = vm_pageout_flush(&m, 1, VM_PAGER_PUT_SYNC);
		CHECK(m->busy == 0);
	}
	curthread = &process_thread;
	writes += written;
}

/* Its pages from `start' on show zeros again. */
static void
forget(int object, vm_pindex_t start, vm_pindex_t count)
{
	vm_pindex_t i;
	vm_page_t m;

	for (i = start; i < start + count; i++) {
		m = vm_page_lookup(&objects[object], i);
		if (m != NULL) {
			wait_page(m);
			vm_page_free(m);
		}
		want[object][i] = 0;
	}
	swap_pager_freespace(&objects[object], start, count);
}

static void
object_init(int object)
{
	/* Behind all pages: so that each look for one comes to vm_page_search(). */
	static struct vm_page behind = { .pindex = ~0U };
	vm_object_t o = &objects[object];

	bzero(o, sizeof(*o));
	TAILQ_INIT(&o->memq);
	o->hint = &behind;
	o->size = PAGES;
	o->type = OBJT_DEFAULT;
}

static void
end(int object)
{
	vm_pindex_t i;
	vm_page_t m;

	vm_object_pip_wait(&objects[object], "end");
	for (i = 0; i < PAGES; i++) {
		m = vm_page_lookup(&objects[object], i);
		if (m != NULL)
			vm_page_free(m);
		want[object][i] = 0;
	}
	if (objects[object].type == OBJT_SWAP)
		swappagerops.pgo_dealloc(&objects[object]);
	CHECK(objects[object].type == OBJT_DEFAULT ||
	    objects[object].un_pager.swp.swp_bcount == 0);
	object_init(object);
}

/* ---------------------------------------------------------------- what must hold */

static void
look_through(void)
{
	static uint8_t seen[DISKS * (MAX_SLOTS + 3)];
	uint32_t total, used, slots = 0;
	vm_pindex_t i;
	swblk_t blk;
	int object;

	bzero(seen, sizeof(seen));
	for (object = 0; object < OBJECTS; object++)
		for (i = 0; i < PAGES; i++) {
			blk = swp_pager_meta_lookup(&objects[object], i);
			if (blk == SWAPBLK_NONE)
				continue;
			CHECK(blk < sizeof(seen) && !seen[blk]);
			CHECK(swp_pager_meta_next(&objects[object], i, PAGES) == i);
			seen[blk] = 1;
			slots++;
		}
	swap_pager_status(&total, &used);
	CHECK(used == slots && total == used + swap_pager_avail);
}

/* ---------------------------------------------------------------- what is drawn */

/*
 * Collapse `src' into `dst', which shows it from page `offset' on: first its
 * pages, then its slots.  Where `dst' shows zeros of its own, it has a page or a
 * slot, or it shows what `src' does.  While there is no block for one of them,
 * all of them are still somewhere.
 */
static void
collapse(int src, int dst, vm_pindex_t offset)
{
	vm_object_t so = &objects[src], d = &objects[dst];
	int limit = block_limit;
	vm_pindex_t i;
	vm_page_t m, moved;

	if (so->paging_in_progress != 0 || d->paging_in_progress != 0)
		return;
	d->size = PAGES - offset;
	for (i = d->size; i < PAGES; i++)
		forget(dst, i, 1);
	for (i = 0; i < d->size; i++) {
		if (vm_page_lookup(d, i) != NULL ||
		    swp_pager_meta_lookup(d, i) != SWAPBLK_NONE)
			continue;
		want[dst][i] = want[src][i + offset];
		m = vm_page_lookup(so, i + offset);
		if (m == NULL)
			continue;
		moved = page_make(d, i);
		((struct host_page *)moved)->contents =
		    ((struct host_page *)m)->contents;
		moved->valid = VM_PAGE_BITS_ALL;
		vm_page_dirty(moved);
		vm_page_wakeup(moved);
	}
	while (swap_pager_copy(so, d, offset) != 0) {
		CHECK(so->type == OBJT_SWAP && blocks == block_limit);
		look_through();
		refused++;
		block_limit++;
	}
	block_limit = limit;
	CHECK(so->type == OBJT_DEFAULT);
	d->size = PAGES;
	copies++;
	end(src);
}

static void
operate(void)
{
	int object = draw_below(OBJECTS), other = draw_below(OBJECTS);
	vm_pindex_t pindex = draw_below(draw_below(2) ? PAGES : 40);

	switch (draw_below(32)) {
	case 0:
		forget(object, pindex, 1 + draw_below(draw_below(30) ?
		    MIN(PAGES - pindex, 8) : PAGES - pindex));
		break;
	case 1:
		if (draw_below(40) == 0)
			end(object);
		break;
	case 2:
		if (object != other && draw_below(20) == 0)
			collapse(object, other, draw_below(3) ? draw_below(70) :
			    draw_below(3) * 32);
		break;
	case 3: case 4: case 5: case 6:
		if (npending > 0)
			complete(draw_below(npending));
		break;
	case 7: case 8: case 9: case 10: case 11: case 12: case 13: case 14:
	case 15: case 16:
		page_out(object, pindex);
		break;
	case 17:
		failing = draw_below(4) == 0;
		break;
	default:
		touch(object, pindex, draw_below(3));
		break;
	}
}

int
main(int argc __unused, char **argv)
{
	static struct cdevsw devsw = {
		.d_name = "host", .d_strategy = host_strategy
	};
	unsigned count = atoi(argv[2]), slots = atoi(argv[3]), i;
	struct cdev *dev;
	uint32_t total, used;

	state = atoi(argv[1]);
	block_limit = atoi(argv[4]);
	for (i = 0; i < OBJECTS; i++)
		object_init(i);
	swappagerops.pgo_init();
	swap_pager_swap_init();
	for (i = 0; i < DISKS; i++) {
		dev = make_dev(&devsw, i, 0, 0, 0, "host%u", i);
		CHECK(swaponsomething(dev, PAGE_SIZE * 2) == EINVAL);
		CHECK(swaponsomething(dev, (uint64_t)PAGE_SIZE * (slots + 2)) == 0);
		CHECK(swaponsomething(dev, PAGE_SIZE * 200) == EBUSY);
	}
	for (step = 0; step < count; step++) {
		operate();
		CHECK(level == 0);
		if (step % 1000 == 0)
			look_through();
	}
	complete_all();
	look_through();
	failing = 0;
	for (i = 0; i < OBJECTS * PAGES; i++)
		touch(i / PAGES, i % PAGES, 0);
	for (i = 0; i < OBJECTS; i++)
		end(i);
	swap_pager_status(&total, &used);
	CHECK(total == DISKS * slots && used == 0 && blocks == 0);
	host_printf("reads=%u writes=%u errors=%u full=%u copies=%u refused=%u "
	    "waited=%u\n", reads, writes, errors, full, copies, refused, waited);
	return (0);
}
