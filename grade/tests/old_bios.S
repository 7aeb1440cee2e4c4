/*
 * A master boot record that makes the BIOS an old one: it stays at the top
 * of base memory, and refuses calls that came late.  For tests.
 *
 * Assembled with any of -DNO_EDD (INT 13h AH=41h..48h), -DNO_E820 and
 * -DNO_E801 (INT 15h).  Then it starts the active slice, by the CHS fields
 * of its entry.
 */
	.set	LOAD, 0x7c00
	.set	BDA_BASEMEM, 0x413	/* KB */
	.set	FLAGS_ON_STACK, 6	/* behind BP, IP, CS */

	.code16
	.text
	.globl	start
start:
	cld
	xor	%ax, %ax
	mov	%ax, %ss
	mov	$LOAD, %sp
	mov	%ax, %ds
	decw	BDA_BASEMEM
	mov	BDA_BASEMEM, %ax
	shl	$6, %ax
	mov	%ax, %es
	mov	$LOAD, %si
	xor	%di, %di
	mov	$512 / 2, %cx
	rep movsw
	push	%es
	push	$1f
	lret

	/* Take the two vectors. */
1:	mov	4 * 0x13, %eax
	mov	%eax, %es:old_13
	mov	4 * 0x15, %eax
	mov	%eax, %es:old_15
	mov	%es, %ax
	shl	$16, %eax
	mov	$hook_13, %ax
	mov	%eax, 4 * 0x13
	mov	$hook_15, %ax
	mov	%eax, 4 * 0x15

	/* Read the active slice's first sector. */
	mov	$LOAD + 446, %si
2:	testb	$0x80, (%si)
	jnz	3f
	add	$16, %si
	jmp	2b
3:	mov	1(%si), %dh
	mov	2(%si), %cx
	xor	%ax, %ax
	mov	%ax, %es
	mov	$LOAD, %bx
	mov	$0x0201, %ax
	int	$0x13
	jc	.
	ljmp	$0, $LOAD

hook_13:
#ifdef NO_EDD
	cmp	$0x41, %ah
	jb	4f
	cmp	$0x48, %ah
	jbe	refuse
4:
#endif
	ljmp	*%cs:old_13

hook_15:
#ifdef NO_E820
	cmp	$0xe820, %ax
	je	refuse
#endif
#ifdef NO_E801
	cmp	$0xe801, %ax
	je	refuse
#endif
	ljmp	*%cs:old_15

refuse:
	push	%bp
	mov	%sp, %bp
	orb	$1, FLAGS_ON_STACK(%bp)
	pop	%bp
	mov	$0x01, %ah
	iret

old_13:	.long	0
old_15:	.long	0
