/*
 * biosdisk.h: what the two halves of the disk driver share: sectors
 * (biosdisk.c), and the slices and partitions they are divided into
 * (diskslice.c).
 */
#ifndef _LOADER_BIOSDISK_H_
#define	_LOADER_BIOSDISK_H_

#include "bootstrap.h"

/*
 * Read `size' bytes, whole sectors, from sector `lba' of a disk that
 * bd_unit2bios() knows.  0, or EIO after a message.
 */
int		bd_read(int unit, uint64_t lba, size_t size, void *buf);
/* How many sectors it has; the most there can be where the BIOS does not say. */
uint64_t	bd_sectors(int unit);

/* Members of struct devsw. */
int		bd_open(struct devdesc *dev);
int		bd_print(int verbose);

#endif /* !_LOADER_BIOSDISK_H_ */
