/*
 * locore: the kernel's first instructions, up to C with paging on.
 *
 * Loaded by: the loader, boot2 or GRUB, at 1 MB.
 * On entry:  btext, flat 32-bit protected mode, no paging, interrupts off,
 *            A20 on.  On the stack (EBP is ours, see step 2):
 *
 *	 4(%ebp)	return address; 0: from boot blocks that know no more
 *			than the next two
 *	 8(%ebp)	howto
 *	12(%ebp)	bootdev
 *	16, 20(%ebp)	0
 *	24(%ebp)	0; else an old diskless loader
 *	28(%ebp)	the bootinfo
 *
 * Memory:    behind the kernel, its symbols and what else was loaded, pages
 *            are taken for the page tables and proc0's stack; see
 *            create_pagetables.
 * Ends at:   init386(first free page), then mi_startup(), on proc0's stack.
 *
 * Until `begin' the code runs 3 GB below where it is linked: R(x) is where x
 * is.  Steps, in the order of FreeBSD's:
 *
 *	1 warm boot, 2 flags and segments, 3 recover_bootinfo, 4 a stack,
 *	5 identify_cpu, 6 clear .bss, 7 create_pagetables, 8 VME and PSE, 9 paging,
 *	10 proc0's stack, 11 its pcb, 12 init386, 13 mi_startup
 */
#include "assym.h"
#include <i386/pmap.h>
#include <i386/specialreg.h>
#include <sys/reboot.h>

#define	R(x)	((x) - KERNBASE)

	.set	BDA_BOOT, 0x472		/* BIOS data: */
	.set	WARM_BOOT, 0x1234	/* skip the memory test next time */
	.set	BOOTINFO_VERSION, 1
	.set	MAXPATHLEN, 1024
	.set	TMPSTACK, 0x2000

	/* What is taken behind the kernel; and proc0's stack needs a table more. */
	.set	TAKEN_PAGES, NKPT + 1 + KSTACK_PAGES
	.set	KERNEND_MAX, (NKPT - 1) * NBPDR - TAKEN_PAGES * PAGE_SIZE

	/* Indices of i386_cpus[], in identcpu.c. */
	.set	CPU_386, 2
	.set	CPU_486, 4
	.set	CPU_586, 5
	.set	CPU_486DLC, 6
	.set	CPU_686, 7
	.set	CPU_NX586, 12

/* The recursive mapping: the page tables, and the directory among them. */
	.globl	PTmap, PTD
	.set	PTmap, PTMAP_ADDRESS
	.set	PTD, PTD_ADDRESS

	.data
	.globl	bootinfo, boothowto, bootdev, kernelname
	.globl	cpu, cpu_id, cpu_high, cpu_feature, cpu_vendor, cpu_procinfo
	.globl	IdlePTD, KPTphys, proc0kstack, KERNend, physfree
	.p2align 2
/* Written before .bss is cleared, so not in it. */
bootinfo:	.fill	BOOTINFO_SIZE, 1, 0
boothowto:	.long	0
bootdev:	.long	0
cpu:		.long	0		/* which of i386_cpus[] */
cpu_id:		.long	0		/* CPUID 1: EAX */
cpu_high:	.long	0		/* the highest leaf */
cpu_feature:	.long	0		/* CPUID 1: EDX */
cpu_procinfo:	.long	0		/* CPUID 1: EBX */
cpu_vendor:	.fill	20, 1, 0
IdlePTD:	.long	0		/* physical */
KPTphys:	.long	0		/* physical */
proc0kstack:	.long	0		/* virtual */
proc0kstack_pa:	.long	0
KERNend:	.long	0		/* physical */
physfree:	.long	0		/* physical */
kernelname:	.ascii	"/kernel"
		.fill	MAXPATHLEN - 7, 1, 0

	.bss
	.p2align 4
	.fill	TMPSTACK, 1, 0
tmpstk:

/* Like ELF programs do: nobody ever looks for this linker. */
	.section .interp, "a"
	.asciz	"/red/herring"

	.text
	.globl	btext
btext:
/* 1. The next boot may be a warm one. */
	movw	$WARM_BOOT, BDA_BOOT

