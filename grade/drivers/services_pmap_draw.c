/*
 * services_pmap_draw: many operations on two address spaces, drawn; after each,
 * what pmap says is compared with what was noted here.
 */
#include "services_pmap.h"

#include <sys/vmmeter.h>

#define	SLOTS		64		/* addresses, over several page tables */
#define	PAGES		24
#define	SPACES		2

struct slot {
	int		page;		/* its number, or -1 */
	int		write, wired;
};

static struct pmap space[SPACES];
static struct slot noted[SPACES][SLOTS];
static vm_page_t pages[PAGES];
static int	wrong;

/* Eight of them in each page table, at both ends and in the midst. */
static vm_offset_t
address(int slot)
{
	static const int in_table[8] = { 0, 1, 2, 3, 511, 1021, 1022, 1023 };

	return (BASE + slot / 8 * NBPDR + ptoa(in_table[slot % 8]));
}

static void
note(int n, int slot, int page, int write, int wired)
{
	struct slot new = { page, write, wired };

	noted[n][slot] = new;
}

/* ---------------------------------------------------------------- comparing */

static void
expect(int good, const char *what, int n, int slot)
{
	if (!good && wrong++ < 10)
		printf("@differs what=%s space=%d slot=%d\n", what, n, slot);
}

/* What one space has, and that it has nothing else. */
static void
compare_space(int n)
{
	long resident = 0, wired = 0, managed = 0;
	struct pv_entry *pv;
	pt_entry_t entry;
	int slot, tables = 0, used;

	for (slot = 0, used = 0; slot < SLOTS; slot++) {
		const struct slot *s = &noted[n][slot];

		entry = entry_of(&space[n], address(slot));
		expect((entry != 0) == (s->page >= 0), "valid", n, slot);
		if (s->page >= 0) {
			resident++;
			wired += s->wired;
			used = 1;
			expect((entry & PG_FRAME) == VM_PAGE_TO_PHYS(pages[s->page]) &&
			    pmap_extract(&space[n], address(slot) + 5) ==
			    VM_PAGE_TO_PHYS(pages[s->page]) + 5, "frame", n, slot);
			expect(!(entry & PG_RW) == !s->write, "write", n, slot);
			expect(!(entry & PG_W) == !s->wired, "wired", n, slot);
			expect((entry & (PG_U | PG_MANAGED | PG_G)) ==
			    (PG_U | PG_MANAGED), "bits", n, slot);
		}
		if (slot % 8 == 7) {
			expect(((space[n].pm_pdir[address(slot) >> PDRSHIFT]) != 0) ==
			    used, "table", n, slot);
			tables += used;
			used = 0;
		}
	}
	TAILQ_FOREACH(pv, &space[n].pm_pvlist, pv_plist)
		managed++;
	expect(managed == resident, "pv", n, -1);
	expect(pmap_wired_count(&space[n]) == wired, "wired_count", n, -1);
	expect(pmap_resident_count(&space[n]) == resident + tables, "resident_count",
	    n, -1);
}

/* Each page's list has its mappings, and so many. */
static void
compare_pages(void)
{
	struct pv_entry *pv;
	int n, slot, page, count[PAGES] = { 0 };

	for (n = 0; n < SPACES; n++)
		for (slot = 0; slot < SLOTS; slot++)
			if (noted[n][slot].page >= 0)
				count[noted[n][slot].page]++;
	for (page = 0; page < PAGES; page++) {
		expect(pages[page]->md.pv_list_count == count[page], "pv_list_count",
		    -1, page);
		TAILQ_FOREACH(pv, &pages[page]->md.pv_list, pv_list)
			count[page]--;
		expect(count[page] == 0, "pv_list", -1, page);
	}
}

/* ---------------------------------------------------------------- operations */

/* Do to all slots from `first' to `last' of a space what happens to a range. */
static void
note_range(int n, int first, int last, int unmap)
{
	int slot;

	for (slot = first; slot <= last; slot++) {
		if (unmap)
			note(n, slot, -1, 0, 0);
		else
			noted[n][slot].write = 0;
	}
}

static void
note_page(int page, int unmap)
{
	int n, slot;

	for (n = 0; n < SPACES; n++)
		for (slot = 0; slot < SLOTS; slot++)
			if (noted[n][slot].page == page)
				note_range(n, slot, slot, unmap);
}

