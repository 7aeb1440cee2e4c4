/*
 * services_disk: what a disk is divided into, and what is read and written,
 * for a test that has the disk's image to compare with.
 *
 * The loader's variables: disk.name is the device that is used, disk.count how
 * often, or how much.  Where and how much else is drawn.
 */
#include "services.h"

#include <sys/callout.h>
#include <sys/disk.h>
#include <sys/kdb.h>
#include <sys/kenv.h>
#include <sys/malloc.h>
#include <sys/priority.h>
#include <sys/reboot.h>
#include <sys/systm.h>

#define	SECTORS_MAX	300		/* of a transfer: more than one command's */
#define	AT_ONCE		8		/* transfers */

/* The device that is meant. */
static struct cdev *
the_device(void)
{
	const char *name = getenv("disk.name");
	struct cdev *dev = name != NULL ? dev_lookup(name) : NULL;

	if (dev == NULL)
		panic("services_disk: no %s", name != NULL ? name : "disk.name");
	return (dev);
}

static int
the_count(void)
{
	int count = 1;

	TUNABLE_INT_FETCH("disk.count", &count);
	return (count);
}

static uint32_t
sum(const uint8_t *data, size_t size)
{
	uint32_t hash = 2166136261;

	while (size-- > 0)
		hash = (hash ^ *data++) * 16777619;
	return (hash);
}

/* A sector's content, by its number on the disk. */
static void
fill_sector(uint8_t *data, uint32_t sector)
{
	uint32_t state = sector;
	int i;

	for (i = 0; i < DEV_BSIZE; i++) {
		state = state * 1664525 + 1013904223;
		data[i] = state >> 24;
	}
}

/* Every device: where it is. */
SERVICE_TEST(disk_devices)
{
	struct cdev *dev;
	struct diskpart place;

	TAILQ_FOREACH(dev, &cdev_list, si_list) {
		if (dev->si_devsw->d_strategy != diskstrategy)
			continue;
		place = dspart(dev->si_drv1, dev->si_minor);
		printf("@device name=%s start=%llu size=%llu\n", dev->si_name,
		    (unsigned long long)place.dp_offset,
		    (unsigned long long)place.dp_size);
	}
}

/* ---------------------------------------------------------------- transfers */

static struct bio bios[AT_ONCE];

/* Begin transfers at drawn places, some of them across the device's end. */
static void
begin_drawn(struct cdev *dev, int cmd)
{
	struct diskpart place = dspart(dev->si_drv1, dev->si_minor);
	struct bio *bp;
	uint32_t sector, i;

	for (bp = bios; bp < &bios[AT_ONCE]; bp++) {
		bp->bio_cmd = cmd;
		bp->bio_dev = dev;
		sector = services_draw(MIN(place.dp_size, UINT32_MAX - 9) + 9);
		bp->bio_offset = (int64_t)sector << DEV_BSHIFT;
		bp->bio_bcount = (1 + services_draw(services_draw(2) == 0 ? 4 :
		    SECTORS_MAX)) << DEV_BSHIFT;
		if (cmd == BIO_WRITE)
			for (i = 0; i < bp->bio_bcount >> DEV_BSHIFT; i++)
				fill_sector(bp->bio_data + (i << DEV_BSHIFT),
				    place.dp_offset + sector + i);
		else
			memset(bp->bio_data, 0xa5, bp->bio_bcount);
		dev_strategy(bp);
	}
}

static void
drawn(int cmd, const char *name)
{
	struct cdev *dev = the_device();
	struct bio *bp;
	int error, i;

	for (bp = bios; bp < &bios[AT_ONCE]; bp++)
		bp->bio_data = malloc(SECTORS_MAX << DEV_BSHIFT, M_TEMP,
		    M_WAITOK);
	for (i = the_count(); i > 0; i--) {
		begin_drawn(dev, cmd);
		for (bp = bios; bp < &bios[AT_ONCE]; bp++) {
			error = biowait(bp, name);
			printf("@%s at=%llu count=%u error=%d left=%u sum=%u\n",
			    name, (unsigned long long)bp->bio_offset >> DEV_BSHIFT,
			    bp->bio_bcount >> DEV_BSHIFT, error,
			    bp->bio_resid >> DEV_BSHIFT,
			    sum(bp->bio_data, bp->bio_bcount - bp->bio_resid));
		}
	}
	for (bp = bios; bp < &bios[AT_ONCE]; bp++)
		free(bp->bio_data, M_TEMP);
}

SERVICE_TEST(disk_reads)
{
	drawn(BIO_READ, "read");
}

SERVICE_TEST(disk_writes)
{
	drawn(BIO_WRITE, "write");
}