/* 2. A frame, so that the arguments have fixed places; flags, FS and GS. */
	push	%ebp
	mov	%esp, %ebp
	push	$PSL_KERNEL
	popf
	mov	%ds, %eax
	mov	%eax, %fs
	mov	%eax, %gs

/* 3. and 4.  What we are told; then a stack of our own. */
	call	recover_bootinfo
	mov	$R(tmpstk), %esp

/* 5. */
	call	identify_cpu

/* 6. Clear .bss, which is whole words; the stack is in it, and empty. */
	mov	$R(edata), %edi
	mov	$R(end), %ecx
	sub	%edi, %ecx
	shr	$2, %ecx
	xor	%eax, %eax
	cld
	rep stosl

/* 7. */
	call	create_pagetables

/* 8. Virtual 8086 mode extensions and pages of 4 MB, where there are any. */
	testl	$CPUID_VME | CPUID_PSE, R(cpu_feature)
	jz	1f			/* there may be no CR4 */
	mov	%cr4, %eax
	testl	$CPUID_VME, R(cpu_feature)
	jz	2f
	or	$CR4_VME, %eax
2:	testl	$CPUID_PSE, R(cpu_feature)
	jz	3f
	or	$CR4_PSE, %eax
3:	mov	%eax, %cr4

/* 9. Paging on; and on to where we are linked. */
1:	mov	R(IdlePTD), %eax
	mov	%eax, %cr3
	mov	%cr0, %eax
	or	$CR0_PE | CR0_PG, %eax
	mov	%eax, %cr0
	push	$begin
	ret

begin:
/* 10. and 11.  proc0's stack, its pcb at the top; no caller above us. */
	mov	proc0kstack, %eax
	lea	KSTACK_PAGES * PAGE_SIZE - PCB_SIZE(%eax), %esp
	xor	%ebp, %ebp
	mov	IdlePTD, %eax
	mov	%eax, PCB_CR3(%esp)
	and	$~0xf, %esp

/* 12. and 13. */
	pushl	physfree
	call	init386
	add	$4, %esp
	call	mi_startup
2:	hlt				/* it does not return */
	jmp	2b

/*
 * Recover bootinfo and the flags: one of three ways to be started.
 *
 * A loader that we do not understand gets a 1 back; it may have another
 * kernel.  Uses the frame of btext.
 */
recover_bootinfo:
	mov	8(%ebp), %eax
	mov	%eax, R(boothowto)
	mov	12(%ebp), %eax
	mov	%eax, R(bootdev)
	cmpl	$0, 4(%ebp)
	je	9f			/* that was all, then */
	cmpl	$0, 24(%ebp)
1:	jne	1b			/* the old diskless protocol */

	mov	28(%ebp), %ebx
	cmpl	$BOOTINFO_VERSION, BI_VERSION(%ebx)
	je	2f
	mov	$R(version_text), %esi
	call	tell
	mov	$1, %eax
	leave
	ret				/* to the loader */

	/* The kernel's name, with a slash in front. */
2:	mov	BI_KERNELNAME(%ebx), %esi
	test	%esi, %esi
	jz	5f
	mov	$R(kernelname), %edi
	mov	$MAXPATHLEN - 1, %ecx
	cld
	mov	$'/', %al
	cmp	(%esi), %al
	je	3f
	stosb
	dec	%ecx
3:	lodsb
	stosb
	test	%al, %al
	jz	5f
	loop	3b
	movb	$0, (%edi)

	/*
	 * As much of the structure as there is: of an old one the part that
	 * all versions have, and never more than we know.
	 */
5:	mov	%ebx, %esi
	mov	$BI_ENDCOMMON, %ecx
	testl	$RB_BOOTINFO, 8(%ebp)
	jz	6f
	mov	BI_SIZE(%ebx), %ecx
	cmp	$BOOTINFO_SIZE, %ecx
	jbe	6f
	mov	$BOOTINFO_SIZE, %ecx
6:	mov	$R(bootinfo), %edi
	cld
	rep movsb
9:	ret

	.section .rodata
version_text:
	.asciz	"\r\nkernel: the bootinfo's version is not 1\r\n"

	.text
