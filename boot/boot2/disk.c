/*
 * The disk as boot2 sees it: a drive of the BIOS, a slice of its partition
 * table, a partition of the slice's label.
 *
 * Sectors come through boot1's xread, which the BIOS serves in v86 mode: it
 * can only reach the first megabyte.  So they are read to one buffer there.
 */
#include "disk.h"

#include <stddef.h>
#include <sys/disklabel.h>
#include <sys/diskmbr.h>
#include <sys/reboot.h>
#include <btx/btxv86.h>
#include "boot2.h"
#include "cons.h"
#include "ufsread.h"

#define	XREAD		0x704		/* boot1's far procedure, at 0:0704 */
/*
 * Begins at a multiple of 64 KB: the DMA of a floppy's controller cannot
 * cross one.  Above the client, and far below its stack.
 */
#define	DSK_BUFFER	0x20000

struct dsk dsk;
uint32_t dsk_size;
static uint32_t dsk_start;		/* the partition's first sector */

/*
 * Reads `count' sectors of the drive.  Returns where they are, or NULL after
 * a message.  A spinner shows that something happens.
 */
static const void *
drvread(uint32_t lba, uint32_t count)
{
	static uint8_t turn;

	if (!(howto & RB_QUIET))
		printf("%c\b", "|/-\\"[turn++ % 4]);
	v86.ctl = V86_ADDR | V86_CALLF | V86_FLAGS;
	v86.addr = XREAD;
	v86.es = DSK_BUFFER >> 4;
	v86.eax = lba;
	v86.ebx = 0;
	v86.ecx = lba >> 16;
	v86.edx = count << 8 | dsk.drive;
	v86int();
	if (V86_CY(v86.efl)) {
		printf("error %u lba %u\n", v86.eax >> 8 & 0xff, lba);
		return (NULL);
	}
	return (PTOV(DSK_BUFFER));
}

const void *
dskread(uint32_t lba, uint32_t count)
{
	if (lba >= dsk_size || count > dsk_size - lba) {
		invalid("block");
		return (NULL);
	}
	return (drvread(dsk_start + lba, count));
}

/*
 * Returns the entry of the slice that `dsk' names; if it names none, the first
 * active one of FreeBSD's, or else the first one.  Returns NULL if there is no
 * such slice.
 */
static const struct dos_partition *
find_slice(const struct dos_partition *table)
{
	const struct dos_partition *entry, *found;

	found = NULL;
	for (entry = table; entry < table + NDOSPART; entry++) {
		if (entry->dp_typ != DOSPTYP_386BSD)
			continue;
		if (dsk.slice >= BASE_SLICE) {
			if (entry == table + dsk.slice - BASE_SLICE)
				found = entry;
		} else if (found == NULL || (entry->dp_flag & DOSPART_ACTIVE &&
		    !(found->dp_flag & DOSPART_ACTIVE)))
			found = entry;
	}
	return (found);
}

/*
 * Makes the slice the partition.  A floppy has no slices.  Nor has a disk that
 * begins with boot1, whose table has one entry that starts at 0 and says
 * nothing of the disk's size.  Returns 0, or -1 after a message.
 */
static int
open_slice(void)
{
	const char *sector;
	const struct dos_partition *entry;

	dsk_start = 0;
	dsk_size = UINT32_MAX;
	if (!(dsk.drive & DRV_HARD))
		return (0);
	sector = drvread(DOSBBSECTOR, 1);
	if (sector == NULL)
		return (-1);
	entry = find_slice((const void *)(sector + DOSPARTOFF));
	if (entry == NULL)
		return (invalid("slice"));
	if (entry->dp_start != 0) {
		dsk_start = entry->dp_start;
		dsk_size = entry->dp_size;
	}
	return (0);
}

/* Returns whether this is a label, whole. */
static int
label_valid(const struct disklabel *label)
{
	const uint16_t *word;
	uint16_t sum;

	if (label->d_magic != DISKMAGIC || label->d_magic2 != DISKMAGIC ||
	    label->d_npartitions > MAXPARTITIONS)
		return (0);
	sum = 0;
	for (word = (const void *)label;
	    (const void *)word < (const void *)&label->d_partitions[label->d_npartitions];
	    word++)
		sum ^= *word;
	return (sum == 0);
}

/*
 * Opens the partition that `dsk' names.  'c' is the slice, whatever its label
 * says.  An offset in the label counts from wherever that of 'c' does.
 * Returns 0, or -1 after a message.
 */
int
dsk_open(void)
{
	const struct disklabel *label;
	const struct disklabel_partition *partition;
	uint32_t offset;

	if (open_slice() != 0)
		return (-1);
	if (dsk.part == RAW_PART)
		return (fs_open());
	label = dskread(LABELSECTOR, 1);
	if (label == NULL)
		return (-1);
	if (!label_valid(label))
		return (invalid("label"));
	partition = &label->d_partitions[dsk.part];
	offset = partition->p_offset - label->d_partitions[RAW_PART].p_offset;
	if (dsk.part >= label->d_npartitions || partition->p_size == 0 ||
	    offset > dsk_size || partition->p_size > dsk_size - offset)
		return (invalid("partition"));
	if (partition->p_fstype != FS_BSDFFS) {
		printf("Not ufs\n");
		return (-1);
	}
	dsk_start += offset;
	dsk_size = partition->p_size;
	return (fs_open());
}
