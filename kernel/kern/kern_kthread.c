/*
 * kern_kthread: processes that are the kernel's own.
 *
 * One runs a function of the kernel's, on a stack of its own, and can sleep:
 * what an interrupt's handler and a callout cannot.  It sees the kernel's
 * addresses only, and its end is kthread_exit().  Whoever makes it, its parent
 * is process 0, which stays.
 *
 * [kern/kern_kthread.c]
 */
#include <sys/kthread.h>

#include <sys/errno.h>
#include <sys/sched.h>
#include <sys/systm.h>
#include <sys/unistd.h>
#include <sys/vmmeter.h>
#include <i386/intr.h>

int
kthread_create(void (*func)(void *), void *arg, struct proc **newpp,
    int flags, int pages, const char *fmt, ...)
{
	struct proc *p;
	va_list ap;
	int error, s;

	error = proc_alloc(&p, pages);
	if (error != 0)
		return (error);
	p->p_pptr = &proc0;
	p->p_flag |= P_KTHREAD | P_SYSTEM;
	va_start(ap, fmt);
	vsnprintf(p->p_comm, sizeof(p->p_comm), fmt, ap);
	va_end(ap);
	cpu_set_kthread_entry(&p->p_thread, func, arg);
	cnt.v_kthreads++;
	s = splhigh();
	p->p_state = PRS_NORMAL;
	if (newpp != NULL)
		*newpp = p;
	if ((flags & RFSTOPPED) == 0)
		sched_add(&p->p_thread);
	splx(s);
	return (0);
}

/*
 * What a kernel process begins with (i386/swtch.S), at splhigh(), which has
 * been switched to for the first time.
 */
void
kthread_main(void (*func)(void *), void *arg)
{
	spl0();
	func(arg);
	printf("Kernel thread \"%s\" (pid %d) exited prematurely.\n",
	    curproc->p_comm, curproc->p_pid);
	kthread_exit(0);
}

/*
 * A process cannot free the stack that it stands on: it becomes a zombie, and
 * process 0 does (vm/vm_glue.c).  Who waits for the end sleeps on the process.
 */
void
kthread_exit(int status __unused)
{
	struct proc *p = curproc;

	KASSERT(p != &proc0 && &p->p_thread != idlethread,
	    ("kthread_exit: %s cannot end", p->p_comm));
	(void)splhigh();
	p->p_flag |= P_WEXIT;
	p->p_state = PRS_ZOMBIE;
	LIST_REMOVE(p, p_list);
	LIST_INSERT_HEAD(&zombproc, p, p_list);
	wakeup(p);
	wakeup(&proc0);
	p->p_thread.td_state = TDS_INACTIVE;
	sched_exit(&p->p_thread);
	mi_switch();
	panic("kthread_exit: %s runs on", p->p_comm);
}

void
kproc_start(const void *desc)
{
	const struct kproc_desc *kp = desc;
	int error;

	error = kthread_create((void (*)(void *))(void (*)(void))kp->func, NULL,
	    kp->global_procpp, 0, 0, "%s", kp->arg0);
	if (error != 0)
		panic("kproc_start: %s: error %d", kp->arg0, error);
}
