/*
 * diskslice.c: how a disk is divided: the partition table of sector 0 makes
 * slices, a FreeBSD slice's label makes partitions of it.
 *
 * Slices 1 to 4 are the table's entries as they stand.  Slices from 5 up are
 * those inside an extended one, in the order of its chain of tables: each
 * holds one slice, relative to itself, and the next table, relative to the
 * extended slice's start.
 *
 * A disk without a table may have a label in its second sector: then it is
 * one slice, named by no number.
 */
#include "biosdisk.h"
#include "loader.h"

#include <sys/disklabel.h>
#include <sys/diskmbr.h>

#define	MAXSLICES	20

struct slice {
	int		s_type;		/* 0: unused */
	int		s_active;
	uint64_t	s_start, s_size;	/* sectors */
};

struct slice_table {
	int		t_count;	/* 4 or more; 0: there is no table */
	struct slice	t_slices[MAXSLICES];
};

static int
is_extended(int type)
{
	return (type == DOSPTYP_EXT || type == DOSPTYP_EXTLBA);
}

/*
 * Read the partition table in sector `lba'; ESLICE where there is none.
 */
static int
table_read(const struct devdesc *disk, uint64_t lba,
    struct dos_partition table[NDOSPART])
{
	struct devdesc whole = *disk;
	uint8_t sector[512];
	int error;

	whole.d_start = 0;
	whole.d_size = bd_sectors(disk->d_unit);
	if ((error = bcache_read(&whole, lba, sizeof(sector), sector)) != 0)
		return (error);
	if (sector[DOSMAGICOFFSET] != (DOSMAGIC & 0xff) ||
	    sector[DOSMAGICOFFSET + 1] != DOSMAGIC >> 8)
		return (ESLICE);
	memcpy(table, sector + DOSPARTOFF, NDOSPART * sizeof(*table));
	return (0);
}

/*
 * Note a slice, cut at the disk's end.  One from sector 0 is the boot
 * block's own table: the whole disk, whatever size it says.
 */
static void
slice_add(struct slice_table *t, const struct dos_partition *dp,
    uint64_t start, uint64_t disk_size)
{
	struct slice *s = &t->t_slices[t->t_count++];

	s->s_type = start < disk_size ? dp->dp_typ : 0;
	s->s_active = dp->dp_flag == DOSPART_ACTIVE;
	s->s_start = start;
	s->s_size = start < disk_size ? disk_size - start : 0;
	if (start != 0)
		s->s_size = min(s->s_size, (uint64_t)dp->dp_size);
}

/*
 * Follow the chain of tables of the extended slice that begins at `base'.  A
 * table that cannot be read ends it; so does a full list.
 */
static void
chain_read(const struct devdesc *disk, struct slice_table *t, uint64_t base)
{
	struct dos_partition table[NDOSPART];
	uint64_t size = bd_sectors(disk->d_unit), at = base;

	while (t->t_count < MAXSLICES && table_read(disk, at, table) == 0) {
		if (table[0].dp_typ != 0 && !is_extended(table[0].dp_typ))
			slice_add(t, &table[0], at + table[0].dp_start, size);
		if (!is_extended(table[1].dp_typ) ||
		    base + table[1].dp_start <= at)
			break;
		at = base + table[1].dp_start;
	}
}

/*
 * Find a disk's slices.  0, or EIO; without a table there are none.
 */
static int
slices_read(const struct devdesc *disk, struct slice_table *t)
{
	struct dos_partition table[NDOSPART];
	int i, error;

	t->t_count = 0;
	error = table_read(disk, DOSBBSECTOR, table);
	if (error == ESLICE)
		return (0);
	if (error != 0)
		return (error);
	for (i = 0; i < NDOSPART; i++)
		slice_add(t, &table[i], table[i].dp_start,
		    bd_sectors(disk->d_unit));
	for (i = 0; i < NDOSPART; i++)
		if (is_extended(table[i].dp_typ))
			chain_read(disk, t, table[i].dp_start);
	return (0);
}

/*
 * The FreeBSD slice to take where none is named: the active one, or the
 * first.  NULL: none.
 */
static struct slice *
slice_best(struct slice_table *t)
{
	struct slice *s, *first = NULL;

	for (s = t->t_slices; s < t->t_slices + t->t_count; s++) {
		if (s->s_type != DOSPTYP_386BSD)
			continue;
		if (s->s_active)
			return (s);
		if (first == NULL)
			first = s;
	}
	return (first);
}

/*
 * Read the label of the slice dev->d_start..d_size.  EPART: there is none,
 * or its checksum is wrong.
 */
static int
label_read(struct devdesc *dev, struct disklabel *label)
{
	union {
		uint8_t			bytes[512];
		uint16_t		words[256];
		struct disklabel	label;
	} sector;
	uint16_t sum = 0;
	size_t i, words;
	int error;

	error = bcache_read(dev, LABELSECTOR, sizeof(sector), &sector);
	if (error != 0)
		return (error == EOFFSET ? EPART : error);
	*label = sector.label;
	if (label->d_magic != DISKMAGIC || label->d_magic2 != DISKMAGIC ||
	    label->d_npartitions == 0 || label->d_npartitions > MAXPARTITIONS)
		return (EPART);
	words = (offsetof(struct disklabel, d_partitions) +
	    label->d_npartitions * sizeof(label->d_partitions[0])) / 2;
	for (i = 0; i < words; i++)
		sum ^= sector.words[i];
	return (sum == 0 ? 0 : EPART);
}

