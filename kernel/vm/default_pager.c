/*
 * default_pager: the pager of anonymous memory of which nothing was ever paged
 * out: it has nothing.
 *
 * The first time that pages are written, the swap pager gets them, and makes
 * the object one of its own, OBJT_SWAP.
 *
 * [vm/default_pager.c]
 */
#include <vm/vm_pager.h>

/* There is no handle by which it could be found again. */
static vm_object_t
default_pager_alloc(void *handle __unused, vm_ooffset_t size,
    vm_prot_t prot __unused, vm_ooffset_t offset)
{
	return (vm_object_allocate(OBJT_DEFAULT,
	    OFF_TO_IDX(offset + size + PAGE_MASK)));
}

static void
default_pager_dealloc(vm_object_t object __unused)
{
}

static int
default_pager_getpages(vm_object_t object __unused, vm_page_t *m __unused,
    int count __unused, int reqpage __unused)
{
	return (VM_PAGER_FAIL);
}

static void
default_pager_putpages(vm_object_t object, vm_page_t *m, int count, int flags,
    int *rtvals)
{
	swappagerops.pgo_putpages(object, m, count, flags, rtvals);
}

static int
default_pager_haspage(vm_object_t object __unused, vm_pindex_t pindex __unused,
    int *before, int *after)
{
	*before = *after = 0;
	return (0);
}

struct pagerops defaultpagerops = {
	.pgo_alloc = default_pager_alloc,
	.pgo_dealloc = default_pager_dealloc,
	.pgo_getpages = default_pager_getpages,
	.pgo_putpages = default_pager_putpages,
	.pgo_haspage = default_pager_haspage,
};
