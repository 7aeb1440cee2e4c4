/*
 * swtch: from one thread to another.
 *
 * A thread that does not run stands in cpu_switch(), to which it will return.
 * What C expects a function to keep is in its pcb, with the stack pointer; all
 * else it has itself put on its stack before.
 *
 *	old thread's stack				new thread's stack
 *	| ...          |				| ...          |
 *	| new          | 8				| (another)    |
 *	| old          | 4				| (itself)     |
 *	| return EIP   | 0  <- ESP, kept	ESP, back ->	| return EIP   |
 *
 * [i386/i386/swtch.s]
 */
#include "assym.h"
#include <i386/param.h>

	.set	DR7_RESERVED, 0xfc00	/* no breakpoint, but what is none of its bits */

	.text

/*
 * void cpu_switch(struct thread *old, struct thread *new)
 *
 * At splhigh().  Returns when somebody switches to `old'.
 */
	.globl	cpu_switch
cpu_switch:
	/* 1. The old one's state. */
	mov	4(%esp), %eax
	mov	8(%esp), %ecx
	mov	TD_PCB(%eax), %edx
	mov	(%esp), %eax
	mov	%eax, PCB_EIP(%edx)
	mov	%ebx, PCB_EBX(%edx)
	mov	%esp, PCB_ESP(%edx)
	mov	%ebp, PCB_EBP(%edx)
	mov	%esi, PCB_ESI(%edx)
	mov	%edi, PCB_EDI(%edx)
	mov	%gs, PCB_GS(%edx)
	testb	$PCB_DBREGS, PCB_FLAGS(%edx)
	jnz	save_debug_registers
debug_registers_saved:

	/* 2. The new one's address space: loading CR3 would cost all of the TLB. */
	mov	TD_PCB(%ecx), %edx
	mov	PCB_CR3(%edx), %eax
	mov	%cr3, %ebx
	cmp	%eax, %ebx
	je	1f
	mov	%eax, %cr3
1:
	/* 3. Where it will enter the kernel; and it is the one that runs. */
	lea	-16(%edx), %eax
	mov	%eax, common_tss + TSS_ESP0
	mov	%ecx, curthread

	/* 4. Its state. */
	mov	PCB_EBX(%edx), %ebx
	mov	PCB_ESP(%edx), %esp
	mov	PCB_EBP(%edx), %ebp
	mov	PCB_ESI(%edx), %esi
	mov	PCB_EDI(%edx), %edi
	mov	PCB_EIP(%edx), %eax
	mov	%eax, (%esp)
	mov	PCB_GS(%edx), %gs
	testb	$PCB_DBREGS, PCB_FLAGS(%edx)
	jnz	load_debug_registers
	ret

save_debug_registers:
	mov	%dr7, %eax
	mov	%eax, PCB_DR7(%edx)
	and	$DR7_RESERVED, %eax
	mov	%eax, %dr7
	mov	%dr6, %eax
	mov	%eax, PCB_DR6(%edx)
	mov	%dr3, %eax
	mov	%eax, PCB_DR3(%edx)
	mov	%dr2, %eax
	mov	%eax, PCB_DR2(%edx)
	mov	%dr1, %eax
	mov	%eax, PCB_DR1(%edx)
	mov	%dr0, %eax
	mov	%eax, PCB_DR0(%edx)
	jmp	debug_registers_saved

	/* DR7 comes last: it says which of the others count. */
load_debug_registers:
	mov	PCB_DR0(%edx), %eax
	mov	%eax, %dr0
	mov	PCB_DR1(%edx), %eax
	mov	%eax, %dr1
	mov	PCB_DR2(%edx), %eax
	mov	%eax, %dr2
	mov	PCB_DR3(%edx), %eax
	mov	%eax, %dr3
	mov	PCB_DR6(%edx), %eax
	mov	%eax, %dr6
	mov	PCB_DR7(%edx), %eax
	mov	%eax, %dr7
	ret

/*
 * Where a kernel process begins: kthread_main(ESI, EBX), which does not
 * return.  EBP is 0: here the callers end.
 */
	.globl	kthread_trampoline
kthread_trampoline:
	push	%ebx
	push	%esi
	call	kthread_main
