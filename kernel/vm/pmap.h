/*
 * The kernel's mappings: all that the rest of the kernel knows of page tables.
 *
 * The kernel's page tables are there from the start (NKPT of them): entering
 * and removing needs no memory and cannot fail.  Addresses are of the kernel
 * and behind its image; they are page-aligned.
 *
 * [vm/pmap.h, i386/i386/pmap.c]
 */
#ifndef _VM_PMAP_H_
#define	_VM_PMAP_H_

#include <vm/vm.h>

/* The kernel's addresses that nothing is mapped at, after pmap_bootstrap(). */
extern vm_offset_t virtual_avail, virtual_end;

/*
 * From init386(): the kernel's image and the loader's files end at the physical
 * page `first'; the mapping at 0 goes away.
 */
void	pmap_bootstrap(vm_paddr_t first);

/* Map a page for reading and writing; it need not be unmapped before. */
void	pmap_kenter(vm_offset_t va, vm_paddr_t pa);
void	pmap_kremove(vm_offset_t va);
/* The physical address behind a kernel's one, which is mapped; 0 if it is not. */
vm_paddr_t pmap_kextract(vm_offset_t va);
#define	vtophys(va)	pmap_kextract((vm_offset_t)(va))

/* Map `count' pages one behind the other; take so many mappings away. */
void	pmap_qenter(vm_offset_t va, vm_page_t *m, int count);
void	pmap_qremove(vm_offset_t va, int count);

/* Fill a physical page, mapped or not, with zeros. */
void	pmap_zero_page(vm_page_t m);

#endif /* !_VM_PMAP_H_ */
