/*
 * Drawn operations on maps, each against a model that has one entry a page and
 * does it the simple way.
 */
#include "vmmap_host.h"

#include <sys/mman.h>
#include <vm/vm_extern.h>

#define	FILES		3

static vm_object_t files[FILES];	/* that mappings are of */

static struct model_page *
page_at(struct world *w, vm_offset_t va)
{
	return (&w->page[atop(va - w->base)]);
}

/* An address near the map: in it mostly, or just outside, or at the ends of all. */
static vm_offset_t
draw_address(struct world *w)
{
	uint32_t pages = atop(w->max - w->min);

	switch (draw(24)) {
	case 0:
		return (0);
	case 1:
		return (trunc_page(0xffffffff));
	case 2:
		return (w->min - PAGE_SIZE);
	case 3:
		return (w->max + PAGE_SIZE);
	default:
		return (w->min + ptoa(draw(pages + 1)));
	}
}

static vm_size_t
draw_length(void)
{
	switch (draw(20)) {
	case 0:
		return (trunc_page(0xffffffff));
	case 1:
		return (ptoa(PAGES));
	default:
		return (ptoa(1 + draw(draw(4) == 0 ? 30 : 5)));
	}
}

static vm_prot_t
draw_prot(void)
{
	return (draw(8));
}

/* A range as calls get it, which may be inverted, and what the map is to make of it. */
static void
draw_range(struct world *w, vm_offset_t *start, vm_offset_t *end)
{
	*start = draw_address(w);
	*end = draw(3) == 0 ? draw_address(w) : *start + draw_length();
}

static void
clamp(struct world *w, vm_offset_t *start, vm_offset_t *end)
{
	*start = MAX(*start, w->min);
	*end = MIN(*end, w->max);
	if (*start > *end)
		*start = *end;
}

/* ---------------------------------------------------------------- insert */

static int
expect_insert(struct world *w, vm_offset_t start, vm_offset_t end)
{
	vm_offset_t va;

	if (start < w->min || end > w->max || start >= end)
		return (KERN_INVALID_ADDRESS);
	for (va = start; va < end; va += PAGE_SIZE)
		if (page_at(w, va)->there)
			return (KERN_NO_SPACE);
	return (KERN_SUCCESS);
}

/* The first place, page by page; 0 if there is none. */
static vm_offset_t
expect_space(struct world *w, vm_offset_t start, vm_size_t length)
{
	start = MAX(start, w->min);
	for (; start < w->max && length <= w->max - start; start += PAGE_SIZE)
		if (expect_insert(w, start, start + length) == KERN_SUCCESS)
			return (start);
	return (0);
}

static void
model_insert(struct world *w, vm_offset_t start, vm_offset_t end,
    vm_object_t object, vm_pindex_t pindex, vm_prot_t prot, vm_prot_t max, int cow)
{
	struct model_page *p;

	for (; start < end; start += PAGE_SIZE) {
		p = page_at(w, start);
		*p = (struct model_page){ .there = 1, .prot = prot, .max = max };
		p->inherit = cow & MAP_INHERIT_SHARE ? VM_INHERIT_SHARE :
		    VM_INHERIT_COPY;
		p->eflags = (cow & MAP_DISABLE_SYNCER ? MAP_ENTRY_NOSYNC : 0) |
		    (cow & MAP_DISABLE_COREDUMP ? MAP_ENTRY_NOCOREDUMP : 0);
		p->object = object;
		p->pindex = object != NULL ? pindex++ : 0;
	}
}

static void
model_delete(struct world *w, vm_offset_t start, vm_offset_t end)
{
	for (; start < end; start += PAGE_SIZE)
		*page_at(w, start) = (struct model_page){ 0 };
}

