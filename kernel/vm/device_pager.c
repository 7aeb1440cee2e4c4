/*
 * device_pager: the pager of devices that are memory: a screen's, say.
 *
 * The driver's d_mmap says which physical page is at an offset.  That is none of
 * ours, so there is no struct vm_page for it: one is made for each that is
 * touched, fictitious, and kept with the object (devp_pglist) until that ends.
 * It is wired for good: nobody could bring it back.
 *
 * [vm/device_pager.c]
 */
#include <vm/vm_pager.h>

#include <sys/conf.h>
#include <sys/systm.h>
#include <vm/pmap.h>
#include <vm/uma.h>
#include <vm/vm_page.h>

static struct pagerlst dev_pager_object_list =
    TAILQ_HEAD_INITIALIZER(dev_pager_object_list);
static uma_zone_t fakepg_zone;

static void
dev_pager_init(void)
{
	fakepg_zone = uma_zcreate("DP fakepg", sizeof(struct vm_page), NULL, NULL,
	    NULL, NULL, UMA_ALIGN_PTR, UMA_ZONE_NOFREE);
}

/* Has the device all these pages, for such use?  Its offsets have 32 bits. */
static int
is_mappable(struct cdev *dev, vm_ooffset_t offset, vm_ooffset_t end, vm_prot_t prot)
{
	vm_paddr_t pa;

	if (dev->si_devsw->d_mmap == NULL || (offset & PAGE_MASK) != 0 ||
	    offset < 0 || end > IDX_TO_OFF(atop(~0U)))
		return (0);
	for (; offset < end; offset += PAGE_SIZE)
		if (dev->si_devsw->d_mmap(dev, offset, &pa, prot) != 0)
			return (0);
	return (1);
}

/* The handle is the struct cdev. */
static vm_object_t
dev_pager_alloc(void *handle, vm_ooffset_t size, vm_prot_t prot,
    vm_ooffset_t offset)
{
	if (!is_mappable(handle, offset, offset + size, prot))
		return (NULL);
	return (vm_pager_object_get(&dev_pager_object_list, OBJT_DEVICE, handle,
	    OFF_TO_IDX(offset + size + PAGE_MASK)));
}

static void
dev_pager_dealloc(vm_object_t object)
{
	struct pglist *pages = &object->un_pager.devp.devp_pglist;
	vm_page_t m;

	vm_pager_object_forget(&dev_pager_object_list, object);
	while ((m = TAILQ_FIRST(pages)) != NULL) {
		TAILQ_REMOVE(pages, m, pageq);
		uma_zfree(fakepg_zone, m);
	}
}

/* A page that is no memory of ours: busy, valid, and never in a queue. */
static vm_page_t
make_fakepg(vm_object_t object, vm_paddr_t pa)
{
	vm_page_t m = uma_zalloc(fakepg_zone, M_WAITOK | M_ZERO);

	pmap_page_init(m);
	m->phys_addr = pa;
	m->flags = PG_BUSY | PG_FICTITIOUS;
	m->wire_count = 1;
	m->valid = VM_PAGE_BITS_ALL;
	TAILQ_INSERT_TAIL(&object->un_pager.devp.devp_pglist, m, pageq);
	return (m);
}

/*
 * The one page that is wanted becomes a fictitious one: its place in the object
 * is kept, by the real one that is busy there, until that is made.
 */
static int
dev_pager_getpages(vm_object_t object, vm_page_t *m, int count, int reqpage)
{
	struct cdev *dev = object->handle;
	vm_pindex_t pindex = m[reqpage]->pindex;
	vm_page_t fake;
	vm_paddr_t pa;
	int i;

	for (i = 0; i < count; i++)
		if (i != reqpage)
			vm_page_free(m[i]);
	if (dev->si_devsw->d_mmap(dev, ptoa(pindex), &pa, VM_PROT_READ) != 0)
		return (VM_PAGER_FAIL);
	fake = make_fakepg(object, pa);
	vm_page_free(m[reqpage]);
	vm_page_insert(fake, object, pindex);
	m[reqpage] = fake;
	return (VM_PAGER_OK);
}

static void
dev_pager_putpages(vm_object_t object, vm_page_t *m, int count __unused,
    int flags __unused, int *rtvals __unused)
{
	panic("dev_pager_putpages: page %u of %p", m[0]->pindex, object);
}

static int
dev_pager_haspage(vm_object_t object, vm_pindex_t pindex, int *before, int *after)
{
	*before = *after = 0;
	return (pindex < object->size);
}

struct pagerops devicepagerops = {
	.pgo_init = dev_pager_init,
	.pgo_alloc = dev_pager_alloc,
	.pgo_dealloc = dev_pager_dealloc,
	.pgo_getpages = dev_pager_getpages,
	.pgo_putpages = dev_pager_putpages,
	.pgo_haspage = dev_pager_haspage,
};
