/*
 * BTX, the boot extender: its memory, its selectors, its frames.  Shared by
 * btx.S, v86.S and whatever starts BTX.
 *
 *	0000 +--------------------------------------+
 *	     | the BIOS' vectors and data           |
 *	1000 +--------------------------------------+
 *	     | supervisor stack, downwards          |
 *	1800 +--------------------------------------+ MEM_ESP0
 *	     | (free)                               |
 *	1E00 +--------------------------------------+ MEM_IDT
 *	     | IDT, 33h vectors                     |
 *	1F98 +--------------------------------------+ MEM_TSS
 *	     | TSS                                  |
 *	2000 +--------------------------------------+ MEM_MAP
 *	     | I/O permission bitmap: all zero      |
 *	4000 +--------------------------------------+ MEM_DIR
 *	     | page directory        (PAGING)       |
 *	5000 +--------------------------------------+ MEM_TBL
 *	     | page tables of 16 MB  (PAGING)       |
 *	9000 +--------------------------------------+ MEM_ORG
 *	     | BTX: header, code, GDT               |
 *	A000 +--------------------------------------+ MEM_USR
 *	     | the client: its address 0            |
 *	     ~                                      ~
 *	     | the client's stack, downwards        |
 *	     +--------------------------------------+ top - 1000h
 *	     | the client's arguments               |
 *	top  +--------------------------------------+ word at 0413h, in KB
 */
#ifndef _BTX_BTX_H_
#define	_BTX_BTX_H_

#define	MEM_ESP0	0x1800
#define	MEM_IDT		0x1e00
#define	MEM_TSS		0x1f98
#define	MEM_MAP		0x2000
#define	MEM_DIR		0x4000
#define	MEM_TBL		0x5000
#define	MEM_ORG		0x9000
#define	MEM_USR		0xa000

/* The header at MEM_ORG. */
#define	BTX_FLAGS_OFF	7		/* byte */
#define	BTX_PGCTL_OFF	8		/* word: pages that are the client's to write */
#define	BTX_ENTRY_OFF	12		/* long: the client's first instruction */
#define	BTX_FL_REBOOT	0x01		/* reboot when the client is gone */
#define	BTX_FL_NOPAGE0	0x80		/* leave the client's page 0 unmapped */

#define	PAG_SIZ		0x1000
#define	PAG_CNT		0x1000		/* pages mapped: 16 MB */

/* Selectors. */
#define	SEL_SCODE	0x08		/* supervisor: flat */
#define	SEL_SDATA	0x10
#define	SEL_RCODE	0x18		/* 16 bits, 64 KB: the way out */
#define	SEL_RDATA	0x20
#define	SEL_UCODE	0x2b		/* client: base MEM_USR, ring 3 */
#define	SEL_UDATA	0x33
#define	SEL_TSS		0x38

/* Gate types: present, DPL, 32-bit interrupt gate. */
#define	GATE_SYSTEM	0x8e
#define	GATE_USER	0xee

/* EFLAGS. */
#define	PSL_T		0x00000100	/* trap after the next instruction */
#define	PSL_I		0x00000200	/* interrupts enabled */
#define	PSL_VM		0x00020000	/* virtual 8086 mode */

/* CR0. */
#define	CR0_PE		0x00000001
#define	CR0_PG		0x80000000

/* In the TSS. */
#define	TSS_ESP0	4
#define	TSS_SS0		8
#define	TSS_IOBASE	0x66

/* System calls, in EAX at INT 30h.  Everything else is an exit. */
#define	SYS_EXEC	1

/* BIOS data. */
#define	BDA_MEM		0x413		/* word: base memory in KB */
#define	BDA_KEYFLAGS	0x417		/* byte: shift keys */
#define	KEY_CTRL_ALT	0x0c
#define	BDA_MODE	0x449		/* byte: video mode */
#define	BDA_CURSOR	0x450		/* column, row */
#define	BDA_BOOT	0x472		/* word: 1234h is a warm boot */

/*
 * The frame of an exception, an interrupt or a v86 call on the supervisor
 * stack, from its lowest address (EBP holds it):
 *
 *	 0 edi esi ebp (esp) ebx edx ecx eax	pusha
 *	32 the vector, its error code
 *	40 eip cs eflags			the CPU, always
 *	52 esp ss				the CPU, out of ring 3
 *	60 es ds fs gs				the CPU, out of v86 mode
 */
#define	T_EDI		0
#define	T_ESI		4
#define	T_EBP		8
#define	T_EBX		16
#define	T_EDX		20
#define	T_ECX		24
#define	T_EAX		28
#define	T_INTNO		32
#define	T_ERR		36
#define	T_EIP		40
#define	T_CS		44
#define	T_EFL		48
#define	T_ESP		52
#define	T_SS		56
#define	T_ES		60
#define	T_DS		64
#define	T_FS		68
#define	T_GS		72

/*
 * While v86 code runs for the client, the client's own frame stays on the
 * stack, and the TSS' ESP0 points right below it: so a frame out of v86 mode
 * always has the client's above it.
 */
#define	C_ARGS		76		/* the client's struct v86, at INT 31h */
#define	C_ES		80
#define	C_DS		84
#define	C_FS		88
#define	C_GS		92
#define	C_VECTOR	96		/* of the IRQ; 0 at INT 31h */
#define	C_EIP		100
#define	C_CS		104
#define	C_EFL		108
#define	C_ESP		112
#define	C_SS		116

/* struct v86 (btxv86.h), as far as BTX itself reads it. */
#define	V86_CTL		0x00
#define	V86_ADR		0x04
#define	V86_SEG		0x08		/* es, ds, fs, gs */
#define	V86C_ADDR	0x1		/* in the high word of V86_CTL */
#define	V86C_CALLF	0x2
#define	V86C_FLAGS	0x4

#endif /* !_BTX_BTX_H_ */
