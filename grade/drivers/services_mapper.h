/*
 * What the tests of mmap(2) and its kin have in common: processes with memory
 * of their own, open files, and system calls.
 *
 * A test is one thread, which is a user's process for a while: its address
 * space can be exchanged for another, so that it stands for parent and child.
 */
#ifndef _DRIVERS_SERVICES_MAPPER_H_
#define	_DRIVERS_SERVICES_MAPPER_H_

#include "services_memvnode.h"

#include <sys/file.h>
#include <vm/vm_map.h>

/* The running process has an empty address space and no open files; and not any more. */
void	mapper_begin(void);
void	mapper_end(void);
/* It sees this address space from now on, whose reference it has; the old one's is the caller's. */
struct vmspace *mapper_switch(struct vmspace *vm);

/* Open a vnode, or (NULL) a pipe, which cannot be mapped: its descriptor. */
int	mapper_open(struct vnode *vp, int flag);

/* mmap(2): its errno, and *addr is where. */
int	mapper_mmap(vm_offset_t *addr, size_t len, int prot, int flags, int fd,
	    int64_t pos);
int	mapper_munmap(vm_offset_t addr, size_t len);
/* A byte of the process' memory: 0 to 255, or -1. */
int	mapper_read(vm_offset_t addr);
int	mapper_write(vm_offset_t addr, uint8_t byte);	/* 0 or EFAULT */

/* What must be as before when a test has given all back. */
#define	CENSUS_ZONES	24

struct census {
	const char	*zone[CENSUS_ZONES];	/* each zone, NULL behind the last, */
	uint32_t	used[CENSUS_ZONES];	/* and its items in use */
	uint32_t	pages;		/* of objects, but the kernel's */
	uint32_t	vnodes, files;	/* pieces of memory */
};
void	census_take(struct census *census);
/*
 * Prints "@census name=... same=1", or what is different; and how many pages are
 * wired: a few more than before may be, which zones and pmap keep for the next.
 */
void	census_compare(const char *name, const struct census *before);

#endif /* !_DRIVERS_SERVICES_MAPPER_H_ */
