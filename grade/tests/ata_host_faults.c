/*
 * ata_host_faults.c: transfers on drives that fail.  Whatever a drive does,
 * each transfer ends, once, and says the truth.
 */
#include "grade/tests/ata_host.h"

#include <sys/disk.h>
#include <sys/errno.h>
#include <sys/systm.h>

#define	BATCHES		12
#define	BATCH		10		/* transfers at once */
#define	SECTORS_MAX	300

struct transfer {
	struct bio	bio;
	struct drive	*drive;
	int		ended;
	uint8_t		data[SECTORS_MAX * 512];
};

static struct transfer transfers[BATCH];
static int	ended;

static void
transfer_end(struct bio *bp)
{
	struct transfer *t = bp->bio_caller1;

	if (t->ended++)
		fail("a transfer ended twice");
	if (++ended == BATCH)
		wakeup(&ended);
}

static struct disk *
drawn_disk(void)
{
	struct disk *dp;
	uint32_t count = 0;

	TAILQ_FOREACH(dp, &disk_list, d_list)
		count++;
	count = draw(count);
	TAILQ_FOREACH(dp, &disk_list, d_list)
		if (count-- == 0)
			break;
	return (dp);
}

/*
 * Transfers at once, all reads or all writes.  The i-th of the writes has a
 * part of the disk of its own, so that the order makes no difference.
 */
static void
begin_batch(int cmd)
{
	struct transfer *t;
	struct disk *dp;
	uint32_t part = DRIVE_SECTORS / BATCH, first, count, i;

	ended = 0;
	for (t = transfers; t < &transfers[BATCH]; t++) {
		dp = drawn_disk();
		count = 1 + draw(cmd == BIO_WRITE ? part : SECTORS_MAX);
		first = cmd == BIO_WRITE ?
		    (t - transfers) * part + draw(part - count + 1) :
		    draw(DRIVE_SECTORS - count);
		memset(&t->bio, 0, sizeof(t->bio));
		t->bio.bio_cmd = draw(20) == 0 ? BIO_FLUSH : cmd;
		t->bio.bio_dev = dp->d_dev;
		t->bio.bio_offset = first * 512;
		t->bio.bio_bcount = count * 512;
		t->bio.bio_data = t->data;
		t->bio.bio_done = transfer_end;
		t->bio.bio_caller1 = t;
		t->drive = &drives[dp->d_unit / 2][dp->d_unit % 2];
		t->ended = 0;
		for (i = 0; i < count * 512; i++)
			t->data[i] = draw(256);
		dev_strategy(&t->bio);
	}
}

/*
 * What has become of it: what was transferred is right, and what was not has
 * a reason: a bad sector, or a number of faults.
 */
static void
check_transfer(const struct transfer *t, int faults)
{
	const struct bio *bp = &t->bio;
	uint32_t first = bp->bio_offset / 512, count = bp->bio_bcount / 512;
	uint32_t done = bp->bio_bcount - bp->bio_resid;

	if (bp->bio_cmd == BIO_FLUSH)
		return;
	if ((bp->bio_error == 0) != (bp->bio_resid == 0))
		fail("error %d and %u left", bp->bio_error, bp->bio_resid);
	if (memcmp(t->data, t->drive->content[first], done) != 0)
		fail("%s %u, %u: the data is not right",
		    bp->bio_cmd == BIO_READ ? "read" : "write", first, count);
	if (bp->bio_error == EIO && !drive_is_bad(t->drive, first, count) &&
	    faults < 4)
		fail("%u, %u failed after %d faults", first, count, faults);
	if (bp->bio_error == 0 && drive_is_bad(t->drive, first, count))
		fail("%u, %u: a bad sector", first, count);
	if (bp->bio_error == EIO && drive_is_bad(t->drive, first + done / 512, 1))
		return;
	if (bp->bio_error != 0 && faults == 0)
		fail("error %d for nothing", bp->bio_error);
}

void
faults(int percent, int resets)
{
	struct transfer *t;
	int batch, before;

	fault_percent = percent;
	reset_percent = resets;
	fault_count = 0;
	drives_draw();
	start();
	if (percent == 0 && resets == 0 && TAILQ_EMPTY(&disk_list))
		fail("no disk");
	for (batch = 0; batch < BATCHES && !TAILQ_EMPTY(&disk_list); batch++) {
		before = fault_count;
		begin_batch(draw(2) ? BIO_READ : BIO_WRITE);
		while (ended < BATCH)
			tsleep(&ended, 0, "batch", 0);
		for (t = transfers; t < &transfers[BATCH]; t++)
			check_transfer(t, percent == 0 && resets == 0 ? 0 :
			    batch == 0 ? fault_count : fault_count - before +
			    8 * (t->bio.bio_error == ENXIO));
	}
	stop();
}
