/*
 * trap: what is done about exceptions.
 *
 * exception.S calls trap() with the frame.  The user's faults become signals;
 * a few of the kernel's are expected; the rest is fatal, and trap_fatal() says
 * all that is known before it panics.
 *
 *	alltraps -> trap -> trap_decode		what does the frame mean?
 *			 -> trapsignal		a signal for the user
 *			 -> trap_pfault		memory that is not there (yet): trap_pfault.c
 *			 -> kdb_trap		breakpoints, single steps
 *			 -> trap_fatal -> panic
 *
 * [i386/i386/trap.c]
 */
#include <i386/trapdecode.h>

#include <sys/kdb.h>
#include <sys/lab_stub.h>
#include <sys/proc.h>
#include <sys/signal.h>
#include <sys/signalvar.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/cpufunc.h>
#include <i386/md_var.h>
#include <i386/pcb.h>
#include <i386/segments.h>
#include <i386/specialreg.h>
#include <i386/trap.h>

static const char *const trap_msg[] = {
	[T_PRIVINFLT] = "privileged instruction fault",
	[T_BPTFLT] = "breakpoint instruction fault",
	[T_ARITHTRAP] = "arithmetic trap",
	[T_PROTFLT] = "general protection fault",
	[T_TRCTRAP] = "trace trap",
	[T_PAGEFLT] = "page fault",
	[T_ALIGNFLT] = "alignment fault",
	[T_DIVIDE] = "integer divide fault",
	[T_NMI] = "non-maskable interrupt trap",
	[T_OFLOW] = "overflow trap",
	[T_BOUND] = "FPU bounds check fault",
	[T_DNA] = "FPU device not available",
	[T_DOUBLEFLT] = "double fault",
	[T_FPOPFLT] = "FPU operand fetch fault",
	[T_TSSFLT] = "invalid TSS fault",
	[T_SEGNPFLT] = "segment not present fault",
	[T_STKFLT] = "stack fault",
	[T_MCHK] = "machine check trap",
	[T_XMMFLT] = "SIMD floating-point exception",
	[T_RESERVED] = "reserved (unknown) fault",
};

/* exception.S: the call gate; where the way out may fault, and what then. */
extern inthand_t IDTVEC(lcall_syscall);
extern char doreti_iret[], doreti_iret_fault[];
extern char doreti_popl_ds[], doreti_popl_ds_fault[];
extern char doreti_popl_es[], doreti_popl_es_fault[];
extern char doreti_popl_fs[], doreti_popl_fs_fault[];

static const struct expected_fault expected_faults[] = {
	{ doreti_iret, doreti_iret_fault },
	{ doreti_popl_ds, doreti_popl_ds_fault },
	{ doreti_popl_es, doreti_popl_es_fault },
	{ doreti_popl_fs, doreti_popl_fs_fault },
};

const char *
trap_name(unsigned type)
{
	if (type < nitems(trap_msg) && trap_msg[type] != NULL)
		return (trap_msg[type]);
	return ("unknown");
}

/*
 * 3.6. Decode a frame.
 *
 * From user mode (TRAPF_USERMODE):
 *
 *	T_PRIVINFLT			SIGILL, code T_PRIVINFLT
 *	T_BPTFLT, T_TRCTRAP		SIGTRAP, code the trap's number
 *	T_ARITHTRAP			SIGFPE, code T_ARITHTRAP
 *	T_PAGEFLT			TRAP_PAGE
 *	T_DIVIDE, T_OFLOW, T_BOUND	SIGFPE, FPE_INTDIV, FPE_INTOVF,
 *					FPE_FLTSUB
 *	T_NMI				TRAP_NMI
 *	T_DNA				TRAP_FPU
 *	T_FPOPFLT			SIGILL, code T_FPOPFLT
 *	T_XMMFLT			SIGFPE, code 0
 *	any other			SIGBUS, code the error code +
 *					BUS_SEGM_FAULT
 *
 * From the kernel:
 *
 *	T_PAGEFLT			TRAP_PAGE
 *	T_SEGNPFLT, T_PROTFLT		at an address of expected_faults[]:
 *					TRAP_RESUME there; else with `onfault'
 *					set TRAP_RESUME at it
 *	T_TSSFLT with NT in the flags	TRAP_CLEAR_NT
 *	T_TRCTRAP			at lcall_syscall (the user's T flag has
 *					come along), TRAP_NOTHING; one byte
 *					behind, where the flags are saved,
 *					TRAP_CLEAR_T; else TRAP_DEBUGGER;
 *					whatever the flags
 *	T_BPTFLT			TRAP_DEBUGGER
 *	T_NMI				TRAP_NMI
 *	any other			TRAP_FATAL
 *
 * Fields that an action has no use for are 0.
 */
