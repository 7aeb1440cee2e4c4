/*
 * lab_stub "text": what stands in real-mode code where an exercise is
 * still to be written.  It says `text' on COM1 and stays there, so that a
 * missing exercise fails by its own name and never by accident.
 *
 * It works anywhere before protected mode: it needs a stack of two bytes,
 * no segment register but CS, no BIOS call and no particular address.  It
 * leaves SI, BP and BX as they are.
 *
 * lab_stub32 "text" is the same for 32-bit code in ring 0, with a stack of
 * four bytes; it leaves ESI, EBP and EBX.  (The kernel's twin is the function
 * lab_stub().)
 *
 * The bytes of the end, from the last mov on, are how grade/bench.py knows that
 * a machine stands here.
 */
#ifndef _LAB_STUB_H_
#define	_LAB_STUB_H_

	.set	COM1_DATA, 0x3f8	/* transmit holding register */
	.set	COM1_LCR, 0x3fb		/* line control: 3 is 8 bits, no parity */
	.set	COM1_LSR, 0x3fd		/* line status: 0x20 is room to transmit */

	/* The text's address travels as the call's return address. */
	.macro	lab_stub text
	call	.Lsay\@
	.asciz	"\text\r\n"
.Lsay\@:
  .ifdef lab_stub_say
	jmp	lab_stub_say
  .else
lab_stub_say:
	pop	%di
	mov	$COM1_LCR, %dx
	mov	$3, %al
	out	%al, %dx
.Lnext\@:
	mov	%cs:(%di), %al
	inc	%di
	test	%al, %al
	jz	.Lstay\@
	xchg	%al, %ah
	mov	$COM1_LSR, %dx
.Lfull\@:
	in	%dx, %al
	test	$0x20, %al
	jz	.Lfull\@
	xchg	%al, %ah
	mov	$COM1_DATA, %dx
	out	%al, %dx
	jmp	.Lnext\@
.Lstay\@:
	jmp	.Lstay\@
  .endif
	.endm

	.macro	lab_stub32 text
	call	.Lsay\@
	.asciz	"\text\r\n"
.Lsay\@:
  .ifdef lab_stub_say32
	jmp	lab_stub_say32
  .else
lab_stub_say32:
	pop	%edi
	mov	$COM1_LCR, %edx
	mov	$3, %al
	out	%al, %dx
.Lnext\@:
	mov	%cs:(%edi), %al
	inc	%edi
	test	%al, %al
	jz	.Lstay\@
	xchg	%al, %ah
	mov	$COM1_LSR, %edx
.Lfull\@:
	in	%dx, %al
	test	$0x20, %al
	jz	.Lfull\@
	xchg	%al, %ah
	mov	$COM1_DATA, %edx
	out	%al, %dx
	jmp	.Lnext\@
.Lstay\@:
	jmp	.Lstay\@
  .endif
	.endm

#endif /* !_LAB_STUB_H_ */
