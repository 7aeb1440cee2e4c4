/*
 * subr_disk.c: the disks that there are, and the way into each of them.
 *
 * [kern/subr_disk.c, geom/geom_disk.c]
 */
#include <sys/disk.h>

#include <sys/errno.h>
#include <sys/systm.h>

struct disk_list disk_list = TAILQ_HEAD_INITIALIZER(disk_list);

/*
 * A driver has found a disk: make it known, find out how it is divided, and
 * make the devices.  A disk that cannot be read has one device, itself.
 * Sleeps.
 */
void
disk_create(struct disk *dp)
{
	KASSERT(dp->d_sectorsize == DEV_BSIZE,
	    ("disk_create: sectors of %u bytes", dp->d_sectorsize));
	dsinit(dp);
	TAILQ_INSERT_TAIL(&disk_list, dp, d_list);
}

/*
 * A disk's cdevsw has this: start a transfer of a slice or partition, or end
 * it with an error at once.  What was asked for beyond the end is left in
 * bio_resid; at the end itself, all of it, without an error.
 */
void
diskstrategy(struct bio *bp)
{
	struct disk *dp = bp->bio_dev->si_drv1;
	int error;

	error = dscheck(dp, bp);
	if (error != 0 || (bp->bio_length == 0 && bp->bio_cmd != BIO_FLUSH)) {
		biofinish(bp, error);
		return;
	}
	if (bp->bio_cmd == BIO_READ)
		dp->d_reads++;
	else if (bp->bio_cmd == BIO_WRITE)
		dp->d_writes++;
	dp->d_strategy(bp);
}

/*
 * Read from the whole disk.  Returns 0 or an errno: EIO, too, if the disk ends
 * before.  Sleeps.
 */
int
disk_read(struct disk *dp, int64_t sector, void *data, uint32_t length)
{
	struct bio bio = {
		.bio_cmd = BIO_READ,
		.bio_dev = dp->d_dev,
		.bio_offset = sector << DEV_BSHIFT,
		.bio_bcount = length,
		.bio_data = data,
	};
	int error;

	dev_strategy(&bio);
	error = biowait(&bio, "dskrd");
	return (error == 0 && bio.bio_resid != 0 ? EIO : error);
}
