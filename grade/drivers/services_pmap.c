/*
 * services_pmap: tests of pmap that look at a few mappings, and what all of its
 * tests share.  grade/tests/test_pmap.py says what is expected.
 */
#include "services_pmap.h"

#include <sys/mman.h>
#include <i386/md_var.h>
#include <i386/pcb.h>
#include <vm/vm_extern.h>
#include <vm/vm_map.h>

#define	PAGES		96		/* more than are told to the TLB one by one */

static vm_page_t pages[PAGES];
static struct pmap a, b;

/* ---------------------------------------------------------------- what all share */

static void
write_number(vm_page_t m, int number)
{
	static vm_offset_t window;

	if (window == 0)
		window = kmem_alloc_nofault(kernel_map, PAGE_SIZE);
	pmap_kenter(window, VM_PAGE_TO_PHYS(m));
	*(volatile int *)window = number;
	pmap_kremove(window);
}

void
page_refresh(vm_page_t m)
{
	vm_page_undirty(m);
	vm_page_flag_clear(m, PG_REFERENCED | PG_WRITEABLE);
}

void
pages_make(vm_page_t *list, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		list[i] = vm_page_alloc(NULL, 0, VM_ALLOC_NORMAL | VM_ALLOC_NOOBJ);
		if (list[i] == NULL)
			panic("pages_make: %d of %d", i, count);
		page_refresh(list[i]);
		write_number(list[i], i);
	}
}

void
pages_free(vm_page_t *list, int count)
{
	int i;

	for (i = 0; i < count; i++)
		vm_page_free(list[i]);
}

void
see(pmap_t pmap)
{
	curpcb->pcb_cr3 = pmap->pm_pdir[PTDPTDI] & PG_FRAME;
	load_cr3(curpcb->pcb_cr3);
}

pt_entry_t
entry_of(pmap_t pmap, vm_offset_t va)
{
	pt_entry_t *pte = pmap_pte(pmap, va);

	return (pte == NULL ? 0 : *pte);
}

static void
set_up(void)
{
	pages_make(pages, PAGES);
	(void)pmap_pinit(&a);
	(void)pmap_pinit(&b);
	see(&a);
}

static void
tear_down(void)
{
	see(kernel_pmap);
	pmap_remove(&a, 0, VM_MAXUSER_ADDRESS);
	pmap_remove(&b, 0, VM_MAXUSER_ADDRESS);
	pmap_release(&a);
	pmap_release(&b);
	pages_free(pages, PAGES);
}

/* ---------------------------------------------------------------- the TLB */

/* Map `count' pages from BASE on in `a', and let the TLB know of them, written. */
static void
fill(int count)
{
	int i;

	for (i = 0; i < count; i++) {
		pmap_enter(&a, BASE + ptoa(i), pages[i], VM_PROT_RW, 0);
		(void)touch(BASE + ptoa(i), i);
	}
}

/* How many of these can be read, and written; and hold what is not theirs. */
static void
tell(const char *what, int count)
{
	int i, word, readable = 0, writable = 0, wrong = 0;

	for (i = 0; i < count; i++) {
		word = look(BASE + ptoa(i));
		readable += word != -1;
		wrong += word != -1 && word != i;
		writable += touch(BASE + ptoa(i), i) == 0;
	}
	printf("@tlb what=%s n=%d readable=%d writable=%d wrong=%d\n", what, count,
	    readable, writable, wrong);
}

