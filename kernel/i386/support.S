/*
 * support: the user's memory, and the tables' registers.
 *
 * A user may hand the kernel any address.  The functions here accept only
 * those below VM_MAXUSER_ADDRESS, and while they run pcb_onfault says where a
 * page fault at one of them goes on: then they return EFAULT.
 *
 * [i386/i386/support.s]
 */
#include "assym.h"
#include <i386/param.h>
#include <i386/segments.h>
#include <sys/errno.h>

	.text

	/* EDX = curpcb; faults go on at `label'. */
	.macro	on_fault label
	mov	curthread, %edx
	mov	TD_PCB(%edx), %edx
	movl	$\label, PCB_ONFAULT(%edx)
	.endm

/*
 * int copyin(const void *udaddr, void *kaddr, size_t len)
 * int copyout(const void *kaddr, void *udaddr, size_t len)
 *
 *	4(%esp) from	8 to	12 len
 */
	.globl	copyin, copyout
copyin:
	mov	4(%esp), %eax
	jmp	1f
copyout:
	mov	8(%esp), %eax
1:	mov	12(%esp), %ecx
	add	%ecx, %eax		/* the user's end */
	jc	copy_bad
	cmp	$VM_MAXUSER_ADDRESS, %eax
	ja	copy_bad
	push	%esi
	push	%edi
	on_fault copy_fault
	mov	12(%esp), %esi
	mov	16(%esp), %edi
	cld
	mov	%ecx, %eax
	shr	$2, %ecx
	rep movsl
	mov	%eax, %ecx
	and	$3, %ecx
	rep movsb
	xor	%eax, %eax
	jmp	2f
copy_fault:
	mov	curthread, %edx
	mov	TD_PCB(%edx), %edx
	mov	$EFAULT, %eax
2:	movl	$0, PCB_ONFAULT(%edx)
	pop	%edi
	pop	%esi
	ret
copy_bad:
	mov	$EFAULT, %eax
	ret

/*
 * int copyinstr(const void *udaddr, void *kaddr, size_t len, size_t *done)
 *
 *	16(%esp) from	20 to	24 len	28 done
 */
	.globl	copyinstr
copyinstr:
	push	%ebx
	push	%esi
	push	%edi
	on_fault copyinstr_fault
	mov	16(%esp), %esi
	mov	20(%esp), %edi
	mov	24(%esp), %ecx
	cld
	mov	$EFAULT, %ebx
	mov	$VM_MAXUSER_ADDRESS, %edx
	sub	%esi, %edx		/* bytes of the user's from here on */
	jbe	3f
	cmp	%edx, %ecx
	ja	1f
	mov	%ecx, %edx
	mov	$ENAMETOOLONG, %ebx
1:	mov	%edx, %ecx
	jecxz	3f
2:	lodsb
	stosb
	test	%al, %al
	loopnz	2b
	jnz	3f
	xor	%ebx, %ebx
	jmp	3f
copyinstr_fault:
	mov	$EFAULT, %ebx
3:	mov	curthread, %edx
	mov	TD_PCB(%edx), %edx
	movl	$0, PCB_ONFAULT(%edx)
	mov	28(%esp), %eax
	test	%eax, %eax
	jz	4f
	sub	16(%esp), %esi
	mov	%esi, (%eax)
4:	mov	%ebx, %eax
	pop	%edi
	pop	%esi
	pop	%ebx
	ret

/*
 * int32_t fuword(const void *base), int fubyte(const void *base),
 * int suword(void *base, int32_t word), int subyte(void *base, int byte)
 *
 *	4(%esp) base	8 value
 */
	.macro	user_access size
	on_fault fusu_fault
	mov	4(%esp), %ecx
	cmp	$VM_MAXUSER_ADDRESS - \size, %ecx
	ja	fusu_fault
	.endm

	.globl	fuword, fubyte, suword, subyte
fuword:
	user_access 4
	mov	(%ecx), %eax
	movl	$0, PCB_ONFAULT(%edx)
	ret
fubyte:
	user_access 1
	movzbl	(%ecx), %eax
	movl	$0, PCB_ONFAULT(%edx)
	ret
suword:
	user_access 4
	mov	8(%esp), %eax
	mov	%eax, (%ecx)
	jmp	stored
subyte:
	user_access 1
	mov	8(%esp), %eax
	mov	%al, (%ecx)
stored:
	xor	%eax, %eax
	movl	$0, PCB_ONFAULT(%edx)
	ret
fusu_fault:
	mov	curthread, %edx
	mov	TD_PCB(%edx), %edx
	movl	$0, PCB_ONFAULT(%edx)
	mov	$-1, %eax
	ret

/*
 * void lgdt(const struct region_descriptor *rd)
 *
 * Load GDTR, and the segment registers anew, by the new table's selectors.
 */
	.globl	lgdt
lgdt:
	mov	4(%esp), %eax
	lgdt	(%eax)
	mov	$KDSEL, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%eax, %gs
	mov	$KPSEL, %al
	mov	%eax, %fs
	pop	%eax
	push	$KCSEL
	push	%eax
	lret
