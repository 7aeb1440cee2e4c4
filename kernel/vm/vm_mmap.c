/*
 * vm_mmap: files, devices and zeros in a process' memory.
 *
 *	sys_mmap			what is asked for?  where?
 *	  fget_mmap			which file
 *	  vn_mmap			(fo_mmap) may it be mapped so?
 *	    vm_mmap_vnode		which object: the file's, the device's, none
 *	      vm_pager_allocate		  vnode_pager_alloc, dev_pager_alloc
 *	    vm_mmap_object		into the map
 *	      vm_map_find		  vm_map_findspace, vm_map_insert
 *	      vm_map_fixed		  vm_map_delete, vm_map_insert
 *
 * Anonymous memory goes from sys_mmap() to vm_mmap_object(): it has no object
 * until it is touched.
 *
 * Where FreeBSD's versions differ we are 10.4 to a new program, for all of ours
 * are.  Of two errors the one that comes first here wins; the numbers are those
 * of the comments below:
 *
 *	 1-3 unknown flags, bits of `prot', SHARED and PRIVATE: not looked at
 *	   4 no length					EINVAL
 *	   5 ANON with a descriptor			EINVAL
 *	   6 ANON with a position			EINVAL
 *	   7 STACK with a descriptor, or not RW		EINVAL
 *	   8 EXCL without FIXED				EINVAL
 *	   9 GUARD with anything			EINVAL
 *	  10 aligned to less than a page, to 4 GB	EINVAL
 *	  11 FIXED: not as the position in a page	EINVAL
 *	  12 FIXED: outside the map, page 0 is		EINVAL
 *	  14 no such descriptor				EBADF
 *	  15 neither file nor device			ENODEV
 *	  17 to be read, and not open for it		EACCES
 *	  18 shared, to be written, and not open for it	EACCES
 *	  16 a device, private, or one without memory	EINVAL
 *	  19 immutable or append-only, shared, written	EPERM
 *	  21 a position that has no page number		EINVAL
 *	  22 over RLIMIT_VMEM, over RLIMIT_MEMLOCK	ENOMEM
 *	  23 of the map: no room ENOMEM, EACCES, EINVAL
 *
 * 13 (neither SHARED nor PRIVATE) is PRIVATE, 20 (a program on a file system
 * without programs) is not executable.  19 is of 4.x: 10.4 has it, too.  21 is
 * of 12: a page's number has 32 bits, and what is cut off is another page.  A
 * length that 2^32 bytes do not hold is too large for any place, fixed or not.
 *
 * [vm/vm_mmap.c]
 */
#include <sys/mman.h>
#include <sys/sysproto.h>

#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/file.h>
#include <sys/proc.h>
#include <sys/resourcevar.h>
#include <sys/systm.h>
#include <sys/vnode_if.h>
#include <vm/vm_extern.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_pager.h>

#define	LARGEST_SIZE	trunc_page(UINT32_MAX)	/* which fits nowhere */
/* Flags that say what is mapped or how: a guard is nothing. */
#define	MAP_WHAT	(MAP_SHARED | MAP_PRIVATE | MAP_PREFAULT_READ |	\
			    MAP_ANON | MAP_STACK)

int
vm_mmap_to_errno(int rv)
{
	switch (rv) {
	case KERN_SUCCESS:
		return (0);
	case KERN_INVALID_ADDRESS:
	case KERN_NO_SPACE:
		return (ENOMEM);
	case KERN_PROTECTION_FAILURE:
		return (EACCES);
	default:
		return (EINVAL);
	}
}

/* ---------------------------------------------------------------- what, and where */

