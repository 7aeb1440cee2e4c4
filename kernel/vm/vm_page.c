/*
 * vm_page: physical pages, free and taken.
 *
 * getmemsize() has found ranges of memory, phys_avail.  The end of the largest
 * one is taken for an array that has an entry for each page of the others and
 * of what is left of it:
 *
 *	physical    [ range 0 ]      [ range 1              |array]    [ range 2 ]
 *			 \________           |        _____________________/
 *				  \          |       /
 *	vm_page_array	   | range 0 | range 1     | range 2 |
 *	vm_page_segs	   first page, how many, first entry; one each
 *
 * Free pages are in a queue, the lowest first at the start.  Those that are
 * full of zeros stand at its end; who does not want one takes from its head.
 * Of the last ones some are kept for those who cannot wait:
 *
 *	v_free_count  0 ....... v_interrupt_free_min ....... v_free_reserved ....
 *	who gets one  INTERRUPT | SYSTEM, too                | NORMAL, too
 *
 * Who may sleep, and finds too few, takes pages of the cache queue: these are
 * clean, and their objects' pagers have the same.  Then the page daemon is
 * called for.
 *
 * All is done at splvm: handlers of interrupts take and give pages, too.
 *
 * vm_page_tree.c: a page in its object.  vm_pageq.c: in its queue.
 * vm_page_state.c: who has it, and what is in it.
 *
 * [vm/vm_page.c]
 */
#include <vm/vm_page.h>

#include <sys/priority.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/md_var.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_pageout.h>

#define	INTERRUPT_FREE_MIN	2
#define	FREE_RESERVED		16	/* and one for so many: */
#define	PAGES_PER_RESERVED	768

struct vmmeter cnt;
struct vm_page *vm_page_array;
uint32_t vm_page_array_size;
struct vm_page_seg vm_page_largest;
uint32_t vm_page_zero_count;

static struct vm_page_seg vm_page_segs[PHYS_AVAIL_MAX];
static int	vm_page_nsegs;
static int	pages_wanted;		/* somebody is in vm_wait_pages() */

/* PHYS_TO_VM_PAGE() for what is not in the largest range. */
vm_page_t
vm_page_lookup_seg(uint32_t page)
{
	const struct vm_page_seg *seg;

	for (seg = &vm_page_segs[vm_page_nsegs]; seg-- > vm_page_segs;)
		if (page - seg->first < seg->count)
			return (&seg->pages[page - seg->first]);
	return (NULL);
}

/*
 * Cut `pages' pages from the end of the largest range.  Returns the address of
 * the first.  It is large enough: what is needed is a small part of the whole,
 * and there are few ranges.
 */
static vm_paddr_t
steal_pages(uint32_t pages)
{
	uint32_t largest, size;
	int i, found;

	found = 0;
	largest = 0;
	for (i = 0; phys_avail[i + 1] != 0; i += 2) {
		size = atop(phys_avail[i + 1] - phys_avail[i]);
		if (size > largest) {
			largest = size;
			found = i;
		}
	}
	KASSERT(largest >= pages, ("vm_page_startup: no %u pages in a piece",
	    pages));
	phys_avail[found + 1] -= ptoa(pages);
	return (phys_avail[found + 1]);
}

/*
 * The array, as large as phys_avail needs, mapped.  A page of it is enough for
 * itself and as many others as it has entries.
 */
static void
array_map(void)
{
	uint32_t pages, total;
	vm_paddr_t pa;
	int i;

	total = 0;
	for (i = 0; phys_avail[i + 1] != 0; i += 2)
		total += atop(phys_avail[i + 1] - phys_avail[i]);
	pages = howmany(total, PAGE_SIZE / sizeof(struct vm_page) + 1);
	if (ptoa(pages) > kernel_vm_end - virtual_avail)
		panic("vm_page_startup: %u pages of memory are too many: their array "
		    "has no room behind the kernel", total);
	vm_page_array_size = total - pages;
	vm_page_array = (struct vm_page *)virtual_avail;
	for (pa = steal_pages(pages); pages > 0; pages--, pa += PAGE_SIZE) {
		pmap_kenter(virtual_avail, pa);
		virtual_avail += PAGE_SIZE;
	}
}

/*
 * Make `seg' of the pages from `first' to before `last', whose entries begin at
 * `m', and put them at the end of the free queue.  By hand, since it is done for
 * each page of the machine: they are each other's neighbours.  Returns the
 * entry behind the last.
 */
