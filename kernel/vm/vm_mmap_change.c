/*
 * vm_mmap_change: what is mapped goes, or may be used otherwise: munmap(2),
 * mprotect(2), minherit(2).
 *
 * A range need not begin at a page: it is all pages that it touches.  One that
 * goes beyond the last address is EINVAL, for all.
 *
 * [vm/vm_mmap.c]
 */
#include <vm/vm_mmap.h>

#include <sys/mman.h>
#include <sys/proc.h>
#include <sys/sysproto.h>
#include <vm/vm_extern.h>
#include <vm/vm_map.h>

/*
 * EINVAL: nothing is to go, or something outside of the user's addresses, such
 * as page 0.  Where nothing is mapped nothing has to go.
 */
int
sys_munmap(struct thread *td, struct munmap_args *uap)
{
	vm_map_t map = &td->td_proc->p_vmspace->vm_map;
	vm_offset_t start, end;

	if (uap->len == 0 || vm_mmap_range(uap->addr, uap->len, &start, &end) != 0)
		return (EINVAL);
	if (start < vm_map_min(map) || end > vm_map_max(map))
		return (EINVAL);
	(void)vm_map_remove(map, start, end);
	return (0);
}

/* Is there an entry, or a part of one, in this range? */
static int
range_has_entry(vm_map_t map, vm_offset_t start, vm_offset_t end)
{
	vm_map_entry_t entry;
	int found;

	vm_map_lock_read(map);
	found = vm_map_lookup_entry(map, start, &entry) ||
	    (entry->next != &map->header && entry->next->start < end);
	vm_map_unlock_read(map);
	return (found);
}

/*
 * ENOMEM: nothing at all is mapped there; EACCES: some of it may never be used
 * like this, and nothing was changed; EINVAL.  Holes are passed over.
 */
int
sys_mprotect(struct thread *td, struct mprotect_args *uap)
{
	vm_map_t map = &td->td_proc->p_vmspace->vm_map;
	vm_offset_t start, end;

	if (vm_mmap_range(uap->addr, uap->len, &start, &end) != 0)
		return (EINVAL);
	if (start == end)
		return (0);
	if (!range_has_entry(map, start, end))
		return (ENOMEM);
	return (vm_mmap_to_errno(vm_map_protect(map, start, end,
	    uap->prot & VM_PROT_ALL, 0)));
}

/* EINVAL: there is no such inheritance. */
int
sys_minherit(struct thread *td, struct minherit_args *uap)
{
	vm_offset_t start, end;

	if (vm_mmap_range(uap->addr, uap->len, &start, &end) != 0 ||
	    uap->inherit < INHERIT_SHARE || uap->inherit > INHERIT_ZERO)
		return (EINVAL);
	return (vm_mmap_to_errno(vm_map_inherit(
	    &td->td_proc->p_vmspace->vm_map, start, end, uap->inherit)));
}
