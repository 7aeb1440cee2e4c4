/*
 * vm_zeroidle: a process that fills free pages with zeros, where nobody else has
 * anything to do.
 *
 * Who touches new memory wants a page of zeros, and to fill it is most of the
 * work.  Some are kept ready: up to half of those that are free, and 512 at
 * most.  It stops at that, and begins again when a third of them is gone, so
 * that it does not run for each page.
 *
 * It runs at the worst priority there is, and asks behind each page whether
 * somebody else could.  Nobody wakes it: it looks each second, so freeing a page
 * costs nothing more, and pages that are soon wanted again are not filled.
 *
 * [vm/vm_zeroidle.c]
 */
#include <vm/vm_page.h>

#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/priority.h>
#include <sys/proc.h>
#include <sys/sched.h>
#include <sys/systm.h>
#include <sys/unistd.h>
#include <sys/vmmeter.h>
#include <vm/pmap.h>

#define	ZERO_MAX	512

static int	zero_state;		/* enough are ready, until a third is gone */

/* Should more be ready? */
static int
vm_page_zero_check(void)
{
	uint32_t most = MIN(cnt.v_free_count / 2, ZERO_MAX);

	if (vm_page_zero_count >= most)
		zero_state = 1;
	else if (vm_page_zero_count < most * 2 / 3)
		zero_state = 0;
	return (!zero_state);
}

/* Fill the first free page, if it is not one of those; it is not free meanwhile. */
static void
vm_page_zero_idle(void)
{
	vm_page_t m;
	int s = splvm();

	m = TAILQ_FIRST(&vm_page_queues[PQ_FREE].pl);
	if (m != NULL && !(m->flags & PG_ZERO)) {
		vm_pageq_remove(m);
		splx(s);
		pmap_zero_page_idle(m);
		vm_page_free_zero(m);
	} else
		splx(s);
}

static void
vm_pagezero(void *arg __unused)
{
	for (;;) {
		if (!vm_page_zero_check())
			(void)tsleep(&zero_state, 0, "pgzero", hz);
		else if (sched_runnable())
			uio_yield();
		else
			vm_page_zero_idle();
	}
}

/* It is no load: without it nobody would run. */
static void
pagezero_start(const void *dummy __unused)
{
	struct proc *p;
	int error, s;

	error = kthread_create(vm_pagezero, NULL, &p, RFSTOPPED, 0, "pagezero");
	if (error != 0)
		panic("pagezero_start: error %d", error);
	s = splhigh();
	p->p_flag |= P_NOLOAD;
	sched_prio(&p->p_thread, PRI_MAX_IDLE);
	sched_add(&p->p_thread);
	splx(s);
}
SYSINIT(pagezero, SI_SUB_KTHREAD_VM, SI_ORDER_ANY, pagezero_start, NULL);
