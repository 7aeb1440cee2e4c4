/*
 * vnode_pager: the pages of files.
 *
 * A vnode has one object, which all who map the file share; each of its
 * references is a use of the vnode, too.
 *
 *	entry --+
 *	entry --+--> object		vnode
 *		     ref_count 2	v_usecount 2, and whoever has it open
 *		     handle ----------> v_object
 *		     size 3 pages	8500 bytes: vnp_size
 *
 *	page	|    0    |    1    | 2.......|
 *	file	|======================| the rest of page 2 is zeros
 *
 * When nobody maps the file any more the object stays, with its pages, as long
 * as the vnode does: the next one who maps the file finds them.
 *
 * vnp_size and `size' say where the file ends.  Behind it there are no pages:
 * VM_PAGER_BAD, a bus error for who looks.  vnode_pager_setsize() changes both
 * before it waits for page i/o that is under way; so none begins behind the end.
 *
 * How bytes come and go is the file system's: vnode_pager_io.c.
 *
 * [vm/vnode_pager.c]
 */
#include <vm/vnode_pager.h>

#include <sys/errno.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vnode_if.h>
#include <vm/pmap.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pager.h>

#define	MAX_SIZE	IDX_TO_OFF(UINT32_MAX)	/* bytes: pages have 32 bits */

/* Pages of a file of so many bytes; and how many bytes its last one has. */
#define	size_pages(size)	OFF_TO_IDX((size) + PAGE_MASK)
#define	size_tail(size)		((int)((size) & PAGE_MASK))

/*
 * The vnode is locked; if it has no object yet, exclusively.  NULL: no object
 * can be so large.
 */
static vm_object_t
vnode_pager_alloc(void *handle, vm_ooffset_t size, vm_prot_t prot __unused,
    vm_ooffset_t offset __unused)
{
	struct vnode *vp = handle;
	vm_object_t object = vp->v_object;

	if (object == NULL) {
		KASSERT(VOP_ISLOCKED(vp, curthread) == LK_EXCLUSIVE,
		    ("vnode_pager_alloc: vnode %p is not locked", vp));
		if (size < 0 || size > MAX_SIZE)
			return (NULL);
		object = vm_object_allocate(OBJT_VNODE, size_pages(size));
		object->un_pager.vnp.vnp_size = size;
		object->handle = vp;
		vp->v_object = object;
	} else
		object->ref_count++;
	vref(vp);
	return (object);
}

/*
 * The object and the vnode forget each other.  For those who map it still the
 * file ends where it begins, from now on, and they are no users of the vnode.
 */
static void
vnode_pager_dealloc(vm_object_t object)
{
	struct vnode *vp = object->handle;
	int refs;

	if (vp == NULL)
		return;
	vm_object_pip_wait(object, "vnpdea");
	object->handle = NULL;
	object->type = OBJT_DEAD;
	object->size = 0;
	vp->v_object = NULL;
	for (refs = object->ref_count; refs > 0; refs--)
		vrele(vp);
}

void
vm_object_vndeallocate(vm_object_t object)
{
	KASSERT(object->ref_count > 0, ("vm_object_vndeallocate: object %p has no "
	    "references", object));
	object->ref_count--;
	vrele(object->handle);
}

/* All pages of a file are alike, so the neighbours are as near as it goes on. */
static int
vnode_pager_haspage(vm_object_t object, vm_pindex_t pindex, int *before,
    int *after)
{
	vm_ooffset_t size = object->un_pager.vnp.vnp_size;

	if (object->handle == NULL || IDX_TO_OFF(pindex) >= size)
		return (0);
	if (before != NULL)
		*before = MIN(pindex, VNODE_PAGER_MAXPAGES - 1);
	if (after != NULL)
		*after = MIN(size_pages(size) - 1 - pindex,
		    VNODE_PAGER_MAXPAGES - 1);
	return (1);
}

static int
vnode_pager_getpages(vm_object_t object, vm_page_t *m, int count, int reqpage)
{
	return (VOP_GETPAGES(object->handle, m, (int)ptoa(count), reqpage,
	    IDX_TO_OFF(m[0]->pindex)));
}

static void
vnode_pager_putpages(vm_object_t object, vm_page_t *m, int count, int flags,
    int *rtvals)
{
	(void)VOP_PUTPAGES(object->handle, m, (int)ptoa(count), flags, rtvals,
	    IDX_TO_OFF(m[0]->pindex));
}

struct pagerops vnodepagerops = {
	.pgo_init = vnode_pager_init,
	.pgo_alloc = vnode_pager_alloc,
	.pgo_dealloc = vnode_pager_dealloc,
	.pgo_getpages = vnode_pager_getpages,
	.pgo_putpages = vnode_pager_putpages,
	.pgo_haspage = vnode_pager_haspage
};

/* ---------------------------------------------------------------- for file systems */

int
vnode_create_vobject(struct vnode *vp, uint64_t size, struct thread *td)
{
	struct vattr va;
	vm_object_t object;
	int error;

	if (vp->v_object != NULL)
		return (0);
	if (size == 0) {
		error = VOP_GETATTR(vp, &va, NOCRED, td);
		if (error != 0)
			return (error);
		size = va.va_size;
	}
	object = vm_pager_allocate(OBJT_VNODE, vp, size, VM_PROT_NONE, 0);
	if (object == NULL)
		return (EFBIG);
	vm_object_deallocate(object);
	return (0);
}

void
vnode_destroy_vobject(struct vnode *vp)
{
	vm_object_t object = vp->v_object;

	if (object == NULL)
		return;
	if (object->ref_count == 0)
		vm_object_terminate(object);
	else {
		(void)vm_object_page_clean(object, 0, 0, OBJPC_SYNC);
		vm_object_page_remove(object, 0, 0, 0);
		vm_pager_deallocate(object);
	}
}

/*
 * The last page of a file that became shorter: what is behind the end becomes
 * zeros, and is not written any more.  Who maps the page sees that: it is the
 * same one.  One that is just being read has got what was there before.
 */
static void
clear_tail(vm_object_t object, vm_ooffset_t size)
{
	vm_page_t m;

	do {
		m = vm_page_lookup(object, OFF_TO_IDX(size));
	} while (m != NULL && vm_page_sleep_if_busy(m, 1, "vnpset"));
	if (m == NULL || m->valid == 0)
		return;
	pmap_zero_page_area(m, size_tail(size), PAGE_SIZE - size_tail(size));
	vm_page_test_dirty(m);
	m->dirty &= vm_page_bits(0, size_tail(size));
}

void
vnode_pager_setsize(struct vnode *vp, uint64_t nsize)
{
	vm_object_t object = vp->v_object;
	vm_ooffset_t size = nsize;
	vm_pindex_t old;

	if (object == NULL || size == object->un_pager.vnp.vnp_size)
		return;
	KASSERT(nsize <= MAX_SIZE, ("vnode_pager_setsize: vnode %p: too large", vp));
	old = object->size;
	object->un_pager.vnp.vnp_size = size;
	object->size = size_pages(size);
	if (object->size < old)
		vm_object_page_remove(object, object->size, old, 0);
	if (size_tail(size) != 0)
		clear_tail(object, size);
}