struct trap_decision
trap_decode(const struct trapframe *tf, const void *onfault)
{
	struct trap_decision td = { .td_action = TRAP_FATAL };
/* LAB 3.6 BEGIN */
	unsigned i;

	if (TRAPF_USERMODE(tf)) {
		td.td_action = TRAP_SIGNAL;
		td.td_code = tf->tf_trapno;
		switch (tf->tf_trapno) {
		case T_PRIVINFLT:
		case T_FPOPFLT:
			td.td_signo = SIGILL;
			return (td);
		case T_BPTFLT:
		case T_TRCTRAP:
			td.td_signo = SIGTRAP;
			return (td);
		case T_ARITHTRAP:
			td.td_signo = SIGFPE;
			return (td);
		case T_DIVIDE:
			td.td_signo = SIGFPE;
			td.td_code = FPE_INTDIV;
			return (td);
		case T_OFLOW:
			td.td_signo = SIGFPE;
			td.td_code = FPE_INTOVF;
			return (td);
		case T_BOUND:
			td.td_signo = SIGFPE;
			td.td_code = FPE_FLTSUB;
			return (td);
		case T_XMMFLT:
			td.td_signo = SIGFPE;
			td.td_code = 0;
			return (td);
		case T_PAGEFLT:
			return ((struct trap_decision){ .td_action = TRAP_PAGE });
		case T_NMI:
			return ((struct trap_decision){ .td_action = TRAP_NMI });
		case T_DNA:
			return ((struct trap_decision){ .td_action = TRAP_FPU });
		default:
			td.td_signo = SIGBUS;
			td.td_code = tf->tf_err + BUS_SEGM_FAULT;
			return (td);
		}
	}
	switch (tf->tf_trapno) {
	case T_PAGEFLT:
		td.td_action = TRAP_PAGE;
		break;
	case T_SEGNPFLT:
	case T_PROTFLT:
		for (i = 0; i < nitems(expected_faults); i++)
			if (tf->tf_eip == (uint32_t)expected_faults[i].ef_at)
				onfault = expected_faults[i].ef_resume;
		if (onfault != NULL) {
			td.td_action = TRAP_RESUME;
			td.td_resume = (uint32_t)onfault;
		}
		break;
	case T_TSSFLT:
		if (tf->tf_eflags & PSL_NT)
			td.td_action = TRAP_CLEAR_NT;
		break;
	case T_TRCTRAP:
		if (tf->tf_eip == (uint32_t)IDTVEC(lcall_syscall))
			td.td_action = TRAP_NOTHING;
		else if (tf->tf_eip == (uint32_t)IDTVEC(lcall_syscall) + 1)
			td.td_action = TRAP_CLEAR_T;
		else
			td.td_action = TRAP_DEBUGGER;
		break;
	case T_BPTFLT:
		td.td_action = TRAP_DEBUGGER;
		break;
	case T_NMI:
		td.td_action = TRAP_NMI;
		break;
	}
/* LAB 3.6 STUB (void)tf; (void)onfault; (void)expected_faults; lab_stub("LAB 3.6: trap_decode"); */
/* LAB 3.6 END */
	return (td);
}

/* The mode that a frame came from, for people. */
static const char *
trap_mode(const struct trapframe *tf)
{
	if (tf->tf_eflags & PSL_VM)
		return ("vm86");
	return (ISPL(tf->tf_cs) == SEL_UPL ? "user" : "kernel");
}

/* The descriptor of the code that trapped. */
static struct soft_segment_descriptor
trap_segment(const struct trapframe *tf)
{
	struct soft_segment_descriptor ssd;
	unsigned index;

	index = IDXSEL(tf->tf_cs);
	if (ISLDT(tf->tf_cs))
		sdtossd(&ldt[index < NLDT ? index : 0].sd, &ssd);
	else
		sdtossd(&gdt[index < NGDT ? index : 0].sd, &ssd);
	return (ssd);
}

static void
print_eflags(uint32_t eflags)
{
	printf("processor eflags\t= ");
	if (eflags & PSL_T)
		printf("trace trap, ");
	if (eflags & PSL_I)
		printf("interrupt enabled, ");
	if (eflags & PSL_NT)
		printf("nested task, ");
	if (eflags & PSL_RF)
		printf("resume, ");
	if (eflags & PSL_VM)
		printf("vm86, ");
	printf("IOPL = %d\n", (eflags & PSL_IOPL) >> 12);
}

/*
 * Say all about a trap that nobody can do anything about; let the debugger
 * have a look; panic.  `eva' is the address of a page fault.
 */
