/*
 * vmspace: a process' memory as a whole: made, shared, copied, given up.
 *
 * A vmspace is a map and a pmap.  Processes that share one count references;
 * all of the kernel's processes share vmspace0, in which nothing is mapped but
 * the kernel.
 *
 * A child's is made of its parent's by vmspace_fork(), entry by entry:
 *
 *	inheritance	the child gets
 *	NONE		nothing
 *	ZERO		an entry without an object
 *	SHARE		an entry for the same object
 *	COPY		the same; but both entries NEEDS_COPY from now on, and
 *			the parent's mappings are not writable any more
 *
 *	  parent            child			whoever writes first gets
 *	[ NEEDS_COPY ]	[ NEEDS_COPY ]			a shadow of the object, which
 *		 \	 /				holds what it has written
 *		 object
 *
 * So a copy costs a walk through mappings, and no page.
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/errno.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <vm/uma.h>
#include <vm/vm_extern.h>
#include <vm/vm_object.h>

static uma_zone_t vmspace_zone;

struct vmspace vmspace0;

/* ---------------------------------------------------------------- made and given up */

/* Empty; the pmap is there. */
static void
vmspace_init(struct vmspace *vm, vm_offset_t min, vm_offset_t max)
{
	vm_map_init(&vm->vm_map, min, max);
	vm->vm_map.pmap = vmspace_pmap(vm);
	vm->vm_maxsaddr = max;
	vm->vm_refcnt = 1;
}

void
vmspace0_init(void)
{
	vmspace_zone = uma_zcreate("VMSPACE", sizeof(struct vmspace), NULL, NULL,
	    NULL, NULL, UMA_ALIGN_PTR, 0);
	pmap_pinit0(vmspace_pmap(&vmspace0));
	vmspace_init(&vmspace0, PAGE_SIZE, VM_MAXUSER_ADDRESS);
}

struct vmspace *
vmspace_alloc(vm_offset_t min, vm_offset_t max)
{
	struct vmspace *vm;

	KASSERT(min >= PAGE_SIZE, ("vmspace_alloc: page 0 would be mapped"));
	vm = uma_zalloc(vmspace_zone, M_WAITOK | M_ZERO);
	if (!pmap_pinit(vmspace_pmap(vm))) {
		uma_zfree(vmspace_zone, vm);
		return (NULL);
	}
	vmspace_init(vm, min, max);
	return (vm);
}

/* Most mappings go at once, before the entries do one by one. */
void
vmspace_free(struct vmspace *vm)
{
	vm_map_t map = &vm->vm_map;

	KASSERT(vm->vm_refcnt > 0, ("vmspace_free: %p is free already", vm));
	if (--vm->vm_refcnt > 0)
		return;
	pmap_remove_pages(vmspace_pmap(vm), vm_map_min(map), vm_map_max(map));
	(void)vm_map_remove(map, vm_map_min(map), vm_map_max(map));
	sx_destroy(&map->lock);
	pmap_release(vmspace_pmap(vm));
	uma_zfree(vmspace_zone, vm);
}

/* ---------------------------------------------------------------- copied */

void
vm_map_copy_entry(vm_map_t src_map, vm_map_t dst_map, vm_map_entry_t src_entry,
    vm_map_entry_t dst_entry)
{
	vm_object_t object = src_entry->object.vm_object;

	/* What nobody may use is not there, although it is to be wired. */
	if (src_entry->wired_count != 0 && (src_entry->protection & VM_PROT_READ)) {
		dst_entry->eflags &= ~MAP_ENTRY_NEEDS_COPY;
		vm_fault_copy_entry(dst_map, src_map, dst_entry, src_entry);
		return;
	}
	dst_entry->offset = 0;
	if (object == NULL)
		return;
	/* What needs a copy already is not writable. */
	if (!(src_entry->eflags & MAP_ENTRY_NEEDS_COPY))
		pmap_protect(src_map->pmap, src_entry->start, src_entry->end,
		    src_entry->protection & ~VM_PROT_WRITE);
	if (object->handle == NULL &&
	    (object->type == OBJT_DEFAULT || object->type == OBJT_SWAP))
		vm_object_collapse(object);
	vm_object_reference(object);
	vm_object_clear_flag(object, OBJ_ONEMAPPING);
	dst_entry->object.vm_object = object;
	dst_entry->offset = src_entry->offset;
	src_entry->eflags |= MAP_ENTRY_COW | MAP_ENTRY_NEEDS_COPY;
	dst_entry->eflags |= MAP_ENTRY_COW | MAP_ENTRY_NEEDS_COPY;
	pmap_copy(dst_map->pmap, src_map->pmap, dst_entry->start,
	    dst_entry->end - dst_entry->start, src_entry->start);
}

