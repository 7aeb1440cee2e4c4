/*
 * services_pmap_cost: what pmap costs, in instructions (Bochs' time-stamp counter
 * counts them), and what it does when pv entries or pages run out.
 */
#include "services_pmap.h"

#include <sys/vmmeter.h>
#include <vm/vm_extern.h>

#define	PAGES	256
#define	MANY	2600			/* mappings: more than pv entries at 8 MB */

static vm_page_t pages[PAGES];
static struct pmap parent, child;

/* ---------------------------------------------------------------- costs */

static uint64_t	began;

static void
start(void)
{
	began = rdtsc();
}

/* For each of so many; five instructions of the measuring are taken off. */
static void
stop(const char *what, int count)
{
	uint32_t took = rdtsc() - began - 5;

	printf("@cost what=%s each=%u\n", what, took / count);
}

static void
enter_all(pmap_t pmap)
{
	int i;

	for (i = 0; i < PAGES; i++)
		pmap_enter(pmap, BASE + ptoa(i), pages[i], VM_PROT_RW, 0);
}

/* As a program that has used all of its pages, and written every second one. */
static void
use_all(void)
{
	int i;

	for (i = 0; i < PAGES; i++) {
		if (i % 2)
			(void)touch(BASE + ptoa(i), i);
		else
			(void)look(BASE + ptoa(i));
	}
}

SERVICE_TEST(pmap_cost)
{
	vm_offset_t end = BASE + ptoa(PAGES);
	uint32_t ef;
	int i;

	pages_make(pages, PAGES);
	(void)pmap_pinit(&parent);
	(void)pmap_pinit(&child);
	see(&parent);
	enter_all(&parent);		/* the pv entries are there, from now on */
	enter_all(&child);
	pmap_remove(&child, BASE, end);
	pmap_remove(&parent, BASE, end);

	/* At splhigh interrupts would wait, and each splx() look for them. */
	ef = intr_disable();
	pmap_enter(&parent, end, pages[0], VM_PROT_RW, 0);
	start();
	enter_all(&parent);
	stop("enter", PAGES);
	use_all();
	start();
	enter_all(&parent);
	stop("reenter", PAGES);
	use_all();
	start();
	pmap_protect(&parent, BASE, end, VM_PROT_READ);
	stop("protect", 1);
	start();
	pmap_copy(&child, &parent, BASE, end - BASE, BASE);
	stop("copy", PAGES);
	use_all();
	start();
	pmap_remove(&parent, BASE, end);
	stop("remove", PAGES);
	enter_all(&parent);
	use_all();
	start();
	pmap_remove_pages(&parent, 0, VM_MAXUSER_ADDRESS);
	stop("remove_pages", PAGES);
	pmap_remove(&child, BASE, end);
	start();
	for (i = 0; i < PAGES; i++)
		pmap_enter_quick(&parent, BASE + ptoa(i), pages[i], VM_PROT_READ);
	stop("enter_quick", PAGES);
	start();
	for (i = 0; i < PAGES; i++)
		pmap_remove_all(pages[i]);
	stop("remove_all", PAGES);
	start();
	pmap_zero_page(pages[0]);
	stop("zero_page", 1);
	start();
	pmap_copy_page(pages[0], pages[1]);
	stop("copy_page", 1);
	intr_restore(ef);
	see(kernel_pmap);
	pmap_remove(&parent, 0, VM_MAXUSER_ADDRESS);
	start();
	pmap_release(&parent);
	stop("release", 1);
	start();
	(void)pmap_pinit(&parent);
	stop("pinit", 1);
	pmap_release(&parent);
	pmap_release(&child);
	pages_free(pages, PAGES);
}

/* ---------------------------------------------------------------- shortage */

/*
 * One page at many addresses, the first of them wired: the oldest others go, and
 * each that is there is right.
 */
SERVICE_TEST(pmap_short)
{
	int i, there = 0;
	uint32_t before;

	pages_make(pages, 2);
	(void)pmap_pinit(&parent);
	see(&parent);
	before = cnt.v_free_count;
	for (i = 0; i < MANY; i++)
		pmap_enter(&parent, BASE + ptoa(i), pages[1], VM_PROT_READ, i < 10);
	for (i = 0; i < MANY; i++)
		there += look(BASE + ptoa(i)) == 1;
	printf("@short pages=%u there=%d wired=%ld listed=%d first=%d last=%d\n",
	    cnt.v_page_count, there, pmap_wired_count(&parent),
	    pages[1]->md.pv_list_count, look(BASE), look(BASE + ptoa(MANY - 1)));
	see(kernel_pmap);
	pmap_remove(&parent, 0, VM_MAXUSER_ADDRESS);
	printf("@shorter kept=%d\n", before - cnt.v_free_count);
	pmap_release(&parent);
	pages_free(pages, 2);
}

static void
enter_second(void *dummy __unused)
{
	pmap_enter(&parent, BASE + PAGE_SIZE, pages[1], VM_PROT_READ, 0);
	services_leave();
}

/*
 * No page is left for a page table: while one sleeps for it, another, who has the
 * same address space, makes that table.
 */
SERVICE_TEST(pmap_two_tables)
{
	pages_make(pages, 2);
	(void)pmap_pinit(&parent);
	see(&parent);
	(void)services_start(enter_second, NULL, PSWP, "second");
	vm_fail_alloc = 1;
	pmap_enter(&parent, BASE, pages[0], VM_PROT_READ, 0);
	services_join(1);
	printf("@both resident=%ld first=%d second=%d\n",
	    pmap_resident_count(&parent), look(BASE), look(BASE + PAGE_SIZE));
	see(kernel_pmap);
	pmap_remove(&parent, 0, VM_MAXUSER_ADDRESS);
	pmap_release(&parent);
	pages_free(pages, 2);
}
