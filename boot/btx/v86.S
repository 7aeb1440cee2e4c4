/*
 * BTX' way into the BIOS and back: virtual 8086 mode.
 *
 * A BIOS is 16-bit code for real mode.  In v86 mode the CPU runs it in ring
 * 3 of protected mode: segments are paragraphs again, and what would touch
 * the machine's state (CLI, POPF, INT, IRET, HLT ...) faults instead.  The
 * fault leads to the monitor here, which does to a picture of the state, the
 * frame that the fault has left on our stack, what the instruction would
 * have done to the real one.
 *
 *	client --INT 31h--> enter ====> v86 code --fault--> v86_monitor
 *	   ^                                 <------IRET------  |
 *	   +------------------ v86_return <---------------------+ at v86_end
 *
 *	client or v86 code --IRQ--> reflect --> the BIOS' handler, in v86 mode
 *
 * At most one v86 call is under way: v86 code never runs the client.
 *
 * Frames and offsets are in btx.h.  [IA32-3A] 20.2 has v86 mode.
 */
#include "btx/btx.h"
#include "lab_stub.h"

	.set	V86_FLG, 0x208eff	/* EFLAGS that v86 code may change */
	.set	V86_STK, 0x400		/* room its stack has below, if it can */

	.set	PREFIX_OPSIZE, 0x66

	.code32
	.text

/*
 * Where v86 code returns to when its call is over: HLT faults, and the
 * monitor knows the address.
 */
v86_end:
	hlt

/*
 * INT 31h: the client wants v86 code run.  The word on top of its stack is
 * the client's address of a struct v86.  The general registers are the v86
 * code's already, and will be the client's when it is done.
 */
	.globl	int31
int31:
	push	$0			/* C_VECTOR: not an IRQ */

/*
 * Enter v86 mode for the client.
 *
 * On entry C_VECTOR and the client's frame are on the stack.  First comes
 * the room for the other frame, so that the stack is (EBP is its lowest
 * address, see btx.h):
 *
 *	  T_EDI .. T_EAX   the general registers
 *	  T_INTNO, T_ERR   (nothing)
 *	  T_EIP .. T_GS    to fill in: where the IRET at the end goes
 *	  C_ARGS	   to fill in
 *	  C_ES .. C_SS     the client's
 *	ESP0 at other times
 *
 * To do, with ES and DS flat:
 *
 * At INT 31h (C_VECTOR 0): copy the word that the client's ESP points at into
 * C_ARGS; C_ESP stays, v86_return puts the word back there.  V86_ADR in that
 * struct is an interrupt number, or with V86C_ADDR in the high word of
 * V86_CTL segment:offset; V86_SEG has ES, DS, FS and GS.  At an IRQ the
 * number is C_VECTOR, the control word 0, and the segments stay 0.  Where it
 * is a number, the vector at 4 * number has segment:offset.
 *
 * The v86 code goes on on the client's own stack, from the client's ESP on (at
 * INT 31h, from behind that word).  Push the low word of the client's EFLAGS
 * there, unless V86C_CALLF says that the code ends by RETF and not by IRET;
 * then segment:offset of v86_end, 32 bits.  Of the linear ESP after these
 * pushes, SS = (ESP - V86_STK) / 16, or 0 if that is negative, and SP is what
 * remains.
 *
 * EFLAGS is the client's, with VM set and TF clear; and with IF clear where
 * a word of flags was pushed, as INT does it.
 *
 * Last, point the TSS' ESP0 at C_ARGS, as what comes out of v86 mode is pushed
 * below; and jump to v86_resume.
 */
enter:
	push	%gs
	push	%fs
	push	%ds
	push	%es
	push	$0			/* C_ARGS */
	push	$0			/* T_GS to T_ES */
	push	$0
	push	$0
	push	$0
	sub	$T_ES - T_INTNO, %esp
	pusha
	mov	%esp, %ebp
	push	%ss
	pop	%ds
	push	%ss
	pop	%es
	cld
/* LAB 2.4 BEGIN */
	mov	C_ESP(%ebp), %ebx
	add	$MEM_USR, %ebx		/* EBX = the v86 stack, linear */
	xor	%ecx, %ecx		/* CL = control flags */
	mov	C_VECTOR(%ebp), %eax
	test	%eax, %eax
	jnz	1f
	mov	(%ebx), %edx
	add	$4, %ebx
	mov	%edx, C_ARGS(%ebp)
	add	$MEM_USR, %edx
	mov	V86_CTL + 2(%edx), %cx
	mov	V86_ADR(%edx), %eax
	lea	V86_SEG(%edx), %esi
	lea	T_ES(%ebp), %edi
	movsl
	movsl
	movsl
	movsl
	test	$V86C_ADDR, %cl
	jnz	2f
