/*
 * What the host's parts of the test of kernel/vm/vm_map*.c share; vmmap_host.c
 * says how it works.
 */
#ifndef _VMMAP_HOST_H_
#define	_VMMAP_HOST_H_

#include "hostlib.h"

#include <vm/vm_map.h>

#include <sys/proc.h>
#include <sys/systm.h>
#include <vm/vm_object.h>


#define	PAGES	96			/* of a map, at most */

/* What a page of a map is, as far as the test knows. */
struct model_page {
	uint8_t		there;
	vm_prot_t	prot, max;
	vm_inherit_t	inherit;
	vm_eflags_t	eflags;		/* those that stay as they were set */
	int		system_wired, user_wired;
	vm_object_t	object;		/* that it was made for, and which page of it; */
	vm_pindex_t	pindex;
	vm_object_t	seen;		/* or what a write has found there */
	vm_pindex_t	seen_pindex;
};

/* A map, and beside it the model and what "hardware" has. */
struct world {
	struct vmspace	*vm;
	vm_map_t	map;
	vm_offset_t	base;		/* address of page 0 */
	vm_offset_t	min, max;
	struct model_page page[PAGES];
	uint8_t		wired[PAGES];	/* vm_fault_wire() has, */
	vm_prot_t	mapped[PAGES];	/* and a fault has mapped it for */
	struct world	*next;		/* of all worlds */
};
extern struct world *worlds;
extern int	entries, objects, vmspaces;	/* that are there */
extern int	level;			/* of interrupts: 0 or 1 */
extern int	fault_wire_fails;	/* pages until one fails; 0: none does */
extern void	(*while_unlocked)(vm_map_t map); /* what others do meanwhile */
extern struct plimit *limits;
extern struct thread another;		/* one who does it */

struct world *world_new(vm_offset_t min, vm_offset_t max);
void	world_free(struct world *w);
struct world *world_of(vm_map_t map);
/* All that must hold of maps and objects, and of the worlds against the models. */
void	check_all(void);
/* So many references of an object are the test's own. */
#define	held(object)	((object)->un_pager.swp.swp_bcount)
void	hold(vm_object_t object, int count);
vm_object_t object_new(objtype_t type, vm_pindex_t size);

uint32_t draw(uint32_t below);
void	draw_seed(uint32_t seed);

void	ops_run(uint32_t count, vm_offset_t min, vm_offset_t max);
void	cases_run(void);
void	stacks_run(void);
void	locks_run(void);
void	prefault_run(void);

#endif /* !_VMMAP_HOST_H_ */
