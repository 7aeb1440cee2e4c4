/*
 * trap_pfault: what is done about a page fault.
 *
 *	who	address			map		if vm_fault() cannot help
 *	user	his			the process'	SIGBUS: not like this
 *							SIGSEGV: nothing there
 *		not his			none		SIGSEGV
 *	kernel	the kernel's		kernel_map	pcb_onfault, or fatal
 *		the user's, and there	the process'	pcb_onfault
 *		is a pcb_onfault
 *		the user's, without	none		fatal
 *
 * The kernel touches what is the user's by copyin() and its kin alone, which set
 * pcb_onfault: anything else is a mistake, mostly a null pointer.
 *
 * vm_fault() may sleep.  So nobody is helped whose interrupts were off: the
 * debugger, who looks at any address and expects that some are bad.
 *
 * [i386/i386/trap.c]
 */
#include <i386/md_var.h>

#include <sys/proc.h>
#include <sys/signal.h>
#include <sys/signalvar.h>
#include <i386/pcb.h>
#include <i386/specialreg.h>
#include <i386/trap.h>
#include <vm/vm_extern.h>
#include <vm/vm_map.h>

/* His memory, or a signal. */
static inline void
user_fault(struct trapframe *tf, uint32_t eva)
{
	struct vmspace *vm = curproc->p_vmspace;
	int rv = KERN_INVALID_ADDRESS;

	if (eva < VM_MAXUSER_ADDRESS && vm != NULL) {
		if (!(tf->tf_err & PGEX_W))
			rv = vm_fault(&vm->vm_map, trunc_page(eva), VM_PROT_READ,
			    VM_FAULT_NORMAL);
		else
			rv = vm_fault(&vm->vm_map, trunc_page(eva), VM_PROT_WRITE,
			    VM_FAULT_DIRTY);
	}
	if (rv != KERN_SUCCESS)
		trapsignal(curthread, tf, rv == KERN_PROTECTION_FAILURE ?
		    SIGBUS : SIGSEGV, T_PAGEFLT);
}

/*
 * While the page is brought in there is no pcb_onfault: what the kernel does then
 * is not what had set it.
 */
static __attribute__((noinline)) void
kernel_fault(struct trapframe *tf, uint32_t eva)
{
	struct vmspace *vm = curproc->p_vmspace;
	struct pcb *pcb = curpcb;
	void *onfault = pcb->pcb_onfault;
	vm_map_t map = NULL;
	int rv = KERN_INVALID_ADDRESS, flags = VM_FAULT_NORMAL;
	vm_prot_t type = tf->tf_err & PGEX_W ? VM_PROT_WRITE : VM_PROT_READ;

	if (tf->tf_eflags & PSL_I) {
		if (eva >= VM_MAXUSER_ADDRESS)
			map = kernel_map;
		else if (onfault != NULL && vm != NULL)
			map = &vm->vm_map;
	}
	if (map != kernel_map && type == VM_PROT_WRITE)
		flags = VM_FAULT_DIRTY;
	if (map != NULL) {
		pcb->pcb_onfault = NULL;
		rv = vm_fault(map, trunc_page(eva), type, flags);
		pcb->pcb_onfault = onfault;
	}
	if (rv == KERN_SUCCESS)
		return;
	if (onfault != NULL)
		tf->tf_eip = (uint32_t)onfault;
	else
		trap_fatal(tf, eva);
}

/* A page fault at `eva'. */
void
trap_pfault(struct trapframe *tf, uint32_t eva)
{
	if (TRAPF_USERMODE(tf))
		user_fault(tf, eva);
	else
		kernel_fault(tf, eva);
}
