/*
 * vm_map_wire: pages of a range are brought in and kept, and let go.
 *
 * An entry counts who keeps it wired: the kernel as often as it says so, the
 * user (MAP_ENTRY_USER_WIRED) once.  Its pages are wired while that is not 0.
 *
 * But for one case: what nobody may use now is not in memory for its sake.  When
 * somebody may again, it comes back.
 *
 * To bring pages in takes time, and vm_fault() needs the map.  So the map is
 * not locked meanwhile; the entries are marked instead:
 *
 *	vm_map_wire()	lock	mark all IN_TRANSITION
 *				for each that nobody has wired:
 *			unlock		vm_fault_wire()
 *			lock
 *				unmark all, undo if one has failed
 *			unlock	wake who waits
 *
 * A marked entry is neither melted with another nor removed, nor wired by
 * anybody else.  It may be clipped: then its pieces are all marked.  Between
 * them, where there was a hole, others may come to be and be marked by their own
 * makers; wiring_thread tells whose mark it is.
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/proc.h>
#include <sys/systm.h>
#include <vm/vm_extern.h>
#include <vm/vm_object.h>

void
vm_map_wait_transition(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	vm_map_entry_t entry;

	entry = vm_map_first_entry(map, start, end);
	while (entry != &map->header && entry->start < end) {
		if (!(entry->eflags & MAP_ENTRY_IN_TRANSITION)) {
			entry = entry->next;
			continue;
		}
		entry->eflags |= MAP_ENTRY_NEEDS_WAKEUP;
		(void)vm_map_unlock_and_wait(map, 0);
		vm_map_lock(map);
		entry = vm_map_first_entry(map, start, end);
	}
}

/* Are the entry's pages a device's, which are no memory of ours? */
static int
fictitious(const struct vm_map_entry *entry)
{
	return (entry->object.vm_object != NULL &&
	    !(entry->eflags & MAP_ENTRY_IS_SUB_MAP) &&
	    entry->object.vm_object->type == OBJT_DEVICE);
}

void
vm_map_unwire_pages(vm_map_t map, vm_map_entry_t entry)
{
	vm_fault_unwire(map, entry->start, entry->end, fictitious(entry));
}

/* ---------------------------------------------------------------- wire */

/* Is this entry one that the running thread has marked? */
static int
is_ours(const struct vm_map_entry *entry)
{
	return ((entry->eflags & MAP_ENTRY_IN_TRANSITION) &&
	    entry->wiring_thread == curthread);
}

/* The first of ours from `start' on, before `end'; the header, if there is none. */
static vm_map_entry_t
first_of_ours(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	vm_map_entry_t entry;

	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next)
		if (is_ours(entry))
			return (entry);
	return (&map->header);
}

/* Does this wiring count?  The user's does only once. */
static int
counts(const struct vm_map_entry *entry, int user)
{
	return (!user || !(entry->eflags & MAP_ENTRY_USER_WIRED));
}

/* May it be used at all?  What may not is as a hole: no fault could bring it in. */
static int
usable(const struct vm_map_entry *entry)
{
	return (entry->protection != VM_PROT_NONE);
}

/* Is there something that can be wired everywhere in a range? */
static int
all_usable(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	vm_map_entry_t entry;

	if (!vm_map_check_protection(map, start, end, VM_PROT_NONE))
		return (0);
	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next)
		if (!usable(entry))
			return (0);
	return (1);
}

/* Cut a range out and mark what can be wired of it.  Nothing there is in transition. */
static void
mark_range(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	vm_map_entry_t entry;

	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next) {
		if (!usable(entry))
			continue;
		vm_map_clip_start(map, entry, start);
		vm_map_clip_end(map, entry, end);
		entry->eflags |= MAP_ENTRY_IN_TRANSITION;
		entry->wiring_thread = curthread;
	}
}

/*
 * Wire a marked entry, which nobody has wired.  If that fails its pieces are
 * uncounted, and unwired where others had faults there meanwhile, which wire.
 */
static int
wire_pages(vm_map_t map, vm_map_entry_t entry, int user)
{
	vm_offset_t start = entry->start, end = entry->end;
	int device = fictitious(entry), rv;

	entry->wired_count = 1;
	vm_map_unlock(map);
	rv = vm_fault_wire(map, start, end, user, device);
	vm_map_lock(map);
	if (rv != KERN_SUCCESS)
		while (start < end) {
			(void)vm_map_lookup_entry(map, start, &entry);
			entry->wired_count = 0;
			vm_map_unwire_pages(map, entry);
			start = entry->end;
		}
	return (rv);
}

/*
 * Wire what is marked, as it is each time that the map is locked again.  Returns
 * a KERN_ code, and in *done up to where it has come.
 */
static int
wire_marked(vm_map_t map, vm_offset_t start, vm_offset_t end, int user,
    vm_offset_t *done)
{
	vm_map_entry_t entry;
	vm_offset_t next;
	int rv;

	for (*done = start;; *done = next) {
		entry = first_of_ours(map, *done, end);
		if (entry == &map->header)
			return (KERN_SUCCESS);
		next = entry->end;
		if (!counts(entry, user))
			continue;
		if (entry->wired_count > 0)
			entry->wired_count++;
		else if ((rv = wire_pages(map, entry, user)) != KERN_SUCCESS)
			return (rv);
	}
}

/* One who has wired it does not any more. */
static void
entry_unwire(vm_map_t map, vm_map_entry_t entry)
{
	if (--entry->wired_count == 0)
		vm_map_unwire_pages(map, entry);
}

