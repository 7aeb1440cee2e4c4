/*
 * services_fault: tests of page faults: what each comes to, zeros, wired pages,
 * neighbours, stacks, the kernel's own mistakes; services_fault_cow.c has copies,
 * services_fault_pager.c pagers.  grade/tests/test_fault.py says what is expected.
 *
 * Each test runs in an address space of its own.
 */
#include "services_fault.h"

#include <sys/malloc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/md_var.h>

#define	AT		0x10000000U	/* where tests map things */

vm_map_t
own_map(void)
{
	return (&curproc->p_vmspace->vm_map);
}

vm_offset_t
map_at(vm_offset_t at, vm_object_t object, vm_size_t size, vm_prot_t prot,
    vm_prot_t max, int cow)
{
	int rv;

	rv = vm_map_find(own_map(), object, 0, &at, size, 0, prot, max, cow);
	if (rv != KERN_SUCCESS)
		panic("services_fault: nothing can be mapped at %#x: %d", at, rv);
	return (at);
}

uint32_t
user_get(vm_offset_t va)
{
	struct services_user user = { .esi = va };

	services_user_run(&user, user_read, 0);
	return (user.signo != 0 ? 0xdead0000 + user.signo : user.eax);
}

int
user_put(vm_offset_t va, uint32_t value)
{
	struct services_user user = { .esi = va, .eax = value };

	services_user_run(&user, user_write, 0);
	return (user.signo);
}

vm_paddr_t
frame_at(vm_offset_t va)
{
	return (pmap_extract(own_map()->pmap, va));
}

