/*
 * lab3_switch: what lab3.c cannot say in C: changing stacks, and code with
 * registers as a check wants them.
 */
#include "assym.h"
#include <i386/param.h>
#include <i386/segments.h>
#include <i386/specialreg.h>

	.set	STACK_SIZE, 2 * PAGE_SIZE
	.set	FRAME_WORDS, 18

	.bss
	.p2align 4
	.fill	STACK_SIZE, 1, 0
stack:
left:	.long	0			/* ESP of lab3_leave() */

	.text
	.globl	lab3_start, lab3_call, lab3_leave, lab3_back, lab3_returned

/* Begin the script, on its stack. */
lab3_start:
	mov	$stack, %esp
	xor	%ebp, %ebp
	call	lab3_script

/*
 * void lab3_call(uint32_t function, uint32_t count, const uint32_t *arguments)
 *
 * Call a function with so many arguments, whoever takes them off the stack.
 *
 *	8(%ebp) function	12 count	16 arguments
 */
lab3_call:
	push	%ebp
	mov	%esp, %ebp
	mov	12(%ebp), %ecx
	mov	16(%ebp), %edx
1:	jecxz	2f
	dec	%ecx
	pushl	(%edx, %ecx, 4)
	jmp	1b
2:	call	*8(%ebp)
	leave
	ret

/*
 * void lab3_leave(uint32_t esp, const uint32_t *frame, uint32_t eip)
 *
 * With 0 for eip: put a frame below esp, and leave by doreti.  Else jump to
 * eip with that stack, and with the eight registers of PUSHA at `frame'.
 * Returns when lab3_back() is called.
 *
 *	20(%esp) esp	24 frame	28 eip
 */
lab3_leave:
	push	%ebx
	push	%esi
	push	%edi
	push	%ebp
	mov	%esp, left
	mov	20(%esp), %edi
	mov	24(%esp), %esi
	mov	28(%esp), %eax
	test	%eax, %eax
	jnz	1f

	mov	$FRAME_WORDS, %ecx
	sub	$FRAME_WORDS * 4, %edi
	mov	%edi, %esp
	cld
	rep movsl
	jmp	doreti

	/* EIP and the registers below the stack's top, to be popped. */
1:	mov	%eax, -4(%edi)
	sub	$9 * 4, %edi
	mov	%edi, %esp
	mov	$8, %ecx
	cld
	rep movsl
	popa
	ret

/* Be back in lab3_leave(). */
lab3_back:
	mov	left, %esp
	push	$PSL_KERNEL
	popf
	pop	%ebp
	pop	%edi
	pop	%esi
	pop	%ebx
	ret

/* Code that KERNEL started has come to its end: show its registers. */
lab3_returned:
	pushf
	pusha
	cld
	push	%esp
	call	lab3_event_returned
