/*
 * UFS1: the superblock and the arithmetic of addresses.
 *
 * A file system is a row of cylinder groups.  Addresses on the disk count
 * fragments; `frag' of them (1, 2, 4 or 8) are a block.  Sizes are powers of
 * two, and kept with their shifts and masks.
 *
 *	byte 0         8192       16384
 *	+-------------+----------+--------------------------- ... cylinder group 0
 *	| boot blocks | super-   | cg header, inodes, data
 *	|             | block    |
 *	+-------------+----------+---------------------------
 *
 * [ufs/ffs/fs.h]
 */
#ifndef _SYS_UFS_FS_H_
#define	_SYS_UFS_FS_H_

#include <stddef.h>
#include <stdint.h>

#define	SBLOCK_UFS1	8192		/* byte of the superblock */
#define	SBLOCKSIZE	8192		/* the most it takes */
#define	FS_UFS1_MAGIC	0x011954

#define	MINBSIZE	4096		/* blocks */
#define	MAXBSIZE	65536
#define	MAXFRAG		8		/* fragments a block */
#define	DEV_BSIZE	512
#define	DEV_BSHIFT	9
#define	MAXMNTLEN	468

#define	UFS_ROOTINO	2		/* inode of / */

struct csum {
	int32_t		cs_ndir;	/* directories */
	int32_t		cs_nbfree;	/* free blocks */
	int32_t		cs_nifree;	/* free inodes */
	int32_t		cs_nffree;	/* free fragments outside free blocks */
};

struct fs {
	int32_t		fs_unused_0[2];
	int32_t		fs_sblkno;	/* in a group: its superblock copy */
	int32_t		fs_cblkno;	/* its header */
	int32_t		fs_iblkno;	/* its inodes */
	int32_t		fs_dblkno;	/* its data */
	int32_t		fs_cgoffset;	/* groups are staggered by this, */
	int32_t		fs_cgmask;	/* where the number has bits of ~this */
	int32_t		fs_time;	/* of the last write */
	int32_t		fs_size;	/* fragments in all */
	int32_t		fs_dsize;	/* fragments of data */
	int32_t		fs_ncg;		/* groups */
	int32_t		fs_bsize;	/* bytes a block */
	int32_t		fs_fsize;	/* bytes a fragment */
	int32_t		fs_frag;	/* fragments a block */
	int32_t		fs_minfree;	/* percent kept free */
	int32_t		fs_unused_1[2];
	int32_t		fs_bmask;	/* ~(fs_bsize - 1) */
	int32_t		fs_fmask;	/* ~(fs_fsize - 1) */
	int32_t		fs_bshift;	/* log2(fs_bsize) */
	int32_t		fs_fshift;	/* log2(fs_fsize) */
	int32_t		fs_maxcontig;
	int32_t		fs_maxbpg;
	int32_t		fs_fragshift;	/* log2(fs_frag) */
	int32_t		fs_fsbtodb;	/* log2(fs_fsize / DEV_BSIZE) */
	int32_t		fs_sbsize;
	int32_t		fs_unused_2[2];
	int32_t		fs_nindir;	/* addresses in a block */
	int32_t		fs_inopb;	/* inodes in a block */
	int32_t		fs_nspf;	/* DEV_BSIZE sectors a fragment */
	int32_t		fs_optim;
	int32_t		fs_unused_3[3];
	int32_t		fs_id[2];
	int32_t		fs_csaddr;	/* the groups' summaries */
	int32_t		fs_cssize;
	int32_t		fs_cgsize;
	int32_t		fs_unused_4[2];
	int32_t		fs_spc;		/* sectors a cylinder */
	int32_t		fs_unused_5;
	int32_t		fs_cpg;		/* cylinders a group */
	int32_t		fs_ipg;		/* inodes a group */
	int32_t		fs_fpg;		/* fragments a group */
	struct csum	fs_cstotal;
	int8_t		fs_fmod;	/* changed since it was read */
	int8_t		fs_clean;	/* cleanly unmounted */
	int8_t		fs_ronly;
	int8_t		fs_flags;
	char		fs_fsmnt[MAXMNTLEN]; /* where it was mounted */
	uint8_t		fs_unused_6[44];
	int32_t		fs_cgrotor;	/* the group last looked at */
	uint8_t		fs_unused_7[592];
	int32_t		fs_maxsymlinklen; /* shorter links are in the inode */
	int32_t		fs_inodefmt;
	uint64_t	fs_maxfilesize;
	uint64_t	fs_qbmask;	/* ~fs_bmask */
	uint64_t	fs_qfmask;	/* ~fs_fmask */
	uint8_t		fs_unused_8[20];
	int32_t		fs_magic;	/* FS_UFS1_MAGIC */
} __attribute__((packed, aligned(4)));

_Static_assert(offsetof(struct fs, fs_bsize) == 48, "fs_bsize is at 48");
_Static_assert(offsetof(struct fs, fs_fsbtodb) == 100, "fs_fsbtodb is at 100");
_Static_assert(offsetof(struct fs, fs_csaddr) == 152, "fs_csaddr is at 152");
_Static_assert(offsetof(struct fs, fs_ipg) == 184, "fs_ipg is at 184");
_Static_assert(offsetof(struct fs, fs_fsmnt) == 212, "fs_fsmnt is at 212");
_Static_assert(offsetof(struct fs, fs_cgrotor) == 724, "fs_cgrotor is at 724");
_Static_assert(offsetof(struct fs, fs_maxsymlinklen) == 1320,
    "fs_maxsymlinklen is at 1320");
_Static_assert(offsetof(struct fs, fs_magic) == 1372, "fs_magic is at 1372");

/* From fragments to DEV_BSIZE sectors. */
#define	fsbtodb(fs, b)		((uint32_t)(b) << (fs)->fs_fsbtodb)

/* A cylinder group's parts, in fragments. */
#define	cgbase(fs, c)		((uint32_t)(fs)->fs_fpg * (c))
#define	cgstart(fs, c)							\
	(cgbase(fs, c) + (uint32_t)(fs)->fs_cgoffset * ((c) & ~(fs)->fs_cgmask))
#define	cgimin(fs, c)		(cgstart(fs, c) + (fs)->fs_iblkno)

/* Where an inode is: its group, its block's address, its place in the block. */
#define	ino_to_cg(fs, x)	((uint32_t)(x) / (uint32_t)(fs)->fs_ipg)
#define	ino_to_fsba(fs, x)						\
	(cgimin(fs, ino_to_cg(fs, x)) + ((uint32_t)(x) %		\
	(uint32_t)(fs)->fs_ipg / (uint32_t)(fs)->fs_inopb << (fs)->fs_fragshift))
#define	ino_to_fsbo(fs, x)	((uint32_t)(x) % (uint32_t)(fs)->fs_inopb)

/* Where a byte of a file is: its logical block, its place in the block. */
#define	lblkno(fs, off)		((off) >> (fs)->fs_bshift)
#define	blkoff(fs, off)		((off) & ~(fs)->fs_bmask)

#define	fragroundup(fs, n)	(((n) + ~(fs)->fs_fmask) & (fs)->fs_fmask)

/* The bytes that logical block `lbn' of a file of `size' takes on the disk. */
#define	sblksize(fs, size, lbn)						\
	((lbn) >= UFS_NDADDR || (size) >= ((uint64_t)(lbn) + 1) << (fs)->fs_bshift ? \
	(uint32_t)(fs)->fs_bsize :					\
	(uint32_t)fragroundup(fs, blkoff(fs, (uint32_t)(size))))

#endif /* !_SYS_UFS_FS_H_ */
