/*
 * btxldr: the front of /boot/loader.  It puts the BTX kernel and the client
 * behind it where they run, and starts the kernel.
 *
 * Loaded by: boot2 at 200000h, as the text of the a.out (or ELF) file that
 *            btxld made; the data, kernel and client, is on the next page.
 * On entry:  protected mode, ring 0, CS flat and 32-bit, DS = ES = SS flat,
 *            no paging, IF = 0, A20 on, as BTX's exec leaves it; and
 *              ESP+00  a return address, not used
 *                 +04  howto, RB_* of <sys/reboot.h>
 *                 +08  boot device
 *                 +0C  three words that we only pass on
 *                 +18  address of the bootinfo, or 0
 * Memory:    0600..0619  the way back to real mode
 *            ....0FFF    our stack, once the arguments are copied
 *            9000..9FFF  the BTX kernel
 *            A000..      the client; below the top of base memory 1000h
 *                        bytes are its stack's, with the arguments
 * Ends at:   0:9010, BTX's entry, in real mode; or in a message, a key, and
 *            the machine's start.
 *
 * Steps: 1 tell who we are, 2 copy the arguments, 3 the kernel, 4 the client,
 * 5 back to real mode.
 *
 * Only ELF clients are supported: nothing in memory says how long a binary
 * is.  Messages go to the screen, by writing its memory, and for RB_SERIAL or
 * RB_MULTIPLE to COM1 too, which boot2 has set up; RB_MUTE silences both.
 */
#include <sys/reboot.h>

	.set	PAGE, 0x1000
	.set	STUB, 0x600		/* the way back to real mode */
	.set	STACK, 0x1000
	.set	BTX, 0x9000
	.set	BTX_ENTRY, 0x9010
	.set	CLIENT, 0xa000		/* the client's address 0 */

	/* The caller's stack, and what of it we copy. */
	.set	ARG_HOWTO, 0x04
	.set	ARG_BOOTINFO, 0x18
	.set	ARGS_SIZE, 0x18
	.set	BOOTINFO_SIZE, 0x48	/* up to bi_kernend: what boot2 sets */
	.set	CLIENT_STACK, 0x1000	/* what BTX keeps below the top */

	/* The BTX header. */
	.set	BTX_MAGIC, 2
	.set	BTX_MAJVER, 5
	.set	BTX_MINVER, 6
	.set	BTX_TEXTSZ, 10

	/* The ELF header, and a program header [ELF]. */
	.set	ELFMAG, 0x464c457f
	.set	E_CLASSDATA, 4
	.set	CLASS32_LSB, 0x0101
	.set	E_TYPE, 16
	.set	ET_EXEC, 2
	.set	E_MACHINE, 18
	.set	EM_386, 3
	.set	E_PHOFF, 28
	.set	E_PHENTSIZE, 42
	.set	E_PHNUM, 44
	.set	P_OFFSET, 4
	.set	P_VADDR, 8
	.set	P_FILESZ, 16
	.set	P_MEMSZ, 20
	.set	PHDR_SIZE, 32
	.set	PT_LOAD, 1

	/* Our selectors. */
	.set	SEL_CODE16, 0x18
	.set	SEL_DATA16, 0x20

	/* BIOS data, the screen, COM1. */
	.set	BDA_MEM, 0x413		/* KB of base memory */
	.set	BDA_MODE, 0x449
	.set	MODE_MONO, 7
	.set	BDA_COLUMN, 0x450
	.set	BDA_ROW, 0x451
	.set	SCREEN_COLOR, 0xb8000
	.set	SCREEN_MONO, 0xb0000
	.set	COLUMNS, 80
	.set	ROWS, 25
	.set	GREY, 0x07
	.set	COM1, 0x3f8
	.set	COM1_LSR, 0x3fd
	.set	LSR_RXRDY, 0x01
	.set	LSR_TXRDY, 0x20
	.set	LSR_NONE, 0xff		/* there is no COM1 */
	.set	COM1_TRIES, 0x10000	/* then the character is lost */

	/* The keyboard's controller, by ports: the BIOS cannot be called here. */
	.set	KBD_DATA, 0x60
	.set	KBD_STATUS, 0x64
	.set	KBD_FULL, 0x01		/* status: there is a byte */
	.set	KBD_RELEASED, 0x80	/* in a scan code */
	.set	KBD_RESET, 0xfe		/* command: reset the machine */

	.set	PUSHED_AL, 28		/* where pusha puts EAX */

	.code32
	.text
	.globl	start
start:
	cld
	cli
	mov	ARG_HOWTO(%esp), %eax
	mov	%eax, howto
/*
 * 1. Tell who we are.
 */
	mov	$loader_msg, %esi
	call	putstr
