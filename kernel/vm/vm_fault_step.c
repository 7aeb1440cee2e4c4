/*
 * vm_fault_step: what the steps of a fault have in common: what it holds, and how
 * it lets go.  vm_fault.c tells the story.
 *
 *	held				by
 *	the map, to look		vm_map_lookup(); while fs->locked
 *	first_object: a reference, and	vm_fault_hold()
 *	  paging_in_progress
 *	object, if it is another one:	vm_fault_next()
 *	  paging_in_progress
 *	first_m, then: busy		vm_fault_next(), empty: who lets go frees it
 *	m: busy				vm_fault_resident(), vm_fault_fetch(); who lets
 *					go has given it back
 *
 * An object that pages are in progress of does not end, and stays in its place
 * in the chain.
 *
 * [vm/vm_fault.c]
 */
#include <vm/vm_fault.h>

#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/vm_pager.h>

/* ---------------------------------------------------------------- holding, letting go */

void
vm_fault_hold(struct faultstate *fs)
{
	vm_object_reference(fs->first_object);
	vm_object_pip_add(fs->first_object, 1);
	fs->timestamp = fs->map->timestamp;
	fs->locked = 1;
	fs->object = fs->first_object;
	fs->pindex = fs->first_pindex;
	fs->m = fs->first_m = NULL;
}

void
vm_fault_unlock_map(struct faultstate *fs)
{
	if (fs->locked) {
		vm_map_lookup_done(fs->map, fs->entry);
		fs->locked = 0;
	}
}

/* The first object's empty page, and what makes the objects stay. */
static void
release_first_page(struct faultstate *fs)
{
	if (fs->object != fs->first_object) {
		vm_page_free(fs->first_m);
		vm_object_pip_wakeup(fs->first_object);
	}
}

void
vm_fault_let_go(struct faultstate *fs)
{
	release_first_page(fs);
	vm_object_pip_wakeup(fs->object);
	vm_fault_unlock_map(fs);
	vm_object_deallocate(fs->first_object);
}

void
vm_fault_put_page(struct faultstate *fs)
{
	vm_page_activate(fs->m);
	vm_page_wakeup(fs->m);
	fs->m = NULL;
}

/*
 * The objects are held while it sleeps, the first page is not: another may need
 * it, who has the page that this one waits for.
 */
void
vm_fault_wait_busy(struct faultstate *fs)
{
	cnt.v_intrans++;
	vm_page_flag_set(fs->m, PG_REFERENCED);
	release_first_page(fs);
	vm_fault_unlock_map(fs);
	if (vm_page_lookup(fs->object, fs->pindex) == fs->m)
		(void)vm_page_sleep_if_busy(fs->m, 1, "vmpfw");
	vm_object_pip_wakeup(fs->object);
	vm_object_deallocate(fs->first_object);
}

void
vm_fault_wait_memory(struct faultstate *fs)
{
	vm_fault_let_go(fs);
	vm_waitpfault();
}

/* ---------------------------------------------------------------- the map */

int
vm_fault_grow(struct faultstate *fs)
{
	if (fs->grown || fs->asked_map != &curproc->p_vmspace->vm_map)
		return (KERN_INVALID_ADDRESS);
	fs->grown = 1;
	if (vm_map_growstack(curproc, fs->vaddr) != KERN_SUCCESS)
		return (KERN_FAILURE);
	return (FAULT_RETRY);
}

/* The map says something else by now, or what cannot be waited for: give it all up. */
static int
give_up(struct faultstate *fs, int rv)
{
	vm_fault_put_page(fs);
	vm_fault_let_go(fs);
	return (rv);
}

/*
 * Whoever has the map's lock may wait for our page: so this does not wait for the
 * lock.
 *
 * What may be read only now, and written then, is mapped to read.  The reverse
 * needs nothing: the write will fault.
 */
int
vm_fault_relookup(struct faultstate *fs)
{
	vm_object_t object;
	vm_pindex_t pindex;
	vm_prot_t prot;
	int rv, wired;

	if (fs->locked)
		return (KERN_SUCCESS);
	if (!vm_map_trylock_read(fs->map))
		return (give_up(fs, FAULT_RETRY));
	fs->locked = 1;
	if (fs->map->timestamp == fs->timestamp)
		return (KERN_SUCCESS);

	vm_map_unlock_read(fs->map);
	fs->locked = 0;
	rv = vm_map_lookup(&fs->map, fs->vaddr, fs->type, &fs->entry, &object,
	    &pindex, &prot, &wired);
	if (rv != KERN_SUCCESS)
		return (give_up(fs, rv == KERN_FAILURE ? FAULT_RETRY : rv));
	fs->locked = 1;
	if (object != fs->first_object || pindex != fs->first_pindex ||
	    wired != fs->wired)
		return (give_up(fs, FAULT_RETRY));
	fs->prot &= prot;
	return (KERN_SUCCESS);
}

