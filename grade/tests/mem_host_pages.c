/*
 * Every page, who gets the last ones, and waiting for some.
 */
#include "mem_host.h"

/* Is this page number in phys_avail? */
static int
is_avail(uint32_t page)
{
	int i;

	for (i = 0; phys_avail[i + 1] != 0; i += 2)
		if (page >= atop(phys_avail[i]) && page < atop(phys_avail[i + 1]))
			return (1);
	return (0);
}

vm_page_t
page_alloc(int req)
{
	return (vm_page_alloc(NULL, 0, req | VM_ALLOC_NOOBJ));
}

/* Of all pages, which are given out in this order, one: the largest range is first. */
static vm_page_t
in_order(uint32_t page, uint32_t count)
{
	uint32_t before = vm_page_largest.pages - vm_page_array;

	CHECK(page < count);
	if (page < vm_page_largest.count)
		return (&vm_page_largest.pages[page]);
	page -= vm_page_largest.count;
	return (&vm_page_array[page < before ? page :
	    page + vm_page_largest.count]);
}

/* Every address has the page that it should; all pages come, in order; who gets the last ones. */
void
test_pages(void)
{
	uint32_t page, count, free_count;
	vm_page_t m;

	count = 0;
	for (page = 0; page < 1 << 20; page++) {
		m = PHYS_TO_VM_PAGE(ptoa(page) + 123);
		CHECK((m != NULL) == is_avail(page));
		if (m == NULL)
			continue;
		CHECK(m == &vm_page_array[count] && VM_PAGE_TO_PHYS(m) == ptoa(page));
		count++;
	}
	CHECK(count == vm_page_array_size && cnt.v_page_count == count);
	CHECK(cnt.v_free_count == count && cnt.v_wire_count == 0);
	CHECK(count + atop(virtual_avail - KVA_START) == physmem);

	for (page = 0, free_count = count; free_count > 0; free_count--, page++) {
		m = free_count > cnt.v_free_reserved ? page_alloc(VM_ALLOC_NORMAL) :
		    NULL;
		if (m == NULL) {
			CHECK(page_alloc(VM_ALLOC_NORMAL) == NULL);
			m = page_alloc(VM_ALLOC_SYSTEM | VM_ALLOC_WIRED);
			CHECK((m != NULL) == (free_count > cnt.v_interrupt_free_min));
		}
		if (m == NULL)
			m = page_alloc(VM_ALLOC_INTERRUPT);
		CHECK(m == in_order(page, count));
		CHECK(cnt.v_free_count == free_count - 1);
	}
	CHECK(page_alloc(VM_ALLOC_INTERRUPT) == NULL);
	CHECK(cnt.v_wire_count == cnt.v_free_reserved - cnt.v_interrupt_free_min);
	for (page = 0; page < count; page++)
		vm_page_free(&vm_page_array[page]);
	CHECK(cnt.v_free_count == count && cnt.v_wire_count == 0);
}

static vm_page_t hoard[1 << 20];
unsigned int hoarded;

/* Somebody else gives pages back, one at each time that we sleep. */
void
give_one(void)
{
	CHECK(hoarded > 0);
	vm_page_free(hoard[--hoarded]);
}

/* Nobody does. */
void
give_none(void)
{
}

void
take_all(void)
{
	while ((hoard[hoarded] = page_alloc(VM_ALLOC_INTERRUPT)) != NULL)
		hoarded++;
}

static char	*pieces[KVA_PAGES];		/* all of kmem_map */
static unsigned int held;

/* Somebody else gives a piece back: of a page at first, which is not enough. */
static void
give_piece(void)
{
	CHECK(held > 0);
	free(pieces[--held], M_TEST);
}

/* Addresses end before pages do; then those that touch are given back, one by one. */
static void
wait_for_addresses(void)
{
	char *large;

	while ((pieces[held] = malloc(PAGE_SIZE, M_TEST, M_NOWAIT)) != NULL)
		held++;
	CHECK(cnt.v_free_count > 100);
	sleeper = give_piece;
	sleeps = wakeups = 0;
	large = malloc(5 * PAGE_SIZE, M_TEST, M_WAITOK | M_ZERO);
	CHECK(sleeps >= 5 && wakeups == sleeps && large[5 * PAGE_SIZE - 1] == 0);
	free(large, M_TEST);
	while (held > 0)
		give_piece();
}

void
test_wait(void)
{
	char *small, *large;

	wait_for_addresses();
	take_all();
	CHECK(malloc(100, M_TEST, M_NOWAIT) == NULL);
	CHECK(malloc(100000, M_TEST, M_NOWAIT) == NULL);
	CHECK(kmem_alloc(kernel_map, 1) == 0);
	sleeper = give_one;
	small = malloc(100, M_TEST, M_WAITOK | M_ZERO);
	large = malloc(100000, M_TEST, M_WAITOK | M_ZERO);
	large[99999] = small[99] = 1;
	CHECK(large[0] == 0 && small[0] == 0);
	CHECK(cnt.v_free_count == cnt.v_interrupt_free_min);
	free(small, M_TEST);
	free(large, M_TEST);
}
