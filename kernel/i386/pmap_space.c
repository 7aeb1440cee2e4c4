/*
 * pmap_space: address spaces are made, become what runs, and go.
 *
 * Each has a directory, a page, whose upper quarter is the kernel's: the kernel is
 * the same everywhere.
 *
 *	directory   0 ............ 2FE | 2FF	| 300 ...... 3FF
 *		    the user's tables  | itself	| the kernel's tables
 *
 * The user's tables come and go with what is mapped.  That of vmspace0 has none;
 * its directory is the kernel's own, which locore has made.
 *
 * [i386/i386/pmap.c]
 */
#include <i386/pmap_var.h>

#include <sys/proc.h>
#include <i386/pcb.h>
#include <i386/specialreg.h>
#include <vm/vm_extern.h>
#include <vm/vm_map.h>

struct pmaplist allpmaps = TAILQ_HEAD_INITIALIZER(allpmaps);

/* ---------------------------------------------------------------- made and given up */

void
pmap_space_init(pmap_t pmap, pd_entry_t *directory)
{
	int s;

	pmap->pm_pdir = directory;
	TAILQ_INIT(&pmap->pm_pvlist);
	pmap->pm_stats.resident_count = 0;
	pmap->pm_stats.wired_count = 0;
	s = splvm();
	TAILQ_INSERT_HEAD(&allpmaps, pmap, pm_list);
	splx(s);
}

void
pmap_pinit0(pmap_t pmap)
{
	pmap_space_init(pmap, kernel_pmap->pm_pdir);
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
	directory[PTDPTDI] = VM_PAGE_TO_PHYS(m) | PG_V | PG_RW | PG_A | PG_M;
	/* In the list first: an interrupt may make the kernel grow meanwhile. */
	pmap_space_init(pmap, directory);
	memcpy(directory + KPTDI, PTD + KPTDI, kernel_part());
	return (1);
}

void
pmap_release(pmap_t pmap)
{
	vm_page_t m = PHYS_TO_VM_PAGE(pmap->pm_pdir[PTDPTDI]);
	int s;

	KASSERT(pmap->pm_stats.resident_count == 0,
	    ("pmap_release: pmap resident count %ld != 0",
	    pmap->pm_stats.resident_count));
	KASSERT(!pmap_is_current(pmap), ("pmap_release: it is what runs"));
	s = splvm();
	TAILQ_REMOVE(&allpmaps, pmap, pm_list);
	splx(s);
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

/* ---------------------------------------------------------------- what is mapped */

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

int
pmap_is_prefaultable(pmap_t pmap, vm_offset_t va)
{
	pt_entry_t *pte = pmap_pte(pmap, va);

	return (pte != NULL && *pte == 0);
}
