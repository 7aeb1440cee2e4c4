/*
 * pmap: the kernel's mappings.
 *
 * locore has made NKPT page tables, one behind the other, and mapped what it
 * knew of: physical memory up to a multiple of 4 MB, and proc0's stack.  The rest
 * of their entries are 0.
 *
 *	KERNBASE					      kernel_vm_end
 *	   | page 0 ... kernel, tables |  |     |       |		|
 *	   +---------------------------+--+-----+-------+---- ... ------+
 *	   | va = pa + KERNBASE	       |  |stack|windows|		| NKPT * 4 MB
 *	   +---------------------------+--+-----+-------+---- ... ------+
 *				  n * 4 MB	virtual_avail, which goes up
 *
 * More tables come when kernel_map gives out addresses behind them, and are
 * entered into all directories.
 *
 * Kernel entries have PG_G, where the CPU knows it: the TLB keeps them when CR3
 * is loaded.
 *
 * [i386/i386/pmap.c]
 */
#include <i386/pmap_var.h>

#include <i386/md_var.h>
#include <i386/specialreg.h>
#include <vm/vm_extern.h>
#include <vm/vm_param.h>

struct pmap kernel_pmap_store;

vm_offset_t virtual_avail, virtual_end, kernel_vm_end;
uint32_t pgeflag;

/* ---------------------------------------------------------------- start */

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

/*
 * From here on the kernel's pages are global, and so are those that locore has
 * mapped, from KERNBASE to `end'.  Not the tables: an entry of the directory is,
 * at PTmap, one of a page, and the user's part of PTmap must not stay.
 */
static void
make_global(vm_offset_t end)
{
	pd_entry_t *pde;
	vm_offset_t va;
	vm_size_t size;

	if (!(cpu_feature & CPUID_PGE))
		return;
	pgeflag = PG_G;
	for (va = KERNBASE; va < end; va += size) {
		pde = &PTD[va >> PDRSHIFT];
		size = *pde & PG_PS ? NBPDR : PAGE_SIZE;
		if (*pde & PG_PS)
			*pde |= PG_G;
		else if (*vtopte(va) & PG_V)
			*vtopte(va) |= PG_G;
	}
	load_cr4(rcr4() | CR4_PGE);
}

void
pmap_bootstrap(void)
{
	unmap_low();
	virtual_avail = proc0kstack + KSTACK_PAGES * PAGE_SIZE;
	make_global(virtual_avail);
	pmap_windows_init(&virtual_avail);
	kernel_vm_end = KERNBASE + NKPT * NBPDR;
	virtual_end = VM_MAX_KERNEL_ADDRESS;
	pmap_space_init(kernel_pmap, (pd_entry_t *)(IdlePTD + KERNBASE));
}

void
pmap_init(void)
{
	pmap_pv_init();
}

/* ---------------------------------------------------------------- the kernel's own */

void
pmap_kenter(vm_offset_t va, vm_paddr_t pa)
{
	pt_entry_t *pte = vtopte(va), old = *pte;

	*pte = pa | PG_RW | PG_V | pgeflag;
	if (old & PG_V)
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
	return (pmap_extract(kernel_pmap, va));
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

/* Tables stay: those that have come before one fails, too. */
int
pmap_growkernel(vm_offset_t addr)
{
	pd_entry_t entry;
	vm_page_t table;
	pmap_t pmap;
	int s = splvm();

	while (addr > kernel_vm_end) {
		table = vm_page_alloc(NULL, 0, VM_ALLOC_NOOBJ | VM_ALLOC_INTERRUPT |
		    VM_ALLOC_WIRED | VM_ALLOC_ZERO);
		if (table == NULL)
			break;
		entry = VM_PAGE_TO_PHYS(table) | PG_V | PG_RW | PG_A | PG_M;
		TAILQ_FOREACH(pmap, &allpmaps, pm_list)
			pmap->pm_pdir[kernel_vm_end >> PDRSHIFT] = entry;
		/* The last table's last page is not the kernel's. */
		kernel_vm_end = MIN(kernel_vm_end + (NBPDR - 1),
		    VM_MAX_KERNEL_ADDRESS - 1) + 1;
	}
	splx(s);
	return (addr <= kernel_vm_end);
}

void *
pmap_mapdev(uint32_t pa, uint32_t size)
{
	uint32_t offset, va, at;

	offset = pa & PAGE_MASK;
	size = round_page(offset + size);
	va = kmem_alloc_nofault(kernel_map, size);
	KASSERT(va != 0, ("pmap_mapdev: no room for %u bytes", size));
	for (at = 0; at < size; at += PAGE_SIZE)
		pmap_kenter(va + at, (pa & PG_FRAME) + at);
	return ((void *)(va + offset));
}