1:	mov	(, %eax, 4), %eax
2:	movzwl	%ax, %edx
	mov	%edx, T_EIP(%ebp)
	shr	$16, %eax
	mov	%eax, T_CS(%ebp)

	mov	C_EFL(%ebp), %eax
	test	$V86C_CALLF, %cl
	jnz	3f
	sub	$2, %ebx
	mov	%ax, (%ebx)
	and	$~PSL_I, %eax
3:	sub	$4, %ebx
	movl	$v86_end, (%ebx)	/* segment 0 */
	and	$~PSL_T, %eax
	or	$PSL_VM, %eax
	mov	%eax, T_EFL(%ebp)

	mov	%ebx, %eax
	sub	$V86_STK, %eax
	jae	4f
	xor	%eax, %eax
4:	shr	$4, %eax
	mov	%eax, T_SS(%ebp)
	shl	$4, %eax
	sub	%eax, %ebx
	mov	%ebx, T_ESP(%ebp)

	lea	C_ARGS(%ebp), %eax
	mov	%eax, MEM_TSS + TSS_ESP0
	jmp	v86_resume
/* LAB 2.4 STUB lab_stub32 "LAB 2.4: enter v86 mode" */
/* LAB 2.4 END */

/*
 * The v86 call is over: back to the client, with the general registers as
 * they are now.  At INT 31h the segments go to the struct, and with
 * V86C_FLAGS the flags to the client, but for IF.
 */
v86_return:
	movl	$MEM_ESP0, MEM_TSS + TSS_ESP0
	cmpl	$0, C_VECTOR(%ebp)
	jne	1f
	mov	C_ARGS(%ebp), %edx
	mov	C_ESP(%ebp), %ebx
	mov	%edx, MEM_USR(%ebx)	/* our stack has been there */
	lea	MEM_USR + V86_SEG(%edx), %edi
	lea	T_ES(%ebp), %esi
	movsl
	movsl
	movsl
	movsl
	testb	$V86C_FLAGS, MEM_USR + V86_CTL + 2(%edx)
	jz	1f
	mov	T_EFL(%ebp), %eax
	and	$~PSL_I, %eax
	andw	$PSL_I, C_EFL(%ebp)
	or	%ax, C_EFL(%ebp)
1:	popa
	add	$C_ES - T_INTNO, %esp
	pop	%es
	pop	%ds
	pop	%fs
	pop	%gs
	add	$4, %esp		/* C_VECTOR */
	iret

/*
 * The monitor: v86 code has met an instruction that it may not execute.
 *
 * On entry the vector and the error code are on the stack.  Instructions of
 * the 0F page are done here.  The others come to exercise 2.5 with
 *
 *	EBP = the frame			ESI = the linear address behind
 *	AL = the opcode			      the opcode
 *	CL = 1 behind a 66h prefix	EDI = CS * 16
 *	     (32-bit operands), or 0
 *
 * and leave it in one of four ways: to v86_next, which sets IP from ESI; to
 * v86_resume, with T_EIP set; to `reflect', for an INT; to v86_unknown.
 */
	.globl	v86_monitor
v86_monitor:
	pusha
	mov	%esp, %ebp
	push	%ss
	pop	%ds
	push	%ss
	pop	%es
	cld
	movzwl	T_CS(%ebp), %edi
	shl	$4, %edi
	movzwl	T_EIP(%ebp), %esi
	add	%edi, %esi
	cmp	$v86_end, %esi
	je	v86_return
	xor	%ecx, %ecx
	xor	%eax, %eax
	lodsb
	cmp	$PREFIX_OPSIZE, %al
	jne	1f
	inc	%ecx
	lodsb
1:	cmp	$0x0f, %al
	je	v86_page_0f
/*
 * 2.5. Do what the instruction would do.
 *
 *	F4	HLT		nothing
 *	FA, FB	CLI, STI	to IF in T_EFL
 *	9C, 9D	PUSHF, POPF	66h: 32 bits, VM and RF pushed as 0
 *	CF	IRET		pops IP, CS, FLAGS; 66h: three times 32 bits
 *	CC	INT3		nothing
 *	CD n	INT n		see below
 *
 * POPF and IRET change only the bits of V86_FLG, and of those only the low
 * 16 without a 66h prefix.  Flags are pushed as they stand in T_EFL.  SP is
 * 16 bits: v86_push and v86_pop wrap it.
 *
 * INT 19h goes to `reboot'; so does INT 15h with AX = 4F53h (the BIOS asks
 * about the key Del) while BDA_KEYFLAGS has Ctrl and Alt.  INT 15h with AH =
 * 87h goes to v86_block_move, with ESI behind the instruction: the BIOS
 * would do it in protected mode.  Any other INT n goes to `reflect', as if it
 * were an IRQ: T_EIP behind the instruction, n in T_ERR, and the stack
 * popped up to T_ERR.
 */
