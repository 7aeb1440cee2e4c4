/*
 * object_host: pages one by one: their states, their queues, and their place in
 * an object; and what must panic.
 */
#include "object_host.h"

#define	TREE_PAGES	300
#define	TREE_SPAN	2000

static struct vm_object	thing;

/* ---------------------------------------------------------------- the tree */

static void
check_lookups(vm_page_t *table, vm_pindex_t pindex)
{
	vm_page_t m = vm_page_lookup(&thing, pindex);
	vm_pindex_t at;

	CHECK(m == table[pindex]);
	m = vm_page_find_least(&thing, pindex);
	for (at = pindex; at < TREE_SPAN && table[at] == NULL; at++)
		;
	CHECK(m == (at < TREE_SPAN ? table[at] : NULL));
}

static void
check_order(vm_page_t *table, int count)
{
	vm_page_t m;
	vm_pindex_t at;

	CHECK(thing.resident_page_count == count);
	m = TAILQ_FIRST(&thing.memq);
	for (at = 0; at < TREE_SPAN; at++) {
		if (table[at] == NULL)
			continue;
		CHECK(m == table[at] && m->pindex == at && m->object == &thing);
		m = TAILQ_NEXT(m, listq);
	}
	CHECK(m == NULL);
}

void
test_tree(uint32_t count)
{
	static vm_page_t table[TREE_SPAN];
	vm_pindex_t pindex, to;
	int pages = 0;

	_vm_object_allocate(OBJT_DEFAULT, TREE_SPAN, &thing);
	for (; count > 0; count--) {
		pindex = draw(4) == 0 ? draw(TREE_SPAN) : draw(40);
		check_lookups(table, pindex);
		to = draw(TREE_SPAN);
		if (table[pindex] == NULL && pages < TREE_PAGES) {
			table[pindex] = vm_page_alloc(&thing, pindex, VM_ALLOC_NOBUSY);
			pages++;
		} else if (table[pindex] != NULL && table[to] == NULL && draw(3)) {
			vm_page_rename(table[pindex], &thing, to);
			CHECK(table[pindex]->dirty == VM_PAGE_BITS_ALL);
			table[to] = table[pindex];
			table[pindex] = NULL;
		} else if (table[pindex] != NULL) {
			vm_page_free(table[pindex]);
			table[pindex] = NULL;
			pages--;
		}
		if (count % 16 == 0)
			check_order(table, pages);
	}
	vm_object_page_remove(&thing, 100, 0, 0);
	for (pindex = 0; pindex < TREE_SPAN; pindex++)
		CHECK((vm_page_lookup(&thing, pindex) != NULL) ==
		    (pindex < 100 && table[pindex] != NULL));
	vm_object_page_remove(&thing, 0, 100, 0);
	CHECK(thing.resident_page_count == 0 && thing.root == NULL);
}

/* ---------------------------------------------------------------- free pages */

static vm_page_t
page_alloc(int req)
{
	return (vm_page_alloc(NULL, 0, req | VM_ALLOC_NOOBJ));
}

/* Zeroed pages are kept apart, and go to who wants them. */
static void
test_zeroed(void)
{
	vm_page_t zero = page_alloc(VM_ALLOC_NORMAL), plain, m;

	plain = page_alloc(VM_ALLOC_NORMAL);
	CHECK(!(zero->flags & PG_ZERO));
	*page_word(zero) = 0;
	vm_page_free_zero(zero);
	CHECK(vm_page_zero_count == 1 && zero->flags == PG_ZERO);
	m = page_alloc(VM_ALLOC_NORMAL);
	CHECK(m != zero);
	vm_page_free(m);
	zeroings = 0;
	m = vm_page_alloc(&thing, 0, VM_ALLOC_ZERO);
	CHECK(m == zero && m->flags == (PG_ZERO | PG_BUSY));
	CHECK(vm_page_zero_count == 0 && zeroings == 0 && m->valid == 0);
	vm_page_free(m);
	/* There is none any more: one of an object is not zeroed, one of none is. */
	m = vm_page_alloc(&thing, 0, VM_ALLOC_ZERO | VM_ALLOC_NOBUSY);
	CHECK(m->flags == 0 && zeroings == 0);
	vm_page_free(m);
	m = page_alloc(VM_ALLOC_ZERO | VM_ALLOC_WIRED);
	CHECK(m->flags == PG_ZERO && zeroings == 1 && *page_word(m) == 0);
	vm_page_free(m);
	vm_page_free(plain);
}

