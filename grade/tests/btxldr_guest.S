/*
 * A boot sector for test_btxldr.py that does what boot2 does with a loader,
 * and, behind it, a kernel that tells how it was started.
 *
 * The sector reads the sectors behind it, text and data of the loader, makes
 * client memory dirty, enters protected mode, puts the loader at 200000h and
 * calls it with the arguments that the test has written into the sector.
 *
 * The kernel says `!' on COM1 once it has left at 500h the words CR0, CS, SS,
 * DS, IF, and halts.
 */
	.set	BUFFER, 0x10000
	.set	BUFFER_SECTORS, 100
	.set	LOADER, 0x200000
	.set	CLIENT, 0xa000
	.set	STATE, 0x500

	.code16
	.globl	start
start:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x7c00, %sp
	push	%dx			/* the drive */
	mov	$0x0003, %ax		/* a clean screen */
	int	$0x10
	mov	cursor, %dx
	xor	%bx, %bx
	mov	$0x02, %ah
	int	$0x10
	mov	$0x0e00 + '/', %ax	/* as boot2's spinner would stand */
	int	$0x10
	mov	cursor, %dx
	mov	$0x02, %ah
	int	$0x10
	pop	%dx
	mov	$packet, %si
	mov	$0x42, %ah
	int	$0x13
	jc	fail
	cli
	mov	$CLIENT, %di
	mov	$(0x10000 - CLIENT) / 2, %cx
	mov	$0xcccc, %ax
	rep stosw
	in	$0x92, %al
	or	$2, %al			/* A20 */
	out	%al, $0x92
	lgdt	gdt_pointer
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmp	$8, $1f
	.code32
1:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$BUFFER, %esi
	mov	$LOADER, %edi
	mov	$BUFFER_SECTORS * 512, %ecx
	rep movsb
	mov	$0x7000, %esp
	pushl	bootinfo_at
	push	$5
	push	$4
	push	$3
	pushl	bootdev
	pushl	howto
	mov	$LOADER, %eax
	call	*%eax
fail:	hlt
	jmp	fail

	.balign	4
packet:	.byte	16, 0
	.word	BUFFER_SECTORS, 0, BUFFER >> 4
	.long	1, 0
gdt:	.quad	0
	.quad	0x00cf9a000000ffff
	.quad	0x00cf92000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

	.org	0x180
howto:	.long	0
bootdev:
	.long	0
bootinfo_at:
	.long	0
cursor:	.byte	0, 0			/* column, row */
	.org	0x190
bootinfo:
	.skip	0x48
	.org	510
	.word	0xaa55

	/* The kernel: linked behind the sector, so all in it is relative. */
	.code16
kernel:
	jmp	1f
	.ascii	"BTX"
	.byte	1, 42, 0
	.word	0xff7, kernel_end - kernel
	.long	0
1:	mov	%cs, %bx
	mov	%ss, %cx
	mov	%ds, %dx
	pushfw
	pop	%si
	mov	%cr0, %eax
	xor	%di, %di
	mov	%di, %ds
	mov	%eax, STATE
	mov	%bx, STATE + 4
	mov	%cx, STATE + 6
	mov	%dx, STATE + 8
	mov	%si, STATE + 10
	mov	$0x3f8, %dx
	mov	$'!', %al
	out	%al, %dx
2:	hlt
	jmp	2b
kernel_end:
