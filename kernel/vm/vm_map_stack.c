/*
 * vm_map_stack: stacks, which grow as they are used.
 *
 * A stack is given all of its addresses, but only a small part of them is
 * mapped: the rest is a gap, which nobody else should take, and a number,
 * avail_ssize.  Who touches the gap faults, and vm_fault() asks for more.
 *
 *	|<- avail_ssize ->|
 *	[ another ]       [ GROWS_DOWN    ]
 *
 *	[ another ]   [ GROWS_DOWN |      ]	SGROWSIZ more, in one piece
 *
 * Each growth is an entry of its own.  The flag and what is left of avail_ssize
 * move to it.  One that grows up is the same, mirrored.
 *
 * The first stack of a process, from vm_maxsaddr up, is limited by RLIMIT_STACK,
 * too, and its pages are counted.
 *
 * [vm/vm_map.c]
 */
#include <vm/vm_map.h>

#include <sys/proc.h>
#include <sys/resourcevar.h>
#include <sys/systm.h>

#define	GROWS	(MAP_ENTRY_GROWS_DOWN | MAP_ENTRY_GROWS_UP)

/* Would the map be larger than the process' limit allows? */
static int
over_limit(vm_map_t map, struct proc *p, vm_size_t more)
{
	return ((rlim_t)map->size + more > lim_cur(p, RLIMIT_VMEM));
}

int
vm_map_stack(vm_map_t map, vm_offset_t bottom, vm_size_t max_size,
    vm_prot_t prot, vm_prot_t max, int cow)
{
	vm_offset_t start, end = bottom + max_size;
	vm_size_t size = MIN(max_size, SGROWSIZ);
	vm_map_entry_t prev;
	int rv = KERN_NO_SPACE;

	if (bottom < vm_map_min(map) || end > vm_map_max(map) || end < bottom)
		return (KERN_NO_SPACE);
	start = cow & MAP_STACK_GROWS_DOWN ? end - size : bottom;
	vm_map_lock(map);
	if (!over_limit(map, curproc, size) &&
	    !vm_map_lookup_entry(map, bottom, &prev) &&
	    (prev->next == &map->header || prev->next->start >= end)) {
		rv = vm_map_insert(map, NULL, 0, start, start + size, prot, max, cow);
		if (rv == KERN_SUCCESS)
			prev->next->avail_ssize = max_size - size;
	}
	vm_map_unlock(map);
	return (rv);
}

/* A stack that is to grow. */
struct growth {
	vm_map_entry_t	entry;		/* the piece that grows */
	int		down;
	vm_size_t	needed;		/* up to the address that was touched */
	vm_size_t	room;		/* up to what is in the way */
};

/* The stack that `addr', where nothing is, belongs to.  A KERN_ code. */
static int
find_stack(vm_map_t map, vm_map_entry_t prev, vm_offset_t addr, struct growth *g)
{
	vm_map_entry_t next = prev->next;

	if (prev != &map->header && (prev->eflags & MAP_ENTRY_GROWS_UP)) {
		g->entry = prev;
		g->down = 0;
		g->needed = round_page(addr + 1 - prev->end);
		g->room = prev->adj_free;
	} else if (next != &map->header && (next->eflags & MAP_ENTRY_GROWS_DOWN)) {
		g->entry = next;
		g->down = 1;
		g->needed = round_page(next->start - addr);
		g->room = next->start -
		    (prev != &map->header ? prev->end : vm_map_min(map));
	} else
		return (KERN_INVALID_ADDRESS);
	return (KERN_SUCCESS);
}

/*
 * By how much it grows: what is needed, and if it may be SGROWSIZ at a time.  0
 * if it cannot.  A room that is too small is not a stack's any more.
 */
static vm_size_t
growth_amount(struct proc *p, const struct growth *g, int is_procstack)
{
	struct vmspace *vm = p->p_vmspace;
	vm_size_t limit, amount;
	rlim_t left;

	if (g->needed > g->entry->avail_ssize)
		return (0);
	limit = g->entry->avail_ssize;
	if (is_procstack) {
		left = lim_cur(p, RLIMIT_STACK) - (rlim_t)ptoa(vm->vm_ssize);
		if (left < g->needed)
			return (0);
		limit = MIN(left, limit);
	}
	amount = MIN(roundup(g->needed, SGROWSIZ), trunc_page(limit));
	if (amount > g->room) {
		g->entry->avail_ssize = g->room;
		amount = g->room;
	}
	if (amount < g->needed || over_limit(&vm->vm_map, p, amount))
		return (0);
	return (amount);
}

/* Add `amount' to a stack.  Returns a KERN_ code, and in *new what it grew by. */
static int
grow(vm_map_t map, const struct growth *g, vm_size_t amount, vm_map_entry_t *new)
{
	vm_map_entry_t entry = g->entry;
	vm_offset_t start;
	int rv;

	start = g->down ? entry->start - amount : entry->end;
	rv = vm_map_insert(map, NULL, 0, start, start + amount, entry->protection,
	    entry->max_protection,
	    g->down ? MAP_STACK_GROWS_DOWN : MAP_STACK_GROWS_UP);
	if (rv != KERN_SUCCESS)
		return (rv);
	*new = g->down ? entry->prev : entry->next;
	(*new)->avail_ssize = entry->avail_ssize - amount;
	entry->avail_ssize = 0;
	entry->eflags &= ~GROWS;
	return (KERN_SUCCESS);
}

/* The same, for an address.  Where something is there already, *new is NULL. */
static int
grow_to(struct proc *p, vm_offset_t addr, vm_map_entry_t *new)
{
	struct vmspace *vm = p->p_vmspace;
	vm_map_entry_t prev;
	struct growth g;
	vm_size_t amount;
	int is_procstack, rv;

	*new = NULL;
	if (vm_map_lookup_entry(&vm->vm_map, addr, &prev))
		return (KERN_SUCCESS);
	rv = find_stack(&vm->vm_map, prev, addr, &g);
	if (rv != KERN_SUCCESS)
		return (rv);
	is_procstack = g.down && addr >= vm->vm_maxsaddr;
	amount = growth_amount(p, &g, is_procstack);
	if (amount == 0)
		return (KERN_NO_SPACE);
	rv = grow(&vm->vm_map, &g, amount, new);
	if (rv == KERN_SUCCESS && is_procstack)
		vm->vm_ssize += atop(amount);
	return (rv);
}

int
vm_map_growstack(struct proc *p, vm_offset_t addr)
{
	vm_map_t map = &p->p_vmspace->vm_map;
	vm_offset_t start = 0, end = 0;
	vm_map_entry_t new;
	int rv;

	vm_map_lock(map);
	rv = grow_to(p, addr, &new);
	if (new != NULL) {
		start = new->start;
		end = new->end;
	}
	vm_map_unlock(map);
	if (start < end && (map->flags & MAP_WIREFUTURE))
		(void)vm_map_wire(map, start, end,
		    VM_MAP_WIRE_USER | VM_MAP_WIRE_NOHOLES);
	return (rv);
}
