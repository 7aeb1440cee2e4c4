/*
 * services_fault_pager: tests of faults that meet a pager, or each other.
 * grade/tests/test_fault.py says what is expected.
 *
 * The pager is one of ours, in the place of swap's: it says what it was asked
 * for, may sleep on its way, and fails when it is told to.
 */
#include "services_fault.h"

#include <sys/mman.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/vm_pager.h>

#define	AT		0x10000000U
#define	PAGES		64

static struct pagerops swaps_own;

static int	result;			/* VM_PAGER_: what comes of getpages() */
static int	shut;			/* getpages() waits until it is open */
static int	waiting;		/* it does */
static int	calls;
static char	asked[200];		/* its calls: "first+count" */

static void
test_dealloc(vm_object_t object __unused)
{
}

static int
test_haspage(vm_object_t object, vm_pindex_t pindex, int *before, int *after)
{
	if (before != NULL)
		*before = pindex;
	if (after != NULL)
		*after = object->size - pindex - 1;
	return (1);
}

/* Page n is full of 1000 + n. */
static void
fill(vm_page_t m)
{
	vm_offset_t window = kmem_alloc_nofault(kernel_map, PAGE_SIZE);
	unsigned i;

	pmap_kenter(window, VM_PAGE_TO_PHYS(m));
	for (i = 0; i < PAGE_SIZE / 4; i++)
		((uint32_t *)window)[i] = 1000 + m->pindex;
	pmap_kremove(window);
	kmem_free(kernel_map, window, PAGE_SIZE);
	m->valid = VM_PAGE_BITS_ALL;
	vm_page_undirty(m);
}

static int
test_getpages(vm_object_t object, vm_page_t *m, int count, int reqpage)
{
	size_t length = strlen(asked);
	int i;

	KASSERT(object->paging_in_progress > 0, ("getpages: nothing in progress"));
	calls++;
	snprintf(asked + length, sizeof(asked) - length, "%s%u+%d@%d",
	    length > 0 ? "," : "", m[0]->pindex, count, reqpage);
	while (shut) {
		waiting = 1;
		wakeup(&waiting);
		(void)tsleep(&shut, PVM, "pager", 0);
	}
	waiting = 0;
	for (i = 0; i < count; i++) {
		if (result == VM_PAGER_OK)
			fill(m[i]);
		if (i == reqpage)
			continue;
		if (result == VM_PAGER_OK) {
			vm_page_deactivate(m[i]);
			vm_page_wakeup(m[i]);
		} else {
			vm_page_free(m[i]);
		}
	}
	return (result);
}

static void
test_unswapped(vm_page_t m __unused)
{
}

static void
begin(void)
{
	services_user_begin();
	services_user_load();
	swaps_own = swappagerops;
	swappagerops.pgo_dealloc = test_dealloc;
	swappagerops.pgo_getpages = test_getpages;
	swappagerops.pgo_haspage = test_haspage;
	swappagerops.pgo_pageunswapped = test_unswapped;
	result = VM_PAGER_OK;
	shut = waiting = calls = 0;
	asked[0] = '\0';
}

static void
end(void)
{
	services_user_end();
	swappagerops = swaps_own;
}

/* ---------------------------------------------------------------- what it returns */

