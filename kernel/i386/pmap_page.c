/*
 * pmap_page: all mappings of one page.
 *
 * Whether a page was used and written, the CPU says in each entry that maps it,
 * PG_A and PG_M.  Who wants to know goes through the page's pv entries.
 *
 * An entry is only writable, or was, if the page has PG_WRITEABLE: so of most
 * pages nothing need be looked at.
 *
 * [i386/i386/pmap.c]
 */
#include <i386/pmap_var.h>

#include <sys/mman.h>

#define	REFERENCES_MAX	5	/* mappings that pmap_ts_referenced() counts */

/* Clear bits of an entry.  Returns what it was. */
static pt_entry_t
clear_bits(struct pv_entry *pv, pt_entry_t bits)
{
	pt_entry_t *pte = pmap_pte_walk(pv->pv_pmap, pv->pv_va), old = *pte;

	if (old & bits) {
		*pte = old & ~bits;
		if (old & PG_A)
			pmap_invalidate_page(pv->pv_pmap, pv->pv_va);
	}
	return (old);
}

void
pmap_page_protect(vm_page_t m, vm_prot_t prot)
{
	struct pv_entry *pv;

	if (prot & VM_PROT_WRITE)
		return;
	if (!(prot & (VM_PROT_READ | VM_PROT_EXECUTE))) {
		pmap_remove_all(m);
		return;
	}
	if (!(m->flags & PG_WRITEABLE))
		return;
	TAILQ_FOREACH(pv, &m->md.pv_list, pv_list)
		pmap_report(m, clear_bits(pv, PG_RW | PG_M) & ~PG_A);
	vm_page_flag_clear(m, PG_WRITEABLE);
}

int
pmap_page_wired_mappings(vm_page_t m)
{
	struct pv_entry *pv;
	int count = 0;

	TAILQ_FOREACH(pv, &m->md.pv_list, pv_list)
		count += (*pmap_pte_walk(pv->pv_pmap, pv->pv_va) & PG_W) != 0;
	return (count);
}

int
pmap_is_modified(vm_page_t m)
{
	struct pv_entry *pv;

	if (!(m->flags & PG_WRITEABLE))
		return (0);
	TAILQ_FOREACH(pv, &m->md.pv_list, pv_list)
		if (*pmap_pte_walk(pv->pv_pmap, pv->pv_va) & PG_M)
			return (1);
	return (0);
}

void
pmap_clear_modify(vm_page_t m)
{
	struct pv_entry *pv;

	if (!(m->flags & PG_WRITEABLE))
		return;
	TAILQ_FOREACH(pv, &m->md.pv_list, pv_list)
		(void)clear_bits(pv, PG_M);
}

void
pmap_clear_reference(vm_page_t m)
{
	struct pv_entry *pv;

	TAILQ_FOREACH(pv, &m->md.pv_list, pv_list)
		(void)clear_bits(pv, PG_A);
}

/* Who has been looked at goes to the end, so that each has his turn. */
int
pmap_ts_referenced(vm_page_t m)
{
	struct pv_entry *pv, *last = TAILQ_LAST(&m->md.pv_list, pv_head);
	int count = 0;

	while (last != NULL && count < REFERENCES_MAX) {
		pv = TAILQ_FIRST(&m->md.pv_list);
		TAILQ_REMOVE(&m->md.pv_list, pv, pv_list);
		TAILQ_INSERT_TAIL(&m->md.pv_list, pv, pv_list);
		if (clear_bits(pv, PG_A) & PG_A)
			count++;
		if (pv == last)
			break;
	}
	return (count);
}

/* What others have done with the page counts, too. */
int
pmap_mincore(pmap_t pmap, vm_offset_t va)
{
	pt_entry_t *ptep = pmap_pte(pmap, va), pte;
	int val = MINCORE_INCORE;
	vm_page_t m;

	if (ptep == NULL || !(*ptep & PG_V))
		return (0);
	pte = *ptep;
	if (!(pte & PG_MANAGED))
		return (val);
	m = PHYS_TO_VM_PAGE(pte);
	if (pte & PG_M)
		val |= MINCORE_MODIFIED | MINCORE_MODIFIED_OTHER;
	else if (m->dirty || pmap_is_modified(m))
		val |= MINCORE_MODIFIED_OTHER;
	if (pte & PG_A)
		val |= MINCORE_REFERENCED | MINCORE_REFERENCED_OTHER;
	else if ((m->flags & PG_REFERENCED) || pmap_ts_referenced(m) != 0) {
		val |= MINCORE_REFERENCED_OTHER;
		vm_page_flag_set(m, PG_REFERENCED);
	}
	return (val);
}
