/*
 * vm_mmap_advice: a process says how it will use its memory, asks what of it is
 * there, and has it written: madvise(2), mincore(2), msync(2).
 *
 * [vm/vm_mmap.c]
 */
#include <vm/vm_mmap.h>

#include <sys/mman.h>
#include <sys/proc.h>
#include <sys/sysproto.h>
#include <sys/systm.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define	MINCORE_CHUNK	256		/* pages that are looked at under one lock */

/*
 * Write what has changed to its file; a page's address and no length is all of
 * the entry there.
 * EINVAL: beyond the last address, or to be written later and forgotten now;
 * ENOMEM: a hole; EBUSY: to be forgotten, and locked; EIO.
 */
int
sys_msync(struct thread *td, struct msync_args *uap)
{
	vm_offset_t start, end;
	int flags = uap->flags;

	if (vm_mmap_range(uap->addr, uap->len, &start, &end) != 0)
		return (EINVAL);
	if ((flags & (MS_ASYNC | MS_INVALIDATE)) == (MS_ASYNC | MS_INVALIDATE))
		return (EINVAL);
	switch (vm_map_sync(&td->td_proc->p_vmspace->vm_map, start, end,
	    (flags & MS_ASYNC) == 0, (flags & MS_INVALIDATE) != 0)) {
	case KERN_SUCCESS:
		return (0);
	case KERN_INVALID_ADDRESS:
		return (ENOMEM);
	case KERN_INVALID_ARGUMENT:
		return (EBUSY);
	case KERN_FAILURE:
		return (EIO);
	default:
		return (EINVAL);
	}
}

/* EINVAL: no such advice, or about what is outside of the user's addresses. */
int
sys_madvise(struct thread *td, struct madvise_args *uap)
{
	vm_map_t map = &td->td_proc->p_vmspace->vm_map;
	vm_offset_t start, end;

	if (uap->behav < MADV_NORMAL || uap->behav > MADV_CORE)
		return (EINVAL);
	if (vm_mmap_range(uap->addr, uap->len, &start, &end) != 0 ||
	    start < vm_map_min(map) || end > vm_map_max(map))
		return (EINVAL);
	return (vm_map_madvise(map, start, end, uap->behav) == KERN_SUCCESS ?
	    0 : EINVAL);
}

/* ---------------------------------------------------------------- mincore */

/* What anybody has done with a page that this process does not map. */
static int
mincore_page(vm_page_t m)
{
	int bits = MINCORE_INCORE;

	if (m->dirty != 0 || pmap_is_modified(m))
		bits |= MINCORE_MODIFIED_OTHER;
	if ((m->flags & PG_REFERENCED) == 0 && pmap_ts_referenced(m) != 0)
		vm_page_flag_set(m, PG_REFERENCED);
	if (m->flags & PG_REFERENCED)
		bits |= MINCORE_REFERENCED_OTHER;
	return (bits);
}

/*
 * The bits of the page at `va', which is in `entry'.  What is not mapped may
 * still be in the entry's own object: shadowed objects are not looked at.
 */
static int
mincore_bits(vm_map_t map, vm_map_entry_t entry, vm_offset_t va)
{
	vm_object_t object = entry->object.vm_object;
	int bits = pmap_mincore(map->pmap, va);
	vm_page_t m;

	if (bits != 0 || object == NULL || (entry->eflags & MAP_ENTRY_IS_SUB_MAP))
		return (bits);
	m = vm_page_lookup(object, OFF_TO_IDX(entry->offset + (va - entry->start)));
	return (m != NULL && m->valid != 0 ? mincore_page(m) : 0);
}

/* A byte each for the pages from `start' to before `end'.  0, or ENOMEM: a hole. */
static int
mincore_chunk(vm_map_t map, vm_offset_t start, vm_offset_t end, char *vec)
{
	vm_map_entry_t entry;
	int error = 0;

	vm_map_lock_read(map);
	if (!vm_map_lookup_entry(map, start, &entry))
		error = ENOMEM;
	for (; error == 0 && start < end; start += PAGE_SIZE) {
		if (start >= entry->end)
			entry = entry->next;
		if (entry == &map->header || start < entry->start)
			error = ENOMEM;
		else
			*vec++ = mincore_bits(map, entry, start);
	}
	vm_map_unlock_read(map);
	return (error);
}

/*
 * A byte in `vec' for each page: MINCORE_ bits.  `len', rounded up, says how many,
 * wherever in the first one `addr' is: so large the user has made `vec'.
 * ENOMEM: a hole, or beyond the user's addresses; EFAULT: `vec' is not the user's.
 * The map is not locked while bytes are copied, for that may fault.
 */
int
sys_mincore(struct thread *td, struct mincore_args *uap)
{
	vm_map_t map = &td->td_proc->p_vmspace->vm_map;
	char bits[MINCORE_CHUNK], *vec = uap->vec;
	vm_offset_t start, end, next;
	int error;

	start = trunc_page((vm_offset_t)uap->addr);
	if (vm_mmap_range((void *)start, uap->len, &start, &end) != 0 ||
	    end > vm_map_max(map))
		return (ENOMEM);
	for (; start < end; start = next) {
		next = MIN(end, start + ptoa(MINCORE_CHUNK));
		error = mincore_chunk(map, start, next, bits);
		if (error == 0)
			error = copyout(bits, vec, atop(next - start));
		if (error != 0)
			return (error);
		vec += atop(next - start);
	}
	return (0);
}
