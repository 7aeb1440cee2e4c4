/*
 * The test kernel's entry: keeps what the loader handed over, and makes C
 * code linked at 0xC0100000 run at 0x100000.
 *
 * Loaded by: boot2, the loader, or another system's loader (GRUB), at
 *            0x100000, entered at `btext' & 0xFFFFFF.
 * On entry:  protected mode, no paging, flat segments, interrupts off;
 *            at ESP nine words: a slot for a return address, howto, bootdev,
 *            0, 0, 0, the address of struct bootinfo, modulep, kernend
 *            (boot2 pushes the first seven only).
 * Memory:    the kernel's own, from `.saved' (see testkernel.ld).
 * Ends at:   main().
 *
 *	linked		segment base	linear, and physical
 *	C0100000   +	40000000    =	00100000		(mod 2^32)
 *
 * Steps: 1 save, 2 own segments, 3 C.
 */
	.set	KERNBASE, 0xc0000000
	.set	KERNEL_CODE, 0x08	/* our selectors */
	.set	KERNEL_DATA, 0x10
	.set	WORDS, 9
	.set	STACK_SIZE, 2048

	.section .interp, "a", @progbits
	.asciz	"/red/herring"

	.text
	.globl	btext
/*
 * 1. Save.  Our labels are KERNBASE too high for the loader's segments.  The
 * word below ESP is ours to use: flags go by way of it.
 */
btext:
	mov	%eax, saved_eax - KERNBASE
	pushf
	pop	%eax
	mov	%eax, saved_eflags - KERNBASE
	cli
	cld
	mov	%ebx, saved_ebx - KERNBASE
	mov	%ecx, saved_ecx - KERNBASE
	mov	%edx, saved_edx - KERNBASE
	mov	%esi, saved_esi - KERNBASE
	mov	%edi, saved_edi - KERNBASE
	mov	%ebp, saved_ebp - KERNBASE
	mov	%esp, saved_esp - KERNBASE
	mov	%cr0, %eax
	mov	%eax, saved_cr0 - KERNBASE
	mov	%cs, saved_cs - KERNBASE
	mov	%ss, saved_ss - KERNBASE
	mov	%ds, saved_ds - KERNBASE
	mov	%es, saved_es - KERNBASE
	mov	%fs, saved_fs - KERNBASE
	mov	%gs, saved_gs - KERNBASE
	sgdt	saved_gdtr - KERNBASE
	mov	%esp, %esi
	mov	$saved_words - KERNBASE, %edi
	mov	$WORDS, %ecx
1:	mov	%ss:(%esi), %eax
	mov	%eax, (%edi)
	add	$4, %esi
	add	$4, %edi
	loop	1b

/*
 * 2. Own segments.  From the jump on, labels are right as they are.
 */
	lgdt	gdtr - KERNBASE
	ljmp	$KERNEL_CODE, $1f
1:	mov	$KERNEL_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
	mov	$stack_top, %esp

/*
 * 3. C.  main() switches the power off; should that fail, stop.
 */
	xor	%ebp, %ebp
	call	main
	cli
1:	hlt
	jmp	1b

/*
 * Both segments are marked accessed, or else the processor would do so, and
 * .text were not what it was.
 */
	.section .rodata
	.balign	8
gdt:	.quad	0
	.quad	0x40cf9b000000ffff	/* code, base 40000000h, 4 GB */
	.quad	0x40cf93000000ffff	/* data, the same */
gdtr:	.word	gdtr - gdt - 1
	.long	gdt - KERNBASE

/*
 * struct saved of testkernel.h.
 */
	.section .saved, "aw", @progbits
	.globl	saved
saved:
saved_eax:	.long	0
saved_ebx:	.long	0
saved_ecx:	.long	0
saved_edx:	.long	0
saved_esi:	.long	0
saved_edi:	.long	0
saved_ebp:	.long	0
saved_esp:	.long	0
saved_eflags:	.long	0
saved_cr0:	.long	0
saved_cs:	.word	0
saved_ss:	.word	0
saved_ds:	.word	0
saved_es:	.word	0
saved_fs:	.word	0
saved_gs:	.word	0
saved_words:	.fill	WORDS, 4, 0
		.word	0
saved_gdtr:	.fill	6, 1, 0

	.balign	16
	.fill	STACK_SIZE, 1, 0
stack_top:

	.section .note.GNU-stack, "", @progbits