static void
op_insert(struct world *w)
{
	static const int some_cow[] = { 0, 0, 0, 0, MAP_INHERIT_SHARE,
	    MAP_DISABLE_SYNCER, MAP_DISABLE_COREDUMP };
	vm_offset_t addr = draw_address(w), at;
	vm_size_t length = draw_length();
	vm_object_t object = draw(3) == 0 ? files[draw(FILES)] : NULL;
	vm_pindex_t pindex = draw(PAGES);
	vm_prot_t max = draw(3) == 0 ? draw_prot() : VM_PROT_ALL;
	vm_prot_t prot = draw(2) == 0 ? max : draw_prot() & max;
	int cow = some_cow[draw(nitems(some_cow))], how = draw(4), rv, expected;

	if (object != NULL && draw(2) == 0)
		cow |= MAP_COPY_ON_WRITE;
	vm_object_reference(object);
	at = addr;
	if (how == 0) {
		expected = addr < w->min || addr + length > w->max ||
		    addr + length <= addr ? KERN_INVALID_ADDRESS : KERN_SUCCESS;
		rv = vm_map_fixed(w->map, object, IDX_TO_OFF(pindex), addr, length,
		    prot, max, cow);
		if (rv == KERN_SUCCESS)
			model_delete(w, addr, addr + length);
	} else if (how == 1) {
		expected = expect_insert(w, addr, addr + length);
		rv = vm_map_find(w->map, object, IDX_TO_OFF(pindex), &addr, length,
		    0, prot, max, cow);
	} else {
		at = expect_space(w, addr, length);
		expected = at == 0 ? KERN_NO_SPACE : KERN_SUCCESS;
		rv = vm_map_find(w->map, object, IDX_TO_OFF(pindex), &addr, length,
		    1, prot, max, cow);
	}
	CHECK(rv == expected);
	if (rv != KERN_SUCCESS) {
		vm_object_deallocate(object);
		return;
	}
	CHECK(addr == at);
	model_insert(w, addr, addr + length, object, pindex, prot, max, cow);
}

static void
op_remove(struct world *w)
{
	vm_offset_t start, end;

	draw_range(w, &start, &end);
	CHECK(vm_map_remove(w->map, start, end) == KERN_SUCCESS);
	clamp(w, &start, &end);
	model_delete(w, start, end);
}

/* ---------------------------------------------------------------- change */

static void
op_protect(struct world *w)
{
	vm_offset_t start, end, from, to, va;
	vm_prot_t prot = draw_prot();
	int set_max = draw(6) == 0, expected = KERN_SUCCESS;
	struct model_page *p;

	draw_range(w, &start, &end);
	from = start;
	to = end;
	clamp(w, &from, &to);
	for (va = from; va < to; va += PAGE_SIZE)
		if (page_at(w, va)->there && (prot & ~page_at(w, va)->max))
			expected = KERN_PROTECTION_FAILURE;
	CHECK(vm_map_protect(w->map, start, end, prot, set_max) == expected);
	if (expected != KERN_SUCCESS)
		return;
	for (va = from; va < to; va += PAGE_SIZE) {
		p = page_at(w, va);
		if (!p->there)
			continue;
		if (set_max) {
			p->max = prot;
			p->prot &= prot;
		} else
			p->prot = prot;
	}
}

static void
op_inherit(struct world *w)
{
	vm_inherit_t inherit = draw(5);
	vm_offset_t start, end;

	draw_range(w, &start, &end);
	if (inherit > VM_INHERIT_ZERO) {
		CHECK(vm_map_inherit(w->map, start, end, inherit) ==
		    KERN_INVALID_ARGUMENT);
		return;
	}
	CHECK(vm_map_inherit(w->map, start, end, inherit) == KERN_SUCCESS);
	for (clamp(w, &start, &end); start < end; start += PAGE_SIZE)
		if (page_at(w, start)->there)
			page_at(w, start)->inherit = inherit;
}

