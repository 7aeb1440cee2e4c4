/*
 * services_swap: more memory than there is.
 *
 * Each test has an address space of its own and uses it as a process would:
 * word by word, at the user's addresses, so that each access may fault.  What
 * must be there is kept in wired memory of the kernel's, a word a page.
 *
 * The loader's variables: swap.pages is how many pages are mapped, swap.touches
 * how often one is drawn; swap.flaky names a disk that is swapped to through a
 * driver that fails one transfer in swap.every.
 */
#include "services.h"

#include <sys/bio.h>
#include <sys/conf.h>
#include <sys/disk.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/priority.h>
#include <sys/sched.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/pmap.h>
#include <vm/swap_pager.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define	AT		0x10000000U	/* where memory is mapped */

/* What is mapped, and what it must hold. */
struct memory {
	int		pages;
	uint32_t	*want;		/* the word at a drawn place of each page */
};

static int
the_number(const char *name, int number)
{
	TUNABLE_INT_FETCH(name, &number);
	return (number);
}

/* As one that returns to user mode now and then. */
static void
let_others_run(void)
{
	if (curthread->td_flags & TDF_NEEDRESCHED)
		uio_yield();
}

/* Where a page's word is: not always at the same place of it. */
static uint32_t *
word_of(int page)
{
	return ((uint32_t *)(AT + ptoa(page) + page * 52 % PAGE_SIZE));
}

static void
map_memory(vm_offset_t at, int pages)
{
	int rv = vm_map_find(&curproc->p_vmspace->vm_map, NULL, 0, &at, ptoa(pages),
	    0, VM_PROT_RW, VM_PROT_ALL, 0);

	if (rv != KERN_SUCCESS)
		panic("services_swap: %d pages at %#x: %d", pages, at, rv);
}

static void
unmap_memory(vm_offset_t at, int pages)
{
	(void)vm_map_remove(&curproc->p_vmspace->vm_map, at, at + ptoa(pages));
}

static void
memory_begin(struct memory *mem)
{
	mem->pages = the_number("swap.pages", 1024);
	mem->want = malloc(mem->pages * sizeof(uint32_t), M_TEMP, M_WAITOK | M_ZERO);
	services_user_begin();
	map_memory(AT, mem->pages);
}

static void
memory_end(struct memory *mem)
{
	services_user_end();
	free(mem->want, M_TEMP);
}

/* Write a page's word.  Returns 0, or -1 if it could not be. */
static int
put(struct memory *mem, int page, uint32_t value)
{
	let_others_run();
	if (suword(word_of(page), value) != 0)
		return (-1);
	mem->want[page] = value;
	return (0);
}

/* Is it right? */
static int
is_right(const struct memory *mem, int page)
{
	let_others_run();
	return (fuword(word_of(page)) == (int32_t)mem->want[page]);
}

/*
 * Steps of a prime meet each page once, in an order that nobody would call one;
 * with swap.step=1 in the usual one.
 */
static int
nth_page(const struct memory *mem, int n)
{
	return ((uint64_t)n * the_number("swap.step", 1000003) % mem->pages);
}

static void
print_state(const char *test, int wrong)
{
	uint32_t total, used;

	swap_pager_status(&total, &used);
	printf("@%s wrong=%d used=%u total=%u swapin=%u swapout=%u pgsin=%u "
	    "pgsout=%u wakeups=%u\n", test, wrong, used, total, cnt.v_swapin,
	    cnt.v_swapout, cnt.v_swappgsin, cnt.v_swappgsout, cnt.v_pdwakeups);
}

/* Pages that are of some use to somebody, before and after. */
static int
pages_in_use(void)
{
	return (cnt.v_page_count - cnt.v_free_count - cnt.v_cache_count);
}

/* Wait until nothing is on its way any more. */
static void
settle(void)
{
	(void)tsleep(&settle, PWAIT, "settle", hz);
}

/* ---------------------------------------------------------------- tests */