/* The last ones are for some only; the cache's are for all who may sleep. */
static void
test_short(void)
{
	static vm_page_t all[MEMORY_PAGES];
	int count = 0, normal;
	uint32_t calls = vm_pageout_deficit;
	vm_page_t m;

	while ((m = vm_page_alloc(&thing, count, VM_ALLOC_NOBUSY)) != NULL)
		all[count++] = m;
	normal = count;
	CHECK(cnt.v_free_count == cnt.v_free_reserved);
	CHECK((uint32_t)vm_pageout_deficit == calls + 1);
	while ((m = page_alloc(VM_ALLOC_SYSTEM)) != NULL)
		all[count++] = m;
	CHECK(cnt.v_free_count == cnt.v_interrupt_free_min);
	while ((m = page_alloc(VM_ALLOC_INTERRUPT)) != NULL)
		all[count++] = m;
	CHECK(cnt.v_free_count == 0);
	/* Two go to the cache, and one of those is busy: handlers leave both. */
	vm_page_cache(all[3]);
	vm_page_cache(all[4]);
	vm_page_busy(all[3]);
	CHECK(cnt.v_cache_count == 2 && page_alloc(VM_ALLOC_INTERRUPT) == NULL);
	while (count > normal)
		vm_page_free(all[--count]);
	CHECK(page_alloc(VM_ALLOC_NORMAL) == all[4]);
	CHECK(vm_page_lookup(&thing, 4) == NULL && vm_page_lookup(&thing, 3) == all[3]);
	CHECK(all[3]->queue == PQ_INACTIVE && cnt.v_cache_count == 0);
	vm_page_free(all[4]);
	vm_object_page_remove(&thing, 5, 0, 0);
	for (count = 0; count < 4; count++)
		vm_page_free(all[count]);
}

/*
 * Who waits sleeps once: for a tick if there are pages, until he is woken if not;
 * and who wants so many until they are there, or in the cache.
 */
static vm_page_t	hoard[2];
static int	timeouts;

static void
nothing_happens(const void *chan __unused)
{
	timeouts += sleep_timo;
}

static void
one_comes_back(const void *chan __unused)
{
	CHECK(hoard[0] != NULL && sleep_timo == 0);
	if (hoard[1] != NULL) {
		vm_page_wakeup(hoard[1]);
		vm_page_cache(hoard[1]);
		hoard[1] = NULL;
	} else {
		vm_page_free(hoard[0]);
		hoard[0] = NULL;
	}
}

static void
test_waiting(void)
{
	struct proc *daemon = pageproc;
	uint32_t left = cnt.v_free_count;
	int slept = sleeps;
	vm_page_t m;

	sleeper = nothing_happens;
	vm_wait();
	vm_waitpfault();
	pageproc = curproc;
	vm_wait();
	CHECK(sleeps == slept + 3 && timeouts == 3);
	cnt.v_free_min = cnt.v_pageout_free_min = left + 1;
	vm_wait();
	pageproc = daemon;
	vm_wait();
	vm_waitpfault();
	CHECK(sleeps == slept + 6 && timeouts == 3);
	cnt.v_free_min = cnt.v_pageout_free_min = 0;
	CHECK(vm_pageout_pages_needed);
	m = page_alloc(VM_ALLOC_NORMAL);
	vm_page_free(m);
	CHECK(!vm_pageout_pages_needed);

	sleeper = one_comes_back;
	hoard[0] = page_alloc(VM_ALLOC_NORMAL);
	hoard[1] = vm_page_alloc(&thing, 0, VM_ALLOC_NORMAL);
	vm_wait_pages(left - 2, VM_ALLOC_INTERRUPT);
	CHECK(sleeps == slept + 6);
	vm_wait_pages(left - cnt.v_interrupt_free_min, VM_ALLOC_SYSTEM);
	CHECK(sleeps == slept + 8 && cnt.v_free_count == left - 1);
	vm_object_page_remove(&thing, 0, 0, 0);
	sleeper = NULL;
}

