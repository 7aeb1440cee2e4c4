/*
 * vm_object_page: what is done to many of an object's pages.
 *
 *	remove	  they are freed, unmapped first
 *	clean	  the dirty ones are written to the pager: msync(2), the last close
 *	madvise	  they are used soon, not soon, or not wanted any more
 *
 * Each goes through the pages by number.  Where it has slept, pages may have
 * come and gone, so it looks up the first that is not behind it again.
 *
 * [vm/vm_object.c]
 */
#include <vm/vm_object.h>

#include <sys/errno.h>
#include <sys/mman.h>
#include <sys/systm.h>
#include <vm/pmap.h>
#include <vm/swap_pager.h>
#include <vm/vm_pageout.h>
#include <vm/vm_pager.h>

#define	RUN_MAX		16	/* pages written at once */

/* A page of a range that ends before `end', or behind all pages if that is 0. */
static inline int
is_before(vm_page_t m, vm_pindex_t end)
{
	return (m != NULL && (end == 0 || m->pindex < end));
}

/* ---------------------------------------------------------------- remove */

/*
 * What a page holds is lost, and it is free; unless `clean_only' keeps it, as it
 * does all that are wired, or the kernel has wired it for itself.
 */
static void
remove_page(vm_page_t m, int clean_only)
{
	if (m->wire_count != 0) {
		if (clean_only)
			return;
		vm_page_unmap(m);
		if (m->wire_count != 0) {
			m->valid = m->dirty = 0;
			vm_page_flag_clear(m, PG_ZERO);
			return;
		}
	}
	if (clean_only && m->valid != 0) {
		pmap_page_protect(m, VM_PROT_READ | VM_PROT_EXECUTE);
		vm_page_test_dirty(m);
		if (m->valid & m->dirty)
			return;
	}
	if (pmap_page_is_mapped(m))
		pmap_remove_all(m);
	vm_page_free(m);
}

void
vm_object_page_remove(vm_object_t object, vm_pindex_t start, vm_pindex_t end,
    int clean_only)
{
	vm_page_t m, next;

	KASSERT(object->type != OBJT_DEVICE && object->type != OBJT_PHYS,
	    ("vm_object_page_remove: %p is of type %d", object, object->type));
	if (object->resident_page_count == 0)
		return;
	vm_object_pip_add(object, 1);
	for (m = vm_page_find_least(object, start); is_before(m, end); m = next) {
		if (vm_page_sleep_if_busy(m, 1, "vmopar")) {
			next = vm_page_find_least(object, start);
			continue;
		}
		next = TAILQ_NEXT(m, listq);
		remove_page(m, clean_only);
	}
	vm_object_pip_wakeup(object);
}

/* ---------------------------------------------------------------- clean */

/*
 * Is this page, which is not busy, to be written?  From now on a write is seen,
 * as a fault.
 */
static int
is_to_be_cleaned(vm_page_t m, int flags)
{
	if (m->valid != VM_PAGE_BITS_ALL ||
	    ((flags & OBJPC_NOSYNC) && (m->flags & PG_NOSYNC)))
		return (0);
	pmap_page_protect(m, VM_PROT_READ | VM_PROT_EXECUTE);
	vm_page_test_dirty(m);
	return (m->dirty != 0);
}

/* Collect dirty pages from `m' on that follow each other.  Returns how many. */
static int
collect_run(vm_page_t m, vm_pindex_t end, int flags, vm_page_t *run)
{
	int count = 0;

	do {
		run[count++] = m;
		m = TAILQ_NEXT(m, listq);
	} while (count < RUN_MAX && is_before(m, end) &&
	    m->pindex == run[0]->pindex + count &&
	    !(m->flags & PG_BUSY) && m->busy == 0 && is_to_be_cleaned(m, flags));
	return (count);
}

/*
 * The object's mark is cleared first, unless dirty pages are passed by: who writes
 * meanwhile sets it again.
 */
