/*
 * services_vmmap: drawn operations on address spaces, all of it: maps, objects,
 * faults, page tables, wiring, forks; and a model that says what each page must
 * hold.  Afterwards all is to be given back, and as much is wired as before.
 *
 * What a page shows is a view.  A view has a value of its own, or else shows
 * what the one below it does; whoever writes gives it one.
 *
 *	fork, shared	the child's page has the parent's view
 *	fork, copied	both have new ones, above the parent's old one
 *	an object	a view a page, which all have who map it; who maps it as a
 *			copy has new ones above them
 *
 * That is what shadow objects are for, page by page, and without collapsing.
 * One thing they do not promise: a page that nobody has written yet comes to be
 * where it is looked at, and if that is above an object that is shared as well,
 * what is written there later is not seen.  So what is shared was written before.
 *
 *	vmmap.count	operations
 *	vmmap.fails	after each so many operations the next request for memory but
 *			a few fails (vm.fail_alloc); 0: none does
 *	vmmap.step	for vmmap_sweep: the same operations again and again; first the
 *			first of their requests fails, then the one so many behind it,
 *			and so on to the last
 */
#include "services.h"
#include "services_mapper.h"

#include <sys/kernel.h>
#include <sys/mman.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/uma.h>
#include <vm/vm_extern.h>
#include <vm/vm_object.h>

#define	PAGES		40
#define	BASE		0x10000000U
#define	SPACES		3
#define	VIEWS		6000		/* then it begins anew */
#define	ROUND		500		/* operations, at most, up to then */

struct view {
	struct view	*below;
	int		own;
	int		written;	/* if own: not zeros that nobody has made */
	uint32_t	value;
};

struct model_page {
	int		there;
	vm_prot_t	prot;
	vm_inherit_t	inherit;
	int		system_wired, user_wired;
	struct view	*view;
};

struct space {
	struct vmspace	*vm;
	struct model_page page[PAGES];
};

static struct view views[VIEWS];
static int	nviews;
static struct space spaces[SPACES], *now;
static vm_object_t object;		/* that several map */
static struct view *object_view[PAGES];
static uint32_t	values, reads, writes, forks, wires, failures;
static int	left_to_fail;			/* of the last round */

