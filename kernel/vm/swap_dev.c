/*
 * swap_dev: the devices that are swapped to, and which of their slots are free.
 *
 *	slot	0	       1000	   1001		     5000
 *		| ad0s1b	|	    | ad1s1b		|
 *		xx		 no slot    xx
 *
 * A device begins one slot behind the end of the one before, so that no run
 * goes from one to the other.  Its first two slots are never used: a disklabel
 * may stand there.  Which of the others are free, its blist says.
 *
 * Allocations go to the devices in turn, so that all of them are busy.
 *
 * Slots are taken and given back by processes only, between sleeps.
 *
 * [vm/swap_pager.c, kern/subr_blist.c]
 */
#include <vm/swap_var.h>

#include <sys/conf.h>
#include <sys/disk.h>
#include <sys/disklabel.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/reboot.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>

#define	LABEL_SLOTS	2		/* at a device's start */
#define	SLOTS_PER_PAGE	16		/* of memory, at most: see swap_meta.c */
#define	SWAP_PARTITION	1		/* 'b' */

/* So few free slots are told, and so many make good for it. */
#define	NSWAP_LOWAT	128
#define	NSWAP_HIWAT	512

static MALLOC_DEFINE(M_SWDEV, "swdev", "swap devices");

/* Without a device there is no swap space, but nobody needs to be told. */
int swap_pager_full = 1;
uint32_t swap_pager_avail;

static int	swap_pager_almost_full = 1;	/* few slots are left, and it was told */

static TAILQ_HEAD(swdevlist, swdevt) swtailq = TAILQ_HEAD_INITIALIZER(swtailq);
static struct swdevt *swdevhd;		/* whose turn it is; NULL: the first's */
static uint32_t	swap_total;		/* slots that can be used */

/* ---------------------------------------------------------------- slots */

/* Slots were taken, or given back: say so once, where few are left. */
static void
swp_sizecheck(void)
{
	if (swap_pager_avail < NSWAP_LOWAT) {
		if (!swap_pager_almost_full) {
			printf("swap_pager: out of swap space\n");
			swap_pager_almost_full = 1;
		}
	} else {
		swap_pager_full = 0;
		if (swap_pager_avail > NSWAP_HIWAT)
			swap_pager_almost_full = 0;
	}
}

/* The device behind this one, in turn. */
static struct swdevt *
next_dev(struct swdevt *sp)
{
	struct swdevt *next = sp == NULL ? NULL : TAILQ_NEXT(sp, sw_list);

	return (next != NULL ? next : TAILQ_FIRST(&swtailq));
}

swblk_t
swp_pager_getswapspace(int npages)
{
	struct swdevt *first = next_dev(swdevhd), *sp = first;
	swblk_t blk;

	do {
		if (sp == NULL)
			return (SWAPBLK_NONE);
		blk = blist_alloc(sp->sw_blist, npages);
		if (blk != SWAPBLK_NONE) {
			swap_pager_avail -= npages;
			swp_sizecheck();
			swdevhd = sp;
			return (sp->sw_first + blk);
		}
		sp = next_dev(sp);
	} while (sp != first);
	if (npages == 1 && !swap_pager_full) {
		printf("swap_pager_getswapspace(%d): failed\n", npages);
		swap_pager_full = 1;
	}
	return (SWAPBLK_NONE);
}

struct swdevt *
swp_pager_find_dev(swblk_t blk)
{
	struct swdevt *sp;

	TAILQ_FOREACH(sp, &swtailq, sw_list)
		if (blk >= sp->sw_first && blk < sp->sw_end)
			return (sp);
	panic("swp_pager_find_dev: slot %u is on no device", blk);
}

void
swp_pager_freeswapspace(swblk_t blk, int npages)
{
	struct swdevt *sp = swp_pager_find_dev(blk);

	blist_free(sp->sw_blist, blk - sp->sw_first, npages);
	swap_pager_avail += npages;
	swp_sizecheck();
}

