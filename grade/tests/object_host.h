/*
 * What the parts of object_host.c share: the host's library, the draws, and the
 * machine: physical pages of one word each, mappings, swap and files.
 */
#ifndef _OBJECT_HOST_H_
#define	_OBJECT_HOST_H_

#include "hostlib.h"

#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <sys/vnode.h>
#include <i386/md_var.h>
#include <vm/pmap.h>
#include <vm/swap_pager.h>
#include <vm/uma.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pageout.h>
#include <vm/vm_pager.h>


#define	MEMORY_PAGES	1000
#define	FILE_PAGES	12
#define	MAX_PAGES	64		/* of an object */

/* A mapping: of page `index' of somebody's memory. */
struct mapping {
	struct pv_entry	pv;		/* of the page's list */
	vm_page_t	m;		/* NULL: it is none */
	int		writable, modified, wired;
};

extern uint32_t	contents[MEMORY_PAGES];	/* of each physical page */
extern uint32_t	file[FILE_PAGES];	/* what is in the one file, */
extern struct vnode file_vnode;
extern int	swap_slots;		/* in use */
extern int	swap_copy_fails;	/* always; else it does now and then */
extern int	sleeps, sleep_timo;	/* how often, how long the last time */
extern int	zeroings, flushes;
extern int	flushes_fail;
extern void	(*sleeper)(const void *chan);	/* what happens meanwhile */

/* The same numbers after the same seed: from 0 to below - 1. */
uint32_t draw(uint32_t below);
void	draw_seed(uint32_t seed);

/* Memory, with all pages free; then objects and pagers. */
void	machine_start(void);
uint32_t *page_word(vm_page_t m);
void	map_page(struct mapping *map, vm_page_t m, int writable);
void	unmap_page(struct mapping *map);
void	protect_page(struct mapping *map);

/* object_host_files.c: objects with a name; many pages at once. */
void	test_files(void);
/* object_host_pages.c: what a page does by itself; what must panic. */
void	test_pages(void);
void	test_tree(uint32_t count);
void	test_wrong(const char *how);

#endif /* !_OBJECT_HOST_H_ */