static void
op_advise(struct world *w)
{
	static const struct {
		vm_eflags_t	off, on;
	} advice[] = {
		[MADV_NORMAL] = { MAP_ENTRY_BEHAV_MASK, 0 },
		[MADV_RANDOM] = { MAP_ENTRY_BEHAV_MASK, MAP_ENTRY_BEHAV_RANDOM },
		[MADV_SEQUENTIAL] = { MAP_ENTRY_BEHAV_MASK, MAP_ENTRY_BEHAV_SEQUENTIAL },
		[MADV_NOSYNC] = { 0, MAP_ENTRY_NOSYNC },
		[MADV_AUTOSYNC] = { MAP_ENTRY_NOSYNC, 0 },
		[MADV_NOCORE] = { 0, MAP_ENTRY_NOCOREDUMP },
		[MADV_CORE] = { MAP_ENTRY_NOCOREDUMP, 0 },
	};
	int behav = draw(12);
	vm_offset_t start, end;
	struct model_page *p;

	draw_range(w, &start, &end);
	CHECK(vm_map_madvise(w->map, start, end, behav) ==
	    (behav > MADV_CORE ? KERN_INVALID_ARGUMENT : KERN_SUCCESS));
	if (behav > MADV_CORE)
		return;
	for (clamp(w, &start, &end); start < end; start += PAGE_SIZE) {
		p = page_at(w, start);
		if (p->there)
			p->eflags = (p->eflags & ~advice[behav].off) | advice[behav].on;
	}
}

static int
has_hole(struct world *w, vm_offset_t start, vm_offset_t end)
{
	if (start < w->min || start >= w->max || !page_at(w, start)->there)
		return (1);
	for (; start < end; start += PAGE_SIZE)
		if (!page_at(w, start)->there)
			return (1);
	return (0);
}

static void
op_check(struct world *w)
{
	vm_prot_t prot = draw_prot();
	vm_offset_t start, end, va;
	int expected;

	draw_range(w, &start, &end);
	clamp(w, &start, &end);
	expected = !has_hole(w, start, end);
	for (va = start; expected && va < end; va += PAGE_SIZE)
		if (prot & ~page_at(w, va)->prot)
			expected = 0;
	vm_map_lock_read(w->map);
	CHECK(vm_map_check_protection(w->map, start, end, prot) == expected);
	vm_map_unlock_read(w->map);
}

static void
op_sync(struct world *w)
{
	int invalidate = draw(2), expected = KERN_SUCCESS;
	vm_offset_t start, end, from, to;

	draw_range(w, &start, &end);
	if (start == end)
		return;
	from = start;
	to = end;
	clamp(w, &from, &to);
	if (from == to)
		return;
	if (has_hole(w, from, to))
		expected = KERN_INVALID_ADDRESS;
	else if (invalidate)
		for (; from < to; from += PAGE_SIZE) {
			if (page_at(w, from)->user_wired +
			    page_at(w, from)->system_wired > 0)
				expected = KERN_INVALID_ARGUMENT;
		}
	CHECK(vm_map_sync(w->map, start, end, draw(2), invalidate) == expected);
}

/* ---------------------------------------------------------------- wire */

/* Another thread changes what it may, while pages are brought in. */
static void
meddle(vm_map_t map)
{
	struct thread *td = curthread;
	struct world *w;

	if (map == NULL || draw(3) != 0)
		return;
	w = world_of(map);
	curthread = &another;
	while_unlocked = NULL;
	switch (draw(4)) {
	case 0:
		op_protect(w);
		break;
	case 1:
		op_inherit(w);
		break;
	case 2:
		op_advise(w);
		break;
	default:
		op_check(w);
		break;
	}
	while_unlocked = meddle;
	curthread = td;
}

static void
op_wire(struct world *w)
{
	int user = draw(2), holes = draw(2), has_unusable = 0, rv;
	vm_offset_t start, end, from, to, va;
	uint8_t unusable[PAGES];
	struct model_page *p;

	draw_range(w, &start, &end);
	from = start;
	to = end;
	clamp(w, &from, &to);
	for (va = from; va < to; va += PAGE_SIZE) {
		p = page_at(w, va);
		unusable[atop(va - w->base)] = p->there && p->prot == VM_PROT_NONE;
		has_unusable |= unusable[atop(va - w->base)];
	}
	fault_wire_fails = draw(4) == 0 ? 1 + draw(20) : 0;
	while_unlocked = draw(2) ? meddle : NULL;
	rv = vm_map_wire(w->map, start, end, (user ? VM_MAP_WIRE_USER : 0) |
	    (holes ? VM_MAP_WIRE_HOLESOK : 0));
	fault_wire_fails = 0;
	while_unlocked = NULL;
	if (!holes && (has_hole(w, from, to) || has_unusable)) {
		CHECK(rv == KERN_INVALID_ADDRESS);
		return;
	}
	CHECK(rv == KERN_SUCCESS || rv == KERN_PROTECTION_FAILURE);
	for (; rv == KERN_SUCCESS && from < to; from += PAGE_SIZE) {
		p = page_at(w, from);
		if (!p->there || unusable[atop(from - w->base)])
			continue;
		if (user)
			p->user_wired = 1;
		else
			p->system_wired++;
	}
}

