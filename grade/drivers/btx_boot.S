/*
 * btx_boot: the boot sector of lab 2's checks.  It puts BTX and a client of
 * the check's own where boot1 would, and starts BTX as boot1 does.
 *
 * Loaded by: the BIOS, at 0:7C00.
 * On disk:   1..8        BTX, at most 4 KB, its header patched by the check
 *            9..40       the client, 16 KB
 * Memory:    1000..7000  filled with one byte, so that nothing there is zero
 *                        unless BTX sees to it
 *            9000..9FFF  BTX
 *            A000..DFFF  the client
 * Ends at:   0:9010, BTX's entry, with A20 on and every hardware interrupt
 *            masked: a check of something else must not hang on those.
 *
 * The check stamps its byte over `fill'.
 */
	.set	LOAD, 0x7c00
	.set	BTX_ENTRY, 0x9010

	.set	BTX_ADDRESS, 0x9000
	.set	BTX_SECTOR, 1
	.set	BTX_SECTORS, 8
	.set	CLIENT_SEGMENT, 0xa00
	.set	CLIENT_SECTOR, BTX_SECTOR + BTX_SECTORS
	.set	CLIENT_SECTORS, 32

	.set	FILL, 0x1000
	.set	FILL_END, 0x7000

	.set	PIC_MASTER, 0x21	/* interrupt masks */
	.set	PIC_SLAVE, 0xa1
	.set	SYSTEM_CONTROL, 0x92	/* bit 1: A20 */

	.code16
	.text
	.globl	start, fill
start:
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$LOAD, %sp

	mov	$btx, %si
	call	read
	mov	$client, %si
	call	read

	mov	$FILL, %di
	mov	$FILL_END - FILL, %cx
	mov	fill, %al
	rep stosb

	in	$SYSTEM_CONTROL, %al
	or	$2, %al
	out	%al, $SYSTEM_CONTROL
	mov	$0xff, %al
	out	%al, $PIC_MASTER
	out	%al, $PIC_SLAVE
	ljmp	$0, $BTX_ENTRY

/* Read what the packet at SI says from the disk in DL. */
read:
	mov	$0x42, %ah
	int	$0x13
	jc	.
	ret

/* [EDD] packets: size, 0, sectors, offset and segment, LBA. */
btx:	.byte	16, 0
	.word	BTX_SECTORS, BTX_ADDRESS, 0
	.quad	BTX_SECTOR
client:	.byte	16, 0
	.word	CLIENT_SECTORS, 0, CLIENT_SEGMENT
	.quad	CLIENT_SECTOR
fill:	.byte	0

	.org	510
	.word	0xaa55
