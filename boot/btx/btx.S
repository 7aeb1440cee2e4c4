/*
 * BTX: a small kernel for boot programs.  It runs one client, a flat 32-bit
 * program in ring 3, and lends it the BIOS: BIOS code runs in virtual 8086
 * mode, under the monitor in v86.S.
 *
 * Loaded by: boot1 or btxldr, at 0:9000, the client behind it at A000.
 * On entry:  0:9010, in real mode.  No register counts; A20 is on.
 * Memory:    see btx.h.
 * Ends at:   the program that the client execs, with a flat 32-bit machine;
 *            or in real mode, in a reboot or an endless loop.
 *
 * Steps: 1 set up memory, 2 build the IDT, 3 to protected mode, 4 start the
 * client.  Then what the client can call or cause: 5 system calls, 6
 * exceptions and their dump, 7 the way back to real mode.
 *
 * The header, the system calls and the client's first state are those of
 * BTX 1.01 [btx.s]; a client of FreeBSD's runs on this, and ours on theirs.
 */
#include "btx/btx.h"
#include "lab_stub.h"

#ifndef BTX_FLAGS
#define	BTX_FLAGS	0
#endif

	.set	TSS_LIMIT, MEM_DIR - MEM_TSS - 1
	.set	IDT_LIMIT, MEM_TSS - MEM_IDT - 1
	.set	IVT_LIMIT, 0x3ff

	.set	ARG_SPACE, 0x1000	/* above the client's stack */

	/* The 8259s. */
	.set	PIC1_CMD, 0x20
	.set	PIC1_DATA, 0x21
	.set	PIC2_CMD, 0xa0
	.set	PIC2_DATA, 0xa1
	.set	ICW1_INIT, 0x11		/* edge triggered, cascaded, ICW4 follows */
	.set	ICW3_MASTER, 0x04	/* the slave is on IRQ 2 */
	.set	ICW3_SLAVE, 0x02
	.set	ICW4_8086, 0x01
	.set	IRQS_PROT, 0x2820	/* vectors of IRQ 8 and IRQ 0: ours */
	.set	IRQS_REAL, 0x7008	/* and the BIOS' */

	.set	WARM_BOOT, 0x1234

	.code16
	.text
	.globl	start, btx_hdr
start:
btx_hdr:
	.byte	0xeb, 0x0e		/* jmp init; the header's size less 2 */
	.ascii	"BTX"
	.byte	1, 1			/* version 1.01 */
	.byte	BTX_FLAGS
	.word	PAG_CNT - MEM_ORG / PAG_SIZ
	.word	btx_size
	.long	0			/* the client's entry: btxld's */

/*
 * 1. Set up memory: the stack, zeros from the IDT to the page tables, the
 * TSS.
 */
init:
	cli
	cld
	xor	%ax, %ax
	mov	%ax, %ss
	mov	$MEM_ESP0, %sp
	mov	%ax, %ds
	mov	%ax, %es
	pushl	$2			/* no NT, no IOPL, no TF */
	popfl
	mov	$MEM_IDT, %di
	mov	$(MEM_TBL - MEM_IDT) / 2, %cx
	rep stosw
	movw	$MEM_ESP0, MEM_TSS + TSS_ESP0
	movw	$SEL_SDATA, MEM_TSS + TSS_SS0
	movw	$MEM_MAP - MEM_TSS, MEM_TSS + TSS_IOBASE

/*
 * 2. Build the IDT.
 *
 * idt_rows has a row for each run of vectors.  For each bit of the row's
 * mask, from bit 0 and the row's first vector on, and for as many vectors
 * as the row counts: where the bit is set, write a gate with the row's type
 * byte (at offset 5), selector SEL_SCODE (at 2) and the address of the next
 * stub (at 0; the upper half, at 6, stays 0, as all of BTX is below 64 KB);
 * where it is clear, leave the vector alone, and spend no stub on it.
 * Stubs stand STUB_SIZE bytes apart.  A count of 0 ends the table.
 */
/* LAB 2.2 BEGIN */
	mov	$idt_rows, %si
next_row:
	lodsw				/* first vector, count */
	movzbw	%al, %di
	movzbw	%ah, %cx
	jcxz	idt_built
	shl	$3, %di
	add	$MEM_IDT, %di
	lodsb
	mov	%al, %dl		/* type */
	lodsw
	mov	%ax, %bx		/* mask */
	lodsw				/* stub */
