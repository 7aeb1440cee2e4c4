/*
 * script_switch: what script.c cannot say in C: changing stacks, and a call
 * with as many arguments as there are.
 */
#include <i386/param.h>

	.set	STACK_SIZE, 2 * PAGE_SIZE

	.bss
	.p2align 4
	.fill	STACK_SIZE, 1, 0
stack:

	.text
	.globl	script_start, script_call

/* Begin the script, on its stack. */
script_start:
	mov	$stack, %esp
	xor	%ebp, %ebp
	call	script_run

/*
 * uint32_t script_call(uint32_t function, uint32_t count, const uint32_t *arguments)
 *
 * Call a function with so many arguments, whoever takes them off the stack.
 * Returns what it returns.
 *
 *	8(%ebp) function	12 count	16 arguments
 */
script_call:
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
