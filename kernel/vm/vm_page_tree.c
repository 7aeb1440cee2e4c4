/*
 * vm_page_tree: a page in its object.
 *
 * An object's pages are in a list by number, and in a binary tree by number,
 * which is splayed: whatever was asked for last is its root.
 *
 *	memq	1 -- 4 -- 5 -- 9
 *
 *	root	     5			splayed at 4:	     4
 *		   /   \				   /   \
 *		  4     9				  1     5
 *		 /						 \
 *		1						  9
 *
 * Whoever asks for one page asks for its neighbour next, so most look-ups end
 * at the root or beside it; and the tree needs no memory but the pages' own.
 * No single operation's cost is bounded, but that of many together is.
 *
 * To look moves the root.  So who looks into an object that handlers of
 * interrupts use, one of the kernel's own, does that at splvm, too.
 *
 * [vm/vm_page.c]; Sleator and Tarjan, "Self-Adjusting Binary Search Trees",
 * top-down splaying.
 */
#include <vm/vm_page.h>

#include <sys/systm.h>
#include <vm/pmap.h>
#include <vm/vm_object.h>

/*
 * On the way down two trees grow from what is left behind: that of the pages
 * before `pindex' at its right end, that of those behind at its left end.  In
 * the end both become the root's.
 */
vm_page_t
vm_page_splay(vm_pindex_t pindex, vm_page_t top)
{
	vm_page_t before, behind, next;
	vm_page_t *before_end = &before, *behind_end = &behind;

	if (top == NULL)
		return (NULL);
	while (top->pindex != pindex) {
		if (pindex < top->pindex) {
			if ((next = top->left) == NULL)
				break;
			if (pindex < next->pindex && next->left != NULL) {
				top->left = next->right;	/* rotate */
				next->right = top;
				top = next;
				next = top->left;
			}
			*behind_end = top;
			behind_end = &top->left;
		} else {
			if ((next = top->right) == NULL)
				break;
			if (pindex > next->pindex && next->right != NULL) {
				top->right = next->left;
				next->left = top;
				top = next;
				next = top->right;
			}
			*before_end = top;
			before_end = &top->right;
		}
		top = next;
	}
	*before_end = top->left;
	*behind_end = top->right;
	top->left = before;
	top->right = behind;
	return (top);
}

vm_page_t
vm_page_search(vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t m = vm_page_splay(pindex, object->root);

	object->root = object->hint = m;
	return (m->pindex == pindex ? m : NULL);
}

vm_page_t
vm_page_find_least(vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t m = object->root;

	if (m == NULL)
		return (NULL);
	object->root = m = vm_page_splay(pindex, m);
	return (m->pindex < pindex ? TAILQ_NEXT(m, listq) : m);
}

/* If it was in the cache, where pages are clean, it is not any more. */
void
vm_page_rename(vm_page_t m, vm_object_t object, vm_pindex_t pindex)
{
	vm_page_remove(m);
	vm_page_insert(m, object, pindex);
	if (m->queue == PQ_CACHE)
		vm_page_deactivate(m);
	vm_page_dirty(m);
}

vm_page_t
vm_page_grab(vm_object_t object, vm_pindex_t pindex, int req)
{
	vm_page_t m;

	for (;;) {
		m = vm_page_lookup(object, pindex);
		if (m == NULL) {
			m = vm_page_alloc(object, pindex, req & ~VM_ALLOC_RETRY);
			if (m != NULL)
				return (m);
			VM_WAIT;
		} else if (!vm_page_sleep_if_busy(m, 1, "pgrbwt")) {
			if (req & VM_ALLOC_WIRED)
				vm_page_wire(m);
			if (!(req & VM_ALLOC_NOBUSY))
				vm_page_busy(m);
			return (m);
		}
		if (!(req & VM_ALLOC_RETRY))
			return (NULL);
	}
}
