/*
 * vm_map_lock: a map's lock.
 *
 * There are two kinds of it, and who takes one need not know which.
 *
 *	a process' map	an sx lock; who has it may sleep
 *	system_map	splvm(), since interrupts use these maps: nobody else runs
 *			until the level falls, and who has it does not sleep
 *
 * The level to go back to is kept in the map.  So two maps of the kernel's are
 * given back in the reverse of the order in which they were taken.
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/priority.h>
#include <sys/systm.h>

void
vm_map_system_lock(vm_map_t map)
{
	int s = splvm();

	KASSERT(!map->locked, ("vm_map: %p is locked twice", map));
	map->locked = 1;
	map->spl = s;
}

void
vm_map_system_unlock(vm_map_t map)
{
	KASSERT(map->locked, ("vm_map: %p is not locked", map));
	map->locked = 0;
	splx(map->spl);
}

void
vm_map_lock(vm_map_t map)
{
	if (map->system_map)
		vm_map_system_lock(map);
	else
		sx_xlock(&map->lock);
	map->timestamp++;
}

void
vm_map_unlock(vm_map_t map)
{
	if (map->system_map)
		vm_map_system_unlock(map);
	else
		sx_xunlock(&map->lock);
}

/* A system map is never taken already: whoever has it lets nobody run. */
int
vm_map_trylock(vm_map_t map)
{
	if (map->system_map)
		vm_map_system_lock(map);
	else if (!sx_try_xlock(&map->lock))
		return (0);
	map->timestamp++;
	return (1);
}

int
vm_map_trylock_read(vm_map_t map)
{
	if (!map->system_map)
		return (sx_try_slock(&map->lock));
	vm_map_system_lock(map);
	return (1);
}

/* If others look too they have to leave first; what they did then is told by the timestamp. */
int
vm_map_lock_upgrade(vm_map_t map)
{
	uint32_t timestamp;

	if (!map->system_map && !sx_try_upgrade(&map->lock)) {
		timestamp = map->timestamp;
		sx_sunlock(&map->lock);
		sx_xlock(&map->lock);
		if (map->timestamp != timestamp) {
			sx_xunlock(&map->lock);
			return (1);
		}
	}
	map->timestamp++;
	return (0);
}

void
vm_map_lock_downgrade(vm_map_t map)
{
	if (!map->system_map)
		sx_downgrade(&map->lock);
}

int
vm_map_locked(vm_map_t map)
{
	return (map->system_map ? map->locked : sx_xlocked(&map->lock));
}

/* Up to the sleep at splvm, so that no interrupt wakes before it. */
int
vm_map_unlock_and_wait(vm_map_t map, int timo)
{
	int error, s;

	if (map->system_map) {
		s = map->spl;
		map->locked = 0;
	} else {
		s = splvm();
		sx_xunlock(&map->lock);
	}
	error = tsleep(&map->root, PVM, "vmmaps", timo);
	splx(s);
	return (error);
}

void
vm_map_wakeup(vm_map_t map)
{
	wakeup(&map->root);
}
