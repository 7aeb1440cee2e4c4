/*
 * kernel/vm's pages and objects as a program of the host.  test_object_host.py
 * builds it under the sanitizers and runs it:
 *
 *	object_host chains SEED COUNT	drawn operations on memory, against a model
 *	object_host pages		what a page does by itself
 *	object_host files		objects of a file, a device, and others
 *	object_host tree SEED COUNT	pages of an object, against a table
 *	object_host wrong HOW		what must panic: prints how
 *
 * "Chains" are many pieces of memory, as map entries would show them: they are
 * made, copied and shared, as a fork does, read and written, as faults do, cut in
 * two, made longer, paged out, given up.  The model knows of each page of each
 * piece what it must read as; it knows nothing of objects.  After each operation
 * all counts of references, shadows and pages are compared with what there is;
 * in the end all of it is free again.
 */
#include "object_host.h"

#include <sys/mman.h>

#define	PIECES		24

/* What some pieces have in common: what is in each page.  -1: anything. */
struct model {
	int		refs;
	int64_t		value[MAX_PAGES];
};

/* As a map entry: pages of an object from `offset' on; and of a model. */
struct piece {
	struct model	*model;		/* NULL: there is none */
	int		first;		/* page of the model */
	int		pages;
	vm_object_t	object;		/* may be NULL, until it is touched */
	vm_ooffset_t	offset;
	int		needs_copy;
	int		shared;		/* a copy of it is itself */
	struct mapping	maps[MAX_PAGES];
};

static struct piece pieces[PIECES];
static vm_object_t file_object;
static uint32_t	next_value = 1;

/*
 * What is under way, and ends when it likes: a transfer of a busy page, or a
 * fault that looks for a page in an object (then m is NULL).
 */
static struct {
	vm_object_t	object;
	vm_page_t	m;
} transfers[4];
static int	ntransfers;

/* ---------------------------------------------------------------- transfers */

static void
transfer_start(vm_object_t object, vm_page_t m)
{
	if (ntransfers == (int)nitems(transfers))
		return;
	if (m != NULL)
		vm_page_io_start(m);
	vm_object_pip_add(object, 1);
	transfers[ntransfers].object = object;
	transfers[ntransfers++].m = m;
}

static void
transfer_end(void)
{
	vm_object_t object;
	uint32_t i;

	if (ntransfers == 0)
		return;
	i = draw(ntransfers);
	object = transfers[i].object;
	if (transfers[i].m != NULL)
		vm_page_io_finish(transfers[i].m);
	transfers[i] = transfers[--ntransfers];
	vm_object_pip_wakeup(object);
}

/* Whoever sleeps, sleeps for a transfer. */
static void
others_run(const void *chan __unused)
{
	CHECK(ntransfers > 0);
	transfer_end();
}

/* ---------------------------------------------------------------- a small vm_fault() */

/* What vm_map_lookup() does before a page is looked for. */
static void
fault_lookup(struct piece *p, int write)
{
	if (p->object == NULL) {
		p->object = vm_object_allocate(OBJT_DEFAULT, p->pages);
		p->offset = 0;
		p->needs_copy = 0;
	} else if (write && p->needs_copy) {
		vm_object_shadow(&p->object, &p->offset, p->pages);
		p->needs_copy = 0;
	}
}

/* Page `pindex' of an object, not busy, in memory or brought in; or NULL. */
static vm_page_t
fault_find(vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t m;

	do
		m = vm_page_lookup(object, pindex);
	while (m != NULL && vm_page_sleep_if_busy(m, 1, "vmpfw"));
	if (m != NULL) {
		CHECK(m->valid == VM_PAGE_BITS_ALL && m->object == object);
		return (m);
	}
	if (!vm_pager_has_page(object, pindex, NULL, NULL))
		return (NULL);
	m = vm_page_alloc(object, pindex, VM_ALLOC_NORMAL);
	CHECK(m != NULL && vm_pager_get_pages(object, &m, 1, 0) == VM_PAGER_OK);
	vm_page_wakeup(m);
	return (m);
}

/* Whoever found it may have it for himself. */
static int
may_rename(vm_object_t object, vm_object_t first)
{
	return (object->shadow_count == 1 && object->ref_count == 1 &&
	    vm_object_is_anonymous(object) && first->backing_object == object);
}

