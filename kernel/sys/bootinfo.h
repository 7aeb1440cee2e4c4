/*
 * struct bootinfo: what boot2, and after it the loader, tells the kernel.
 * Its address is the last of the seven words of a boot; all pointers in it
 * are physical addresses.
 *
 * [machine/bootinfo.h]
 */
#ifndef _SYS_BOOTINFO_H_
#define	_SYS_BOOTINFO_H_

#include <stddef.h>
#include <stdint.h>

#define	BOOTINFO_VERSION	1

#define	N_BIOS_GEOM		8
#define	BIOS_GEOM_UNKNOWN	0x004f010f	/* 80 cylinders, 2 heads, 15 sectors */

struct bootinfo {
	/* The part that every version has. */
	uint32_t	bi_version;		/* BOOTINFO_VERSION */
	uint32_t	bi_kernelname;		/* path, as it was booted */
	uint32_t	bi_nfs_diskless;	/* 0 */
	uint32_t	bi_n_bios_used;		/* entries of bi_bios_geom */

	/* cylinders << 16 | last head << 8 | sectors, by BIOS drive 80h.. */
	uint32_t	bi_bios_geom[N_BIOS_GEOM];
	uint32_t	bi_size;		/* of this structure */
	uint8_t		bi_memsizes_valid;	/* bi_basemem, bi_extmem are */
	uint8_t		bi_bios_dev;		/* the drive booted from */
	uint8_t		bi_pad[2];
	uint32_t	bi_basemem;		/* KB below 1 MB (int 12h) */
	uint32_t	bi_extmem;		/* KB above 1 MB (int 15h, 88h) */

	/* Where the symbols of the kernel are: size, table, size, strings. */
	uint32_t	bi_symtab;
	uint32_t	bi_esymtab;

	/* From the loader only. */
	uint32_t	bi_kernend;		/* the first free page */
	uint32_t	bi_envp;		/* name=value NUL ... NUL */
	uint32_t	bi_modulep;		/* records of sys/linker.h */
};

_Static_assert(sizeof(struct bootinfo) == 84, "struct bootinfo is 84 bytes");
_Static_assert(offsetof(struct bootinfo, bi_size) == 48, "bi_size is at 48");
_Static_assert(offsetof(struct bootinfo, bi_symtab) == 64, "bi_symtab is at 64");

#endif /* !_SYS_BOOTINFO_H_ */
