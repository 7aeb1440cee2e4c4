/*
 * boot1: the slice's first sector.  It finds its slice again, reads the other
 * fifteen sectors, and starts BTX, which starts boot2.  It stays in memory:
 * boot2 reads the disk through it.
 *
 * Loaded by: sector 0, or the BIOS on a floppy, at 0:7C00.
 * On entry:  DL = the BIOS drive.  Nothing else is sure: CS:IP may be 0:7C00
 *            or 07C0:0000, the segments and the stack may be anything, and
 *            SI is not asked for.
 * Memory:    0700..08FF  this sector, once it has moved out of the way
 *            0900..0901  for boot2: the drive; the slice, 1 to 4, or 0
 *            ....7BFF    the stack, downwards
 *            8CEC..ACEB  the slice's first 16 sectors, so that what follows
 *                        the label stands at 9000, where BTX is linked
 *            C000..FFFF  boot2's program, moved here, and zeros behind it
 * Ends at:   0:9010 in BTX, with A20 on; or in a message, a key, and the
 *            BIOS from its start.
 *
 * Steps: 1 relocate, 2 find the slice, 3 read it, 4 place boot2's program,
 * 5 enable A20.
 */
	.set	LOAD, 0x7c00		/* where we are loaded */
	.set	EXEC, 0x700		/* where we run */
	.set	ARGS, 0x900		/* what boot2 is told */
	.set	BUF, 0x8cec		/* the slice's first sectors */
	.set	BTX, 0x9000		/* its header, see btx.S */
	.set	BTX_MAGIC, BTX + 2	/* "BTX" */
	.set	BTX_SIZE, BTX + 10	/* bytes of BTX, a word */
	.set	BTX_ENTRY, BTX + 0x10
	.set	USER, 0xc000		/* boot2's program */

	.set	SECTOR, 512
	.set	NSECT, 16		/* boot1, the label, BTX, boot2 */

	/* The partition table [diskmbr.h]. */
	.set	TABLE, 0x1be		/* in its sector */
	.set	PT_FLAG, 0		/* 0x80: active */
	.set	PT_TYPE, 4
	.set	PT_LBA, 8		/* first sector, 32 bits */
	.set	PT_SIZE, 16		/* bytes an entry */
	.set	NPART, 4
	.set	TYPE_FREEBSD, 0xa5

	.set	MAXCYL, 1023		/* the last cylinder CHS can name */
	.set	TRIES, 5		/* a floppy's motor may just be starting */

	/* The keyboard's controller, whose output port gates A20. */
	.set	KBD_DATA, 0x60
	.set	KBD_STATUS, 0x64
	.set	KBD_BUSY, 2		/* status: it has not read the last byte */
	.set	KBD_WRITE_OUT, 0xd1	/* command: data goes to the output port */
	.set	KBD_A20, 0xdf		/* output port: A20 on, no reset */

	.code16
	.text
	.globl	start, xread
start:
	jmp	relocate

/*
 * xread, at 0:0704, which all boot2s since FreeBSD 4 know: a far procedure.
 *
 * On entry CX:AX = the first sector, DH = how many, DL = drive, ES:BX = the
 * buffer.  Returns carry clear, or carry set and the BIOS' error in AH.
 * Changes all registers but CS, SS, SP and DL; DS is 0 then.
 *
 * The packet calls of INT 13h are used where AH=41h finds them, on hard disks
 * only [EDD].  Otherwise the sectors are read by cylinder, head and sector,
 * from track to track.  Either way this frame is on the stack, BP -> it:
 */
	/* The disk address packet of INT 13h AH=42h. */
	.set	PKT_SIZE, 0		/* its size, 16 */
	.set	PKT_COUNT, 2		/* sectors (yet) to be read */
	.set	PKT_OFF, 4		/* the buffer */
	.set	PKT_SEG, 6
	.set	PKT_LBA, 8		/* first sector, 64 bits */
	/* Behind it. */
	.set	TRY, 16			/* tries left */
	.set	ERROR, 17		/* the BIOS' last */
	.set	FRAME, 18

	.org	4, 0x90
