/*
 * vm_page_state: who has a page for himself, and what is good in it.
 *
 *	PG_BUSY	   it is being filled or looked for, by one alone
 *	busy	   so many transfers read it, to write it out
 *	PG_WANTED  somebody sleeps on the page until that ends
 *	hold_count somebody copies from it: it may be freed, but not used anew
 *
 * A page's 4096 bytes are eight pieces, a bit each in `valid' and in `dirty':
 *
 *	bytes	0      512    1024   1536	...	     4096
 *		|  0   |  1   |  2   |		...	  7  |
 *		   ^^^^^^^^^^^^^^				vm_page_bits(200, 1000) = 07h
 *
 * A file's last page is valid up to the piece in which the file ends; whoever
 * maps it fills the rest with zeros first.
 *
 * [vm/vm_page.c]
 */
#include <vm/vm_page.h>

#include <sys/bio.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <vm/pmap.h>

/* ---------------------------------------------------------------- busy */

void
vm_page_flash(vm_page_t m)
{
	int s = splvm();

	if (m->flags & PG_WANTED) {
		m->flags &= ~PG_WANTED;
		wakeup(m);
	}
	splx(s);
}

void
vm_page_io_start(vm_page_t m)
{
	int s = splvm();

	m->busy++;
	KASSERT(m->busy != 0, ("vm_page_io_start: %p is written too often", m));
	splx(s);
}

void
vm_page_io_finish(vm_page_t m)
{
	int s = splvm();

	KASSERT(m->busy != 0, ("vm_page_io_finish: %p is not written", m));
	if (--m->busy == 0)
		vm_page_flash(m);
	splx(s);
}

/* For a transfer that has ended meanwhile, nobody would wake us. */
int
vm_page_sleep_busy(vm_page_t m, int also_m_busy, const char *wmesg)
{
	int s = splvm(), busy;

	busy = (m->flags & PG_BUSY) || (also_m_busy && m->busy != 0);
	if (busy) {
		m->flags |= PG_WANTED | PG_REFERENCED;
		(void)tsleep(m, PVM, wmesg, 0);
	}
	splx(s);
	return (busy);
}

/* ---------------------------------------------------------------- held */

void
vm_page_hold(vm_page_t m)
{
	int s = splvm();

	m->hold_count++;
	KASSERT(m->hold_count != 0, ("vm_page_hold: %p is held too often", m));
	splx(s);
}

void
vm_page_unhold(vm_page_t m)
{
	int s = splvm();

	KASSERT(m->hold_count != 0, ("vm_page_unhold: %p is not held", m));
	if (--m->hold_count == 0 && m->queue == PQ_HOLD)
		vm_page_free(m);
	splx(s);
}

/* ---------------------------------------------------------------- valid and dirty */

int
vm_page_bits(int base, int size)
{
	int first, last;

	KASSERT(base >= 0 && size >= 0 && base + size <= PAGE_SIZE,
	    ("vm_page_bits: %d bytes from %d", size, base));
	if (size == 0)
		return (0);
	first = base / DEV_BSIZE;
	last = (base + size - 1) / DEV_BSIZE;
	return ((2 << last) - (1 << first));
}

void
vm_page_undirty(vm_page_t m)
{
	m->dirty = 0;
}

void
vm_page_test_dirty(vm_page_t m)
{
	if (m->dirty != VM_PAGE_BITS_ALL && pmap_is_modified(m))
		vm_page_dirty(m);
}

/* A piece that is valid in part only: what was not given is zeros. */
static void
zero_around(vm_page_t m, int base, int size)
{
	int first = rounddown(base, DEV_BSIZE), end = base + size;
	int last = rounddown(end, DEV_BSIZE);

	if (first != base && !(m->valid & (1 << base / DEV_BSIZE)))
		pmap_zero_page_area(m, first, base - first);
	if (last != end && !(m->valid & (1 << end / DEV_BSIZE)))
		pmap_zero_page_area(m, end, last + DEV_BSIZE - end);
}

void
vm_page_set_validclean(vm_page_t m, int base, int size)
{
	int bits = vm_page_bits(base, size);

	if (size == 0)
		return;
	zero_around(m, base, size);
	m->valid |= bits;
	m->dirty &= ~bits;
	if (bits == VM_PAGE_BITS_ALL) {
		pmap_clear_modify(m);
		vm_page_flag_clear(m, PG_NOSYNC);
	}
}

/* A mapping shows a whole page or none. */
void
vm_page_set_invalid(vm_page_t m, int base, int size)
{
	int bits = vm_page_bits(base, size);

	if (bits != 0 && m->valid == VM_PAGE_BITS_ALL)
		pmap_remove_all(m);
	m->valid &= ~bits;
	m->dirty &= ~bits;
}

void
vm_page_zero_invalid(vm_page_t m, int setvalid)
{
	int first, end;

	for (first = 0; first < PAGE_SIZE; first = end + DEV_BSIZE) {
		for (end = first; end < PAGE_SIZE &&
		    !(m->valid & (1 << end / DEV_BSIZE)); end += DEV_BSIZE)
			;
		if (end > first)
			pmap_zero_page_area(m, first, end - first);
	}
	if (setvalid)
		m->valid = VM_PAGE_BITS_ALL;
}

int
vm_page_is_valid(vm_page_t m, int base, int size)
{
	int bits = vm_page_bits(base, size);

	return (m->valid != 0 && (m->valid & bits) == bits);
}