/* 4 to 10: do the arguments fit together?  0 or EINVAL. */
static int
check_arguments(const struct mmap_args *uap)
{
	vm_prot_t prot = uap->prot & VM_PROT_ALL;
	int flags = uap->flags, align;

	if (uap->len == 0)
		return (EINVAL);
	if ((flags & MAP_ANON) && (uap->fd != -1 || uap->pos != 0))
		return (EINVAL);
	if ((flags & MAP_STACK) &&
	    (uap->fd != -1 || (prot & VM_PROT_RW) != VM_PROT_RW))
		return (EINVAL);
	if ((flags & (MAP_EXCL | MAP_FIXED)) == MAP_EXCL)
		return (EINVAL);
	if ((flags & MAP_GUARD) && (prot != VM_PROT_NONE || uap->fd != -1 ||
	    uap->pos != 0 || (flags & MAP_WHAT)))
		return (EINVAL);
	align = (flags & MAP_ALIGNMENT_MASK) >> MAP_ALIGNMENT_SHIFT & 0xff;
	if (align > 1 && (align < PAGE_SHIFT || align >= 32))
		return (EINVAL);
	return (0);
}

/*
 * Where it is to be: *addr was the user's wish, and `pageoff' is how far into
 * its first page the position is.
 *
 * A wish that is none, or amid what break(2) may make data of one day, becomes
 * the first page behind that.  A fixed one is an order: 11, 12.  0 or EINVAL.
 */
static int
check_address(struct proc *p, vm_offset_t *addr, vm_size_t size,
    vm_offset_t pageoff, int flags)
{
	const struct vmspace *vms = p->p_vmspace;
	vm_offset_t data_end = round_page(vms->vm_daddr +
	    (vm_offset_t)MIN(lim_max(p, RLIMIT_DATA), MAXDSIZ));

	if (flags & MAP_FIXED) {
		*addr -= pageoff;
		if ((*addr & PAGE_MASK) || *addr < vm_map_min(&vms->vm_map) ||
		    (uint64_t)*addr + size > vm_map_max(&vms->vm_map))
			return (EINVAL);
	} else if (*addr == 0 ||
	    (*addr >= round_page(vms->vm_taddr) && *addr < data_end))
		*addr = data_end;
	return (0);
}

/* Map what descriptor `fd' is.  14, and what fo_mmap() says. */
static int
mmap_file(struct thread *td, int fd, vm_offset_t *addr, vm_size_t size,
    vm_prot_t prot, int flags, vm_ooffset_t pos)
{
	struct file *fp;
	vm_prot_t cap_maxprot;
	int error;

	error = fget_mmap(td, fd, &cap_maxprot, &fp);
	if (error != 0)
		return (error);
	error = fo_mmap(fp, &td->td_proc->p_vmspace->vm_map, addr, size, prot,
	    cap_maxprot, flags, pos, td);
	(void)fdrop(fp, td);
	return (error);
}

/*
 * mmap(2).  td_retval[0] is where byte `pos' of the file is, or the first of the
 * zeros.
 */
int
sys_mmap(struct thread *td, struct mmap_args *uap)
{
	vm_map_t map = &td->td_proc->p_vmspace->vm_map;
	vm_prot_t prot = uap->prot & VM_PROT_ALL;
	vm_offset_t addr = (vm_offset_t)uap->addr, pageoff;
	vm_size_t size;
	int flags = uap->flags, error;

	error = check_arguments(uap);
	if (error != 0)
		return (error);
	if (flags & MAP_STACK)
		flags |= MAP_ANON;
	pageoff = flags & MAP_ANON ? 0 : uap->pos & PAGE_MASK;
	size = uap->len > LARGEST_SIZE - pageoff ? LARGEST_SIZE :
	    round_page(uap->len + pageoff);
	error = check_address(td->td_proc, &addr, size, pageoff, flags);
	if (error != 0)
		return (error);
	if (flags & (MAP_ANON | MAP_GUARD))
		error = vm_mmap_object(map, &addr, size, prot,
		    flags & MAP_GUARD ? VM_PROT_NONE : VM_PROT_ALL, flags, NULL,
		    0, td);
	else
		error = mmap_file(td, uap->fd, &addr, size, prot, flags,
		    uap->pos - pageoff);
	if (error == 0)
		td->td_retval[0] = addr + pageoff;
	return (error);
}