/* LAB 2.5 BEGIN */
	mov	T_EFL(%ebp), %ebx
	cmp	$0xf4, %al		/* HLT */
	je	v86_next
	cmp	$0xcc, %al		/* INT3 */
	je	v86_next
	cmp	$0xfa, %al		/* CLI */
	jne	1f
	andb	$~(PSL_I >> 8), T_EFL + 1(%ebp)
	jmp	v86_next
1:	cmp	$0xfb, %al		/* STI */
	jne	2f
	orb	$PSL_I >> 8, T_EFL + 1(%ebp)
	jmp	v86_next

2:	cmp	$0x9c, %al		/* PUSHF */
	jne	4f
	mov	%ebx, %eax
	jecxz	3f
	shr	$16, %eax
	and	$~3, %eax		/* VM, RF */
	call	v86_push
	mov	T_EFL(%ebp), %eax
3:	call	v86_push
	jmp	v86_next

4:	cmp	$0x9d, %al		/* POPF */
	jne	5f
	call	v86_pop_operand
	call	v86_set_flags
	jmp	v86_next

5:	cmp	$0xcf, %al		/* IRET */
	jne	6f
	call	v86_pop_operand
	movzwl	%ax, %eax
	mov	%eax, T_EIP(%ebp)
	call	v86_pop_operand
	mov	%ax, T_CS(%ebp)
	call	v86_pop_operand
	call	v86_set_flags
	jmp	v86_resume

6:	cmp	$0xcd, %al		/* INT n */
	jne	v86_unknown
	lodsb
	cmp	$0x19, %al
	je	reboot
	cmp	$0x15, %al
	jne	7f
	cmpb	$0x87, T_EAX + 1(%ebp)
	je	v86_block_move
	cmpw	$0x4f53, T_EAX(%ebp)
	jne	7f
	mov	BDA_KEYFLAGS, %ah
	not	%ah
	test	$KEY_CTRL_ALT, %ah
	jz	reboot
7:	movzbl	%al, %eax
	mov	%eax, T_ERR(%ebp)
	sub	%edi, %esi
	mov	%si, T_EIP(%ebp)
	popa
	add	$T_ERR - T_INTNO, %esp
	jmp	reflect

/* Pop 16 bits, or with CL = 1 32 bits, into EAX. */
v86_pop_operand:
	call	v86_pop
	jecxz	8f
	push	%eax
	call	v86_pop
	shl	$16, %eax
	pop	%ebx
	or	%ebx, %eax
8:	ret

/* Set FLAGS from AX, or with CL = 1 EFLAGS from EAX. */
v86_set_flags:
	mov	$V86_FLG, %ebx
	test	%cl, %cl
	jnz	9f
	movzwl	%bx, %ebx
9:	xor	T_EFL(%ebp), %eax
	and	%ebx, %eax
	xor	%eax, T_EFL(%ebp)
	ret
/* LAB 2.5 STUB lab_stub32 "LAB 2.5: monitor the sensitive instructions" */
/* LAB 2.5 END */

/*
 * The 0F page: WBINVD, WRMSR, RDMSR, MOV r32, CRn.
 */
v86_page_0f:
	lodsb
	cmp	$0x09, %al
	jne	1f
	wbinvd
	jmp	v86_next
1:	mov	%eax, %ebx
	mov	T_ECX(%ebp), %ecx
	mov	T_EDX(%ebp), %edx
	mov	T_EAX(%ebp), %eax
	cmp	$0x30, %bl
	jne	2f
	wrmsr
	jmp	v86_next
2:	cmp	$0x32, %bl
	jne	3f
	rdmsr
	mov	%eax, T_EAX(%ebp)
	mov	%edx, T_EDX(%ebp)
	jmp	v86_next
3:	cmp	$0x20, %bl
	jne	v86_unknown
	lodsb				/* 11 CRn r32 */
	movzbl	%al, %ecx
	mov	%cr0, %edx
	shr	$3, %al
	and	$7, %al
	jz	4f
	mov	%cr2, %edx
	cmp	$2, %al
	je	4f
	mov	%cr3, %edx
	cmp	$3, %al
	je	4f
	cmp	$4, %al
	jne	v86_unknown
	mov	%cr4, %edx
4:	and	$7, %ecx		/* the register; pusha goes downwards */
	cmp	$4, %cl
	je	5f
	neg	%ecx
	mov	%edx, T_EAX(%ebp, %ecx, 4)
	jmp	v86_next