1:	shr	%bx
	jnc	2f
	mov	%ax, (%di)
	movw	$SEL_SCODE, 2(%di)
	mov	%dl, 5(%di)
	add	$STUB_SIZE, %ax
2:	add	$8, %di
	loop	1b
	jmp	next_row
idt_built:
/* LAB 2.2 STUB lab_stub "LAB 2.2: build the IDT" */
/* LAB 2.2 END */
	.globl	behind_idt
behind_idt:

#ifdef PAGING
/*
 * The page tables: 16 MB at their own addresses.  Below MEM_ORG's page and
 * in BTX' own the client may look but not write, but for page 0, where the
 * BIOS has its data.  pgctl says how many of the last pages are the client's.
 */
	.set	PTE_USER, 0x5		/* user, present */
	.set	PTE_WRITE, 0x2
	mov	$MEM_DIR, %di
	mov	$MEM_TBL | PTE_USER | PTE_WRITE, %eax
	mov	$PAG_CNT / 1024, %cx
1:	stosl
	add	$PAG_SIZ, %eax
	loop	1b
	mov	$MEM_TBL, %di
	mov	$PTE_USER | PTE_WRITE, %eax
	mov	$PAG_CNT, %cx		/* pages left, this one too */
2:	push	%ax
	cmp	btx_hdr + BTX_PGCTL_OFF, %cx
	jb	3f			/* the client's */
	cmp	$PAG_CNT - 0x1000 / PAG_SIZ, %cx
	ja	3f			/* page 0 */
	and	$~PTE_WRITE, %al
	cmp	$PAG_CNT - MEM_USR / PAG_SIZ, %cx
	jne	3f
	testb	$BTX_FL_NOPAGE0, btx_hdr + BTX_FLAGS_OFF
	jz	3f
	xor	%al, %al
3:	stosl
	pop	%ax
	add	$PAG_SIZ, %eax
	loop	2b
	mov	$MEM_DIR, %eax
	mov	%eax, %cr3
#endif

	mov	$IRQS_PROT, %bx
	call	set_irqs

/*
 * 3. To protected mode.
 *
 * Load IDTR from idt_desc and GDTR from gdt_desc; set CR0_ENTER in CR0; jump
 * to a label of yours with SEL_SCODE in CS: until then the CPU goes on
 * decoding 16-bit code, and behind the label .code32 tells the assembler what
 * it decodes from then on.  There, put SEL_SDATA into SS, DS and ES, and
 * SEL_TSS into the task register.  SP keeps its value.  From here on a BTX
 * without its IDT, its TSS or a flat stack dies at the first interrupt.
 */
#ifdef PAGING
	.set	CR0_ENTER, CR0_PE | CR0_PG
#else
	.set	CR0_ENTER, CR0_PE
#endif
/* LAB 2.1 BEGIN */
	lidt	idt_desc
	lgdt	gdt_desc
	mov	%cr0, %eax
	or	$CR0_ENTER, %eax
	mov	%eax, %cr0
	ljmp	$SEL_SCODE, $protected
	.code32
protected:
	mov	$SEL_SDATA, %eax
	mov	%eax, %ss
	mov	%eax, %ds
	mov	%eax, %es
	mov	$SEL_TSS, %al
	ltr	%ax
/* LAB 2.1 STUB lab_stub "LAB 2.1: to protected mode" */
/* LAB 2.1 END */

/*
 * 4. Start the client: an IRET into ring 3, with all registers but EAX zero.
 */
	.code32
	.globl	start_client
start_client:
	movzwl	BDA_MEM, %ebx
	shl	$10, %ebx
	sub	$ARG_SPACE + MEM_USR, %ebx
	mov	$SEL_UDATA, %edx
	movzwl	%sp, %esp
	push	%edx			/* SS */
	push	%ebx			/* ESP */
	push	$PSL_I | 2		/* EFLAGS */
	push	$SEL_UCODE		/* CS */
	pushl	btx_hdr + BTX_ENTRY_OFF	/* EIP */
	mov	%edx, %ds
	mov	%edx, %es
	mov	%edx, %fs
	mov	%edx, %gs
	mov	$MEM_USR, %eax
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%ebp, %ebp
	iret

