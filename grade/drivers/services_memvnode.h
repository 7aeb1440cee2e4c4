/*
 * A file system of memory, for tests: each file is an array of bytes, and what
 * page i/o does with it is counted.
 */
#ifndef _DRIVERS_SERVICES_MEMVNODE_H_
#define	_DRIVERS_SERVICES_MEMVNODE_H_

#include <sys/mount.h>
#include <sys/vnode.h>

#define	MEMFILE_MAX	(24 * PAGE_SIZE)	/* bytes of a file */

struct memfile {
	struct vnode	*vnode;
	uint64_t	size;		/* bytes; `data' has room for MEMFILE_MAX */
	uint8_t		*data;		/* as it is "on the disk" */
	uint32_t	flags;		/* UF_, SF_ */
	int		slow;		/* page i/o sleeps so many ticks, */
	int		fails;		/* or fails so many times */
	int		reads, writes;	/* of page i/o, so far */
	int		inactive;	/* how often nobody used it any more */
	int		reclaimed;	/* the vnode was taken apart */
};

extern struct mount memmount;		/* where all of them are */

/* A new file, whose vnode the caller uses; byte i is seed + i / 7. */
void	memfile_create(struct memfile *mf, enum vtype type, uint64_t size, int seed);
/* It is so many bytes long: as a file system does it. */
void	memfile_truncate(struct memfile *mf, uint64_t size);
/* Take the vnode apart and let it go; its pages are written. */
void	memfile_destroy(struct memfile *mf);

#endif /* !_DRIVERS_SERVICES_MEMVNODE_H_ */