/* Bring page `i' of a piece to a mapping of it. */
static void
fault(struct piece *p, int i, int write)
{
	vm_object_t first, object;
	vm_pindex_t first_pindex, pindex;
	vm_page_t m, copy;

	fault_lookup(p, write);
	first = object = p->object;
	first_pindex = pindex = OFF_TO_IDX(p->offset) + i;
	CHECK(pindex < object->size);
	while ((m = fault_find(object, pindex)) == NULL &&
	    object->backing_object != NULL) {
		pindex += OFF_TO_IDX(object->backing_object_offset);
		object = object->backing_object;
	}
	if (m == NULL) {
		m = vm_page_alloc(first, first_pindex, VM_ALLOC_NORMAL |
		    draw(2) * VM_ALLOC_ZERO);
		if (!(m->flags & PG_ZERO))
			pmap_zero_page(m);
		m->valid = VM_PAGE_BITS_ALL;
		vm_page_wakeup(m);
	} else if (object != first && write) {
		pmap_remove_all(m);
		if (may_rename(object, first))
			vm_page_rename(m, first, first_pindex);
		else {
			copy = vm_page_alloc(first, first_pindex, VM_ALLOC_NORMAL);
			*page_word(copy) = *page_word(m);
			copy->valid = VM_PAGE_BITS_ALL;
			vm_page_wakeup(copy);
			m = copy;
		}
	}
	if (write) {
		vm_page_flag_set(m, PG_WRITEABLE);
		vm_object_set_writeable_dirty(m->object);
	}
	vm_page_activate(m);
	map_page(&p->maps[i], m, write);
}

static int64_t *
value_of(struct piece *p, int i)
{
	return (&p->model->value[p->first + i]);
}

/* What a mapping shows must be right, too, for as long as it is there. */
static void
touch_read(struct piece *p, int i)
{
	int64_t *value = value_of(p, i);

	if (p->maps[i].m == NULL)
		fault(p, i, 0);
	if (*value >= 0)
		CHECK(*page_word(p->maps[i].m) == *value);
}

static void
touch_write(struct piece *p, int i)
{
	if (p->maps[i].m == NULL || !p->maps[i].writable)
		fault(p, i, 1);
	CHECK(p->maps[i].writable);
	*value_of(p, i) = *page_word(p->maps[i].m) = next_value++;
	p->maps[i].modified = 1;
}

/* ---------------------------------------------------------------- pieces */

static struct model *
model_make(void)
{
	struct model *model = host_calloc(1, sizeof(*model));

	model->refs = 1;
	return (model);
}

/* From now on nobody else has this piece's model. */
static void
model_split(struct piece *p)
{
	struct model *old = p->model;

	p->model = model_make();
	__builtin_memcpy(p->model->value, old->value, sizeof(old->value));
	if (--old->refs == 0)
		host_free(old);
}

static void
unmap_piece(struct piece *p)
{
	int i;

	for (i = 0; i < p->pages; i++)
		unmap_page(&p->maps[i]);
}

/* A new piece: of nothing yet, of an object, or of the file. */
static void
piece_make(struct piece *p)
{
	int i;

	__builtin_memset(p, 0, sizeof(*p));
	p->model = model_make();
	p->pages = 1 + draw(16);
	if (draw(4) == 0) {
		p->pages = MIN(p->pages, FILE_PAGES);
		p->object = file_object;
		vm_object_reference(file_object);
		p->offset = IDX_TO_OFF(draw(FILE_PAGES - p->pages + 1));
		p->needs_copy = 1;
		for (i = 0; i < p->pages; i++)
			p->model->value[i] = file[OFF_TO_IDX(p->offset) + i];
	} else
		p->shared = draw(4) == 0;
}

static void
piece_give_up(struct piece *p)
{
	unmap_piece(p);
	vm_object_deallocate(p->object);
	if (--p->model->refs == 0)
		host_free(p->model);
	p->model = NULL;
}

/* As vmspace_fork() does for VM_INHERIT_SHARE, and for COPY. */
static void
piece_share(struct piece *p, struct piece *to)
{
	fault_lookup(p, p->needs_copy);
	vm_object_reference(p->object);
	vm_object_clear_flag(p->object, OBJ_ONEMAPPING);
	*to = *p;
	__builtin_memset(to->maps, 0, sizeof(to->maps));
	p->model->refs++;
}

static void
piece_copy(struct piece *p, struct piece *to)
{
	int i;

	for (i = 0; i < p->pages; i++)
		protect_page(&p->maps[i]);
	if (p->object != NULL) {
		vm_object_collapse(p->object);
		vm_object_reference(p->object);
		vm_object_clear_flag(p->object, OBJ_ONEMAPPING);
		p->needs_copy = 1;
	}
	*to = *p;
	__builtin_memset(to->maps, 0, sizeof(to->maps));
	p->model->refs++;
	model_split(to);
}