static void
op_unwire(struct world *w)
{
	int user = draw(2), holes = draw(2), expected = KERN_SUCCESS;
	vm_offset_t start, end, from, to, va;
	struct model_page *p;

	draw_range(w, &start, &end);
	from = start;
	to = end;
	clamp(w, &from, &to);
	if (!holes && has_hole(w, from, to))
		expected = KERN_INVALID_ADDRESS;
	else if (!user)
		for (va = from; va < to; va += PAGE_SIZE)
			if (page_at(w, va)->there && page_at(w, va)->system_wired == 0)
				expected = KERN_INVALID_ARGUMENT;
	CHECK(vm_map_unwire(w->map, start, end, (user ? VM_MAP_WIRE_USER : 0) |
	    (holes ? VM_MAP_WIRE_HOLESOK : 0)) == expected);
	for (; expected == KERN_SUCCESS && from < to; from += PAGE_SIZE) {
		p = page_at(w, from);
		if (!p->there)
			continue;
		if (user)
			p->user_wired = 0;
		else
			p->system_wired--;
	}
}

/* ---------------------------------------------------------------- faults and forks */

static vm_map_entry_t
entry_at(struct world *w, vm_offset_t va)
{
	vm_map_entry_t entry;

	CHECK(vm_map_lookup_entry(w->map, va, &entry));
	return (entry);
}

/* What a lookup of this type must return. */
static int
expect_lookup(struct world *w, vm_offset_t va, vm_prot_t type)
{
	const struct model_page *p;
	vm_prot_t allowed;

	if (va < w->min || va >= w->max || !page_at(w, va)->there)
		return (KERN_INVALID_ADDRESS);
	p = page_at(w, va);
	allowed = type & VM_PROT_OVERRIDE_WRITE ? p->max : p->prot;
	if (type & VM_PROT_ALL & ~allowed)
		return (KERN_PROTECTION_FAILURE);
	if (p->user_wired && (type & VM_PROT_WRITE) &&
	    !(type & VM_PROT_OVERRIDE_WRITE) &&
	    (entry_at(w, va)->eflags & MAP_ENTRY_COW))
		return (KERN_PROTECTION_FAILURE);
	return (KERN_SUCCESS);
}

static void
op_fault(struct world *w)
{
	vm_offset_t va = draw_address(w);
	vm_prot_t type = draw(16), prot;
	vm_map_t map = w->map;
	vm_map_entry_t entry;
	vm_object_t object;
	vm_pindex_t pindex;
	struct model_page *p;
	int wired, rv, i = atop(va - w->base);

	rv = vm_map_lookup(&map, va, type, &entry, &object, &pindex, &prot, &wired);
	if (rv != KERN_SUCCESS) {
		CHECK(rv == expect_lookup(w, va, type));
		return;
	}
	p = page_at(w, va);
	CHECK(map == w->map && object != NULL && object == entry->object.vm_object &&
	    va >= entry->start && va < entry->end &&
	    pindex == OFF_TO_IDX(entry->offset) + atop(va - entry->start) &&
	    wired == (p->system_wired + p->user_wired > 0));
	CHECK(!(prot & ~(type & VM_PROT_OVERRIDE_WRITE ? p->max : p->prot)));
	CHECK(!(prot & VM_PROT_WRITE) || !(entry->eflags & MAP_ENTRY_NEEDS_COPY));
	if (!wired)
		CHECK((type & prot & VM_PROT_ALL) == (type & VM_PROT_ALL));
	if (p->seen == NULL || (prot & VM_PROT_WRITE)) {
		if ((prot & VM_PROT_WRITE) && p->seen != NULL && p->seen == object)
			CHECK(p->seen_pindex == pindex);
		p->seen = object;
		p->seen_pindex = pindex;
	}
	w->mapped[i] = prot & p->prot;
	vm_map_lookup_done(map, entry);
	CHECK(expect_lookup(w, va, type) == KERN_SUCCESS);
}