5:	mov	%edx, T_ESP(%ebp)

/* Go on behind the instruction that ends at ESI; EDI = CS * 16. */
v86_next:
	sub	%edi, %esi
	movzwl	%si, %esi
	mov	%esi, T_EIP(%ebp)

/* Go on as the frame at EBP says. */
v86_resume:
	mov	%ebp, %esp
	popa
	add	$T_EIP - T_INTNO, %esp
	iret

/* Nothing that we know: print the registers, and halt. */
v86_unknown:
	mov	%ebp, %esp
	popa
	jmp	except

/*
 * INT 15h AH=87h: move CX words.  ES:SI leads to a GDT whose entry 2 is the
 * source and entry 3 the goal; of those, only the bases count.  Answers AH =
 * 0 and no carry.
 */
v86_block_move:
	push	%esi
	push	%edi
	movzwl	T_ES(%ebp), %ebx
	shl	$4, %ebx
	movzwl	T_ESI(%ebp), %eax
	add	%eax, %ebx
	mov	2 * 8 + 2(%ebx), %eax	/* the base's bits 23 to 0 and a byte */
	shl	$8, %eax
	mov	2 * 8 + 7(%ebx), %al	/* bits 31 to 24 */
	ror	$8, %eax
	mov	%eax, %esi
	mov	3 * 8 + 2(%ebx), %eax
	shl	$8, %eax
	mov	3 * 8 + 7(%ebx), %al
	ror	$8, %eax
	mov	%eax, %edi
	movzwl	T_ECX(%ebp), %ecx
	rep movsw
	pop	%edi
	pop	%esi
	movb	$0, T_EAX + 1(%ebp)
	andb	$~1, T_EFL(%ebp)
	jmp	v86_next

/*
 * Push AX on the v86 stack; pop AX (and zero above it) from it.  SP wraps at
 * 64 KB.  Both change EDX.
 */
v86_push:
	subw	$2, T_ESP(%ebp)
	call	v86_stack
	mov	%ax, (%edx)
	ret
v86_pop:
	call	v86_stack
	movzwl	(%edx), %eax
	addw	$2, T_ESP(%ebp)
	ret

/* Return in EDX the linear address of SS:SP. */
v86_stack:
	push	%eax
	movzwl	T_SS(%ebp), %edx
	shl	$4, %edx
	movzwl	T_ESP(%ebp), %eax
	add	%eax, %edx
	pop	%eax
	ret

/*
 * The interrupt requests: each stub pushes the vector that the BIOS has its
 * handler at.
 */
	.macro	irq vector
	push	$\vector
	jmp	reflect
	.endm

	.globl	irq_stubs
irq_stubs:
	irq	0x08
	irq	0x09
	irq	0x0a
	irq	0x0b
	irq	0x0c
	irq	0x0d
	irq	0x0e
	irq	0x0f
	irq	0x70
	irq	0x71
	irq	0x72
	irq	0x73
	irq	0x74
	irq	0x75
	irq	0x76
	irq	0x77

/*
 * Reflect an interrupt: have the BIOS' handler, in v86 mode, take it.
 *
 * On entry a vector's number and the interrupted program's frame are on the
 * stack: for an IRQ, and for an INT n of v86 code.
 *
 *	0(%esp) number	 4 EIP	8 CS	12 EFLAGS	16 ESP	20 SS	...
 *
 * Out of the client: go on at `enter', which finds the stack like that.
 *
 * Out of v86 mode: save the registers (one more word keeps the frame as
 * btx.h has it, with the number in T_ERR) and make DS flat.  Push FLAGS, CS
 * and IP on the v86 stack (v86_push); take CS and IP from the vector at
 * 4 * number; clear IF and TF; go on at v86_resume.
 */
reflect:
/* LAB 2.6 BEGIN */
	testb	$PSL_VM >> 16, 12 + 2(%esp)
	jz	enter
	push	%eax
	pusha
	mov	%esp, %ebp
	push	%ss
	pop	%ds
	mov	T_EFL(%ebp), %eax
	call	v86_push
	mov	T_CS(%ebp), %eax
	call	v86_push
	mov	T_EIP(%ebp), %eax
	call	v86_push
	mov	T_ERR(%ebp), %eax
	movzwl	(, %eax, 4), %edx
	mov	%edx, T_EIP(%ebp)
	movzwl	2(, %eax, 4), %edx
	mov	%edx, T_CS(%ebp)
	andb	$~((PSL_I | PSL_T) >> 8), T_EFL + 1(%ebp)
	jmp	v86_resume
/* LAB 2.6 STUB lab_stub32 "LAB 2.6: reflect an interrupt" */
/* LAB 2.6 END */
