/*
 * UFS1: the directory entry.  A directory is a row of chunks of DIRBLKSIZ
 * bytes; entries fill a chunk and never cross its end.  d_ino 0 is a free
 * place.
 *
 * [ufs/ufs/dir.h]
 */
#ifndef _SYS_UFS_DIR_H_
#define	_SYS_UFS_DIR_H_

#include <stddef.h>
#include <stdint.h>

#define	DIRBLKSIZ	512
#define	UFS_MAXNAMLEN	255

struct direct {
	uint32_t	d_ino;
	uint16_t	d_reclen;	/* to the next entry, a multiple of 4 */
	uint8_t		d_type;		/* DT_ */
	uint8_t		d_namlen;	/* without the NUL */
	char		d_name[UFS_MAXNAMLEN + 1];
};

_Static_assert(offsetof(struct direct, d_name) == 8, "d_name is at 8");

/* What an entry with a name of this length takes at least. */
#define	DIRSIZ(namlen)	((8 + (namlen) + 1 + 3) & ~3U)

#define	DT_UNKNOWN	0		/* d_type */
#define	DT_FIFO		1
#define	DT_CHR		2
#define	DT_DIR		4
#define	DT_BLK		6
#define	DT_REG		8
#define	DT_LNK		10
#define	DT_SOCK		12
#define	DT_WHT		14

#endif /* !_SYS_UFS_DIR_H_ */
