/*
 * trap_pfault: what is done about a page fault.
 *
 * Nothing is ever brought in yet.
 *
 * [i386/i386/trap.c]
 */
#include <i386/md_var.h>

#include <sys/proc.h>
#include <sys/signal.h>
#include <sys/signalvar.h>
#include <i386/pcb.h>
#include <i386/trap.h>

/*
 * A page fault at `eva': the user's is a SIGSEGV, the kernel's goes on where
 * the pcb says, or is fatal.
 */
void
trap_pfault(struct trapframe *tf, uint32_t eva)
{
	if (TRAPF_USERMODE(tf))
		trapsignal(curthread, tf, SIGSEGV, T_PAGEFLT);
	else if (curpcb->pcb_onfault != NULL)
		tf->tf_eip = (uint32_t)curpcb->pcb_onfault;
	else
		trap_fatal(tf, eva);
}
