/*
 * kern_idle: what runs when nobody can.
 *
 * The idle process is in no run queue: sched_choose() takes it when all are
 * empty.  It halts the CPU until an interrupt comes; the handler, or what it
 * wakes, may have made somebody runnable.
 *
 * [kern/kern_idle.c]
 */
#include <sys/sched.h>

#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <sys/unistd.h>

struct thread *idlethread;

static void
idle_proc(void *arg __unused)
{
	int s;

	for (;;) {
		while (!sched_runnable())
			cpu_idle();
		s = splhigh();
		mi_switch();
		splx(s);
	}
}

static void
idle_setup(const void *dummy __unused)
{
	struct proc *p;
	int error;

	error = kthread_create(idle_proc, NULL, &p, RFSTOPPED, 0, "idle");
	if (error != 0)
		panic("idle_setup: kthread_create error %d", error);
	p->p_flag |= P_NOLOAD;
	idlethread = &p->p_thread;
	idlethread->td_priority = PRI_MAX_IDLE;
	idlethread->td_state = TDS_CAN_RUN;
}
SYSINIT(idle_setup, SI_SUB_SCHED_IDLE, SI_ORDER_FIRST, idle_setup, NULL);
