/*
 * biosdisk.c: disks by INT 13h.
 *
 * The BIOS numbers hard disks from 80h; we number them from 0 in that order.
 * Reads go by the EDD packet calls, with 64-bit sector numbers, where the
 * BIOS has them for the drive; otherwise by cylinder, head and sector.  The
 * BIOS can only reach the first megabyte: what is wanted above comes through
 * a bounce buffer below.
 *
 * A read that fails is tried again after a reset; then a shorter one, so that
 * the message in the end names the sector that is bad.
 *
 * [EDD], [RBIL] INT 13h
 */
#include "biosdisk.h"

#include <sys/reboot.h>

#define	MAXBDDEV	8		/* disks that we number */
#define	BIOS_FIRST	0x80
#define	BDA_NHRDRV	0x475		/* BIOS data: number of hard disks */
#define	BIOS_REACH	0xa0000		/* buffers end below */
#define	PIECE		127		/* sectors a call; some take no 128 */
#define	RETRIES		3

struct bdinfo {
	int		bd_bios;	/* the BIOS' number */
	int		bd_edd;		/* packet calls work */
	uint32_t	bd_heads, bd_sectors;	/* 0: no geometry */
	uint64_t	bd_size;	/* sectors; 0: not known */
};

/* The packet of AH=42h. */
struct edd_packet {
	uint16_t	len;		/* 16 */
	uint16_t	count;
	uint16_t	off, seg;
	uint64_t	lba;
};

/* What AH=48h fills in. */
struct edd_params {
	uint16_t	len;		/* 26 */
	uint16_t	flags;
	uint32_t	cylinders, heads, sectors;
	uint64_t	size;		/* sectors in all */
	uint16_t	sector_size;
} __attribute__((packed));

static struct bdinfo	bdinfo[MAXBDDEV];
static int		nbdinfo;
static char		*bounce;	/* PIECE sectors */

/*
 * Call INT 13h with the registers in `v86'.  0, or AH as the error, which is
 * never 0 then.
 */
static int
bios_call(int function, int drive)
{
	v86.ctl = V86_FLAGS;
	v86.addr = 0x13;
	v86.eax = function;
	v86.edx = (v86.edx & ~0xffU) | drive;
	v86int();
	if (!V86_CY(v86.efl))
		return (0);
	return (v86.eax >> 8 & 0xff ? v86.eax >> 8 & 0xff : 0xff);
}

/*
 * Ask for geometry and size.  Returns 0 where the BIOS knows no such drive,
 * or its sectors are not of 512 bytes.
 */
static int
bd_probe(struct bdinfo *bd)
{
	static struct edd_params params;

	v86.edx = 0;
	v86.es = v86.edi = 0;
	if (bios_call(0x0800, bd->bd_bios) == 0 && (v86.ecx & 0x3f) != 0) {
		bd->bd_heads = (v86.edx >> 8 & 0xff) + 1;
		bd->bd_sectors = v86.ecx & 0x3f;
	}
	v86.ebx = 0x55aa;
	bd->bd_edd = bios_call(0x4100, bd->bd_bios) == 0 &&
	    (v86.ebx & 0xffff) == 0xaa55 && (v86.ecx & 1) != 0;
	if (!bd->bd_edd)
		return (bd->bd_sectors != 0);

	params.len = sizeof(params);
	v86.ds = VTOPSEG(&params);
	v86.esi = VTOPOFF(&params);
	if (bios_call(0x4800, bd->bd_bios) != 0)
		return (1);
	bd->bd_size = params.size;
	return (params.sector_size == 0 || params.sector_size == 512);
}

/*
 * Find the disks, and say what they are called.
 */
static int
bd_init(void)
{
	int count = *(volatile uint8_t *)PTOV(BDA_NHRDRV);
	int bios;

	if ((bounce = malloc(PIECE * 512)) == NULL)
		return (ENOMEM);
	for (bios = BIOS_FIRST; bios < BIOS_FIRST + count &&
	    nbdinfo < MAXBDDEV; bios++) {
		bdinfo[nbdinfo].bd_bios = bios;
		if (!bd_probe(&bdinfo[nbdinfo]))
			continue;
		printf("BIOS drive %c: is disk%d\n", 'C' + bios - BIOS_FIRST,
		    nbdinfo);
		nbdinfo++;
	}
	return (0);
}

int
bd_bios2unit(int biosdev)
{
	int unit;

	for (unit = 0; unit < nbdinfo; unit++)
		if (bdinfo[unit].bd_bios == biosdev)
			return (unit);
	return (-1);
}

int
bd_unit2bios(int unit)
{
	return (unit >= 0 && unit < nbdinfo ? bdinfo[unit].bd_bios : -1);
}

uint64_t
bd_sectors(int unit)
{
	return (bdinfo[unit].bd_size != 0 ? bdinfo[unit].bd_size : UINT32_MAX);
}

