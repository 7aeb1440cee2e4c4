/*
 * pmap: from virtual addresses to physical pages, and back.
 *
 * A pmap is the machine's side of an address space; the other side is a map,
 * which knows what should be there.  What a pmap holds is a memory of the map's
 * decisions: mappings of unwired managed pages may be forgotten at any time,
 * and the next fault makes them again.
 *
 *	(pmap, va) -- page tables --> page		pmap_extract() ...
 *	page -- its pv entries --> all (pmap, va)	pmap_remove_all() ...
 *
 * Managed are all pages but those marked PG_FICTITIOUS or PG_UNMANAGED: of them
 * it is known where they are mapped, and whether they were used (reported as
 * PG_REFERENCED) and written (vm_page_dirty()).
 *
 * Addresses are page-aligned, ranges go from `sva' to before `eva'.  Functions
 * on managed mappings are called between sleeps, never by an interrupt's handler
 * (those that a page's I/O ends with look at the page alone).  The kernel's
 * windows and k- and q- functions may be used up to splvm.  None sleeps but
 * pmap_enter() and pmap_pinit().
 *
 * [vm/pmap.h, i386/i386/pmap.c]
 */
#ifndef _VM_PMAP_H_
#define	_VM_PMAP_H_

#include <i386/pmap.h>			/* struct pmap, struct md_page */
#include <vm/vm.h>

typedef struct pmap	*pmap_t;

struct thread;

/* ---------------------------------------------------------------- start */

/* The kernel's addresses that nothing is mapped at, after pmap_bootstrap(); */
extern vm_offset_t virtual_avail, virtual_end;
/* up to here there are page tables for them. */
extern vm_offset_t kernel_vm_end;

/* From init386(): the mapping at 0 goes away, and there is kernel_pmap. */
void	pmap_bootstrap(void);
/* From vm_mem_init(), when there is kernel_map: pv entries can be had. */
void	pmap_init(void);
/*
 * Page tables for the kernel's addresses below `addr', in every directory: 1; or
 * 0 if there is no page for one.  Whoever gives out addresses of kernel_map calls
 * it before.
 */
int	pmap_growkernel(vm_offset_t addr);

/* ---------------------------------------------------------------- an address space */

/*
 * A new one, with the kernel in it and nothing else: 1; or 0 where the kernel
 * has no addresses left for its directory.  Sleeps while there is no page.
 */
int	pmap_pinit(pmap_t pmap);
/* vmspace0's: its directory is the kernel's. */
void	pmap_pinit0(pmap_t pmap);
/* Its directory goes.  Nothing is mapped in it, and no thread has it active. */
void	pmap_release(pmap_t pmap);
/* The thread, which is the current one, sees its process' vmspace from now on. */
void	pmap_activate(struct thread *td);

/* ---------------------------------------------------------------- mappings */

/*
 * Map `m' at `va', instead of what was mapped there, with these rights (VM_PROT_;
 * to read is always among them).  A page that may be written is PG_WRITEABLE from
 * now on.  A wired mapping stays until it is removed.  May sleep for memory.
 */
void	pmap_enter(pmap_t pmap, vm_offset_t va, vm_page_t m, vm_prot_t prot,
	    int wired);
/*
 * The same to read only, if that is cheap: nothing is mapped there, and memory
 * for tables is at hand.  `enter_object' maps the page `m_start' and those behind
 * it in its object, each as far from `start' as it is from `m_start', up to `end'.
 */
void	pmap_enter_quick(pmap_t pmap, vm_offset_t va, vm_page_t m, vm_prot_t prot);
void	pmap_enter_object(pmap_t pmap, vm_offset_t start, vm_offset_t end,
	    vm_page_t m_start, vm_prot_t prot);
/* Unmap a range, wired or not. */
void	pmap_remove(pmap_t pmap, vm_offset_t sva, vm_offset_t eva);
/*
 * Unmap the managed, unwired pages of a range: quick where that is all a
 * process has, at its end.  The rest is pmap_remove()'s.
 */
void	pmap_remove_pages(pmap_t pmap, vm_offset_t sva, vm_offset_t eva);
/* Take away the rights that `prot' does not have; without READ, all of them. */
void	pmap_protect(pmap_t pmap, vm_offset_t sva, vm_offset_t eva, vm_prot_t prot);
/* The mapping at `va', if there is one, is wired or not, from now on. */
void	pmap_change_wiring(pmap_t pmap, vm_offset_t va, int wired);
/*
 * Give `dst' the mappings that `src' has in a range, at the same addresses
 * (dst_addr is src_addr) and not wired, as far as that is cheap: those of managed
 * pages.  What a copy must not write is write-protected in `src' before.
 */
void	pmap_copy(pmap_t dst, pmap_t src, vm_offset_t dst_addr, vm_size_t len,
	    vm_offset_t src_addr);

/* The physical address behind `va', 0 if nothing is mapped there. */
vm_paddr_t pmap_extract(pmap_t pmap, vm_offset_t va);
/* Nothing is mapped there, but a page table is there: a mapping would be cheap. */
int	pmap_is_prefaultable(pmap_t pmap, vm_offset_t va);
/* mincore(2)'s bits of what is mapped there; 0 if nothing is. */
int	pmap_mincore(pmap_t pmap, vm_offset_t va);

/* ---------------------------------------------------------------- a page's mappings */

/* Unmap it everywhere. */
void	pmap_remove_all(vm_page_t m);
/* Take away, everywhere, the rights that `prot' does not have. */
void	pmap_page_protect(vm_page_t m, vm_prot_t prot);
/* How many of its mappings are wired. */
int	pmap_page_wired_mappings(vm_page_t m);
/* Has some mapping written it since that was last cleared or reported? */
int	pmap_is_modified(vm_page_t m);
void	pmap_clear_modify(vm_page_t m);
/* How many mappings (of a few) have used it since; clears that. */
int	pmap_ts_referenced(vm_page_t m);
void	pmap_clear_reference(vm_page_t m);

/* ---------------------------------------------------------------- contents */

/* By windows of the kernel's: the pages need not be mapped anywhere. */
void	pmap_zero_page(vm_page_t m);
void	pmap_zero_page_area(vm_page_t m, int off, int size);
void	pmap_zero_page_idle(vm_page_t m);	/* the idle process': interrupts come */
void	pmap_copy_page(vm_page_t src, vm_page_t dst);

/* ---------------------------------------------------------------- the kernel's own */

/*
 * Map a page for reading and writing, wired and not managed; it need not be
 * unmapped before.  There is a page table.
 */
void	pmap_kenter(vm_offset_t va, vm_paddr_t pa);
void	pmap_kremove(vm_offset_t va);
/* The physical address behind a kernel's one, which is mapped; 0 if it is not. */
vm_paddr_t pmap_kextract(vm_offset_t va);
#define	vtophys(va)	pmap_kextract((vm_offset_t)(va))

/* Map `count' pages one behind the other; take so many mappings away. */
void	pmap_qenter(vm_offset_t va, vm_page_t *m, int count);
void	pmap_qremove(vm_offset_t va, int count);

#endif /* !_VM_PMAP_H_ */