/*
 * 5. System calls: INT 30h, EAX says which.
 *
 * EAX = SYS_EXEC: the client has called its library's __exec(target, ...),
 * so that its stack holds a return address, the target and the target's
 * arguments.  Put the flat SEL_SDATA into DS, ES, FS and GS (SS has it);
 * make ESP the linear address of the word behind that return address; with
 * PAGING, clear CR0_PG and then CR3; pop the target and call it.  Interrupts
 * stay off.  Should the target return, do as for any other EAX.
 *
 * Any other EAX: set BTX_FL_REBOOT in the header's flags and jump to `exit'.
 *
 *	0(%esp) EIP	4 CS	8 EFLAGS	12 ESP	16 SS	of the client
 */
	.globl	int30
int30:
/* LAB 2.3 BEGIN */
	push	%ss
	pop	%ds
	cmp	$SYS_EXEC, %eax
	jne	1f
	mov	%ds, %eax
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	12(%esp), %eax
	lea	MEM_USR + 4(%eax), %esp
#ifdef PAGING
	mov	%cr0, %eax
	and	$~CR0_PG, %eax
	mov	%eax, %cr0
	xor	%eax, %eax
	mov	%eax, %cr3
#endif
	pop	%eax
	call	*%eax
1:	orb	$BTX_FL_REBOOT, btx_hdr + BTX_FLAGS_OFF
	jmp	exit
/* LAB 2.3 STUB lab_stub32 "LAB 2.3: the system call gate" */
/* LAB 2.3 END */

/*
 * 6. Exceptions.  A stub pushes its vector, behind the error code if the CPU
 * pushes one.  All stubs are STUB_SIZE bytes long, for the IDT's table.
 */
	.set	STUB_SIZE, 4

	.macro	stub vector, target
	push	$\vector
	jmp	\target
	.endm

exc_stubs:
	stub	0x00, no_code		/* #DE */
	stub	0x01, no_code		/* #DB */
	stub	0x03, no_code		/* #BP */
	stub	0x04, no_code		/* #OF */
	stub	0x05, no_code		/* #BR */
	stub	0x06, no_code		/* #UD */
	stub	0x07, no_code		/* #NM */
	stub	0x08, except		/* #DF */
	stub	0x0a, except		/* #TS */
	stub	0x0b, except		/* #NP */
	stub	0x0c, except		/* #SS */
	stub	0x0d, protection	/* #GP */
	stub	0x0e, except		/* #PF */
exc_stub_10:
	stub	0x10, no_code		/* #MF */
	.org	exc_stubs + 14 * STUB_SIZE

/* A #GP out of v86 mode is how its monitor is called. */
protection:
	testb	$PSL_VM >> 16, T_EFL - T_INTNO + 2(%esp)
	jz	except
	jmp	v86_monitor

/* Put a zero where others have an error code. */
no_code:
	pushl	(%esp)
	movl	$0, 4(%esp)

/*
 * Print the registers and leave; after #DB by a set TF, go on.  (#BP does not
 * come: INT3 out of ring 3 may not use a gate of ring 0, and is a #GP.)
 * On entry the vector and the error code are on the stack (see btx.h).
 */
	.globl	except
except:
	cld
	pusha
	mov	%esp, %ebp
	testb	$PSL_VM >> 16, T_EFL + 2(%ebp)
	jnz	2f
	push	%gs			/* D_GS to D_ES */
	push	%fs
	push	%ds
	push	%es
	pushl	T_SS(%ebp)
	pushl	T_ESP(%ebp)
	testb	$3, T_CS(%ebp)
	jnz	3f
	mov	%ss, D_SS(%ebp)		/* BTX' own: nobody has pushed them */
	lea	T_ESP(%ebp), %eax
	mov	%eax, D_ESP(%ebp)
	jmp	3f
2:	push	$6			/* out of v86 mode: the CPU has them all */
	pop	%ecx
1:	pushl	T_ESP - 4(%ebp, %ecx, 4)
	loop	1b
3:	push	%ss
	pop	%ds
	push	%ss
	pop	%es
#ifdef PAGING
	mov	%cr0, %eax		/* a bad address is looked at, too */
	push	%eax
	and	$~CR0_PG, %eax
	mov	%eax, %cr0