/* Write each page, draw some, then read each. */
SERVICE_TEST(swap_touch)
{
	struct memory mem;
	int touches = the_number("swap.touches", 0), wrong = 0, before, i, page;
	uint32_t sum = 0, want_sum = 0;

	before = pages_in_use();
	memory_begin(&mem);
	for (i = 0; i < mem.pages; i++)
		if (put(&mem, nth_page(&mem, i), 0x5eed0000 + i) != 0)
			wrong++;
	for (i = 0; i < touches; i++) {
		page = services_draw(mem.pages);
		wrong += !is_right(&mem, page);
		if (services_draw(2))
			put(&mem, page, i);
	}
	print_state("swap_full_of_it", wrong);
	for (i = 0; i < mem.pages; i++) {
		page = nth_page(&mem, i);
		wrong += !is_right(&mem, page);
		sum = sum * 31 + fuword(word_of(page));
		want_sum = want_sum * 31 + mem.want[page];
	}
	memory_end(&mem);
	settle();
	print_state("swap_touch", wrong);
	printf("@swap_sum right=%d left=%d\n", sum == want_sum,
	    pages_in_use() - before);
}

/* ---------------------------------------------------------------- a child */

/* What a child is given: the parent's memory, and what it holds. */
struct child {
	struct vmspace	*vm;
	struct memory	mem;
	int		wrong;
};

/* It reads all, changes every third page, and reads all again. */
static void
child_main(void *arg)
{
	struct child *c = arg;
	int i;

	curproc->p_vmspace = c->vm;
	pmap_activate(curthread);
	for (i = 0; i < c->mem.pages; i++) {
		c->wrong += !is_right(&c->mem, i);
		if (i % 3 == 0)
			put(&c->mem, i, 0xc0000000 + i);
	}
	for (i = 0; i < c->mem.pages; i++)
		c->wrong += !is_right(&c->mem, i);
	vmspace0.vm_refcnt++;
	curproc->p_vmspace = &vmspace0;
	pmap_activate(curthread);
	vmspace_free(c->vm);
	services_leave();
}

/* Memory that is partly in swap is shared by two, who both change it. */
SERVICE_TEST(swap_fork)
{
	struct memory mem;
	struct child c;
	int i, wrong = 0, before = pages_in_use();

	memory_begin(&mem);
	for (i = 0; i < mem.pages; i++)
		put(&mem, i, i);
	c.vm = vmspace_fork(curproc->p_vmspace);
	c.wrong = 0;
	c.mem.pages = mem.pages;
	c.mem.want = malloc(mem.pages * sizeof(uint32_t), M_TEMP, M_WAITOK);
	bcopy(mem.want, c.mem.want, mem.pages * sizeof(uint32_t));
	services_start(child_main, &c, PUSER, "child");
	for (i = 0; i < mem.pages; i += 2)
		put(&mem, i, 0xa0000000 + i);
	for (i = 0; i < mem.pages; i++)
		wrong += !is_right(&mem, i);
	services_join(1);
	/* Now that nobody else has them, what lies behind is one's own again. */
	for (i = 1; i < mem.pages; i += 2)
		put(&mem, i, 0xb0000000 + i);
	for (i = 0; i < mem.pages; i++)
		wrong += !is_right(&mem, i);
	memory_end(&mem);
	free(c.mem.want, M_TEMP);
	settle();
	print_state("swap_fork", wrong + c.wrong);
	printf("@swap_fork_left left=%d\n", pages_in_use() - before);
}

/* ---------------------------------------------------------------- full */

/* Write all of it; it is more than there is room for. */
static void
greedy_main(void *arg)
{
	struct memory *mem = arg, own;
	int i, wrong = 0;

	memory_begin(&own);
	*mem = own;
	for (i = 0; i < own.pages; i++) {
		put(&own, i, i);
		mem->pages = i;
	}
	for (i = 0; i < own.pages; i++)
		wrong += !is_right(&own, i);
	mem->pages = i;
	printf("@swap_greedy wrong=%d\n", wrong);
	memory_end(&own);
	services_leave();
}

/*
 * Somebody has a quarter, somebody else wants more than is left.  That one has
 * to wait; the machine goes on; and when the first one ends, he gets it.
 */
SERVICE_TEST(swap_full)
{
	struct memory mem, greedy = { 0, NULL };
	int i, had = -1, quarter;

	memory_begin(&mem);
	quarter = mem.pages / 4;
	for (i = 0; i < quarter; i++)
		put(&mem, i, i);
	services_start(greedy_main, &greedy, PUSER, "greedy");
	while (!swap_pager_full || greedy.pages != had) {
		had = greedy.pages;
		(void)tsleep(&greedy, PWAIT, "full", 3 * hz / 2);
	}
	printf("@swap_stuck at=%d full=%d\n", had, swap_pager_full);
	unmap_memory(AT, quarter);
	services_join(1);
	memory_end(&mem);
	settle();
	print_state("swap_full", 0);
}

