/*
 * vm_pager: the pagers, by the type of the object.
 *
 *	vm_pager_get_pages() --> pagertab[object->type]->pgo_getpages
 *
 * The last of them is for objects that are no more: it has nothing.
 *
 * [vm/vm_pager.c]
 */
#include <vm/vm_pager.h>

#include <sys/kernel.h>
#include <sys/systm.h>
#include <vm/vm_page.h>

static struct pagerops *const pagertab[] = {
	[OBJT_DEFAULT] = &defaultpagerops,
	[OBJT_SWAP] = &swappagerops,
	[OBJT_VNODE] = &vnodepagerops,
	[OBJT_DEVICE] = &devicepagerops,
	[OBJT_PHYS] = &physpagerops,
	[OBJT_DEAD] = &deadpagerops,
};

void
vm_pager_init(void)
{
	unsigned i;

	for (i = 0; i < nitems(pagertab); i++)
		if (pagertab[i]->pgo_init != NULL)
			pagertab[i]->pgo_init();
}

vm_object_t
vm_pager_allocate(objtype_t type, void *handle, vm_ooffset_t size, vm_prot_t prot,
    vm_ooffset_t offset)
{
	return (pagertab[type]->pgo_alloc(handle, size, prot, offset));
}

void
vm_pager_deallocate(vm_object_t object)
{
	pagertab[object->type]->pgo_dealloc(object);
}

int
vm_pager_get_pages(vm_object_t object, vm_page_t *m, int count, int reqpage)
{
	int rv;

	rv = pagertab[object->type]->pgo_getpages(object, m, count, reqpage);
	if (rv == VM_PAGER_OK && m[reqpage]->valid != VM_PAGE_BITS_ALL)
		vm_page_zero_invalid(m[reqpage], 1);
	return (rv);
}

void
vm_pager_put_pages(vm_object_t object, vm_page_t *m, int count, int flags,
    int *rtvals)
{
	pagertab[object->type]->pgo_putpages(object, m, count, flags, rtvals);
}

int
vm_pager_has_page(vm_object_t object, vm_pindex_t pindex, int *before, int *after)
{
	int none;

	return (pagertab[object->type]->pgo_haspage(object, pindex,
	    before != NULL ? before : &none, after != NULL ? after : &none));
}

void
vm_pager_page_unswapped(vm_page_t m)
{
	if (pagertab[m->object->type]->pgo_pageunswapped != NULL)
		pagertab[m->object->type]->pgo_pageunswapped(m);
}

/* One that is about to end is none: the next one is made beside it. */
vm_object_t
vm_pager_object_lookup(struct pagerlst *list, void *handle)
{
	vm_object_t object;

	TAILQ_FOREACH(object, list, pager_object_list)
		if (object->handle == handle && !(object->flags & OBJ_DEAD))
			return (object);
	return (NULL);
}

vm_object_t
vm_pager_object_get(struct pagerlst *list, objtype_t type, void *handle,
    vm_pindex_t pages)
{
	vm_object_t object = vm_pager_object_lookup(list, handle), made = NULL;

	if (object == NULL) {
		made = vm_object_allocate(type, pages);
		/* While we slept for that, another may have done the same. */
		object = vm_pager_object_lookup(list, handle);
	}
	if (object != NULL) {
		vm_object_reference(object);
		vm_object_deallocate(made);
	} else {
		object = made;
		object->handle = handle;
		TAILQ_INSERT_TAIL(list, object, pager_object_list);
	}
	object->size = MAX(object->size, pages);
	return (object);
}

void
vm_pager_object_forget(struct pagerlst *list, vm_object_t object)
{
	if (object->handle != NULL)
		TAILQ_REMOVE(list, object, pager_object_list);
}

/* ---------------------------------------------------------------- dead objects */

static vm_object_t
dead_pager_alloc(void *handle __unused, vm_ooffset_t size __unused,
    vm_prot_t prot __unused, vm_ooffset_t offset __unused)
{
	return (NULL);
}

static void
dead_pager_dealloc(vm_object_t object __unused)
{
}

static int
dead_pager_getpages(vm_object_t object __unused, vm_page_t *m __unused,
    int count __unused, int reqpage __unused)
{
	return (VM_PAGER_FAIL);
}

static void
dead_pager_putpages(vm_object_t object __unused, vm_page_t *m __unused, int count,
    int flags __unused, int *rtvals)
{
	int i;

	for (i = 0; i < count; i++)
		rtvals[i] = VM_PAGER_AGAIN;
}

static int
dead_pager_haspage(vm_object_t object __unused, vm_pindex_t pindex __unused,
    int *before, int *after)
{
	*before = *after = 0;
	return (0);
}

struct pagerops deadpagerops = {
	.pgo_alloc = dead_pager_alloc,
	.pgo_dealloc = dead_pager_dealloc,
	.pgo_getpages = dead_pager_getpages,
	.pgo_putpages = dead_pager_putpages,
	.pgo_haspage = dead_pager_haspage,
};