/*
 * 2. Copy the arguments to where the client's start code expects them:
 *
 *	top of base memory
 *	 -48h	bootinfo, which the last of the arguments points to
 *	 -60h	the six arguments
 *	-1000h	the client's first ESP
 */
	movzwl	BDA_MEM, %ebp
	shl	$10, %ebp
	mov	ARG_BOOTINFO(%esp), %esi
	test	%esi, %esi
	jz	1f
	lea	-BOOTINFO_SIZE(%ebp), %edi
	mov	%edi, ARG_BOOTINFO(%esp)
	mov	$BOOTINFO_SIZE, %ecx
	rep movsb
1:	lea	ARG_HOWTO(%esp), %esi
	lea	-(BOOTINFO_SIZE + ARGS_SIZE)(%ebp), %edi
	mov	$ARGS_SIZE, %ecx
	rep movsb
	sub	$CLIENT + CLIENT_STACK, %ebp	/* the client's room */
	mov	$STACK, %esp
/*
 * 3. The kernel.  Its header tells its version and its size.
 */
	mov	$start + PAGE, %ebx
	mov	$no_kernel_msg, %esi
	cmpw	$0x5442, BTX_MAGIC(%ebx)	/* "BT" */
	jne	die
	cmpb	$'X', BTX_MAGIC + 2(%ebx)
	jne	die
	call	put_version
	mov	%ebx, %esi
	mov	$BTX, %edi
	movzwl	BTX_TEXTSZ(%ebx), %ecx
	rep movsb
	mov	%esi, %ebx			/* the client's file */
/*
 * 4. The client.
 */
	call	load_client
	mov	$format_msg, %esi
	jc	die
/*
 * 5. Back to real mode, in which BTX starts.  The code for that must lie
 * below 64 KB, and 16-bit segments must be loaded before the mode changes:
 * their limits stay.
 */
	lgdt	gdt_pointer
	mov	$stub, %esi
	mov	$STUB, %edi
	mov	$stub_end - stub, %ecx
	rep movsb
	ljmp	$SEL_CODE16, $STUB

	.code16
stub:
	mov	$SEL_DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %fs
	mov	%ax, %gs
	mov	%ax, %ss
	mov	%cr0, %eax
	and	$0xfe, %al			/* PE */
	mov	%eax, %cr0
	ljmp	$0, $BTX_ENTRY
stub_end:
	.code32

/*
 * Loads the ELF client whose file is at EBX: copies each PT_LOAD to its
 * address and clears the rest of it.  EBP is the client's room, in bytes from
 * its address 0.  Returns with carry set where the file is none for us, or
 * has nothing to load, or a segment would not fit, or anything is said to
 * stand farther back in the file than all of it could.  Keeps EBX and EBP.
 */
load_client:
	cmpl	$ELFMAG, (%ebx)
	jne	bad_client
	cmpw	$CLASS32_LSB, E_CLASSDATA(%ebx)
	jne	bad_client
	cmpw	$ET_EXEC, E_TYPE(%ebx)
	jne	bad_client
	cmpw	$EM_386, E_MACHINE(%ebx)
	jne	bad_client
	cmpw	$PHDR_SIZE, E_PHENTSIZE(%ebx)
	jne	bad_client
	mov	E_PHOFF(%ebx), %edx
	cmp	%ebp, %edx
	ja	bad_client
	add	%ebx, %edx
	movzwl	E_PHNUM(%ebx), %eax
	test	%eax, %eax
	jz	bad_client
1:	cmpl	$PT_LOAD, (%edx)
	jne	2f
	mov	P_MEMSZ(%edx), %ecx
	cmp	P_FILESZ(%edx), %ecx
	jb	bad_client
	add	P_VADDR(%edx), %ecx
	jc	bad_client
	cmp	%ebp, %ecx
	ja	bad_client
	cmp	%ebp, P_OFFSET(%edx)
	ja	bad_client
	call	load_segment
	incl	loaded
2:	add	$PHDR_SIZE, %edx
	dec	%eax
	jnz	1b
	cmpl	$1, loaded			/* carry: none */
	ret
bad_client:
	stc
	ret

/*
 * Loads the segment whose program header is at EDX, of the file at EBX.
 * Changes ECX, ESI and EDI.
 */
load_segment:
	push	%eax
	mov	P_OFFSET(%edx), %esi
	add	%ebx, %esi
	mov	P_VADDR(%edx), %edi
	add	$CLIENT, %edi
	mov	P_FILESZ(%edx), %ecx
	rep movsb
	mov	P_MEMSZ(%edx), %ecx
	sub	P_FILESZ(%edx), %ecx
	xor	%al, %al
	rep stosb
	pop	%eax
	ret

/*
 * Says the message at ESI, waits for a key, and resets the machine: there is
 * nobody to return to.  Keys from before the message do not count.
 */