static vm_page_t
seg_init(struct vm_page_seg *seg, vm_page_t m, uint32_t first, uint32_t last)
{
	struct pglist *free = &vm_page_queues[PQ_FREE].pl;
	vm_page_t *prev = free->tqh_last;
	vm_paddr_t pa = ptoa(first);
	vm_page_t end = m + (last - first);

	seg->first = first;
	seg->count = last - first;
	seg->pages = m;
	if (seg->count > vm_page_largest.count)
		vm_page_largest = *seg;
	for (; m < end; m++, pa += PAGE_SIZE) {
		*prev = m;
		m->pageq.tqe_prev = prev;
		prev = &m->pageq.tqe_next;
		m->object = NULL;
		m->phys_addr = pa;
		pmap_page_init(m);
		m->queue = PQ_FREE;
		m->flags = 0;
		m->wire_count = m->hold_count = 0;
		m->act_count = m->busy = m->valid = m->dirty = 0;
	}
	*prev = NULL;
	free->tqh_last = prev;
	return (m);
}

void
vm_page_startup(void)
{
	vm_page_t m;
	int i;

	array_map();
	m = vm_page_array;
	for (i = 0; phys_avail[i + 1] != 0; i += 2)
		m = seg_init(&vm_page_segs[vm_page_nsegs++], m,
		    atop(phys_avail[i]), atop(phys_avail[i + 1]));
	cnt.v_page_size = PAGE_SIZE;
	cnt.v_page_count = vm_page_array_size;
	cnt.v_free_count = vm_page_array_size;
	cnt.v_interrupt_free_min = INTERRUPT_FREE_MIN;
	cnt.v_free_reserved = FREE_RESERVED +
	    cnt.v_page_count / PAGES_PER_RESERVED;
}

/* ---------------------------------------------------------------- taking */

/* How many free pages a request must leave.  The page daemon is the system. */
static uint32_t
pages_to_leave(int req)
{
	switch (req & VM_ALLOC_CLASS_MASK) {
	case VM_ALLOC_INTERRUPT:
		return (0);
	case VM_ALLOC_SYSTEM:
		return (cnt.v_interrupt_free_min);
	default:
		return (curproc == pageproc ? cnt.v_interrupt_free_min :
		    cnt.v_free_reserved);
	}
}

vm_page_t
vm_page_select_cache(void)
{
	vm_page_t m;

	while ((m = TAILQ_FIRST(&vm_page_queues[PQ_CACHE].pl)) != NULL) {
		KASSERT(m->dirty == 0 && !pmap_page_is_mapped(m),
		    ("vm_page_select_cache: %p is dirty or mapped", m));
		if (!(m->flags & PG_BUSY) && m->busy == 0 && m->hold_count == 0)
			break;
		vm_page_deactivate(m);
	}
	return (m);
}

/*
 * Have so many pages free that the request can take one, if the cache has
 * them.  Not for handlers of interrupts, who must leave objects alone.
 * Returns whether there are.
 */
static int
make_free(int req)
{
	uint32_t leave = pages_to_leave(req);
	vm_page_t m;

	while (cnt.v_free_count <= leave) {
		m = leave == 0 ? NULL : vm_page_select_cache();
		if (m == NULL)
			return (0);
		vm_page_free(m);
	}
	return (1);
}

/* The first free page, or the last, off the queue. */
static inline vm_page_t
free_queue_take(int last)
{
	struct pglist *free = &vm_page_queues[PQ_FREE].pl;
	vm_page_t m = last ? TAILQ_LAST(free, pglist) : TAILQ_FIRST(free);

	KASSERT(m->queue == PQ_FREE && m->object == NULL,
	    ("vm_page_alloc: %#x is in the free queue and is not free", m->phys_addr));
	TAILQ_REMOVE(free, m, pageq);
	cnt.v_free_count--;
	if (m->flags & PG_ZERO)
		vm_page_zero_count--;
	return (m);
}

/* Calls for the page daemon when few are left, rather than when none is. */
vm_page_t
vm_page_alloc(vm_object_t object, vm_pindex_t pindex, int req)
{
	vm_page_t m;
	int s;

	KASSERT((object == NULL) == ((req & VM_ALLOC_NOOBJ) != 0),
	    ("vm_page_alloc: an object %p, request %#x", object, req));
	if (vm_fail_alloc != 0 && vm_fail_now())
		return (NULL);
	s = splvm();
	if (cnt.v_free_count <= cnt.v_free_reserved && !make_free(req)) {
		vm_pageout_deficit++;
		pagedaemon_wakeup();
		splx(s);
		return (NULL);
	}
	m = free_queue_take(req & VM_ALLOC_ZERO);
	m->queue = PQ_NONE;
	m->flags = (req & VM_ALLOC_ZERO ? m->flags & PG_ZERO : 0) |
	    (req & (VM_ALLOC_NOOBJ | VM_ALLOC_NOBUSY) ? 0 : PG_BUSY);
	m->wire_count = 0;
	if (req & VM_ALLOC_WIRED) {
		m->wire_count = 1;
		cnt.v_wire_count++;
	}
	if (object != NULL)
		vm_page_insert(m, object, pindex);
	if (vm_paging_needed())
		pagedaemon_wakeup();
	splx(s);
	if ((req & (VM_ALLOC_NOOBJ | VM_ALLOC_ZERO)) ==
	    (VM_ALLOC_NOOBJ | VM_ALLOC_ZERO) && !(m->flags & PG_ZERO)) {
		pmap_zero_page(m);
		m->flags |= PG_ZERO;
	}
	return (m);
}

