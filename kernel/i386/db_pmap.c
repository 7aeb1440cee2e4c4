/*
 * db_pmap: show pmap, show pmap ADDR: what an address space's tables map, in the user's
 * part; without an address that of the process that runs.
 *
 *	pmap 0xc0a2f0b4: directory 0xc0b31000 at 002f1000, 9 resident, 1 wired
 *	08048000 0804a000 at 00345000 r--      2 pages, 2 accessed, 0 modified
 *	bfbff000 bfc00000 at 0034a000 rwW      1 page, 1 accessed, 1 modified
 *
 * A line is a piece without a gap, in memory too, that may be used alike.  W is
 * what is wired.
 *
 * The tables of another address space cannot be seen from here.  But the kernel
 * is the same in all of them: so while a table is copied, its directory is put
 * in CR3.
 *
 * [i386/i386/pmap.c]
 */
#include <ddb/ddb.h>

#include <sys/proc.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <vm/pmap.h>
#include <vm/vm_map.h>

/* A piece that is being gathered. */
struct run {
	uint32_t	va, pa;		/* where it begins */
	uint32_t	pages;
	uint32_t	bits;		/* what its entries agree in */
	uint32_t	accessed, modified;	/* how many were */
};

#define	RUN_BITS	(PG_RW | PG_W)

static void
print_run(const struct run *run)
{
	if (run->pages == 0)
		return;
	db_printf("%08x %08x at %08x r%c%c %6u page%s, %u accessed, "
	    "%u modified\n", run->va, run->va + ptoa(run->pages), run->pa,
	    run->bits & PG_RW ? 'w' : '-', run->bits & PG_W ? 'W' : '-',
	    run->pages, run->pages == 1 ? "" : "s", run->accessed, run->modified);
}

/* Add an entry that is valid; prints what it does not continue. */
static void
add_entry(struct run *run, uint32_t va, pt_entry_t pte)
{
	if (run->pages == 0 || run->bits != (pte & RUN_BITS) ||
	    run->va + ptoa(run->pages) != va ||
	    run->pa + ptoa(run->pages) != (pte & PG_FRAME)) {
		print_run(run);
		*run = (struct run){
			.va = va, .pa = pte & PG_FRAME, .bits = pte & RUN_BITS
		};
	}
	run->pages++;
	run->accessed += (pte & PG_A) != 0;
	run->modified += (pte & PG_M) != 0;
}

/* Copy the table of the directory's entry `index', out of the space of `cr3'. */
static void
copy_table(uint32_t cr3, unsigned int index, pt_entry_t *table)
{
	uint32_t own = rcr3();

	load_cr3(cr3);
	memcpy(table, &PTmap[index * NPTEPG], PAGE_SIZE);
	load_cr3(own);
}

void
db_show_pmap_cmd(db_expr_t addr, int have_addr, db_expr_t count __unused,
    const char *modif __unused)
{
	static pt_entry_t table[NPTEPG];	/* more than the stack has room for */
	struct run run = { .pages = 0 };
	const struct pmap *where;
	struct pmap pmap;
	pd_entry_t pde;
	uint32_t cr3, i, j;

	if (!have_addr && curproc->p_vmspace == NULL)
		db_error("Process %d has no memory of its own\n", curproc->p_pid);
	where = have_addr ? (const void *)addr : vmspace_pmap(curproc->p_vmspace);
	if (db_read_bytes((db_addr_t)(uintptr_t)where, sizeof(pmap), &pmap) != 0)
		db_error("Bad address %p\n", where);
	cr3 = pmap_kextract((vm_offset_t)pmap.pm_pdir);
	if (cr3 == 0 || (cr3 & PAGE_MASK) != 0 ||
	    (pmap.pm_pdir[PTDPTDI] & PG_FRAME) != cr3)
		db_error("%p is no pmap\n", where);
	db_printf("pmap %p: directory %p at %08x, %ld resident, %ld wired\n",
	    (const void *)where, (void *)pmap.pm_pdir, cr3,
	    pmap_resident_count(&pmap), pmap_wired_count(&pmap));
	for (i = 0; i < PTDPTDI; i++) {
		pde = pmap.pm_pdir[i];
		if (!(pde & PG_V))
			continue;
		copy_table(cr3, i, table);
		for (j = 0; j < NPTEPG; j++)
			if (table[j] & PG_V)
				add_entry(&run, (i << PDRSHIFT) + ptoa(j), table[j]);
	}
	print_run(&run);
}
