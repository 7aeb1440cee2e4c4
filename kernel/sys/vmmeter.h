/*
 * What the VM counts, and where its marks stand.  DDB's `show page' prints it.
 *
 * Of memory there are, beside what is wired, four sorts of pages:
 *
 *	free	    nobody's
 *	cache	    clean, mapped nowhere, still with their object: as good as free
 *	inactive    not used lately; may be dirty, or mapped
 *	active	    used
 *
 * The page daemon sees to it that there is enough of the first two.  Their sum,
 * free + cache, is what the marks are compared with:
 *
 *	0   v_interrupt_free_min   v_free_reserved   v_free_severe   v_free_min
 *		v_free_target + v_cache_min
 *
 * Below v_free_reserved + v_cache_min the daemon is woken; it goes on until the
 * last of the marks is reached.  Who finds less than v_free_min waits, rather
 * than have more; from v_free_severe on, who can do without does.
 *
 * [sys/vmmeter.h, vm/vm_meter.c]
 */
#ifndef _SYS_VMMETER_H_
#define	_SYS_VMMETER_H_

#include <stdint.h>

struct vmmeter {
	/* What has happened so far: the machine. */
	uint32_t	v_swtch;	/* switches from a thread to another */
	uint32_t	v_trap;		/* traps */
	uint32_t	v_intr;		/* devices' interrupts */
	uint32_t	v_soft;		/* software interrupts */
	uint32_t	v_kthreads;	/* kernel processes made */

	/* Faults. */
	uint32_t	v_vm_faults;	/* that vm_fault() has seen to */
	uint32_t	v_cow_faults;	/* that have copied a page, */
	uint32_t	v_cow_optim;	/* or moved it, since nobody else had it */
	uint32_t	v_zfod;		/* pages filled with zeros for a fault, */
	uint32_t	v_ozfod;	/* and those that were zero already */
	uint32_t	v_intrans;	/* that met a page on its way, */
	uint32_t	v_io_faults;	/* or had to read one */

	/* Pagers: how often they were called, and for how many pages. */
	uint32_t	v_swapin;
	uint32_t	v_swapout;
	uint32_t	v_swappgsin;
	uint32_t	v_swappgsout;
	uint32_t	v_vnodein;
	uint32_t	v_vnodeout;
	uint32_t	v_vnodepgsin;
	uint32_t	v_vnodepgsout;

	/* The page daemon. */
	uint32_t	v_reactivated;	/* pages found in use after all */
	uint32_t	v_pdwakeups;	/* times that it was woken */
	uint32_t	v_pdpages;	/* pages that it has looked at */

	/* Pages freed: by the daemon, because their object went, all. */
	uint32_t	v_dfree;
	uint32_t	v_pfree;
	uint32_t	v_tfree;

	/* How many pages there are, of which sort. */
	uint32_t	v_page_size;	/* bytes in one */
	uint32_t	v_page_count;	/* in vm_page_array */
	uint32_t	v_free_count;	/* of them, free */
	uint32_t	v_wire_count;	/* not to be taken away */
	uint32_t	v_active_count;
	uint32_t	v_inactive_count;
	uint32_t	v_cache_count;

	/* The marks. */
	uint32_t	v_interrupt_free_min; /* left to interrupts' needs */
	uint32_t	v_pageout_free_min; /* left to the daemon's */
	uint32_t	v_free_reserved; /* left to the system's */
	uint32_t	v_free_severe;
	uint32_t	v_free_min;
	uint32_t	v_free_target;
	uint32_t	v_cache_min;
	uint32_t	v_cache_max;
	uint32_t	v_inactive_target; /* so many should be inactive */
};

extern struct vmmeter cnt;

/* Pages that can be had without anything being written. */
static inline uint32_t
vm_page_count_usable(void)
{
	return (cnt.v_free_count + cnt.v_cache_count);
}

/* So few that who can do without more should. */
static inline int
vm_page_count_severe(void)
{
	return (cnt.v_free_severe > vm_page_count_usable());
}

/* So few that a fault should wait. */
static inline int
vm_page_count_min(void)
{
	return (cnt.v_free_min > vm_page_count_usable());
}

/* How many pages the daemon should still free; none, if negative. */
static inline int
vm_paging_target(void)
{
	return ((int)(cnt.v_free_target + cnt.v_cache_min) -
	    (int)vm_page_count_usable());
}

/* Is it time that the daemon did something? */
static inline int
vm_paging_needed(void)
{
	return (cnt.v_free_reserved + cnt.v_cache_min > vm_page_count_usable());
}

#endif /* !_SYS_VMMETER_H_ */
