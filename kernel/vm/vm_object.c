/*
 * vm_object: the life of memory objects.
 *
 *	vm_object_allocate()	one reference
 *	      |
 *	      |  map entries, shadows and others refer to it
 *	      v
 *	vm_object_deallocate()	of the last one
 *	      |
 *	      v
 *	vm_object_terminate()	OBJ_DEAD: wait for transfers, free the pages,
 *	      |			tell the pager
 *	      v
 *	what it was a shadow of loses a reference, and so on
 *
 * A vnode's object is another's: it lives as long as the vnode has it, and each
 * of its references is one of the vnode's, too (vnode_pager.c).
 *
 * vm_object_shadow.c: chains, and how they are kept short.
 * vm_object_page.c: what is done to many of an object's pages.
 *
 * [vm/vm_object.c]
 */
#include <vm/vm_object.h>

#include <sys/priority.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <sys/vnode.h>
#include <vm/pmap.h>
#include <vm/uma.h>
#include <vm/vm_pager.h>
#include <vm/vm_param.h>
#include <vm/vnode_pager.h>

static struct vm_object kernel_object_store, kmem_object_store;
static uma_zone_t obj_zone;

struct object_q vm_object_list = TAILQ_HEAD_INITIALIZER(vm_object_list);
vm_object_t kernel_object = &kernel_object_store;
vm_object_t kmem_object = &kmem_object_store;

void
vm_object_init(void)
{
	vm_pindex_t pages = atop(VM_MAX_KERNEL_ADDRESS - VM_MIN_KERNEL_ADDRESS);

	_vm_object_allocate(OBJT_DEFAULT, pages, kernel_object);
	_vm_object_allocate(OBJT_DEFAULT, pages, kmem_object);
	obj_zone = uma_zcreate("VM OBJECT", sizeof(struct vm_object), NULL, NULL,
	    NULL, NULL, UMA_ALIGN_PTR, UMA_ZONE_NOFREE);
}

void
_vm_object_allocate(objtype_t type, vm_pindex_t size, vm_object_t object)
{
	bzero(object, sizeof(*object));
	TAILQ_INIT(&object->memq);
	object->type = type;
	object->size = size;
	object->ref_count = 1;
	if (type == OBJT_DEFAULT || type == OBJT_SWAP)
		object->flags = OBJ_ONEMAPPING;
	if (type == OBJT_DEVICE)
		TAILQ_INIT(&object->un_pager.devp.devp_pglist);
	TAILQ_INSERT_TAIL(&vm_object_list, object, object_list);
}

vm_object_t
vm_object_allocate(objtype_t type, vm_pindex_t size)
{
	vm_object_t object = uma_zalloc(obj_zone, M_WAITOK);

	_vm_object_allocate(type, size, object);
	return (object);
}

void
vm_object_destroy(vm_object_t object)
{
	KASSERT(object->resident_page_count == 0 && TAILQ_EMPTY(&object->memq) &&
	    object->root == NULL, ("vm_object_destroy: %p has %d pages", object,
	    object->resident_page_count));
	KASSERT(object->shadow_count == 0 && object->paging_in_progress == 0,
	    ("vm_object_destroy: %p has %d shadows, %d transfers", object,
	    object->shadow_count, object->paging_in_progress));
	TAILQ_REMOVE(&vm_object_list, object, object_list);
	uma_zfree(obj_zone, object);
}

/* ---------------------------------------------------------------- references */

void
vm_object_reference(vm_object_t object)
{
	if (object == NULL)
		return;
	KASSERT(!(object->flags & OBJ_DEAD), ("vm_object_reference: %p is dead",
	    object));
	object->ref_count++;
	if (object->type == OBJT_VNODE)
		vref(object->handle);
}

/*
 * The one shadow that is left of an object, which was referred to by that alone:
 * may it be collapsed into that?  NULL if not.
 */
static vm_object_t
only_shadow(vm_object_t object)
{
	vm_object_t shadow;

	if (object->shadow_count != 1 || !vm_object_is_anonymous(object))
		return (NULL);
	shadow = LIST_FIRST(&object->shadow_head);
	KASSERT(shadow != NULL, ("vm_object_deallocate: %p has a shadow and has "
	    "none", object));
	return (vm_object_is_anonymous(shadow) ? shadow : NULL);
}

