/*
 * db_disk.c: show disks.
 *
 * For each disk a line; below it its slices and their partitions, with the
 * slice's type, the first sector of the disk that is theirs, and how many are;
 * below those, the transfers that wait, in the order in which they will be
 * done: r, w or f for a flush, the first sector, how many.
 *
 *	ad0: 131072 sectors, 7 reads, 0 writes, 0 errors, 0 waiting
 *	  ad0s1	a5         63      65536
 *	  ad0s1a           79      65520
 */
#include <ddb/ddb.h>

#include <sys/disk.h>

/* A slice, and what it is divided into. */
static void
show_slice(const struct disk *dp, int slice)
{
	const struct diskslice *ds = &dp->d_slice->dss_slices[slice];
	const struct diskpart *part;
	char name[DSNAME_SIZE];
	int i;

	if (ds->ds_size == 0)
		return;
	if (slice >= BASE_SLICE)
		db_printf("  %-8s %02x %10llu %10llu\n",
		    dsname(dp, slice, -1, name), ds->ds_type,
		    (unsigned long long)ds->ds_offset,
		    (unsigned long long)ds->ds_size);
	for (i = 0; i < MAXPARTITIONS; i++) {
		part = &ds->ds_parts[i];
		if (part->dp_size != 0)
			db_printf("  %-8s    %10llu %10llu\n",
			    dsname(dp, slice, i, name),
			    (unsigned long long)part->dp_offset,
			    (unsigned long long)part->dp_size);
	}
}

/* Those of a sweep of the queue. */
static void
show_sweep(const struct bio_sweep *sweep)
{
	const struct bio *bp;

	TAILQ_FOREACH(bp, sweep, bio_queue)
		db_printf("  %c %llu %u\n", bp->bio_cmd == BIO_READ ? 'r' :
		    bp->bio_cmd == BIO_WRITE ? 'w' : 'f',
		    (unsigned long long)bp->bio_pblkno,
		    bp->bio_length >> DEV_BSHIFT);
}

/* show disks */
void
db_show_disks_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	const struct disk *dp;
	int slice;

	TAILQ_FOREACH(dp, &disk_list, d_list) {
		db_printf("%s%d: %llu sectors, %u reads, %u writes, %u errors, "
		    "%u waiting\n", dp->d_cdevsw->d_name, dp->d_unit,
		    (unsigned long long)dp->d_mediasize >> DEV_BSHIFT,
		    dp->d_reads, dp->d_writes, dp->d_errors,
		    dp->d_queue->length);
		for (slice = 0; slice < dp->d_slice->dss_nslices; slice++)
			if (slice != WHOLE_DISK_SLICE)
				show_slice(dp, slice);
		show_sweep(&dp->d_queue->sweep);
		show_sweep(&dp->d_queue->next);
	}
}
