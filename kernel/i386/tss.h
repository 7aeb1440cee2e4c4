/*
 * The task state segment.  The kernel does not switch tasks by hardware, but
 * the CPU takes the kernel's stack from one, and a double fault is a switch
 * to another.
 *
 * [IA32-3A] 7.2.1, [i386/include/tss.h]
 */
#ifndef _I386_TSS_H_
#define	_I386_TSS_H_

#include <stddef.h>
#include <stdint.h>

struct i386tss {
	uint32_t	tss_link;	/* the task that was left */
	uint32_t	tss_esp0;	/* stack for ring 0 */
	uint32_t	tss_ss0;
	uint32_t	tss_esp1;
	uint32_t	tss_ss1;
	uint32_t	tss_esp2;
	uint32_t	tss_ss2;
	uint32_t	tss_cr3;
	uint32_t	tss_eip;
	uint32_t	tss_eflags;
	uint32_t	tss_eax;
	uint32_t	tss_ecx;
	uint32_t	tss_edx;
	uint32_t	tss_ebx;
	uint32_t	tss_esp;
	uint32_t	tss_ebp;
	uint32_t	tss_esi;
	uint32_t	tss_edi;
	uint32_t	tss_es;
	uint32_t	tss_cs;
	uint32_t	tss_ss;
	uint32_t	tss_ds;
	uint32_t	tss_fs;
	uint32_t	tss_gs;
	uint32_t	tss_ldt;
	uint32_t	tss_ioopt;	/* I/O bitmap's offset << 16 | T */
};

_Static_assert(sizeof(struct i386tss) == 104, "a TSS is 104 bytes");

#endif /* !_I386_TSS_H_ */
