/*
 * swap_host_kernel: the rest of the kernel, for swap_host.c: pages, objects, the
 * disk, and what else the swap pager calls.
 */
#include "swap_host.h"

#include <sys/bio.h>
#include <sys/conf.h>
#include <sys/disk.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/vmmeter.h>
#include <vm/pmap.h>
#include <vm/swap_var.h>
#include <vm/uma.h>
#include <vm/vm_extern.h>
#include <vm/vm_pageout.h>
#include <vm/vm_pager.h>

int	host_vprintf(const char *fmt, va_list ap) __asm__("vprintf");
void	*host_calloc(size_t count, size_t size) __asm__("calloc");
void	host_free(void *at) __asm__("free");

#define	WINDOWS		0x20000000U	/* where the transfers' addresses begin */
#define	RUBBISH		0xdead

struct vm_object objects[OBJECTS];
int	npending, failing, blocks, block_limit, level;
unsigned	errors, full, waited;

static struct host_page *resident[OBJECTS][PAGES];
static unsigned	disk[DISKS][MAX_SLOTS + 2];	/* a slot's contents */
static vm_page_t windows[1024];
static struct bio *pending[16];

static struct proc process, daemon;
struct thread process_thread = { .td_proc = &process };
struct thread daemon_thread = { .td_proc = &daemon };
struct thread *curthread = &process_thread;
struct proc *pageproc = &daemon;
struct vmmeter cnt = { .v_page_count = 64 };	/* the hash has one chain */
vm_map_t kernel_map;
uint32_t bootdev;
int bootverbose;

int
splvm(void)
{
	int old = level;

	level = 3;
	return (old);
}

int
splbio(void)
{
	return (splvm());
}

void
splx(int old)
{
	level = old;
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	host_vprintf(fmt, ap);
	va_end(ap);
	exit(42);
}

/* Messages come, but not too many. */
int
printf(const char *fmt, ...)
{
	CHECK(strstr(fmt, "I/O error") != NULL || strstr(fmt, "swap") != NULL);
	if (strstr(fmt, "I/O error") != NULL)
		errors++;
	else
		full++;
	return (0);
}

void *
malloc(unsigned long size, struct malloc_type *type __unused, int flags __unused)
{
	return (host_calloc(1, size));
}

void
free(void *at, struct malloc_type *type __unused)
{
	host_free(at);
}

void malloc_init(const void *type __unused) { }
void malloc_uninit(const void *type __unused) { }
char *getenv(const char *name __unused) { return (NULL); }
void diskstrategy(struct bio *bp __unused) { }
struct diskpart dspart(const struct disk *dp __unused, int minor __unused)
{ return ((struct diskpart){ 0, 0, 0 }); }
void wakeup(const void *chan __unused) { }

uma_zone_t
uma_zcreate(const char *name __unused, int size, uma_ctor ctor __unused,
    uma_dtor dtor __unused, uma_init init __unused, uma_fini fini __unused,
    int align __unused, uint32_t flags __unused)
{
	return ((uma_zone_t)(uintptr_t)size);
}

int
uma_zone_reserve_kva(uma_zone_t zone __unused, int nitems)
{
	CHECK(nitems == 32);
	return (1);
}

void *
uma_zalloc_arg(uma_zone_t zone, void *arg __unused, int flags)
{
	CHECK(flags == M_NOWAIT);
	if (blocks >= block_limit)
		return (NULL);
	blocks++;
	return (host_calloc(1, (uintptr_t)zone));
}

void
uma_zfree_arg(uma_zone_t zone __unused, void *item, void *arg __unused)
{
	blocks--;
	host_free(item);
}

vm_offset_t
kmem_alloc_nofault(vm_map_t map __unused, vm_size_t size)
{
	CHECK(atop(size) <= sizeof(windows) / sizeof(windows[0]));
	return (WINDOWS);
}

void
pmap_qenter(vm_offset_t va, vm_page_t *m, int count)
{
	for (va = atop(va - WINDOWS); count > 0; count--, va++) {
		CHECK(windows[va] == NULL);
		windows[va] = *m++;
	}
}

void
pmap_qremove(vm_offset_t va, int count)
{
	for (va = atop(va - WINDOWS); count > 0; count--, va++) {
		CHECK(windows[va] != NULL);
		windows[va] = NULL;
	}
}

void
pmap_page_protect(vm_page_t m, vm_prot_t prot)
{
	CHECK(prot == VM_PROT_READ && m->busy == 1);
}

void pmap_clear_modify(vm_page_t m __unused) { }

/* ---------------------------------------------------------------- objects and pages */

static struct host_page **
place_of(vm_object_t object, vm_pindex_t pindex)
{
	CHECK(object >= objects && object < objects + OBJECTS && pindex < PAGES);
	return (&resident[object - objects][pindex]);
}

vm_page_t
vm_page_search(vm_object_t object, vm_pindex_t pindex)
{
	return (pindex < PAGES ? (vm_page_t)*place_of(object, pindex) : NULL);
}

