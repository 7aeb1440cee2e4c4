/*
 * subr_diskslice.c: from a disk's tables to its devices, and from a place in
 * one of them to a sector of the disk.
 *
 * What the tables say are claims.  subr_diskmbr.c and subr_disklabel.c let
 * nothing into struct diskslices that does not lie on the disk, so that
 * dscheck() has but to compare with the end of the one it was given.
 *
 * [kern/subr_diskslice.c]
 */
#include <sys/disk.h>

#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/systm.h>

#define	DISK_MODE	0640

static MALLOC_DEFINE(M_DISKSLICE, "diskslice", "disks' slices");

/*
 * The name of a slice, or of a partition of it unless `part' is -1, into
 * `name', which is returned: ad0, ad0s1, ad0s1a; of the compatibility slice
 * ad0a.
 */
const char *
dsname(const struct disk *dp, int slice, int part, char name[DSNAME_SIZE])
{
	char *end = name;

	end += snprintf(end, DSNAME_SIZE, "%s%d", dp->d_cdevsw->d_name,
	    dp->d_unit);
	if (slice >= BASE_SLICE)
		end += sprintf(end, "s%d", slice - BASE_SLICE + 1);
	if (part >= 0)
		sprintf(end, "%c", 'a' + part);
	return (name);
}

/* Make the device of a slice, or of one of its partitions. */
static struct cdev *
make_slice_dev(struct disk *dp, int slice, int part)
{
	char name[DSNAME_SIZE];
	struct cdev *dev;

	dev = make_dev(dp->d_cdevsw,
	    dkmakeminor(dp->d_unit, slice, part >= 0 ? part : RAW_PART),
	    UID_ROOT, GID_OPERATOR, DISK_MODE, "%s",
	    dsname(dp, slice, part, name));
	dev->si_drv1 = dp;
	return (dev);
}

/* The devices of a slice, if there is one: itself and its partitions. */
static void
make_slice_devs(struct disk *dp, int slice)
{
	const struct diskslice *ds = &dp->d_slice->dss_slices[slice];
	int part;

	if (ds->ds_size == 0)
		return;
	if (slice >= BASE_SLICE)
		make_slice_dev(dp, slice, -1);
	for (part = 0; part < MAXPARTITIONS; part++)
		if (ds->ds_labelled && ds->ds_parts[part].dp_size != 0)
			make_slice_dev(dp, slice, part);
}

/* Make a disk's devices, after having read how it is divided.  Sleeps. */
void
dsinit(struct disk *dp)
{
	struct diskslices *ssp;
	struct diskslice *whole;
	int slice;

	ssp = malloc(sizeof(*ssp), M_DISKSLICE, M_WAITOK | M_ZERO);
	ssp->dss_nslices = BASE_SLICE;
	whole = &ssp->dss_slices[WHOLE_DISK_SLICE];
	whole->ds_size = dp->d_mediasize >> DEV_BSHIFT;
	dp->d_slice = ssp;
	dp->d_dev = make_slice_dev(dp, WHOLE_DISK_SLICE, -1);

	mbrinit(dp);
	for (slice = 0; slice < ssp->dss_nslices; slice++) {
		if (slice == WHOLE_DISK_SLICE)
			continue;
		labelinit(dp, slice);
		make_slice_devs(dp, slice);
	}
}

struct diskpart
dspart(const struct disk *dp, int minor)
{
	const struct diskslice *ds = &dp->d_slice->dss_slices[dkslice(minor)];

	if (dkpart(minor) != RAW_PART)
		return (ds->ds_parts[dkpart(minor)]);
	return ((struct diskpart){ ds->ds_offset, ds->ds_size, FS_UNUSED });
}

/*
 * Check what a transfer asks for, and set bio_pblkno and bio_length to what
 * the disk has to do: less where the device ends, nothing if it begins at the
 * end.  Returns 0, or EINVAL for what is not in whole sectors, or begins
 * outside.
 */
int
dscheck(const struct disk *dp, struct bio *bp)
{
	struct diskpart part = dspart(dp, bp->bio_dev->si_minor);
	uint64_t sector = (uint64_t)bp->bio_offset >> DEV_BSHIFT, left;

	bp->bio_pblkno = 0;
	bp->bio_length = 0;
	if (bp->bio_cmd == BIO_FLUSH)
		return (0);
	if (bp->bio_cmd != BIO_READ && bp->bio_cmd != BIO_WRITE)
		return (EINVAL);
	if (bp->bio_offset < 0 || bp->bio_offset % DEV_BSIZE != 0 ||
	    bp->bio_bcount % DEV_BSIZE != 0 || sector > part.dp_size)
		return (EINVAL);
	left = part.dp_size - sector;
	bp->bio_pblkno = part.dp_offset + sector;
	bp->bio_length = bp->bio_bcount;
	if (bp->bio_length >> DEV_BSHIFT > left)
		bp->bio_length = left << DEV_BSHIFT;
	return (0);
}
