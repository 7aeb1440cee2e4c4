/*
 * Slices and partitions: how a disk is divided.
 *
 *	ad0			sector 0: the partition table
 *	  ad0s1 .. ad0s4	its entries
 *	    ad0s1a .. ad0s1h	a FreeBSD slice's partitions: its disklabel
 *	  ad0s5 ..		those in an extended slice, in their chain's order
 *
 * A device's minor number says which of them it is:
 *
 *	 31    21 20       16 15    8 7      3 2         0
 *	+--------+-----------+-------+--------+-----------+
 *	|   0    |   slice   |   0   |  unit  | partition |
 *	+--------+-----------+-------+--------+-----------+
 *
 * Slice 1 is the whole disk, slice 2 is s1; slice 0 is the disk as BSD divided
 * it before there were slices: by a label in its own second sector.  The
 * partition of a whole slice is 'c'.  MAKEBOOTDEV numbers slices alike.
 *
 * [sys/diskslice.h]
 */
#ifndef _SYS_DISKSLICE_H_
#define	_SYS_DISKSLICE_H_

#include <sys/disklabel.h>
#include <sys/diskmbr.h>
#include <sys/param.h>

#define	COMPATIBILITY_SLICE 0
#define	WHOLE_DISK_SLICE 1
#define	BASE_SLICE	2		/* s1 */
#define	MAX_SLICES	32

#define	dkmakeminor(unit, slice, part)	((slice) << 16 | (unit) << 3 | (part))
#define	dkslice(minor)	((minor) >> 16 & 0x1f)
#define	dkpart(minor)	((minor) & 7)

struct bio;
struct cdev;
struct disk;

struct diskpart {
	uint64_t	dp_offset;	/* sectors, from the disk's start */
	uint64_t	dp_size;	/* sectors; 0: there is none */
	uint8_t		dp_fstype;	/* FS_, as the label says */
};

struct diskslice {
	uint64_t	ds_offset;	/* sectors, from the disk's start */
	uint64_t	ds_size;	/* sectors; 0: there is none */
	int		ds_type;	/* DOSPTYP_ */
	int		ds_labelled;	/* has a good label */
	struct diskpart	ds_parts[MAXPARTITIONS];	/* where it says */
};

struct diskslices {
	int		dss_nslices;	/* used and unused ones up to the last */
	struct diskslice dss_slices[MAX_SLICES];
};

/* kern/subr_diskmbr.c: fill in the slices, by the partition tables.  Sleeps. */
void	mbrinit(struct disk *dp);

/* kern/subr_disklabel.c: a slice's partitions, by its label.  Sleeps. */
void	labelinit(struct disk *dp, int slice);

/* Their contracts stand in kern/subr_diskslice.c. */
#define	DSNAME_SIZE	16
void	dsinit(struct disk *dp);
/* Where is the slice or partition of this minor number? */
struct diskpart dspart(const struct disk *dp, int minor);
int	dscheck(const struct disk *dp, struct bio *bp);
const char *dsname(const struct disk *dp, int slice, int part,
	    char name[DSNAME_SIZE]);

#endif /* !_SYS_DISKSLICE_H_ */
