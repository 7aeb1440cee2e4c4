/*
 * pmap_pv: pv entries, by which a page knows its mappings.
 *
 * There is one for each mapping of a managed page, in two lists:
 *
 *	vm_page		 pmap A		   pmap B
 *	 md.pv_list	 pm_pvlist	   pm_pvlist
 *	    |		    |		      |
 *	    +-------------(A, va)-----------(B, va')	one page in two places
 *			    |
 *			 (A, va'')			A's next page
 *
 * Free ones are in a list of their own, which a page makes longer when it is
 * empty.  Such pages stay: where so many mappings were, there will be again.
 * They are seen at addresses that are reserved for as many entries as there
 * may ever be.
 *
 * When no entry can be had, the oldest mapping of some process goes, and with it
 * its entry: the next fault there will make it again.  So mappings never fail
 * for want of one, unless all are wired.
 *
 * [i386/i386/pmap.c]
 */
#include <i386/pmap_var.h>

#include <sys/kernel.h>
#include <sys/priority.h>
#include <sys/proc.h>
#include <vm/vm_extern.h>

#define	SHPGPERPROC	200	/* mappings a process, beside one for each page */
#define	ENTRIES		(PAGE_SIZE / sizeof(struct pv_entry))	/* in a page */

struct pv_entry *pv_free;

static vm_offset_t pv_next, pv_limit;	/* where the next page is seen */

/* Addresses for all entries, from kernel_map. */
void
pmap_pv_init(void)
{
	int shpgperproc = SHPGPERPROC;
	vm_size_t size;

	TUNABLE_INT_FETCH("vm.pmap.shpgperproc", &shpgperproc);
	size = ptoa(howmany(shpgperproc * maxproc + vm_page_array_size, ENTRIES));
	pv_next = kmem_alloc_nofault(kernel_map, size);
	if (pv_next == 0)
		panic("pmap_init: no addresses for %u bytes of pv entries", size);
	pv_limit = pv_next + size;
}

/* A page of free entries.  Returns 0 if none is to be had. */
static int
grow(void)
{
	struct pv_entry *pv, *end;
	vm_page_t m;

	if (pv_next == pv_limit)
		return (0);
	m = vm_page_alloc(NULL, 0, VM_ALLOC_SYSTEM | VM_ALLOC_NOOBJ | VM_ALLOC_WIRED);
	if (m == NULL)
		return (0);
	pmap_qenter(pv_next, &m, 1);
	pv = (struct pv_entry *)pv_next;
	end = pv + ENTRIES;
	pv_next += PAGE_SIZE;
	for (; pv < end; pv++) {
		pv->pv_list.tqe_next = pv_free;
		pv_free = pv;
	}
	return (1);
}

/*
 * Take away the oldest mapping that is not wired, of the pmap whose turn it is.
 * Returns 0 if there is none.
 */
static int
reclaim(void)
{
	struct pv_entry *pv;
	pmap_t pmap;
	int s;

	TAILQ_FOREACH(pmap, &allpmaps, pm_list) {
		TAILQ_FOREACH(pv, &pmap->pm_pvlist, pv_plist)
			if (!(*pmap_pte_walk(pmap, pv->pv_va) & PG_W))
				break;
		if (pv == NULL)
			continue;
		pmap_remove_pv(pv, PHYS_TO_VM_PAGE(*pmap_pte_walk(pmap, pv->pv_va)));
		s = splvm();
		TAILQ_REMOVE(&allpmaps, pmap, pm_list);
		TAILQ_INSERT_TAIL(&allpmaps, pmap, pm_list);
		splx(s);
		return (1);
	}
	return (0);
}

int
pmap_pv_more(int wait)
{
	while (pv_free == NULL) {
		if (grow())
			break;
		if (!wait)
			return (0);
		if (!reclaim())
			(void)tsleep(&pv_free, PVM, "pmappv", 1);
	}
	return (1);
}

/* By the shorter of the two lists that it is in. */
struct pv_entry *
pmap_pv_search(pmap_t pmap, vm_offset_t va, vm_page_t m)
{
	struct pv_entry *pv;

	if (m->md.pv_list_count <= pmap->pm_stats.resident_count) {
		TAILQ_FOREACH(pv, &m->md.pv_list, pv_list)
			if (pv->pv_va == va && pv->pv_pmap == pmap)
				return (pv);
	} else {
		TAILQ_FOREACH(pv, &pmap->pm_pvlist, pv_plist)
			if (pv->pv_va == va)
				return (pv);
	}
	panic("pmap: %#x has no pv entry for page %#x", va, VM_PAGE_TO_PHYS(m));
}
