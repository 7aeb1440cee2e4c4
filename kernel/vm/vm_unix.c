/*
 * vm_unix: break(2), by which the C library's malloc(3) gets its memory.
 *
 *	vm_daddr	  old		 RLIMIT_DATA
 *	   |  data, bss, heap |  --> new	|
 *	   +------------------+-----------------+
 *	   |<-- vm_dsize ---->|
 *
 * Also sbrk(2) and sstk(2), which never did anything: the library does without.
 *
 * [vm/vm_unix.c]
 */
#include <sys/sysproto.h>

#include <sys/errno.h>
#include <sys/proc.h>
#include <sys/resourcevar.h>
#include <vm/vm_map.h>

/* Data end at `new' from now on, which is behind `old'.  The map is locked. */
static int
break_grow(struct proc *p, vm_offset_t old, vm_offset_t new)
{
	struct vmspace *vm = p->p_vmspace;
	vm_map_t map = &vm->vm_map;
	vm_size_t size = new - old;

	if ((map->flags & MAP_WIREFUTURE) &&
	    (rlim_t)pmap_wired_count(map->pmap) * PAGE_SIZE + size >
	    lim_cur(p, RLIMIT_MEMLOCK))
		return (ENOMEM);
	if ((rlim_t)map->size + size > lim_cur(p, RLIMIT_VMEM))
		return (ENOMEM);
	if (vm_map_insert(map, NULL, 0, old, new, VM_PROT_RW, VM_PROT_ALL, 0) !=
	    KERN_SUCCESS)
		return (ENOMEM);
	vm->vm_dsize += atop(size);
	return (0);
}

/*
 * EINVAL: before the beginning of data; ENOMEM: over a limit, which only
 * forbids to grow, behind the last address, or something else is there.
 */
int
sys_obreak(struct thread *td, struct obreak_args *uap)
{
	struct vmspace *vm = td->td_proc->p_vmspace;
	vm_map_t map = &vm->vm_map;
	vm_offset_t wish = (vm_offset_t)uap->nsize, base, old, new;
	int error = 0, wire;

	if (wish > vm_map_max(map))
		return (ENOMEM);
	vm_map_lock(map);
	new = round_page(wish);
	base = round_page(vm->vm_daddr);
	old = base + ptoa(vm->vm_dsize);
	if (new < base)
		error = EINVAL;
	else if (new > old && (new - base > lim_cur(td->td_proc, RLIMIT_DATA) ||
	    new > vm_map_max(map)))
		error = ENOMEM;
	else if (new > old)
		error = break_grow(td->td_proc, old, new);
	else if (new < old) {
		(void)vm_map_delete(map, new, old);
		vm->vm_dsize -= atop(old - new);
	}
	wire = error == 0 && new > old && (map->flags & MAP_WIREFUTURE);
	vm_map_unlock(map);
	if (wire)
		(void)vm_map_wire(map, old, new, VM_MAP_WIRE_USER |
		    VM_MAP_WIRE_NOHOLES);
	return (error);
}

int
sys_sbrk(struct thread *td __unused, struct sbrk_args *uap __unused)
{
	return (EOPNOTSUPP);
}

int
sys_sstk(struct thread *td __unused, struct sstk_args *uap __unused)
{
	return (EOPNOTSUPP);
}