void
trap_fatal(struct trapframe *tf, uint32_t eva)
{
	struct soft_segment_descriptor ssd;
	uint32_t esp, ss;

	ssd = trap_segment(tf);
	printf("\n\nFatal trap %d: %s while in %s mode\n", tf->tf_trapno,
	    trap_name(tf->tf_trapno), trap_mode(tf));
	if (tf->tf_trapno == T_PAGEFLT) {
		printf("fault virtual address\t= 0x%x\n", eva);
		printf("fault code\t\t= %s %s, %s\n",
		    tf->tf_err & PGEX_U ? "user" : "supervisor",
		    tf->tf_err & PGEX_W ? "write" : "read",
		    tf->tf_err & PGEX_P ? "protection violation" :
		    "page not present");
	}
	printf("instruction pointer\t= 0x%x:0x%x\n", tf->tf_cs & 0xffff,
	    tf->tf_eip);
	if (TRAPF_USERMODE(tf)) {
		ss = tf->tf_ss & 0xffff;
		esp = tf->tf_esp;
	} else {
		ss = KDSEL;
		esp = (uint32_t)&tf->tf_esp;
	}
	printf("stack pointer\t        = 0x%x:0x%x\n", ss, esp);
	printf("frame pointer\t        = 0x%x:0x%x\n", ss, tf->tf_ebp);
	printf("code segment\t\t= base 0x%x, limit 0x%x, type 0x%x\n",
	    ssd.ssd_base, ssd.ssd_limit, ssd.ssd_type);
	printf("\t\t\t= DPL %d, pres %d, def32 %d, gran %d\n", ssd.ssd_dpl,
	    ssd.ssd_p, ssd.ssd_def32, ssd.ssd_gran);
	print_eflags(tf->tf_eflags);
	printf("current process\t\t= %lu (%s)\n",
	    (unsigned long)curproc->p_pid, curproc->p_comm);

	if (kdb_trap(tf->tf_trapno, 0, tf))
		return;
	printf("trap number\t\t= %d\n", tf->tf_trapno);
	if (tf->tf_trapno < nitems(trap_msg) && trap_msg[tf->tf_trapno] != NULL)
		panic("%s", trap_msg[tf->tf_trapno]);
	panic("unknown/reserved trap");
}

/*
 * A trap.  Interrupts are off for some; they go on again as soon as CR2 has
 * been read, unless the kernel had them off where it trapped, which is told
 * where nobody has expected the trap.  A user cannot have them off: that is
 * told, and they go on.  `eva' is the address of a page fault.
 */
static __attribute__((noinline)) void
decided_trap(struct trapframe *tf, uint32_t eva)
{
	struct trap_decision td;

	td = trap_decode(tf, curpcb->pcb_onfault);
	if (tf->tf_eflags & PSL_I) {
		if (td.td_action != TRAP_DEBUGGER && td.td_action != TRAP_NMI)
			enable_intr();
	} else if (TRAPF_USERMODE(tf)) {
		printf("pid %ld (%s): trap %d with interrupts disabled\n",
		    (long)curproc->p_pid, curproc->p_comm, tf->tf_trapno);
		enable_intr();
	} else if (td.td_action == TRAP_FATAL ||
	    (td.td_action == TRAP_PAGE && curpcb->pcb_onfault == NULL)) {
		printf("kernel trap %d with interrupts disabled\n",
		    tf->tf_trapno);
	}

	switch (td.td_action) {
	case TRAP_SIGNAL:
		if (td.td_signo == SIGTRAP)
			tf->tf_eflags &= ~PSL_T;
		trapsignal(curthread, tf, td.td_signo, td.td_code);
		break;
	case TRAP_PAGE:
		trap_pfault(tf, eva);
		break;
	case TRAP_FPU:		/* nobody has an FPU yet */
		trapsignal(curthread, tf, SIGFPE, FPE_FPU_NP_TRAP);
		break;
	case TRAP_NMI:
		printf("NMI ... going to debugger\n");
		kdb_trap(tf->tf_trapno, 0, tf);
		break;
	case TRAP_DEBUGGER:
		if (!kdb_trap(tf->tf_trapno, 0, tf))
			trap_fatal(tf, eva);
		break;
	case TRAP_RESUME:
		tf->tf_eip = td.td_resume;
		break;
	case TRAP_CLEAR_NT:
		tf->tf_eflags &= ~PSL_NT;
		break;
	case TRAP_CLEAR_T:
		tf->tf_eflags &= ~PSL_T;
		break;
	case TRAP_NOTHING:
		break;
	case TRAP_FATAL:
		trap_fatal(tf, eva);
		break;
	}
}

/* Nearly all traps are page faults, of which trap_decode() would say no more. */
void
trap(struct trapframe *tf)
{
	uint32_t eva = 0;

	cnt.v_trap++;
	if (tf->tf_trapno == T_PAGEFLT) {
		eva = rcr2();
		if (tf->tf_eflags & PSL_I) {
			enable_intr();
			trap_pfault(tf, eva);
			return;
		}
	}
	decided_trap(tf, eva);
}

/*
 * The task of a double fault: the CPU could not push a frame for a fault, for
 * one because the kernel's stack was at its end.  common_tss has the state.
 */
void
dblfault_handler(void)
{
	printf("\nFatal double fault:\n");
	printf("eip = 0x%x\n", common_tss.tss_eip);
	printf("esp = 0x%x\n", common_tss.tss_esp);
	printf("ebp = 0x%x\n", common_tss.tss_ebp);
	panic("double fault");
}