/* As vm_map_clip_end(): two pieces of one object, with nothing in common. */
static void
piece_cut(struct piece *p, struct piece *to)
{
	int at, i;

	if (p->pages < 2)
		return;
	if (p->object == NULL)
		fault_lookup(p, 0);
	at = 1 + draw(p->pages - 1);
	vm_object_reference(p->object);
	*to = *p;
	to->first += at;
	to->pages -= at;
	to->offset += IDX_TO_OFF(at);
	__builtin_memset(to->maps, 0, sizeof(to->maps));
	p->model->refs++;
	for (i = at; i < p->pages; i++)
		unmap_page(&p->maps[i]);
	p->pages = at;
}

/* As vm_map_insert() behind an entry: nobody has what is there, and it is empty. */
static void
piece_lengthen(struct piece *p)
{
	int more = 1 + draw(6), behind = p->first + p->pages, i;
	struct piece *q;

	if (p->needs_copy || p->first + p->pages + more > MAX_PAGES ||
	    OFF_TO_IDX(p->offset) + p->pages + more > MAX_PAGES ||
	    !vm_object_coalesce(p->object, p->offset, ptoa(p->pages), ptoa(more)))
		return;
	for (q = pieces; q < &pieces[PIECES]; q++)
		CHECK(q == p || q->model != p->model || q->object != p->object ||
		    q->first >= behind + more || q->first + q->pages <= behind);
	if (!p->shared)
		model_split(p);
	for (i = 0; i < more; i++)
		p->model->value[p->first + p->pages++] = 0;
}

/* MADV_FREE, of what is nobody else's: then it may read as anything. */
static void
piece_forget(struct piece *p)
{
	int at = draw(p->pages), count = 1 + draw(p->pages - at), i;

	if (p->shared || p->needs_copy)
		return;
	for (i = at; i < at + count; i++)
		*value_of(p, i) = -1;
	vm_object_madvise(p->object, OFF_TO_IDX(p->offset) + at, count,
	    MADV_FREE);
}

/* ---------------------------------------------------------------- memory is short */

/* A piece that there is, or one that there is not; or NULL. */
static struct piece *
any_piece(int there)
{
	uint32_t first = draw(PIECES), i;

	for (i = first; i < first + PIECES; i++)
		if ((pieces[i % PIECES].model != NULL) == there)
			return (&pieces[i % PIECES]);
	return (NULL);
}

/* A page of anonymous memory, somewhere in a chain, not busy; or NULL. */
static vm_page_t
any_page(void)
{
	struct piece *p = any_piece(1);
	vm_object_t object = p == NULL ? NULL : p->object;
	vm_page_t m;

	while (object != NULL && object->backing_object != NULL && draw(2) == 0)
		object = object->backing_object;
	if (object == NULL || object == file_object)
		return (NULL);
	m = vm_page_find_least(object, draw(object->size));
	return (m != NULL && m->busy == 0 ? m : NULL);
}

/* As the page daemon: what is dirty is written, what is clean is freed. */
static void
page_out(void)
{
	vm_page_t m = any_page();

	if (m == NULL)
		return;
	vm_page_test_dirty(m);
	/* A page of zeros that was never written has no copy; nor need it have. */
	if (m->dirty != 0)
		(void)vm_pageout_flush(&m, 1, VM_PAGER_PUT_SYNC);
	else if (draw(4) == 0)
		transfer_start(m->object, draw(2) ? m : NULL);
	else if (draw(2) == 0)
		CHECK(vm_page_try_to_free(m));
	else
		CHECK(vm_page_try_to_cache(m));
}

/* ---------------------------------------------------------------- what must always be */

static int
tree_count(vm_page_t m, vm_object_t object)
{
	if (m == NULL)
		return (0);
	CHECK(m->object == object);
	CHECK(m->left == NULL || m->left->pindex < m->pindex);
	CHECK(m->right == NULL || m->right->pindex > m->pindex);
	return (1 + tree_count(m->left, object) + tree_count(m->right, object));
}

