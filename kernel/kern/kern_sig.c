/*
 * kern_sig: signals.
 *
 * There are no processes yet that could take one.
 *
 * [kern/kern_sig.c]
 */
#include <sys/signalvar.h>

#include <sys/proc.h>
#include <sys/systm.h>

__attribute__((weak)) void
trapsignal(struct thread *td, struct trapframe *tf __unused, int sig, int code)
{
	panic("pid %d (%s): signal %d, code %d, and nobody to take it",
	    td->td_proc->p_pid, td->td_proc->p_comm, sig, code);
}
