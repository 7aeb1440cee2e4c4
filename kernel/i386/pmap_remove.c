/*
 * pmap_remove: mappings go, or lose rights.
 *
 * A range is gone through table by table: where there is none, 4 MB are passed at
 * once.  With a table's last entry the table goes, too, and the rest of it need
 * not be looked at.
 *
 * Of what goes the page is told what the CPU has put into the entry.  What only
 * loses rights keeps that in the entry: an entry may have PG_M and not PG_RW.
 *
 * [i386/i386/pmap.c]
 */
#include <i386/pmap_var.h>

/* ---------------------------------------------------------------- removing */

/* A managed entry is gone, which was `old': the page is told, and has one less. */
static inline void
forget(struct pv_entry *pv, vm_page_t m, pt_entry_t old)
{
	pmap_report(m, old);
	pmap_pv_remove(pv, m);
}

/*
 * From `va' to before `end', which have one table.  Returns how many there were.
 */
static int
remove_table(pmap_t pmap, vm_offset_t va, vm_offset_t end)
{
	vm_page_t m, table = NULL;
	pt_entry_t *pte = pmap_pte_there(pmap, va, TABLE_WINDOW), old;
	vm_offset_t at;
	int all = NPTEPG, left;

	if (va < VM_MAXUSER_ADDRESS) {
		table = pmap_table_page(pmap, va);
		all = table->wire_count;
	}
	for (at = va, left = all; at < end; at += PAGE_SIZE, pte++) {
		old = *pte;
		if (!(old & PG_V))
			continue;
		*pte = 0;
		if (old & PG_W)
			pmap->pm_stats.wired_count--;
		if (old & PG_MANAGED) {
			m = PHYS_TO_VM_PAGE(old);
			forget(pmap_pv_find(pmap, at, m), m, old);
		}
		if (--left == 0)
			break;
	}
	pmap->pm_stats.resident_count -= all - left;
	if (table != NULL && left != all)
		pmap_table_drop(pmap, va, table, all - left);
	return (all - left);
}

/* The end of what has one table with `va', but no further than `end'. */
static inline vm_offset_t
table_end(vm_offset_t va, vm_offset_t end)
{
	return (MIN(va | PDRMASK, end - 1) + 1);
}

void
pmap_remove(pmap_t pmap, vm_offset_t sva, vm_offset_t eva)
{
	vm_offset_t va, next;
	int removed = 0;

	for (va = sva; va < eva; va = next) {
		next = table_end(va, eva);
		if (pmap->pm_pdir[va >> PDRSHIFT] & PG_V)
			removed += remove_table(pmap, va, next);
	}
	if (removed != 0)
		pmap_invalidate_range(pmap, sva, eva);
}

/* What is mapped by this pv entry; its entry of the table stands at `pte'. */
static inline void
remove_pv(struct pv_entry *pv, vm_page_t m, pt_entry_t *pte)
{
	pmap_t pmap = pv->pv_pmap;
	vm_offset_t va = pv->pv_va;
	pt_entry_t old = *pte;

	*pte = 0;
	if (old & PG_W)
		pmap->pm_stats.wired_count--;
	pmap->pm_stats.resident_count--;
	forget(pv, m, old);
	if (va < VM_MAXUSER_ADDRESS)
		pmap_table_drop(pmap, va, pmap_table_page(pmap, va), 1);
}

void
pmap_remove_pv(struct pv_entry *pv, vm_page_t m)
{
	pmap_t pmap = pv->pv_pmap;
	vm_offset_t va = pv->pv_va;

	remove_pv(pv, m, pmap_pte_there(pmap, va, WALK_WINDOW));
	pmap_invalidate_page(pmap, va);
}

void
pmap_remove_all(vm_page_t m)
{
	struct pv_entry *pv;

	while ((pv = TAILQ_FIRST(&m->md.pv_list)) != NULL)
		pmap_remove_pv(pv, m);
	if (m->flags & PG_WRITEABLE)
		vm_page_flag_clear(m, PG_WRITEABLE);
}

void
pmap_remove_pages(pmap_t pmap, vm_offset_t sva, vm_offset_t eva)
{
	struct pv_entry *pv, *next;
	pt_entry_t *pte;
	vm_offset_t va;

	for (pv = TAILQ_FIRST(&pmap->pm_pvlist); pv != NULL; pv = next) {
		next = TAILQ_NEXT(pv, pv_plist);
		va = pv->pv_va;
		pte = pmap_pte_there(pmap, va, TABLE_WINDOW);
		if (va < sva || va >= eva || (*pte & PG_W))
			continue;
		remove_pv(pv, PHYS_TO_VM_PAGE(*pte), pte);
	}
	pmap_invalidate_range(pmap, sva, eva);
}

/* ---------------------------------------------------------------- rights, wiring */

/* Nobody writes from `va' to before `end', which have one table. */
static void
protect_table(pmap_t pmap, vm_offset_t va, vm_offset_t end)
{
	pt_entry_t *pte = pmap_pte_there(pmap, va, TABLE_WINDOW);
	pt_entry_t *behind = pte + atop(end - va);

	for (; pte < behind; pte++)
		if (*pte & PG_RW)
			atomic_clear_int(pte, PG_RW);
}

void
pmap_protect(pmap_t pmap, vm_offset_t sva, vm_offset_t eva, vm_prot_t prot)
{
	vm_offset_t va, next;

	if (!(prot & VM_PROT_READ)) {
		pmap_remove(pmap, sva, eva);
		return;
	}
	if (prot & VM_PROT_WRITE)
		return;
	for (va = sva; va < eva; va = next) {
		next = table_end(va, eva);
		if (pmap->pm_pdir[va >> PDRSHIFT] & PG_V)
			protect_table(pmap, va, next);
	}
	pmap_invalidate_range(pmap, sva, eva);
}

void
pmap_change_wiring(pmap_t pmap, vm_offset_t va, int wired)
{
	pt_entry_t *pte = pmap_pte(pmap, va);

	if (pte == NULL || !(*pte & PG_V) || !wired == !(*pte & PG_W))
		return;
	*pte ^= PG_W;
	pmap->pm_stats.wired_count += wired ? 1 : -1;
}
