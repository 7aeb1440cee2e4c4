/*
 * Processes and their threads.  Each process has exactly one.
 *
 * [sys/proc.h]
 */
#ifndef _SYS_PROC_H_
#define	_SYS_PROC_H_

#include <sys/param.h>

struct pcb;
struct trapframe;
struct proc;

struct thread {
	struct proc	*td_proc;
	struct pcb	*td_pcb;	/* at the top of its kernel stack */
	uint32_t	td_kstack;	/* the stack's lowest address */
	struct trapframe *td_frame;	/* of the last entry from user mode */
	volatile int	td_flags;	/* TDF_ */
};

#define	TDF_ASTPENDING	0x0800		/* something is to be done before it returns */

struct proc {
	int		p_pid;
	char		p_comm[MAXCOMLEN + 1];
	struct thread	p_thread;
};

extern struct proc proc0;
#define	thread0		(proc0.p_thread)
extern struct thread *curthread;
#define	curproc		(curthread->td_proc)
#define	curpcb		(curthread->td_pcb)

#endif /* !_SYS_PROC_H_ */