static void
check_object(vm_object_t object)
{
	vm_object_t shadow;
	vm_page_t m;
	int count = 0, shadows = 0, refs = 0, i;

	TAILQ_FOREACH(m, &object->memq, listq) {
		CHECK(TAILQ_NEXT(m, listq) == NULL ||
		    TAILQ_NEXT(m, listq)->pindex > m->pindex);
		count++;
	}
	CHECK(count == object->resident_page_count);
	CHECK(count == tree_count(object->root, object));
	LIST_FOREACH(shadow, &object->shadow_head, shadow_list) {
		CHECK(shadow->backing_object == object);
		shadows++;
	}
	CHECK(shadows == object->shadow_count);
	for (i = 0; i < PIECES; i++)
		refs += pieces[i].model != NULL && pieces[i].object == object;
	CHECK(object->ref_count == refs + shadows);
	if (object == file_object)
		CHECK(file_vnode.v_usecount == refs + shadows);
}

static void
check_all(void)
{
	vm_object_t object;
	vm_page_t m;
	uint32_t counts[PQ_COUNT] = { 0 }, i;

	TAILQ_FOREACH(object, &vm_object_list, object_list)
		if (object != kernel_object && object != kmem_object)
			check_object(object);
	for (i = 0; i < vm_page_array_size; i++) {
		m = &vm_page_array[i];
		counts[m->queue]++;
		CHECK((m->queue == PQ_FREE) == (m->object == NULL));
		CHECK(m->queue != PQ_CACHE || (m->dirty == 0 &&
		    !pmap_page_is_mapped(m)));
	}
	for (i = PQ_FREE; i < PQ_COUNT; i++)
		CHECK(counts[i] == *vm_page_queues[i].cnt);
}

/* ---------------------------------------------------------------- chains */

static void
one_operation(struct piece *p, struct piece *other)
{
	switch (draw(14)) {
	case 0:
	case 12:
	case 13:
		if (p->shared)
			piece_share(p, other);
		else
			piece_copy(p, other);
		break;
	case 1:
		piece_give_up(p);
		break;
	case 2:
		piece_cut(p, other);
		break;
	case 3:
		piece_lengthen(p);
		break;
	case 4:
		if (p->object != NULL)
			vm_object_collapse(p->object);
		break;
	case 5:
		piece_forget(p);
		break;
	case 6:
		transfer_end();
		break;
	case 7:
	case 8:
		touch_read(p, draw(p->pages));
		break;
	default:
		touch_write(p, draw(p->pages));
		break;
	}
}

static void
test_chains(uint32_t count)
{
	uint32_t left = cnt.v_free_count, i, longest = 0, length;
	struct piece *p, *other;
	vm_object_t object;

	sleeper = others_run;
	for (i = 0; i < FILE_PAGES; i++)
		file[i] = next_value++;
	file_object = vm_object_allocate(OBJT_VNODE, FILE_PAGES);
	file_object->handle = &file_vnode;
	file_object->ref_count = 0;
	for (i = 0; i < count; i++) {
		p = any_piece(1);
		other = any_piece(0);
		if (other != NULL && (p == NULL || draw(8) == 0))
			piece_make(other);
		else if (other == NULL)
			piece_give_up(p);
		else
			one_operation(p, other);
		if (draw(3) == 0)
			page_out();
		check_all();
		length = 0;
		if (p != NULL && p->model != NULL)
			for (object = p->object; object != NULL;
			    object = object->backing_object)
				length++;
		longest = MAX(longest, length);
	}
	while ((p = any_piece(1)) != NULL) {
		for (i = 0; i < (uint32_t)p->pages; i++)
			touch_read(p, i);
		piece_give_up(p);
		check_all();
	}
	while (ntransfers > 0)
		transfer_end();
	vm_object_terminate(file_object);
	CHECK(cnt.v_free_count == left && swap_slots == 0);
	CHECK(TAILQ_FIRST(&vm_object_list) == kernel_object &&
	    TAILQ_NEXT(kernel_object, object_list) == kmem_object &&
	    TAILQ_NEXT(kmem_object, object_list) == NULL);
	host_printf("%u sleeps, chains of %u\n", sleeps, longest);
}

int
main(int argc, char **argv)
{
	const char *command = argv[1];

	machine_start();
	draw_seed(argc > 3 ? host_strtoul(argv[2], NULL, 10) : 0);
	if (host_strcmp(command, "chains") == 0)
		test_chains(host_strtoul(argv[3], NULL, 10));
	else if (host_strcmp(command, "tree") == 0)
		test_tree(host_strtoul(argv[3], NULL, 10));
	else if (host_strcmp(command, "pages") == 0)
		test_pages();
	else if (host_strcmp(command, "files") == 0)
		test_files();
	else
		test_wrong(argv[2]);
	return (0);
}
