/*
 * What a trap is called in the kernel, whatever its vector.
 *
 * [i386/include/trap.h]
 */
#ifndef _I386_TRAP_H_
#define	_I386_TRAP_H_

#define	T_PRIVINFLT	1	/* invalid opcode */
#define	T_BPTFLT	3	/* breakpoint */
#define	T_ARITHTRAP	6	/* FPU error */
#define	T_ASTFLT	7	/* asynchronous: a reason to reschedule */
#define	T_PROTFLT	9	/* general protection */
#define	T_TRCTRAP	10	/* debug */
#define	T_PAGEFLT	12	/* page fault */
#define	T_ALIGNFLT	14	/* alignment */
#define	T_DIVIDE	18	/* division by zero */
#define	T_NMI		19
#define	T_OFLOW		20	/* INTO */
#define	T_BOUND		21	/* BOUND */
#define	T_DNA		22	/* FPU not available */
#define	T_DOUBLEFLT	23	/* double fault */
#define	T_FPOPFLT	24	/* FPU operand */
#define	T_TSSFLT	25	/* invalid TSS */
#define	T_SEGNPFLT	26	/* segment not present */
#define	T_STKFLT	27	/* stack */
#define	T_MCHK		28	/* machine check */
#define	T_XMMFLT	29	/* SIMD */
#define	T_RESERVED	30	/* any other vector */

/* Codes of SIGBUS. */
#define	BUS_PAGE_FAULT	T_PAGEFLT
#define	BUS_SEGNP_FAULT	T_SEGNPFLT
#define	BUS_STK_FAULT	T_STKFLT
#define	BUS_SEGM_FAULT	T_RESERVED

#endif /* !_I386_TRAP_H_ */