die:
	call	putstr
	mov	$restart_msg, %esi
	call	putstr
1:	call	take_key
	jnz	1b
2:	call	take_key
	jz	2b
	mov	$KBD_RESET, %al
	out	%al, $KBD_STATUS
3:	hlt
	jmp	3b

/*
 * Returns with ZF clear where a key was pressed, or a character came from
 * COM1, which is then gone.  Changes EAX and EDX.
 */
take_key:
	in	$KBD_STATUS, %al
	test	$KBD_FULL, %al
	jz	1f
	in	$KBD_DATA, %al
	not	%al
	test	$KBD_RELEASED, %al
	ret
1:	mov	$COM1_LSR, %edx
	in	%dx, %al
	cmp	$LSR_NONE, %al
	je	2f
	test	$LSR_RXRDY, %al
	jz	2f
	mov	$COM1, %edx
	in	%dx, %al			/* leaves ZF */
2:	ret

/* Says the version of the kernel at EBX, as in 1.01.  Changes EAX, ESI. */
put_version:
	mov	$version_msg, %esi
	call	putstr
	mov	BTX_MAJVER(%ebx), %al
	add	$'0', %al
	call	putchr
	mov	$'.', %al
	call	putchr
	mov	BTX_MINVER(%ebx), %al
	aam					/* AH = tens, AL = ones */
	add	$0x3030, %ax
	xchg	%ah, %al
	call	putchr
	xchg	%ah, %al
	call	putchr
	mov	$'\n', %al
	jmp	putchr

/* Writes the zero-ended text at ESI.  Changes EAX and ESI. */
putstr:
	lodsb
	test	%al, %al
	jz	1f
	call	putchr
	jmp	putstr
1:	ret

/* Writes the character AL where howto wants it.  Keeps all registers. */
putchr:
	pusha
	testl	$RB_MUTE, howto
	jnz	1f
	call	screen_putchr
	testl	$RB_SERIAL | RB_MULTIPLE, howto
	jz	1f
	mov	PUSHED_AL(%esp), %al
	call	com1_putchr
1:	popa
	ret

/*
 * Writes the character AL on the screen at the BIOS' cursor, and moves that.
 * Changes all registers but EBP.
 */
screen_putchr:
	mov	$SCREEN_COLOR, %ebx
	cmpb	$MODE_MONO, BDA_MODE
	jne	1f
	mov	$SCREEN_MONO, %ebx
1:	movzbl	BDA_COLUMN, %ecx
	movzbl	BDA_ROW, %edx
	cmp	$'\n', %al
	je	2f
	imul	$COLUMNS, %edx, %edi
	add	%ecx, %edi
	mov	$GREY, %ah
	mov	%ax, (%ebx, %edi, 2)
	inc	%ecx
	cmp	$COLUMNS, %ecx
	jb	3f
2:	xor	%ecx, %ecx
	inc	%edx
	cmp	$ROWS, %edx
	jb	3f
	dec	%edx				/* scroll by a row */
	mov	%ebx, %edi
	lea	2 * COLUMNS(%ebx), %esi
	mov	$(ROWS - 1) * COLUMNS / 2, %ecx
	rep movsl
	mov	$GREY << 24 | ' ' << 16 | GREY << 8 | ' ', %eax
	mov	$COLUMNS / 2, %ecx
	rep stosl
3:	mov	%cl, BDA_COLUMN
	mov	%dl, BDA_ROW
	ret

/* Sends AL to COM1, a new line as CR LF.  Changes EAX, ECX and EDX. */
com1_putchr:
	cmp	$'\n', %al
	jne	1f
	mov	$'\r', %al
	call	1f
	mov	$'\n', %al
1:	mov	%al, %ah
	mov	$COM1_LSR, %edx
	mov	$COM1_TRIES, %ecx
2:	in	%dx, %al
	test	$LSR_TXRDY, %al
	loopz	2b
	mov	%ah, %al
	mov	$COM1, %edx
	out	%al, %dx
	ret

	/* The first blank wipes away what boot2's spinner left. */
loader_msg:
	.asciz	" \nBTX loader 1.00  "
version_msg:
	.asciz	"BTX version is "
no_kernel_msg:
	.asciz	"\nError: BTX kernel not found\n"
format_msg:
	.asciz	"Error: Client format not supported\n"

restart_msg:
	.asciz	"Press any key to restart.\n"

howto:	.long	0
loaded:	.long	0				/* segments */

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9a000000ffff		/* 08: code, 32 bits, 4 GB */
	.quad	0x00cf92000000ffff		/* 10: data */
	.quad	0x00009a000000ffff		/* 18: code, 16 bits, 64 KB */
	.quad	0x000092000000ffff		/* 20: data */
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt

	/* A page, no more: btxld puts the kernel on the next one. */
	.org	PAGE
