/*
 * vm_pageq: the queues that pages wait in.
 *
 *		      vm_page_alloc()		 the fault is over
 *	FREE -------------------------> none ----------------------> ACTIVE
 *	  ^				 |  ^ wire	used again:   |  ^
 *	  |				 |  +------	activate      |	 |
 *	  | vm_page_free()		 v			      v  |
 *	  +------------------- CACHE <------------------------ INACTIVE
 *	     its pager has the same   clean, unmapped	   deactivate: not used
 *
 * The page daemon (vm_pageout.c) moves them from left to right and back, by
 * what pmap tells it.  Each queue has its count in `cnt'; each page knows which
 * one it is in.  All is done at splvm.
 *
 * [vm/vm_pageq.c, vm/vm_page.c]
 */
#include <vm/vm_page.h>

#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/spl.h>
#include <vm/pmap.h>
#include <vm/vm_pageout.h>

static uint32_t	hold_queue_count;

#define	QUEUE(number, count)						\
	[number] = { TAILQ_HEAD_INITIALIZER(vm_page_queues[number].pl), &(count) }

struct vpgqueues vm_page_queues[PQ_COUNT] = {
	QUEUE(PQ_FREE, cnt.v_free_count),
	QUEUE(PQ_INACTIVE, cnt.v_inactive_count),
	QUEUE(PQ_ACTIVE, cnt.v_active_count),
	QUEUE(PQ_CACHE, cnt.v_cache_count),
	QUEUE(PQ_HOLD, hold_queue_count),
};

void
vm_pageq_enqueue(int queue, vm_page_t m)
{
	int s = splvm_here();

	KASSERT(m->queue == PQ_NONE, ("vm_pageq_enqueue: %p is in queue %u", m,
	    m->queue));
	m->queue = queue;
	TAILQ_INSERT_TAIL(&vm_page_queues[queue].pl, m, pageq);
	(*vm_page_queues[queue].cnt)++;
	splx_here(s);
}

/* What leaves the cache was as good as free: perhaps too few are left. */
void
vm_pageq_remove(vm_page_t m)
{
	int s = splvm_here(), queue = m->queue;

	if (queue != PQ_NONE)
		vm_pageq_remove_nowakeup(m);
	if (queue == PQ_CACHE && vm_paging_needed())
		pagedaemon_wakeup();
	splx_here(s);
}

void
vm_pageq_requeue(vm_page_t m)
{
	int s = splvm();

	if (m->queue != PQ_NONE) {
		TAILQ_REMOVE(&vm_page_queues[m->queue].pl, m, pageq);
		TAILQ_INSERT_TAIL(&vm_page_queues[m->queue].pl, m, pageq);
	}
	splx(s);
}

/* ---------------------------------------------------------------- wired */

void
vm_page_wire(vm_page_t m)
{
	int s;

	if (m->flags & PG_FICTITIOUS)
		return;
	s = splvm();
	if (m->wire_count++ == 0) {
		vm_pageq_remove(m);
		cnt.v_wire_count++;
	}
	KASSERT(m->wire_count != 0, ("vm_page_wire: %p is wired too often", m));
	splx(s);
}

void
vm_page_unwire(vm_page_t m, int activate)
{
	int s;

	if (m->flags & PG_FICTITIOUS)
		return;
	s = splvm();
	KASSERT(m->wire_count > 0, ("vm_page_unwire: %p is not wired", m));
	if (--m->wire_count == 0) {
		cnt.v_wire_count--;
		if (m->object != NULL && !(m->flags & PG_UNMANAGED)) {
			m->flags &= ~PG_WINATCFLS;
			vm_pageq_enqueue(activate ? PQ_ACTIVE : PQ_INACTIVE, m);
		}
	}
	splx(s);
}

void
vm_page_unmap(vm_page_t m)
{
	int wirings;

	if (!pmap_page_is_mapped(m))
		return;
	wirings = m->wire_count != 0 ? pmap_page_wired_mappings(m) : 0;
	pmap_remove_all(m);
	while (wirings-- > 0)
		vm_page_unwire(m, 0);
}

/* ---------------------------------------------------------------- how much it is used */

/* May it be in a queue of the page daemon's? */
static inline int
is_pageable(vm_page_t m)
{
	return (__builtin_expect(m->wire_count == 0 &&
	    !(m->flags & (PG_UNMANAGED | PG_FICTITIOUS)), 1));
}

/* It is in another queue: it leaves that. */
static __attribute__((noinline)) void
leave_queue(vm_page_t m)
{
	if (m->queue == PQ_CACHE)
		cnt.v_reactivated++;
	vm_pageq_remove(m);
}

/* At splvm.  Most often it is in no queue: a fault has seen to it. */
static inline void
activate(vm_page_t m)
{
	if (m->act_count < ACT_INIT)
		m->act_count = ACT_INIT;
	if (m->queue != PQ_NONE) {
		if (m->queue == PQ_ACTIVE)
			return;
		leave_queue(m);
	}
	if (is_pageable(m)) {
		m->queue = PQ_ACTIVE;
		TAILQ_INSERT_TAIL(&vm_page_queues[PQ_ACTIVE].pl, m, pageq);
		cnt.v_active_count++;
	}
}

void
vm_page_activate(vm_page_t m)
{
	int s = splvm_here();

	activate(m);
	splx_here(s);
}

void
vm_page_settle(vm_page_t m)
{
	int s = splvm_here();

	KASSERT(m->flags & PG_BUSY, ("vm_page_settle: %p is not busy", m));
	m->flags = (m->flags | PG_REFERENCED) & ~PG_BUSY;
	activate(m);
	if (m->flags & PG_WANTED)
		vm_page_flash(m);
	splx_here(s);
}

/* To the end of the inactive queue, or to its head, where the daemon looks next. */
static void
deactivate(vm_page_t m, int at_head)
{
	int s = splvm();

	if (m->queue == PQ_CACHE)
		cnt.v_reactivated++;
	if (m->queue != PQ_INACTIVE && is_pageable(m)) {
		vm_pageq_remove(m);
		m->flags &= ~PG_WINATCFLS;
		vm_pageq_enqueue(PQ_INACTIVE, m);
		if (at_head) {
			TAILQ_REMOVE(&vm_page_queues[PQ_INACTIVE].pl, m, pageq);
			TAILQ_INSERT_HEAD(&vm_page_queues[PQ_INACTIVE].pl, m, pageq);
		}
	}
	splx(s);
}

void
vm_page_deactivate(vm_page_t m)
{
	deactivate(m, 0);
}

/*
 * What must be written first takes its turn, so that a process that says this
 * of much does not keep the disk busy; what is clean goes at once.
 */
void
vm_page_dontneed(vm_page_t m)
{
	if (m->queue == PQ_CACHE)
		return;
	vm_page_flag_clear(m, PG_REFERENCED);
	pmap_clear_reference(m);
	vm_page_test_dirty(m);
	deactivate(m, m->dirty == 0);
}

void
vm_page_cache(vm_page_t m)
{
	int s = splvm();

	KASSERT(!(m->flags & (PG_BUSY | PG_UNMANAGED | PG_FICTITIOUS)) &&
	    m->busy == 0 && m->wire_count == 0 && m->object != NULL,
	    ("vm_page_cache: %p is in use", m));
	if (m->queue != PQ_CACHE) {
		pmap_remove_all(m);
		KASSERT(m->dirty == 0, ("vm_page_cache: %p is dirty", m));
		vm_pageq_remove(m);
		vm_pageq_enqueue(PQ_CACHE, m);
		vm_page_free_wakeup();
	}
	splx(s);
}
