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

SERVICE_TEST(fault_speed)
{
	vm_object_t zeroed;
	struct vmspace *child;
	vm_offset_t va = AT;

	services_user_begin();
	services_user_load();
	map_at(AT, NULL, PAGES * PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	while (vm_page_zero_count < 2 * PAGES)
		(void)tsleep(&vm_page_zero_count, PWAIT, "zeros", 1);
	speed_mark();
	touch(PAGES);

	zeroed = hold_zeroed_pages();
	map_at(AT + MEGABYTE, NULL, PAGES * PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	(void)vm_map_remove(own_map(), AT, AT + PAGES * PAGE_SIZE);
	map_at(AT, NULL, PAGES * PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	speed_mark();
	touch(PAGES);

	child = vmspace_fork(curproc->p_vmspace);
	speed_mark();
	touch(PAGES);
	vmspace_free(child);
	(void)vm_map_remove(own_map(), AT, AT + 2 * MEGABYTE);

	speed_mark();
	(void)vm_map_find(own_map(), NULL, 0, &va, MEGABYTE, 0, VM_PROT_RW, VM_PROT_ALL, 0);
	touch(MEGABYTE / PAGE_SIZE);
	(void)vm_map_remove(own_map(), AT, AT + MEGABYTE);
	speed_mark();

	map_at(AT, NULL, MEGABYTE, VM_PROT_RW, VM_PROT_ALL, 0);
	touch(MEGABYTE / PAGE_SIZE);
	speed_mark();
	child = vmspace_fork(curproc->p_vmspace);
	speed_mark();
	vmspace_free(child);
	services_user_end();
	vm_object_deallocate(zeroed);
}
