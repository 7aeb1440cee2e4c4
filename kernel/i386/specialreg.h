/*
 * Bits of the 80386's control registers and flags, and of CPUID.
 *
 * [IA32-3A] 2.5, [i386/include/specialreg.h, psl.h]
 */
#ifndef _I386_SPECIALREG_H_
#define	_I386_SPECIALREG_H_

#define	CR0_PE	0x00000001	/* protected mode */
#define	CR0_MP	0x00000002	/* WAIT obeys TS */
#define	CR0_EM	0x00000004	/* no FPU: trap */
#define	CR0_TS	0x00000008	/* task switched: trap at the next FPU instruction */
#define	CR0_ET	0x00000010	/* the FPU is a 387 */
#define	CR0_NE	0x00000020	/* FPU errors by exception 16 */
#define	CR0_WP	0x00010000	/* read-only is for the kernel, too */
#define	CR0_AM	0x00040000	/* alignment checks */
#define	CR0_PG	0x80000000	/* paging */

#define	CR4_VME	0x00000001	/* virtual 8086 mode extensions */
#define	CR4_PSE	0x00000010	/* pages of 4 MB */
#define	CR4_PGE	0x00000080	/* global pages */

/* CPUID leaf 1, EDX. */
#define	CPUID_FPU	0x00000001
#define	CPUID_VME	0x00000002
#define	CPUID_DE	0x00000004
#define	CPUID_PSE	0x00000008
#define	CPUID_TSC	0x00000010
#define	CPUID_MSR	0x00000020
#define	CPUID_PAE	0x00000040
#define	CPUID_MCE	0x00000080
#define	CPUID_CX8	0x00000100
#define	CPUID_APIC	0x00000200
#define	CPUID_SEP	0x00000800
#define	CPUID_MTRR	0x00001000
#define	CPUID_PGE	0x00002000
#define	CPUID_CMOV	0x00008000

/* EFLAGS. */
#define	PSL_C		0x00000001
#define	PSL_PF		0x00000004
#define	PSL_AF		0x00000010
#define	PSL_Z		0x00000040
#define	PSL_N		0x00000080
#define	PSL_T		0x00000100	/* trap after the next instruction */
#define	PSL_I		0x00000200	/* interrupts enabled */
#define	PSL_D		0x00000400
#define	PSL_V		0x00000800
#define	PSL_IOPL	0x00003000
#define	PSL_NT		0x00004000
#define	PSL_RF		0x00010000
#define	PSL_VM		0x00020000
#define	PSL_AC		0x00040000
#define	PSL_ID		0x00200000
#define	PSL_KERNEL	0x00000002	/* what the kernel starts with */
#define	PSL_USER	0x00000202
/* What a user may change. */
#define	PSL_USERCHANGE	(PSL_C | PSL_PF | PSL_AF | PSL_Z | PSL_N | PSL_T | \
	PSL_D | PSL_V | PSL_NT | PSL_AC | PSL_ID)

#endif /* !_I386_SPECIALREG_H_ */