uint32_t
bd_getbigeom(int unit)
{
	v86.edx = 0;
	v86.es = v86.edi = 0;
	if (bios_call(0x0800, BIOS_FIRST + unit) != 0)
		return (BIOS_GEOM_UNKNOWN);
	return ((v86.ecx & 0xc0) << 18 | (v86.ecx & 0xff00) << 8 |
	    (v86.edx & 0xff00) | (v86.ecx & 0x3f));
}

/*
 * One read by packet.  `buf' lies in the BIOS' reach.
 */
static int
edd_read(struct bdinfo *bd, uint64_t lba, uint32_t count, void *buf)
{
	static struct edd_packet packet;

	packet.len = sizeof(packet);
	packet.count = count;
	packet.off = VTOPOFF(buf);
	packet.seg = VTOPSEG(buf);
	packet.lba = lba;
	v86.ds = VTOPSEG(&packet);
	v86.esi = VTOPOFF(&packet);
	return (bios_call(0x4200, bd->bd_bios));
}

/*
 * One read by cylinder, head and sector, all on one track.
 */
static int
chs_read(struct bdinfo *bd, uint64_t lba, uint32_t count, void *buf)
{
	uint32_t track, sector, head, cylinder;

	if (lba > UINT32_MAX)
		return (0x01);
	track = (uint32_t)lba / bd->bd_sectors;
	sector = (uint32_t)lba % bd->bd_sectors + 1;
	head = track % bd->bd_heads;
	cylinder = track / bd->bd_heads;
	if (cylinder > 1023)
		return (0x01);		/* the BIOS' "invalid function" */
	v86.ecx = (cylinder & 0xff) << 8 | (cylinder >> 2 & 0xc0) | sector;
	v86.edx = head << 8;
	v86.es = VTOPSEG(buf);
	v86.ebx = VTOPOFF(buf);
	return (bios_call(0x0200 | count, bd->bd_bios));
}

/*
 * The most that one call may read at `lba'.
 */
static uint32_t
piece_size(struct bdinfo *bd, uint64_t lba, uint32_t count)
{
	count = min(count, (uint32_t)PIECE);
	if (bd->bd_edd || lba > UINT32_MAX)
		return (count);
	return (min(count, bd->bd_sectors - (uint32_t)lba % bd->bd_sectors));
}

/*
 * Read a piece, with retries.  0, or the BIOS' error.
 */
static int
piece_read(struct bdinfo *bd, uint64_t lba, uint32_t count, void *buf)
{
	int try, error = 0;

	for (try = 0; try < RETRIES; try++) {
		if (try > 0)
			(void)bios_call(0x0000, bd->bd_bios);
		if (bd->bd_edd)
			error = edd_read(bd, lba, count, buf);
		else
			error = chs_read(bd, lba, count, buf);
		if (error == 0)
			break;
	}
	return (error);
}

/*
 * Read as many of `count' sectors as one call may, or where that fails, half
 * of them, and so on to one.  *done says how many.  0, or EIO after a message.
 */
static int
bd_piece(int unit, uint64_t lba, uint32_t count, char *buf, uint32_t *done)
{
	struct bdinfo *bd = &bdinfo[unit];
	char *to = buf;
	int error;

	if ((uintptr_t)VTOP(buf) + PIECE * 512 > BIOS_REACH)
		to = bounce;
	*done = piece_size(bd, lba, count);
	while ((error = piece_read(bd, lba, *done, to)) != 0 && *done > 1)
		*done /= 2;
	if (error != 0) {
		printf("disk%d: read error 0x%02x at sector %llu\n", unit, error,
		    (unsigned long long)lba);
		return (EIO);
	}
	if (to != buf)
		memcpy(buf, to, *done * 512);
	return (0);
}

int
bd_read(int unit, uint64_t lba, size_t size, void *buf)
{
	uint32_t count = size / 512, done;
	char *to = buf;
	int error;

	for (; count > 0; count -= done) {
		if ((error = bd_piece(unit, lba, count, to, &done)) != 0)
			return (error);
		lba += done;
		to += done * 512;
		twiddle();
	}
	return (0);
}

static int
bd_strategy(struct devdesc *dev, daddr_t blk, size_t size, void *buf)
{
	if (blk < 0 || (uint64_t)blk > dev->d_size ||
	    size / 512 > dev->d_size - (uint64_t)blk)
		return (EOFFSET);
	return (bd_read(dev->d_unit, dev->d_start + blk, size, buf));
}

uint32_t
bd_getdev(const struct devdesc *dev)
{
	const char *number = getenv("root_disk_unit");
	int unit = bd_unit2bios(dev->d_unit) - BIOS_FIRST;
	int slice = dev->d_slice > 0 ? dev->d_slice + BASE_SLICE - 1 : 0;

	if (unit < 0)
		return (0);
	if (number != NULL)
		unit = atoi(number);
	return (MAKEBOOTDEV(MAJ_AD, slice, unit & 0xf,
	    max(dev->d_partition, 0)));
}

struct devsw biosdisk = {
	.dv_name = "disk",
	.dv_type = DEVT_DISK,
	.dv_init = bd_init,
	.dv_open = bd_open,
	.dv_strategy = bd_strategy,
	.dv_print = bd_print,
};
