/*
 * pmap_enter: a page is mapped.
 *
 * What may sleep comes first: the page table, the pv entry.  From then on nobody
 * else runs, and the entry that is there becomes the new one:
 *
 *	the same page		rights and wiring change
 *	another page		its mapping goes, the new one comes
 *	nothing			the new one comes
 *
 * A user's page table counts its valid entries in its page's wire_count, and is
 * freed with the last one.  Who sleeps, or has not entered his first, makes the
 * count one ahead.
 *
 * The quick forms make mappings that nobody has asked for yet: they take only
 * what is at hand, and never in the place of another.
 *
 * [i386/i386/pmap.c]
 */
#include <i386/pmap_var.h>

#include <vm/vm_param.h>

/* ---------------------------------------------------------------- page tables */

/* A page table that is there has one entry more on its count. */
static inline vm_page_t
table_more(pmap_t pmap, vm_offset_t va)
{
	vm_page_t table = pmap_table_page(pmap, va);

	table->wire_count++;
	return (table);
}

/*
 * A new page table for `va', with a count of 1; NULL, unless `wait', if there is
 * no page for it.  While this sleeps, somebody else who has the address space may
 * make it.
 */
static __attribute__((noinline)) vm_page_t
table_alloc(pmap_t pmap, vm_offset_t va, int wait)
{
	vm_page_t table;

	while ((table = vm_page_alloc(NULL, 0, VM_ALLOC_NORMAL | VM_ALLOC_NOOBJ |
	    VM_ALLOC_WIRED | VM_ALLOC_ZERO)) == NULL) {
		if (!wait)
			return (NULL);
		VM_WAIT;
		if (pmap->pm_pdir[va >> PDRSHIFT] & PG_V)
			return (table_more(pmap, va));
	}
	pmap->pm_pdir[va >> PDRSHIFT] = VM_PAGE_TO_PHYS(table) | PG_V | PG_RW |
	    PG_U | PG_A | PG_M;
	pmap->pm_stats.resident_count++;
	return (table);
}

/* The page table for a user's address, with one entry more on its count. */
static inline vm_page_t
table_hold(pmap_t pmap, vm_offset_t va, int wait)
{
	if (pmap->pm_pdir[va >> PDRSHIFT] & PG_V)
		return (table_more(pmap, va));
	return (table_alloc(pmap, va, wait));
}

/* ---------------------------------------------------------------- pmap_enter */

/* A page may be entered at this address of the kernel's: there is a table. */
static __attribute__((noinline)) void
check_kernel_address(pmap_t pmap, vm_offset_t va)
{
	pd_entry_t pde = pmap->pm_pdir[va >> PDRSHIFT];

	KASSERT(va <= VM_MAX_KERNEL_ADDRESS, ("pmap_enter: toobig"));
	KASSERT(va >= KERNBASE, ("pmap_enter: invalid to pmap_enter "
	    "page table pages (va: 0x%x)", va));
	if (pde & PG_PS)
		panic("pmap_enter: attempted pmap_enter on 4MB page");
	if (!(pde & PG_V))
		panic("pmap_enter: invalid page directory pdir=%#x, va=%#x",
		    pmap->pm_pdir[PTDPTDI], va);
}

/* An entry is wired where it was not, or not any more. */
static inline void
count_wired(pmap_t pmap, pt_entry_t old, pt_entry_t new)
{
	if ((old ^ new) & PG_W)
		pmap->pm_stats.wired_count += new & PG_W ? 1 : -1;
}

/*
 * Another page in the place of the one that is mapped: its pv entry changes pages.
 * What the CPU has put into the entry is the old one's.
 */
static inline void
change_page(pmap_t pmap, vm_offset_t va, vm_page_t m, pt_entry_t *pte,
    pt_entry_t new)
{
	pt_entry_t old = *pte;
	struct pv_entry *pv;
	vm_page_t was;

	*pte = new;
	pmap_invalidate_page(pmap, va);
	count_wired(pmap, old, new);
	if (!(old & PG_MANAGED)) {
		if (new & PG_MANAGED)
			pmap_pv_insert(pmap, va, m);
		return;
	}
	was = PHYS_TO_VM_PAGE(old);
	pmap_report(was, old);
	pv = pmap_pv_find(pmap, va, was);
	if (new & PG_MANAGED)
		pmap_pv_move(pv, was, m);
	else
		pmap_pv_remove(pv, was);
}

/* The same page.  The TLB need only know of this if somebody could write. */
static inline void
change_rights(pmap_t pmap, vm_offset_t va, vm_page_t m, pt_entry_t *pte,
    pt_entry_t new)
{
	pt_entry_t old = *pte;

	*pte = new = (new & ~PG_MANAGED) | (old & PG_MANAGED);
	count_wired(pmap, old, new);
	if (old & PG_MANAGED)
		pmap_report(m, old);
	if ((old & PG_A) && (old & ~new & PG_RW))
		pmap_invalidate_page(pmap, va);
}

/* Over a valid entry. */
static __attribute__((noinline)) void
enter_over(pmap_t pmap, vm_offset_t va, vm_page_t m, pt_entry_t *pte,
    pt_entry_t new)
{
	if ((*pte ^ new) & PG_FRAME)
		change_page(pmap, va, m, pte, new);
	else if ((*pte ^ new) & ~(PG_M | PG_A))
		change_rights(pmap, va, m, pte, new);
}

/*
 * All that may sleep: there is a table, and a pv entry for a managed page.  While
 * one sleeps for the second, the first is held.
 */
static __attribute__((noinline)) void
make_room(pmap_t pmap, vm_offset_t va, vm_page_t m)
{
	vm_page_t table = NULL;

	if (va < VM_MAXUSER_ADDRESS)
		table = table_hold(pmap, va, 1);
	else
		check_kernel_address(pmap, va);
	if (pmap_is_managed(m))
		(void)pmap_pv_reserve(1);
	if (table != NULL)
		table->wire_count--;
}

