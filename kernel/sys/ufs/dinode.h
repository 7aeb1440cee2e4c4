/*
 * UFS1: the inode, 128 bytes on the disk.
 *
 * Block addresses count fragments; 0 is a hole.  Logical blocks 0 to 11 are
 * in di_db; then come a block of addresses (di_ib[0]), a block of blocks of
 * addresses (di_ib[1]), and a third level.  A symbolic link shorter than
 * fs_maxsymlinklen has its target in the place of the addresses.
 *
 * [ufs/ufs/dinode.h]
 */
#ifndef _SYS_UFS_DINODE_H_
#define	_SYS_UFS_DINODE_H_

#include <stddef.h>
#include <stdint.h>

#define	UFS_NDADDR	12
#define	UFS_NIADDR	3

struct ufs1_dinode {
	uint16_t	di_mode;	/* IFMT and permissions */
	int16_t		di_nlink;
	uint16_t	di_oldids[2];
	uint64_t	di_size;	/* bytes */
	int32_t		di_atime;
	int32_t		di_atimensec;
	int32_t		di_mtime;
	int32_t		di_mtimensec;
	int32_t		di_ctime;
	int32_t		di_ctimensec;
	int32_t		di_db[UFS_NDADDR];
	int32_t		di_ib[UFS_NIADDR];
	uint32_t	di_flags;
	uint32_t	di_blocks;	/* DEV_BSIZE sectors held */
	int32_t		di_gen;
	uint32_t	di_uid;
	uint32_t	di_gid;
	int32_t		di_spare[2];
};

#define	di_shortlink	di_db		/* a short link's target */

_Static_assert(sizeof(struct ufs1_dinode) == 128, "an inode is 128 bytes");
_Static_assert(offsetof(struct ufs1_dinode, di_db) == 40, "di_db is at 40");
_Static_assert(offsetof(struct ufs1_dinode, di_ib) == 88, "di_ib is at 88");

#define	IFMT		0170000		/* di_mode: the type */
#define	IFIFO		0010000
#define	IFCHR		0020000
#define	IFDIR		0040000
#define	IFBLK		0060000
#define	IFREG		0100000
#define	IFLNK		0120000
#define	IFSOCK		0140000

#endif /* !_SYS_UFS_DINODE_H_ */