vm_page_t
page_make(vm_object_t object, vm_pindex_t pindex)
{
	struct host_page **place = place_of(object, pindex);
	vm_page_t m, next = NULL;
	vm_pindex_t i;

	CHECK(*place == NULL);
	*place = host_calloc(1, sizeof(**place));
	m = (vm_page_t)*place;
	m->object = object;
	m->pindex = pindex;
	m->flags = PG_BUSY;
	for (i = pindex + 1; i < PAGES && next == NULL; i++)
		next = vm_page_lookup(object, i);
	if (next != NULL)
		TAILQ_INSERT_BEFORE(next, m, listq);
	else
		TAILQ_INSERT_TAIL(&object->memq, m, listq);
	object->hint = m;
	return (m);
}

void
vm_page_free(vm_page_t m)
{
	CHECK(m->busy == 0 && (m->flags & PG_SWAPINPROG) == 0);
	TAILQ_REMOVE(&m->object->memq, m, listq);
	m->object->hint = TAILQ_FIRST(&m->object->memq);
	*place_of(m->object, m->pindex) = NULL;
	host_free(m);
}

void vm_page_activate(vm_page_t m) { m->queue = PQ_ACTIVE; }
void vm_page_deactivate(vm_page_t m) { m->queue = PQ_INACTIVE; }
void vm_page_undirty(vm_page_t m) { m->dirty = 0; }
void vm_page_test_dirty(vm_page_t m __unused) { }
void vm_page_io_start(vm_page_t m) { m->busy++; }
void vm_pageout_written(void) { }

void
vm_page_io_finish(vm_page_t m)
{
	CHECK(m->busy == 1 && (m->flags & PG_SWAPINPROG) == 0);
	m->busy = 0;
}

/* Nobody waits here. */
void
vm_page_flash(vm_page_t m __unused)
{
	CHECK(0);
}

void
vm_object_pip_wakeupn(vm_object_t object, int i)
{
	object->paging_in_progress -= i;
	CHECK(object->paging_in_progress >= 0);
}

void
vm_object_pip_wakeup(vm_object_t object)
{
	vm_object_pip_wakeupn(object, 1);
}

void
vm_object_pip_wait(vm_object_t object, const char *wmesg)
{
	while (object->paging_in_progress != 0)
		(void)tsleep(object, 0, wmesg, 0);
}

vm_object_t
vm_object_allocate(objtype_t type __unused, vm_pindex_t size __unused)
{
	return (NULL);
}

vm_object_t
vm_pager_object_get(struct pagerlst *list __unused, objtype_t type __unused,
    void *handle __unused, vm_pindex_t size __unused)
{
	return (NULL);
}

void
vm_pager_object_forget(struct pagerlst *list __unused, vm_object_t object)
{
	CHECK(object->handle == NULL);
}

/* As vm_pager.c's: a default object's pages are written by swap's pager, too. */
void
vm_pager_put_pages(vm_object_t object, vm_page_t *m, int count, int flags,
    int *rtvals)
{
	int i;

	for (i = 0; i < count; i++)
		CHECK(m[i]->object == object && m[i]->pindex == m[0]->pindex + i);
	swappagerops.pgo_putpages(object, m, count, flags, rtvals);
}

/* ---------------------------------------------------------------- the device */

void
host_strategy(struct bio *bp)
{
	CHECK(npending < 16 && bp->bio_offset >= 2 * PAGE_SIZE &&
	    bp->bio_bcount <= SWB_NPAGES * PAGE_SIZE);
	pending[npending++] = bp;
}

/* Transfer number `n' of those under way ends. */
void
complete(int n)
{
	struct bio *bp = pending[n];
	unsigned *slots = &disk[bp->bio_dev->si_minor][bp->bio_offset >> PAGE_SHIFT];
	uint32_t at = atop((uint32_t)(uintptr_t)bp->bio_data - WINDOWS), i;
	int fails = failing && draw_below(4) == 0;
	struct host_page *m;

	pending[n] = pending[--npending];
	for (i = 0; i < atop(bp->bio_bcount); i++) {
		m = (struct host_page *)windows[at + i];
		CHECK(m != NULL && (m->page.flags & PG_SWAPINPROG));
		if (bp->bio_cmd == BIO_WRITE)
			slots[i] = fails ? RUBBISH : m->contents;
		else
			m->contents = fails ? RUBBISH : slots[i];
	}
	bp->bio_completed = fails && draw_below(2) ? bp->bio_bcount / 2 :
	    bp->bio_bcount;
	biofinish(bp, fails && bp->bio_completed == bp->bio_bcount ? EIO : 0);
}

/* Somebody waits: it can only be for a transfer. */
int
tsleep(const void *chan __unused, int pri __unused, const char *wmesg __unused,
    int timo __unused)
{
	int old = level;

	CHECK(npending > 0);
	waited++;
	level = 0;
	complete(draw_below(npending));
	level = old;
	return (0);
}