/* A child's model, of its parent's. */
static void
model_fork(struct world *child, struct world *parent)
{
	int i;

	for (i = 0; i < PAGES; i++) {
		struct model_page *p = &child->page[i], *q = &parent->page[i];
		vm_offset_t va = parent->base + ptoa(i);

		if (!q->there || q->inherit == VM_INHERIT_NONE)
			continue;
		*p = *q;
		p->system_wired = p->user_wired = 0;
		if (q->inherit == VM_INHERIT_SHARE) {
			CHECK(entry_at(parent, va)->object.vm_object ==
			    entry_at(child, va)->object.vm_object);
			continue;
		}
		if (q->inherit == VM_INHERIT_ZERO) {
			p->object = p->seen = NULL;
			CHECK(entry_at(child, va)->object.vm_object == NULL);
		} else if (q->system_wired + q->user_wired > 0 &&
		    (q->prot & VM_PROT_READ)) {
			p->object = p->seen = NULL;
			CHECK(entry_at(parent, va)->object.vm_object !=
			    entry_at(child, va)->object.vm_object);
		} else if (q->seen != NULL)
			CHECK((entry_at(parent, va)->eflags &
			    entry_at(child, va)->eflags & MAP_ENTRY_NEEDS_COPY) &&
			    !(parent->mapped[i] & VM_PROT_WRITE));
	}
}

/* The other world becomes a child of this one, instead of what it was. */
static struct world *
op_fork(struct world *parent, struct world *other)
{
	struct world *child = host_calloc(1, sizeof(*child));

	world_free(other);
	parent->vm->vm_tsize = draw(1000);
	parent->vm->vm_maxsaddr = parent->min + draw(1000);
	parent->map->flags = draw(2) ? MAP_WIREFUTURE : 0;
	child->vm = vmspace_fork(parent->vm);
	CHECK(child->vm != NULL && child->vm->vm_refcnt == 1 &&
	    child->vm->vm_tsize == parent->vm->vm_tsize &&
	    child->vm->vm_maxsaddr == parent->vm->vm_maxsaddr &&
	    child->vm->vm_map.flags == parent->map->flags);
	child->map = &child->vm->vm_map;
	child->base = child->min = parent->min;
	child->max = parent->max;
	child->next = worlds;
	worlds = child;
	model_fork(child, parent);
	return (child);
}

/* ---------------------------------------------------------------- all */

static void
operate(struct world *w)
{
	static void (*const often[])(struct world *) = { op_insert, op_insert,
	    op_insert, op_insert, op_remove, op_protect, op_protect, op_inherit,
	    op_advise, op_check, op_sync, op_wire, op_unwire, op_unwire, op_fault,
	    op_fault, op_fault };

	often[draw(nitems(often))](w);
}

void
ops_run(uint32_t count, vm_offset_t min, vm_offset_t max)
{
	struct world *pair[2] = { world_new(min, max), world_new(min, max) };
	int i;

	for (i = 0; i < FILES; i++) {
		files[i] = object_new(OBJT_VNODE, 3 * PAGES);
		hold(files[i], 1);
	}
	for (; count > 0; count--) {
		i = draw(2);
		if (draw(40) == 0)
			pair[!i] = op_fork(pair[i], pair[!i]);
		else
			operate(pair[i]);
		check_all();
	}
	world_free(pair[0]);
	world_free(pair[1]);
	for (i = 0; i < FILES; i++)
		vm_object_deallocate(files[i]);
}
