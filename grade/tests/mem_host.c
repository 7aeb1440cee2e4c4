/*
 * kernel/vm and kernel/kern/kern_malloc.c as a program of the host.
 * test_mem_host.py builds it under the sanitizers and runs it:
 *
 *	mem_host pages RANGES		every page, by number, and the classes
 *	mem_host maps RANGES SEED COUNT	drawn kmem_ calls, against a model
 *	mem_host malloc RANGES SEED COUNT	drawn mallocs, contents watched
 *	mem_host wait RANGES		M_WAITOK when there are no pages
 *	mem_host wrong RANGES HOW	what must panic: prints how
 *
 * RANGES is "first,last,first,last...": phys_avail, in pages.
 *
 * Physical memory is a file; a mapping in the kernel's page tables is one of
 * the host's, at the same address.  So who uses memory that is not mapped is
 * killed.  Where an interrupt could come, one does, sometimes: its handler
 * takes memory and gives it back.
 */
#include <sys/malloc.h>

#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>
#include <i386/md_var.h>
#include <vm/pmap.h>
#include <vm/vm_kern.h>
#include <vm/vm_page.h>

int	host_printf(const char *fmt, ...) __asm__("printf");
int	host_vprintf(const char *fmt, va_list ap) __asm__("vprintf");
unsigned long host_strtoul(const char *s, char **end, int base) __asm__("strtoul");
int	host_strcmp(const char *a, const char *b) __asm__("strcmp");
int	host_fflush(void *stream) __asm__("fflush");
void	host_exit(int status) __asm__("exit") __dead2;
void	*mmap(void *at, size_t size, int protection, int flags, int file, long offset);
int	memfd_create(const char *name, unsigned flags);
int	ftruncate(int file, long size);

#define	PROT_RW		3
#define	MAP_SHARED	0x01
#define	MAP_PRIVATE	0x02
#define	MAP_FIXED	0x10
#define	MAP_ANONYMOUS	0x20

#define	KVA_START	0x20000000U	/* where the kernel's addresses begin, */
#define	KVA_PAGES	4096		/* and how many there are */

#define	CHECK(exp) do {							\
	if (!(exp)) {							\
		host_printf("line %d: %s\n", __LINE__, #exp);		\
		host_fflush(NULL);					\
		__builtin_trap();					\
	}								\
} while (0)

/* ---------------------------------------------------------------- the machine */

uint32_t	host_eflags = HOST_PSL_I;
uint32_t	phys_avail[PHYS_AVAIL_MAX * 2 + 2];
uint32_t	physmem;
int		cold = 1;
volatile int	cpl;
struct intrframe *intr_frame;
vm_offset_t	virtual_avail = KVA_START;
vm_offset_t	virtual_end = KVA_START + KVA_PAGES * PAGE_SIZE;

static struct malloc_type M_TEST[1] = { { .ks_shortdesc = "test" } };
static struct malloc_type M_OTHER[1] = { { .ks_shortdesc = "other" } };
static struct malloc_type M_INTR[1] = { { .ks_shortdesc = "intr" } };

static int	memory = -1;			/* the file */
static vm_paddr_t mapped[KVA_PAGES];		/* what is where; 0: nothing */
static char	*window;			/* pmap_zero_page()'s */
static uint64_t	drawn;				/* the draws' state */
static int	interrupts;			/* do they come? */
static void	*intr_pieces[16];
static void	(*sleeper)(void);		/* what happens while one sleeps */

static unsigned int
draw(unsigned int below)
{
	drawn ^= drawn << 13;
	drawn ^= drawn >> 7;
	drawn ^= drawn << 17;
	return ((uint32_t)(drawn >> 16) % below);
}

