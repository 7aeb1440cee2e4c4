/*
 * pmap: the kernel's mappings, and the directories of address spaces.
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
 * More tables come when kernel_map gives out addresses behind them.  The kernel
 * is the same everywhere: the upper quarter of each directory, from KERNBASE on,
 * has the same entries.
 *
 *	directory   0 ............ 2FE | 2FF	| 300 ...... 3FF
 *		    the user's tables  | itself	| the kernel's tables
 *
 * Kernel entries have PG_G, where the CPU knows it: the TLB keeps them when CR3
 * is loaded.
 *
 * [i386/i386/pmap.c]
 */
#include <i386/pmap_var.h>

#include <sys/proc.h>
#include <i386/md_var.h>
#include <i386/pcb.h>
#include <i386/specialreg.h>
#include <vm/vm_extern.h>
#include <vm/vm_map.h>

struct pmap kernel_pmap_store;
struct pmaplist allpmaps = TAILQ_HEAD_INITIALIZER(allpmaps);

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

static void
pmap_init_empty(pmap_t pmap, pd_entry_t *directory)
{
	pmap->pm_pdir = directory;
	TAILQ_INIT(&pmap->pm_pvlist);
	pmap->pm_stats.resident_count = 0;
	pmap->pm_stats.wired_count = 0;
	TAILQ_INSERT_HEAD(&allpmaps, pmap, pm_list);
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
	pmap_init_empty(kernel_pmap, (pd_entry_t *)(IdlePTD + KERNBASE));
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

void
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
			panic("pmap_growkernel: no memory to grow kernel");
		entry = VM_PAGE_TO_PHYS(table) | PG_V | PG_RW | PG_A | PG_M;
		TAILQ_FOREACH(pmap, &allpmaps, pm_list)
			pmap->pm_pdir[kernel_vm_end >> PDRSHIFT] = entry;
		/* The last table's last page is not the kernel's. */
		kernel_vm_end = MIN(kernel_vm_end + (NBPDR - 1),
		    VM_MAX_KERNEL_ADDRESS - 1) + 1;
	}
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
	else if (size <= kernel_vm_end - virtual_avail) {
		va = virtual_avail;
		virtual_avail += size;
	} else
		va = 0;
	KASSERT(va != 0, ("pmap_mapdev: no room for %u bytes", size));
	for (at = 0; at < size; at += PAGE_SIZE)
		pmap_kenter(va + at, (pa & PG_FRAME) + at);
	return ((void *)(va + offset));
}

/* ---------------------------------------------------------------- address spaces */

void
pmap_pinit0(pmap_t pmap)
{
	pmap_init_empty(pmap, kernel_pmap->pm_pdir);
}

/*
 * Where a directory is seen: addresses that another one has left, or new ones.
 * Taking some from kernel_map costs more than all the rest of pmap_pinit().
 */
#define	SPARES	16
static vm_offset_t spare[SPARES];
static int	spares;

static vm_offset_t
address_get(void)
{
	if (spares > 0)
		return (spare[--spares]);
	return (kmem_alloc_nofault(kernel_map, PAGE_SIZE));
}

static void
address_put(vm_offset_t va)
{
	if (spares < SPARES)
		spare[spares++] = va;
	else
		kmem_free(kernel_map, va, PAGE_SIZE);
}

/* How much of a directory the kernel has, from KPTDI on. */
static vm_size_t
kernel_part(void)
{
	return (howmany(kernel_vm_end - KERNBASE, NBPDR) * sizeof(pd_entry_t));
}

int
pmap_pinit(pmap_t pmap)
{
	vm_offset_t va = address_get();
	pd_entry_t *directory = (pd_entry_t *)va;
	vm_page_t m;

	if (va == 0)
		return (0);
	while ((m = vm_page_alloc(NULL, 0, VM_ALLOC_NORMAL | VM_ALLOC_NOOBJ |
	    VM_ALLOC_WIRED | VM_ALLOC_ZERO)) == NULL)
		VM_WAIT;
	pmap_qenter(va, &m, 1);
	memcpy(directory + KPTDI, PTD + KPTDI, kernel_part());
	directory[PTDPTDI] = VM_PAGE_TO_PHYS(m) | PG_V | PG_RW | PG_A | PG_M;
	pmap_init_empty(pmap, directory);
	return (1);
}