/* ---------------------------------------------------------------- errors */

static struct cdev *flaky_disk;
static int	flaky_every, flaky_reads, flaky_writes;
static int	flaky_fails;		/* does it? */

/* Most transfers are the disk's; some of them nobody's. */
static void
flaky_strategy(struct bio *bp)
{
	if (flaky_fails && services_draw(flaky_every) == 0) {
		if (bp->bio_cmd == BIO_READ)
			flaky_reads++;
		else
			flaky_writes++;
		biofinish(bp, EIO);
		return;
	}
	bp->bio_dev = flaky_disk;
	flaky_disk->si_devsw->d_strategy(bp);
}

static struct cdevsw flaky_cdevsw = {
	.d_name = "flaky",
	.d_strategy = flaky_strategy,
};

/* What could not be written is not lost; what cannot be read is an error, once. */
SERVICE_TEST(swap_flaky)
{
	const char *name = getenv("swap.flaky");
	struct memory mem;
	int i, page, refused = 0, wrong = 0, error;

	flaky_disk = dev_lookup(name);
	flaky_every = the_number("swap.every", 10);
	error = swaponsomething(make_dev(&flaky_cdevsw, 0, UID_ROOT, GID_OPERATOR,
	    0600, "flaky0"), ((struct disk *)flaky_disk->si_drv1)->d_mediasize);
	memory_begin(&mem);
	flaky_fails = 1;
	for (i = 0; i < mem.pages; i++)
		refused += put(&mem, i, i) != 0;
	for (i = the_number("swap.touches", 200); i > 0; i--) {
		page = services_draw(mem.pages);
		refused += put(&mem, page, i) != 0;
	}
	flaky_fails = 0;
	for (i = 0; i < mem.pages; i++)
		wrong += !is_right(&mem, i);
	memory_end(&mem);
	settle();
	print_state("swap_flaky", wrong);
	printf("@swap_errors on=%d reads=%d writes=%d refused=%d\n", error,
	    flaky_reads, flaky_writes, refused);
}

/* ---------------------------------------------------------------- wired */

/* Pages that are wired stay where they are, whatever becomes of the others. */
SERVICE_TEST(swap_wired)
{
	struct memory mem;
	vm_paddr_t frames[32];
	int i, moved = 0, wrong = 0;
	vm_map_t map;

	memory_begin(&mem);
	map = &curproc->p_vmspace->vm_map;
	(void)vm_map_wire(map, AT, AT + ptoa(nitems(frames)),
	    VM_MAP_WIRE_USER | VM_MAP_WIRE_NOHOLES);
	for (i = 0; i < (int)nitems(frames); i++)
		frames[i] = pmap_extract(map->pmap, AT + ptoa(i));
	for (i = 0; i < mem.pages; i++)
		put(&mem, i, ~i);
	for (i = 0; i < mem.pages; i++)
		wrong += !is_right(&mem, i);
	for (i = 0; i < (int)nitems(frames); i++)
		moved += frames[i] == 0 ||
		    frames[i] != pmap_extract(map->pmap, AT + ptoa(i));
	memory_end(&mem);
	settle();
	print_state("swap_wired", wrong);
	printf("@swap_moved moved=%d\n", moved);
}

/* ---------------------------------------------------------------- idle time */

/*
 * After a while without anything to do pages of zeros are ready; memory that is
 * new gets them first, and is zero all over.
 */
SERVICE_TEST(idle_zero)
{
	uint32_t ready, used, faults = cnt.v_ozfod;
	struct memory mem;
	int page, at, wrong = 0;

	(void)tsleep(&faults, PWAIT, "idle", 3 * hz);
	ready = vm_page_zero_count;
	memory_begin(&mem);
	for (page = 0; page < MIN(mem.pages, 600); page++)
		for (at = 0; at < PAGE_SIZE; at += 68)
			wrong += fuword((void *)(AT + ptoa(page) + at)) != 0;
	used = vm_page_zero_count;
	memory_end(&mem);
	printf("@idle_zero ready=%u used=%u free=%u ozfod=%u wrong=%d\n", ready,
	    ready - used, cnt.v_free_count, cnt.v_ozfod - faults, wrong);
}
