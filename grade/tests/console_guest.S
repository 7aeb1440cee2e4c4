/*
 * A boot sector for test_console.py, loaded by the BIOS at 0:7C00.
 *
 * Everything it says goes to the screen and to COM1.  It greets, does the
 * command in its last byte before the signature if that is not 0, and then
 * takes commands from the keyboard and from COM1:
 *
 *	q	power off	(Bochs' port, then QEMU's)
 *	t	triple fault
 *	h	halt with interrupts off
 *	s	say what a lab's stub says, and stay
 *	f	let COM1 collect 16 characters, as the loader does, and answer
 *	else	answer "key:" and the character; F1 to F10 answer A to J
 */

	.set	SCAN_F1, 0x3b
	.set	COM1_FCR, 0x3fa		/* FIFO control */
	.set	FIFO_ON, 0x07		/* on, and emptied */
	.set	COM1_LSR, 0x3fd		/* line status: 0x40, transmitter empty */
	.set	BOCHS_POWER, 0x8900	/* takes the word "Shutdown" */
	.set	QEMU_POWER, 0x604	/* ACPI PM1a control: 0x2000 is soft off */

	.code16
	.globl	start
start:
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$0x7c00, %sp
	sti
	movw	$0x00e3, %ax		/* INT 14h: COM1 at 9600 8N1 */
	xorw	%dx, %dx
	int	$0x14
	movw	$greeting, %si
	call	print
	movb	first_command, %al
	testb	%al, %al
	jnz	command

wait:
	movb	$1, %ah			/* a key? */
	int	$0x16
	jnz	key
	movb	$3, %ah			/* a character on COM1? */
	xorw	%dx, %dx
	int	$0x14
	testb	$1, %ah
	jz	wait
	movb	$2, %ah
	int	$0x14
	jmp	command
key:
	xorb	%ah, %ah
	int	$0x16
	testb	%al, %al
	jnz	command
	movb	%ah, %al
	addb	$('A' - SCAN_F1), %al

command:
	cmpb	$'q', %al
	je	power_off
	cmpb	$'t', %al
	je	triple_fault
	cmpb	$'h', %al
	je	halt
	cmpb	$'s', %al
	je	stub
	cmpb	$'f', %al
	jne	answer_it
	movw	$COM1_FCR, %dx
	movb	$FIFO_ON, %al
	outb	%al, %dx
	movb	$'f', %al
answer_it:
	movb	%al, answer_key
	movw	$answer, %si
	call	print
	jmp	wait

power_off:
	movw	$COM1_LSR, %dx
1:	inb	%dx, %al
	testb	$0x40, %al
	jz	1b
	movw	$BOCHS_POWER, %dx
	movw	$shutdown, %si
	movw	$8, %cx
	rep	outsb
	movw	$QEMU_POWER, %dx
	movw	$0x2000, %ax
	outw	%ax, %dx
halt:
	cli
	hlt
	jmp	halt
stub:
	movw	$unwritten, %si
	call	print
1:	jmp	1b
triple_fault:
	lidt	no_table
	int3

/* Prints the string at SI on the screen and COM1. */
print:
	lodsb
	testb	%al, %al
	jz	1f
	movb	$0x0e, %ah
	movw	$7, %bx
	int	$0x10
	movb	$1, %ah
	xorw	%dx, %dx
	int	$0x14
	jmp	print
1:	ret

no_table:
	.word	0, 0, 0
greeting:
	.asciz	"sector-0-ready\r\n"
answer:
	.ascii	"key:"
answer_key:
	.asciz	"?\r\n"
unwritten:	.asciz "LAB 1.2: menu\r\n"
shutdown:
	.ascii	"Shutdown"

	.org	509
first_command:
	.byte	0
	.word	0xaa55