#endif
	call	set_com1
	mov	$dump_text, %esi
	call	dump
#ifdef PAGING
	pop	%eax
	mov	%eax, %cr0
#endif
	cmpb	$1, T_INTNO(%ebp)
	jne	5f
	testb	$PSL_T >> 8, T_EFL + 1(%ebp)
	jz	5f
	pop	%eax			/* D_ESP, D_SS */
	pop	%eax
	testb	$PSL_VM >> 16, T_EFL + 2(%ebp)
	jnz	4f			/* the IRET loads them */
	pop	%es
	pop	%ds
4:	mov	%ebp, %esp
	popa
	add	$8, %esp
	iret
5:	mov	$halted_text, %esi
	call	dump
	jmp	exit

/*
 * The dump's text.  A byte below DUMP_CODES is a code: print "=" and what the
 * next byte, an offset in the frame, names; then two blanks, but at the end
 * of a line.
 */
	.set	D_GS, -4		/* pushed by `except', below the frame */
	.set	D_FS, -8
	.set	D_DS, -12
	.set	D_ES, -16
	.set	D_SS, -20
	.set	D_ESP, -24

	.set	DUMP_END, 0		/* the text's end */
	.set	DUMP_X16, 1		/* 4 digits */
	.set	DUMP_X32, 2		/* 8 digits */
	.set	DUMP_MEM, 3		/* 2 rows of memory, by offset and (next) selector */
	.set	DUMP_CODES, 4

	.macro	x32 name, offset
	.ascii	"\name"
	.byte	DUMP_X32, \offset
	.endm
	.macro	x16 name, offset
	.ascii	"\name"
	.byte	DUMP_X16, \offset
	.endm
	.macro	memory name, offset, selector
	.ascii	"\name"
	.byte	DUMP_MEM, \offset, \selector
	.endm

dump_text:
	.ascii	"\n"
	x32	"int", T_INTNO
	x32	"err", T_ERR
	x32	"efl", T_EFL
	x32	"eip", T_EIP
	.ascii	"\n"
	x32	"eax", T_EAX
	x32	"ebx", T_EBX
	x32	"ecx", T_ECX
	x32	"edx", T_EDX
	.ascii	"\n"
	x32	"esi", T_ESI
	x32	"edi", T_EDI
	x32	"ebp", T_EBP
	x32	"esp", D_ESP
	.ascii	"\n"
	x16	"cs", T_CS
	x16	"ds", D_DS
	x16	"es", D_ES
	x16	"  fs", D_FS
	x16	"gs", D_GS
	x16	"ss", D_SS
	.ascii	"\n"
	memory	"cs:eip", T_EIP, T_CS
	memory	"ss:esp", D_ESP, D_SS
	.byte	DUMP_END
halted_text:
	.ascii	"BTX halted\n"
	.byte	DUMP_END

/*
 * Print the text at ESI, the frame being at EBP.  Changes EAX, EBX, ECX, EDX
 * and ESI.
 */
dump_char:
	call	put_char
dump:
	lodsb
	cmp	$DUMP_CODES, %al
	jae	dump_char
	cmp	$DUMP_END, %al
	je	4f
	mov	%al, %dl
	mov	$'=', %al
	call	put_char
	call	dump_value
	cmp	$DUMP_X32, %dl
	ja	3f
	je	1f
	call	put_hex16
	jmp	2f
1:	call	put_hex32
2:	mov	$' ', %al
	cmpb	$'\n', (%esi)
	je	dump
	call	put_char
	jmp	dump_char
3:	mov	%eax, %ebx
	call	dump_value
	call	put_memory
	jmp	dump
4:	ret

/* Return in EAX what the next byte's offset names. */
dump_value:
	lodsb
	movsbl	%al, %eax
	mov	(%ebp, %eax), %eax
	ret

/*
 * Print 2 rows of 16 bytes from the selector in EAX and the offset in EBX.
 * A real-mode segment and the client's selectors have a base.
 */
put_memory:
	movzwl	%ax, %eax
	testb	$PSL_VM >> 16, T_EFL + 2(%ebp)
	jnz	1f
	test	$3, %al
	jz	2f
	mov	$MEM_USR >> 4, %eax
1:	shl	$4, %eax
	add	%eax, %ebx