/* ---------------------------------------------------------------- states */

static void
test_queues(void)
{
	vm_page_t m = vm_page_alloc(&thing, 7, VM_ALLOC_NORMAL | VM_ALLOC_WIRED);
	uint32_t reactivated = cnt.v_reactivated;

	CHECK(m->wire_count == 1 && cnt.v_wire_count == 1 && m->queue == PQ_NONE);
	vm_page_activate(m);
	CHECK(m->queue == PQ_NONE && m->act_count == ACT_INIT);
	vm_page_wire(m);
	vm_page_unwire(m, 0);
	CHECK(cnt.v_wire_count == 1 && m->queue == PQ_NONE);
	vm_page_unwire(m, 1);
	CHECK(cnt.v_wire_count == 0 && m->queue == PQ_ACTIVE && cnt.v_active_count == 1);
	vm_page_wakeup(m);
	vm_page_deactivate(m);
	CHECK(m->queue == PQ_INACTIVE && cnt.v_active_count == 0);
	vm_page_wire(m);
	CHECK(m->queue == PQ_NONE && cnt.v_inactive_count == 0);
	vm_page_unwire(m, 0);
	CHECK(m->queue == PQ_INACTIVE && cnt.v_inactive_count == 1);
	CHECK(vm_page_try_to_cache(m) && m->queue == PQ_CACHE);
	vm_page_activate(m);
	CHECK(m->queue == PQ_ACTIVE && cnt.v_reactivated == reactivated + 1);
	vm_page_dirty(m);
	CHECK(!vm_page_try_to_cache(m) && !vm_page_try_to_free(m));
	vm_page_undirty(m);
	vm_page_hold(m);
	CHECK(!vm_page_try_to_free(m));
	vm_page_free(m);
	CHECK(m->queue == PQ_HOLD && m->object == NULL);
	vm_page_hold(m);
	vm_page_unhold(m);
	CHECK(m->queue == PQ_HOLD);
	vm_page_unhold(m);
	CHECK(m->queue == PQ_FREE && cnt.v_active_count == 0);
}

/* Who sleeps for a page is woken when it may have changed. */
static vm_page_t waited_for;

static void
not_busy_any_more(const void *chan)
{
	CHECK(chan == waited_for && (waited_for->flags & PG_WANTED));
	if (waited_for->flags & PG_BUSY)
		vm_page_wakeup(waited_for);
	else
		vm_page_io_finish(waited_for);
	CHECK(!(waited_for->flags & PG_WANTED));
}

static void
test_busy(void)
{
	vm_page_t m = waited_for = vm_page_alloc(&thing, 9, VM_ALLOC_NORMAL);
	int slept = sleeps;

	sleeper = not_busy_any_more;
	CHECK(m->flags == PG_BUSY);
	CHECK(vm_page_sleep_if_busy(m, 0, "test") == 1);
	CHECK(vm_page_sleep_if_busy(m, 1, "test") == 0);
	vm_page_io_start(m);
	CHECK(vm_page_sleep_if_busy(m, 0, "test") == 0);
	CHECK(vm_page_sleep_if_busy(m, 1, "test") == 1 && m->busy == 0);
	CHECK(sleeps == slept + 2 && (m->flags & PG_REFERENCED));
	vm_page_busy(m);
	CHECK(vm_page_grab(&thing, 9, VM_ALLOC_NORMAL) == NULL && sleeps == slept + 3);
	vm_page_busy(m);
	CHECK(vm_page_grab(&thing, 9, VM_ALLOC_RETRY | VM_ALLOC_WIRED) == m);
	CHECK((m->flags & PG_BUSY) && m->wire_count == 1 && sleeps == slept + 4);
	vm_page_free(m);
	m = vm_page_grab(&thing, 9, VM_ALLOC_NOBUSY);
	CHECK(m != NULL && m->flags == 0);
	vm_page_free(m);
	sleeper = NULL;
}

