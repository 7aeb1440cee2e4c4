/*
 * v86int(): INT 31h for a client in C.  See btxv86.h.
 */
	.set	INT_V86, 0x31

	/* struct v86 */
	.set	V86_EAX, 0x18
	.set	V86_ECX, 0x1c
	.set	V86_EDX, 0x20
	.set	V86_EBX, 0x24
	.set	V86_EFL, 0x28
	.set	V86_EBP, 0x2c
	.set	V86_ESI, 0x30
	.set	V86_EDI, 0x34
	.set	V86_SIZE, 0x38

	.text
	.globl	__v86int
/*
 * void v86int(void)
 *
 * BTX passes the general registers through in both directions; the flags
 * come back with V86_FLAGS.  The word on top of the stack is its argument,
 * and still there afterwards.
 */
__v86int:
	pusha
	mov	__v86 + V86_EAX, %eax
	mov	__v86 + V86_ECX, %ecx
	mov	__v86 + V86_EDX, %edx
	mov	__v86 + V86_EBX, %ebx
	mov	__v86 + V86_EBP, %ebp
	mov	__v86 + V86_ESI, %esi
	mov	__v86 + V86_EDI, %edi
	pushl	__v86 + V86_EFL
	popf
	push	$__v86
	int	$INT_V86
	mov	%eax, __v86 + V86_EAX
	mov	%ecx, __v86 + V86_ECX
	mov	%edx, __v86 + V86_EDX
	mov	%ebx, __v86 + V86_EBX
	mov	%ebp, __v86 + V86_EBP
	mov	%esi, __v86 + V86_ESI
	mov	%edi, __v86 + V86_EDI
	pushf
	popl	__v86 + V86_EFL
	cld
	pop	%eax
	popa
	ret

	.comm	__v86, V86_SIZE