/* A copy of an entry as the last one of a map; it refers to nothing yet and is not wired. */
static vm_map_entry_t
entry_clone(vm_map_t map, const struct vm_map_entry *old)
{
	vm_map_entry_t new = vm_map_entry_create(map);

	*new = *old;
	new->object.vm_object = NULL;
	new->eflags &= ~(MAP_ENTRY_USER_WIRED | MAP_ENTRY_IN_TRANSITION |
	    MAP_ENTRY_NEEDS_WAKEUP);
	new->wired_count = 0;
	new->wiring_thread = NULL;
	vm_map_entry_link(map, map->header.prev, new);
	map->size += new->end - new->start;
	return (new);
}

/*
 * An entry's object, for two: made, if there is none; and of its own, if it is
 * still to be copied from one that others have.
 */
static vm_object_t
object_to_share(vm_map_entry_t entry)
{
	vm_pindex_t pages = atop(entry->end - entry->start);

	if (entry->object.vm_object == NULL) {
		entry->object.vm_object = vm_object_allocate(OBJT_DEFAULT, pages);
		entry->offset = 0;
	} else if (entry->eflags & MAP_ENTRY_NEEDS_COPY)
		vm_object_shadow(&entry->object.vm_object, &entry->offset, pages);
	entry->eflags &= ~MAP_ENTRY_NEEDS_COPY;
	return (entry->object.vm_object);
}

static void
share_entry(vm_map_t old_map, vm_map_t new_map, vm_map_entry_t old)
{
	vm_object_t object = object_to_share(old);
	vm_map_entry_t new;

	vm_object_reference(object);
	vm_object_clear_flag(object, OBJ_ONEMAPPING);
	new = entry_clone(new_map, old);
	new->object.vm_object = object;
	pmap_copy(new_map->pmap, old_map->pmap, new->start, new->end - new->start,
	    old->start);
}

static void
zero_entry(vm_map_t new_map, vm_map_entry_t old)
{
	vm_map_entry_t new = entry_clone(new_map, old);

	new->offset = 0;
	new->eflags &= ~(MAP_ENTRY_COW | MAP_ENTRY_NEEDS_COPY);
}

static void
fork_entry(vm_map_t old_map, vm_map_t new_map, vm_map_entry_t old)
{
	KASSERT(!(old->eflags & MAP_ENTRY_IS_SUB_MAP),
	    ("vmspace_fork: %#x is a submap", old->start));
	switch (old->inheritance) {
	case VM_INHERIT_NONE:
		break;
	case VM_INHERIT_SHARE:
		share_entry(old_map, new_map, old);
		break;
	case VM_INHERIT_COPY:
		vm_map_copy_entry(old_map, new_map, old, entry_clone(new_map, old));
		break;
	case VM_INHERIT_ZERO:
		zero_entry(new_map, old);
		break;
	}
}

struct vmspace *
vmspace_fork(struct vmspace *parent)
{
	vm_map_t old_map = &parent->vm_map, new_map;
	struct vmspace *child;
	vm_map_entry_t entry;

	child = vmspace_alloc(vm_map_min(old_map), vm_map_max(old_map));
	if (child == NULL)
		return (NULL);
	new_map = &child->vm_map;
	vm_map_lock(old_map);
	vm_map_lock(new_map);
	vm_map_wait_transition(old_map, vm_map_min(old_map), vm_map_max(old_map));
	bcopy(&parent->vm_startcopy, &child->vm_startcopy,
	    offsetof(struct vmspace, vm_endcopy) -
	    offsetof(struct vmspace, vm_startcopy));
	new_map->flags = old_map->flags;
	for (entry = old_map->header.next; entry != &old_map->header;
	    entry = entry->next)
		fork_entry(old_map, new_map, entry);
	vm_map_unlock(new_map);
	vm_map_unlock(old_map);
	return (child);
}

/* ---------------------------------------------------------------- given another */

/* The process has `vm' from now on, and sees it if it is the one that runs. */
static void
vmspace_replace(struct proc *p, struct vmspace *vm)
{
	struct vmspace *old = p->p_vmspace;

	p->p_vmspace = vm;
	if (p == curproc)
		pmap_activate(curthread);
	vmspace_free(old);
}

int
vmspace_exec(struct proc *p, vm_offset_t min, vm_offset_t max)
{
	struct vmspace *vm = vmspace_alloc(min, max);

	if (vm == NULL)
		return (ENOMEM);
	vmspace_replace(p, vm);
	return (0);
}

int
vmspace_unshare(struct proc *p)
{
	struct vmspace *vm;

	if (p->p_vmspace->vm_refcnt == 1)
		return (0);
	vm = vmspace_fork(p->p_vmspace);
	if (vm == NULL)
		return (ENOMEM);
	vmspace_replace(p, vm);
	return (0);
}
