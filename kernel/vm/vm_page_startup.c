/*
 * vm_page_startup: the array of all pages.
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
 * From a page's address to its entry is a subtraction, for the largest range,
 * where most pages are; or a look through the few others.
 *
 * [vm/vm_page.c]
 */
#include <vm/vm_page.h>

#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/md_var.h>
#include <vm/pmap.h>

#define	INTERRUPT_FREE_MIN	2
#define	FREE_RESERVED		16	/* and one for so many: */
#define	PAGES_PER_RESERVED	768

struct vm_page *vm_page_array;
uint32_t vm_page_array_size;
struct vm_page_seg vm_page_largest;

static struct vm_page_seg vm_page_segs[PHYS_AVAIL_MAX];
static int	vm_page_nsegs;

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

/* A free page's fields from `queue' to `dirty': as words, which are fewer stores. */
static const uint32_t free_state[3] = { PQ_FREE };
_Static_assert(offsetof(struct vm_page, dirty) + 1 - offsetof(struct vm_page, queue) ==
    sizeof(free_state), "queue to dirty are three words");

/*
 * Make `seg' of the pages from `first' to before `last', whose entries begin at
 * `m', and which are chained to be put into the free queue.  By hand, since it
 * is done for each page of the machine: they are each other's neighbours.
 * Returns the entry behind the last.
 */
static vm_page_t
seg_init(struct vm_page_seg *seg, vm_page_t m, uint32_t first, uint32_t last)
{
	vm_page_t *prev = NULL;
	vm_paddr_t pa = ptoa(first);
	vm_page_t end = m + (last - first);

	seg->first = first;
	seg->count = last - first;
	seg->pages = m;
	if (seg->count > vm_page_largest.count)
		vm_page_largest = *seg;
	for (; m < end; m++, pa += PAGE_SIZE) {
		m->pageq.tqe_next = m + 1;
		m->pageq.tqe_prev = prev;
		prev = &m->pageq.tqe_next;
		m->object = NULL;
		m->phys_addr = pa;
		pmap_page_init(m);
		__builtin_memcpy(&m->queue, free_state, sizeof(free_state));
	}
	return (m);
}

/* Put a range's pages at the end of the free queue. */
static void
seg_free(const struct vm_page_seg *seg)
{
	struct pglist *free = &vm_page_queues[PQ_FREE].pl;
	vm_page_t first = seg->pages, last = &seg->pages[seg->count - 1];

	first->pageq.tqe_prev = free->tqh_last;
	*free->tqh_last = first;
	last->pageq.tqe_next = NULL;
	free->tqh_last = &last->pageq.tqe_next;
}

/* The largest range is used first, since its pages' entries are found at once. */
static void
free_all(void)
{
	const struct vm_page_seg *seg;

	seg_free(&vm_page_largest);
	for (seg = vm_page_segs; seg < &vm_page_segs[vm_page_nsegs]; seg++)
		if (seg->pages != vm_page_largest.pages)
			seg_free(seg);
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
	free_all();
	cnt.v_page_size = PAGE_SIZE;
	cnt.v_page_count = vm_page_array_size;
	cnt.v_free_count = vm_page_array_size;
	cnt.v_interrupt_free_min = INTERRUPT_FREE_MIN;
	cnt.v_free_reserved = FREE_RESERVED +
	    cnt.v_page_count / PAGES_PER_RESERVED;
}