/*
 * Say the text at ESI on COM1, which a loader has set up if anybody listens.
 * Nothing is waited for longer than 65,536 looks.  Changes EAX, ECX, EDX, ESI.
 */
	.set	COM1_DATA, 0x3f8
	.set	COM1_LSR, 0x3fd
	.set	LSR_ROOM, 0x20

tell:
	mov	$COM1_LSR, %edx
	mov	$0x10000, %ecx
1:	in	%dx, %al
	test	$LSR_ROOM, %al
	loopz	1b
	mov	$COM1_DATA & 0xff, %dl
	lodsb
	out	%al, %dx
	cmpb	$0, (%esi)
	jne	tell
	ret

/*
 * Find out which CPU this is: its family in `cpu', and what CPUID says where
 * there is CPUID.  Flags tell the older ones apart.
 *
 * [IA32-1] 19.1
 */
identify_cpu:
	/* A 386 cannot set AC. */
	pushf
	pop	%eax
	mov	%eax, %ecx
	xor	$PSL_AC, %eax
	push	%eax
	popf
	pushf
	pop	%eax
	push	%ecx
	popf
	xor	%ecx, %eax
cpu_ac_toggled:
	test	$PSL_AC, %eax
	jnz	2f

	/* On a NexGen, a division leaves ZF alone. */
	mov	$0x5555, %eax
	xor	%edx, %edx
	mov	$2, %ecx
	cmp	%edx, %edx		/* ZF = 1 */
	div	%ecx
	pushf
	pop	%eax
cpu_zf_kept:
	test	$PSL_Z, %al
	jnz	1f
	movl	$CPU_386, R(cpu)
	ret
1:	movl	$CPU_NX586, R(cpu)
	ret

	/* A 486 cannot set ID. */
2:	pushf
	pop	%eax
	mov	%eax, %ecx
	xor	$PSL_ID, %eax
	push	%eax
	popf
	pushf
	pop	%eax
	push	%ecx
	popf
	xor	%ecx, %eax
cpu_id_toggled:
	test	$PSL_ID, %eax
	jnz	4f

	/* A Cyrix keeps the flags over a division. */
	xor	%ax, %ax
	sahf				/* all clear */
	mov	$5, %ax
	mov	$2, %bx
	div	%bl
	lahf
cpu_flags_kept:
	cmp	$2, %ah			/* bit 1 is always set */
	je	3f
	movl	$CPU_486, R(cpu)
	ret
3:	movl	$CPU_486DLC, R(cpu)
	ret

	/* CPUID. */
4:	xor	%eax, %eax
	cpuid
	mov	%eax, R(cpu_high)
	mov	%ebx, R(cpu_vendor)
	mov	%edx, R(cpu_vendor) + 4
	mov	%ecx, R(cpu_vendor) + 8
	mov	$1, %eax
	cpuid
	mov	%eax, R(cpu_id)
	mov	%ebx, R(cpu_procinfo)
	mov	%edx, R(cpu_feature)
	shr	$8, %eax
	and	$0xf, %eax		/* family */
	mov	$CPU_486, %ecx
	cmp	$5, %eax
	jb	5f
	mov	$CPU_586, %ecx
	je	5f
	mov	$CPU_686, %ecx
5:	mov	%ecx, R(cpu)
	ret

/*
 * Build the kernel's page tables behind all that was loaded.
 *
 *	KERNend	 NKPT page tables	KPTphys
 *	         page directory		IdlePTD
 *	         proc0's stack		proc0kstack
 *	physfree
 *
 * Physical memory from 0 to physfree, and so all of the first megabyte with
 * the ISA hole, is mapped at KERNBASE, to be written and read; for the next
 * instructions at 0, too: init386 takes that away.  It is mapped up to a
 * multiple of 4 MB: by pages of that size, where the CPU has them, without any
 * table.  Then comes a page that is not mapped, and then proc0's stack:
 * without that page, one that overflows writes over what is below, and no
 * double fault will tell.  The directory is an entry of itself, PTDPTDI, which
 * makes all page tables appear at PTmap.
 *
 *	KERNBASE		     | a multiple of 4 MB |
 *	| physical memory from 0 on  | not mapped         | proc0kstack | ...
 *
 * (FreeBSD rounds KERNend up to 4 MB, which a small machine does not have.)
 */
