/*
 * Which partition boot2 reads.
 */
#ifndef _BOOT2_DISK_H_
#define	_BOOT2_DISK_H_

#include <stdint.h>

#define	DRV_HARD	0x80		/* BIOS drives: hard disks from here */
#define	DRV_MASK	0x7f

struct dsk {
	uint8_t		drive;		/* the BIOS' number */
	uint8_t		type;		/* its name, an index: see boot2.c */
	uint8_t		unit;		/* its number among those of the name */
	uint8_t		slice;		/* BASE_SLICE + 0..3; below: find one */
	uint8_t		part;		/* 0 is 'a' */
	uint8_t		quiet;		/* no spinner */
};

extern struct dsk dsk;

int	dsk_open(void);

#endif /* !_BOOT2_DISK_H_ */