/* Each change is seen at once, of few pages and of many. */
static void
change(int count)
{
	vm_offset_t end = BASE + ptoa(count);
	int i;

	fill(count);
	tell("entered", count);
	pmap_protect(&a, BASE, end, VM_PROT_READ);
	tell("protected", count);
	fill(count);
	tell("reentered", count);
	pmap_remove(&a, BASE, end);
	tell("removed", count);
	fill(count);
	for (i = 0; i < count; i++)
		pmap_page_protect(pages[i], VM_PROT_READ);
	tell("page_protected", count);
	fill(count);
	for (i = 0; i < count; i++)
		pmap_enter(&a, BASE + ptoa(i), pages[i], VM_PROT_READ, 0);
	tell("downgraded", count);
	fill(count);
	for (i = 0; i < count; i++)
		pmap_remove_all(pages[i]);
	tell("removed_all", count);
	fill(count);
	pmap_remove_pages(&a, 0, VM_MAXUSER_ADDRESS);
	tell("removed_pages", count);
	fill(count);
	for (i = 0; i < count; i++)
		pmap_enter(&a, BASE + ptoa(i), pages[i ^ 1], VM_PROT_READ, 0);
	for (i = 0; i < count; i++)
		if (look(BASE + ptoa(i)) != (i ^ 1))
			break;
	printf("@tlb what=exchanged n=%d readable=%d writable=%d wrong=0\n", count,
	    i, touch(BASE, 1) == 0);
	pmap_remove(&a, BASE, end);
}

/*
 * A page table goes, and another page becomes the table for the same addresses:
 * pmap does not go on writing to the old one.
 */
static void
change_table(void)
{
	vm_paddr_t old;
	vm_page_t m;

	fill(1);
	old = a.pm_pdir[BASE >> PDRSHIFT] & PG_FRAME;
	pmap_remove(&a, BASE, BASE + PAGE_SIZE);
	m = vm_page_alloc(NULL, 0, VM_ALLOC_NORMAL | VM_ALLOC_NOOBJ | VM_ALLOC_ZERO);
	pmap_enter(&a, BASE, pages[0], VM_PROT_RW, 0);
	printf("@table other=%d word=%d\n",
	    (a.pm_pdir[BASE >> PDRSHIFT] & PG_FRAME) != old, look(BASE));
	pmap_remove(&a, BASE, BASE + PAGE_SIZE);
	vm_page_free(m);
}

SERVICE_TEST(pmap_tlb)
{
	set_up();
	change(2);
	change(PAGES);
	change_table();
	/* What another has mapped there is not seen, nor what is done to it. */
	fill(1);
	pmap_enter(&b, BASE, pages[1], VM_PROT_RW, 0);
	printf("@two a=%d", look(BASE));
	see(&b);
	printf(" b=%d", look(BASE));
	pmap_remove(&a, BASE, BASE + PAGE_SIZE);
	printf(" still=%d", look(BASE));
	see(&a);
	printf(" gone=%d\n", look(BASE));
	tear_down();
}

/* ---------------------------------------------------------------- the CPU's bits */

static void
tell_page(const char *what, vm_page_t m)
{
	printf("@bits what=%s modified=%d dirty=%d referenced=%d mincore=%d\n", what,
	    pmap_is_modified(m), m->dirty != 0, (m->flags & PG_REFERENCED) != 0,
	    pmap_mincore(&a, BASE));
}

SERVICE_TEST(pmap_bits)
{
	vm_page_t m;

	set_up();
	m = pages[7];
	pmap_enter(&a, BASE, m, VM_PROT_RW, 0);
	pmap_clear_reference(m);
	printf("@seen count=%d\n", pmap_ts_referenced(m));
	(void)look(BASE);
	pmap_enter(&b, BASE + PAGE_SIZE, m, VM_PROT_RW, 0);
	printf("@seen count=%d\n", pmap_ts_referenced(m));
	printf("@seen count=%d\n", pmap_ts_referenced(m));
	tell_page("entered", m);
	(void)touch(BASE, 1);
	tell_page("written", m);
	pmap_clear_modify(m);
	tell_page("cleared", m);
	(void)touch(BASE, 2);
	pmap_protect(&a, BASE, BASE + PAGE_SIZE, VM_PROT_READ);
	tell_page("protected", m);
	pmap_page_protect(m, VM_PROT_READ);
	tell_page("page_protected", m);
	page_refresh(m);
	pmap_clear_reference(m);
	(void)look(BASE);
	pmap_remove(&a, BASE, BASE + PAGE_SIZE);
	tell_page("removed", m);
	page_refresh(m);
	see(&b);
	pmap_enter(&b, BASE, m, VM_PROT_RW, 0);
	(void)touch(BASE, 3);
	pmap_enter(&b, BASE, pages[8], VM_PROT_RW, 0);
	tell_page("replaced", m);
	page_refresh(m);
	pmap_enter(&b, BASE, m, VM_PROT_RW, 0);
	(void)touch(BASE, 4);
	pmap_enter(&b, BASE, m, VM_PROT_READ, 0);
	tell_page("downgraded", m);
	tear_down();
}