create_pagetables:
	/* The end: the kernel's, or of its symbols, or of all modules. */
	mov	$R(end), %esi
	mov	R(bootinfo) + BI_ESYMTAB, %eax
	test	%eax, %eax
	jz	1f
	mov	%eax, %esi
	addl	$KERNBASE, R(bootinfo) + BI_SYMTAB
	addl	$KERNBASE, R(bootinfo) + BI_ESYMTAB
1:	mov	R(bootinfo) + BI_KERNEND, %eax
	test	%eax, %eax
	jz	2f
	mov	%eax, %esi
	/*
	 * An end that cannot be is not believed.  What is said to lie behind
	 * the kernel will then be found outside of it: see is_loaded().
	 */
2:	cmp	$R(end), %esi
	jb	3f
	cmp	$KERNEND_MAX, %esi
	jbe	4f
3:	mov	$R(end), %esi
4:	add	$PAGE_MASK, %esi
	and	$~PAGE_MASK, %esi
	mov	%esi, R(KERNend)
	mov	%esi, R(physfree)

	mov	$NKPT, %ecx
	call	alloc_pages
	mov	%eax, R(KPTphys)
	mov	$1, %ecx
	call	alloc_pages
	mov	%eax, R(IdlePTD)
	mov	$KSTACK_PAGES, %ecx
	call	alloc_pages
	mov	%eax, R(proc0kstack_pa)

	/* The directory: the tables twice, and itself. */
	mov	R(IdlePTD), %ebx
	mov	R(KPTphys), %eax
	or	$PG_V | PG_RW, %eax
	mov	$PAGE_SIZE, %esi
	mov	$NKPT, %ecx
	call	fill_directory
	mov	%ebx, %eax
	or	$PG_V | PG_RW, %eax
	mov	%eax, PTDPTDI * 4(%ebx)

	/* EDX is the end of what is mapped at KERNBASE. */
	mov	R(physfree), %edx
	add	$PDRMASK, %edx
	and	$~PDRMASK, %edx

	/* The memory: 4 MB in an entry of the directory, instead of a table, */
	mov	%edx, %ecx
	testl	$CPUID_PSE, R(cpu_feature)
	jz	5f
	shr	$PDRSHIFT, %ecx
	mov	$PG_V | PG_RW | PG_PS, %eax
	mov	$NBPDR, %esi
	call	fill_directory
	jmp	7f

	/* or a page in each entry of the first tables. */
5:	shr	$PAGE_SHIFT, %ecx
	mov	R(KPTphys), %edi
	mov	$PG_V | PG_RW, %eax
	cld
6:	stosl
	add	$PAGE_SIZE, %eax
	loop	6b

	/* The stack, behind a page that is not there. */
7:	add	$PAGE_SIZE, %edx
	lea	KERNBASE(%edx), %eax
	mov	%eax, R(proc0kstack)
	shr	$PAGE_SHIFT, %edx
	mov	R(KPTphys), %edi
	lea	(%edi, %edx, 4), %edi
	mov	R(proc0kstack_pa), %eax
	or	$PG_V | PG_RW, %eax
	mov	$KSTACK_PAGES, %ecx
8:	mov	%eax, (%edi)
	add	$PAGE_SIZE, %eax
	add	$4, %edi
	loop	8b
	ret

/*
 * Make ECX entries of the directory at EBX, the first ones and again those from
 * KERNBASE on: EAX, EAX + ESI and so on.  Changes EAX and EDI.
 */
fill_directory:
	xor	%edi, %edi
1:	mov	%eax, (%ebx, %edi, 4)
	mov	%eax, KPTDI * 4(%ebx, %edi, 4)
	add	%esi, %eax
	inc	%edi
	cmp	%ecx, %edi
	jb	1b
	ret

/*
 * Take ECX pages from physfree on, zeroed.  Returns the first one's address
 * in EAX; changes ECX and EDI.
 */
alloc_pages:
	mov	R(physfree), %edi
	push	%edi
	shl	$PAGE_SHIFT, %ecx
	add	%ecx, R(physfree)
	shr	$2, %ecx
	xor	%eax, %eax
	cld
	rep stosl
	pop	%eax
	ret