2:	mov	$32, %ecx		/* bytes to go */
3:	mov	(%ebx), %al
	inc	%ebx
	call	put_hex8
	mov	$'\n', %al
	dec	%ecx
	jz	put_char
	cmp	$16, %cl
	je	5f
	mov	$'-', %al
	test	$7, %cl
	jz	4f
	mov	$' ', %al
4:	call	put_char
	jmp	3b
5:	call	put_char		/* the second row stands below the first */
	mov	$7, %dl
	mov	$' ', %al
6:	call	put_char
	dec	%dl
	jnz	6b
	jmp	3b

/* Print EAX, AX or AL in hex.  They change EAX. */
put_hex32:
	rol	$16, %eax
	call	put_hex16
	rol	$16, %eax
put_hex16:
	xchg	%al, %ah
	call	put_hex8
	xchg	%al, %ah
put_hex8:
	push	%eax
	shr	$4, %al
	call	put_digit
	pop	%eax
	push	%eax
	and	$0x0f, %al
	call	put_digit
	pop	%eax
	ret
put_digit:
	add	$'0', %al
	cmp	$'9', %al
	jbe	put_char
	add	$'a' - '9' - 1, %al

/*
 * Print AL on the screen and on COM1 (115200 8N1).  Keeps all registers.  The
 * BIOS is not asked: it may be what has just failed.
 */
	.set	SCREEN_COLOUR, 0xb8000
	.set	SCREEN_MONO, 0xb0000
	.set	MODE_MONO, 7
	.set	COLUMNS, 80
	.set	ROWS, 25
	.set	BLANKS, 0x07200720	/* two, light grey */
	.set	COM1_DATA, 0x3f8	/* with DLAB, the divisor */
	.set	COM1_LCR, 0x3fb
	.set	COM1_LSR, 0x3fd
	.set	LCR_DLAB_8N1, 0x83
	.set	LCR_8N1, 0x03
	.set	LSR_ROOM, 0x20

put_char:
	pusha
	cmp	$'\n', %al
	jne	1f
	push	%eax
	mov	$'\r', %al
	call	send
	pop	%eax
1:	call	send
	mov	$BDA_CURSOR, %ebx
	mov	(%ebx), %dx		/* DL = column, DH = row */
	mov	$SCREEN_COLOUR, %edi
	cmpb	$MODE_MONO, BDA_MODE - BDA_CURSOR(%ebx)
	jne	2f
	mov	$SCREEN_MONO, %edi
2:	cmp	$'\n', %al
	je	3f
	xchg	%eax, %ecx
	mov	$COLUMNS, %al
	mul	%dh
	add	%dl, %al
	adc	$0, %ah
	movzwl	%ax, %eax
	mov	$BLANKS >> 24, %ch
	mov	%cx, (%edi, %eax, 2)
	inc	%dl
	cmp	$COLUMNS, %dl
	jb	4f
3:	mov	$0, %dl
	inc	%dh
4:	cmp	$ROWS, %dh
	jb	5f
	lea	2 * COLUMNS(%edi), %esi
	mov	$(ROWS - 1) * COLUMNS / 2, %ecx
	rep movsl
	mov	$BLANKS, %eax
	mov	$COLUMNS / 2, %cl
	rep stosl
	mov	$ROWS - 1, %dh
5:	mov	%dx, (%ebx)
	popa
	ret

/* Send AL on COM1, unless it takes none for 65,536 looks.  Keeps AL only. */
send:
	xchg	%eax, %ebx
	mov	$COM1_LSR, %edx
	mov	$0x10000, %ecx
1:	in	%dx, %al
	test	$LSR_ROOM, %al
	loopz	1b
	xchg	%eax, %ebx
	mov	$COM1_DATA & 0xff, %dl
	out	%al, %dx
	ret

/* Set COM1 to 115200 8N1.  Changes EAX and EDX. */
set_com1:
	mov	$COM1_LCR, %edx
	mov	$LCR_DLAB_8N1, %al
	out	%al, %dx
	mov	$COM1_DATA & 0xff, %dl
	mov	$1, %eax		/* divisor */
	out	%ax, %dx
	mov	$COM1_LCR & 0xff, %dl
	mov	$LCR_8N1, %al
	out	%al, %dx
	ret

