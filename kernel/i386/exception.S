/*
 * exception: where the CPU enters the kernel, and where it leaves.
 *
 * All ways in build the same frame (struct trapframe), call C with its
 * address, and leave by doreti:
 *
 *	trap		Xdiv ... Xrsvd -> alltraps -> trap(frame)
 *	system call	Xint0x80_syscall, Xlcall_syscall -> syscall(frame)
 *	interrupt	Xintr0 ... Xintr15 -> intr_execute(intrframe)
 *
 *	 0 fs es ds		what we push		(low addresses)
 *	12 edi esi ebp isp ebx edx ecx eax	pusha
 *	44 trapno  48 err	we, or the CPU
 *	52 eip cs eflags	the CPU
 *	64 esp ss		the CPU, from user mode
 *
 * [i386/i386/exception.s]
 */
#include "assym.h"
#include <i386/segments.h>
#include <i386/specialreg.h>
#include <i386/trap.h>

#define	IDTVEC(name)	.p2align 2; .globl X##name; X##name:
/* A trap for which the CPU pushes an error code, and one for which not. */
#define	TRAP_ERR(name, number)	IDTVEC(name) push $number; jmp alltraps
#define	TRAP(name, number)	IDTVEC(name) push $0; push $number; jmp alltraps

	.text
TRAP(div, T_DIVIDE)
TRAP(dbg, T_TRCTRAP)
TRAP(nmi, T_NMI)
TRAP(bpt, T_BPTFLT)
TRAP(ofl, T_OFLOW)
TRAP(bnd, T_BOUND)
TRAP(ill, T_PRIVINFLT)
TRAP(dna, T_DNA)
TRAP(fpusegm, T_FPOPFLT)
TRAP_ERR(tss, T_TSSFLT)
TRAP_ERR(missing, T_SEGNPFLT)
TRAP_ERR(stk, T_STKFLT)
TRAP_ERR(prot, T_PROTFLT)
TRAP_ERR(page, T_PAGEFLT)
TRAP(rsvd, T_RESERVED)
TRAP(fpu, T_ARITHTRAP)
TRAP_ERR(align, T_ALIGNFLT)
TRAP(mchk, T_MCHK)
TRAP(xmm, T_XMMFLT)

/* Save the rest, and take the kernel's segments. */
	.macro	save_frame
	pusha
	push	%ds
	push	%es
	push	%fs
	mov	$KDSEL, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	$KPSEL, %al
	mov	%eax, %fs
	cld
	.endm

	.globl	alltraps, calltrap
alltraps:
	save_frame
calltrap:
	push	%esp
	call	trap
	add	$4, %esp
	jmp	doreti

/*
 * System calls.  The frame's error code says how long the instruction was, for
 * a call that is to be made again.
 */
	.set	SIZEOF_INT_80, 2
	.set	SIZEOF_LCALL, 7

IDTVEC(int0x80_syscall)
	push	$SIZEOF_INT_80
	push	$0
	jmp	1f

/*
 * By the call gate, which pushes no flags, but copies a word of the caller's
 * stack to where they are to be.  That word is none of ours.  A caller's T
 * flag comes along: trap() lets its steps pass, and knows how long PUSHF is.
 */
IDTVEC(lcall_syscall)
	pushf
	popl	8(%esp)
	push	$SIZEOF_LCALL
	push	$0
1:	save_frame
	push	%esp
	call	syscall
	add	$4, %esp
	jmp	doreti

/* Interrupts: the IRQ stands in trapno, and again in front of the frame. */
	.macro	intr irq
	.p2align 2
	.globl	Xintr\irq
Xintr\irq:
	push	$0
	push	$\irq
	jmp	interrupt
	.endm

	.irp	irq, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	intr	\irq
	.endr

interrupt:
	save_frame
	pushl	TF_TRAPNO(%esp)
	push	%esp
	call	intr_execute
	add	$8, %esp

/*
 * Back to whoever was interrupted.  Before user mode is entered, anything that
 * is pending for the thread is done: ast() is called with interrupts on, and
 * asked for again until nothing is.
 *
 * The last instructions may fault: a user's segment register may name what is
 * no segment (any more).  trap() knows their addresses and goes on at the
 * label of the same name with _fault.
 */
	.globl	doreti, doreti_iret, doreti_iret_fault
	.globl	doreti_popl_ds, doreti_popl_ds_fault
	.globl	doreti_popl_es, doreti_popl_es_fault
	.globl	doreti_popl_fs, doreti_popl_fs_fault
doreti:
	testb	$SEL_RPL_MASK, TF_CS(%esp)
	jz	doreti_exit
	cli
	mov	curthread, %eax
	testl	$TDF_ASTPENDING, TD_FLAGS(%eax)
	jz	doreti_exit
	sti
	push	%esp
	call	ast
	add	$4, %esp
	jmp	doreti

doreti_exit:
doreti_popl_fs:
	pop	%fs
doreti_popl_es:
	pop	%es
doreti_popl_ds:
	pop	%ds
	popa
	add	$8, %esp
doreti_iret:
	iret

/*
 * A fault there has pushed a frame of its own, which trap() has dropped: the
 * stack is as it was at the instruction.  Make a general protection fault of
 * the user's of it.
 */
doreti_iret_fault:
	sub	$8, %esp
	pusha
	push	%ds
doreti_popl_ds_fault:
	push	%es
doreti_popl_es_fault:
	push	%fs
doreti_popl_fs_fault:
	mov	$KDSEL, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	$KPSEL, %al
	mov	%eax, %fs
	movl	$T_PROTFLT, TF_TRAPNO(%esp)
	movl	$0, TF_TRAPNO + 4(%esp)
	jmp	calltrap
