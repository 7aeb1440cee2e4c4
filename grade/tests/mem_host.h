/*
 * What the parts of mem_host share: the host's library, by other names where
 * the kernel has the same, the draws, and the machine that memory is in.
 */
#ifndef _MEM_HOST_H_
#define	_MEM_HOST_H_

#include "hostlib.h"

#include <sys/malloc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>
#include <i386/md_var.h>
#include <vm/pmap.h>
#include <vm/vm_kern.h>
#include <vm/vm_page.h>

void	*mmap(void *at, size_t size, int protection, int flags, int file, long offset);
int	memfd_create(const char *name, unsigned flags);
int	ftruncate(int file, long size);

#define	PROT_RW		3
#define	MAP_SHARED	0x01
#define	MAP_PRIVATE	0x02
#define	MAP_FIXED	0x10
#define	MAP_ANONYMOUS	0x20

#define	KVA_START	0x20000000U	/* where the kernel's addresses begin, */
#define	KVA_PAGES	8192		/* and how many there are */

extern struct malloc_type M_TEST[1], M_OTHER[1], M_INTR[1];
extern int	interrupts;			/* do they come? */
extern void	*intr_pieces[16];		/* what their handler has, of M_INTR */
extern void	(*intr_more)(void);		/* and it calls this */
extern void	(*sleeper)(void);		/* what happens while one sleeps */
extern int	sleeps, wakeups;		/* how often one did, and was woken */

/* The same numbers after the same seed: from 0 to below - 1. */
unsigned int draw(unsigned int below);
/* No free page is zeroed by chance. */
void	fill_free_pages(void);
/* Zones, objects, entries, kernel_map. */
void	memory_start(void);
/* Free pages, and those that have become the maps' entries, which stay that. */
uint32_t pages_left(void);
/* A page of no object. */
vm_page_t page_alloc(int req);
/* All pages that are left, which only give_one() gives back. */
void	take_all(void);
void	give_one(void);
void	give_none(void);
extern unsigned int hoarded;			/* how many there are */

/* Each is a command, or a part of one. */
void	test_pages(void);			/* mem_host_pages.c */
void	test_wait(void);
void	test_maps(unsigned int count);		/* mem_host_maps.c */
void	test_fragments(void);
void	test_malloc(unsigned int count);	/* mem_host_malloc.c */
void	wrong_memory(const char *how);
void	test_zones(unsigned int count);		/* mem_host_zones.c */
void	test_limits(void);
void	wrong_zones(const char *how);

#endif /* !_MEM_HOST_H_ */
