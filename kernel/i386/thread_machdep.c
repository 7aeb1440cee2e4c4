/*
 * thread_machdep: a thread's machine state, before it runs for the first time.
 *
 * [i386/i386/vm_machdep.c]
 */
#include <sys/proc.h>

#include <sys/sched.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/md_var.h>
#include <i386/pcb.h>

/* The pcb stands at the top of the stack. */
void
cpu_thread_setup(struct thread *td)
{
	td->td_pcb = (struct pcb *)(td->td_kstack +
	    td->td_kstack_pages * PAGE_SIZE) - 1;
	memset(td->td_pcb, 0, sizeof(*td->td_pcb));
	td->td_pcb->pcb_cr3 = IdlePTD;
}

/*
 * Have td begin with func(arg), in the kernel: as if it had once called
 * cpu_switch(), and that were now to return to kthread_trampoline.  Its stack
 * begins where the CPU would begin it for who comes from user mode.
 */
void
cpu_set_kthread_entry(struct thread *td, void (*func)(void *), void *arg)
{
	struct pcb *pcb = td->td_pcb;

	pcb->pcb_eip = (uint32_t)kthread_trampoline;
	pcb->pcb_esp = (uint32_t)pcb - 16 - sizeof(uint32_t);
	pcb->pcb_ebp = 0;
	pcb->pcb_esi = (uint32_t)func;
	pcb->pcb_ebx = (uint32_t)arg;
}

/*
 * Halt until an interrupt, unless somebody can run.  One that comes after the
 * look makes no difference: it waits for STI, and STI for the instruction
 * behind it, so that it finds the CPU halted and wakes it.
 */
void
cpu_idle(void)
{
	disable_intr();
	if (sched_runnable())
		enable_intr();
	else
		__asm__ volatile("sti; hlt" : : : "memory");
}