/*
 * Where in its slice a partition begins: labels on the disk count from the
 * disk's start, some from the slice's; 'c' is the slice, so it tells which.
 */
static uint64_t
partition_start(const struct disklabel *label, int partition)
{
	return ((uint64_t)label->d_partitions[partition].p_offset -
	    label->d_partitions[RAW_PART].p_offset);
}

/*
 * Narrow a slice down to its partition.
 */
static int
partition_open(struct devdesc *dev)
{
	struct disklabel label;
	uint64_t start, size;
	int error;

	if ((error = label_read(dev, &label)) != 0)
		return (error);
	if (dev->d_partition >= label.d_npartitions)
		return (EPART);
	start = partition_start(&label, dev->d_partition);
	size = label.d_partitions[dev->d_partition].p_size;
	if (size == 0 || start > dev->d_size || size > dev->d_size - start)
		return (EPART);
	dev->d_start += start;
	dev->d_size = size;
	return (0);
}

/*
 * Find what the name means: a disk, a slice, a partition.  EUNIT, ESLICE,
 * EPART say which of them is not there.
 */
int
bd_open(struct devdesc *dev)
{
	struct slice_table t;
	struct slice *s = NULL;
	int error;

	if (bd_unit2bios(dev->d_unit) < 0)
		return (EUNIT);
	dev->d_start = 0;
	dev->d_size = bd_sectors(dev->d_unit);
	if (dev->d_slice == 0 && dev->d_partition < 0)
		return (0);
	if ((error = slices_read(dev, &t)) != 0)
		return (error);
	if (dev->d_slice > t.t_count)
		return (ESLICE);
	s = dev->d_slice > 0 ? &t.t_slices[dev->d_slice - 1] : slice_best(&t);
	if (dev->d_slice > 0 && s->s_type == 0)
		return (ESLICE);
	if (s != NULL) {
		dev->d_start = s->s_start;
		dev->d_size = s->s_size;
	}
	return (dev->d_partition < 0 ? 0 : partition_open(dev));
}

static const char *
slice_name(int type)
{
	switch (type) {
	case 0x01: case 0x04: case 0x06: case 0x0b: case 0x0c: case 0x0e:
		return ("FAT");
	case 0x07:
		return ("NTFS/HPFS");
	case 0x82:
		return ("Linux swap");
	case 0x83:
		return ("Linux");
	case DOSPTYP_386BSD:
		return ("FreeBSD");
	default:
		return (is_extended(type) ? "extended" : "unknown");
	}
}

/*
 * One line of lsdev: a name, what is there, its size; with `verbose' where.
 */
static int
line_print(const struct devdesc *dev, const char *what, uint64_t start,
    uint64_t size, int verbose)
{
	char line[96];
	int n;

	n = snprintf(line, sizeof(line), "%*s%s %s %lluMB",
	    dev->d_partition < 0 ? 6 : 8, "", i386_fmtdev(dev), what,
	    (unsigned long long)size >> 11);
	if (verbose)
		n += snprintf(line + n, sizeof(line) - n, " (%llu - %llu)",
		    (unsigned long long)start,
		    (unsigned long long)(start + size));
	strlcpy(line + n, "\n", sizeof(line) - n);
	return (pager_output(line));
}

/*
 * The partitions of an open slice.
 */
static int
label_print(struct devdesc *dev, int verbose)
{
	struct disklabel label;
	struct devdesc part = *dev;
	struct disklabel_partition *p;
	int i;

	if (label_read(dev, &label) != 0)
		return (pager_output("        no label, or a bad one\n"));
	for (i = 0; i < label.d_npartitions; i++) {
		p = &label.d_partitions[i];
		if (p->p_size == 0 || i == RAW_PART)
			continue;
		part.d_partition = i;
		if (line_print(&part, p->p_fstype == FS_BSDFFS ? "FFS" :
		    p->p_fstype == FS_SWAP ? "swap" : "unknown",
		    dev->d_start + partition_start(&label, i), p->p_size,
		    verbose))
			return (1);
	}
	return (0);
}

/*
 * The slices of a disk, or the label of one that has no table.
 */
static int
disk_print(struct devdesc *dev, int verbose)
{
	struct slice_table t;
	struct slice *s;

	if (slices_read(dev, &t) != 0)
		return (pager_output("      cannot be read\n"));
	if (t.t_count == 0)
		return (label_print(dev, verbose));
	for (s = t.t_slices; s < t.t_slices + t.t_count; s++) {
		if (s->s_type == 0)
			continue;
		dev->d_slice = s - t.t_slices + 1;
		dev->d_start = s->s_start;
		dev->d_size = s->s_size;
		if (line_print(dev, slice_name(s->s_type), s->s_start,
		    s->s_size, verbose) ||
		    (s->s_type == DOSPTYP_386BSD && label_print(dev, verbose)))
			return (1);
	}
	return (0);
}

int
bd_print(int verbose)
{
	struct devdesc dev;
	char line[64];
	int bios;

	memset(&dev, 0, sizeof(dev));
	dev.d_dev = &biosdisk;
	dev.d_type = DEVT_DISK;
	for (; (bios = bd_unit2bios(dev.d_unit)) >= 0; dev.d_unit++) {
		dev.d_slice = 0;
		dev.d_partition = -1;
		dev.d_start = 0;
		dev.d_size = bd_sectors(dev.d_unit);
		snprintf(line, sizeof(line), "    disk%d:   BIOS drive %c:\n",
		    dev.d_unit, 'C' + bios - 0x80);
		if (pager_output(line) || disk_print(&dev, verbose))
			return (1);
	}
	return (0);
}
