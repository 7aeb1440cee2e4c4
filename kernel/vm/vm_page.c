/*
 * vm_page: physical pages, free and taken.
 *
 * Free pages are in a queue, those of the largest range first at the start.  Those
 * that are full of zeros stand at its end; who does not want one takes from its
 * head.  Of the last ones some are kept for those who cannot wait:
 *
 *	v_free_count  0 ....... v_interrupt_free_min ....... v_free_reserved ....
 *	who gets one  INTERRUPT | SYSTEM, too                | NORMAL, too
 *
 * Who may sleep, and finds too few, takes pages of the cache queue: these are
 * clean, and their objects' pagers have the same.  Then the page daemon is
 * called for.
 *
 * A page that is taken becomes one of an object, at once: it is linked into its
 * list and into its tree (vm_page_tree.c).  Giving it back undoes both.
 *
 * Pages are taken and given at splvm: handlers of interrupts do it, too.
 *
 * vm_page_startup.c: where they all come from.  vm_page_tree.c: a page in its
 * object.  vm_pageq.c: in its queue.  vm_page_state.c: who has it, and what is
 * in it.
 *
 * [vm/vm_page.c]
 */
#include <vm/vm_page.h>

#include <sys/priority.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/spl.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_object.h>
#include <vm/vm_pageout.h>

struct vmmeter cnt;
uint32_t vm_page_zero_count;

static int	pages_wanted;		/* somebody is in vm_wait_pages() */

#define	free_queue	(&vm_page_queues[PQ_FREE].pl)

/* ---------------------------------------------------------------- in its object */

/*
 * Among others: the splay makes the root a neighbour of the new page, and that
 * becomes the root between it and what was on its other side.
 */
static __attribute__((noinline)) void
insert_among(vm_page_t m, vm_object_t object, vm_page_t root)
{
	root = vm_page_splay(m->pindex, root);
	KASSERT(m->pindex != root->pindex,
	    ("vm_page_insert: object %p has page %u", object, m->pindex));
	if (m->pindex < root->pindex) {
		m->left = root->left;
		m->right = root;
		root->left = NULL;
		TAILQ_INSERT_BEFORE(root, m, listq);
	} else {
		m->left = root;
		m->right = root->right;
		root->right = NULL;
		TAILQ_INSERT_AFTER(&object->memq, root, m, listq);
	}
}

/*
 * Pages mostly come one behind the other: then the root, which came before, is
 * the last one, and there is nothing to look for.
 */
static inline void
page_insert(vm_page_t m, vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t root = object->root;

	m->object = object;
	m->pindex = pindex;
	if (__builtin_expect(root == NULL ||
	    (root->pindex < pindex && root->right == NULL), 1)) {
		m->left = root;
		m->right = NULL;
		TAILQ_INSERT_TAIL(&object->memq, m, listq);
	} else
		insert_among(m, object, root);
	object->root = object->hint = m;
	object->resident_page_count++;
}

void
vm_page_insert(vm_page_t m, vm_object_t object, vm_pindex_t pindex)
{
	KASSERT(m->object == NULL, ("vm_page_insert: %p is another's", m));
	page_insert(m, object, pindex);
	if (m->flags & PG_WRITEABLE)
		vm_object_set_writeable_dirty(object);
}

/* Both subtrees become one: the last page before it is its root, and has room. */
static inline void
page_remove(vm_page_t m)
{
	vm_object_t object = m->object;
	vm_page_t root;

	vm_page_flag_clear(m, PG_BUSY);
	if (m->flags & PG_WANTED)
		vm_page_flash(m);
	if (m != object->root)
		(void)vm_page_splay(m->pindex, object->root);
	root = m->right;
	if (m->left != NULL) {
		root = m->left;
		if (root->right != NULL)
			root = vm_page_splay(m->pindex, root);
		root->right = m->right;
	}
	object->root = root;
	if (object->hint == m)
		object->hint = root;
	TAILQ_REMOVE(&object->memq, m, listq);
	object->resident_page_count--;
	m->object = NULL;
}

