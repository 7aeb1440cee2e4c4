/*
 * services_fault_speed: what grade/faulting.py counts the instructions of.
 */
#include "services_fault.h"

#include <sys/priority.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>

#define	AT		0x10000000U
#define	PAGES		32
#define	MEGABYTE	(1U << 20)

/* The measurement begins or ends here. */
__attribute__((noipa)) void
speed_mark(void)
{
}

static void
touch(int pages)
{
	struct services_user user = { .esi = AT, .eax = 1, .ecx = pages };

	services_user_run(&user, user_touch, 0);
}

/* Take the zeroed pages away, so that others are to be had. */
static vm_object_t
hold_zeroed_pages(void)
{
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, cnt.v_page_count);
	vm_pindex_t i;

	for (i = 0; vm_page_zero_count > 0; i++)
		vm_page_wakeup(vm_page_alloc(object, i, VM_ALLOC_ZERO));
	return (object);
}

/* Sleep until so many zeroed pages are ready. */
static void
await_zeroed_pages(uint32_t pages)
{
	while (vm_page_zero_count < pages)
		(void)tsleep(&vm_page_zero_count, PWAIT, "zeros", 1);
}

static void
map_and_touch(vm_size_t size)
{
	map_at(AT, NULL, size, VM_PROT_RW, VM_PROT_ALL, 0);
	touch(atop(size));
}

static void
unmap(vm_size_t size)
{
	(void)vm_map_remove(own_map(), AT, AT + size);
}

SERVICE_TEST(fault_speed)
{
	vm_object_t zeroed;
	struct vmspace *child;

	services_user_begin();
	services_user_load();

	/* Zeros, of pages that are zeroed. */
	await_zeroed_pages(2 * PAGES);
	speed_mark();
	map_and_touch(PAGES * PAGE_SIZE);
	unmap(PAGES * PAGE_SIZE);

	/* A megabyte, likewise. */
	await_zeroed_pages(MEGABYTE / PAGE_SIZE + PAGES);
	speed_mark();
	map_and_touch(MEGABYTE);
	unmap(MEGABYTE);
	speed_mark();

	/* Both, of others. */
	zeroed = hold_zeroed_pages();
	speed_mark();
	map_and_touch(PAGES * PAGE_SIZE);
	unmap(PAGES * PAGE_SIZE);
	speed_mark();
	map_and_touch(MEGABYTE);
	unmap(MEGABYTE);
	speed_mark();

	/* Fork; and writes to what is shared now. */
	map_and_touch(MEGABYTE);
	speed_mark();
	child = vmspace_fork(curproc->p_vmspace);
	speed_mark();
	touch(PAGES);
	vmspace_free(child);

	services_user_end();
	vm_object_deallocate(zeroed);
}