/* ---------------------------------------------------------------- the object */

/* 21: are these bytes in pages that have numbers? */
static int
has_pages(vm_ooffset_t foff, vm_size_t size)
{
	return (foff >= 0 && foff <= IDX_TO_OFF(UINT32_MAX) - size);
}

/*
 * A device's: 16, 21.  One that is a source of zeros is anonymous memory; any other
 * is memory that all share, private or not.
 */
static int
mmap_device(vm_size_t objsize, vm_prot_t prot, vm_prot_t *maxprotp,
    int *flagsp, struct cdev *dev, vm_ooffset_t foff, vm_object_t *objp)
{
	if (dev->si_devsw->d_flags & D_MMAP_ANON) {
		*maxprotp = VM_PROT_ALL;
		*flagsp |= MAP_ANON;
		*objp = NULL;
		return (0);
	}
	if ((prot & VM_PROT_WRITE) && (*maxprotp & VM_PROT_WRITE) == 0)
		return (EACCES);
	if ((*flagsp & MAP_PRIVATE) || !has_pages(foff, objsize))
		return (EINVAL);
	*flagsp |= MAP_SHARED;
	*objp = vm_pager_allocate(OBJT_DEVICE, dev, objsize, prot, foff);
	return (*objp == NULL ? EINVAL : 0);
}

/* A file's, which is locked: 19, 21. */
static int
mmap_regular(struct thread *td, vm_size_t objsize, vm_prot_t prot,
    vm_prot_t *maxprotp, int flags, struct vnode *vp, vm_ooffset_t foff,
    vm_object_t *objp)
{
	struct vattr va;
	int error;

	error = VOP_GETATTR(vp, &va, NOCRED, td);
	if (error != 0)
		return (error);
	if ((flags & MAP_SHARED) && (va.va_flags & (IMMUTABLE | APPEND))) {
		if (prot & VM_PROT_WRITE)
			return (EPERM);
		*maxprotp &= ~VM_PROT_WRITE;
	}
	if (!has_pages(foff, objsize))
		return (EINVAL);
	*objp = vm_pager_allocate(OBJT_VNODE, vp, va.va_size, prot, foff);
	return (*objp == NULL ? ENOMEM : 0);
}

int
vm_mmap_vnode(struct thread *td, vm_size_t objsize, vm_prot_t prot,
    vm_prot_t *maxprotp, int *flagsp, struct vnode *vp, vm_ooffset_t foff,
    vm_object_t *objp)
{
	int error;

	/* Its object is made under the lock. */
	error = vget(vp, vp->v_object == NULL ? LK_EXCLUSIVE : LK_SHARED, td);
	if (error != 0)
		return (error);
	if (vp->v_type == VCHR)
		error = mmap_device(objsize, prot, maxprotp, flagsp,
		    vp->v_rdev, foff, objp);
	else
		error = mmap_regular(td, objsize, prot, maxprotp, *flagsp, vp,
		    foff, objp);
	vput(vp);
	return (error);
}

/* ---------------------------------------------------------------- into the map */

/* 22: may the process have so much more?  0 or ENOMEM. */
static int
check_limits(struct proc *p, vm_map_t map, vm_size_t size)
{
	if ((rlim_t)map->size + size > lim_cur(p, RLIMIT_VMEM))
		return (ENOMEM);
	if ((map->flags & MAP_WIREFUTURE) &&
	    (rlim_t)pmap_wired_count(map->pmap) * PAGE_SIZE + size >
	    lim_cur(p, RLIMIT_MEMLOCK))
		return (ENOMEM);
	return (0);
}

