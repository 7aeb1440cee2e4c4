/*
 * What the tests of pmap share: pages of their own, and an address space to
 * look into.
 */
#ifndef _DRIVERS_SERVICES_PMAP_H_
#define	_DRIVERS_SERVICES_PMAP_H_

#include "services.h"

#include <i386/pmap_var.h>

#define	BASE	0x10000000		/* a user's address: its page table's first */

/* Managed pages of no object, unused and clean; word 0 of each is its number. */
void	pages_make(vm_page_t *pages, int count);
void	pages_free(vm_page_t *pages, int count);
/* The same again, of one that is mapped nowhere. */
void	page_refresh(vm_page_t m);

/* This process sees the user's part of `pmap', or of the kernel's, from now on. */
void	see(pmap_t pmap);

/*
 * The word at a user's address, as the kernel reads it there; -1 if it faults.
 * And write it: 0 or -1.
 */
#define	look(va)	fuword((const void *)(va))
#define	touch(va, word)	suword((void *)(va), (word))

/* What the page tables say of an address. */
pt_entry_t entry_of(pmap_t pmap, vm_offset_t va);

#endif /* !_DRIVERS_SERVICES_PMAP_H_ */
