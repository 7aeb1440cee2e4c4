/*
 * The page daemon: who makes pages free when few are left, and who wakes it.
 *
 * Who has taken a page sees whether few are left (vm_paging_needed(), in
 * sys/vmmeter.h) and calls pagedaemon_wakeup().  Who gets none sleeps in
 * vm_wait(): on v_free_count, and vm_page_free() wakes him when there are
 * v_free_min again.  The daemon itself sleeps on vm_pages_needed; where it
 * cannot go on without a page, on vm_pageout_pages_needed, and is woken when
 * v_pageout_free_min are free.
 *
 * [vm/vm_pageout.h, vm/vm_pageout.c]
 */
#ifndef _VM_VM_PAGEOUT_H_
#define	_VM_VM_PAGEOUT_H_

#include <vm/vm.h>

struct proc;

extern struct proc *pageproc;		/* the daemon; NULL before it is started */
/* At splvm(): */
extern int	vm_pages_needed;	/* somebody has called for the daemon */
extern int	vm_pageout_pages_needed; /* the daemon itself sleeps for pages */
extern int	vm_pageout_deficit;	/* pages wanted at once, beyond the targets */

extern int	vm_page_max_wired;	/* users may wire so many in all */
extern int	vm_pageout_page_count;	/* pages written in one piece, at most */

/*
 * Call for the daemon, unless somebody has or it is the daemon who runs.  At
 * splvm().  Its counterparts, vm_wait() and the wake-ups when pages are freed,
 * stand with the pages (vm/vm_page.c).
 */
void	pagedaemon_wakeup(void);
/* Some pages were written: the daemon may go on.  From a handler, too. */
void	vm_pageout_written(void);
/*
 * Write pages of one object, which follow each other, are not busy, and all
 * valid: each is write-protected everywhere and vm_page_io_start()ed until it is
 * written.  `flags': VM_PAGER_PUT_.  Returns how many were begun or are written.
 * Those that could not be are active and dirty.  Sleeps.
 */
int	vm_pageout_flush(vm_page_t *mc, int count, int flags);
/*
 * Write a page that is dirty, inactive and not busy, and with it those around
 * it in its object that are so, too.  Returns how many; does not wait for them,
 * if it is the daemon.  Sleeps.
 */
int	vm_pageout_clean(vm_page_t m);

/* Set the marks of `cnt'; at the start. */
void	vm_pageout_set_marks(void);

#endif /* !_VM_VM_PAGEOUT_H_ */