static void
test_valid(void)
{
	vm_page_t m = vm_page_alloc(&thing, 11, VM_ALLOC_NOBUSY);
	int base, size, bits, i;

	for (base = 0; base < PAGE_SIZE; base += 171)
		for (size = 0; base + size <= PAGE_SIZE; size += 97) {
			bits = 0;
			for (i = base; i < base + size; i++)
				bits |= 1 << i / 512;
			CHECK(vm_page_bits(base, size) == bits);
		}
	CHECK(vm_page_bits(0, PAGE_SIZE) == VM_PAGE_BITS_ALL);
	CHECK(!vm_page_is_valid(m, 0, 0));
	vm_page_dirty(m);
	zeroings = 0;
	/* 300 bytes before it, and 112 behind it, share a piece with it. */
	vm_page_set_validclean(m, 812, 1124);
	CHECK(m->valid == 0x0e && m->dirty == 0xf1 && zeroings == 300 + 112);
	CHECK(vm_page_is_valid(m, 512, 1536) && !vm_page_is_valid(m, 0, 513));
	vm_page_set_validclean(m, 600, 100);
	CHECK(zeroings == 300 + 112);
	vm_page_set_invalid(m, 1024, 1);
	CHECK(m->valid == 0x0a && m->dirty == 0xf1);
	zeroings = 0;
	vm_page_zero_invalid(m, 0);
	CHECK(m->valid == 0x0a && zeroings == 6 * 512);
	vm_page_zero_invalid(m, 1);
	CHECK(m->valid == VM_PAGE_BITS_ALL && zeroings == 12 * 512);
	vm_page_free(m);
	CHECK(m->valid == 0 && m->dirty == 0);
}

void
test_pages(void)
{
	uint32_t left = cnt.v_free_count;

	_vm_object_allocate(OBJT_DEFAULT, MEMORY_PAGES, &thing);
	test_zeroed();
	test_short();
	test_waiting();
	test_queues();
	test_busy();
	test_valid();
	CHECK(cnt.v_free_count == left && cnt.v_wire_count == 0);
	CHECK(thing.resident_page_count == 0 && thing.root == NULL);
}

/* ---------------------------------------------------------------- what is wrong */

void
test_wrong(const char *how)
{
	static struct mapping map;
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, 8);
	vm_page_t m = vm_page_alloc(object, 3, VM_ALLOC_NORMAL);

#define	HOW(name)	if (host_strcmp(how, name) == 0)
	HOW("no object") (void)vm_page_alloc(NULL, 0, VM_ALLOC_NORMAL);
	HOW("object") (void)vm_page_alloc(object, 0, VM_ALLOC_NOOBJ);
	HOW("there already") (void)vm_page_alloc(object, 3, VM_ALLOC_NORMAL);
	HOW("another's") vm_page_insert(m, object, 4);
	HOW("freed twice") vm_page_free(m), vm_page_free(m);
	HOW("mapped") map_page(&map, m, 0), vm_page_free(m);
	HOW("written") vm_page_io_start(m), vm_page_free(m);
	HOW("busy twice") vm_page_busy(m);
	HOW("not busy") vm_page_wakeup(m), vm_page_wakeup(m);
	HOW("not written") vm_page_io_finish(m);
	HOW("not held") vm_page_unhold(m);
	HOW("not wired") vm_page_unwire(m, 0);
	HOW("busy to cache") vm_page_cache(m);
	HOW("dirty to cache") vm_page_wakeup(m), vm_page_dirty(m), vm_page_cache(m);
	HOW("dirty in cache") vm_page_wakeup(m), vm_page_cache(m), vm_page_dirty(m);
	HOW("beyond the page") (void)vm_page_bits(4000, 97);
	HOW("too few references") {
		vm_page_wakeup(m);
		_vm_object_allocate(OBJT_DEFAULT, 8, &thing);
		thing.ref_count = 0;
		vm_object_deallocate(&thing);
	}
	HOW("dead") vm_object_set_flag(object, OBJ_DEAD), vm_object_reference(object);
	HOW("no transfer") vm_object_pip_wakeup(object);
}
