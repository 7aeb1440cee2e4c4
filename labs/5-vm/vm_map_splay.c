/*
 * vm_map_splay: the tree of a map's entries.
 *
 * A binary tree by address: all entries below one's `left' lie before it, all
 * below its `right' behind it.  No balance is kept.  Instead, each search for
 * an address brings what it finds to the root, and on its way halves the depth
 * of the path that it took.  So a search that follows another close by is
 * cheap, and a long run of them costs O(log n) each, whatever the tree was
 * like before.  One alone may cost n: entries that were made in order of their
 * addresses are a chain.
 *
 *	          9                     5			splaying at 5
 *	         / \                   / \
 *	        7   10                3   7
 *	       / \         ---->     / \   \
 *	      3   8                 1   4   9
 *	     / \                           / \
 *	    1   5                         8   10
 *	       /
 *	      4
 *
 * Each entry knows how much is free behind it, adj_free, and the largest
 * adj_free in the tree whose root it is, max_free.  That is what
 * vm_map_findspace() goes by.
 *
 *	max_free = largest of adj_free, left->max_free, right->max_free
 *
 * All of it must be right whenever one of these functions returns.
 *
 * [SLEATOR], [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/lab_stub.h>
#include <sys/systm.h>

/* An entry's max_free, of its adj_free and of its subtrees, which are right. */
static inline void
set_max_free(vm_map_entry_t entry)
{
	vm_size_t max = entry->adj_free;

	if (entry->left != NULL && entry->left->max_free > max)
		max = entry->left->max_free;
	if (entry->right != NULL && entry->right->max_free > max)
		max = entry->right->max_free;
	entry->max_free = max;
}

/* How much is free between an entry, which is in the list, and the next. */
static vm_size_t
gap_behind(vm_map_t map, vm_map_entry_t entry)
{
	if (entry->next == &map->header)
		return (vm_map_max(map) - entry->end);
	return (entry->next->start - entry->end);
}

/*
 * 5.1. Splay a tree at an address, top-down.  Returns the new root: the entry
 * that `addr' is in, or else the last one on the way down to where such an
 * entry would hang, which is a neighbour in order of addresses, the one before
 * or the one behind.  NULL, if the tree is empty.
 *
 * The way: from the root, left if addr < start, right if addr >= end; it ends
 * where addr is in the entry, or where there is nothing on that side.  As it is
 * gone, what it leaves is put on one of two trees: an entry left of which it goes
 * on, with its right subtree, is the leftmost in the tree of those behind addr;
 * an entry right of which it goes on, with its left subtree, the rightmost in
 * the tree of those before.
 *
 * It goes by two steps where the second is to the same side as the first and
 * leads to an entry: then before one is put there it is rotated with its child.
 * Everywhere else it goes by one: only the entry is put there, and its child is
 * the next place, where it is decided anew.  So after a step to one side the next
 * two may be such two to the other.
 *
 *	addr < x < y:		    y			  x
 *				   / \			 / \
 *				  x   C	   becomes	A   y	  x goes to those
 *				 / \			   / \	  behind addr, and
 *				A   B			  B   C	  A is next
 *
 * If A is empty the way ends at x; then it makes no difference whether it is
 * rotated.  At the end the root's left subtree becomes the right one of the
 * rightmost of those before, and the right one the left of the leftmost of those
 * behind; both trees are the root's subtrees.
 *
 * max_free of all that was moved is right again when this returns.
 */
/* LAB 5.1: your code goes here, in place of the stub. */
vm_map_entry_t
vm_map_entry_splay(vm_offset_t addr, vm_map_entry_t root)
{
	(void)addr; (void)root;
	lab_stub("LAB 5.1: vm_map_entry_splay");
}

/*
 * 5.2. Which entry is `addr' in?  Returns 1, and the entry in *entry; or 0, and
 * the entry before it, or the map's header where there is none.
 *
 * If addr is in the root, the tree stays as it is.  Otherwise it is splayed at
 * addr, once.  An empty tree has no root; then the answer is the header.
 */
int
vm_map_lookup_entry(vm_map_t map, vm_offset_t addr, vm_map_entry_t *entry)
{
/* LAB 5.2: your code goes here, in place of the stub. */
(void)map; (void)addr; (void)entry; lab_stub("LAB 5.2: vm_map_lookup_entry");
}

/*
 * 5.3. Entries come and go.
 *
 * vm_map_entry_link() puts `entry', whose start and end are set and where
 * nothing else is, behind `after' in the list and in the tree; `after' may be
 * the header, then it is the first.  The map's nentries goes up.
 *
 *	The new entry becomes the root.  Behind the header: with no left subtree,
 *	and all of the tree as the right one.  Otherwise the tree is first splayed
 *	at after's start, unless `after' is the root; then it is split behind it:
 *	`after' is the new root's left subtree, and what was right of `after' is
 *	the right one.  Then adj_free and max_free are set: of the new entry, and,
 *	before that, of `after', if it is not the header.
 *
 * vm_map_entry_unlink() takes `entry' out of the list and the tree; nentries
 * goes down.
 *
 *	First the tree is splayed at entry's start, unless `entry' is the root.
 *	If it has no left subtree, its right one is the tree.  Otherwise the left
 *	one is splayed at entry's start, which brings the entry before it up; that
 *	is the new root, and what was right of `entry' is its right subtree.  Its
 *	adj_free, to which entry's addresses belong now, and max_free are set.
 */
/* LAB 5.3: your code goes here, in place of the stub. */
void
vm_map_entry_link(vm_map_t map, vm_map_entry_t after, vm_map_entry_t entry)
{
	(void)map; (void)after; (void)entry;
	lab_stub("LAB 5.3: vm_map_entry_link");
}

void
vm_map_entry_unlink(vm_map_t map, vm_map_entry_t entry)
{
	(void)map; (void)entry;
	lab_stub("LAB 5.3: vm_map_entry_unlink");
}

/*
 * What is free behind `entry' has changed, since its end or the next one's start
 * has: it is splayed to the root, unless it is there, so that nothing above it
 * has to learn of it.
 */
void
vm_map_entry_resize_free(vm_map_t map, vm_map_entry_t entry)
{
	if (entry != map->root)
		map->root = vm_map_entry_splay(entry->start, map->root);
	entry->adj_free = gap_behind(map, entry);
	set_max_free(entry);
}