void
pmap_enter(pmap_t pmap, vm_offset_t va, vm_page_t m, vm_prot_t prot, int wired)
{
	int user = __builtin_expect(va < VM_MAXUSER_ADDRESS, 1);
	pt_entry_t *pte, new = VM_PAGE_TO_PHYS(m) | PG_V | PG_A | PG_U;

	if (!user || pv_free == NULL || !(pmap->pm_pdir[va >> PDRSHIFT] & PG_V))
		make_room(pmap, va, m);
	/* Nobody sleeps from here on. */
	if (!user)
		new = (new & ~PG_U) | pgeflag;
	if (pmap_is_managed(m))
		new |= PG_MANAGED;
	if (wired)
		new |= PG_W;
	if (prot & VM_PROT_WRITE) {
		new |= PG_RW;
		if (!(m->flags & PG_WRITEABLE))
			vm_page_flag_set(m, PG_WRITEABLE);
	}
	pte = pmap_pte_there(pmap, va, TABLE_WINDOW);
	if (*pte & PG_V) {
		enter_over(pmap, va, m, pte, new);
		return;
	}
	*pte = new;
	if (user)
		pmap_table_page(pmap, va)->wire_count++;
	pmap->pm_stats.resident_count++;
	if (new & PG_W)
		pmap->pm_stats.wired_count++;
	if (new & PG_MANAGED)
		pmap_pv_insert(pmap, va, m);
}

/* ---------------------------------------------------------------- quick forms */

/*
 * To read only, if nothing is mapped there.  Returns 0 if there is no memory for
 * a page table or a pv entry: others will find none, either.
 */
static int
enter_quick(pmap_t pmap, vm_offset_t va, vm_page_t m)
{
	pt_entry_t *pte, new;
	vm_page_t table;

	if (!pmap_pv_reserve(0) || (table = table_hold(pmap, va, 0)) == NULL)
		return (0);
	pte = pmap_pte_there(pmap, va, TABLE_WINDOW);
	if (*pte != 0) {
		table->wire_count--;
		return (1);
	}
	new = VM_PAGE_TO_PHYS(m) | PG_V | PG_U;
	if (pmap_is_managed(m)) {
		new |= PG_MANAGED;
		pmap_pv_insert(pmap, va, m);
	}
	*pte = new;
	pmap->pm_stats.resident_count++;
	return (1);
}

void
pmap_enter_quick(pmap_t pmap, vm_offset_t va, vm_page_t m,
    vm_prot_t prot __unused)
{
	KASSERT(va < VM_MAXUSER_ADDRESS, ("pmap_enter_quick: %#x is the kernel's", va));
	(void)enter_quick(pmap, va, m);
}

void
pmap_enter_object(pmap_t pmap, vm_offset_t start, vm_offset_t end,
    vm_page_t m_start, vm_prot_t prot __unused)
{
	vm_page_t m;
	vm_pindex_t diff;

	KASSERT(end <= VM_MAXUSER_ADDRESS, ("pmap_enter_object: %#x is the kernel's", end));
	for (m = m_start; m != NULL; m = TAILQ_NEXT(m, listq)) {
		diff = m->pindex - m_start->pindex;
		if (diff >= atop(end - start) ||
		    !enter_quick(pmap, start + ptoa(diff), m))
			break;
	}
}

/* ---------------------------------------------------------------- fork */

/*
 * Copy the mappings of one page table of `src', which is there, from `va' to
 * before `end'.  Returns 0 if there is no memory for all.  A fork does little
 * else, so what pmap_pv_insert() would do each time is done once: the new pv
 * entries are `dst's last ones.
 */
static int
copy_table(pmap_t dst, pmap_t src, vm_offset_t va, vm_offset_t end)
{
	const pt_entry_t *from = pmap_pte_walk(src, va);
	vm_page_t m, table = table_hold(dst, va, 0);
	struct pv_entry *pv, **last = dst->pm_pvlist.tqh_last;
	vm_offset_t at;
	pt_entry_t *to, entry;
	int copied = 0;

	if (table == NULL)
		return (0);
	to = pmap_pte_there(dst, va, TABLE_WINDOW);
	for (at = va; at < end; at += PAGE_SIZE, from++, to++) {
		entry = *from;
		if (!(entry & PG_MANAGED) || *to != 0)
			continue;
		if (!pmap_pv_reserve(0))
			break;
		*to = entry & ~(PG_W | PG_M | PG_A);
		m = PHYS_TO_VM_PAGE(entry);
		pv = pmap_pv_take(dst, at, m);
		pv->pv_plist.tqe_prev = last;
		*last = pv;
		last = &TAILQ_NEXT(pv, pv_plist);
		copied++;
	}
	*last = NULL;
	dst->pm_pvlist.tqh_last = last;
	dst->pm_stats.resident_count += copied;
	table->wire_count += copied;
	pmap_table_drop(dst, va, table, 1);
	return (at == end);
}

void
pmap_copy(pmap_t dst, pmap_t src, vm_offset_t dst_addr, vm_size_t len,
    vm_offset_t src_addr)
{
	vm_offset_t va, next, end = src_addr + len;

	if (dst_addr != src_addr)
		return;
	KASSERT(end <= VM_MAXUSER_ADDRESS, ("pmap_copy: %#x is the kernel's", end));
	for (va = src_addr; va < end; va = next) {
		next = MIN((va & ~PDRMASK) + NBPDR, end);
		if ((src->pm_pdir[va >> PDRSHIFT] & PG_V) &&
		    !copy_table(dst, src, va, next))
			break;
	}
}
