/*
 * Which partition boot2 reads.
 */
#ifndef _BOOT2_DISK_H_
#define	_BOOT2_DISK_H_

#include <stdint.h>

#define	DRV_HARD	0x80		/* BIOS drives: hard disks from here */
#define	DRV_MASK	0x7f

#define	NO_DRIVE	(-1U)
#define	ANY_SLICE	0		/* below BASE_SLICE: find one */

struct dsk {
	uint32_t	drive;		/* the BIOS' number */
	uint32_t	type;		/* its name, an index: see boot2.c */
	uint32_t	unit;		/* its number among those of the name */
	uint32_t	slice;		/* BASE_SLICE + 0..3, or ANY_SLICE */
	uint32_t	part;		/* 0 is 'a' */
};

extern struct dsk dsk;

int	dsk_open(void);

#endif /* !_BOOT2_DISK_H_ */