void
swap_pager_status(uint32_t *total, uint32_t *used)
{
	*total = swap_total;
	*used = swap_total - swap_pager_avail;
}

/* ---------------------------------------------------------------- devices */

/* More than can be needed for the memory there is would only cost some of it. */
static swblk_t
usable_slots(const struct cdev *dev, uint64_t bytes)
{
	uint64_t slots = bytes >> PAGE_SHIFT;
	uint32_t most = cnt.v_page_count * SLOTS_PER_PAGE;

	if (slots > most) {
		printf("swap: %s: of its %uM only %uM can be used\n", dev->si_name,
		    (uint32_t)(bytes >> 20), most >> (20 - PAGE_SHIFT));
		slots = most;
	}
	return (slots);
}

int
swaponsomething(struct cdev *dev, uint64_t bytes)
{
	struct swdevt *sp, *last;
	swblk_t slots;

	if (dev->si_devsw->d_strategy == NULL)
		return (ENXIO);
	TAILQ_FOREACH(sp, &swtailq, sw_list)
		if (sp->sw_dev == dev)
			return (EBUSY);
	slots = usable_slots(dev, bytes);
	if (slots <= LABEL_SLOTS)
		return (EINVAL);
	sp = malloc(sizeof(*sp), M_SWDEV, M_WAITOK | M_ZERO);
	sp->sw_blist = blist_create(slots);
	sp->sw_dev = dev;
	sp->sw_nblks = slots - LABEL_SLOTS;
	blist_free(sp->sw_blist, LABEL_SLOTS, sp->sw_nblks);
	last = TAILQ_LAST(&swtailq, swdevlist);
	sp->sw_first = last == NULL ? 0 : last->sw_end + 1;
	sp->sw_end = sp->sw_first + slots;
	TAILQ_INSERT_TAIL(&swtailq, sp, sw_list);
	swap_total += sp->sw_nblks;
	swap_pager_avail += sp->sw_nblks;
	swap_pager_full = 0;
	swp_sizecheck();
	return (0);
}

/* ---------------------------------------------------------------- the start */

/*
 * Partition b of the slice that the kernel was booted from, if its label gives it
 * for swapping; or NULL.
 */
static struct cdev *
default_swap_device(void)
{
	int slice = bootdev >> B_SLICESHIFT & 0xff;
	int unit = bootdev >> B_UNITSHIFT & 0xf;
	struct cdev *dev;

	TAILQ_FOREACH(dev, &cdev_list, si_list)
		if (dev->si_devsw->d_maj == (int)(bootdev >> B_TYPESHIFT & 0xff) &&
		    dev->si_minor == dkmakeminor(unit, slice, SWAP_PARTITION) &&
		    dspart(dev->si_drv1, dev->si_minor).dp_fstype == FS_SWAP)
			return (dev);
	return (NULL);
}

/* How large a disk's device is, in bytes; 0 for what is no disk. */
static uint64_t
disk_device_size(const struct cdev *dev)
{
	if (dev->si_devsw->d_strategy != diskstrategy)
		return (0);
	return (dspart(dev->si_drv1, dev->si_minor).dp_size << DEV_BSHIFT);
}

/* The variable names a device, as ad0s1b, or says `none'. */
static void
swap_configure(const void *dummy __unused)
{
	struct cdev *dev = default_swap_device();
	const char *name = getenv("vm.swapdev");
	int error;

	if (name != NULL) {
		dev = dev_lookup(name);
		if (dev == NULL && strcmp(name, "none") != 0)
			printf("swap: there is no %s\n", name);
	}
	if (dev == NULL)
		return;
	error = swaponsomething(dev, disk_device_size(dev));
	if (error != 0)
		printf("swap: %s: error %d\n", dev->si_name, error);
	else if (bootverbose)
		printf("swap: %s, %uK bytes\n", dev->si_name,
		    swap_total << (PAGE_SHIFT - 10));
}
SYSINIT(swap, SI_SUB_SWAP, SI_ORDER_FIRST, swap_configure, NULL);