xread:
	push	%ss
	pop	%ds
	push	%ax			/* TRY, ERROR */
	pushl	$0
	push	%cx
	push	%ax
	push	%es
	push	%bx
	movzbw	%dh, %ax
	push	%ax
	push	$16
	mov	%sp, %bp
	test	%dl, %dl
	jns	chs

	push	%dx
	mov	$0x41, %ah
	mov	$0x55aa, %bx
	int	$0x13
	pop	%dx
	jc	chs
	cmp	$0xaa55, %bx
	jne	chs
	shr	%cl			/* bit 0: the packet calls are there */
	jnc	chs
	mov	%bp, %si
	mov	$0x42, %ah
	call	bios_disk
xread_out:
	lea	FRAME(%bp), %sp
	lret

/* Read what is left of each track in turn. */
chs:
	push	%dx
	mov	$0x08, %ah
	int	$0x13			/* changes ES and DI, too */
	mov	%dh, %al
	pop	%dx
	jc	xread_out
	movzbl	%al, %esi
	inc	%si			/* heads */
	and	$0x3f, %cx
	stc
	jz	xread_out
	movzwl	%cx, %edi		/* sectors a track */

1:	push	%dx
	mov	PKT_LBA(%bp), %eax
	xor	%edx, %edx
	div	%edi			/* EAX = track, EDX = sector from 0 */
	mov	%di, %bx
	sub	%dx, %bx		/* BL = sectors to the end of the track */
	lea	1(%edx), %ecx		/* sectors count from 1 */
	xor	%edx, %edx
	div	%esi			/* EAX = cylinder, EDX = head */
	cmp	$MAXCYL + 1, %eax
	cmc
	mov	%dl, %ch
	pop	%dx
	jc	xread_out
	mov	%ch, %dh
	mov	%al, %ch		/* CH: the low byte of the cylinder */
	shl	$6, %ah
	or	%ah, %cl		/* and its two high bits */

	cmp	PKT_COUNT(%bp), %bl
	jbe	2f
	mov	PKT_COUNT(%bp), %bl
2:	mov	%bl, %al
	push	%bx
	les	PKT_OFF(%bp), %bx
	mov	$0x02, %ah
	call	bios_disk
	pop	%bx
	jc	xread_out
	movzbl	%bl, %ebx
	add	%ebx, PKT_LBA(%bp)
	sub	%bl, PKT_COUNT(%bp)
	jz	xread_out		/* with carry clear */
	shl	$5, %bx			/* a sector is 20h paragraphs */
	add	%bx, PKT_SEG(%bp)
	jmp	1b

/*
 * INT 13h with the registers as they are, five times if need be, with a reset
 * of the drive in between.  Returns carry and AH from the last.  A BIOS that
 * fails says in the packet how far it came: the count must be put back.
 */
bios_disk:
	movb	$TRIES, TRY(%bp)
1:	push	PKT_COUNT(%bp)
	pusha
	int	$0x13
	mov	%ah, ERROR(%bp)
	popa
	pop	PKT_COUNT(%bp)
	jnc	2f
	pusha
	xor	%ah, %ah
	int	$0x13
	popa
	decb	TRY(%bp)
	jnz	1b
	mov	ERROR(%bp), %ah
	stc
2:	ret

/*
 * 1. Relocate: the sectors to come would reach us here, and boot2 looks for
 * xread at 0:0704.  The stack first: an interrupt may come at any time.
 */
relocate:
	cld
	xor	%ax, %ax
	mov	%ax, %ss
	mov	$LOAD, %sp
	mov	%ax, %ds
	mov	%ax, %es
	mov	%sp, %si
	mov	$EXEC, %di
	mov	$SECTOR / 2, %cx
	rep movsw
	ljmp	$0, $main