void
pmap_release(pmap_t pmap)
{
	vm_page_t m = PHYS_TO_VM_PAGE(pmap->pm_pdir[PTDPTDI]);

	KASSERT(pmap->pm_stats.resident_count == 0,
	    ("pmap_release: pmap resident count %ld != 0",
	    pmap->pm_stats.resident_count));
	KASSERT(!pmap_is_current(pmap), ("pmap_release: it is what runs"));
	TAILQ_REMOVE(&allpmaps, pmap, pm_list);
	pmap->pm_pdir[PTDPTDI] = 0;
	bzero(pmap->pm_pdir + KPTDI, kernel_part());
	pmap_qremove((vm_offset_t)pmap->pm_pdir, 1);
	address_put((vm_offset_t)pmap->pm_pdir);
	vm_page_free_zero(m);
}

void
pmap_activate(struct thread *td)
{
	pmap_t pmap = vmspace_pmap(td->td_proc->p_vmspace);

	td->td_pcb->pcb_cr3 = pmap->pm_pdir[PTDPTDI] & PG_FRAME;
	load_cr3(td->td_pcb->pcb_cr3);
}

/* ---------------------------------------------------------------- page tables */

/*
 * A load of CR3 costs about as much as two INVLPGs, and then a walk through the
 * tables for each page of the user's that is used again: the TLB of a Pentium
 * has 64 entries.  Global pages stay, unless PGE goes for a moment.
 */
#define	INVLPG_MAX	32		/* pages */

void
pmap_invalidate_range(pmap_t pmap, vm_offset_t sva, vm_offset_t eva)
{
	if (!pmap_is_current(pmap))
		return;
	if (eva - sva <= ptoa(INVLPG_MAX)) {
		for (; sva < eva; sva += PAGE_SIZE)
			invlpg(sva);
	} else if (pmap == kernel_pmap && pgeflag != 0) {
		load_cr4(rcr4() & ~CR4_PGE);
		load_cr4(rcr4() | CR4_PGE);
	} else
		load_cr3(rcr3());
}

/*
 * The CPU knows the table's place at PTmap, too; and its entry of the directory
 * is forgotten with that.
 */
void
pmap_table_free(pmap_t pmap, vm_offset_t va, vm_page_t table)
{
	pmap->pm_pdir[va >> PDRSHIFT] = 0;
	pmap->pm_stats.resident_count--;
	pmap_invalidate_page(pmap, (vm_offset_t)vtopte(va));
	table->wire_count = 1;
	vm_page_free_zero(table);
}

vm_paddr_t
pmap_extract(pmap_t pmap, vm_offset_t va)
{
	pd_entry_t pde = pmap->pm_pdir[va >> PDRSHIFT];
	pt_entry_t pte;

	if (!(pde & PG_V))
		return (0);
	if (pde & PG_PS)
		return ((pde & PG_PS_FRAME) | (va & PDRMASK));
	pte = *pmap_pte(pmap, va);
	if (!(pte & PG_V))
		return (0);
	return ((pte & PG_FRAME) | (va & PAGE_MASK));
}

vm_page_t
pmap_extract_and_hold(pmap_t pmap, vm_offset_t va, vm_prot_t prot)
{
	pt_entry_t *pte = pmap_pte(pmap, va);
	vm_page_t m;

	if (pte == NULL || !(*pte & PG_V))
		return (NULL);
	if ((prot & VM_PROT_WRITE) && !(*pte & PG_RW))
		return (NULL);
	m = PHYS_TO_VM_PAGE(*pte);
	if (m != NULL)
		vm_page_hold(m);
	return (m);
}

int
pmap_is_prefaultable(pmap_t pmap, vm_offset_t va)
{
	pt_entry_t *pte = pmap_pte(pmap, va);

	return (pte != NULL && *pte == 0);
}