/* What goes wrong ends the run, and is seen outside. */
#define	CHECK(exp)							\
	KASSERT(exp, ("vmmap: line %d: %s", __LINE__, #exp))

/* ---------------------------------------------------------------- views */

static struct view *
view_new(struct view *below)
{
	CHECK(nviews < VIEWS);
	views[nviews] = (struct view){ .below = below, .own = below == NULL };
	return (&views[nviews++]);
}

/* The one whose value it shows. */
static struct view *
view_shown(struct view *view)
{
	while (!view->own)
		view = view->below;
	return (view);
}

static uint32_t
view_value(struct view *view)
{
	return (view_shown(view)->value);
}

static void
view_write(struct view *view, uint32_t value)
{
	view->own = view->written = 1;
	view->value = value;
}

/* ---------------------------------------------------------------- drawing */

static vm_map_t
own_map(void)
{
	return (&now->vm->vm_map);
}

static vm_offset_t
va_of(int page)
{
	return (BASE + ptoa(page));
}

static void
draw_range(int *first, int *last)
{
	*first = services_draw(PAGES);
	*last = *first + 1 + services_draw(services_draw(4) ? 4 : PAGES);
	if (*last > PAGES)
		*last = PAGES;
}

static vm_prot_t
draw_prot(void)
{
	static const vm_prot_t prots[] = { VM_PROT_RW, VM_PROT_RW, VM_PROT_ALL,
	    VM_PROT_READ, VM_PROT_READ, VM_PROT_NONE };

	return (prots[services_draw(nitems(prots))]);
}

static int
all_there(int first, int last, int usable)
{
	for (; first < last; first++)
		if (!now->page[first].there ||
		    (usable && now->page[first].prot == VM_PROT_NONE))
			return (0);
	return (1);
}

static int
all_written(int first, int last)
{
	for (; first < last; first++)
		if (now->page[first].there &&
		    !view_shown(now->page[first].view)->written)
			return (0);
	return (1);
}

/* ---------------------------------------------------------------- operations */

/* Write what we know that we may. */
static void
write_page(int i)
{
	uint32_t value = ++values;

	CHECK(copyout(&value, (void *)va_of(i), sizeof(value)) == 0);
	view_write(now->page[i].view, value);
	writes++;
}

static void
change_protection(int first, int last, vm_prot_t prot)
{
	CHECK(vm_map_protect(own_map(), va_of(first), va_of(last), prot, 0) ==
	    KERN_SUCCESS);
	for (; first < last; first++)
		now->page[first].prot = prot;
}

static void
op_map(void)
{
	int of_object = services_draw(3) == 0, copy = services_draw(2), first, last, i;
	struct model_page *p;

	draw_range(&first, &last);
	if (of_object)
		vm_object_reference(object);
	CHECK(vm_map_fixed(own_map(), of_object ? object : NULL,
	    of_object ? IDX_TO_OFF(first) : 0, va_of(first), ptoa(last - first),
	    VM_PROT_RW, VM_PROT_ALL, of_object && copy ? MAP_COPY_ON_WRITE : 0) ==
	    KERN_SUCCESS);
	for (i = first; i < last; i++) {
		p = &now->page[i];
		*p = (struct model_page){ .there = 1, .prot = VM_PROT_RW };
		p->inherit = VM_INHERIT_COPY;
		if (of_object)
			p->view = copy ? view_new(object_view[i]) : object_view[i];
		else
			p->view = view_new(NULL);
		if (!of_object && copy)
			write_page(i);
	}
	change_protection(first, last, draw_prot());
}

static void
op_unmap(void)
{
	int first, last;

	draw_range(&first, &last);
	CHECK(vm_map_remove(own_map(), va_of(first), va_of(last)) == KERN_SUCCESS);
	for (; first < last; first++)
		now->page[first] = (struct model_page){ 0 };
}

static void
op_protect(void)
{
	int first, last;

	draw_range(&first, &last);
	change_protection(first, last, draw_prot());
}

static void
op_inherit(void)
{
	vm_inherit_t inherit = services_draw(VM_INHERIT_ZERO + 1);
	int first, last;

	draw_range(&first, &last);
	if (inherit == VM_INHERIT_SHARE && !all_written(first, last))
		inherit = VM_INHERIT_COPY;
	CHECK(vm_map_inherit(own_map(), va_of(first), va_of(last), inherit) ==
	    KERN_SUCCESS);
	for (; first < last; first++)
		now->page[first].inherit = inherit;
}

/* The kernel wires what may be written only; but not if it is wired already. */
static int
expect_wire(int first, int last, int user)
{
	const struct model_page *p;

	if (!all_there(first, last, 1))
		return (KERN_INVALID_ADDRESS);
	for (p = &now->page[first]; p < &now->page[last]; p++)
		if (!user && p->system_wired + p->user_wired == 0 &&
		    !(p->prot & VM_PROT_WRITE))
			return (KERN_PROTECTION_FAILURE);
	return (KERN_SUCCESS);
}

/* What is wired and may be written has its copy at once: it must not fault later. */
static void
op_wire(void)
{
	int user = services_draw(2), first, last, expected;
	struct model_page *p;

	draw_range(&first, &last);
	expected = expect_wire(first, last, user);
	CHECK(vm_map_wire(own_map(), va_of(first), va_of(last),
	    user ? VM_MAP_WIRE_USER : VM_MAP_WIRE_SYSTEM) == expected);
	for (; expected == KERN_SUCCESS && first < last; first++) {
		p = &now->page[first];
		if ((p->prot & VM_PROT_WRITE) && !p->view->own)
			view_write(p->view, view_value(p->view));
		if (user)
			p->user_wired = 1;
		else
			p->system_wired++;
		wires++;
	}
}

static void
op_unwire(void)
{
	int user = services_draw(2), first, last, i, expected = KERN_SUCCESS;

	draw_range(&first, &last);
	for (i = first; i < last && !user; i++)
		if (now->page[i].system_wired == 0)
			expected = KERN_INVALID_ARGUMENT;
	if (!all_there(first, last, 0))
		expected = KERN_INVALID_ADDRESS;
	CHECK(vm_map_unwire(own_map(), va_of(first), va_of(last),
	    user ? VM_MAP_WIRE_USER : VM_MAP_WIRE_SYSTEM) == expected);
	for (; expected == KERN_SUCCESS && first < last; first++) {
		if (user)
			now->page[first].user_wired = 0;
		else
			now->page[first].system_wired--;
	}
}

static void
op_advise(void)
{
	static const int advice[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL,
	    MADV_WILLNEED, MADV_DONTNEED, MADV_NOCORE };
	int first, last;

	draw_range(&first, &last);
	CHECK(vm_map_madvise(own_map(), va_of(first), va_of(last),
	    advice[services_draw(nitems(advice))]) == KERN_SUCCESS);
}

/* What the user may not read is not to be read for him either. */
static void
check_page(int i)
{
	const struct model_page *p = &now->page[i];
	uint32_t got;
	int error;

	error = copyin((void *)va_of(i), &got, sizeof(got));
	if (!p->there || p->prot == VM_PROT_NONE) {
		CHECK(error != 0);
		return;
	}
	CHECK(error == 0);
	if (got != view_value(p->view))
		panic("vmmap: page %d is %u, not %u", i, got, view_value(p->view));
	reads++;
}

/* A wired copy that the user could not write when it was wired stays unwritten. */
static void
op_write(void)
{
	int i = services_draw(PAGES), error;
	struct model_page *p = &now->page[i];
	uint32_t value = ++values;

	error = copyout(&value, (void *)va_of(i), sizeof(value));
	if (!p->there || !(p->prot & VM_PROT_WRITE)) {
		CHECK(error != 0);
		return;
	}
	CHECK(error == 0 || p->user_wired);
	if (error == 0)
		view_write(p->view, value);
	writes++;
}

/* ---------------------------------------------------------------- forks */

static void
switch_to(struct space *space)
{
	now = space;
	(void)mapper_switch(space->vm);
}

static void
fork_page(struct model_page *parent, struct model_page *child)
{
	*child = *parent;
	child->system_wired = child->user_wired = 0;
	if (!parent->there || parent->inherit == VM_INHERIT_NONE)
		*child = (struct model_page){ 0 };
	else if (parent->inherit == VM_INHERIT_ZERO)
		child->view = view_new(NULL);
	else if (parent->inherit == VM_INHERIT_COPY) {
		if (parent->system_wired + parent->user_wired > 0) {
			child->view = view_new(NULL);
			view_write(child->view, view_value(parent->view));
			return;
		}
		child->view = view_new(parent->view);
		parent->view = view_new(parent->view);
	}
}

/* Another becomes our child, instead of what it was. */
static void
op_fork(void)
{
	struct space *child = &spaces[services_draw(SPACES)];
	struct vmspace *vm;
	int i;

	if (child == now)
		return;
	vm = vmspace_fork(now->vm);
	CHECK(vm != NULL);
	vmspace_free(child->vm);
	child->vm = vm;
	for (i = 0; i < PAGES; i++)
		fork_page(&now->page[i], &child->page[i]);
	forks++;
}

/* ---------------------------------------------------------------- rounds */

/* The object is written whole before any of it is shared. */
static void
round_begin(void)
{
	vm_offset_t addr = va_of(0);
	int i;

	nviews = 0;
	bzero(spaces, sizeof(spaces));
	object = vm_object_allocate(OBJT_DEFAULT, PAGES);
	for (i = 0; i < PAGES; i++)
		object_view[i] = view_new(NULL);
	for (i = 0; i < SPACES; i++) {
		spaces[i].vm = vmspace_alloc(PAGE_SIZE, VM_MAXUSER_ADDRESS);
		CHECK(spaces[i].vm != NULL);
	}
	switch_to(&spaces[0]);
	vm_object_reference(object);
	CHECK(vm_map_find(own_map(), object, 0, &addr, ptoa(PAGES), 0, VM_PROT_RW,
	    VM_PROT_ALL, 0) == KERN_SUCCESS);
	for (i = 0; i < PAGES; i++) {
		now->page[i] = (struct model_page){ .there = 1, .prot = VM_PROT_RW,
		    .inherit = VM_INHERIT_COPY, .view = object_view[i] };
		write_page(i);
	}
}

static void
round_end(struct vmspace *vm)
{
	int i;

	(void)mapper_switch(vm);
	for (i = 0; i < SPACES; i++)
		vmspace_free(spaces[i].vm);
	vm_object_deallocate(object);
}

static void
operate(void)
{
	static void (*const ops[])(void) = { op_map, op_map, op_map, op_map, op_unmap,
	    op_protect,
	    op_protect, op_inherit, op_wire, op_wire, op_unwire, op_unwire, op_advise, op_write,
	    op_write, op_write, op_write, op_write, op_write };

	if (services_draw(24) == 0)
		op_fork();
	else if (services_draw(12) == 0)
		switch_to(&spaces[services_draw(SPACES)]);
	else
		ops[services_draw(nitems(ops))]();
}

/*
 * Operations, as many as the views last for: how many they were.  Of their
 * requests for memory the nth fails (0: none); what is left of vm_fail_alloc
 * at the end says by how many there were too few.
 */
static int
round_run(int most, int fails, int nth)
{
	struct vmspace *vm = curproc->p_vmspace;
	int done, i;

	round_begin();
	vm_fail_alloc = nth;
	for (done = 0; done < most && nviews < VIEWS - 4 * PAGES; done++) {
		if (fails != 0 && done % fails == 0)
			vm_fail_alloc = 1 + services_draw(8);
		operate();
		if (fails != 0 && done % fails == fails - 1) {
			failures += vm_fail_alloc == 0;
			vm_fail_alloc = 0;
		}
		check_page(services_draw(PAGES));
	}
	left_to_fail = vm_fail_alloc;
	vm_fail_alloc = 0;
	for (i = 0; i < SPACES * PAGES; i++) {
		if (i % PAGES == 0)
			switch_to(&spaces[i / PAGES]);
		check_page(i % PAGES);
	}
	round_end(vm);
	return (done);
}

/* Pages that are neither free nor a zone's. */
static uint32_t
pages_in_use(void)
{
	uint32_t used = cnt.v_page_count - cnt.v_free_count - cnt.v_cache_count;
	struct uma_stat stat;
	uma_zone_t zone;

	for (zone = uma_zone_next(NULL, &stat); zone != NULL;
	    zone = uma_zone_next(zone, &stat))
		used -= stat.pages;
	return (used);
}

/* The first round makes what malloc(9) keeps. */
SERVICE_TEST(vmmap)
{
	int count = 1000, fails = 0, left;
	struct census before;
	uint32_t used;

	TUNABLE_INT_FETCH("vmmap.count", &count);
	TUNABLE_INT_FETCH("vmmap.fails", &fails);
	mapper_begin();
	(void)round_run(ROUND, 0, 0);
	census_take(&before);
	used = pages_in_use();
	for (left = count; left > 0;)
		left -= round_run(MIN(left, ROUND), fails, 0);
	census_compare("vmmap", &before);
	printf("@vmmap reads=%u writes=%u forks=%u wires=%u failures=%u leaked=%d\n",
	    reads, writes, forks, wires, failures, pages_in_use() - used);
	mapper_end();
}

SERVICE_TEST(vmmap_sweep)
{
	int count = 60, step = 1, nth, bad = 0;
	struct census before;
	uint32_t used;

	TUNABLE_INT_FETCH("vmmap.count", &count);
	TUNABLE_INT_FETCH("vmmap.step", &step);
	mapper_begin();
	(void)round_run(ROUND, 0, 0);
	census_take(&before);
	used = pages_in_use();
	for (nth = 1, left_to_fail = 0; left_to_fail == 0; nth += step) {
		services_seed(count);
		(void)round_run(count, 0, nth);
		bad += pages_in_use() != used;
	}
	census_compare("vmmap_sweep", &before);
	printf("@vmmap_sweep requests=%d bad=%d\n", nth, bad);
	mapper_end();
}
