/*
 * mbr: the master boot record without a menu.  It finds the one active
 * partition and starts its boot sector.
 *
 * Loaded by: the BIOS, or another boot manager, at 0:7C00.
 * On entry:  DL = the BIOS drive that we came from.  Nothing else is sure:
 *            CS:IP may be 0:7C00 or 07C0:0000.
 * Memory:    0600..07FF  this sector, once it has moved out of the way
 *            ....7BFF    the stack, downwards
 *            7C00..7DFF  first ourselves, then the partition's boot sector
 * Ends at:   0:7C00 in the partition's boot sector, with DL = its drive,
 *            DS:SI -> its entry in the table at 0:07BE, DS = ES = SS = 0,
 *            SP = 7C00; or in a message, or in INT 18h.
 *
 * Steps: 1 relocate, 2 scan and validate, 3 read, 4 hand over.
 *
 * At most 440 bytes of code: fdisk keeps a disk id in bytes 1B8h..1BBh, and
 * the installer leaves it there.  The rules are those of FreeBSD's mbr
 * [mbr.s], but for the CHS read, which converts the LBA by the geometry that
 * the BIOS reports: the CHS fields of an entry are only as good as the
 * geometry that fdisk believed in.
 */
#include "lab_stub.h"

	.set	LOAD, 0x7c00		/* where the BIOS puts a boot sector */
	.set	EXEC, 0x600		/* where we run */

	/* A partition entry [diskmbr.h]. */
	.set	PT_FLAG, 0		/* 0x80 or above: active */
	.set	PT_LBA, 8		/* first sector, 32 bits */
	.set	PT_SIZE, 16		/* bytes an entry */
	.set	NPART, 4

	.set	MAGIC, 0xaa55		/* the last word of a boot sector */
	.set	MAGIC_OFF, 510
	.set	FL_PACKET, 0x80		/* flags: try the EDD calls */

	.set	BDA_NHRDRV, 0x475	/* BIOS data: number of hard disks */
	.set	MAXCYL, 1023		/* the last cylinder CHS can name */

	.code16
	.text
	.globl	start, main
start:
	cld
/*
 * 1. Relocate.
 *
 * Set DS, ES and SS to 0 and SP to 7C00; copy the 512 bytes at 0:7C00 to
 * 0:0600; go on at `main' in the copy, with CS = 0.  DL must survive.
 * Until the jump, a label's address is not where its code is: this file is
 * linked at 600h and still runs at 7C00h.
 */
/* LAB 1.1 BEGIN */
	xor	%ax, %ax
	mov	%ax, %ss
	mov	$LOAD, %sp
	mov	%ax, %ds
	mov	%ax, %es
	mov	%sp, %si
	mov	$start, %di
	mov	$512 / 2, %cx
	rep movsw
	ljmp	$0, $main
/* LAB 1.1 STUB lab_stub "LAB 1.1: relocate" */
/* LAB 1.1 END */

/*
 * 2. Scan and validate the table.
 *
 * Look at all four entries' flags: 0 is inactive, 80h and above is active,
 * 1 to 7Fh is nonsense.  Nonsense anywhere, or a second active entry, ends
 * in bad_table.  No active entry at all ends in INT 18h, which tells the
 * BIOS that this disk does not boot.  Otherwise leave in SI the address of
 * the active entry.  DL must survive.
 */
main:
/* LAB 1.2 BEGIN */
	xor	%si, %si
	mov	$table, %bx
	mov	$NPART, %cx
1:	mov	PT_FLAG(%bx), %al
	test	%al, %al
	jz	2f			/* inactive */
	jns	bad_table		/* 1 to 7Fh */
	test	%si, %si
	jnz	bad_table		/* the second active one */
	mov	%bx, %si
2:	add	$PT_SIZE, %bx
	loop	1b
	test	%si, %si
	jnz	read
	int	$0x18
/* LAB 1.2 STUB lab_stub "LAB 1.2: scan and validate" */
/* LAB 1.2 END */

/*
 * 3. Read the partition's first sector to 0:7C00, by EDD and by CHS.
 *
 * On entry SI -> the active entry, DL = the drive that the BIOS named.  It
 * is believed when it is one of the hard disks: 80h up to 80h + the byte at
 * BDA_NHRDRV, less one.  Otherwise the entry's flag is the drive.  Keep the
 * answer in `drive'.
 *
 * Where bit FL_PACKET of `flags' is set and INT 13h AH=41h finds the packet
 * calls (carry clear, BX = AA55h, CX bit 0), read the entry's LBA by `packet'
 * and AH=42h [EDD].  Otherwise ask AH=08h for the geometry, convert the LBA
 * and read by AH=02h.  Carry from the BIOS, or an LBA past cylinder 1023,
 * ends in cannot_read.  SI must survive; AH=08h may change ES and DI.
 */
