/*
 * The partition table of sector 0.
 *
 * [sys/diskmbr.h]
 */
#ifndef _SYS_DISKMBR_H_
#define	_SYS_DISKMBR_H_

#include <stdint.h>

#define	DOSBBSECTOR	0		/* the sector that holds it */
#define	DOSPARTOFF	446		/* where in the sector */
#define	NDOSPART	4
#define	DOSMAGICOFFSET	510
#define	DOSMAGIC	0xAA55

#define	DOSPTYP_EXT	0x05		/* extended, by CHS */
#define	DOSPTYP_EXTLBA	0x0f		/* extended, by LBA */
#define	DOSPTYP_386BSD	0xa5		/* a FreeBSD slice */

#define	DOSPART_ACTIVE	0x80		/* dp_flag */

struct dos_partition {
	uint8_t		dp_flag;	/* DOSPART_ACTIVE or 0 */
	uint8_t		dp_shd;		/* first head */
	uint8_t		dp_ssect;	/* first sector, cylinder bits 9..8 */
	uint8_t		dp_scyl;	/* first cylinder */
	uint8_t		dp_typ;
	uint8_t		dp_ehd;		/* the same of the last sector */
	uint8_t		dp_esect;
	uint8_t		dp_ecyl;
	uint32_t	dp_start;	/* first sector */
	uint32_t	dp_size;	/* sectors */
};

_Static_assert(sizeof(struct dos_partition) == 16, "an entry is 16 bytes");

#endif /* !_SYS_DISKMBR_H_ */