/* A page of an anonymous object, all of its words `value'. */
vm_page_t
filled_page(vm_object_t object, vm_pindex_t pindex, uint32_t value)
{
	vm_page_t m = vm_page_grab(object, pindex, VM_ALLOC_NORMAL | VM_ALLOC_RETRY);
	uint32_t *words = malloc(PAGE_SIZE, M_TEMP, M_WAITOK);
	vm_offset_t window = kmem_alloc_nofault(kernel_map, PAGE_SIZE);
	unsigned i;

	for (i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		words[i] = value;
	pmap_kenter(window, VM_PAGE_TO_PHYS(m));
	memcpy((void *)window, words, PAGE_SIZE);
	pmap_kremove(window);
	kmem_free(kernel_map, window, PAGE_SIZE);
	free(words, M_TEMP);
	m->valid = VM_PAGE_BITS_ALL;
	vm_page_dirty(m);
	vm_page_activate(m);
	vm_page_wakeup(m);
	return (m);
}

__attribute__((noipa)) void
fault_mark(const char *name __unused, uint32_t va __unused)
{
}

/* ---------------------------------------------------------------- what comes of it */

static void
print_row(const char *what, vm_offset_t va, vm_prot_t type, int flags)
{
	int rv = vm_fault(own_map(), va, type, flags);

	printf("@row what=%s rv=%d locked=%d\n", what, rv,
	    own_map()->lock.sx_cnt);
}

/* What the machine counts (sys/vmmeter.h): at least what is known to happen here. */
static void
nothing_main(void *arg __unused)
{
	services_leave();
}

SERVICE_TEST(meters)
{
	struct vmmeter before = cnt;
	int ticks = 0, i;

	for (i = 0; i < 3; i++)
		ticks += tsleep(&before, PVM, "tick", 1) != 0;
	for (i = 0; i < 5; i++)
		(void)fuword((void *)(8 * PAGE_SIZE));
	services_start(nothing_main, NULL, PVM, "nothing");
	services_join(1);
	printf("@meters ticks=%d swtch=%u intr=%u soft=%u trap=%u kthreads=%u\n",
	    ticks, cnt.v_swtch - before.v_swtch, cnt.v_intr - before.v_intr,
	    cnt.v_soft - before.v_soft, cnt.v_trap - before.v_trap,
	    cnt.v_kthreads - before.v_kthreads);
}

/* Each code that vm_fault() returns, but those of pagers (services_fault_pager.c). */
SERVICE_TEST(fault_rows)
{
	vm_object_t object, behind;
	vm_ooffset_t offset = 0;

	services_user_begin();
	print_row("hole", AT, VM_PROT_READ, VM_FAULT_NORMAL);
	print_row("null", 0, VM_PROT_READ, VM_FAULT_NORMAL);
	print_row("kernel", KERNBASE, VM_PROT_READ, VM_FAULT_NORMAL);

	map_at(AT, NULL, PAGE_SIZE, VM_PROT_READ, VM_PROT_ALL, 0);
	print_row("read", AT, VM_PROT_READ, VM_FAULT_NORMAL);
	print_row("again", AT, VM_PROT_READ, VM_FAULT_NORMAL);
	print_row("write_of_read_only", AT, VM_PROT_WRITE, VM_FAULT_DIRTY);
	(void)vm_map_protect(own_map(), AT, AT + PAGE_SIZE, VM_PROT_NONE, 0);
	print_row("read_of_none", AT, VM_PROT_READ, VM_FAULT_NORMAL);
	(void)vm_map_protect(own_map(), AT, AT + PAGE_SIZE, VM_PROT_RW, 0);
	print_row("write", AT, VM_PROT_WRITE, VM_FAULT_DIRTY);

	/* Three pages of an object of two. */
	object = vm_object_allocate(OBJT_DEFAULT, 2);
	map_at(AT + PAGE_SIZE, object, 3 * PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	print_row("last", AT + 2 * PAGE_SIZE, VM_PROT_WRITE, VM_FAULT_DIRTY);
	print_row("behind_the_end", AT + 3 * PAGE_SIZE, VM_PROT_WRITE, VM_FAULT_DIRTY);

	/* A chain whose end is no more. */
	behind = vm_object_allocate(OBJT_DEFAULT, 1);
	object = behind;
	vm_object_reference(behind);
	vm_object_shadow(&object, &offset, 1);
	map_at(AT + 8 * PAGE_SIZE, object, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	vm_object_set_flag(behind, OBJ_DEAD);
	print_row("dead", AT + 8 * PAGE_SIZE, VM_PROT_READ, VM_FAULT_NORMAL);
	vm_object_clear_flag(behind, OBJ_DEAD);
	vm_object_deallocate(behind);
	printf("@object refs=%d progress=%d resident=%d\n", object->ref_count,
	    object->paging_in_progress, object->resident_page_count);
	services_user_end();
}

/* What ring 3 gets for it: signals; and the kernel, by copyin(). */
static void
print_touch(const char *what, const char *program, vm_offset_t va)
{
	struct services_user user = { .esi = va, .eax = 7 };

	services_user_run(&user, program, 0);
	printf("@touch what=%s signo=%d code=%d eax=%u\n", what, user.signo,
	    user.code, user.eax);
}

SERVICE_TEST(fault_user)
{
	uint32_t word = 0;

	services_user_begin();
	services_user_load();
	print_touch("nothing", user_nothing, 0);
	print_touch("read_null", user_read, 0);
	print_touch("write_null", user_write, 4);
	print_touch("read_hole", user_read, AT);
	print_touch("read_kernel", user_read, KERNBASE);
	print_touch("write_kernel", user_write, (vm_offset_t)&word);
	print_touch("read_tables", user_read, PTMAP_ADDRESS);
	print_touch("call_hole", user_call, AT);

	map_at(AT, NULL, 4 * PAGE_SIZE, VM_PROT_READ, VM_PROT_ALL, 0);
	print_touch("write_read_only", user_write, AT);
	print_touch("read_read_only", user_read, AT);
	(void)vm_map_protect(own_map(), AT, AT + 4 * PAGE_SIZE, VM_PROT_RW, 0);
	print_touch("write", user_write, AT);
	print_touch("read", user_read, AT);

	printf("@copy what=in_absent rv=%d",
	    copyin((void *)(AT + PAGE_SIZE + 5), &word, 4));
	printf(" word=%u\n", word);
	word = 0x1234;
	printf("@copy what=out_absent rv=%d",
	    copyout(&word, (void *)(AT + 3 * PAGE_SIZE - 2), 4));
	printf(" word=%u\n", user_get(AT + 3 * PAGE_SIZE - 2));
	printf("@copy what=in_hole rv=%d word=0\n",
	    copyin((void *)(AT + 4 * PAGE_SIZE - 2), &word, 4));
	(void)vm_map_protect(own_map(), AT, AT + PAGE_SIZE, VM_PROT_READ, 0);
	printf("@copy what=out_read_only rv=%d word=0\n",
	    copyout(&word, (void *)AT, 4));
	printf("@copy what=fuword rv=%d word=%d\n", fuword((void *)AT), fuword((void *)4));
	services_user_end();
}

/* ---------------------------------------------------------------- zeros */

/* Leave pages behind that are full of something else. */
static void
dirty_free_pages(int count)
{
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, count);
	int i;

	for (i = 0; i < count; i++)
		(void)filled_page(object, i, 0xa5a5a5a5);
	vm_object_deallocate(object);
}

SERVICE_TEST(fault_zero)
{
	struct services_user user = { .esi = AT, .ecx = 24 * PAGE_SIZE / 4 };
	uint32_t free_before, zfod = cnt.v_zfod, ozfod = cnt.v_ozfod;

	services_user_begin();
	services_user_load();
	map_at(AT, NULL, 24 * PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	dirty_free_pages(40);
	free_before = cnt.v_free_count;
	zfod = cnt.v_zfod;
	services_user_run(&user, user_or, 0);
	printf("@zero signo=%d all=%u zfod=%u ozfod=%d taken=%d\n", user.signo,
	    user.eax, cnt.v_zfod - zfod, cnt.v_ozfod - ozfod <= 24,
	    free_before - cnt.v_free_count >= 24);
	fault_mark("zero", AT);
	fault_mark("zero", AT + 23 * PAGE_SIZE);
	services_user_end();
}

/* ---------------------------------------------------------------- wired, neighbours, stacks */

static void
print_wired(const char *what, vm_offset_t va)
{
	vm_page_t m = PHYS_TO_VM_PAGE(frame_at(va));

	printf("@wired what=%s wires=%d queue=%d\n", what, m->wire_count,
	    m->queue);
}

SERVICE_TEST(fault_wired)
{
	vm_object_t object;
	uint32_t wired;
	vm_page_t m;

	services_user_begin();
	services_user_load();
	map_at(AT, NULL, 3 * PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	(void)user_put(AT + 2 * PAGE_SIZE, 1);	/* the page table is wired, too */
	wired = cnt.v_wire_count;
	printf("@wire rv=%d", vm_map_wire(own_map(), AT, AT + 2 * PAGE_SIZE,
	    VM_MAP_WIRE_USER));
	printf(" more=%d\n", cnt.v_wire_count - wired);
	print_wired("user", AT);
	fault_mark("wired", AT);
	printf("@wire rv=%d", vm_map_unwire(own_map(), AT, AT + 2 * PAGE_SIZE,
	    VM_MAP_WIRE_USER));
	printf(" more=%d\n", cnt.v_wire_count - wired);
	print_wired("none", AT);

	/* What is private, and others see the page, too: the copy is made at once. */
	object = vm_object_allocate(OBJT_DEFAULT, 1);
	m = filled_page(object, 0, 5);
	vm_object_reference(object);
	map_at(AT + 16 * PAGE_SIZE, object, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL,
	    MAP_COPY_ON_WRITE);
	printf("@wire rv=%d", vm_map_wire(own_map(), AT + 16 * PAGE_SIZE,
	    AT + 17 * PAGE_SIZE, VM_MAP_WIRE_USER));
	printf(" more=%d", cnt.v_wire_count - wired);
	printf(" copied=%d value=%u\n", frame_at(AT + 16 * PAGE_SIZE) !=
	    VM_PAGE_TO_PHYS(m), user_get(AT + 16 * PAGE_SIZE));
	fault_mark("wired", AT + 16 * PAGE_SIZE);
	(void)vm_map_remove(own_map(), AT, AT + 17 * PAGE_SIZE);
	printf("@wire_end more=%d\n", cnt.v_wire_count - wired);
	vm_object_deallocate(object);
	services_user_end();
}

/* One page is read, in the midst of such as are in memory, and one that is not. */
SERVICE_TEST(fault_around)
{
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, 16);
	uint32_t faults;
	int i;

	services_user_begin();
	services_user_load();
	for (i = 0; i < 16; i++)
		if (i != 10)
			(void)filled_page(object, i, 200 + i);
	map_at(AT, object, 16 * PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	faults = cnt.v_vm_faults;
	(void)user_get(AT + 7 * PAGE_SIZE);
	printf("@around faults=%u mapped=", cnt.v_vm_faults - faults);
	for (i = 0; i < 16; i++)
		printf("%d", frame_at(AT + i * PAGE_SIZE) != 0);
	printf("\n");
	fault_mark("around", AT + 6 * PAGE_SIZE);
	fault_mark("around", AT + 7 * PAGE_SIZE);
	printf("@around_value value=%u\n", user_get(AT + 6 * PAGE_SIZE));
	services_user_end();
}

#define	STACK_TOP	VM_MAXUSER_ADDRESS
#define	STACK_SIZE	(1U << 20)

SERVICE_TEST(fault_stack)
{
	static const struct {
		const char	*what;
		vm_offset_t	below;
	} pushes[] = {
		{ "top", 0 }, { "first", SGROWSIZ - 4 }, { "grows", SGROWSIZ + 8 },
		{ "far", STACK_SIZE - 4 }, { "too_far", STACK_SIZE + 16 },
	};
	struct services_user user;
	unsigned i;

	services_user_begin();
	services_user_load();
	curproc->p_vmspace->vm_maxsaddr = (STACK_TOP - STACK_SIZE);
	if (vm_map_stack(own_map(), STACK_TOP - STACK_SIZE, STACK_SIZE, VM_PROT_ALL,
	    VM_PROT_ALL, MAP_STACK_GROWS_DOWN) != KERN_SUCCESS)
		panic("services_fault: no stack");
	curproc->p_vmspace->vm_ssize = atop(SGROWSIZ);
	for (i = 0; i < nitems(pushes); i++) {
		user = (struct services_user){ .eax = i };
		services_user_run(&user, user_push, STACK_TOP - pushes[i].below);
		printf("@push what=%s signo=%d ssize=%u\n", pushes[i].what,
		    user.signo, curproc->p_vmspace->vm_ssize);
	}
	services_user_end();
}

/* ---------------------------------------------------------------- mistakes of the kernel's */

SERVICE_TEST(fault_nofault)
{
	services_user_begin();
	map_at(AT, NULL, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, MAP_NOFAULT);
	(void)fubyte((void *)(AT + 4));
}

SERVICE_TEST(fault_null)
{
	char *volatile null = NULL;

	services_user_begin();
	map_at(AT, NULL, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	printf("@null %d\n", ((volatile char *)null)[4]);
}

/* The user's memory, which is there, but not by copyin(). */
SERVICE_TEST(fault_directly)
{
	services_user_begin();
	map_at(AT, NULL, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	printf("@directly %d\n", *(volatile char *)AT);
}

/* An address of kernel_map that nobody has. */
SERVICE_TEST(fault_wild)
{
	vm_offset_t va = kmem_alloc(kernel_map, PAGE_SIZE);

	kmem_free(kernel_map, va, PAGE_SIZE);
	printf("@wild %d\n", *(volatile char *)va);
}
