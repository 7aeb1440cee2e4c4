/*
 * vm_fault_pagein: a fault asks a pager for a page, and, as it costs little more,
 * for others around it.
 *
 *	    behind: 7 at most	   ahead: 8 at most
 *	[  ][  ][  ][  ][  ]  [ fs->m ]  [  ][  ][  ][  ][  ]	of the object
 *
 * The window is cut where the entry ends, where the pager could not bring the
 * page along, and at the first one that is in memory.  What the process has said
 * by madvise(2), or does, moves it:
 *
 *	random		nothing but the page
 *	sequential	all of it ahead; what lies behind is of no use any more, and
 *			goes first when memory is short
 *	otherwise	as it is; but a fault where the last window has ended
 *			is taken for a sequential one's
 *
 * [vm/vm_fault.c]
 */
#include <vm/vm_fault.h>

#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/vm_pageout.h>
#include <vm/vm_pager.h>

#define	READ_BEHIND	7
#define	READ_AHEAD	8
#define	WINDOW		(READ_BEHIND + 1 + READ_AHEAD)

/* The pages that a pager is asked for. */
struct window {
	int		behind, ahead;	/* beside the one */
	vm_page_t	pages[WINDOW];
	int		count;		/* of them */
	int		wanted;		/* which is the one */
};

/* ---------------------------------------------------------------- how far to look */

/*
 * What lies in front of the fault was read, and will not be again: of the two
 * windows behind it, those pages that are there.
 */
static void
age_pages_behind(vm_object_t object, vm_pindex_t pindex)
{
	vm_pindex_t first = pindex < 2 * WINDOW ? 0 : pindex - 2 * WINDOW;
	vm_page_t m;

	while (pindex-- > first) {
		m = vm_page_lookup(object, pindex);
		if (m == NULL || m->valid != VM_PAGE_BITS_ALL)
			break;
		if (m->busy != 0 || m->hold_count != 0 || m->wire_count != 0 ||
		    (m->flags & (PG_BUSY | PG_FICTITIOUS | PG_UNMANAGED)))
			continue;
		pmap_remove_all(m);
		if (m->dirty != 0)
			vm_page_deactivate(m);
		else
			vm_page_cache(m);
	}
}

/*
 * How many pages before and behind the fault's would be of use.  The map is
 * locked; or has just been unlocked, and nobody has slept since.
 */
static void
choose_window(struct faultstate *fs, struct window *w)
{
	vm_map_entry_t entry = fs->entry;
	int behavior = entry->eflags & MAP_ENTRY_BEHAV_MASK;

	w->behind = w->ahead = 0;
	if (behavior != MAP_ENTRY_BEHAV_RANDOM) {
		w->behind = MIN(atop(fs->vaddr - entry->start), READ_BEHIND);
		w->ahead = MIN(atop(entry->end - fs->vaddr) - 1, READ_AHEAD);
	}
	if (behavior == MAP_ENTRY_BEHAV_SEQUENTIAL ||
	    (behavior == MAP_ENTRY_BEHAV_NORMAL && entry->next_read != 0 &&
	    fs->pindex == entry->next_read)) {
		if (fs->first_object->type != OBJT_DEVICE &&
		    fs->first_object->type != OBJT_PHYS)
			age_pages_behind(fs->first_object, fs->first_pindex);
		w->ahead = MIN(atop(entry->end - fs->vaddr) - 1,
		    (uint32_t)(w->ahead + w->behind));
		w->behind = 0;
	}
	entry->read_ahead = w->ahead;
	entry->next_read = fs->pindex + 1 + w->ahead;
}

/* ---------------------------------------------------------------- the pages for it */

