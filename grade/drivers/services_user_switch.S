/*
 * services_user_switch: to ring 3, from the middle of a test, and back.
 *
 * A trap out of ring 3 puts its frame at the top of the kernel's stack, where the
 * frames of the test are.  So they are kept elsewhere meanwhile.
 *
 *	top	curpcb - 16
 *		frames of the test	kept, and put back
 *	ESP	of services_user_leave()
 */
#include "assym.h"
#include <i386/param.h>

	.set	FRAME_WORDS, 18

	.text
	.globl	services_user_leave, services_user_back

/* ECX = the top of the stack. */
	.macro	stack_top
	mov	curthread, %ecx
	mov	TD_PCB(%ecx), %ecx
	sub	$16, %ecx
	.endm

/*
 * void services_user_leave(const struct trapframe *frame, char *kept,
 *     uint32_t *kept_esp)
 *
 * Keep what is on the stack, and leave by doreti with this frame, which is not
 * on the stack.  Returns when services_user_back() is called.
 *
 *	20(%esp) frame	24 kept	28 kept_esp
 */
services_user_leave:
	push	%ebx
	push	%esi
	push	%edi
	push	%ebp
	mov	20(%esp), %ebx
	mov	24(%esp), %edi
	mov	28(%esp), %eax
	mov	%esp, (%eax)
	stack_top
	mov	%ecx, %edx
	mov	%esp, %esi
	sub	%esp, %ecx
	cld
	rep movsb
	mov	%ebx, %esi
	lea	-FRAME_WORDS * 4(%edx), %edi
	mov	%edi, %eax
	mov	$FRAME_WORDS, %ecx
	rep movsl
	mov	%eax, %esp
	jmp	doreti

/*
 * void services_user_back(const char *kept, uint32_t kept_esp)
 *
 * Put the stack back, and be in services_user_leave().  ESP first: interrupts
 * may come.
 *
 *	4(%esp) kept	8 kept_esp
 */
services_user_back:
	mov	4(%esp), %esi
	mov	8(%esp), %edi
	mov	%edi, %esp
	stack_top
	sub	%edi, %ecx
	cld
	rep movsb
	pop	%ebp
	pop	%edi
	pop	%esi
	pop	%ebx
	ret

/*
 * Programs for ring 3, which services_user_load() puts into a process' memory.
 * They are entered with registers and end with INT 80h.
 */
	.section .rodata
	.globl	services_user_code, services_user_code_end
	.globl	user_nothing, user_read, user_write, user_push, user_call
	.globl	user_or, user_touch, user_fill
services_user_code:
user_nothing:
	int	$0x80
user_read:				/* EAX = (ESI) */
	mov	(%esi), %eax
	int	$0x80
user_write:				/* (ESI) = EAX */
	mov	%eax, (%esi)
	int	$0x80
user_push:
	push	%eax
	int	$0x80
user_call:				/* to ESI, which comes back or does not */
	call	*%esi
	int	$0x80
user_or:				/* EAX = all of ECX words from ESI on, by OR */
	xor	%eax, %eax
1:	or	(%esi), %eax
	add	$4, %esi
	loop	1b
	int	$0x80
user_touch:				/* EAX to each of ECX pages from ESI on */
	mov	%eax, (%esi)
	add	$4096, %esi
	loop	user_touch
	int	$0x80
user_fill:				/* EAX to ECX words from EDI on */
	cld
	rep stosl
	int	$0x80
services_user_code_end:
