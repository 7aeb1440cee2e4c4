/*
 * vm_object_shadow: chains of objects, and how they are kept short.
 *
 * When two maps have a copy of the same memory, each gets a shadow of it on its
 * first write, and a copy of a page per page it writes.  A process that forks
 * again and again would have its pages ever deeper in a chain:
 *
 *	entry --> C --> B --> A
 *
 * B is in the way.  Two things may be done with it, if both C and B are
 * anonymous, and neither has transfers going on:
 *
 *	absorb	  Only C refers to B: what C has not got of B's pages and swap
 *		  becomes C's, and B is gone.		entry --> C --> A
 *	bypass	  Others refer to B, but C has all that it could see of B: C is
 *		  a shadow of A from now on.		entry --> C --> A
 *								   B -'
 *
 *	C, from page 0		| c0 |    |    | c3 |
 *	B, from backing_object_offset	 | b1 | b2 | b3 |	b1 moves; b3 is freed,
 *						b2 moves	C has c3 instead
 *
 * That is done where a reference goes (vm_object_deallocate()), and where one
 * asks for it: at a fork, or when a fault has copied the last page.
 *
 * [vm/vm_object.c]
 */
#include <vm/vm_object.h>

#include <sys/systm.h>
#include <vm/pmap.h>
#include <vm/swap_pager.h>
#include <vm/vm_pager.h>

/* It is a shadow of `backing' from now on; the reference is there already. */
static void
join_backing(vm_object_t object, vm_object_t backing, vm_ooffset_t offset)
{
	object->backing_object = backing;
	object->backing_object_offset = offset;
	if (backing == NULL)
		return;
	LIST_INSERT_HEAD(&backing->shadow_head, object, shadow_list);
	backing->shadow_count++;
}

vm_object_t
vm_object_leave_backing(vm_object_t object)
{
	vm_object_t backing = object->backing_object;

	if (backing == NULL)
		return (NULL);
	LIST_REMOVE(object, shadow_list);
	backing->shadow_count--;
	object->backing_object = NULL;
	return (backing);
}

/* While we sleep for the new one, somebody else may give up his reference. */
void
vm_object_shadow(vm_object_t *object, vm_ooffset_t *offset, vm_size_t length)
{
	vm_object_t source = *object, shadow;

	if (source != NULL && source->ref_count == 1 &&
	    vm_object_is_anonymous(source))
		return;
	shadow = vm_object_allocate(OBJT_DEFAULT, length);
	join_backing(shadow, source, *offset);
	*object = shadow;
	*offset = 0;
}

/* ---------------------------------------------------------------- what is behind */

/* Is page `pindex' of an object one that its shadow `object' might show? */
static int
is_in_view(vm_object_t object, vm_pindex_t pindex)
{
	return (pindex - OFF_TO_IDX(object->backing_object_offset) < object->size);
}

/* Has the object itself page `pindex', in memory or with its pager? */
static int
has_page(vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t m = vm_page_lookup(object, pindex);

	return ((m != NULL && m->valid != 0) ||
	    vm_pager_has_page(object, pindex, NULL, NULL));
}

/*
 * Does nothing of the backing object show through?  What that has on swap is
 * not looked at: then it might.
 */
static int
shows_nothing(vm_object_t object, vm_object_t backing)
{
	vm_pindex_t first = OFF_TO_IDX(object->backing_object_offset);
	vm_page_t m;

	if (object->resident_page_count == (int)object->size)
		return (1);
	if (backing->type != OBJT_DEFAULT)
		return (0);
	for (m = vm_page_find_least(backing, first);
	    m != NULL && is_in_view(object, m->pindex); m = TAILQ_NEXT(m, listq))
		if (!has_page(object, m->pindex - first))
			return (0);
	return (1);
}

/* ---------------------------------------------------------------- absorb */

/*
 * A page of the backing object, which nobody but `object' sees: it moves there,
 * with its mappings, or is freed if it cannot be seen.
 */
static void
take_page(vm_object_t object, vm_object_t backing, vm_page_t m)
{
	vm_pindex_t old = m->pindex;
	vm_pindex_t new = old - OFF_TO_IDX(object->backing_object_offset);
	vm_page_t invalid;

	if (is_in_view(object, old) && !has_page(object, new)) {
		if ((invalid = vm_page_lookup(object, new)) != NULL)
			vm_page_free(invalid);
		vm_page_rename(m, object, new);
	} else
		vm_page_discard(m);
	if (backing->type == OBJT_SWAP)
		swap_pager_freespace(backing, old, 1);
}

/*
 * Take all pages that the backing object has in memory.  Returns 0 if it slept,
 * so that nothing is known any more, or 1: there are none left.
 */
static int
take_pages(vm_object_t object, vm_object_t backing)
{
	vm_page_t m;

	while ((m = TAILQ_FIRST(&backing->memq)) != NULL) {
		if (vm_page_sleep_if_busy(m, 1, "vmocol"))
			return (0);
		take_page(object, backing, m);
	}
	return (1);
}

/* And those that it has on swap.  Returns 0, or ENOMEM: not all could be. */
static int
take_slots(vm_object_t object, vm_object_t backing)
{
	if (backing->type != OBJT_SWAP)
		return (0);
	return (swap_pager_copy(backing, object,
	    OFF_TO_IDX(object->backing_object_offset)));
}

/* The backing object, which is empty, goes: its place is ours. */
static void
replace_backing(vm_object_t object, vm_object_t backing)
{
	vm_ooffset_t offset = object->backing_object_offset +
	    backing->backing_object_offset;

	KASSERT(backing->ref_count == 1,
	    ("vm_object_collapse: others refer to %p", backing));
	(void)vm_object_leave_backing(object);
	join_backing(object, vm_object_leave_backing(backing), offset);
	vm_object_destroy(backing);
}

/* ---------------------------------------------------------------- bypass */

static void
bypass(vm_object_t object, vm_object_t backing)
{
	vm_object_t next = backing->backing_object;

	vm_object_reference(next);
	(void)vm_object_leave_backing(object);
	join_backing(object, next, object->backing_object_offset +
	    backing->backing_object_offset);
	backing->ref_count--;	/* of at least two */
}

void
vm_object_collapse(vm_object_t object)
{
	vm_object_t backing;

	while ((backing = object->backing_object) != NULL &&
	    vm_object_is_anonymous(object) && vm_object_is_anonymous(backing) &&
	    object->paging_in_progress == 0 && backing->paging_in_progress == 0) {
		if (backing->ref_count > 1) {
			if (!shows_nothing(object, backing))
				return;
			bypass(object, backing);
		} else if (take_pages(object, backing)) {
			if (take_slots(object, backing) != 0)
				return;
			replace_backing(object, backing);
		}
	}
}

/* ---------------------------------------------------------------- a longer one */

/* What stands behind may be left from something that was unmapped. */
int
vm_object_coalesce(vm_object_t object, vm_ooffset_t prev_offset,
    vm_size_t prev_size, vm_size_t next_size)
{
	vm_pindex_t next, end;

	if (object == NULL)
		return (1);
	if (object->type > OBJT_SWAP)
		return (0);
	vm_object_collapse(object);
	if (object->backing_object != NULL)
		return (0);
	next = OFF_TO_IDX(prev_offset) + atop(prev_size);
	end = next + atop(next_size);
	if (object->ref_count > 1 && object->size != next)
		return (0);
	if (next < object->size) {
		vm_object_page_remove(object, next, end, 0);
		if (object->type == OBJT_SWAP)
			swap_pager_freespace(object, next, end - next);
	}
	object->size = MAX(object->size, end);
	return (1);
}