/*
 * 7. The way back to real mode, for good.  Nothing of the machine's state is
 * trusted but that it runs in ring 0.
 */
	.globl	reboot, exit
reboot:
	orb	$BTX_FL_REBOOT, btx_hdr + BTX_FLAGS_OFF
exit:
	cli
	mov	$MEM_ESP0, %esp
	mov	%cr0, %eax
	and	$~CR0_PG, %eax
	mov	%eax, %cr0
	xor	%ecx, %ecx
	mov	%ecx, %cr3
	lgdt	%ss:gdt_desc
	ljmp	$SEL_RCODE, $1f
	.code16
1:	mov	$SEL_RDATA, %cl		/* limits of 64 KB, as real mode has them */
	mov	%cx, %ss
	mov	%cx, %ds
	mov	%cx, %es
	mov	%cx, %fs
	mov	%cx, %gs
	and	$~CR0_PE, %al
	mov	%eax, %cr0
	ljmp	$0, $2f
2:	xor	%ax, %ax
	mov	%ax, %ss
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %fs
	mov	%ax, %gs
	mov	$IRQS_REAL, %bx
	call	set_irqs
	lidt	ivt_desc
	sti
	testb	$BTX_FL_REBOOT, btx_hdr + BTX_FLAGS_OFF
3:	jz	3b			/* a crash is to be read */
	movw	$WARM_BOOT, BDA_BOOT
	ljmp	$0xf000, $0xfff0

/*
 * Have IRQ 0 to 7 at the vectors from BL on, IRQ 8 to 15 from BH on.  Their
 * masks stay.  Changes AX and CX.
 */
set_irqs:
	in	$PIC1_DATA, %al
	mov	%al, %cl
	in	$PIC2_DATA, %al
	mov	%al, %ch
	mov	$ICW1_INIT, %al
	out	%al, $PIC1_CMD
	out	%al, $PIC2_CMD
	mov	%bl, %al
	out	%al, $PIC1_DATA
	mov	%bh, %al
	out	%al, $PIC2_DATA
	mov	$ICW3_MASTER, %al
	out	%al, $PIC1_DATA
	mov	$ICW3_SLAVE, %al
	out	%al, $PIC2_DATA
	mov	$ICW4_8086, %al
	out	%al, $PIC1_DATA
	out	%al, $PIC2_DATA
	mov	%cl, %al
	out	%al, $PIC1_DATA
	mov	%ch, %al
	out	%al, $PIC2_DATA
	ret

/*
 * The tables that the CPU reads.
 */
	.globl	gdt, idt_rows
	.p2align 3
gdt:	.word	0, 0, 0, 0			/* null */
	.word	0xffff, 0, 0x9a00, 0xcf		/* SEL_SCODE */
	.word	0xffff, 0, 0x9200, 0xcf		/* SEL_SDATA */
	.word	0xffff, 0, 0x9a00, 0		/* SEL_RCODE */
	.word	0xffff, 0, 0x9200, 0		/* SEL_RDATA */
	.word	0xffff, MEM_USR, 0xfa00, 0xcf	/* SEL_UCODE */
	.word	0xffff, MEM_USR, 0xf200, 0xcf	/* SEL_UDATA */
	.word	TSS_LIMIT, MEM_TSS, 0x8900, 0	/* SEL_TSS */
gdt_end:

gdt_desc:
	.word	gdt_end - gdt - 1
	.long	gdt
idt_desc:
	.word	IDT_LIMIT
	.long	MEM_IDT
ivt_desc:
	.word	IVT_LIMIT
	.long	0

/*
 * What the IDT is built from: first vector, vectors, type, mask, first stub.
 * Vectors 2, 9 and 15 have no gate.
 */
	.macro	idt_row first, count, type, mask, stub
	.byte	\first, \count, \type
	.word	\mask, \stub
	.endm

idt_rows:
	idt_row	0x00, 16, GATE_SYSTEM, 0x7dfb, exc_stubs
	idt_row	0x10, 16, GATE_SYSTEM, 0x0001, exc_stub_10
	idt_row	0x20, 16, GATE_SYSTEM, 0xffff, irq_stubs
	idt_row	0x30, 1, GATE_USER, 0x0001, int30
	idt_row	0x31, 2, GATE_USER, 0x0001, int31
	.word	0
