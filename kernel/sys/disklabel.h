/*
 * The BSD disklabel: how a slice is divided into partitions 'a' to 'h'.  It
 * stands in the slice's second sector.  Offsets in it are sectors from the
 * start of the disk; 'c' is the whole slice.
 *
 * [sys/disklabel.h]
 */
#ifndef _SYS_DISKLABEL_H_
#define	_SYS_DISKLABEL_H_

#include <stddef.h>
#include <stdint.h>

#define	LABELSECTOR	1		/* of the slice */
#define	LABELOFFSET	0		/* in that sector */
#define	DISKMAGIC	0x82564557U
#define	MAXPARTITIONS	8
#define	RAW_PART	2		/* 'c' */
#define	SWAP_PART	1		/* 'b' */

#define	BBSIZE		8192		/* boot area of a slice, in bytes */

#define	DTYPE_ST506	6		/* d_type: an IDE disk, too */

#define	FS_UNUSED	0		/* p_fstype */
#define	FS_SWAP		1
#define	FS_BSDFFS	7

struct disklabel_partition {
	uint32_t	p_size;		/* sectors */
	uint32_t	p_offset;	/* first sector */
	uint32_t	p_fsize;	/* fragment size */
	uint8_t		p_fstype;
	uint8_t		p_frag;		/* fragments a block */
	uint16_t	p_cpg;		/* cylinders a group */
};

struct disklabel {
	uint32_t	d_magic;	/* DISKMAGIC */
	uint16_t	d_type;
	uint16_t	d_subtype;
	char		d_typename[16];
	char		d_packname[16];
	uint32_t	d_secsize;	/* bytes a sector */
	uint32_t	d_nsectors;	/* sectors a track */
	uint32_t	d_ntracks;	/* tracks a cylinder */
	uint32_t	d_ncylinders;
	uint32_t	d_secpercyl;
	uint32_t	d_secperunit;
	uint16_t	d_sparespertrack;
	uint16_t	d_sparespercyl;
	uint32_t	d_acylinders;
	uint16_t	d_rpm;
	uint16_t	d_interleave;
	uint16_t	d_trackskew;
	uint16_t	d_cylskew;
	uint32_t	d_headswitch;
	uint32_t	d_trkseek;
	uint32_t	d_flags;
	uint32_t	d_drivedata[5];
	uint32_t	d_spare[5];
	uint32_t	d_magic2;	/* DISKMAGIC */
	uint16_t	d_checksum;	/* makes the xor of all words 0 */
	uint16_t	d_npartitions;
	uint32_t	d_bbsize;	/* BBSIZE */
	uint32_t	d_sbsize;	/* the largest superblock */
	struct disklabel_partition d_partitions[MAXPARTITIONS];
};

_Static_assert(sizeof(struct disklabel) == 276, "a label is 276 bytes");
_Static_assert(offsetof(struct disklabel, d_magic2) == 132, "d_magic2 is at 132");
_Static_assert(offsetof(struct disklabel, d_partitions) == 148,
    "the partitions are at 148");

#endif /* !_SYS_DISKLABEL_H_ */