/*
 * 2. Find the slice: the first active one of type A5, or else the first one.
 * A floppy has no table: its slice is 0, and begins at sector 0.  So does that
 * of a disk whose sector 0 we are: the table at our own end has one entry of
 * type A5, the fourth, that begins there.
 */
main:
	xor	%dh, %dh
	mov	$table + 3 * PT_SIZE, %si
	test	%dl, %dl
	jns	found
	mov	$1, %al
	call	read_entry
	mov	$0x80, %cl		/* the active ones first */
1:	mov	$BUF + TABLE, %si
	mov	$1, %dh
2:	cmpb	$TYPE_FREEBSD, PT_TYPE(%si)
	jne	3f
	test	%cl, PT_FLAG(%si)
	jnz	found
	test	%cl, %cl
	jz	found
3:	add	$PT_SIZE, %si
	inc	%dh
	cmp	$NPART, %dh
	jbe	2b
	sub	$0x80, %cl		/* 80h, 0, carry */
	jnc	1b
	jmp	boot_error

/* 3. Read it: 16 sectors, of which the last 15 are to be followed. */
found:
	mov	%dx, ARGS
	mov	$NSECT, %al
	call	read_entry
	cmpl	$0x58544200 + 0x0e, BTX_MAGIC - 1	/* 0E, "BTX" */
	jne	boot_error

/*
 * 4. Place boot2's program: it follows BTX in the file, and is linked at the
 * start of a page.  Behind it come its variables, zero to begin with.
 */
	mov	$BTX, %si
	add	BTX_SIZE, %si
	mov	$BUF + NSECT * SECTOR, %cx
	sub	%si, %cx
	jbe	boot_error
	mov	$USER, %di
	rep movsb
	mov	%di, %cx
	neg	%cx			/* to the end of the 64 KB */
	xor	%al, %al
	rep stosb

/*
 * 5. Enable A20, or every odd megabyte would be the one below it.  A PC
 * without the controller says "busy" for ever: it is not waited for.
 */
	cli
	call	kbd_wait
	mov	$KBD_WRITE_OUT, %al
	out	%al, $KBD_STATUS
	call	kbd_wait
	mov	$KBD_A20, %al
	out	%al, $KBD_DATA
	sti
	ljmp	$0, $BTX_ENTRY

/* Wait until the controller takes a byte; 65,536 looks are 60 ms at least. */
kbd_wait:
	xor	%cx, %cx
1:	in	$KBD_STATUS, %al
	test	$KBD_BUSY, %al
	loopnz	1b
	ret

/*
 * Read the first AL sectors of the slice whose entry SI points to, to BUF.
 * DL = drive; DX and ES survive.
 */
read_entry:
	push	%dx
	push	%es
	mov	%al, %dh
	mov	PT_LBA(%si), %ax
	mov	PT_LBA + 2(%si), %cx
	mov	$BUF, %bx
	push	%cs
	call	xread
	pop	%es
	pop	%dx
	jc	read_error
	ret

/*
 * Say what is wrong (the text stands behind the call), wait for a key, and
 * start anew.
 */
read_error:
	call	fail
	.asciz	"Read error\r\n"
boot_error:
	call	fail
	.asciz	"Boot error\r\n"
fail:
	pop	%si
1:	lodsb
	test	%al, %al
	jz	2f
	mov	$0x0e, %ah
	mov	$7, %bx			/* page 0, light grey */
	int	$0x10
	jmp	1b
2:	xor	%ah, %ah
	int	$0x16
	ljmp	$0xffff, $0

/*
 * A table of our own: its last entry is the whole disk, of FreeBSD's type and
 * of 50,000 sectors, as FreeBSD's boot1 has it.
 */
	.org	TABLE, 0
table:
	.fill	3 * PT_SIZE, 1, 0
	.byte	0x80, 0, 1, 0
	.byte	TYPE_FREEBSD, 0xff, 0xff, 0xff
	.long	0, 50000
	.word	0xaa55
