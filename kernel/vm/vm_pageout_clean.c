/*
 * vm_pageout_clean: dirty pages go to their pager, some at a time.
 *
 * To write sixteen pages that stand in a row takes hardly longer than to write
 * one.  So with the page that is to go its neighbours go, if they would have to,
 * too: those that are dirty and not used.
 *
 *	object	| 13 | 14 | 15 | 16 | 17 | 18 | 19 | 20 |
 *		  --   dirty dirty ^^   dirty used
 *			\___________|_______/
 *				    m
 *
 * Of 16 at most, starting with those back to a multiple of 16, then those
 * ahead, and if there is still room those further back: so where a whole object
 * is written, it is in pieces that do not overlap.
 *
 * [vm/vm_pageout.c]
 */
#include <vm/vm_pageout.h>

#include <sys/systm.h>
#include <vm/pmap.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pager.h>

#define	VM_PAGEOUT_PAGE_COUNT	16

int vm_pageout_page_count = VM_PAGEOUT_PAGE_COUNT;

/* May it be written as somebody's neighbour?  NULL may not. */
static int
goes_along(vm_page_t m)
{
	if (m == NULL || m->queue != PQ_INACTIVE || (m->flags & PG_BUSY) ||
	    m->busy != 0 || m->hold_count != 0 || m->valid != VM_PAGE_BITS_ALL)
		return (0);
	vm_page_test_dirty(m);
	return (m->dirty != 0);
}

/* The pages that are written together: from behind the middle, mc[first] on. */
struct cluster {
	vm_page_t	mc[2 * VM_PAGEOUT_PAGE_COUNT];
	int		first, count;
};

/* Extend it backwards; as far as a multiple of its size, or as there is room. */
static void
extend_back(struct cluster *c, int aligned)
{
	vm_page_t m = c->mc[c->first], before;

	while (c->count < vm_pageout_page_count && m->pindex > 0 &&
	    !(aligned && m->pindex % vm_pageout_page_count == 0)) {
		before = TAILQ_PREV(m, pglist, listq);
		if (before == NULL || before->pindex != m->pindex - 1 ||
		    !goes_along(before))
			break;
		c->mc[--c->first] = m = before;
		c->count++;
	}
}

static void
extend_ahead(struct cluster *c)
{
	vm_page_t m = c->mc[c->first + c->count - 1], next;

	while (c->count < vm_pageout_page_count) {
		next = TAILQ_NEXT(m, listq);
		if (next == NULL || next->pindex != m->pindex + 1 ||
		    next->pindex >= m->object->size || !goes_along(next))
			break;
		c->mc[c->first + c->count++] = m = next;
	}
}

int
vm_pageout_clean(vm_page_t m)
{
	struct cluster c;

	c.first = VM_PAGEOUT_PAGE_COUNT;
	c.mc[c.first] = m;
	c.count = 1;
	extend_back(&c, 1);
	extend_ahead(&c);
	extend_back(&c, 0);
	return (vm_pageout_flush(&c.mc[c.first], c.count, 0));
}

/* What came of it, for a page that the pager is done with.  Is it written? */
static int
flushed(vm_page_t m, int status)
{
	int written = 0;

	switch (status) {
	case VM_PAGER_OK:
		written = 1;
		break;
	case VM_PAGER_BAD:
		/* Outside of what the pager has: nobody will ever miss it. */
		pmap_clear_modify(m);
		vm_page_undirty(m);
		break;
	case VM_PAGER_ERROR:
	case VM_PAGER_FAIL:
		/* Out of the way of those that can be written. */
		vm_page_activate(m);
		break;
	}
	vm_object_pip_wakeup(m->object);
	vm_page_io_finish(m);
	return (written);
}

/* mc[] and status[]: of vm_pageout_page_count at most. */
int
vm_pageout_flush(vm_page_t *mc, int count, int flags)
{
	vm_object_t object = mc[0]->object;
	int status[VM_PAGEOUT_PAGE_COUNT];
	int i, written = 0;

	KASSERT(count <= VM_PAGEOUT_PAGE_COUNT,
	    ("vm_pageout_flush: %d pages", count));
	for (i = 0; i < count; i++) {
		KASSERT(mc[i]->valid == VM_PAGE_BITS_ALL &&
		    (mc[i]->flags & PG_BUSY) == 0,
		    ("vm_pageout_flush: page %#x: valid %#x, flags %#x",
		    mc[i]->phys_addr, mc[i]->valid, mc[i]->flags));
		vm_page_io_start(mc[i]);
		pmap_page_protect(mc[i], VM_PROT_READ);
	}
	vm_object_pip_add(object, count);
	vm_pager_put_pages(object, mc, count, flags, status);
	for (i = 0; i < count; i++)
		written += status[i] == VM_PAGER_PEND || flushed(mc[i], status[i]);
	return (written);
}
