/*
 * services_switch: tests of what cpu_switch() does for the machine.
 * grade/tests/test_sched.py says what is expected.
 */
#include "services.h"

#include <sys/kthread.h>
#include <sys/priority.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/md_var.h>
#include <i386/pcb.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>

#define	DR0		0x12345678	/* where nobody writes: a user's */
#define	DR7_WRITE_LONG_0 0xd0001	/* a write of a long at DR0's */

#define	rdr(n, data)	__asm__ volatile("movl %%dr" #n ", %0" : "=r" (data))
#define	load_dr(n, data) __asm__ volatile("movl %0, %%dr" #n : : "r" (data))

static char	turn;

/* Let the other one have its turn. */
static void
pass(void)
{
	wakeup_one(&turn);
	(void)tsleep(&turn, PWAIT, "turn", 0);
}

static void
print_cpu(const char *who)
{
	uint32_t dr0, dr7;

	rdr(0, dr0);
	rdr(7, dr7);
	printf("@cpu who=%s esp0=%d cr3=%d own=%d dr0=%d dr7=%d\n", who,
	    common_tss.tss_esp0 == (uint32_t)curpcb - 16,
	    rcr3() == curpcb->pcb_cr3, rcr3() != IdlePTD, dr0 == DR0,
	    dr7 & 0xff);
}

/* Has debug registers of its own, and another page directory, with the same in it. */
static void
special(void *arg __unused)
{
	load_dr(0, DR0);
	load_dr(7, DR7_WRITE_LONG_0);
	curpcb->pcb_flags |= PCB_DBREGS;
	print_cpu("special");
	pass();
	print_cpu("special");
	load_dr(7, 0);
	curpcb->pcb_flags &= ~PCB_DBREGS;
	wakeup(&turn);
	services_leave();
}

static void
plain(void *arg __unused)
{
	print_cpu("plain");
	load_dr(0, 0);
	pass();
	print_cpu("plain");
	wakeup(&turn);
	services_leave();
}

SERVICE_TEST(cpu)
{
	vm_offset_t directory = kmem_alloc(kernel_map, PAGE_SIZE);
	struct proc *p;

	memcpy((void *)directory, PTD, PAGE_SIZE);
	p = services_start(special, NULL, PWAIT, "special");
	p->p_thread.td_pcb->pcb_cr3 = vtophys(directory);
	(void)services_start(plain, NULL, PWAIT, "plain");
	services_join(2);
	kmem_free(kernel_map, directory, PAGE_SIZE);
}
