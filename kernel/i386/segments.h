/*
 * Segments: descriptors as the CPU reads them, the soft form that people
 * read, selectors.
 *
 * [IA32-3A] 3.4, 6.11; [i386/include/segments.h]
 */
#ifndef _I386_SEGMENTS_H_
#define	_I386_SEGMENTS_H_

/*
 *	  15             3   2  1 0
 *	 +----------------+----+----+
 *	 | index          | TI | RPL|	a selector
 *	 +----------------+----+----+
 */
#define	SEL_RPL_MASK	3
#define	ISPL(sel)	((sel) & SEL_RPL_MASK)
#define	SEL_KPL		0		/* the kernel */
#define	SEL_UPL		3		/* the user */
#define	SEL_LDT		4		/* TI: out of the LDT */
#define	ISLDT(sel)	((sel) & SEL_LDT)
#define	IDXSEL(sel)	(((sel) >> 3) & 0x1fff)
#define	LSEL(s, r)	((s) << 3 | SEL_LDT | (r))
#define	GSEL(s, r)	((s) << 3 | (r))

/* Entries of the GDT. */
#define	GNULL_SEL	0
#define	GCODE_SEL	1		/* kernel code */
#define	GDATA_SEL	2		/* kernel data */
#define	GPRIV_SEL	3		/* the CPU's own data */
#define	GPROC0_SEL	4		/* TSS */
#define	GLDT_SEL	5		/* LDT */
#define	GUSERLDT_SEL	6		/* a process' own LDT */
#define	GTGATE_SEL	7		/* task gate */
#define	GBIOSLOWMEM_SEL	8		/* 40h: the BIOS' data, at 400h */
#define	GPANIC_SEL	9		/* TSS of the double fault */
#define	GBIOSCODE32_SEL	10		/* BIOS: 32-bit code */
#define	GBIOSCODE16_SEL	11		/* 16-bit code */
#define	GBIOSDATA_SEL	12		/* data */
#define	GBIOSUTIL_SEL	13		/* utility */
#define	GBIOSARGS_SEL	14		/* arguments */
#define	GUGS_SEL	15		/* user %gs: sysarch(I386_SET_GSBASE) */
#define	NGDT		16

/* Entries of the LDT. */
#define	LSYS5CALLS_SEL	0		/* call gate: lcall $7, $0 */
#define	LSYS5SIGR_SEL	1
#define	L43BSDCALLS_SEL	2
#define	LUCODE_SEL	3		/* user code */
#define	LSOL26CALLS_SEL	4		/* call gate, Solaris' */
#define	LUDATA_SEL	5		/* user data */
#define	LBSDICALLS_SEL	16		/* call gate, BSD/OS' */
#define	NLDT		(LBSDICALLS_SEL + 1)

#define	NIDT		256

/* The selectors that are in use, by the names that code has for them. */
#define	KCSEL		GSEL(GCODE_SEL, SEL_KPL)	/* 08 */
#define	KDSEL		GSEL(GDATA_SEL, SEL_KPL)	/* 10 */
#define	KPSEL		GSEL(GPRIV_SEL, SEL_KPL)	/* 18 */
#define	UCSEL		LSEL(LUCODE_SEL, SEL_UPL)	/* 1F */
#define	UDSEL		LSEL(LUDATA_SEL, SEL_UPL)	/* 2F */

/* Types of system segments and gates. */
#define	SDT_SYSNULL	0
#define	SDT_SYS286TSS	1
#define	SDT_SYSLDT	2
#define	SDT_SYS286BSY	3
#define	SDT_SYS286CGT	4
#define	SDT_SYSTASKGT	5
#define	SDT_SYS386TSS	9
#define	SDT_SYS386BSY	11
#define	SDT_SYS386CGT	12
#define	SDT_SYS386IGT	14
#define	SDT_SYS386TGT	15
/* Types of memory segments. */
#define	SDT_MEMRO	16
#define	SDT_MEMROA	17		/* accessed */
#define	SDT_MEMRW	18
#define	SDT_MEMRWA	19
#define	SDT_MEME	24
#define	SDT_MEMER	26
#define	SDT_MEMERA	27

