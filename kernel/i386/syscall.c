/*
 * syscall: a user's call, by INT 80h or lcall $7, $0; and what is done before
 * user mode is entered again.
 *
 * There are no calls yet.
 *
 * [i386/i386/trap.c]
 */
#include <i386/md_var.h>

#include <sys/errno.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <i386/specialreg.h>

/* A number that no call has: ENOSYS, with carry. */
__attribute__((weak)) void
syscall(struct trapframe *tf)
{
	tf->tf_eax = ENOSYS;
	tf->tf_eflags |= PSL_C;
}

/* The thread is about to return to user mode, and something was pending. */
__attribute__((weak)) void
ast(struct trapframe *tf __unused)
{
	curthread->td_flags &= ~TDF_ASTPENDING;
}
