/*
 * db_access: memory for the debugger, at any address.
 *
 * [i386/i386/db_interface.c]
 */
#include "assym.h"
#include <sys/errno.h>

	.text

/*
 * int db_copy(void *to, const void *from, size_t len)
 *
 * Copy; EFAULT instead of a fault where one of the addresses is bad, else 0.
 * A pcb_onfault that was set before, by what the debugger has interrupted,
 * stays.
 *
 *	0 onfault of before	4 edi	8 esi	12 return
 *	16 to	20 from	24 len
 */
	.globl	db_copy
db_copy:
	push	%esi
	push	%edi
	mov	curthread, %edx
	mov	TD_PCB(%edx), %edx
	push	PCB_ONFAULT(%edx)
	movl	$db_copy_fault, PCB_ONFAULT(%edx)
	mov	16(%esp), %edi
	mov	20(%esp), %esi
	mov	24(%esp), %ecx
	cld
	rep movsb
	xor	%eax, %eax
	jmp	1f
db_copy_fault:
	mov	curthread, %edx
	mov	TD_PCB(%edx), %edx
	mov	$EFAULT, %eax
1:	pop	PCB_ONFAULT(%edx)
	pop	%edi
	pop	%esi
	ret