/* One transfer of what nobody may ask for. */
static void
refused(struct cdev *dev, int cmd, int64_t offset, uint32_t count)
{
	static uint8_t data[2 * DEV_BSIZE];
	struct bio bio = {
		.bio_cmd = cmd, .bio_dev = dev, .bio_offset = offset,
		.bio_bcount = count, .bio_data = data,
	};

	dev_strategy(&bio);
	printf("@refused error=%d", biowait(&bio, "refuse"));
	printf(" left=%u\n", bio.bio_resid);
}

/*
 * In this order: no whole sector, twice; before the beginning; behind the end;
 * nothing; at the end; a command that there is not; and a flush.
 */
SERVICE_TEST(disk_refuses)
{
	struct cdev *dev = the_device();
	int64_t end = dspart(dev->si_drv1, dev->si_minor).dp_size << DEV_BSHIFT;

	refused(dev, BIO_READ, 1, DEV_BSIZE);
	refused(dev, BIO_READ, 0, DEV_BSIZE + 2);
	refused(dev, BIO_READ, -DEV_BSIZE, DEV_BSIZE);
	refused(dev, BIO_WRITE, end + DEV_BSIZE, DEV_BSIZE);
	refused(dev, BIO_READ, 0, 0);
	refused(dev, BIO_READ, end, DEV_BSIZE);
	refused(dev, BIO_WRITE, end, DEV_BSIZE);
	refused(dev, 4, 0, DEV_BSIZE);
	refused(dev, BIO_FLUSH, 0, 0);
}

/* ---------------------------------------------------------------- the order */

#define	ORDER_AT_ONCE	24
#define	ORDER_ALL	160

static struct bio order[ORDER_ALL];
static int	order_done[ORDER_ALL];	/* their numbers */
static int	order_begun, order_ended;

/* Begin the next one, at a drawn place; few places, so that there are equals. */
static void
order_begin(void)
{
	struct bio *bp = &order[order_begun++];

	dev_strategy(bp);
}

/* One is done: another one comes, even before the next one is taken. */
static void
order_end(struct bio *bp)
{
	order_done[order_ended++] = bp - order;
	if (order_begun < ORDER_ALL)
		order_begin();
	if (order_ended == ORDER_ALL)
		wakeup(order_done);
}

/*
 * Where each of many transfers was, and in which order they ended.  With
 * disk.debug the debugger can look at those that wait.
 */
SERVICE_TEST(disk_order)
{
	struct cdev *dev = the_device();
	static uint8_t data[DEV_BSIZE];
	int i, s;

	for (i = 0; i < ORDER_ALL; i++) {
		order[i].bio_cmd = BIO_READ;
		order[i].bio_dev = dev;
		order[i].bio_offset = (int64_t)services_draw(60) << 16;
		order[i].bio_bcount = DEV_BSIZE;
		order[i].bio_data = data;
		order[i].bio_done = order_end;
	}
	s = splbio();
	for (i = 0; i < ORDER_AT_ONCE; i++)
		order_begin();
	if (getenv("disk.debug") != NULL)
		kdb_enter("disk_order");
	while (order_ended < ORDER_ALL)
		tsleep(order_done, PRIBIO, "order", 0);
	splx(s);
	printf("@order at_once=%d\n", ORDER_AT_ONCE);
	for (i = 0; i < ORDER_ALL; i++)
		printf("@ordered at=%d done=%d\n",
		    (int)(order[i].bio_offset >> DEV_BSHIFT), order_done[i]);
}

/* ---------------------------------------------------------------- the speed */

/*
 * One read of disk.count sectors from sector disk.at on: for a test that
 * counts, or that makes it fail.
 */
SERVICE_TEST(disk_sequential)
{
	uint32_t size = the_count() << DEV_BSHIFT;
	uint8_t *data = malloc(size, M_TEMP, M_WAITOK);
	const char *at = getenv("disk.at");
	struct bio bio = {
		.bio_cmd = BIO_READ, .bio_dev = the_device(),
		.bio_offset = at != NULL ? strtouq(at, NULL, 0) << DEV_BSHIFT : 0,
		.bio_bcount = size, .bio_data = data,
	};

	dev_strategy(&bio);
	printf("@sequential error=%d", biowait(&bio, "seq"));
	printf(" left=%u sum=%u\n", bio.bio_resid >> DEV_BSHIFT,
	    sum(data, size - bio.bio_resid));
	free(data, M_TEMP);
}

/* ---------------------------------------------------------------- the end */

static void
reboot_in_a_handler(void *arg __unused)
{
	(void)splbio();
	kern_reboot(RB_HALT | RB_POWEROFF);
}

/* Switch the machine off from a handler that keeps the disks' out, as a key's does. */
SERVICE_TEST(disk_reboot)
{
	static struct callout callout;

	callout_init(&callout, 0);
	callout_reset(&callout, 1, reboot_in_a_handler, NULL);
	(void)tsleep(&callout, PWAIT, "reboot", 0);
}
