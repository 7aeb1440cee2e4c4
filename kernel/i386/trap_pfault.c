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

/* The map that a page may be found in, or NULL: then nobody can help. */
static vm_map_t
fault_map(const struct trapframe *tf, uint32_t eva)
{
	struct vmspace *vm = curproc->p_vmspace;

	if ((tf->tf_eflags & PSL_I) == 0 && !TRAPF_USERMODE(tf))
		return (NULL);
	if (eva >= VM_MAXUSER_ADDRESS)
		return (TRAPF_USERMODE(tf) ? NULL : kernel_map);
	if (!TRAPF_USERMODE(tf) && curpcb->pcb_onfault == NULL)
		return (NULL);
	return (vm == NULL ? NULL : &vm->vm_map);
}

/*
 * Bring in what is at eva, if it can be done.  Returns as vm_fault().  On its way
 * the kernel touches nothing of the user's.
 */
static int
bring_in(const struct trapframe *tf, uint32_t eva)
{
	vm_map_t map = fault_map(tf, eva);
	struct pcb *pcb = curpcb;
	void *onfault = pcb->pcb_onfault;
	int rv, write = tf->tf_err & PGEX_W;

	if (map == NULL)
		return (KERN_INVALID_ADDRESS);
	pcb->pcb_onfault = NULL;
	rv = vm_fault(map, trunc_page(eva),
	    write ? VM_PROT_WRITE : VM_PROT_READ,
	    write && map != kernel_map ? VM_FAULT_DIRTY : VM_FAULT_NORMAL);
	pcb->pcb_onfault = onfault;
	return (rv);
}

/* A page fault at `eva'. */
void
trap_pfault(struct trapframe *tf, uint32_t eva)
{
	int rv = bring_in(tf, eva);

	if (rv == KERN_SUCCESS)
		return;
	if (TRAPF_USERMODE(tf))
		trapsignal(curthread, tf, rv == KERN_PROTECTION_FAILURE ?
		    SIGBUS : SIGSEGV, T_PAGEFLT);
	else if (curpcb->pcb_onfault != NULL)
		tf->tf_eip = (uint32_t)curpcb->pcb_onfault;
	else
		trap_fatal(tf, eva);
}