int
vm_object_page_clean(vm_object_t object, vm_pindex_t start, vm_pindex_t end,
    int flags)
{
	int put = flags & OBJPC_SYNC ? VM_PAGER_PUT_SYNC : 0;
	vm_page_t m, run[RUN_MAX];
	int count, error = 0;

	if (object->type != OBJT_VNODE || !(object->flags & OBJ_MIGHTBEDIRTY))
		return (0);
	if (start == 0 && (end == 0 || end >= object->size) &&
	    !(flags & OBJPC_NOSYNC))
		vm_object_clear_flag(object, OBJ_MIGHTBEDIRTY);
	vm_object_pip_add(object, 1);
	while (is_before(m = vm_page_find_least(object, start), end)) {
		if (vm_page_sleep_if_busy(m, 1, "vpcwai"))
			continue;
		count = 1;
		start = m->pindex;
		if (is_to_be_cleaned(m, flags)) {
			count = collect_run(m, end, flags, run);
			if (vm_pageout_flush(run, count, put) < count)
				error = EIO;
		}
		start += count;
	}
	vm_object_pip_wakeup(object);
	if (error != 0)		/* something is still dirty */
		vm_object_set_writeable_dirty(object);
	return (error);
}

int
vm_object_sync(vm_object_t object, vm_ooffset_t offset, vm_size_t size,
    int syncio, int invalidate)
{
	vm_pindex_t start, end;
	int error = 0;

	if (object == NULL)
		return (0);
	for (; object->backing_object != NULL; object = object->backing_object)
		offset += object->backing_object_offset;
	if (object->type != OBJT_VNODE)
		return (0);
	start = OFF_TO_IDX(offset);
	end = MIN(OFF_TO_IDX(offset + size + PAGE_MASK), object->size);
	if (start >= end)
		return (0);
	vm_object_reference(object);
	error = vm_object_page_clean(object, start, end,
	    syncio || invalidate ? OBJPC_SYNC : 0);
	if (invalidate)
		vm_object_page_remove(object, start, end, 1);
	vm_object_deallocate(object);
	return (error);
}

/* ---------------------------------------------------------------- madvise */

/* May what is in its pages be forgotten?  Not while somebody else sees them. */
static int
may_be_lost(vm_object_t object)
{
	return (object->type <= OBJT_SWAP && (object->flags & OBJ_ONEMAPPING));
}

/* For MADV_FREE: of what is on swap, nothing is kept. */
static void
forget_swap(vm_object_t object, vm_pindex_t pindex, int advise)
{
	if (advise == MADV_FREE && object->type == OBJT_SWAP)
		swap_pager_freespace(object, pindex, 1);
}

/*
 * Page `pindex' of an object, or what shows through there; *object is set to
 * whose it is, and *pindex.  NULL if it is not in memory, or not to be advised.
 */
static vm_page_t
advised_page(vm_object_t *object, vm_pindex_t *pindex, int advise)
{
	vm_page_t m;

	while (*object != NULL) {
		if (advise == MADV_FREE && !may_be_lost(*object))
			return (NULL);
		m = vm_page_lookup(*object, *pindex);
		if (m != NULL)
			return (m);
		forget_swap(*object, *pindex, advise);
		*pindex += OFF_TO_IDX((*object)->backing_object_offset);
		*object = (*object)->backing_object;
	}
	return (NULL);
}

/* Such a page is clean from now on: it may become free without being written. */
static void
advise_page(vm_page_t m, int advise)
{
	if (m->hold_count != 0 || m->wire_count != 0 ||
	    (m->flags & PG_UNMANAGED) || m->valid != VM_PAGE_BITS_ALL)
		return;
	switch (advise) {
	case MADV_WILLNEED:
		vm_page_activate(m);
		break;
	case MADV_FREE:
		pmap_clear_modify(m);
		vm_page_undirty(m);
		m->act_count = 0;
		forget_swap(m->object, m->pindex, advise);
		/* FALLTHROUGH */
	case MADV_DONTNEED:
		vm_page_dontneed(m);
		break;
	}
}

void
vm_object_madvise(vm_object_t object, vm_pindex_t pindex, int count, int advise)
{
	vm_object_t whose;
	vm_pindex_t there, end;
	vm_page_t m;

	if (object == NULL)
		return;
	end = pindex + count;
	while (pindex < end) {
		whose = object;
		there = pindex;
		m = advised_page(&whose, &there, advise);
		if (m != NULL && vm_page_sleep_if_busy(m, 1, "madvpo"))
			continue;
		if (m != NULL)
			advise_page(m, advise);
		pindex++;
	}
}
