/*
 * vm_mmap_lock: memory that stays in memory: mlock(2), munlock(2), mlockall(2),
 * munlockall(2).
 *
 * What may be locked is limited twice: a process' own by RLIMIT_MEMLOCK, that of
 * all by vm_page_max_wired.
 *
 * [vm/vm_mmap.c]
 */
#include <vm/vm_mmap.h>

#include <sys/mman.h>
#include <sys/proc.h>
#include <sys/resourcevar.h>
#include <sys/sysproto.h>
#include <sys/vmmeter.h>
#include <vm/vm_map.h>
#include <vm/vm_pageout.h>

/*
 * EINVAL: beyond the last address; ENOMEM: more than the limits, or a hole, or
 * what cannot be read; EAGAIN: more than there is at the moment.
 */
int
sys_mlock(struct thread *td, struct mlock_args *uap)
{
	vm_map_t map = &td->td_proc->p_vmspace->vm_map;
	vm_offset_t start, end;
	uint32_t pages;

	if (vm_mmap_range(uap->addr, uap->len, &start, &end) != 0)
		return (EINVAL);
	pages = atop(end - start);
	if (pages > (uint32_t)vm_page_max_wired)
		return (ENOMEM);
	if (((rlim_t)pages + pmap_wired_count(map->pmap)) * PAGE_SIZE >
	    lim_cur(td->td_proc, RLIMIT_MEMLOCK))
		return (ENOMEM);
	if (pages + cnt.v_wire_count > (uint32_t)vm_page_max_wired)
		return (EAGAIN);
	return (vm_map_wire(map, start, end, VM_MAP_WIRE_USER |
	    VM_MAP_WIRE_NOHOLES) == KERN_SUCCESS ? 0 : ENOMEM);
}

/* EINVAL: beyond the last address; ENOMEM: a hole.  What was not locked stays so. */
int
sys_munlock(struct thread *td, struct munlock_args *uap)
{
	vm_offset_t start, end;

	if (vm_mmap_range(uap->addr, uap->len, &start, &end) != 0)
		return (EINVAL);
	return (vm_map_unwire(&td->td_proc->p_vmspace->vm_map, start, end,
	    VM_MAP_WIRE_USER | VM_MAP_WIRE_NOHOLES) == KERN_SUCCESS ? 0 : ENOMEM);
}

/*
 * MCL_FUTURE: what will be mapped, too.  EINVAL: neither or something else;
 * ENOMEM: all of it is more than the limit; EAGAIN: some could not be locked.
 */
int
sys_mlockall(struct thread *td, struct mlockall_args *uap)
{
	vm_map_t map = &td->td_proc->p_vmspace->vm_map;

	if (uap->how == 0 || (uap->how & ~(MCL_CURRENT | MCL_FUTURE)))
		return (EINVAL);
	if ((uap->how & MCL_CURRENT) &&
	    map->size > lim_cur(td->td_proc, RLIMIT_MEMLOCK))
		return (ENOMEM);
	if (uap->how & MCL_FUTURE) {
		vm_map_lock(map);
		map->flags |= MAP_WIREFUTURE;
		vm_map_unlock(map);
	}
	if ((uap->how & MCL_CURRENT) == 0)
		return (0);
	return (vm_map_wire(map, vm_map_min(map), vm_map_max(map),
	    VM_MAP_WIRE_USER | VM_MAP_WIRE_HOLESOK) == KERN_SUCCESS ? 0 : EAGAIN);
}

int
sys_munlockall(struct thread *td, struct munlockall_args *uap __unused)
{
	vm_map_t map = &td->td_proc->p_vmspace->vm_map;

	vm_map_lock(map);
	map->flags &= ~MAP_WIREFUTURE;
	vm_map_unlock(map);
	return (vm_map_unwire(map, vm_map_min(map), vm_map_max(map),
	    VM_MAP_WIRE_USER | VM_MAP_WIRE_HOLESOK) == KERN_SUCCESS ? 0 : ENOMEM);
}
