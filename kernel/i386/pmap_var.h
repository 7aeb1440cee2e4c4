/*
 * What the files of pmap know of each other.
 *
 *	pmap.c		the kernel's mappings
 *	pmap_space.c	address spaces
 *	pmap_window.c	pages seen through windows of the kernel's
 *	pmap_pv.c	pv entries
 *	pmap_enter.c	mappings are made
 *	pmap_remove.c	mappings go, or lose rights
 *	pmap_page.c	all mappings of one page
 *
 * The CPU remembers what an entry said in its TLB, and nothing tells it of a
 * change.  Three rules keep that right:
 *
 *	It forgets the user's part when CR3 is loaded, so it knows nothing of an
 *	address space but the one that runs, and the kernel's.
 *	It remembers nothing of an entry without PG_V, nor of one without PG_A.
 *	Of all others, each change that takes something away is followed by an
 *	INVLPG of the page; or, of many pages, by a load of CR3.
 */
#ifndef _I386_PMAP_VAR_H_
#define	_I386_PMAP_VAR_H_

#include <vm/pmap.h>

#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <vm/vm_page.h>

TAILQ_HEAD(pmaplist, pmap);
/* Each directory has the kernel's tables; changed at splvm, since the kernel may grow. */
extern struct pmaplist allpmaps;

/* pmap_space.c: empty, with this directory, and in the list. */
void	pmap_space_init(pmap_t pmap, pd_entry_t *directory);

/* ---------------------------------------------------------------- the TLB */

/*
 * Is this the address space that runs, so that its tables are at PTmap?  Then what
 * its directory says of itself is the same word as the one that the CPU sees.
 */
static inline int
pmap_is_current(pmap_t pmap)
{
	return (__builtin_expect(pmap->pm_pdir[PTDPTDI] == PTD[PTDPTDI] ||
	    pmap == kernel_pmap, 1));
}

static inline void
pmap_invalidate_page(pmap_t pmap, vm_offset_t va)
{
	if (pmap_is_current(pmap))
		invlpg(va);
}

/* The same of a range, some pages of which have changed. */
void	pmap_invalidate_range(pmap_t pmap, vm_offset_t sva, vm_offset_t eva);

/* ---------------------------------------------------------------- page tables */

/* pmap_window.c: windows for the tables of those that do not run. */
enum table_window { TABLE_WINDOW, WALK_WINDOW };
void	pmap_windows_init(vm_offset_t *va);
pt_entry_t *pmap_table_window(enum table_window which, pd_entry_t pde, vm_offset_t va);

/*
 * Where the entry of `va' stands, whose table is there.  It stands there until
 * the next call for this window: functions on a range use TABLE_WINDOW, those
 * that go through a page's mappings WALK_WINDOW.
 */
static inline pt_entry_t *
pmap_pte_there(pmap_t pmap, vm_offset_t va, enum table_window which)
{
	if (__builtin_expect(pmap_is_current(pmap), 1))
		return (vtopte(va));
	return (pmap_table_window(which, pmap->pm_pdir[va >> PDRSHIFT], va));
}

/* The same, or NULL if there is no table. */
static inline pt_entry_t *
pmap_pte_window(pmap_t pmap, vm_offset_t va, enum table_window which)
{
	pd_entry_t pde = pmap->pm_pdir[va >> PDRSHIFT];

	if (!(pde & PG_V))
		return (NULL);
	KASSERT(!(pde & PG_PS), ("pmap: %#x is in a page of 4 MB", va));
	return (pmap_pte_there(pmap, va, which));
}

#define	pmap_pte(pmap, va)	pmap_pte_window(pmap, va, TABLE_WINDOW)
#define	pmap_pte_walk(pmap, va)	pmap_pte_there(pmap, va, WALK_WINDOW)

/*
 * A user's page table, whose wire_count says how many valid entries it has; that
 * of `va', which is there.
 */
static inline vm_page_t
pmap_table_page(pmap_t pmap, vm_offset_t va)
{
	return (PHYS_TO_VM_PAGE(pmap->pm_pdir[va >> PDRSHIFT]));
}

