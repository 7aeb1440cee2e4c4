/*
 * probe: a boot sector that reports how it was started.  It stands in a
 * slice, or in sector 0 of a second disk, in place of an operating system.
 *
 * Loaded by: any boot loader, at 0:7C00.
 * On entry:  whatever the loader left; that is what the report tells.
 * Memory:    ....7BFF    the stack, downwards, once SS:SP are saved
 *            7C00..7DFF  this sector; never written, so that its checksum
 *                        is that of the sector as it was loaded
 *            7E00..7E22  what was found on entry, in the report's order
 * Ends at:   power-off, in Bochs and in QEMU; where `hold' says so,
 *            after a key or that many ticks.
 *
 * The report is one line on COM1, at 115200 8N1 by port I/O:
 *
 *   @NONCE probe cs=0000 ip=7c00 dl=80 ds=0000 si=07be es=0000 ss=0000
 *   sp=7c00 entry=<16 bytes at DS:SI> sum=<checksum> slice=<name>
 *
 * The screen gets "started from <name>".
 *
 * boot/image/probe.py stamps the fields from 1B0h on into a copy of this
 * sector, and reads the report.
 *
 * Steps: 1 save what we were given, 2 check our own bytes, 3 report,
 * 4 show, 5 power off.
 */
	.set	LOAD, 0x7c00
	.set	SECTOR, 512
	.set	MAGIC, 0xaa55

	.set	ENTRY_SIZE, 16		/* bytes of a partition entry */
	.set	SUM_ROTATE, 5		/* sum = rol(sum, 5) + byte */

	/* What was found: the report's fields, in its order. */
	.set	found, LOAD + SECTOR
	.set	found_cs, found
	.set	found_ip, found + 2
	.set	found_dl, found + 4
	.set	found_ds, found + 5
	.set	found_si, found + 7
	.set	found_es, found + 9
	.set	found_ss, found + 11
	.set	found_sp, found + 13
	.set	found_entry, found + 15
	.set	found_sum_high, found_entry + ENTRY_SIZE
	.set	found_sum_low, found_sum_high + 2

	/* In `format', what stands for a field; other bytes are text. */
	.set	BYTE, 1
	.set	WORD, 2			/* high byte first */

	.set	COM1_DATA, 0x3f8	/* with DLAB, the divisor */
	.set	COM1_LCR, 0x3fb
	.set	COM1_LSR, 0x3fd
	.set	LCR_DLAB, 0x80
	.set	LCR_8N1, 0x03
	.set	DIVISOR_115200, 1
	.set	LSR_ROOM, 0x20		/* a character may be written */
	.set	LSR_EMPTY, 0x40		/* the last one has left the line */

	.set	BDA_TICKS, 0x46c	/* BIOS data: ticks since midnight */

	.set	BOCHS_SHUTDOWN, 0x8900	/* takes the letters of "Shutdown" */
	.set	QEMU_PM1A_CONTROL, 0x604
	.set	SLEEP_ENABLE, 0x2000	/* with sleep type 0: off */

	.code16
	.text
	.globl	start
/*
 * 1. Save what we were given, before we use a stack.  Only AX is lost until
 * CS is 0; then our addresses hold by CS.
 */
start:
	mov	%cs, %ax
	ljmp	$0, $1f
1:	mov	%ax, %cs:found_cs
	shl	$4, %ax			/* IP: CS * 16 + IP is where we are */
	neg	%ax
	add	$LOAD, %ax
	mov	%ax, %cs:found_ip
	mov	%dl, %cs:found_dl
	mov	%ds, %cs:found_ds
	mov	%si, %cs:found_si
	mov	%es, %cs:found_es
	mov	%ss, %cs:found_ss
	mov	%sp, %cs:found_sp
	xor	%ax, %ax
	mov	%ax, %ss
	mov	$LOAD, %sp
	mov	%ax, %es
	cld
	mov	$found_entry, %di
	mov	$ENTRY_SIZE, %cx
	rep movsb			/* from DS:SI, still the loader's */
	mov	%ax, %ds
	sti

/*
 * 2. Check our own bytes.
 */
	mov	$LOAD, %si
	mov	$SECTOR, %cx
	xor	%eax, %eax
	xor	%ebx, %ebx
1:	rol	$SUM_ROTATE, %ebx
	lodsb
	add	%eax, %ebx
	loop	1b
	mov	%bx, found_sum_low
	shr	$16, %ebx
	mov	%bx, found_sum_high