/* One comes, perhaps. */
static void
interrupt(void)
{
	struct intrframe frame;
	void **piece;
	int again;

	if (!interrupts || intr_frame != NULL || cpl != 0 ||
	    !(host_eflags & HOST_PSL_I) || draw(8) != 0)
		return;
	intr_frame = &frame;
	for (again = draw(5); again >= 0; again--) {
		piece = &intr_pieces[draw(nitems(intr_pieces))];
		free(*piece, M_INTR);
		*piece = draw(2) == 0 ? NULL :
		    malloc(1 << draw(14), M_INTR, M_NOWAIT | draw(2) * M_ZERO);
	}
	intr_frame = NULL;
}

void
enable_intr(void)
{
	host_eflags |= HOST_PSL_I;
	interrupt();
}

int
splvm(void)
{
	int old = cpl;

	interrupt();
	cpl = 1;
	return (old);
}

void
splx(int level)
{
	cpl = level;
	interrupt();
}

int
tsleep(const void *chan __unused, int pri __unused, const char *wmesg __unused,
    int timo)
{
	CHECK(timo == 0 && !cold && sleeper != NULL);
	cpl = 0;
	sleeper();
	cpl = 1;
	return (0);
}

void
wakeup(const void *chan __unused)
{
}

int
getenv_ulong(const char *name __unused, unsigned long *value __unused)
{
	return (0);
}

int
printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)host_vprintf(fmt, ap);
	va_end(ap);
	return (0);
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)host_vprintf(fmt, ap);
	va_end(ap);
	host_printf("\n");
	host_exit(42);
}

static unsigned int
kva_index(vm_offset_t va)
{
	CHECK(va >= KVA_START && va < KVA_START + KVA_PAGES * PAGE_SIZE);
	CHECK((va & PAGE_MASK) == 0);
	return (atop(va - KVA_START));
}

void
pmap_kenter(vm_offset_t va, vm_paddr_t pa)
{
	CHECK(pa != 0 && (pa & PAGE_MASK) == 0);
	CHECK(mmap((void *)(uintptr_t)va, PAGE_SIZE, PROT_RW,
	    MAP_SHARED | MAP_FIXED, memory, pa) == (void *)(uintptr_t)va);
	mapped[kva_index(va)] = pa;
}

void
pmap_kremove(vm_offset_t va)
{
	CHECK(mmap((void *)(uintptr_t)va, PAGE_SIZE, 0, MAP_PRIVATE | MAP_FIXED |
	    MAP_ANONYMOUS, -1, 0) == (void *)(uintptr_t)va);
	mapped[kva_index(va)] = 0;
}

vm_paddr_t
pmap_kextract(vm_offset_t va)
{
	return (mapped[kva_index(va)]);
}

void
pmap_zero_page(vm_page_t m)
{
	CHECK(mmap(window, PAGE_SIZE, PROT_RW, MAP_SHARED | MAP_FIXED, memory,
	    VM_PAGE_TO_PHYS(m)) == window);
	__builtin_memset(window, 0, PAGE_SIZE);
}