/* Vectors of the interrupt requests. */
#define	ICU_OFFSET	32
#define	IDT_SYSCALL	0x80

#ifndef LOCORE
#include <stdint.h>

/*
 * A segment's descriptor.
 *
 *	 31         24 23  22 20   19   16 15 14 13 12    8 7          0
 *	+-------------+--+---+----+-------+--+-----+-------+------------+
 *	| base 31..24 | G| D | ...| 19..16| P| DPL | type  | base 23..16|  +4
 *	+-------------+--+---+----+-------+--+-----+-------+------------+
 *	| base 15..0                      | limit 15..0                 |  +0
 *	+---------------------------------+-----------------------------+
 */
struct segment_descriptor {
	unsigned	sd_lolimit:16;
	unsigned	sd_lobase:24 __attribute__((packed));
	unsigned	sd_type:5;
	unsigned	sd_dpl:2;
	unsigned	sd_p:1;
	unsigned	sd_hilimit:4;
	unsigned	sd_xx:2;
	unsigned	sd_def32:1;
	unsigned	sd_gran:1;
	unsigned	sd_hibase:8;
};

/*
 * A gate: where control goes.
 *
 *	 31                             16 15 14 13 12    8 7   5 4    0
 *	+---------------------------------+--+-----+-------+-----+------+
 *	| offset 31..16                   | P| DPL | type  | 0   | words|  +4
 *	+---------------------------------+--+-----+-------+-----+------+
 *	| selector                        | offset 15..0                |  +0
 *	+---------------------------------+-----------------------------+
 */
struct gate_descriptor {
	unsigned	gd_looffset:16;
	unsigned	gd_selector:16;
	unsigned	gd_stkcpy:5;		/* words copied by a call gate */
	unsigned	gd_xx:3;
	unsigned	gd_type:5;
	unsigned	gd_dpl:2;
	unsigned	gd_p:1;
	unsigned	gd_hioffset:16;
};

union descriptor {
	struct segment_descriptor sd;
	struct gate_descriptor gd;
};

/* A segment in soft form. */
struct soft_segment_descriptor {
	uint32_t	ssd_base;
	uint32_t	ssd_limit;		/* 20 bits, in units of ssd_gran */
	unsigned	ssd_type:5;
	unsigned	ssd_dpl:2;
	unsigned	ssd_p:1;
	unsigned	ssd_def32:1;		/* 32-bit offsets and operands */
	unsigned	ssd_gran:1;		/* the limit counts pages */
};

/* What LGDT and LIDT load. */
struct region_descriptor {
	uint16_t	rd_limit;
	uint32_t	rd_base;
} __attribute__((packed));

_Static_assert(sizeof(struct segment_descriptor) == 8, "a descriptor is 8 bytes");
_Static_assert(sizeof(struct gate_descriptor) == 8, "a gate is 8 bytes");
_Static_assert(sizeof(struct region_descriptor) == 6, "LGDT loads 6 bytes");

extern union descriptor gdt[NGDT];
extern union descriptor ldt[NLDT];
extern struct gate_descriptor idt[NIDT];
extern const struct soft_segment_descriptor gdt_segs[NGDT];
extern const struct soft_segment_descriptor ldt_segs[NLDT];

typedef void	inthand_t(void);	/* an entry in exception.S */
#define	IDTVEC(name)	X##name

/* Between the two forms. */
void	ssdtosd(const struct soft_segment_descriptor *ssd,
	    struct segment_descriptor *sd);
void	sdtossd(const struct segment_descriptor *sd,
	    struct soft_segment_descriptor *ssd);

/* Make vector `idx' lead to `func', by a gate of this type. */
void	setidt(int idx, inthand_t *func, int type, int dpl, int selector);

/* init386()'s: build and load each table.  esp0: the kernel's stack. */
void	gdt_build(void);
void	ldt_build(void);
void	idt_build(void);
void	tss_build(uint32_t esp0);
void	syscall_gates_build(void);

/* Load GDTR, and all segment registers anew (support.S). */
void	lgdt(const struct region_descriptor *rd);
#endif /* !LOCORE */

#endif /* !_I386_SEGMENTS_H_ */