static void
try_result(const char *what, int code, vm_object_t object)
{
	uint32_t read = cnt.v_io_faults, zeros = cnt.v_zfod;
	int rv;

	result = code;
	calls = 0;
	map_at(AT, object, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	rv = vm_fault(own_map(), AT, VM_PROT_READ, VM_FAULT_NORMAL);
	printf("@pager what=%s rv=%d calls=%d read=%u zeros=%u resident=%d "
	    "progress=%d refs=%d value=%u\n", what, rv, calls,
	    cnt.v_io_faults - read, cnt.v_zfod - zeros,
	    object->resident_page_count, object->paging_in_progress,
	    object->ref_count, rv == KERN_SUCCESS ? user_get(AT) : 0);
	(void)vm_map_remove(own_map(), AT, AT + PAGE_SIZE);
}

/* Of an object, and of one behind a shadow. */
static vm_object_t
shadow_of(vm_object_t object)
{
	vm_ooffset_t offset = 0;

	vm_object_reference(object);
	vm_object_shadow(&object, &offset, object->size);
	return (object);
}

SERVICE_TEST(fault_pager)
{
	static const struct {
		const char	*what;
		int		code;
	} codes[] = {
		{ "ok", VM_PAGER_OK }, { "fail", VM_PAGER_FAIL },
		{ "error", VM_PAGER_ERROR }, { "bad", VM_PAGER_BAD },
	};
	vm_object_t behind;
	unsigned i;

	begin();
	for (i = 0; i < nitems(codes); i++)
		try_result(codes[i].what, codes[i].code,
		    vm_object_allocate(OBJT_SWAP, 1));
	for (i = 0; i < nitems(codes); i++) {
		behind = vm_object_allocate(OBJT_SWAP, 1);
		try_result("behind", codes[i].code, shadow_of(behind));
		printf("@behind refs=%d progress=%d resident=%d\n",
		    behind->ref_count, behind->paging_in_progress,
		    behind->resident_page_count);
		vm_object_deallocate(behind);
	}
	end();
}

/* ---------------------------------------------------------------- the window */

static void
print_window(const char *what, int advice, const int *pages, int count)
{
	int i;

	asked[0] = '\0';
	map_at(AT, vm_object_allocate(OBJT_SWAP, PAGES), PAGES * PAGE_SIZE,
	    VM_PROT_RW, VM_PROT_ALL, 0);
	(void)vm_map_madvise(own_map(), AT, AT + PAGES * PAGE_SIZE, advice);
	for (i = 0; i < count; i++)
		if (user_get(AT + pages[i] * PAGE_SIZE) != 1000U + pages[i])
			printf("@window what=%s wrong=%d\n", what, pages[i]);
	printf("@window what=%s asked=%s\n", what, asked);
	(void)vm_map_remove(own_map(), AT, AT + PAGES * PAGE_SIZE);
}

SERVICE_TEST(fault_window)
{
	static const int apart[] = { 20, 40, 2, 63, 0 };
	int all[PAGES], i;

	for (i = 0; i < PAGES; i++)
		all[i] = i;
	begin();
	print_window("normal", MADV_NORMAL, apart, nitems(apart));
	print_window("random", MADV_RANDOM, apart, nitems(apart));
	print_window("sequential", MADV_SEQUENTIAL, apart, nitems(apart));
	print_window("in_turn", MADV_NORMAL, all, PAGES);
	end();
}

/* ---------------------------------------------------------------- two at once */

static struct {
	struct vmspace	*vm;
	vm_prot_t	type;
	int		rv, done;
	uint32_t	value;
} other;

/* The other process faults, in the same address space, and looks what it got. */
static void
other_faults(void *arg __unused)
{
	other.vm->vm_refcnt++;
	curproc->p_vmspace = other.vm;
	pmap_activate(curthread);
	other.rv = vm_fault(own_map(), AT, other.type,
	    other.type & VM_PROT_WRITE ? VM_FAULT_DIRTY : VM_FAULT_NORMAL);
	if (other.rv == KERN_SUCCESS)
		(void)copyin((void *)AT, &other.value, 4);
	other.done = 1;
	services_user_end();
	services_leave();
}

static struct proc *
start_other(vm_prot_t type)
{
	memset(&other, 0, sizeof(other));
	other.vm = curproc->p_vmspace;
	other.type = type;
	return (services_start(other_faults, NULL, PVM, "other"));
}

/* A page that is busy: who wants it sleeps, and looks anew. */
SERVICE_TEST(fault_busy)
{
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, 1);
	uint32_t met = cnt.v_intrans;
	struct proc *p;
	vm_page_t m;

	begin();
	map_at(AT, object, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	m = filled_page(object, 0, 11);
	vm_page_busy(m);
	p = start_other(VM_PROT_READ);
	(void)tsleep(&other, PVM, "look", 2);
	printf("@busy done=%d where=%s met=%u locked=%d\n", other.done,
	    p->p_thread.td_wmesg, cnt.v_intrans - met, own_map()->lock.sx_cnt);
	vm_page_free(m);
	(void)filled_page(object, 0, 12);
	services_join(1);
	printf("@busy_end rv=%d value=%u refs=%d progress=%d\n", other.rv,
	    other.value, object->ref_count, object->paging_in_progress);
	end();
}

/* A page behind that is in memory and not valid is nobody's, before and after. */
SERVICE_TEST(fault_invalid)
{
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, 1);
	vm_page_t m;
	int rv;

	begin();
	m = vm_page_alloc(object, 0, VM_ALLOC_NORMAL | VM_ALLOC_NOBUSY);
	map_at(AT, shadow_of(object), PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	rv = vm_fault(own_map(), AT, VM_PROT_READ, VM_FAULT_NORMAL);
	printf("@invalid rv=%d value=%u busy=%d valid=%d\n", rv, user_get(AT),
	    m->flags & PG_BUSY, m->valid);
	end();
	vm_object_deallocate(object);
}

/*
 * A fault has its page, but the map is another's child's, too, by now, and others
 * look at it: whatever it waits for, it does not keep the page meanwhile.
 */
SERVICE_TEST(fault_readers)
{
	vm_object_t object = vm_object_allocate(OBJT_SWAP, 1);

	begin();
	vm_object_reference(object);
	map_at(AT, object, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	shut = 1;
	(void)start_other(VM_PROT_WRITE);
	while (!waiting)
		(void)tsleep(&waiting, PVM, "pager", 0);
	vmspace_free(vmspace_fork(curproc->p_vmspace));
	vm_map_lock_read(own_map());
	shut = 0;
	wakeup(&shut);
	(void)tsleep(&object, PVM, "look", 2);
	printf("@readers done=%d busy=%d\n", other.done,
	    vm_page_lookup(object, 0)->flags & PG_BUSY);
	vm_map_unlock_read(own_map());
	services_join(1);
	printf("@readers_end rv=%d value=%u refs=%d progress=%d locked=%d\n",
	    other.rv, other.value, object->ref_count,
	    object->paging_in_progress, own_map()->lock.sx_cnt);
	end();
	vm_object_deallocate(object);
}

/* What happens to the map while the pager of a fault sleeps. */
static void
change_nothing(void)
{
}

/* The map has changed, but elsewhere. */
static void
change_elsewhere(void)
{
	map_at(AT + 16 * PAGE_SIZE, NULL, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
}

static void
change_to_read(void)
{
	(void)vm_map_protect(own_map(), AT, AT + PAGE_SIZE, VM_PROT_READ, 0);
}

static void
change_to_none(void)
{
	(void)vm_map_protect(own_map(), AT, AT + PAGE_SIZE, VM_PROT_NONE, 0);
}

static void
change_remove(void)
{
	(void)vm_map_remove(own_map(), AT, AT + PAGE_SIZE);
}

static void
change_replace(void)
{
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, 1);

	(void)filled_page(object, 0, 77);
	change_remove();
	map_at(AT, object, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
}

static void
change_during(const char *what, vm_prot_t type, void (*change)(void))
{
	vm_object_t object = vm_object_allocate(OBJT_SWAP, 1);

	vm_object_reference(object);
	map_at(AT, object, PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	calls = 0;
	shut = 1;
	(void)start_other(type);
	while (!waiting)
		(void)tsleep(&waiting, PVM, "pager", 0);
	change();
	shut = 0;
	wakeup(&shut);
	services_join(1);
	printf("@change what=%s rv=%d value=%u calls=%d refs=%d progress=%d "
	    "locked=%d\n", what, other.rv, other.value, calls, object->ref_count,
	    object->paging_in_progress, own_map()->lock.sx_cnt);
	fault_mark("change", AT);
	(void)vm_map_remove(own_map(), AT, AT + 32 * PAGE_SIZE);
	vm_object_deallocate(object);
}

SERVICE_TEST(fault_change)
{
	begin();
	change_during("nothing", VM_PROT_READ, change_nothing);
	change_during("elsewhere", VM_PROT_WRITE, change_elsewhere);
	change_during("read_only", VM_PROT_READ, change_to_read);
	change_during("read_only_and_written", VM_PROT_WRITE, change_to_read);
	change_during("none", VM_PROT_READ, change_to_none);
	change_during("removed", VM_PROT_READ, change_remove);
	change_during("replaced", VM_PROT_READ, change_replace);
	end();
}
