/*
 * The first instructions of a BTX client.
 *
 * On entry: EAX = the client's linear base; ESP = the end of the client's
 * stack, with the argument page behind it (see btx.h).  In the last 60h bytes
 * of that page btxldr has put six words, howto, bootdev, 0, 0, 0 and the
 * address of a bootinfo, and that bootinfo.
 */
	.set	ARGADJ, 0xfa0

	.text
	.globl	_start
_start:
	mov	%eax, __base
	lea	ARGADJ(%esp), %eax
	mov	%eax, __args
	call	main
	push	%eax
	call	__exit

	.comm	__base, 4
	.comm	__args, 4