void
vm_page_remove(vm_page_t m)
{
	page_remove(m);
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

/*
 * The first free page, or one that is zeroed, if that is wanted and there is one.
 * The first is zeroed only where all are.  PG_ZERO is the one flag that free pages
 * may have.
 */
static inline vm_page_t
free_queue_take(int zeroed)
{
	vm_page_t m;

	if (zeroed && vm_page_zero_count > 0) {
		m = TAILQ_LAST(free_queue, pglist);
		vm_page_zero_count--;
	} else {
		m = TAILQ_FIRST(free_queue);
		if (m->flags & PG_ZERO)
			vm_page_zero_count--;
		m->flags = 0;
	}
	KASSERT(m->queue == PQ_FREE && m->object == NULL,
	    ("vm_page_alloc: %#x is in the free queue and is not free", m->phys_addr));
	TAILQ_REMOVE(free_queue, m, pageq);
	cnt.v_free_count--;
	m->queue = PQ_NONE;
	return (m);
}

/*
 * There may be too few pages for this request, or soon.  See to it; returns
 * whether it can have one.
 */
static int
is_enough(int req)
{
	if (cnt.v_free_count <= cnt.v_free_reserved && !make_free(req)) {
		vm_pageout_deficit++;
		pagedaemon_wakeup();
		return (0);
	}
	if (vm_paging_needed())
		pagedaemon_wakeup();
	return (1);
}

/*
 * What else a request may ask for.  Who has no object, with others who would see
 * to it, gets his zeros here.
 */
static __attribute__((noinline)) void
as_requested(vm_page_t m, int req)
{
	KASSERT(!(req & VM_ALLOC_NOOBJ) || m->object == NULL,
	    ("vm_page_alloc: object %p, request %#x", m->object, req));
	if (req & VM_ALLOC_WIRED) {
		m->wire_count = 1;
		cnt.v_wire_count++;
	}
	if (req & VM_ALLOC_NOBUSY)
		m->flags &= ~PG_BUSY;
	if ((req & VM_ALLOC_NOOBJ) && (req & VM_ALLOC_ZERO) && !(m->flags & PG_ZERO)) {
		pmap_zero_page(m);
		m->flags |= PG_ZERO;
	}
}

vm_page_t
vm_page_alloc(vm_object_t object, vm_pindex_t pindex, int req)
{
	vm_page_t m;
	int s;

	if (vm_fail_alloc != 0 && vm_fail_now())
		return (NULL);
	s = splvm_here();
	/* With so many free, nothing need be asked. */
	if (cnt.v_free_count <= cnt.v_free_reserved + cnt.v_cache_min &&
	    !is_enough(req)) {
		splx_here(s);
		return (NULL);
	}
	m = free_queue_take(req & VM_ALLOC_ZERO);
	if (object != NULL) {
		m->flags |= PG_BUSY;
		page_insert(m, object, pindex);
	} else
		KASSERT(req & VM_ALLOC_NOOBJ,
		    ("vm_page_alloc: no object, request %#x", req));
	if (req & (VM_ALLOC_WIRED | VM_ALLOC_NOBUSY | VM_ALLOC_NOOBJ))
		as_requested(m, req);
	splx_here(s);
	return (m);
}

/* ---------------------------------------------------------------- giving back */

/* Zeroed ones to the end of the queue, others to where they are taken first. */
static inline void
free_queue_give(vm_page_t m)
{
	m->queue = PQ_FREE;
	if (m->flags & PG_ZERO) {
		TAILQ_INSERT_TAIL(free_queue, m, pageq);
		vm_page_zero_count++;
	} else
		TAILQ_INSERT_HEAD(free_queue, m, pageq);
	cnt.v_free_count++;
	if (vm_pages_needed | vm_pageout_pages_needed | pages_wanted)
		vm_page_free_wakeup();
}

/*
 * A page that nobody has any more becomes free: with `zero' PG_ZERO, it is full
 * of zeros.  What is held goes to a queue of its own; whoever lets it go brings
 * it here again.  A fictitious one is its pager's from now on.
 */
static void
page_free(vm_page_t m, uint16_t zero)
{
	int s = splvm_here();

	KASSERT(m->queue != PQ_FREE, ("vm_page_free: freeing free page %#x",
	    m->phys_addr));
	KASSERT(m->busy == 0 && m->wire_count <= 1 && !pmap_page_is_mapped(m),
	    ("vm_page_free: page %#x is wired %u times, written %u times, mapped %d",
	    m->phys_addr, m->wire_count, m->busy, m->md.pv_list_count));
	if (m->queue != PQ_NONE)
		vm_pageq_remove_nowakeup(m);
	if (m->object != NULL)
		page_remove(m);
	if (m->flags & PG_FICTITIOUS) {
		splx_here(s);
		return;
	}
	if (m->wire_count != 0) {
		cnt.v_wire_count--;
		m->wire_count = 0;
	}
	cnt.v_tfree++;
	m->act_count = m->busy = m->valid = m->dirty = 0;
	m->flags = zero;
	if (m->hold_count == 0)
		free_queue_give(m);
	else {
		m->flags = 0;
		vm_pageq_enqueue(PQ_HOLD, m);
	}
	splx_here(s);
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

void
vm_page_discard(vm_page_t m)
{
	if (pmap_page_is_mapped(m))
		pmap_remove_all(m);
	m->wire_count = MIN(m->wire_count, 1);
	vm_page_free(m);
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
 * Sleep until there are pages.  But if there is `enough' already (others came
 * free meanwhile, or vm_fail_now() has said that there was none) nobody would
 * wake us, and it is for a tick.
 */
static void
wait_on(void *chan, int pri, const char *wmesg, int enough)
{
	(void)tsleep(chan, pri, wmesg, enough ? 1 : 0);
}

static void
wait_for_daemon(int pri, const char *wmesg)
{
	int s = splvm();

	pagedaemon_wakeup();
	wait_on(&cnt.v_free_count, pri, wmesg, !vm_page_count_min());
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
	wait_on(&vm_pageout_pages_needed, PSWP, "VMWait",
	    vm_page_count_usable() >= cnt.v_pageout_free_min);
	splx(s);
}

void
vm_waitpfault(void)
{
	wait_for_daemon(PUSER, "pfault");
}

/* How many there are for a request, which might have them of the cache. */
static uint32_t
pages_for(int req)
{
	if ((req & VM_ALLOC_CLASS_MASK) == VM_ALLOC_INTERRUPT)
		return (cnt.v_free_count);
	return (vm_page_count_usable());
}

void
vm_wait_pages(uint32_t pages, int req)
{
	int s = splvm();

	while (pages_for(req) < pages + pages_to_leave(req)) {
		pages_wanted = 1;
		pagedaemon_wakeup();
		(void)tsleep(&pages_wanted, PVM, "vmwait", 0);
	}
	splx(s);
}
