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

/* An entry, which was `old', is gone: what else there was of it. */
static inline void
forget(pmap_t pmap, pt_entry_t old)
{
	if (old & PG_W)
		pmap->pm_stats.wired_count--;
	pmap->pm_stats.resident_count--;
}

/* The same of a managed entry, whose pv entry is known. */
static inline void
forget_managed(struct pv_entry *pv, vm_page_t m, pt_entry_t old)
{
	pmap_report(m, old);
	forget(pv->pv_pmap, old);
	pmap_pv_remove(pv, m);
}

/* From `va' to before `end', which have one table. */
static void
remove_table(pmap_t pmap, vm_offset_t va, vm_offset_t end, struct pmap_flush *flush)
{
	vm_page_t m, table = NULL;
	vm_offset_t at;
	pt_entry_t *pte, old;
	int all = NPTEPG, removed = 0;

	if (va < VM_MAXUSER_ADDRESS) {
		table = pmap_table_page(pmap, va);
		all = table->wire_count;
	}
	pte = pmap_pte(pmap, va);
	for (at = va; at < end && removed < all; at += PAGE_SIZE, pte++) {
		old = *pte;
		if (!(old & PG_V))
			continue;
		*pte = 0;
		removed++;
		if (old & PG_A)
			pmap_flush_page(flush, at);
		if (old & PG_MANAGED) {
			m = PHYS_TO_VM_PAGE(old);
			forget_managed(pmap_pv_find(pmap, at, m), m, old);
		} else
			forget(pmap, old);
	}
	if (table != NULL && removed != 0)
		pmap_table_drop(pmap, va, table, removed);
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
	struct pmap_flush flush = pmap_flush_begin(pmap);
	vm_offset_t va, next;

	for (va = sva; va < eva; va = next) {
		next = table_end(va, eva);
		if (pmap->pm_pdir[va >> PDRSHIFT] & PG_V)
			remove_table(pmap, va, next, &flush);
	}
	pmap_flush_end(&flush);
}

void
pmap_remove_pv(struct pv_entry *pv, vm_page_t m)
{
	pmap_t pmap = pv->pv_pmap;
	vm_offset_t va = pv->pv_va;
	pt_entry_t *pte = pmap_pte_walk(pmap, va), old = *pte;

	*pte = 0;
	if (old & PG_A)
		pmap_invalidate_page(pmap, va);
	forget_managed(pv, m, old);
	if (va < VM_MAXUSER_ADDRESS)
		pmap_table_drop(pmap, va, pmap_table_page(pmap, va), 1);
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
	struct pmap_flush flush = pmap_flush_begin(pmap);
	struct pv_entry *pv, *next;
	pt_entry_t *pte, old;
	vm_offset_t va;

	for (pv = TAILQ_FIRST(&pmap->pm_pvlist); pv != NULL; pv = next) {
		next = TAILQ_NEXT(pv, pv_plist);
		va = pv->pv_va;
		pte = pmap_pte(pmap, va);
		old = *pte;
		if (va < sva || va >= eva || (old & PG_W))
			continue;
		*pte = 0;
		if (old & PG_A)
			pmap_flush_page(&flush, va);
		forget_managed(pv, PHYS_TO_VM_PAGE(old), old);
		if (va < VM_MAXUSER_ADDRESS)
			pmap_table_drop(pmap, va, pmap_table_page(pmap, va), 1);
	}
	pmap_flush_end(&flush);
}

/* ---------------------------------------------------------------- rights, wiring */

void
pmap_protect(pmap_t pmap, vm_offset_t sva, vm_offset_t eva, vm_prot_t prot)
{
	struct pmap_flush flush;
	vm_offset_t va, next;
	pt_entry_t *pte;

	if (!(prot & VM_PROT_READ)) {
		pmap_remove(pmap, sva, eva);
		return;
	}
	if (prot & VM_PROT_WRITE)
		return;
	flush = pmap_flush_begin(pmap);
	for (va = sva; va < eva; va = next) {
		next = table_end(va, eva);
		if (!(pmap->pm_pdir[va >> PDRSHIFT] & PG_V))
			continue;
		for (pte = pmap_pte(pmap, va); va < next; va += PAGE_SIZE, pte++) {
			if (!(*pte & PG_RW))
				continue;
			*pte &= ~PG_RW;
			if (*pte & PG_A)
				pmap_flush_page(&flush, va);
		}
	}
	pmap_flush_end(&flush);
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
