/*
 * swap_io: pages between memory and their slots.
 *
 * A driver wants an address of the kernel's, and pages have none.  So there are
 * a few windows, each with room for the pages of one transfer, which are mapped
 * there while it lasts:
 *
 *	struct swbuf	sb_bio		the transfer
 *			sb_pages[16]	-> page, page, page
 *			sb_kva		[ page | page | page |	    ]
 *
 * Who finds none waits for one.  Those that are being read come back by
 * themselves, and so do the others; so it never waits for long.  Transfers that
 * nobody waits for may have half of them, and what they end with an interrupt's
 * handler does: it touches the pages' own fields, their queue, and who waits.
 *
 * [vm/swap_pager.c]
 */
#include <vm/swap_var.h>

#include <sys/bio.h>
#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pageout.h>

#define	NSWBUF		8
#define	NSWBUF_ASYNC	(NSWBUF / 2)

struct swbuf {
	struct bio	sb_bio;
	SLIST_ENTRY(swbuf) sb_free;
	vm_offset_t	sb_kva;		/* its window */
	swblk_t		sb_blk;		/* the first slot */
	int		sb_npages;
	vm_page_t	sb_pages[SWB_NPAGES];
};

static MALLOC_DEFINE(M_SWBUF, "swbuf", "transfers to and from swap");

/* At splvm. */
static SLIST_HEAD(, swbuf) swbufs = SLIST_HEAD_INITIALIZER(swbufs);
static int	swbufs_async;		/* taken, by those that nobody waits for */

void
swp_pager_io_init(void)
{
	struct swbuf *sb = malloc(NSWBUF * sizeof(*sb), M_SWBUF, M_WAITOK | M_ZERO);
	vm_offset_t kva = kmem_alloc_nofault(kernel_map,
	    NSWBUF * ptoa(SWB_NPAGES));
	int i;

	if (kva == 0)
		panic("swp_pager_io_init: no addresses for %d windows", NSWBUF);
	for (i = 0; i < NSWBUF; i++) {
		sb[i].sb_kva = kva + i * ptoa(SWB_NPAGES);
		SLIST_INSERT_HEAD(&swbufs, &sb[i], sb_free);
	}
}

/* ---------------------------------------------------------------- windows */

/* A transfer, which waits for nobody, or for the device.  Sleeps. */
static struct swbuf *
swbuf_get(int async)
{
	struct swbuf *sb;
	int s = splvm();

	while (SLIST_EMPTY(&swbufs) || (async && swbufs_async == NSWBUF_ASYNC))
		(void)tsleep(&swbufs, PSWP, "wswbuf", 0);
	sb = SLIST_FIRST(&swbufs);
	SLIST_REMOVE_HEAD(&swbufs, sb_free);
	swbufs_async += async;
	splx(s);
	return (sb);
}

/* It has ended. */
static void
swbuf_put(struct swbuf *sb, int async)
{
	int s = splvm();

	pmap_qremove(sb->sb_kva, sb->sb_npages);
	SLIST_INSERT_HEAD(&swbufs, sb, sb_free);
	swbufs_async -= async;
	wakeup(&swbufs);
	splx(s);
}

/* Map the pages, and begin; `done' is called at the end, unless it is NULL. */
static void
swbuf_start(struct swbuf *sb, int cmd, vm_page_t *m, int npages, swblk_t blk,
    void (*done)(struct bio *))
{
	struct swdevt *sp = swp_pager_find_dev(blk);
	int i;

	for (i = 0; i < npages; i++) {
		KASSERT((m[i]->flags & PG_SWAPINPROG) == 0,
		    ("swbuf_start: page %#x is on its way", m[i]->phys_addr));
		vm_page_flag_set(m[i], PG_SWAPINPROG);
		sb->sb_pages[i] = m[i];
	}
	pmap_qenter(sb->sb_kva, m, npages);
	sb->sb_npages = npages;
	sb->sb_blk = blk;
	sb->sb_bio.bio_cmd = cmd;
	sb->sb_bio.bio_dev = sp->sw_dev;
	sb->sb_bio.bio_offset = (int64_t)(blk - sp->sw_first) << PAGE_SHIFT;
	sb->sb_bio.bio_bcount = ptoa(npages);
	sb->sb_bio.bio_data = (uint8_t *)sb->sb_kva;
	sb->sb_bio.bio_done = done;
	sb->sb_bio.bio_caller1 = sb;
	dev_strategy(&sb->sb_bio);
}

/* What came of it: 0, or an errno, which is told. */
static int
swbuf_error(const struct swbuf *sb)
{
	int error = sb->sb_bio.bio_error;

	if (error == 0 && sb->sb_bio.bio_resid != 0)
		error = EIO;
	if (error != 0)
		printf("swap_pager: I/O error - %s failed; blkno %u, size %u, "
		    "error %d\n", sb->sb_bio.bio_cmd == BIO_READ ? "pagein" :
		    "pageout", sb->sb_blk, sb->sb_bio.bio_bcount, error);
	return (error);
}

/* ---------------------------------------------------------------- in */

int
swp_pager_read(vm_page_t *m, int npages, swblk_t blk)
{
	struct swbuf *sb = swbuf_get(0);
	int error, i;

	cnt.v_swapin++;
	cnt.v_swappgsin += npages;
	swbuf_start(sb, BIO_READ, m, npages, blk, NULL);
	(void)biowait(&sb->sb_bio, "swread");
	error = swbuf_error(sb);
	for (i = 0; i < npages; i++)
		vm_page_flag_clear(m[i], PG_SWAPINPROG);
	swbuf_put(sb, 0);
	return (error);
}

/* ---------------------------------------------------------------- out */

/*
 * A page is written, or could not be: then it stays dirty, and does not stand
 * in the way of others in the inactive queue.
 */
static void
page_written(vm_page_t m, int error)
{
	vm_page_flag_clear(m, PG_SWAPINPROG);
	if (error != 0)
		vm_page_activate(m);
	else
		vm_page_undirty(m);
	vm_page_io_finish(m);
}

/* The end of a transfer, of which the caller or nobody waits. */
static void
swbuf_written(struct swbuf *sb, int async)
{
	vm_object_t object = sb->sb_pages[0]->object;
	int error = swbuf_error(sb), i;

	for (i = 0; i < sb->sb_npages; i++)
		page_written(sb->sb_pages[i], error);
	vm_object_pip_wakeupn(object, sb->sb_npages);
	swbuf_put(sb, async);
	vm_pageout_written();
}

/* biodone()'s, from the device's interrupt. */
static void
swp_pager_async_iodone(struct bio *bp)
{
	swbuf_written(bp->bio_caller1, 1);
}

void
swp_pager_write(vm_page_t *m, int npages, swblk_t blk, int sync)
{
	struct swbuf *sb = swbuf_get(!sync);

	cnt.v_swapout++;
	cnt.v_swappgsout += npages;
	if (sync) {
		swbuf_start(sb, BIO_WRITE, m, npages, blk, NULL);
		(void)biowait(&sb->sb_bio, "swwrt");
		swbuf_written(sb, 0);
	} else {
		swbuf_start(sb, BIO_WRITE, m, npages, blk, swp_pager_async_iodone);
	}
}
