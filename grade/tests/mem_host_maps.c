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

static char	taken[KVA_PAGES];		/* the model: of kernel_map, with guards */

/* The first place of `pages' pages and a guard, by the model; 0: none. */
static vm_offset_t
first_fit(vm_offset_t start, uint32_t pages)
{
	uint32_t run = 0, i;

	for (i = atop(start - KVA_START); i < KVA_PAGES; i++) {
		run = taken[i] ? 0 : run + 1;
		if (run == pages + 1)
			return (KVA_START + ptoa(i - pages));
	}
	return (0);
}

static void
space_take(vm_offset_t start, struct space *space)
{
	char *at;
	uint32_t i, left = cnt.v_free_count;
	vm_offset_t fits;

	space->pages = 1 + (draw(8) == 0 ? draw(700) : draw(12));
	space->fill = draw(5) == 0 ? 0 : 1 + draw(255);
	fits = first_fit(start, space->pages);
	if (space->fill == 0)
		space->addr = kmem_alloc_nofault(kernel_map, ptoa(space->pages) - 5);
	else {
		space->addr = kmem_alloc(kernel_map, ptoa(space->pages) - draw(4096));
		if (left < space->pages + cnt.v_interrupt_free_min)
			fits = 0;
	}
	CHECK(space->addr == fits);
	if (fits == 0) {
		CHECK(cnt.v_free_count == left);
		return;
	}
	for (i = 0; i <= space->pages; i++)
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
	uint32_t i, left = cnt.v_free_count;

	for (i = 0; space->fill != 0 && i < ptoa(space->pages); i++)
		CHECK(at[i] == (char)space->fill);
	kmem_free(kernel_map, space->addr, ptoa(space->pages) - draw(4096));
	for (i = 0; i <= space->pages; i++) {
		taken[atop(space->addr - KVA_START) + i] = 0;
		CHECK(pmap_kextract(space->addr + ptoa(i)) == 0);
	}
	CHECK(cnt.v_free_count == left + (space->fill != 0 ? space->pages : 0));
	space->addr = 0;
}

void
test_maps(unsigned int count)
{
	static struct space spaces[PIECES];
	vm_offset_t start = virtual_avail;
	uint32_t left;
	struct space *space;

	fill_free_pages();
	kmem_init(virtual_avail, virtual_end);
	left = cnt.v_free_count;
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
	CHECK(cnt.v_free_count == left && cnt.v_wire_count == 0);
	CHECK(kmem_alloc_nofault(kernel_map, virtual_end - start) == 0);
	CHECK(kmem_alloc_nofault(kernel_map, 0xffffffff) == 0);
	CHECK(kmem_alloc_nofault(kernel_map,
	    virtual_end - start - PAGE_SIZE) == start);
}