static void
machine_start(const char *ranges)
{
	uint32_t end, i;
	char *next;
	int n;

	for (n = 0; *ranges != '\0'; n++) {
		CHECK(n < PHYS_AVAIL_MAX * 2);
		phys_avail[n] = ptoa(host_strtoul(ranges, &next, 10));
		ranges = *next == ',' ? next + 1 : next;
	}
	for (i = 0; phys_avail[i + 1] != 0; i += 2)
		physmem += atop(phys_avail[i + 1] - phys_avail[i]);
	end = phys_avail[n - 1];
	memory = memfd_create("memory", 0);
	CHECK(memory != -1 && ftruncate(memory, end) == 0);
	window = mmap(NULL, PAGE_SIZE, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	vm_page_startup();
}

/* No free page is zeroed by chance. */
static void
fill_free_pages(void)
{
	uint32_t i;

	for (i = 0; i < vm_page_array_size; i++) {
		CHECK(mmap(window, PAGE_SIZE, PROT_RW, MAP_SHARED | MAP_FIXED,
		    memory, VM_PAGE_TO_PHYS(&vm_page_array[i])) == window);
		__builtin_memset(window, 0xa5, PAGE_SIZE);
	}
}

static void
sysinit_start(void)
{
	SET_DECLARE(sysinit_set, struct sysinit);
	struct sysinit **sipp;

	fill_free_pages();
	kmem_init(virtual_avail, virtual_end);
	SET_FOREACH(sipp, sysinit_set)
		if ((*sipp)->order == SI_ORDER_FIRST)
			(*sipp)->func((*sipp)->udata);
	malloc_init(M_TEST);
	malloc_init(M_OTHER);
	malloc_init(M_INTR);
	cold = 0;
}

/* ---------------------------------------------------------------- pages */

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

static vm_page_t
page_alloc(int req)
{
	return (vm_page_alloc(NULL, 0, req | VM_ALLOC_NOOBJ));
}

/* Every address has the page that it should; all pages come, in order; who gets the last ones. */
static void
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
		CHECK(m == &vm_page_array[page]);
		CHECK(cnt.v_free_count == free_count - 1);
	}
	CHECK(page_alloc(VM_ALLOC_INTERRUPT) == NULL);
	CHECK(cnt.v_wire_count == cnt.v_free_reserved - cnt.v_interrupt_free_min);
	for (page = 0; page < count; page++)
		vm_page_free(&vm_page_array[page]);
	CHECK(cnt.v_free_count == count && cnt.v_wire_count == 0);
}

/* ---------------------------------------------------------------- maps */

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

static void
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

/* ---------------------------------------------------------------- malloc */

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

static void
test_malloc(unsigned int count)
{
	static struct watched watched[PIECES * 8];
	uint32_t left, in_use[2] = { 0, 0 };
	struct watched *w;
	unsigned int i, n;

	left = cnt.v_free_count;
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
	host_printf("%d pages kept, %u calls\n", (int)(left - cnt.v_free_count),
	    (uint32_t)(M_TEST->ks_calls + M_OTHER->ks_calls));
}

/* ---------------------------------------------------------------- waiting */

static vm_page_t hoard[1 << 20];
static unsigned int hoarded;

/* Somebody else gives pages back, one at each time that we sleep. */
static void
give_one(void)
{
	CHECK(hoarded > 0);
	vm_page_free(hoard[--hoarded]);
}

static void
take_all(void)
{
	while ((hoard[hoarded] = page_alloc(VM_ALLOC_INTERRUPT)) != NULL)
		hoarded++;
}

static void
test_wait(void)
{
	char *small, *large;

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

/* ---------------------------------------------------------------- what is wrong */

static void
test_wrong(const char *how)
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
	HOW("no pages") kmem_free(kernel_map, pages + 1, 3 * PAGE_SIZE);
	HOW("not the map's") kmem_free(kmem_map, pages, 3 * PAGE_SIZE);
	HOW("page twice") vm_page_free(vm_page_array + 1000);
	HOW("object") (void)vm_page_alloc((void *)small, 0, VM_ALLOC_NORMAL);
	HOW("cold") take_all(), cold = 1, small = malloc(5000, M_TEST, M_WAITOK);
	HOW("no room") kmem_suballoc(kernel_map, &pages, &pages, KVA_PAGES * PAGE_SIZE);
}

int
main(int argc, char **argv)
{
	const char *command = argv[1];
	unsigned int count = argc > 4 ? host_strtoul(argv[4], NULL, 10) : 0;

	machine_start(argv[2]);
	if (argc > 3)
		drawn = 0x9e3779b97f4a7c15ULL + host_strtoul(argv[3], NULL, 10);
	if (host_strcmp(command, "pages") == 0)
		test_pages();
	else if (host_strcmp(command, "maps") == 0)
		test_maps(count);
	else {
		sysinit_start();
		if (host_strcmp(command, "malloc") == 0)
			test_malloc(count);
		else if (host_strcmp(command, "wait") == 0)
			test_wait();
		else
			test_wrong(argv[3]);
	}
	return (0);
}
