/*
 * Drawn kmem_ calls, against a model.
 */
#include "mem_host.h"

#define	PIECES	256

struct space {
	vm_offset_t	addr;
	uint32_t	pages;
	int		fill;		/* it is full of this; 0: not backed */
};

static char	taken[KVA_PAGES];		/* the model: of kernel_map */

/* The first place of `pages' pages between two guards, by the model; 0: none. */
static vm_offset_t
first_fit(vm_offset_t start, uint32_t pages)
{
	uint32_t run = 0, i;

	for (i = atop(start - KVA_START); i < KVA_PAGES; i++) {
		run = taken[i] ? 0 : run + 1;
		if (run == pages + 2)
			return (KVA_START + ptoa(i - pages));
	}
	return (0);
}

static void
space_take(vm_offset_t start, struct space *space)
{
	char *at;
	uint32_t i, left = pages_left(), free_count = cnt.v_free_count;
	vm_offset_t fits;

	space->pages = 1 + (draw(8) == 0 ? draw(700) : draw(12));
	space->fill = draw(5) == 0 ? 0 : 1 + draw(255);
	fits = first_fit(start, space->pages);
	if (space->fill == 0)
		space->addr = kmem_alloc_nofault(kernel_map, ptoa(space->pages) - 5);
	else {
		space->addr = kmem_alloc(kernel_map, ptoa(space->pages) - draw(4096));
		if (space->addr == 0 &&
		    free_count <= space->pages + cnt.v_interrupt_free_min)
			fits = 0;
	}
	CHECK(space->addr == fits);
	if (fits == 0) {
		CHECK(pages_left() == left);
		return;
	}
	for (i = 0; i < space->pages; i++)
		taken[atop(fits - KVA_START) + i] = 1;
	at = (char *)(uintptr_t)fits;
	for (i = 0; space->fill != 0 && i < ptoa(space->pages); i++) {
		CHECK(at[i] == 0);
		at[i] = space->fill;
	}
}

static void
space_give(struct space *space)
{
	char *at = (char *)(uintptr_t)space->addr;
	uint32_t i, left = pages_left();

	for (i = 0; space->fill != 0 && i < ptoa(space->pages); i++)
		CHECK(at[i] == (char)space->fill);
	kmem_free(kernel_map, space->addr, ptoa(space->pages) - draw(4096));
	for (i = 0; i < space->pages; i++) {
		taken[atop(space->addr - KVA_START) + i] = 0;
		CHECK(pmap_kextract(space->addr + ptoa(i)) == 0);
	}
	CHECK(pages_left() == left + (space->fill != 0 ? space->pages : 0));
	space->addr = 0;
}

void
test_maps(unsigned int count)
{
	static struct space spaces[PIECES];
	vm_offset_t start;
	uint32_t left, wired;
	struct space *space;

	memory_start();
	start = virtual_avail;
	left = pages_left();
	wired = cnt.v_wire_count + cnt.v_free_count;
	while (count-- > 0) {
		space = &spaces[draw(PIECES)];
		if (space->addr == 0)
			space_take(start, space);
		else
			space_give(space);
		CHECK(cpl == 0);
	}
	for (space = spaces; space < &spaces[PIECES]; space++)
		if (space->addr != 0)
			space_give(space);
	CHECK(pages_left() == left && cnt.v_wire_count + cnt.v_free_count == wired);
	CHECK(kmem_alloc_nofault(kernel_map, virtual_end - start) == 0);
	CHECK(kmem_alloc_nofault(kernel_map, 0xffffffff) == 0);
	CHECK(kmem_alloc_nofault(kernel_map, virtual_end - start - PAGE_SIZE) == 0);
	CHECK(kmem_alloc_nofault(kernel_map,
	    virtual_end - start - 2 * PAGE_SIZE) == start + PAGE_SIZE);
}

/*
 * kmem_map is one entry of many pages, none is free, and whatever comes free
 * somebody else takes at once: then to free every second page needs an entry
 * for each, and still does not fail.
 */
void
test_fragments(void)
{
	static vm_offset_t pages[KVA_PAGES];
	uint32_t left = pages_left(), count, i;

	for (count = 0; (pages[count] = kmem_malloc(kmem_map, PAGE_SIZE, M_NOWAIT)) != 0;)
		count++;
	take_all();
	for (i = 0; i < count; i += 2) {
		kmem_free(kmem_map, pages[i], PAGE_SIZE);
		take_all();
	}
	CHECK(kmem_malloc(kmem_map, PAGE_SIZE, M_NOWAIT) == 0);
	for (i = 1; i < count; i += 2)
		kmem_free(kmem_map, pages[i], PAGE_SIZE);
	while (hoarded > 0)
		give_one();
	CHECK(pages_left() == left);
	host_printf("%u pages\n", count);
}
