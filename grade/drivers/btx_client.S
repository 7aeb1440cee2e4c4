/*
 * btx_client: the client of lab 2's checks.  It does what a script says that
 * the check puts behind it, and keeps what came of it there; the check reads
 * that from outside when `done' is reached.
 *
 * Loaded by: btx_boot, at A000.  BTX enters it in ring 3 at `start', with
 *            segments that begin at A000, where it is linked at 0.
 * Memory:    here..script     the client
 *            script..2FFF     the script, and what the check puts behind it
 *
 * The script is made of double words: an operation, then what it needs.
 *
 *   DONE                      stay at `done' for ever
 *   V86 stack, flags, CALL, AFTER
 *                             INT 0x31 with these EFLAGS, and with ESP set to
 *                             `stack' before the push, or left alone if that
 *                             is 0.  CALL is the v86 structure of BTX, 14
 *                             double words.  Then AFTER, 8 double words, has
 *                             ESP as it was before the push, EFLAGS, and
 *                             cs ds es fs gs ss.
 *   RUN address               call the check's own code, which may change any
 *                             register but ESP
 *   OUT port, value           write a byte to a port
 *   POKE address, value       write a double word to memory
 */
	/* The v86 structure. */
	.set	V86_EAX, 0x18
	.set	V86_ECX, 0x1c
	.set	V86_EDX, 0x20
	.set	V86_EBX, 0x24
	.set	V86_EBP, 0x2c
	.set	V86_ESI, 0x30
	.set	V86_EDI, 0x34
	/* AFTER, behind it. */
	.set	AFTER_ESP, 0x38
	.set	AFTER_EFLAGS, 0x3c
	.set	AFTER_SEGMENTS, 0x40
	.set	V86_END, 0x58

	.code32
	.text
	.globl	start, done, script
start:
	mov	$script, %esi
next:
	lodsl
	jmp	*operations(, %eax, 4)

operations:
	.long	done, v86, run, output, poke

done:
	jmp	done

v86:
	lodsl
	mov	%esp, own_esp
	test	%eax, %eax
	jz	1f
	mov	%eax, %esp
1:	lodsl
	mov	%esi, pointer
	push	%esi
	push	%eax
	mov	V86_EAX(%esi), %eax
	mov	V86_ECX(%esi), %ecx
	mov	V86_EDX(%esi), %edx
	mov	V86_EBX(%esi), %ebx
	mov	V86_EBP(%esi), %ebp
	mov	V86_EDI(%esi), %edi
	mov	V86_ESI(%esi), %esi
	popf
	int	$0x31
	pushf
	push	$2			/* no DF, no TF */
	popf
	xchg	%esi, pointer
	mov	%eax, V86_EAX(%esi)
	mov	%ecx, V86_ECX(%esi)
	mov	%edx, V86_EDX(%esi)
	mov	%ebx, V86_EBX(%esi)
	mov	%ebp, V86_EBP(%esi)
	mov	%edi, V86_EDI(%esi)
	mov	pointer, %eax
	mov	%eax, V86_ESI(%esi)
	popl	AFTER_EFLAGS(%esi)
	lea	4(%esp), %eax
	mov	%eax, AFTER_ESP(%esi)
	mov	%cs, AFTER_SEGMENTS(%esi)
	mov	%ds, AFTER_SEGMENTS + 4(%esi)
	mov	%es, AFTER_SEGMENTS + 8(%esi)
	mov	%fs, AFTER_SEGMENTS + 12(%esi)
	mov	%gs, AFTER_SEGMENTS + 16(%esi)
	mov	%ss, AFTER_SEGMENTS + 20(%esi)
	mov	own_esp, %esp
	add	$V86_END, %esi
	jmp	next

run:
	lodsl
	mov	%esi, pointer
	call	*%eax
	mov	pointer, %esi
	cld
	jmp	next

output:
	lodsl
	mov	%eax, %edx
	lodsl
	out	%al, (%dx)
	jmp	next

poke:
	lodsl
	mov	%eax, %edi
	lodsl
	stosl
	jmp	next

pointer: .long	0			/* where the script goes on */
own_esp: .long	0

	.balign	4
script:
