/*
 * vm_pageout: the page daemon.  It sleeps until pages run short; then it finds
 * some that nobody misses.
 *
 *	ACTIVE				INACTIVE			CACHE
 *	used? act_count + 3 and more	used? back to active		as good
 *	not?  act_count - 1		dirty? written, and then	as free
 *	at 0 --------------------->	clean ------------------------>
 *
 * Used means: the MMU or somebody has touched it since it was last asked.  So a
 * page that is used once in a while has some passes' credit, and one that was
 * used once has ACT_INIT.  A page is dropped only after it was inactive, where a
 * single use saves it.
 *
 * A dirty page is passed by once, in case enough others are clean; and since who
 * writes has need of pages himself, only some are written in the first pass.
 * After that as many as it takes.  What is written is looked at again when it is
 * clean: the end of each transfer wakes the daemon.
 *
 * It goes through the queues with a marker of its own, a page that is none,
 * behind which the next one is: so whatever happens to pages while it sleeps or
 * an interrupt comes, it knows where it was.
 *
 * When all passes bring nothing, memory and swap are full.  Then somebody should
 * end; until processes can be killed, it is said whose memory it is, once, and
 * who wants more waits until somebody gives some back.
 *
 * [vm/vm_pageout.c]
 */
#include <vm/vm_pageout.h>

#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/priority.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/pmap.h>
#include <vm/swap_pager.h>
#include <vm/uma.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define	VM_MAX_LAUNDER	32		/* pages written in a first pass, at most */
#define	STATS_INTERVAL	5		/* seconds between looks at what is used */
#define	FULL_STATS_INTERVAL 20		/* and between looks at all of it */

struct proc *pageproc;
int vm_pages_needed;
int vm_pageout_pages_needed;
int vm_pageout_deficit;

/* A pass over the queues. */
struct scan {
	int	pass;			/* 0: the first, without hurry */
	int	shortage;		/* pages that are still wanted */
	int	launder;		/* pages that may still be written */
	int	passed_over;		/* busy or held: they will be had later */
};

void
pagedaemon_wakeup(void)
{
	if (!vm_pages_needed && curproc != pageproc) {
		vm_pages_needed = 1;
		wakeup(&vm_pages_needed);
	}
}

void
vm_pageout_written(void)
{
	int s = splvm();

	if (vm_pages_needed)
		wakeup(&vm_pages_needed);
	splx(s);
}

/* ---------------------------------------------------------------- the way through a queue */

/* Put the daemon's marker in front of a queue's first page. */
static void
marker_enter(vm_page_t marker, int queue)
{
	int s = splvm();

	bzero(marker, sizeof(*marker));
	marker->flags = PG_BUSY | PG_FICTITIOUS | PG_MARKER;
	marker->queue = queue;
	marker->wire_count = 1;
	TAILQ_INSERT_HEAD(&vm_page_queues[queue].pl, marker, pageq);
	splx(s);
}

/* Step over the next page, and return it; NULL at the end. */
static vm_page_t
marker_step(vm_page_t marker)
{
	struct pglist *queue = &vm_page_queues[marker->queue].pl;
	int s = splvm();
	vm_page_t m = TAILQ_NEXT(marker, pageq);

	if (m != NULL) {
		TAILQ_REMOVE(queue, marker, pageq);
		TAILQ_INSERT_AFTER(queue, m, marker, pageq);
	}
	splx(s);
	return (m);
}

static void
marker_leave(vm_page_t marker)
{
	int s = splvm();

	TAILQ_REMOVE(&vm_page_queues[marker->queue].pl, marker, pageq);
	splx(s);
}

/* ---------------------------------------------------------------- inactive pages */

/*
 * How often it was used since it was last asked; now it is not.  An object that
 * nobody refers to has no use for it.
 */
static int
page_uses(vm_page_t m)
{
	int uses;

	if (m->object->ref_count == 0) {
		pmap_clear_reference(m);
		uses = 0;
	} else {
		uses = pmap_ts_referenced(m) + ((m->flags & PG_REFERENCED) != 0);
	}
	vm_page_flag_clear(m, PG_REFERENCED);
	return (uses);
}

/* It is used: the more, the longer it stays so. */
static void
page_credit(vm_page_t m, int uses)
{
	m->act_count = MIN(m->act_count + ACT_ADVANCE + uses, ACT_MAX);
}

/* A page that was not used lately: is it now?  Else it goes. */
static void
inactive_page(struct scan *sc, vm_page_t m)
{
	int uses;

	if (m->busy != 0 || (m->flags & PG_BUSY) || m->hold_count != 0) {
		sc->passed_over++;
		return;
	}
	uses = page_uses(m);
	if (uses != 0) {
		vm_page_activate(m);
		page_credit(m, uses);
		cnt.v_reactivated++;
		return;
	}
	vm_page_test_dirty(m);
	if (m->valid == 0) {
		pmap_remove_all(m);
		vm_page_free(m);
		cnt.v_dfree++;
		sc->shortage--;
	} else if (m->dirty == 0) {
		vm_page_cache(m);
		sc->shortage--;
	} else if (sc->pass == 0 && !(m->flags & PG_WINATCFLS)) {
		vm_page_flag_set(m, PG_WINATCFLS);
		vm_pageq_requeue(m);
	} else if (sc->launder > 0 && !(m->object->flags & OBJ_DEAD) &&
	    vm_pageout_clean(m) > 0) {
		sc->shortage--;
		sc->launder--;
	}
}

static void
scan_inactive(struct scan *sc)
{
	struct vm_page marker;
	uint32_t left = cnt.v_inactive_count;
	vm_page_t m;

	marker_enter(&marker, PQ_INACTIVE);
	while (sc->shortage > 0 && left-- > 0 && (m = marker_step(&marker)) != NULL) {
		cnt.v_pdpages++;
		inactive_page(sc, m);
	}
	marker_leave(&marker);
}