/* Undo what was done before `done'. */
static void
unwire_marked(vm_map_t map, vm_offset_t start, vm_offset_t done, int user)
{
	vm_map_entry_t entry;

	for (entry = vm_map_first_entry(map, start, done);
	    entry != &map->header && entry->start < done; entry = entry->next)
		if (is_ours(entry) && counts(entry, user))
			entry_unwire(map, entry);
}

/* Take our marks away and set `eflags' instead.  Returns whether somebody waits. */
static int
unmark_range(vm_map_t map, vm_offset_t start, vm_offset_t end, vm_eflags_t eflags)
{
	vm_map_entry_t entry;
	int wakeup = 0;

	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next) {
		if (!is_ours(entry))
			continue;
		wakeup |= entry->eflags & MAP_ENTRY_NEEDS_WAKEUP;
		entry->eflags &= ~(MAP_ENTRY_IN_TRANSITION | MAP_ENTRY_NEEDS_WAKEUP);
		entry->eflags |= eflags;
		entry->wiring_thread = NULL;
		vm_map_simplify_entry(map, entry);
	}
	return (wakeup);
}

int
vm_map_wire(vm_map_t map, vm_offset_t start, vm_offset_t end, int flags)
{
	int user = flags & VM_MAP_WIRE_USER, rv, wakeup;
	vm_offset_t done;

	vm_map_lock(map);
	VM_MAP_RANGE_CHECK(map, start, end);
	vm_map_wait_transition(map, start, end);
	if (!(flags & VM_MAP_WIRE_HOLESOK) && !all_usable(map, start, end)) {
		vm_map_unlock(map);
		return (KERN_INVALID_ADDRESS);
	}
	mark_range(map, start, end);
	rv = wire_marked(map, start, end, user, &done);
	if (rv != KERN_SUCCESS)
		unwire_marked(map, start, done, user);
	wakeup = unmark_range(map, start, end,
	    user && rv == KERN_SUCCESS ? MAP_ENTRY_USER_WIRED : 0);
	vm_map_unlock(map);
	if (wakeup)
		vm_map_wakeup(map);
	return (rv);
}

/* Is `va' of a wired entry that may be read, and not mapped? */
static int
lacks_wired_page(vm_map_t map, vm_offset_t va)
{
	vm_map_entry_t entry;
	int lacks;

	vm_map_lock_read(map);
	lacks = vm_map_lookup_entry(map, va, &entry) && entry->wired_count != 0 &&
	    (entry->protection & VM_PROT_READ) &&
	    pmap_extract(map->pmap, va) == 0;
	vm_map_unlock_read(map);
	return (lacks);
}

/* A fault in a wired entry wires; if it fails, the next one may do better. */
void
vm_map_rewire(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	for (; start < end; start += PAGE_SIZE)
		if (lacks_wired_page(map, start))
			(void)vm_fault(map, start, VM_PROT_READ, VM_FAULT_NORMAL);
}

/* ---------------------------------------------------------------- unwire */

/* What the kernel has wired, without the user. */
static int
system_wired_count(const struct vm_map_entry *entry)
{
	return (entry->wired_count - !!(entry->eflags & MAP_ENTRY_USER_WIRED));
}

/* Has the kernel wired all of a range? */
static int
all_system_wired(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	vm_map_entry_t entry;

	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next)
		if (system_wired_count(entry) == 0)
			return (0);
	return (1);
}

/* May it be unwired?  A KERN_ code. */
static int
check_unwire(vm_map_t map, vm_offset_t start, vm_offset_t end, int flags)
{
	if (!(flags & VM_MAP_WIRE_HOLESOK) &&
	    !vm_map_check_protection(map, start, end, VM_PROT_NONE))
		return (KERN_INVALID_ADDRESS);
	if (!(flags & VM_MAP_WIRE_USER) && !all_system_wired(map, start, end))
		return (KERN_INVALID_ARGUMENT);
	return (KERN_SUCCESS);
}

/* One less for all that is in a range. */
static void
unwire_range(vm_map_t map, vm_offset_t start, vm_offset_t end, int user)
{
	vm_map_entry_t entry;

	for (entry = vm_map_first_entry(map, start, end);
	    entry != &map->header && entry->start < end; entry = entry->next) {
		if (user && !(entry->eflags & MAP_ENTRY_USER_WIRED))
			continue;
		vm_map_clip_start(map, entry, start);
		vm_map_clip_end(map, entry, end);
		entry_unwire(map, entry);
		if (user)
			entry->eflags &= ~MAP_ENTRY_USER_WIRED;
	}
}

/*
 * Nothing here sleeps but for memory, so nothing need be marked.  Entries are
 * melted when all of them have been counted down: one that is equal to the next
 * only because that has not been would take it along.
 */
int
vm_map_unwire(vm_map_t map, vm_offset_t start, vm_offset_t end, int flags)
{
	vm_map_entry_t entry;
	int rv;

	vm_map_lock(map);
	VM_MAP_RANGE_CHECK(map, start, end);
	vm_map_wait_transition(map, start, end);
	rv = check_unwire(map, start, end, flags);
	if (rv == KERN_SUCCESS) {
		unwire_range(map, start, end, flags & VM_MAP_WIRE_USER);
		for (entry = vm_map_first_entry(map, start, end);
		    entry != &map->header && entry->start < end;
		    entry = entry->next)
			vm_map_simplify_entry(map, entry);
	}
	vm_map_unlock(map);
	return (rv);
}
