/*
 * vm_fail: memory that fails when told to.
 *
 * Where memory is short, code runs that nobody has ever seen run.  So one of
 * the requests, the Nth, can be made to fail; a test lets N go from 1 up until
 * nothing fails any more, and looks each time whether all is as it was.
 *
 * The loader's variable vm.fail_alloc sets it, tests do.  While the kernel starts
 * nothing is counted: what it needs then it cannot do without.
 */
#include <vm/vm_extern.h>

#include <sys/malloc.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>

int vm_fail_alloc;
TUNABLE_INT("vm.fail_alloc", &vm_fail_alloc);

int
vm_fail_now(void)
{
	uint32_t ef = intr_disable();
	int now;

	now = !cold && vm_fail_alloc > 0 && --vm_fail_alloc == 0;
	intr_restore(ef);
	return (now);
}

/* While one waits others run, as they would if there were no memory. */
int
vm_fail_request(int flags)
{
	if (!vm_fail_now())
		return (0);
	if (flags & M_NOWAIT)
		return (1);
	(void)tsleep(&vm_fail_alloc, PVM, "vmfail", 1);
	return (0);
}