/* ---------------------------------------------------------------- the chain */

int
vm_fault_next(struct faultstate *fs)
{
	vm_object_t next = fs->object->backing_object;

	if (fs->object == fs->first_object)
		fs->first_m = fs->m;
	if (next == NULL)
		return (0);
	vm_object_pip_add(next, 1);
	fs->pindex += OFF_TO_IDX(fs->object->backing_object_offset);
	if (fs->object != fs->first_object)
		vm_object_pip_wakeup(fs->object);
	fs->object = next;
	return (1);
}

void
vm_fault_back_to_first(struct faultstate *fs)
{
	if (fs->object != fs->first_object)
		vm_object_pip_wakeup(fs->object);
	fs->object = fs->first_object;
	fs->pindex = fs->first_pindex;
	fs->m = fs->first_m;
	fs->first_m = NULL;
}

/* May its pager be asked?  One that only unwires needs no page. */
static int
try_pager(const struct faultstate *fs)
{
	return (fs->object->type != OBJT_DEFAULT &&
	    ((fs->flags & VM_FAULT_WIRE_MASK) == 0 || fs->wired));
}

/* An empty page for fs->object, at fs->m. */
static int
allocate_page(struct faultstate *fs)
{
	int zeroed = fs->object->type != OBJT_VNODE &&
	    fs->object->backing_object == NULL;

	if (fs->pindex >= fs->object->size) {
		vm_fault_let_go(fs);
		return (KERN_PROTECTION_FAILURE);
	}
	if (!vm_page_count_severe())
		fs->m = vm_page_alloc(fs->object, fs->pindex,
		    zeroed ? VM_ALLOC_ZERO : VM_ALLOC_NORMAL);
	if (fs->m == NULL) {
		vm_fault_wait_memory(fs);
		return (FAULT_RETRY);
	}
	return (KERN_SUCCESS);
}

int
vm_fault_fetch(struct faultstate *fs)
{
	int rv;

	if (fs->m == NULL &&
	    (try_pager(fs) || fs->object == fs->first_object)) {
		rv = allocate_page(fs);
		if (rv != KERN_SUCCESS)
			return (rv);
	}
	if (try_pager(fs))
		return (vm_fault_pagein(fs));
	return (FAULT_ABSENT);
}

/* ---------------------------------------------------------------- the end */

/*
 * It may be written from now on: without asking again, since the mapping allows
 * it.  Where it is just being written, what swap has of it is of no use.
 */
static void
make_writeable(struct faultstate *fs)
{
	vm_page_flag_set(fs->m, PG_WRITEABLE);
	vm_object_set_writeable_dirty(fs->object);
	if ((fs->entry->eflags & MAP_ENTRY_NOSYNC) == 0)
		vm_page_flag_clear(fs->m, PG_NOSYNC);
	else if (fs->m->dirty == 0)
		vm_page_flag_set(fs->m, PG_NOSYNC);
	if (fs->flags & VM_FAULT_DIRTY) {
		vm_page_dirty(fs->m);
		vm_pager_page_unswapped(fs->m);
	}
}

/* Into a queue, where the page daemon finds it, or to be wired. */
static void
settle_page(struct faultstate *fs)
{
	vm_page_flag_set(fs->m, PG_REFERENCED);
	if ((fs->flags & VM_FAULT_WIRE_MASK) == 0)
		vm_page_activate(fs->m);
	else if (fs->wired)
		vm_page_wire(fs->m);
	else
		vm_page_unwire(fs->m, 1);
	vm_page_wakeup(fs->m);
}

/*
 * The object has a page of its own in all places: nothing shows through it any
 * more, and what is behind it can go.
 */
static void
collapse_if_full(vm_object_t object)
{
	if (object->backing_object != NULL &&
	    (vm_pindex_t)object->resident_page_count >= object->size)
		vm_object_collapse(object);
}

void
vm_fault_enter(struct faultstate *fs)
{
	if (fs->prot & VM_PROT_WRITE)
		make_writeable(fs);
	if (fs->m->valid != VM_PAGE_BITS_ALL) {
		vm_page_zero_invalid(fs->m, 1);
		printf("Warning: page %p partially invalid on fault\n", fs->m);
	}
	pmap_enter(fs->map->pmap, fs->vaddr, fs->m, fs->prot, fs->wired);
	/* Where the page was made the ones around it are not there, either. */
	if (!fs->made && (fs->flags & VM_FAULT_WIRE_MASK) == 0 && !fs->wired)
		vm_fault_prefault(fs);
	settle_page(fs);
	release_first_page(fs);
	vm_object_pip_wakeup(fs->object);
	if (fs->copied)
		collapse_if_full(fs->first_object);
	vm_fault_unlock_map(fs);
	vm_object_deallocate(fs->first_object);
	cnt.v_io_faults += fs->read;
}
