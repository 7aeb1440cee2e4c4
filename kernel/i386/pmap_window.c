/*
 * pmap_window: pages that the kernel sees through a window.
 *
 * A physical page need not be mapped anywhere, and a page table of an address
 * space that does not run is not at PTmap.  For those the kernel has addresses
 * of a page each, at which it maps what it wants to see, for the moment.
 *
 *	window		sees				is kept by
 *	COPY_FROM	the page that is copied		splvm
 *	COPY_TO		the one that is filled		splvm
 *	IDLE		the one that the idle process	nobody else: interrupts
 *			fills				do not use it
 *	TABLE, WALK	a page table			not sleeping
 *
 * [i386/i386/pmap.c]
 */
#include <i386/pmap_var.h>

#include <i386/spl.h>

enum { COPY_FROM, COPY_TO, IDLE, TABLE, WALK, WINDOWS };

static vm_offset_t window_base;

/* Reserve their addresses at *va, for which there is a page table. */
void
pmap_windows_init(vm_offset_t *va)
{
	window_base = *va;
	*va += WINDOWS * PAGE_SIZE;
}

/* Show a page in a window.  Returns its address there. */
static inline void *
show(int window, vm_paddr_t pa)
{
	vm_offset_t va = window_base + window * PAGE_SIZE;

	*vtopte(va) = pa | PG_V | PG_RW | PG_A | PG_M;
	invlpg(va);
	return ((void *)va);
}

pt_entry_t *
pmap_table_window(enum table_window which, pd_entry_t pde, vm_offset_t va)
{
	vm_offset_t table_va = window_base + (TABLE + which) * PAGE_SIZE;
	pt_entry_t *table = (pt_entry_t *)table_va;

	if ((*vtopte(table_va) ^ pde) & PG_FRAME)
		table = show(TABLE + which, pde & PG_FRAME);
	return (&table[va >> PAGE_SHIFT & (NPTEPG - 1)]);
}

/* A page in words: by hand, since this is most of what a fault does. */
static inline void
zero_words(void *to)
{
	uint32_t words = PAGE_SIZE / sizeof(uint32_t);

	__asm__ volatile("rep stosl" : "+D" (to), "+c" (words) : "a" (0) : "memory");
}

static inline void
copy_words(void *to, const void *from)
{
	uint32_t words = PAGE_SIZE / sizeof(uint32_t);

	__asm__ volatile("rep movsl" : "+D" (to), "+S" (from), "+c" (words)
	    : : "memory");
}

void
pmap_zero_page(vm_page_t m)
{
	int s = splvm_here();

	zero_words(show(COPY_TO, VM_PAGE_TO_PHYS(m)));
	splx_here(s);
}

void
pmap_zero_page_area(vm_page_t m, int off, int size)
{
	int s = splvm_here();

	bzero((char *)show(COPY_TO, VM_PAGE_TO_PHYS(m)) + off, size);
	splx_here(s);
}

void
pmap_zero_page_idle(vm_page_t m)
{
	zero_words(show(IDLE, VM_PAGE_TO_PHYS(m)));
}

void
pmap_copy_page(vm_page_t src, vm_page_t dst)
{
	int s = splvm_here();

	copy_words(show(COPY_TO, VM_PAGE_TO_PHYS(dst)),
	    show(COPY_FROM, VM_PAGE_TO_PHYS(src)));
	splx_here(s);
}
