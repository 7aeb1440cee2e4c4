/*
 * Signals, inside the kernel.
 *
 * [sys/signalvar.h]
 */
#ifndef _SYS_SIGNALVAR_H_
#define	_SYS_SIGNALVAR_H_

struct thread;
struct trapframe;

/* Give the thread a signal for its trap.  (kern/kern_sig.c) */
void	trapsignal(struct thread *td, struct trapframe *tf, int sig, int code);

#endif /* !_SYS_SIGNALVAR_H_ */