static void
enter(int n, int slot)
{
	int page = services_draw(PAGES), write = services_draw(2);
	int wired = services_draw(8) == 0;

	pmap_enter(&space[n], address(slot), pages[page],
	    write ? VM_PROT_RW : VM_PROT_READ, wired);
	note(n, slot, page, write, wired);
}

static void
enter_quick(int n, int slot)
{
	int page = services_draw(PAGES);

	expect(pmap_is_prefaultable(&space[n], address(slot)) ==
	    (noted[n][slot].page < 0 &&
	    space[n].pm_pdir[address(slot) >> PDRSHIFT] != 0), "prefaultable", n, slot);
	pmap_enter_quick(&space[n], address(slot), pages[page], VM_PROT_ALL);
	if (noted[n][slot].page < 0)
		note(n, slot, page, 0, 0);
}

/* Gives the other one what it does not have yet. */
static void
copy(int n, int first, int last)
{
	vm_offset_t start = address(first);
	int slot;

	pmap_copy(&space[!n], &space[n], start, address(last) + PAGE_SIZE - start,
	    start);
	for (slot = first; slot <= last; slot++)
		if (noted[n][slot].page >= 0 && noted[!n][slot].page < 0)
			note(!n, slot, noted[n][slot].page, noted[n][slot].write, 0);
}

static void
remove_pages(int n)
{
	int slot;

	pmap_remove_pages(&space[n], 0, VM_MAXUSER_ADDRESS);
	for (slot = 0; slot < SLOTS; slot++)
		if (!noted[n][slot].wired)
			note(n, slot, -1, 0, 0);
}

static void
wire(int n, int slot)
{
	int wired = services_draw(2);

	pmap_change_wiring(&space[n], address(slot), wired);
	if (noted[n][slot].page >= 0)
		noted[n][slot].wired = wired;
}

static void
operate(void)
{
	int n = services_draw(SPACES), first = services_draw(SLOTS);
	int last = first + services_draw(MIN(SLOTS - first, 12));
	int page = services_draw(PAGES), what = services_draw(100);
	vm_offset_t start = address(first), end = address(last) + PAGE_SIZE;

	if (what < 50)
		enter(n, first);
	else if (what < 62)
		enter_quick(n, first);
	else if (what < 72) {
		pmap_remove(&space[n], start, end);
		note_range(n, first, last, 1);
	} else if (what < 80) {
		pmap_protect(&space[n], start, end, VM_PROT_READ);
		note_range(n, first, last, 0);
	} else if (what < 82) {
		pmap_protect(&space[n], start, end, VM_PROT_NONE);
		note_range(n, first, last, 1);
	} else if (what < 87)
		copy(n, first, last);
	else if (what < 91)
		wire(n, first);
	else if (what < 94) {
		pmap_page_protect(pages[page], VM_PROT_READ);
		note_page(page, 0);
	} else if (what < 96) {
		pmap_remove_all(pages[page]);
		note_page(page, 1);
	} else if (what < 97)
		remove_pages(n);
	else
		see(services_draw(3) ? &space[n] : kernel_pmap);
}

/* ---------------------------------------------------------------- the test */

#define	OPERATIONS	2000

SERVICE_TEST(pmap_draw)
{
	uint32_t before, pages_before;
	int n, i;

	pages_before = cnt.v_free_count;
	pages_make(pages, PAGES);
	for (n = 0; n < SPACES; n++)
		(void)pmap_pinit(&space[n]);
	for (n = 0; n < SPACES; n++)
		note_range(n, 0, SLOTS - 1, 1);
	/* A page of pv entries, which stays. */
	enter(0, 0);
	remove_pages(0);
	pmap_remove(&space[0], 0, VM_MAXUSER_ADDRESS);
	note_range(0, 0, SLOTS - 1, 1);
	before = cnt.v_free_count;

	for (i = 0; i < OPERATIONS; i++) {
		operate();
		for (n = 0; n < SPACES; n++)
			compare_space(n);
		compare_pages();
	}
	see(kernel_pmap);
	for (n = 0; n < SPACES; n++) {
		pmap_remove(&space[n], 0, VM_MAXUSER_ADDRESS);
		note_range(n, 0, SLOTS - 1, 1);
		compare_space(n);
	}
	compare_pages();
	printf("@draw operations=%d wrong=%d lost=%d\n", OPERATIONS, wrong,
	    before - cnt.v_free_count);
	for (n = 0; n < SPACES; n++)
		pmap_release(&space[n]);
	pages_free(pages, PAGES);
	printf("@drawn kept=%d\n", pages_before - cnt.v_free_count);
}
