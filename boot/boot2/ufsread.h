/*
 * Reading files from a UFS1 file system, by path.
 *
 * Who uses it provides the disk, dskread(), and calls fs_open() for each new
 * partition, lookup() for a path, and fsread() for the bytes.  Nothing on the
 * disk is believed: what cannot be true ends in a message and in an error
 * value, whatever the file system looks like.
 */
#ifndef _BOOT2_UFSREAD_H_
#define	_BOOT2_UFSREAD_H_

#include <stdint.h>
#include <sys/ufs/dinode.h>

#define	DSK_MAX		127		/* sectors that dskread() reads at most */

/* The position in the file: where the next fsread() begins. */
extern uint32_t fs_off;

/* The inode that lookup() found, and fsread() reads. */
extern struct ufs1_dinode fs_inode;

/* Set by lookup() when the path was a `?': a directory has been listed. */
extern uint8_t ls;

/*
 * Returns the address of `count' (1 to DSK_MAX) sectors of the partition,
 * from sector `lba' on, in a buffer that the next call overwrites.  Returns
 * NULL, after a message, when they cannot be read or lie outside of it.
 */
const void *dskread(uint32_t lba, uint32_t count);

/* The size of the partition, in sectors. */
extern uint32_t dsk_size;

int	fs_open(void);
int	lookup(const char *path);
int32_t	fsread(void *buf, uint32_t nbyte);

#endif /* !_BOOT2_UFSREAD_H_ */
