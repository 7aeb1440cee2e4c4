/*
 * Kernel processes: a process that never leaves the kernel.
 *
 * [sys/kthread.h, kern/kern_kthread.c]
 */
#ifndef _SYS_KTHREAD_H_
#define	_SYS_KTHREAD_H_

#include <sys/kernel.h>

struct proc;

/* What kproc_start(), as a SYSINIT's function, makes a process of. */
struct kproc_desc {
	const char	*arg0;			/* its name */
	void		(*func)(void);		/* does not return */
	struct proc	**global_procpp;	/* or NULL */
};

void	kproc_start(const void *desc);

/*
 * A process named as `fmt' says, which will run func(arg); it is runnable
 * unless `flags' has RFSTOPPED.  Returns 0, EAGAIN or ENOMEM.  pages: of its
 * stack, 0 for KSTACK_PAGES.
 */
int	kthread_create(void (*func)(void *), void *arg, struct proc **newpp,
	    int flags, int pages, const char *fmt, ...) __printflike(6, 7);
/* Where one begins: i386/swtch.S. */
void	kthread_main(void (*func)(void *), void *arg) __dead2;
/*
 * The process that runs ends, and wakes who sleeps for its struct proc: when
 * that one runs, the process may be gone.
 */
void	kthread_exit(int status) __dead2;

#endif /* !_SYS_KTHREAD_H_ */