/* What a map's entry is to know of mmap's flags. */
static int
entry_flags(int flags)
{
	int cow = 0;

	if ((flags & (MAP_ANON | MAP_GUARD)) == 0)
		cow |= flags & MAP_PREFAULT_READ ? MAP_PREFAULT :
		    MAP_PREFAULT_PARTIAL;
	if ((flags & (MAP_ANON | MAP_GUARD | MAP_SHARED)) == 0)
		cow |= MAP_COPY_ON_WRITE;
	if (flags & MAP_NOSYNC)
		cow |= MAP_DISABLE_SYNCER;
	if (flags & MAP_NOCORE)
		cow |= MAP_DISABLE_COREDUMP;
	if (flags & MAP_SHARED)
		cow |= MAP_INHERIT_SHARE;
	if (flags & MAP_STACK)
		cow |= MAP_STACK_GROWS_DOWN;
	return (cow);
}

/*
 * The first address from *addr on that is a multiple of what MAP_ALIGNED() says,
 * and behind which so much is free.  KERN_SUCCESS or KERN_NO_SPACE.
 */
static int
find_aligned(vm_map_t map, vm_offset_t *addr, vm_size_t size, int flags)
{
	int shift = (flags & MAP_ALIGNMENT_MASK) >> MAP_ALIGNMENT_SHIFT & 0xff;
	vm_offset_t mask, found;
	int full;

	mask = (1U << (shift == 1 ? PDRSHIFT : MAX(shift, PAGE_SHIFT))) - 1;
	vm_map_lock(map);
	do {
		full = vm_map_findspace(map, *addr, size, &found);
		if (!full) {
			*addr = (found + mask) & ~mask;
			full = *addr < found;	/* beyond all addresses */
		}
	} while (!full && *addr != found);
	vm_map_unlock(map);
	return (full ? KERN_NO_SPACE : KERN_SUCCESS);
}

/* Put it there.  A KERN_ code; the reference to the object passes with success. */
static int
mmap_insert(vm_map_t map, vm_offset_t *addr, vm_size_t size, vm_prot_t prot,
    vm_prot_t maxprot, int flags, vm_object_t object, vm_ooffset_t foff)
{
	int cow = entry_flags(flags), find = 0, rv;

	if ((flags & MAP_FIXED) == 0) {
		*addr = round_page(*addr);
		find = (flags & (MAP_STACK | MAP_ALIGNMENT_MASK)) == 0;
		rv = find ? KERN_SUCCESS : find_aligned(map, addr, size, flags);
		if (rv != KERN_SUCCESS)
			return (rv);
	}
	if (flags & MAP_STACK) {
		if ((flags & (MAP_FIXED | MAP_EXCL)) == MAP_FIXED)
			(void)vm_map_remove(map, *addr, *addr + size);
		return (vm_map_stack(map, *addr, size, prot, maxprot, cow));
	}
	if ((flags & (MAP_FIXED | MAP_EXCL)) == MAP_FIXED)
		return (vm_map_fixed(map, object, foff, *addr, size, prot,
		    maxprot, cow));
	return (vm_map_find(map, object, foff, addr, size, find, prot, maxprot,
	    cow));
}

/*
 * A guard is an entry without an object of which nobody may do anything, ever.
 * Where all that comes is to be wired, what cannot be is left as it is.
 */
int
vm_mmap_object(vm_map_t map, vm_offset_t *addr, vm_size_t size, vm_prot_t prot,
    vm_prot_t maxprot, int flags, vm_object_t object, vm_ooffset_t foff,
    struct thread *td)
{
	int error;

	error = check_limits(td->td_proc, map, size);
	if (error == 0)
		error = vm_mmap_to_errno(mmap_insert(map, addr, size, prot,
		    maxprot, flags, object, foff));
	if (error != 0) {
		vm_object_deallocate(object);
		return (error);
	}
	if (map->flags & MAP_WIREFUTURE)
		(void)vm_map_wire(map, *addr, *addr + size, VM_MAP_WIRE_USER |
		    (flags & MAP_STACK ? VM_MAP_WIRE_HOLESOK :
		    VM_MAP_WIRE_NOHOLES));
	return (0);
}
