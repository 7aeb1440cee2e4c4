/*
 * Drawn mallocs, whose contents are watched; and what must panic.
 */
#include "mem_host.h"

struct watched {
	unsigned char	*addr;
	unsigned long	size;
	struct malloc_type *type;
	unsigned char	fill;
};

static unsigned long
draw_size(void)
{
	switch (draw(8)) {
	case 0:
		return (draw(70000));
	case 1:
		return ((1UL << draw(14)) + draw(3) - 1);
	default:
		return (draw(600));
	}
}

static void
watch(struct watched *w)
{
	__builtin_memset(w->addr, w->fill, w->size);
	CHECK(((uintptr_t)w->addr & 7) == 0);
	if (w->size > PAGE_SIZE / 2)
		CHECK(((uintptr_t)w->addr & PAGE_MASK) == 0);
}

static void
unchanged(const struct watched *w, unsigned long size)
{
	unsigned long i;

	for (i = 0; i < size; i++)
		CHECK(w->addr[i] == w->fill);
}

static void
watched_malloc(struct watched *w)
{
	unsigned long i;
	int zero = draw(3) == 0 ? M_ZERO : 0;

	w->size = draw_size();
	w->type = draw(2) ? M_TEST : M_OTHER;
	w->fill = 1 + draw(255);
	w->addr = malloc(w->size, w->type, zero | M_NOWAIT);
	if (w->addr == NULL)
		return;
	for (i = 0; zero && i < w->size; i++)
		CHECK(w->addr[i] == 0);
	watch(w);
}

static void
watched_realloc(struct watched *w)
{
	unsigned long old = w->size;
	unsigned char *addr;

	w->size = draw_size();
	addr = realloc(w->addr, w->size, w->type, M_NOWAIT);
	if (addr == NULL) {
		w->size = old;
		return;
	}
	w->addr = addr;
	unchanged(w, MIN(old, w->size));
	watch(w);
}

static void
watched_free(struct watched *w)
{
	unchanged(w, w->size);
	free(w->addr, w->type);
	w->addr = NULL;
}

static void
usage_is(const struct malloc_type *type, uint32_t pieces, int none)
{
	uint32_t has, bytes;

	malloc_usage(type, &has, &bytes);
	CHECK(has == pieces && (bytes == 0) == none);
}

void
test_malloc(unsigned int count)
{
	static struct watched watched[2048];
	uint32_t left, in_use[2] = { 0, 0 };
	struct watched *w;
	unsigned int i, n;

	left = pages_left();
	interrupts = 1;
	for (i = 0; i < count; i++) {
		w = &watched[draw(i % 4096 < 2048 ? nitems(watched) : 16)];
		if (w->addr == NULL)
			watched_malloc(w);
		else if (draw(4) == 0)
			watched_realloc(w);
		else
			watched_free(w);
		CHECK(cpl == 0 && host_eflags == HOST_PSL_I);
	}
	for (w = watched; w < &watched[nitems(watched)]; w++)
		if (w->addr != NULL)
			in_use[w->type == M_TEST]++;
	usage_is(M_TEST, in_use[1], in_use[1] == 0);
	usage_is(M_OTHER, in_use[0], in_use[0] == 0);
	for (w = watched; w < &watched[nitems(watched)]; w++)
		if (w->addr != NULL)
			watched_free(w);
	interrupts = 0;
	for (n = 0; n < nitems(intr_pieces); n++)
		free(intr_pieces[n], M_INTR);
	usage_is(M_TEST, 0, 1);
	usage_is(M_OTHER, 0, 1);
	usage_is(M_INTR, 0, 1);
	host_printf("%d pages kept, %u calls\n", (int)(left - pages_left()),
	    (uint32_t)(M_TEST->ks_calls + M_OTHER->ks_calls));
}

void
wrong_memory(const char *how)
{
	static struct malloc_type M_NEVER[1] = { { .ks_shortdesc = "never" } };
	char *small = malloc(100, M_TEST, M_WAITOK), *next;
	char *large = malloc(5000, M_TEST, M_WAITOK);
	vm_offset_t pages = kmem_alloc(kernel_map, 3 * PAGE_SIZE);

#define	HOW(name)	if (host_strcmp(how, name) == 0)
	HOW("twice") free(small, M_TEST), free(small, M_TEST);
	HOW("twice, large") free(large, M_TEST), free(large, M_TEST);
	HOW("realloc") free(small, M_TEST), realloc(small, 9, M_TEST, M_NOWAIT);
	HOW("another's") free(small, M_OTHER);
	HOW("another's, large") free(large, M_OTHER);
	HOW("middle") free(small + 16, M_TEST);
	HOW("middle, large") free(large + 8, M_TEST);
	HOW("second page") free(large + PAGE_SIZE, M_TEST);
	HOW("owners") free((void *)trunc_page((uintptr_t)small), M_TEST);
	HOW("nobody's") free((void *)(uintptr_t)pages, M_TEST);
	HOW("stack") free(&small, M_TEST);
	HOW("no type") small = malloc(1, M_NEVER, M_NOWAIT);
	HOW("interrupt") intr_frame = (void *)small, small = malloc(1, M_TEST, M_WAITOK);
	HOW("too much") small = malloc(0xfffffff0, M_TEST, M_WAITOK);
	HOW("leak") malloc_uninit(M_TEST);
	HOW("gone") {
		malloc_uninit(M_TEST);
		M_TEST->ks_shortdesc = NULL;		/* as its module is */
		free(small, M_OTHER);
	}
	HOW("late write") {
		next = malloc(100, M_TEST, M_WAITOK);
		free(small, M_TEST);
		free(next, M_TEST);
		*(uintptr_t *)next = 0x41414141;
		small = malloc(100, M_TEST, M_WAITOK);
	}
	HOW("pages twice") {
		kmem_free(kernel_map, pages, 3 * PAGE_SIZE);
		kmem_free(kernel_map, pages, 3 * PAGE_SIZE);
	}
	HOW("some of the pages") kmem_free(kernel_map, pages, PAGE_SIZE);
	HOW("no pages") kmem_free(kernel_map, pages + 1, 3 * PAGE_SIZE);
	HOW("not the map's") kmem_free(kmem_map, pages, 3 * PAGE_SIZE);
	HOW("page twice") vm_page_free(vm_page_array + 1000);
	HOW("object") (void)vm_page_alloc(NULL, 0, VM_ALLOC_NORMAL);
	HOW("cold") take_all(), cold = 1, small = malloc(5000, M_TEST, M_WAITOK);
	HOW("no room") kmem_suballoc(kernel_map, &pages, &pages, KVA_PAGES * PAGE_SIZE);
}
