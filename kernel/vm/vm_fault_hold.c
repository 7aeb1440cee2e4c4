/*
 * vm_fault_hold: what a fault holds, how it lets go, and how it waits.
 *
 *	held			while
 *	the map, to look	fs->locked: from vm_map_lookup() on
 *	first_object, object	fs->held: since the lock was given up.  The first is
 *				referenced; pages are in progress of both, so that
 *				they do not end, and stay where they are in a chain
 *	first_m: busy, empty	the walk is behind the first object; who lets go
 *				frees it
 *	m: busy			vm_fault_resident(), or vm_fault_fetch(), has got it;
 *				who lets go has given it back
 *
 * While the map is locked the objects need not be held: its entry refers to the
 * first, and each to the next; and whoever would shorten the chain waits for busy
 * pages.
 *
 * [vm/vm_fault.c]
 */
#include <vm/vm_fault.h>

#include <sys/systm.h>
#include <sys/vmmeter.h>

void
vm_fault_unlock_map(struct faultstate *fs)
{
	if (!fs->locked)
		return;
	if (!fs->held) {
		vm_object_reference(fs->first_object);
		vm_object_pip_add(fs->first_object, 1);
		if (fs->object != fs->first_object)
			vm_object_pip_add(fs->object, 1);
		fs->held = 1;
	}
	fs->timestamp = fs->map->timestamp;
	fs->locked = 0;
	vm_map_lookup_done(fs->map, fs->entry);
}

void
vm_fault_hold_next(struct faultstate *fs, vm_object_t next)
{
	if (next != fs->first_object)
		vm_object_pip_add(next, 1);
	if (fs->object != fs->first_object)
		vm_object_pip_wakeup(fs->object);
}

/*
 * The map's lock, and the objects if they are held; the reference last, since
 * that may sleep.
 */
static inline void
release(struct faultstate *fs)
{
	if (!fs->held) {
		if (fs->locked)
			vm_map_lookup_done(fs->map, fs->entry);
		return;
	}
	if (fs->object != fs->first_object)
		vm_object_pip_wakeup(fs->object);
	vm_object_pip_wakeup(fs->first_object);
	if (fs->locked)
		vm_map_lookup_done(fs->map, fs->entry);
	vm_object_deallocate(fs->first_object);
}

void
vm_fault_let_go(struct faultstate *fs)
{
	if (fs->object != fs->first_object)
		vm_page_free(fs->first_m);
	release(fs);
}

void
vm_fault_put_page(struct faultstate *fs)
{
	vm_page_t m = fs->m;

	fs->m = NULL;
	vm_page_settle(m);
}

/*
 * The first page goes before the sleep: whoever has the page that this one waits
 * for may wait for that.
 */
void
vm_fault_wait_busy(struct faultstate *fs)
{
	cnt.v_intrans++;
	if (fs->object != fs->first_object)
		vm_page_free(fs->first_m);
	if (fs->locked)
		vm_map_lookup_done(fs->map, fs->entry);
	fs->locked = 0;
	(void)vm_page_sleep_if_busy(fs->m, 1, "vmpfw");
	release(fs);
}

void
vm_fault_wait_memory(struct faultstate *fs)
{
	vm_fault_let_go(fs);
	vm_waitpfault();
}

/*
 * Whoever has the map's lock may wait for our page: so while we have that this
 * does not wait for the lock, nor let vm_map_lookup() do so.  The page is in
 * memory by now: it costs little to give it up and begin anew.
 */
int
vm_fault_relock_map(struct faultstate *fs)
{
	fs->locked = vm_map_trylock_read(fs->map);
	if (fs->locked && fs->map->timestamp == fs->timestamp)
		return (KERN_SUCCESS);
	vm_fault_put_page(fs);
	vm_fault_let_go(fs);
	return (FAULT_RETRY);
}
