/*
 * phys_pager: the pager of memory that stays in memory: shared memory, of which
 * nobody asks where it is mapped.
 *
 * Its pages are made when they are touched, full of zeros.  They are
 * PG_UNMANAGED: pmap keeps no list of their mappings, which is what it is for,
 * and so they cannot be taken away.
 *
 * [vm/phys_pager.c]
 */
#include <vm/vm_pager.h>

#include <sys/systm.h>
#include <vm/pmap.h>
#include <vm/vm_page.h>

#define	PHYSCLUSTER	1024	/* pages around one that it says it has */

static struct pagerlst phys_pager_object_list =
    TAILQ_HEAD_INITIALIZER(phys_pager_object_list);

/* Without a handle it cannot be found again, and is not listed. */
static vm_object_t
phys_pager_alloc(void *handle, vm_ooffset_t size, vm_prot_t prot __unused,
    vm_ooffset_t offset)
{
	vm_pindex_t pages = OFF_TO_IDX(offset + size + PAGE_MASK);

	if (handle == NULL)
		return (vm_object_allocate(OBJT_PHYS, pages));
	return (vm_pager_object_get(&phys_pager_object_list, OBJT_PHYS, handle,
	    pages));
}

static void
phys_pager_dealloc(vm_object_t object)
{
	vm_pager_object_forget(&phys_pager_object_list, object);
}

static int
phys_pager_getpages(vm_object_t object __unused, vm_page_t *m, int count,
    int reqpage)
{
	int i;

	for (i = 0; i < count; i++) {
		if (m[i]->valid == 0 && !(m[i]->flags & PG_ZERO))
			pmap_zero_page(m[i]);
		vm_pageq_remove(m[i]);
		vm_page_flag_set(m[i], PG_UNMANAGED);
		m[i]->valid = VM_PAGE_BITS_ALL;
		if (i != reqpage)
			vm_page_wakeup(m[i]);
	}
	return (VM_PAGER_OK);
}

static void
phys_pager_putpages(vm_object_t object, vm_page_t *m, int count __unused,
    int flags __unused, int *rtvals __unused)
{
	panic("phys_pager_putpages: page %u of %p", m[0]->pindex, object);
}

static int
phys_pager_haspage(vm_object_t object, vm_pindex_t pindex, int *before, int *after)
{
	vm_pindex_t first = rounddown(pindex, PHYSCLUSTER);

	*before = *after = 0;
	if (pindex >= object->size)
		return (0);
	*before = pindex - first;
	*after = MIN(first + PHYSCLUSTER, object->size) - 1 - pindex;
	return (1);
}

struct pagerops physpagerops = {
	.pgo_alloc = phys_pager_alloc,
	.pgo_dealloc = phys_pager_dealloc,
	.pgo_getpages = phys_pager_getpages,
	.pgo_putpages = phys_pager_putpages,
	.pgo_haspage = phys_pager_haspage,
};
