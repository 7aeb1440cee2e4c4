/*
 * kern_proc: which processes there are.
 *
 * sys/proc.h draws the lists.  A process gets its number when it is made, the
 * next free one, and gives it back when it is reaped.
 *
 * [kern/kern_proc.c]
 */
#include <sys/proc.h>

#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/priority.h>
#include <sys/resourcevar.h>
#include <sys/systm.h>
#include <vm/vm_map.h>

#define	PIDHASH_SIZE	256
#define	PID_RESTART	100		/* small numbers are daemons': left alone */

MALLOC_DEFINE(M_PROC, "proc", "processes");

struct proclist allproc = LIST_HEAD_INITIALIZER(allproc);
struct proclist zombproc = LIST_HEAD_INITIALIZER(zombproc);
int nprocs = 1;				/* process 0 is there */

static struct proclist pidhash[PIDHASH_SIZE];
static int lastpid = 1;			/* 1 is kept for init */

static struct proclist *
pid_bucket(int pid)
{
	return (&pidhash[pid % PIDHASH_SIZE]);
}

void
procinit(void)
{
	int i;

	for (i = 0; i < PIDHASH_SIZE; i++)
		LIST_INIT(&pidhash[i]);
}

void
proc_insert(struct proc *p)
{
	int s = splhigh();

	LIST_INSERT_HEAD(&allproc, p, p_list);
	LIST_INSERT_HEAD(pid_bucket(p->p_pid), p, p_hash);
	splx(s);
}

/* Any process of this number, a zombie too. */
static struct proc *
pid_lookup(int pid)
{
	struct proc *p;

	LIST_FOREACH(p, pid_bucket(pid), p_hash)
		if (p->p_pid == pid)
			return (p);
	return (NULL);
}

struct proc *
pfind(int pid)
{
	struct proc *p = pid < 0 ? NULL : pid_lookup(pid);

	return (p != NULL && p->p_state != PRS_ZOMBIE ? p : NULL);
}

/* The next number that nobody has; there are more of them than of processes. */
static int
pid_alloc(void)
{
	do {
		if (++lastpid > PID_MAX)
			lastpid = PID_RESTART;
	} while (pid_lookup(lastpid) != NULL);
	return (lastpid);
}

int
proc_alloc(struct proc **pp, int kstack_pages)
{
	struct proc *p;

	if (nprocs >= maxproc)
		return (EAGAIN);
	nprocs++;		/* before others look, while we sleep for memory */
	p = malloc(sizeof(*p), M_PROC, M_WAITOK | M_ZERO);
	p->p_thread.td_proc = p;
	if (vm_thread_new(&p->p_thread, kstack_pages) != 0) {
		free(p, M_PROC);
		nprocs--;
		return (ENOMEM);
	}
	p->p_flag = P_INMEM;
	p->p_nice = NZERO;
	p->p_limit = lim_hold(curproc->p_limit);
	p->p_vmspace = &vmspace0;
	vmspace0.vm_refcnt++;
	p->p_thread.td_user_pri = PUSER;
	p->p_thread.td_priority = PVM;
	callout_init(&p->p_thread.td_slpcallout, 1);
	p->p_pid = pid_alloc();
	proc_insert(p);
	*pp = p;
	return (0);
}

void
proc_reap(struct proc *p)
{
	int s = splhigh();

	KASSERT(p->p_state == PRS_ZOMBIE && p != curproc,
	    ("proc_reap: %d lives", p->p_pid));
	LIST_REMOVE(p, p_list);
	LIST_REMOVE(p, p_hash);
	nprocs--;
	splx(s);
	lim_free(p->p_limit);
	vmspace_free(p->p_vmspace);
	vm_thread_dispose(&p->p_thread);
	free(p, M_PROC);
}