/* Allocate pages behind fs->m, as many as the window may have and are not there. */
static void
fill_ahead(struct faultstate *fs, struct window *w)
{
	vm_page_t next = TAILQ_NEXT(fs->m, listq);
	vm_pindex_t pindex, end;
	vm_page_t m;

	end = MIN(fs->pindex + 1 + w->ahead, fs->object->size);
	if (next != NULL && next->pindex < end)
		end = next->pindex;
	for (pindex = fs->pindex + 1; pindex < end; pindex++) {
		m = vm_page_alloc(fs->object, pindex, VM_ALLOC_NORMAL);
		if (m == NULL)
			break;
		w->pages[w->count++] = m;
	}
}

/* The same before it: if not all can be had, none. */
static void
fill_behind(struct faultstate *fs, struct window *w)
{
	vm_page_t previous = TAILQ_PREV(fs->m, pglist, listq);
	vm_pindex_t pindex;
	vm_page_t m;

	pindex = fs->pindex - MIN(fs->pindex, (vm_pindex_t)w->behind);
	if (previous != NULL && previous->pindex >= pindex)
		pindex = previous->pindex + 1;
	for (; pindex < fs->pindex; pindex++) {
		m = vm_page_alloc(fs->object, pindex, VM_ALLOC_NORMAL);
		if (m == NULL) {
			while (w->count > 0)
				vm_page_free(w->pages[--w->count]);
			break;
		}
		w->pages[w->count++] = m;
	}
}

/*
 * fs->m, and around it as many as the pager could bring along and memory allows.
 * None at all, if it does not have the page.
 */
static void
fill_window(struct faultstate *fs, struct window *w)
{
	int before, after;

	w->count = w->wanted = 0;
	if (fs->object->type != OBJT_DEVICE) {
		if (!vm_pager_has_page(fs->object, fs->pindex, &before, &after))
			return;
		w->behind = MIN(w->behind, before);
		w->ahead = MIN(w->ahead, after);
	} else {
		w->behind = w->ahead = 0;
	}
	if ((uint32_t)(w->behind + w->ahead) + cnt.v_free_reserved >
	    vm_page_count_usable()) {
		pagedaemon_wakeup();
		w->behind = w->ahead = 0;
	}
	fill_behind(fs, w);
	w->wanted = w->count;
	w->pages[w->count++] = fs->m;
	fill_ahead(fs, w);
}

/* ---------------------------------------------------------------- reading */

/* Not filled, and of no use; but who has wired it keeps it. */
static void
drop_page(vm_page_t m)
{
	if (m->wire_count != 0)
		vm_page_wakeup(m);
	else
		vm_page_free(m);
}

/* The pager has failed: is the fault over, or may the page be found elsewhere? */
static int
read_failed(struct faultstate *fs, int rv)
{
	if (rv == VM_PAGER_ERROR)
		printf("vm_fault: pager read error, pid %d (%s)\n",
		    curproc->p_pid, curproc->p_comm);
	if (rv == VM_PAGER_BAD ||
	    (rv == VM_PAGER_ERROR && fs->map != kernel_map)) {
		drop_page(fs->m);
		vm_fault_let_go(fs);
		return (rv == VM_PAGER_BAD ? KERN_PROTECTION_FAILURE :
		    KERN_FAILURE);
	}
	if (fs->object != fs->first_object) {
		drop_page(fs->m);
		fs->m = NULL;
	}
	return (FAULT_ABSENT);
}

/* The pager may have put another page in the place of ours. */
int
vm_fault_pagein(struct faultstate *fs)
{
	struct window w;
	int rv;

	choose_window(fs, &w);
	vm_fault_unlock_map(fs);
	fill_window(fs, &w);
	rv = w.count == 0 ? VM_PAGER_FAIL :
	    vm_pager_get_pages(fs->object, w.pages, w.count, w.wanted);
	if (rv != VM_PAGER_OK)
		return (read_failed(fs, rv));
	fs->m = vm_page_lookup(fs->object, fs->pindex);
	if (fs->m == NULL) {
		vm_fault_let_go(fs);
		return (FAULT_RETRY);
	}
	cnt.v_io_faults++;
	return (KERN_SUCCESS);
}
