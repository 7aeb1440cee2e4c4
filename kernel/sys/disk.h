/*
 * Disks: between a driver, which moves sectors, and those who use them.
 *
 *	dev_strategy() --> diskstrategy() --> dscheck() --> d_strategy()
 *	   of ad0s1a	    of any disk	      the whole disk's	the driver's
 *
 * A driver fills in a struct disk and hands it over by disk_create(), which
 * reads how the disk is divided and makes the devices.  d_strategy gets bios
 * whose bio_pblkno and bio_length are the whole disk's, and ends each of them
 * by biofinish().  A transfer may be of any length.
 *
 * [sys/disk.h]
 */
#ifndef _SYS_DISK_H_
#define	_SYS_DISK_H_

#include <sys/bio.h>
#include <sys/conf.h>
#include <sys/diskslice.h>

struct disk {
	/* The driver's, but for the counts never changed. */
	struct cdevsw	*d_cdevsw;	/* its name; d_strategy is diskstrategy */
	int		d_unit;		/* from 0 to 31 */
	int64_t		d_mediasize;	/* bytes */
	uint32_t	d_sectorsize;	/* bytes: DEV_BSIZE */
	d_strategy_t	*d_strategy;
	struct bio_queue_head *d_queue;	/* who waits */
	void		*d_drv1;
	uint32_t	d_errors;	/* transfers that failed */

	/* subr_disk.c's. */
	TAILQ_ENTRY(disk) d_list;
	struct cdev	*d_dev;		/* the whole disk */
	struct diskslices *d_slice;
	uint32_t	d_reads, d_writes;	/* transfers that it was given */
};

TAILQ_HEAD(disk_list, disk);
extern struct disk_list disk_list;	/* in the order they were found in */

/* Their contracts stand in kern/subr_disk.c. */
void	disk_create(struct disk *dp);
void	diskstrategy(struct bio *bp);
int	disk_read(struct disk *dp, int64_t sector, void *data, uint32_t length);

#endif /* !_SYS_DISK_H_ */
