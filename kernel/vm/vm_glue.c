/*
 * vm_glue: where processes meet memory: kernel stacks, and process 0.
 *
 *	td_pcb		the machine's state, at the top	(i386/pcb.h)
 *	   |		the stack, downwards
 *	td_kstack	its lowest address
 *			a page that maps nothing, as below each
 *			piece of kernel_map	(vm_kern.c)
 *
 * Who uses more than its stack so does no harm to somebody else's memory: it
 * faults, and as the fault finds no stack either, it is a double fault, which
 * has one of its own.
 *
 * [vm/vm_glue.c]
 */
#include <sys/proc.h>

#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_page.h>

int
vm_thread_new(struct thread *td, int pages)
{
	vm_offset_t base, va;
	vm_page_t m;

	if (pages == 0)
		pages = KSTACK_PAGES;
	base = kmem_alloc_nofault(kernel_map, ptoa(pages));
	if (base == 0)
		return (ENOMEM);
	for (va = base; va < base + ptoa(pages); va += PAGE_SIZE) {
		m = vm_page_alloc(NULL, 0, VM_ALLOC_NOOBJ | VM_ALLOC_NORMAL |
		    VM_ALLOC_WIRED);
		if (m == NULL) {
			kmem_free(kernel_map, base, ptoa(pages));
			return (ENOMEM);
		}
		pmap_qenter(va, &m, 1);
	}
	td->td_kstack = base;
	td->td_kstack_pages = pages;
	cpu_thread_setup(td);
	return (0);
}

/* It is not the stack that we are on. */
void
vm_thread_dispose(struct thread *td)
{
	kmem_free(kernel_map, td->td_kstack, ptoa(td->td_kstack_pages));
	td->td_kstack = 0;
}

/*
 * What process 0 does for the rest of its life, when it has started
 * everything: it sees to those that have ended.  One day it will swap.
 */
static void
scheduler(const void *dummy __unused)
{
	struct proc *p;

	for (;;) {
		while ((p = LIST_FIRST(&zombproc)) != NULL)
			proc_reap(p);
		(void)tsleep(&proc0, PVM, "sched", 0);
	}
}
SYSINIT(scheduler, SI_SUB_RUN_SCHEDULER, SI_ORDER_ANY, scheduler, NULL);
