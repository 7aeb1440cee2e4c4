/*
 * init_main: the machine-independent start.
 *
 * mi_startup() sorts what all the subsystems have asked for (<sys/kernel.h>)
 * and runs it, one after the other: the rest of the boot.  The last of it is
 * what process 0 does from then on, and does not return.
 *
 * [kern/init_main.c]
 */
#include <sys/kernel.h>

#include <sys/cons.h>
#include <sys/kernel_version.h>
#include <sys/kthread.h>
#include <sys/priority.h>
#include <sys/reboot.h>
#include <sys/resourcevar.h>
#include <sys/sched.h>
#include <sys/systm.h>
#include <vm/vm_map.h>

#define	IDLE_SECONDS	10

struct proc proc0 = { .p_comm = "swapper", .p_thread = { .td_proc = &proc0 } };
struct thread *curthread = &thread0;

/* An entry that is never run: so that the set is never empty. */
SYSINIT(placeholder, SI_SUB_DUMMY, SI_ORDER_ANY, NULL, NULL);

void
mi_startup(void)
{
	if (boothowto & RB_VERBOSE)
		bootverbose++;
	verbose_sysinit = bootverbose;
	TUNABLE_INT_FETCH("debug.verbose_sysinit", &verbose_sysinit);
	sysinit_mklist(&sysinit_list, SET_BEGIN(sysinit_set),
	    SET_LIMIT(sysinit_set));
	sysinit_run(&sysinit_list, &sysinit_done_list);
	panic("mi_startup: nobody has stayed");
}

/* ---------------------------------------------------------------- what begins here */

static void
print_caddr_t(const void *text)
{
	printf("%s", (const char *)text);
}
C_SYSINIT(announce, SI_SUB_COPYRIGHT, SI_ORDER_FIRST, print_caddr_t, copyright);
C_SYSINIT(version, SI_SUB_COPYRIGHT, SI_ORDER_THIRD, print_caddr_t, version);

/* Process 0, which runs already, becomes one that can be found. */
static void
proc0_init(const void *dummy __unused)
{
	struct proc *p = &proc0;
	struct thread *td = &thread0;

	procinit();
	schedinit();
	sleepinit();
	p->p_flag = P_SYSTEM | P_INMEM | P_KTHREAD;
	p->p_state = PRS_NORMAL;
	p->p_nice = NZERO;
	td->td_state = TDS_RUNNING;
	td->td_user_pri = PUSER;
	td->td_priority = PVM;
	td->td_kstack_pages = KSTACK_PAGES;
	callout_init(&td->td_slpcallout, 1);
	lim_init();
	vmspace0_init();
	p->p_vmspace = &vmspace0;
	proc_insert(p);
}
C_SYSINIT(p0init, SI_SUB_INTRINSIC, SI_ORDER_FIRST, proc0_init, NULL);

/* ---------------------------------------------------------------- what stands in for init */

/* A process that waits so many seconds for a key; others run meanwhile. */
static void
wait_for_key(void)
{
	int end;

	printf("There is no init yet: a key, or %d seconds, switch the machine off.\n",
	    IDLE_SECONDS);
	end = ticks + IDLE_SECONDS * hz;
	while (cncheckc() == -1 && ticks - end < 0)
		(void)tsleep(wait_for_key, PWAIT, "key", 1);
	kern_reboot(RB_HALT | RB_POWEROFF);
}

static const struct kproc_desc key_kp = { "waitkey", wait_for_key, NULL };
SYSINIT(waitkey, SI_SUB_KTHREAD_INIT, SI_ORDER_FIRST, kproc_start, &key_kp);