/*
 * Collapse `object', which only its shadow refers to any more, into that: what
 * the two have in common is one object's from now on.  We hold the shadow
 * meanwhile, and the object may be gone while we sleep.  Returns the shadow,
 * which then has our reference too many.
 */
static vm_object_t
collapse_into(vm_object_t shadow, vm_object_t object)
{
	shadow->ref_count++;
	while (shadow->backing_object == object) {
		if (shadow->paging_in_progress != 0)
			vm_object_pip_sleep(shadow, "objde1");
		else if (object->paging_in_progress != 0)
			vm_object_pip_sleep(object, "objde2");
		else {
			vm_object_collapse(shadow);
			break;
		}
	}
	return (shadow);
}

/* Each turn drops a reference of one object, of a chain or of its shadow. */
void
vm_object_deallocate(vm_object_t object)
{
	vm_object_t shadow, backing;

	while (object != NULL) {
		if (object->type == OBJT_VNODE) {
			vm_object_vndeallocate(object);
			return;
		}
		KASSERT(object->ref_count > 0,
		    ("vm_object_deallocate: nothing refers to %p", object));
		if (--object->ref_count > 1)
			return;
		if (object->ref_count == 1) {
			if (object->shadow_count == 0)
				vm_object_set_flag(object, OBJ_ONEMAPPING);
			shadow = only_shadow(object);
			if (shadow == NULL)
				return;
			object = collapse_into(shadow, object);
			continue;
		}
		backing = vm_object_leave_backing(object);
		if (!(object->flags & OBJ_DEAD))
			vm_object_terminate(object);
		object = backing;
	}
}

/* ---------------------------------------------------------------- the end */

/*
 * Its tree is not taken apart page by page: nobody asks it any more, since this
 * does not sleep.  It need not: whoever has a page busy has a transfer, too.
 */
static void
free_pages(vm_object_t object)
{
	vm_page_t m;

	while ((m = TAILQ_FIRST(&object->memq)) != NULL) {
		KASSERT(!(m->flags & PG_BUSY) && m->busy == 0,
		    ("vm_object_terminate: page %#x is busy", m->phys_addr));
		TAILQ_REMOVE(&object->memq, m, listq);
		object->resident_page_count--;
		m->object = NULL;
		vm_page_discard(m);
		cnt.v_pfree++;
	}
	object->root = object->hint = NULL;
}

void
vm_object_terminate(vm_object_t object)
{
	vm_object_set_flag(object, OBJ_DEAD);
	if (object->type == OBJT_VNODE)
		(void)vm_object_page_clean(object, 0, 0, OBJPC_SYNC);
	/* Last, since the page daemon writes pages of it while we sleep. */
	vm_object_pip_wait(object, "objtrm");
	KASSERT(object->ref_count == 0, ("vm_object_terminate: %p has %d references",
	    object, object->ref_count));
	free_pages(object);
	vm_pager_deallocate(object);
	vm_object_destroy(object);
}

/* ---------------------------------------------------------------- transfers, flags */

void
vm_object_pip_wakeupn(vm_object_t object, int i)
{
	int s;

	KASSERT(object->paging_in_progress >= i,
	    ("vm_object_pip_wakeup: %p has %d transfers", object,
	    object->paging_in_progress));
	atomic_subtract_int(&object->paging_in_progress, i);
	if (!(object->flags & OBJ_PIPWNT))
		return;
	s = splvm();
	if (object->paging_in_progress == 0 && (object->flags & OBJ_PIPWNT)) {
		vm_object_clear_flag(object, OBJ_PIPWNT);
		wakeup(object);
	}
	splx(s);
}

void
vm_object_pip_wakeup(vm_object_t object)
{
	vm_object_pip_wakeupn(object, 1);
}

void
vm_object_pip_sleep(vm_object_t object, const char *wmesg)
{
	int s = splvm();

	if (object->paging_in_progress != 0) {
		vm_object_set_flag(object, OBJ_PIPWNT);
		(void)tsleep(object, PVM, wmesg, 0);
	}
	splx(s);
}

void
vm_object_pip_wait(vm_object_t object, const char *wmesg)
{
	while (object->paging_in_progress != 0)
		vm_object_pip_sleep(object, wmesg);
}