/* ---------------------------------------------------------------- giving back */

/*
 * A page that nobody has any more becomes free: with `zero' PG_ZERO, it is full
 * of zeros.  What is held goes to a queue of its own; whoever lets it go brings
 * it here again.  A fictitious one is its pager's from now on.
 */
static void
page_free(vm_page_t m, uint16_t zero)
{
	int s = splvm();

	KASSERT(m->queue != PQ_FREE, ("vm_page_free: freeing free page %#x",
	    m->phys_addr));
	KASSERT(m->busy == 0 && m->wire_count <= 1 && !pmap_page_is_mapped(m),
	    ("vm_page_free: page %#x is wired %u times, written %u times, mapped %d",
	    m->phys_addr, m->wire_count, m->busy, m->md.pv_list_count));
	if (m->queue != PQ_NONE)
		vm_pageq_remove(m);
	if (m->object != NULL)
		vm_page_remove(m);
	if (m->flags & PG_FICTITIOUS) {
		splx(s);
		return;
	}
	cnt.v_wire_count -= m->wire_count;
	m->wire_count = 0;
	m->act_count = m->valid = m->dirty = 0;
	m->flags = m->hold_count == 0 ? zero : 0;
	vm_pageq_enqueue(m->hold_count == 0 ? PQ_FREE : PQ_HOLD, m);
	cnt.v_tfree++;
	if (vm_pages_needed | vm_pageout_pages_needed | pages_wanted)
		vm_page_free_wakeup();
	splx(s);
}

void
vm_page_free(vm_page_t m)
{
	page_free(m, 0);
}

void
vm_page_free_zero(vm_page_t m)
{
	page_free(m, PG_ZERO);
}

/* Could it be free instead?  If it is dirty, that is known afterwards. */
static int
page_is_spare(vm_page_t m)
{
	if (m->dirty || m->hold_count || m->busy || m->wire_count ||
	    (m->flags & (PG_BUSY | PG_UNMANAGED | PG_FICTITIOUS)))
		return (0);
	vm_page_test_dirty(m);
	return (m->dirty == 0);
}

int
vm_page_try_to_cache(vm_page_t m)
{
	if (!page_is_spare(m))
		return (0);
	vm_page_cache(m);
	return (1);
}

int
vm_page_try_to_free(vm_page_t m)
{
	if (!page_is_spare(m))
		return (0);
	pmap_remove_all(m);
	if (m->dirty)
		return (0);
	vm_page_free(m);
	return (1);
}

/* ---------------------------------------------------------------- waiting */

void
vm_page_free_wakeup(void)
{
	int s = splvm();

	if (pages_wanted) {
		pages_wanted = 0;
		wakeup(&pages_wanted);
	}
	if (vm_pageout_pages_needed &&
	    vm_page_count_usable() >= cnt.v_pageout_free_min) {
		vm_pageout_pages_needed = 0;
		wakeup(&vm_pageout_pages_needed);
	}
	if (vm_pages_needed && !vm_page_count_min()) {
		vm_pages_needed = 0;
		wakeup(&cnt.v_free_count);
	}
	splx(s);
}

/*
 * There may be pages after all: others came free meanwhile, or vm_fail_now() has
 * said that there were none.  Then nobody would wake us.
 */
static void
wait_for_daemon(int pri, const char *wmesg)
{
	int s = splvm();

	pagedaemon_wakeup();
	(void)tsleep(&cnt.v_free_count, pri, wmesg, vm_page_count_min() ? 0 : 1);
	splx(s);
}

void
vm_wait(void)
{
	int s;

	if (curproc != pageproc) {
		wait_for_daemon(PVM, "vmwait");
		return;
	}
	s = splvm();
	vm_pageout_pages_needed = 1;
	(void)tsleep(&vm_pageout_pages_needed, PSWP, "VMWait", 0);
	splx(s);
}

void
vm_waitpfault(void)
{
	wait_for_daemon(PUSER, "pfault");
}

void
vm_wait_pages(uint32_t pages, int req)
{
	int s = splvm();

	while (cnt.v_free_count < pages + pages_to_leave(req)) {
		pages_wanted = 1;
		pagedaemon_wakeup();
		(void)tsleep(&pages_wanted, PVM, "vmwait", 0);
	}
	splx(s);
}