/*
 * 3. Report.
 */
	mov	$COM1_LCR, %dx
	mov	$LCR_DLAB | LCR_8N1, %al
	out	%al, %dx
	mov	$COM1_DATA & 0xff, %dl
	mov	$DIVISOR_115200, %ax
	out	%ax, %dx
	mov	$COM1_LCR & 0xff, %dl
	mov	$LCR_8N1, %al
	out	%al, %dx

	mov	$send, %di
	mov	$found, %bx
	mov	$nonce - 1, %si		/* with the @ */
	call	put_text
	mov	$report, %si
	call	put_text
	mov	$name, %si
	call	put_text
	mov	$line_end, %si
	call	put_text
	mov	$COM1_LSR, %dx
1:	in	%dx, %al
	test	$LSR_EMPTY, %al
	jz	1b

/*
 * 4. Show.
 */
	mov	$show, %di
	mov	$line_end, %si
	call	put_text
	mov	$started, %si
	call	put_text
	mov	$name, %si
	call	put_text
	mov	$line_end, %si
	call	put_text
	movzbw	hold, %di
	add	BDA_TICKS, %di		/* the tick at which the wait ends */
1:	mov	$1, %ah
	int	$0x16
	jnz	2f			/* a key */
	cmp	%di, BDA_TICKS
	jb	1b
2:
/*
 * 5. Power off: Bochs' way, QEMU's way, or stop here.
 */
	mov	$shutdown, %si
	mov	$BOCHS_SHUTDOWN, %dx
	mov	$SHUTDOWN_SIZE, %cx
	rep outsb
	mov	$QEMU_PM1A_CONTROL, %dx
	mov	$SLEEP_ENABLE, %ax
	out	%ax, %dx
	cli
1:	hlt
	jmp	1b

/*
 * Put the text at SI, up to its NUL, by the routine in DI.  BYTE and WORD in
 * it stand for what is at BX, in hex, and move BX on.  Changes AX, DX, SI.
 */
put_text:
	lodsb
	cmp	$WORD, %al
	jbe	1f
	call	*%di
	jmp	put_text
1:	test	%al, %al
	jz	3f
	cmp	$BYTE, %al
	je	2f
	mov	1(%bx), %al
	call	put_hex
	mov	(%bx), %al
	call	put_hex
	inc	%bx
	inc	%bx
	jmp	put_text
2:	mov	(%bx), %al
	call	put_hex
	inc	%bx
	jmp	put_text
3:	ret

/*
 * Put AL as two hex digits.  Changes AX and DX.
 */
put_hex:
	push	%ax
	shr	$4, %al
	call	put_digit
	pop	%ax
	and	$0x0f, %al
put_digit:
	add	$'0', %al
	cmp	$'9', %al
	jbe	1f
	add	$'a' - '9' - 1, %al
1:	jmp	*%di

/*
 * Send the character in AL on COM1.  Changes AH and DX.
 */
send:
	mov	%al, %ah
	mov	$COM1_LSR, %dx
1:	in	%dx, %al
	test	$LSR_ROOM, %al
	jz	1b
	mov	%ah, %al
	mov	$COM1_DATA, %dx
	out	%al, %dx
	ret

/*
 * Show the character in AL on the screen.  Changes AH; keeps BX.
 */
show:
	push	%bx
	mov	$7, %bx			/* page 0, light grey */
	mov	$0x0e, %ah
	int	$0x10
	pop	%bx
	ret

report:	.ascii	" probe cs="
	.byte	WORD
	.ascii	" ip="
	.byte	WORD
	.ascii	" dl="
	.byte	BYTE
	.ascii	" ds="
	.byte	WORD
	.ascii	" si="
	.byte	WORD
	.ascii	" es="
	.byte	WORD
	.ascii	" ss="
	.byte	WORD
	.ascii	" sp="
	.byte	WORD
	.ascii	" entry="
	.fill	ENTRY_SIZE, 1, BYTE
	.ascii	" sum="
	.byte	WORD, WORD
	.asciz	" slice="
started:
	.asciz	"started from "
line_end:
	.asciz	"\r\n"
shutdown:
	.ascii	"Shutdown"
	.set	SHUTDOWN_SIZE, . - shutdown

/*
 * The stamped fields, at the offsets that probe.py knows.  The two texts end
 * with a NUL that is never stamped.
 */
	.org	0x1b0 - 1
	.ascii	"@"
nonce:	.fill	8, 1, 0
	.byte	0
name:	.fill	16, 1, 0
	.byte	0
hold:	.byte	0			/* ticks to wait for a key before power-off */
payload:				/* 51 bytes of the caller's choice */
	.org	SECTOR - 2
	.word	MAGIC
