/*
 * services_fault: what tests of faults have in common.
 */
#ifndef _DRIVERS_SERVICES_FAULT_H_
#define	_DRIVERS_SERVICES_FAULT_H_

#include "services.h"

#include <vm/vm_extern.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

vm_map_t own_map(void);			/* the running process' */
/* Map an object (its reference goes along) of the running process, at `at'. */
vm_offset_t map_at(vm_offset_t at, vm_object_t object, vm_size_t size,
	    vm_prot_t prot, vm_prot_t max, int cow);
/* A word of the process' memory, read by ring 3: DEAD0000h + its signal, if it got one. */
uint32_t user_get(vm_offset_t va);
/* The same, written; its signal, or 0. */
int	user_put(vm_offset_t va, uint32_t value);
vm_paddr_t frame_at(vm_offset_t va);	/* what is mapped there, or 0 */
vm_page_t filled_page(vm_object_t object, vm_pindex_t pindex, uint32_t value);
/* The test outside stops here, and reads what the page tables have for `va'. */
void	fault_mark(const char *name, uint32_t va);

#endif /* !_DRIVERS_SERVICES_FAULT_H_ */
