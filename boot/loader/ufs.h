/*
 * ufs.h: what the two halves of UFS share: names (ufs.c), and the inodes and
 * bytes behind them (ufs_inode.c).
 */
#ifndef _LOADER_UFS_H_
#define	_LOADER_UFS_H_

#include "bootstrap.h"

#include <sys/ufs/dinode.h>
#include <sys/ufs/dir.h>
#include <sys/ufs/fs.h>

/* An open file: f_fsdata. */
struct file {
	struct fs		f_fs;		/* the superblock's first part */
	struct ufs1_dinode	f_di;
	uint32_t		f_ino;
	int64_t			f_sector;	/* what f_buf holds; -1: nothing */
	char			f_buf[DEV_BSIZE];
};

/*
 * All three return 0 or an errno value.
 *
 * Read and check the superblock.  EINVAL: this is not UFS1, or it is damaged.
 */
int	ufs_superblock(struct open_file *f, struct fs *fs);
/* Make inode `ino' the open file's; the offset is 0 then. */
int	ufs_inode(struct open_file *f, uint32_t ino);
/*
 * Read at the offset, and move it; *resid is what was not read, for the end
 * of the file.  The caller has looked at the inode's type.
 */
int	ufs_bytes(struct open_file *f, void *buf, size_t size, size_t *resid);

#endif /* !_LOADER_UFS_H_ */