/* pmap_space.c: the table of `va' has no valid entries; it goes. */
void	pmap_table_free(pmap_t pmap, vm_offset_t va, vm_page_t table);

/* So many entries less of the table of `va'. */
static inline void
pmap_table_drop(pmap_t pmap, vm_offset_t va, vm_page_t table, int count)
{
	if (table->wire_count == count)
		pmap_table_free(pmap, va, table);
	else
		table->wire_count -= count;
}

/* ---------------------------------------------------------------- pv entries */

static inline int
pmap_is_managed(vm_page_t m)
{
	return (__builtin_expect((m->flags & (PG_FICTITIOUS | PG_UNMANAGED)) == 0, 1));
}

extern struct pv_entry *pv_free;	/* linked by pv_list.tqe_next */

void	pmap_pv_init(void);
/* See to it that one is free; `wait': sleep until it is.  0 if none is. */
int	pmap_pv_more(int wait);

static inline int
pmap_pv_reserve(int wait)
{
	return (__builtin_expect(pv_free != NULL, 1) || pmap_pv_more(wait));
}

/* One mapping of a page more; an entry is reserved.  It is not in the pmap's list. */
static inline struct pv_entry *
pmap_pv_take(pmap_t pmap, vm_offset_t va, vm_page_t m)
{
	struct pv_entry *pv = pv_free;

	pv_free = TAILQ_NEXT(pv, pv_list);
	pv->pv_pmap = pmap;
	pv->pv_va = va;
	TAILQ_INSERT_TAIL(&m->md.pv_list, pv, pv_list);
	m->md.pv_list_count++;
	return (pv);
}

static inline void
pmap_pv_insert(pmap_t pmap, vm_offset_t va, vm_page_t m)
{
	struct pv_entry *pv = pmap_pv_take(pmap, va, m);

	TAILQ_INSERT_TAIL(&pmap->pm_pvlist, pv, pv_plist);
}

static inline void
pmap_pv_remove(struct pv_entry *pv, vm_page_t m)
{
	TAILQ_REMOVE(&m->md.pv_list, pv, pv_list);
	m->md.pv_list_count--;
	TAILQ_REMOVE(&pv->pv_pmap->pm_pvlist, pv, pv_plist);
	pv->pv_list.tqe_next = pv_free;
	pv_free = pv;
}

/* The mapping is of another page from now on. */
static inline void
pmap_pv_move(struct pv_entry *pv, vm_page_t from, vm_page_t to)
{
	TAILQ_REMOVE(&from->md.pv_list, pv, pv_list);
	from->md.pv_list_count--;
	TAILQ_INSERT_TAIL(&to->md.pv_list, pv, pv_list);
	to->md.pv_list_count++;
}

struct pv_entry *pmap_pv_search(pmap_t pmap, vm_offset_t va, vm_page_t m);

/* The entry of a mapping, which is there: mostly, it is the page's only one. */
static inline struct pv_entry *
pmap_pv_find(pmap_t pmap, vm_offset_t va, vm_page_t m)
{
	struct pv_entry *pv = TAILQ_FIRST(&m->md.pv_list);

	if (pv->pv_va == va && pv->pv_pmap == pmap)
		return (pv);
	return (pmap_pv_search(pmap, va, m));
}

/*
 * A managed entry that is or was `pte' changes: what the CPU has put there is
 * the page's.
 */
static inline void
pmap_report(vm_page_t m, pt_entry_t pte)
{
	if (pte & PG_M)
		vm_page_dirty(m);
	if ((pte & PG_A) && !(m->flags & PG_REFERENCED))
		vm_page_flag_set(m, PG_REFERENCED);
}

/*
 * The mapping behind a pv entry goes: entry of the table, TLB, counts, pv entry,
 * and the table if it was its last.
 */
void	pmap_remove_pv(struct pv_entry *pv, vm_page_t m);

#endif /* !_I386_PMAP_VAR_H_ */
