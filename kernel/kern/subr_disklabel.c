/*
 * subr_disklabel.c: the partitions, out of a FreeBSD slice's label.
 *
 * A label counts sectors from the disk's start, or from the slice's where it
 * was written for the slice alone.  Its 'c' is the slice, so 'c' tells which:
 * what counts is how far a partition is behind 'c'.
 *
 *	sector 0	63	79	 40000		  65599
 *		        |<----- c: 63, 65536 ----------->|
 *				|a: 79	 |b: 40000	 |
 *
 * Whatever the label calls 'c', the device's 'c' is the slice as the partition
 * table has it.  A label that is damaged is not used at all: the slice can
 * still be read and written as a whole.
 *
 * [kern/subr_disklabel.c, geom/geom_bsd.c]
 */
#include <sys/disk.h>

#include <sys/systm.h>

union label_sector {
	uint16_t	words[DEV_BSIZE / 2];
	struct disklabel label;
};

/* The xor of the words that a label's partitions end: 0 in a good one. */
static uint16_t
dkcksum(const union label_sector *sector)
{
	size_t i, words;
	uint16_t sum = 0;

	words = (offsetof(struct disklabel, d_partitions) +
	    sector->label.d_npartitions * sizeof(struct disklabel_partition)) / 2;
	for (i = 0; i < words; i++)
		sum ^= sector->words[i];
	return (sum);
}

/* What is wrong with a label; NULL: nothing. */
static const char *
label_wrong(const union label_sector *sector)
{
	const struct disklabel *lp = &sector->label;

	if (lp->d_npartitions == 0 || lp->d_npartitions > MAXPARTITIONS)
		return ("number of partitions");
	if (dkcksum(sector) != 0)
		return ("checksum");
	if (lp->d_secsize != DEV_BSIZE)
		return ("sector size");
	return (NULL);
}

/* Say which of the partitions before it `part' shares sectors with. */
static void
tell_overlaps(const struct disk *dp, int slice, int part)
{
	const struct diskpart *parts = dp->d_slice->dss_slices[slice].ds_parts;
	char name[DSNAME_SIZE];
	int i;

	for (i = 0; i < part; i++) {
		if (i == RAW_PART ||
		    parts[part].dp_offset >= parts[i].dp_offset + parts[i].dp_size ||
		    parts[i].dp_offset >= parts[part].dp_offset + parts[part].dp_size)
			continue;
		printf("%s: partition overlaps %c\n",
		    dsname(dp, slice, part, name), 'a' + i);
	}
}

/* Note the label's partition `part', if it lies in the slice. */
static void
partition_add(struct disk *dp, int slice, const struct disklabel *lp, int part)
{
	const struct disklabel_partition *p = &lp->d_partitions[part];
	struct diskslice *ds = &dp->d_slice->dss_slices[slice];
	uint32_t raw_offset = 0;
	char name[DSNAME_SIZE];

	if (lp->d_npartitions > RAW_PART)
		raw_offset = lp->d_partitions[RAW_PART].p_offset;
	if (p->p_size == 0)
		return;
	if (p->p_offset < raw_offset || p->p_offset - raw_offset > ds->ds_size ||
	    p->p_size > ds->ds_size - (p->p_offset - raw_offset)) {
		printf("%s: rejecting partition in BSD label: "
		    "it isn't entirely within the slice\n",
		    dsname(dp, slice, part, name));
		return;
	}
	ds->ds_parts[part].dp_offset = ds->ds_offset + (p->p_offset - raw_offset);
	ds->ds_parts[part].dp_size = p->p_size;
	ds->ds_parts[part].dp_fstype = p->p_fstype;
	tell_overlaps(dp, slice, part);
}

void
labelinit(struct disk *dp, int slice)
{
	struct diskslice *ds = &dp->d_slice->dss_slices[slice];
	union label_sector sector;
	char name[DSNAME_SIZE];
	const char *wrong;
	int part;

	if (ds->ds_type != DOSPTYP_386BSD || ds->ds_size <= LABELSECTOR)
		return;
	dsname(dp, slice, -1, name);
	if (disk_read(dp, ds->ds_offset + LABELSECTOR, &sector,
	    sizeof(sector)) != 0) {
		printf("%s: error reading the disk label\n", name);
		return;
	}
	if (sector.label.d_magic != DISKMAGIC ||
	    sector.label.d_magic2 != DISKMAGIC) {
		if (bootverbose)
			printf("%s: no disk label\n", name);
		return;
	}
	if ((wrong = label_wrong(&sector)) != NULL) {
		printf("%s: disk label corrupted: wrong %s\n", name, wrong);
		return;
	}
	ds->ds_labelled = 1;
	for (part = 0; part < sector.label.d_npartitions; part++)
		if (part != RAW_PART)
			partition_add(dp, slice, &sector.label, part);
	ds->ds_parts[RAW_PART].dp_offset = ds->ds_offset;
	ds->ds_parts[RAW_PART].dp_size = ds->ds_size;
}
