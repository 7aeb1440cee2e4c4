/*
 * lab3_switch: what lab3.c cannot say in C: changing stacks, and code with
 * registers as a check wants them.
 */
#include "assym.h"
#include <i386/param.h>
#include <i386/segments.h>
#include <i386/specialreg.h>

	.set	FRAME_WORDS, 18

	.bss
	.p2align 2
left:	.long	0			/* ESP of lab3_leave() */

	.text
	.globl	lab3_leave, lab3_back, lab3_returned

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
