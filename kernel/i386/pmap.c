/*
 * pmap.c: the kernel's mappings.
 *
 * locore has made NKPT page tables, one behind the other, and mapped what it
 * knew of: physical memory up to `first'.  The rest of their entries are 0.
 *
 *	KERNBASE				 virtual_end
 *	   | page 0 ... kernel, tables, stack |    |
 *	   +----------------------------------+----+-- ... --+
 *	   | va = pa + KERNBASE               |zero|         | NKPT * 4 MB
 *	   +----------------------------------+----+-- ... --+
 *			      KERNBASE + first      virtual_avail, which goes up
 *
 * All entries are reached at PTmap, through the directory's entry for itself:
 * that of an address stands at PTmap[address / PAGE_SIZE].
 *
 * The CPU remembers what an entry said, in its TLB, and nothing tells it of a
 * change: so each is followed by an INVLPG of the page.
 *
 * [i386/i386/pmap.c]
 */
#include <vm/pmap.h>

#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/md_var.h>
#include <vm/vm_extern.h>
#include <vm/vm_page.h>

vm_offset_t virtual_avail, virtual_end;

static vm_offset_t zero_window;		/* where pmap_zero_page() sees its page */

/*
 * Take the mapping at 0 away, which locore needed to turn paging on: from
 * here on a null pointer faults.
 */
static void
unmap_low(void)
{
	unsigned i;

	for (i = 0; i < NKPT; i++)
		PTD[i] = 0;
	load_cr3(rcr3());
}

void
pmap_bootstrap(vm_paddr_t first)
{
	zero_window = KERNBASE + first;
	virtual_avail = zero_window + PAGE_SIZE;
	virtual_end = KERNBASE + NKPT * NBPDR;
	unmap_low();
}

void
pmap_kenter(vm_offset_t va, vm_paddr_t pa)
{
	*vtopte(va) = pa | PG_RW | PG_V;
	invlpg(va);
}

void
pmap_kremove(vm_offset_t va)
{
	*vtopte(va) = 0;
	invlpg(va);
}

vm_paddr_t
pmap_kextract(vm_offset_t va)
{
	uint32_t pte;

	if (!(PTD[va >> PDRSHIFT] & PG_V))
		return (0);
	pte = *vtopte(va);
	if (!(pte & PG_V))
		return (0);
	return ((pte & PG_FRAME) | (va & PAGE_MASK));
}

void
pmap_qenter(vm_offset_t va, vm_page_t *m, int count)
{
	for (; count > 0; count--, va += PAGE_SIZE, m++)
		pmap_kenter(va, VM_PAGE_TO_PHYS(*m));
}

void
pmap_qremove(vm_offset_t va, int count)
{
	for (; count > 0; count--, va += PAGE_SIZE)
		pmap_kremove(va);
}

/* The window is one for all: who is interrupted must not find another page in it. */
void
pmap_zero_page(vm_page_t m)
{
	int s = splvm();

	pmap_kenter(zero_window, VM_PAGE_TO_PHYS(m));
	bzero((void *)zero_window, PAGE_SIZE);
	splx(s);
}

/* Until there is kernel_map, addresses are taken from virtual_avail on. */
void *
pmap_mapdev(uint32_t pa, uint32_t size)
{
	uint32_t offset, va, at;

	offset = pa & PAGE_MASK;
	size = round_page(offset + size);
	if (kernel_map != NULL)
		va = kmem_alloc_nofault(kernel_map, size);
	else if (size <= virtual_end - virtual_avail) {
		va = virtual_avail;
		virtual_avail += size;
	} else
		va = 0;
	KASSERT(va != 0, ("pmap_mapdev: no room for %u bytes", size));
	for (at = 0; at < size; at += PAGE_SIZE)
		pmap_kenter(va + at, (pa & PG_FRAME) + at);
	return ((void *)(va + offset));
}
