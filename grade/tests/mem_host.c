/*
 * kernel/vm and kernel/kern/kern_malloc.c as a program of the host.
 * test_mem_host.py builds it under the sanitizers and runs it:
 *
 *	mem_host pages RANGES		every page, by number, and the classes
 *	mem_host maps RANGES SEED COUNT	drawn kmem_ calls, against a model
 *	mem_host fragments RANGES	kmem_map in pieces, without memory for more
 *	mem_host malloc RANGES SEED COUNT	drawn mallocs, contents watched
 *	mem_host zones RANGES SEED COUNT	drawn items of zones, each watched
 *	mem_host limits RANGES		of zones; and each request failing in turn
 *	mem_host wait RANGES		M_WAITOK when there are no pages
 *	mem_host wrong RANGES HOW	what must panic: prints how
 *
 * Of kernel/vm it has what memory is made of, and no map of a process: who calls
 * for what only those need is stopped.
 *
 * RANGES is "first,last,first,last...": phys_avail, in pages.
 *
 * Physical memory is a file; a mapping in the kernel's page tables is one of
 * the host's, at the same address.  So who uses memory that is not mapped is
 * killed.  Where an interrupt could come, one does, sometimes: its handler
 * takes memory and gives it back.
 */
#include "mem_host.h"

#include <sys/proc.h>
#include <vm/uma.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_pageout.h>

/* ---------------------------------------------------------------- the machine */

uint32_t	host_eflags = HOST_PSL_I;
uint32_t	phys_avail[PHYS_AVAIL_MAX * 2 + 2];
uint32_t	physmem;
int		cold = 1;
volatile int	cpl;
struct intrframe *intr_frame;
vm_offset_t	virtual_avail = KVA_START;
vm_offset_t	virtual_end = KVA_START + KVA_PAGES * PAGE_SIZE;

static struct proc us;
static struct thread self = { .td_proc = &us };
struct thread	*curthread = &self;
struct proc	*pageproc;
struct pmap	kernel_pmap_store;
int		vm_pages_needed, vm_pageout_pages_needed, vm_pageout_deficit;
vm_offset_t	kernel_vm_end = KVA_START + KVA_PAGES * PAGE_SIZE;

struct malloc_type M_TEST[1] = { { .ks_shortdesc = "test" } };
struct malloc_type M_OTHER[1] = { { .ks_shortdesc = "other" } };
struct malloc_type M_INTR[1] = { { .ks_shortdesc = "intr" } };

static int	memory = -1;			/* the file */
static vm_paddr_t mapped[KVA_PAGES];		/* what is where; 0: nothing */
static char	*window;			/* pmap_zero_page()'s */
static uint64_t	drawn;				/* the draws' state */
int	interrupts;
void	*intr_pieces[16];
void	(*intr_more)(void);
void	(*sleeper)(void);
int	sleeps, wakeups;

unsigned int
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
	if (intr_more != NULL)
		intr_more();
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
    int timo __unused)
{
	int level = cpl;

	CHECK(!cold && sleeper != NULL);
	sleeps++;
	cpl = 0;
	sleeper();
	cpl = level;
	return (0);
}

void
wakeup(const void *chan __unused)
{
	wakeups++;
}

void
pagedaemon_wakeup(void)
{
}

int
getenv_ulong(const char *name __unused, unsigned long *value __unused)
{
	return (0);
}

void
tunable_init(const void *tunable __unused)
{
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
pmap_qenter(vm_offset_t va, vm_page_t *m, int count)
{
	for (; count > 0; count--, va += PAGE_SIZE, m++)
		pmap_kenter(va, VM_PAGE_TO_PHYS(*m));
}

void
pmap_kremove(vm_offset_t va)
{
	CHECK(mmap((void *)(uintptr_t)va, PAGE_SIZE, 0, MAP_PRIVATE | MAP_FIXED |
	    MAP_ANONYMOUS, -1, 0) == (void *)(uintptr_t)va);
	mapped[kva_index(va)] = 0;
}

/* vm_map_delete()'s: kmem_free() has been there before. */
void
pmap_remove(pmap_t pmap, vm_offset_t sva, vm_offset_t eva)
{
	CHECK(pmap == kernel_pmap);
	for (; sva < eva; sva += PAGE_SIZE)
		CHECK(mapped[kva_index(sva)] == 0);
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

void
sx_init(struct sx *sx __unused, const char *name __unused)
{
}

/* Nobody wires a part of the kernel's maps. */
void
vm_map_wait_transition(vm_map_t map, vm_offset_t start __unused, vm_offset_t end __unused)
{
	CHECK(map->system_map);
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
void
fill_free_pages(void)
{
	uint32_t i;

	for (i = 0; i < vm_page_array_size; i++) {
		CHECK(mmap(window, PAGE_SIZE, PROT_RW, MAP_SHARED | MAP_FIXED,
		    memory, VM_PAGE_TO_PHYS(&vm_page_array[i])) == window);
		__builtin_memset(window, 0xa5, PAGE_SIZE);
	}
}

/* As vm_mem_init() does it. */
void
memory_start(void)
{
	fill_free_pages();
	uma_startup();
	vm_object_init();
	vm_map_startup();
	kmem_init(virtual_end);
}

uint32_t
pages_left(void)
{
	struct uma_stat stat;
	uma_zone_t zone = NULL;

	do
		zone = uma_zone_next(zone, &stat);
	while (host_strcmp(stat.name, "KMAP ENTRY") != 0);
	return (cnt.v_free_count + stat.pages);
}

static void
sysinit_start(void)
{
	SET_DECLARE(sysinit_set, struct sysinit);
	struct sysinit **sipp;

	memory_start();
	SET_FOREACH(sipp, sysinit_set)
		if ((*sipp)->subsystem == SI_SUB_KMEM &&
		    (*sipp)->order == SI_ORDER_FIRST)
			(*sipp)->func((*sipp)->udata);
	malloc_init(M_TEST);
	malloc_init(M_OTHER);
	malloc_init(M_INTR);
	cold = 0;
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
		else if (host_strcmp(command, "fragments") == 0)
			test_fragments();
		else if (host_strcmp(command, "zones") == 0)
			test_zones(count);
		else if (host_strcmp(command, "limits") == 0)
			test_limits();
		else {
			wrong_memory(argv[3]);
			wrong_zones(argv[3]);
		}
	}
	return (0);
}
