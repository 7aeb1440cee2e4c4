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
 *	vm_page_segs	   first, last page, first entry; one each
 *
 * Free pages are in a queue, the lowest first at the start.  Of the last ones
 * some are kept for those who cannot wait:
 *
 *	v_free_count  0 ....... v_interrupt_free_min ....... v_free_reserved ....
 *	who gets one  INTERRUPT | SYSTEM, too                | NORMAL, too
 *
 * All is done at splvm: handlers of interrupts take and give pages, too.
 *
 * [vm/vm_page.c]
 */
#include <vm/vm_page.h>

#include <sys/priority.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/md_var.h>
#include <vm/pmap.h>

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
static int	pages_wanted;	/* somebody sleeps for them */
static TAILQ_HEAD(, vm_page) vm_page_free_queue =
    TAILQ_HEAD_INITIALIZER(vm_page_free_queue);

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
	if (ptoa(pages) > virtual_end - virtual_avail)
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
	vm_page_t *prev = vm_page_free_queue.tqh_last;
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
		m->phys_addr = pa;
		m->queue = PQ_FREE;
		m->wire_count = 0;
	}
	*prev = NULL;
	vm_page_free_queue.tqh_last = prev;
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
	cnt.v_page_count = vm_page_array_size;
	cnt.v_free_count = vm_page_array_size;
	cnt.v_interrupt_free_min = INTERRUPT_FREE_MIN;
	cnt.v_free_reserved = FREE_RESERVED +
	    cnt.v_page_count / PAGES_PER_RESERVED;
}

/* How many free pages a request must leave. */
static uint32_t
pages_to_leave(int req)
{
	switch (req & VM_ALLOC_CLASS_MASK) {
	case VM_ALLOC_INTERRUPT:
		return (0);
	case VM_ALLOC_SYSTEM:
		return (cnt.v_interrupt_free_min);
	default:
		return (cnt.v_free_reserved);
	}
}

vm_page_t
vm_page_alloc(vm_object_t object, vm_pindex_t pindex __unused, int req)
{
	vm_page_t m;
	int s;

	KASSERT(object == NULL && (req & VM_ALLOC_NOOBJ),
	    ("vm_page_alloc: an object %p, request %#x", object, req));
	s = splvm();
	if (cnt.v_free_count <= pages_to_leave(req)) {
		splx(s);
		return (NULL);
	}
	m = TAILQ_FIRST(&vm_page_free_queue);
	KASSERT(m->queue == PQ_FREE && m->wire_count == 0,
	    ("vm_page_alloc: %#x is in the free queue and is not free", m->phys_addr));
	TAILQ_REMOVE(&vm_page_free_queue, m, pageq);
	cnt.v_free_count--;
	m->queue = PQ_NONE;
	if (req & VM_ALLOC_WIRED) {
		m->wire_count = 1;
		cnt.v_wire_count++;
	}
	splx(s);
	if (req & VM_ALLOC_ZERO)
		pmap_zero_page(m);
	return (m);
}

void
vm_page_free(vm_page_t m)
{
	int s = splvm();

	KASSERT(m->queue == PQ_NONE, ("vm_page_free: freeing free page %#x",
	    m->phys_addr));
	KASSERT(m->wire_count <= 1, ("vm_page_free: page %#x is wired %u times",
	    m->phys_addr, m->wire_count));
	cnt.v_wire_count -= m->wire_count;
	m->wire_count = 0;
	m->queue = PQ_FREE;
	TAILQ_INSERT_HEAD(&vm_page_free_queue, m, pageq);
	cnt.v_free_count++;
	if (pages_wanted) {
		pages_wanted = 0;
		wakeup(&pages_wanted);
	}
	splx(s);
}

void
vm_wait_pages(uint32_t pages, int req)
{
	int s = splvm();

	while (cnt.v_free_count < pages + pages_to_leave(req)) {
		pages_wanted = 1;
		(void)tsleep(&pages_wanted, PVM, "vmwait", 0);
	}
	splx(s);
}