/* ---------------------------------------------------------------- active pages */

/* Was it used?  Returns whether it is inactive now. */
static int
active_page(vm_page_t m)
{
	int uses;

	if (m->busy != 0 || (m->flags & PG_BUSY) || m->hold_count != 0) {
		vm_pageq_requeue(m);
		return (0);
	}
	uses = page_uses(m);
	if (uses != 0)
		page_credit(m, uses);
	else
		m->act_count -= MIN(m->act_count, ACT_DECLINE);
	if (uses == 0 && (m->act_count == 0 || m->object->ref_count == 0)) {
		vm_page_deactivate(m);
		return (1);
	}
	vm_pageq_requeue(m);
	return (0);
}

/* Look at `most' pages at most, until `wanted' have become inactive. */
static void
scan_active(int wanted, uint32_t most)
{
	struct vm_page marker;
	vm_page_t m;

	marker_enter(&marker, PQ_ACTIVE);
	while (wanted > 0 && most-- > 0 && (m = marker_step(&marker)) != NULL) {
		cnt.v_pdpages++;
		wanted -= active_page(m);
	}
	marker_leave(&marker);
}

/* How many pages too few are inactive, so that those that go were not just used. */
static int
inactive_shortage(const struct scan *sc)
{
	return (vm_paging_target() + (int)cnt.v_inactive_target -
	    (int)cnt.v_inactive_count + sc->passed_over);
}

/*
 * See to it that so many are inactive.  Where it is urgent and none is, all are
 * asked again at once: they lose their credit then, those with the least first.
 */
static void
find_inactive(struct scan *sc)
{
	int rounds;

	rounds = cnt.v_inactive_count == 0 && vm_page_count_min() ? ACT_MAX : 1;
	for (; rounds > 0 && inactive_shortage(sc) > 0; rounds--)
		scan_active(inactive_shortage(sc), cnt.v_active_count);
}

/*
 * Now and then, where nothing is short, but few are inactive: learn which pages
 * are used, some of them each time and sometimes all.
 */
static void
vm_pageout_page_stats(void)
{
	static int seconds;
	uint32_t most = cnt.v_active_count;
	int wanted;

	wanted = (int)(cnt.v_inactive_target + cnt.v_cache_max + cnt.v_free_min) -
	    (int)(vm_page_count_usable() + cnt.v_inactive_count);
	if (wanted <= 0)
		return;
	seconds += STATS_INTERVAL;
	if (seconds < FULL_STATS_INTERVAL)
		most = MIN(most, cnt.v_free_target * most / cnt.v_page_count + 1);
	else
		seconds = 0;
	scan_active(wanted, most);
}

/* ---------------------------------------------------------------- passes */

/* Some are wanted free, so that handlers of interrupts have them at once. */
static void
free_cache(void)
{
	vm_page_t m;

	while (cnt.v_free_count < cnt.v_free_reserved &&
	    (m = vm_page_select_cache()) != NULL) {
		vm_page_free(m);
		cnt.v_dfree++;
	}
}

/* Memory is full of what cannot be written, since swap is, too: say so, once. */
static void
say_memory_is_full(void)
{
	static int told;

	if (!vm_page_count_min() || !swap_pager_full) {
		told = 0;
		return;
	}
	if (!told) {
		printf("vm_pageout: out of memory and of swap space: "
		    "who wants more has to wait\n");
		told = 1;
	}
}

static void
vm_pageout_scan(int pass)
{
	struct scan sc = { .pass = pass };
	int s;

	uma_reclaim();
	s = splvm();
	sc.shortage = vm_paging_target() + vm_pageout_deficit;
	vm_pageout_deficit = 0;
	splx(s);
	sc.launder = pass == 0 ? VM_MAX_LAUNDER : (int)cnt.v_page_count;
	scan_inactive(&sc);
	find_inactive(&sc);
	free_cache();
	say_memory_is_full();
}

/*
 * Sleep until there is something to do.  Returns the pass that comes: 0 and 1
 * where there was enough after the last one, but if that had taken more than two
 * it begins with the second.
 */
static int
vm_pageout_wait(int pass)
{
	int error = 0, s = splvm();

	if (vm_pages_needed && !vm_page_count_min()) {
		if (!vm_paging_needed())
			vm_pages_needed = 0;
		wakeup(&cnt.v_free_count);
	}
	if (vm_pages_needed) {
		if (++pass > 1)
			(void)tsleep(&vm_pages_needed, PVM, "psleep", hz / 2);
	} else {
		pass = pass > 1;
		error = tsleep(&vm_pages_needed, PVM, "psleep",
		    STATS_INTERVAL * hz);
	}
	if (vm_pages_needed)
		cnt.v_pdwakeups++;
	else if (error != 0)
		pass = -1;
	splx(s);
	return (pass);
}

static void
vm_pageout(void)
{
	int pass = 0;

	for (;;) {
		pass = vm_pageout_wait(pass);
		if (pass < 0) {
			pass = 0;
			vm_pageout_page_stats();
		} else {
			vm_pageout_scan(pass);
		}
	}
}

static void
vm_pageout_init(const void *dummy __unused)
{
	vm_pageout_set_marks();
	swap_pager_swap_init();
}
SYSINIT(pagedaemon_init, SI_SUB_KTHREAD_PAGE, SI_ORDER_FIRST, vm_pageout_init, NULL);

static const struct kproc_desc page_kp = { "pagedaemon", vm_pageout, &pageproc };
SYSINIT(pagedaemon, SI_SUB_KTHREAD_PAGE, SI_ORDER_SECOND, kproc_start, &page_kp);