/* ---------------------------------------------------------------- from outside */

void	pmap_stand(void);
uint32_t pmap_stood[7];			/* addresses of pages, resident, wired */

/* Here the test outside looks at the machine. */
void __attribute__((noipa))
pmap_stand(void)
{
}

/* One mapping of each kind; the last page of 4 MB, and the first of the next. */
SERVICE_TEST(pmap_stand)
{
	static struct vmspace space;
	struct vmspace *old = curproc->p_vmspace;
	int i;

	set_up();
	pmap_enter(&a, BASE, pages[0], VM_PROT_READ, 0);
	pmap_enter(&a, BASE + PAGE_SIZE, pages[1], VM_PROT_RW, 1);
	pmap_enter(&a, BASE + NBPDR - PAGE_SIZE, pages[2], VM_PROT_ALL, 0);
	pmap_enter(&a, BASE + NBPDR, pages[3], VM_PROT_RW, 0);
	pmap_enter_quick(&a, BASE + 2 * PAGE_SIZE, pages[4], VM_PROT_ALL);
	pmap_enter_quick(&a, BASE, pages[4], VM_PROT_ALL);
	for (i = 0; i < 5; i++)
		pmap_stood[i] = VM_PAGE_TO_PHYS(pages[i]);
	pmap_stood[5] = pmap_resident_count(&a);
	pmap_stood[6] = pmap_wired_count(&a);
	pmap_stand();
	pmap_change_wiring(&a, BASE + PAGE_SIZE, 0);
	pmap_change_wiring(&a, BASE, 1);
	printf("@wired wired=%ld w0=%d w1=%d\n", pmap_wired_count(&a),
	    (entry_of(&a, BASE) & PG_W) != 0,
	    (entry_of(&a, BASE + PAGE_SIZE) & PG_W) != 0);

	/* pmap_activate() as a switch will do it. */
	see(kernel_pmap);
	space.vm_pmap = a;
	curproc->p_vmspace = &space;
	pmap_activate(curthread);
	curproc->p_vmspace = old;
	printf("@active word=%d cr3=%d\n", look(BASE), rcr3() == curpcb->pcb_cr3);
	tear_down();
}

/* ---------------------------------------------------------------- growing */

/* A kernel that has grown has done so everywhere: where it was, and where it comes. */
SERVICE_TEST(pmap_grow)
{
	vm_offset_t old, va;

	pages_make(pages, 2);
	(void)pmap_pinit(&a);
	see(&a);
	old = kernel_vm_end;
	va = old + NBPDR;
	pmap_growkernel(va + PAGE_SIZE);
	pmap_growkernel(va);
	printf("@grow old=%u tables=%u", old, (kernel_vm_end - old) / NBPDR);
	pmap_kenter(va, VM_PAGE_TO_PHYS(pages[1]));
	printf(" a=%d", *(int *)va);
	(void)pmap_pinit(&b);
	see(&b);
	printf(" b=%d", *(int *)va);
	see(kernel_pmap);
	printf(" kernel=%d pa=%d\n", *(int *)va,
	    pmap_kextract(va) == VM_PAGE_TO_PHYS(pages[1]));
	pmap_kremove(va);
	pmap_growkernel(VM_MAX_KERNEL_ADDRESS);
	printf("@grown end=%u\n", kernel_vm_end);
	pmap_release(&a);
	pmap_release(&b);
	pages_free(pages, 2);
}
