/*
 * Processes and their threads.  Each process has exactly one: what is
 * scheduled, sleeps and has a stack is struct thread; what has a number, a
 * name, memory and, one day, files is struct proc.
 *
 *	allproc -> proc -> proc -> proc0	all that live
 *	zombproc -> proc			that have ended, but for the stack
 *	pidhash[n] -> proc -> proc		both, by number
 *
 * A thread is always in one of these states.
 *
 *	INACTIVE	being made, or at its end
 *	   | sched_add()
 *	   v
 *	RUNQ ---------- sched_choose() -----------> RUNNING
 *	   ^                                        |   |
 *	   +------------ mi_switch() <--------------+   |
 *	   |                                            | tsleep()
 *	   +-- wakeup(), time-out -- INHIBITED <--------+
 *
 * The idle thread is in no queue: when it does not run it is CAN_RUN.
 *
 * All of this is changed at splhigh(), but for what only its owner looks at.
 *
 * [sys/proc.h]
 */
#ifndef _SYS_PROC_H_
#define	_SYS_PROC_H_

#include <sys/callout.h>
#include <sys/param.h>
#include <sys/queue.h>

struct filedesc;
struct pcb;
struct plimit;
struct trapframe;
struct vmspace;
struct proc;

enum thread_state {
	TDS_INACTIVE,			/* not yet, or no more */
	TDS_INHIBITED,			/* td_inhibitors says why */
	TDS_CAN_RUN,			/* could be, but is in no queue */
	TDS_RUNQ,
	TDS_RUNNING
};

struct thread {
	struct proc	*td_proc;

	/* The machine's: vm/vm_glue.c, i386/. */
	struct pcb	*td_pcb;	/* at the top of its kernel stack */
	uint32_t	td_kstack;	/* the stack's lowest address */
	int		td_kstack_pages;
	struct trapframe *td_frame;	/* of the last entry from user mode */
	int		td_retval[2];	/* what its system call returns */

	/* Queues: kern/kern_switch.c, kern/kern_synch.c. */
	TAILQ_ENTRY(thread) td_runq;
	TAILQ_ENTRY(thread) td_slpq;	/* of those who sleep */
	uint8_t		td_rqindex;	/* the run queue that it is in */

	/* What it does. */
	enum thread_state td_state;
	int		td_inhibitors;	/* TDI_: why it cannot run */
	volatile int	td_flags;	/* TDF_ */

	/* Its sleep: kern/kern_synch.c. */
	const void	*td_wchan;	/* what it sleeps for, or NULL */
	const char	*td_wmesg;	/* that, for people */
	struct callout	td_slpcallout;	/* the time-out */

	/* How it is scheduled: kern/sched_4bsd.c. */
	uint8_t		td_priority;	/* now */
	uint8_t		td_user_pri;	/* in user mode */
	uint32_t	td_estcpu;	/* how much it has run lately */
	uint32_t	td_slptime;	/* seconds asleep */
	uint32_t	td_pctcpu;	/* of the CPU, by the second, FSCALE is all */
	int		td_cpticks;	/* of statclock(), in this second */
	uint64_t	td_runtime;	/* cycles of the CPU, so far */
	uint32_t	td_nvcsw;	/* times it went to sleep, */
	uint32_t	td_nivcsw;	/* and made way for others */
};

/* td_inhibitors */
#define	TDI_SLEEPING	0x0002

/* td_flags */
#define	TDF_SINTR	0x00000008	/* a signal may end its sleep */
#define	TDF_TIMEOUT	0x00000010	/* the time-out has */
#define	TDF_ASTPENDING	0x00000800	/* something is to be done before it returns */
#define	TDF_NEEDRESCHED	0x00010000	/* another one should run */

#define	TD_IS_RUNNING(td)	((td)->td_state == TDS_RUNNING)
#define	TD_ON_RUNQ(td)		((td)->td_state == TDS_RUNQ)
#define	TD_IS_SLEEPING(td)	((td)->td_inhibitors & TDI_SLEEPING)

enum proc_state {
	PRS_NEW,			/* being made */
	PRS_NORMAL,
	PRS_ZOMBIE			/* has ended, and was not waited for yet */
};

struct proc {
	LIST_ENTRY(proc) p_list;	/* in allproc or zombproc */
	LIST_ENTRY(proc) p_hash;	/* in its pidhash */
	int		p_pid;
	enum proc_state	p_state;
	int		p_flag;		/* P_ */
	struct proc	*p_pptr;	/* its parent; proc0 has none */
	struct vmspace	*p_vmspace;	/* its memory; the kernel's have vmspace0 */
	signed char	p_nice;		/* PRIO_MIN to PRIO_MAX */
	struct filedesc	*p_fd;		/* its descriptors; NULL: none */
	struct plimit	*p_limit;	/* what it may use */
	char		p_comm[MAXCOMLEN + 1];
	struct thread	p_thread;
};

/* p_flag */
#define	P_KTHREAD	0x00000004	/* never leaves the kernel */
#define	P_NOLOAD	0x00000008	/* does not count as load */
#define	P_SYSTEM	0x00000200	/* no signals, no swapping */
#define	P_WEXIT		0x00002000	/* is ending */
#define	P_INMEM		0x10000000	/* its stack is in memory */

#define	PID_MAX		99999
#define	NZERO		0		/* p_nice, at first */

LIST_HEAD(proclist, proc);

extern struct proclist allproc, zombproc;
extern int	nprocs;			/* in both, or being made */
extern int	maxproc;		/* how many there may be */

extern struct proc proc0;
#define	thread0		(proc0.p_thread)
extern struct thread *curthread;
#define	curproc		(curthread->td_proc)
#define	curpcb		(curthread->td_pcb)

/* ---------------------------------------------------------------- kern/kern_proc.c */

/* Set the lists up, empty. */
void	procinit(void);
/* One that has its number lives from now on: in allproc and its pidhash. */
void	proc_insert(struct proc *p);
/* The process with this number, if it lives, or NULL. */
struct proc *pfind(int pid);
/*
 * A new process with a number and a thread with a stack of so many pages (0:
 * KSTACK_PAGES), both not yet started.  Returns 0, EAGAIN where there are as
 * many as may be, or ENOMEM.  May sleep.
 */
int	proc_alloc(struct proc **pp, int kstack_pages);
/* Give back one that has ended; it cannot be who calls. */
void	proc_reap(struct proc *p);

/* ---------------------------------------------------------------- switching */

void	mi_switch(void);		/* kern/kern_synch.c */
void	sleepinit(void);
void	cpu_switch(struct thread *old, struct thread *new);	/* i386/swtch.S */

/* i386/thread_machdep.c, i386/swtch.S */
void	cpu_thread_setup(struct thread *td);
void	cpu_set_kthread_entry(struct thread *td, void (*func)(void *), void *arg);
void	kthread_trampoline(void);
void	cpu_idle(void);

/* Its stack, with a page below that maps nothing: vm/vm_glue.c.  0 or ENOMEM. */
int	vm_thread_new(struct thread *td, int pages);
void	vm_thread_dispose(struct thread *td);

#endif /* !_SYS_PROC_H_ */