read:
/* LAB 1.3 BEGIN */
	cmp	$0x80, %dl
	jb	1f
	mov	%dl, %al
	sub	$0x80, %al
	cmp	BDA_NHRDRV, %al
	jb	2f
1:	mov	PT_FLAG(%si), %dl
2:	mov	%dl, drive

	testb	$FL_PACKET, flags
	jz	read_chs
	mov	$0x41, %ah
	mov	$0x55aa, %bx
	int	$0x13
	jc	read_chs
	cmp	$0xaa55, %bx
	jne	read_chs
	test	$1, %cl
	jz	read_chs

	mov	PT_LBA(%si), %eax
	mov	%eax, packet_lba
	push	%si
	mov	$packet, %si
	mov	drive, %dl
	mov	$0x42, %ah
	int	$0x13
	pop	%si
	jc	cannot_read
	jmp	boot

read_chs:
	push	%es
	mov	drive, %dl
	mov	$0x08, %ah
	int	$0x13
	pop	%es
	jc	cannot_read
	movzbl	%dh, %ebx
	inc	%bx			/* heads */
	and	$0x3f, %cx		/* sectors a track */
	jz	cannot_read
	movzwl	%cx, %ecx

	mov	PT_LBA(%si), %eax
	xor	%edx, %edx
	div	%ecx			/* EAX = track, EDX = sector from 0 */
	lea	1(%edx), %ecx		/* CL = sector from 1 */
	xor	%edx, %edx
	div	%ebx			/* EAX = cylinder, EDX = head */
	cmp	$MAXCYL, %eax
	ja	cannot_read
	mov	%al, %ch		/* cylinder, bits 7 to 0 */
	shl	$6, %ah
	or	%ah, %cl		/* cylinder, bits 9 and 8 */
	mov	%dl, %dh
	mov	drive, %dl
	mov	$LOAD, %bx
	mov	$0x0201, %ax
	int	$0x13
	jc	cannot_read
/* LAB 1.3 STUB lab_stub "LAB 1.3: read the sector" */
/* LAB 1.3 END */

/*
 * 4. Hand over.
 *
 * A sector without MAGIC in its last word ends in no_system.  Otherwise
 * jump to 0:7C00 with DL = `drive', DS:SI -> the active entry, DS, ES and SS
 * 0 and SP = 7C00.  A boot sector that knows no "hidden sectors" of its own
 * finds its partition through DS:SI and nothing else.
 */
boot:
/* LAB 1.4 BEGIN */
	cmpw	$MAGIC, LOAD + MAGIC_OFF
	jne	no_system
	mov	drive, %dl
	mov	$LOAD, %sp
	ljmp	$0, $LOAD
/* LAB 1.4 STUB lab_stub "LAB 1.4: hand over" */
/* LAB 1.4 END */

/*
 * The three ways to fail.  Each says why, by INT 10h AH=0Eh, and stops:
 * there is nobody to return to, and a reboot would wipe the message away.
 */
bad_table:
	mov	$bad_table_msg, %si
	jmp	die
cannot_read:
	mov	$cannot_read_msg, %si
	jmp	die
no_system:
	mov	$no_system_msg, %si
die:
	lodsb
	test	%al, %al
	jz	1f
	mov	$0x0e, %ah
	mov	$7, %bx			/* page 0, light grey */
	int	$0x10
	jmp	die
1:	sti				/* for Ctrl-Alt-Del */
	hlt
	jmp	1b

bad_table_msg:
	.asciz	"Invalid partition table"
cannot_read_msg:
	.asciz	"Error loading operating system"
no_system_msg:
	.asciz	"Missing operating system"

drive:	.byte	0			/* the drive that we boot from */

/*
 * The disk address packet of INT 13h AH=42h [EDD]:
 * size, 0, sectors, buffer's offset and segment, 64-bit LBA.
 */
packet:	.byte	16, 0
	.word	1, LOAD, 0
packet_lba:
	.long	0, 0

/*
 * Bytes 1B8h and on: the disk id (fdisk's, we only leave it room), a word of
 * which the high byte is our flags, the table, the signature.
 */
	.section .config, "a"
	.long	0
	.byte	0
flags:	.byte	FL_PACKET
table:	.fill	NPART * PT_SIZE, 1, 0
	.word	MAGIC
