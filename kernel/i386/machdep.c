/*
 * machdep: the tables that the CPU reads: segments, gates, tasks.
 *
 * A segment's descriptor has its base and limit in pieces, as the 80286 left
 * them.  People write the soft form, gdt_segs[] and ldt_segs[] below; ssdtosd()
 * makes the CPU's of it.
 *
 *	gdt[16]		the kernel's segments, the TSSes, the LDT
 *	ldt[17]		the user's code and data, call gates
 *	idt[256]	traps, interrupts, INT 80h
 *	common_tss	where the CPU finds the kernel's stack
 *	dblfault_tss	the task of a double fault, which must not need the
 *			stack that may have been its cause
 *
 * Each is built once, by init386(): before there is a console, or a handler.
 *
 * [i386/i386/machdep.c]
 */
#include <i386/segments.h>

#include <sys/lab_stub.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>
#include <i386/md_var.h>
#include <i386/specialreg.h>

#define	LIMIT_4GB	0xfffff		/* in pages */
#define	BIOS_DATA	0x400

union descriptor gdt[NGDT];
union descriptor ldt[NLDT];
struct gate_descriptor idt[NIDT];
struct i386tss common_tss, dblfault_tss;

/* Not static, this one and pcpu, so that a debugger finds them by name. */
char dblfault_stack[PAGE_SIZE] __attribute__((aligned(16)));

/* What %fs leads to in the kernel: the CPU's own data. */
struct pcpu {
	struct thread	**pc_curthread;
} pcpu = { &curthread };

/*
 * The global descriptor table, in soft form.  Rows that are empty here are
 * made at run time (gdt_build), or are unused.
 */
const struct soft_segment_descriptor gdt_segs[NGDT] = {
	/*                base, limit, type, DPL, present, 32 bits, pages */
	[GCODE_SEL]       = { 0, LIMIT_4GB, SDT_MEMERA, SEL_KPL, 1, 1, 1 },
	[GDATA_SEL]       = { 0, LIMIT_4GB, SDT_MEMRWA, SEL_KPL, 1, 1, 1 },
	[GBIOSLOWMEM_SEL] = { BIOS_DATA, LIMIT_4GB, SDT_MEMRWA, SEL_KPL, 1, 1, 1 },
	[GBIOSCODE32_SEL] = { 0, LIMIT_4GB, SDT_MEMERA, SEL_KPL, 1, 1, 1 },
	[GBIOSCODE16_SEL] = { 0, LIMIT_4GB, SDT_MEMERA, SEL_KPL, 1, 0, 1 },
	[GBIOSDATA_SEL]   = { 0, LIMIT_4GB, SDT_MEMRWA, SEL_KPL, 1, 1, 1 },
	[GBIOSUTIL_SEL]   = { 0, LIMIT_4GB, SDT_MEMRWA, SEL_KPL, 1, 0, 1 },
	[GBIOSARGS_SEL]   = { 0, LIMIT_4GB, SDT_MEMRWA, SEL_KPL, 1, 0, 1 },
	[GUGS_SEL]        = { 0, LIMIT_4GB, SDT_MEMRWA, SEL_UPL, 1, 1, 1 },
};

/* The local one, as far as it is segments. */
const struct soft_segment_descriptor ldt_segs[NLDT] = {
	[LUCODE_SEL] = { 0, LIMIT_4GB, SDT_MEMERA, SEL_UPL, 1, 1, 1 },
	[LUDATA_SEL] = { 0, LIMIT_4GB, SDT_MEMRWA, SEL_UPL, 1, 1, 1 },
};

/*
 * 3.1. Make the CPU's descriptor `sd' of the soft one `ssd'.
 *
 * Base and limit are cut into the fields that segments.h draws; the limit has
 * 20 bits; the type's bit 4 is the descriptor's S bit, and already where it
 * belongs.  sd_xx is 0.
 */
void
ssdtosd(const struct soft_segment_descriptor *ssd, struct segment_descriptor *sd)
{
/* LAB 3.1 BEGIN */
	sd->sd_lolimit = ssd->ssd_limit & 0xffff;
	sd->sd_hilimit = ssd->ssd_limit >> 16;
	sd->sd_lobase = ssd->ssd_base & 0xffffff;
	sd->sd_hibase = ssd->ssd_base >> 24;
	sd->sd_type = ssd->ssd_type;
	sd->sd_dpl = ssd->ssd_dpl;
	sd->sd_p = ssd->ssd_p;
	sd->sd_xx = 0;
	sd->sd_def32 = ssd->ssd_def32;
	sd->sd_gran = ssd->ssd_gran;
/* LAB 3.1 STUB (void)ssd; (void)sd; lab_stub("LAB 3.1: ssdtosd"); */
/* LAB 3.1 END */
}

/* The reverse: the soft form of a descriptor of memory, a TSS or an LDT. */
void
sdtossd(const struct segment_descriptor *sd, struct soft_segment_descriptor *ssd)
{
	ssd->ssd_base = sd->sd_hibase << 24 | sd->sd_lobase;
	ssd->ssd_limit = sd->sd_hilimit << 16 | sd->sd_lolimit;
	ssd->ssd_type = sd->sd_type;
	ssd->ssd_dpl = sd->sd_dpl;
	ssd->ssd_p = sd->sd_p;
	ssd->ssd_def32 = sd->sd_def32;
	ssd->ssd_gran = sd->sd_gran;
}

/*
 * 3.2. Build the GDT and load it, with all segment registers (lgdt()).
 *
 * All NGDT entries come from gdt_segs[], but for these, which are present and
 * count bytes:
 *
 *	entry		base		size			type		DPL
 *	GPRIV_SEL	pcpu		sizeof(pcpu)		MEMRWA, 32 bits	 0
 *	GPROC0_SEL	common_tss	a TSS			SYS386TSS	 0
 *	GPANIC_SEL	dblfault_tss	a TSS			SYS386TSS	 0
 *	GLDT_SEL	ldt		sizeof(ldt)		SYSLDT		 3
 *	GUSERLDT_SEL	ldt		sizeof(ldt)		SYSLDT		 0
 *
 * A limit is the last offset, a size less 1; and so is GDTR's.  What is no
 * memory has ssd_def32 0.
 */
void
gdt_build(void)
{
/* LAB 3.2 BEGIN */
	static const struct {
		int	entry;
		struct soft_segment_descriptor row;
	} own[] = {
		{ GPRIV_SEL, { (uint32_t)&pcpu, sizeof(pcpu) - 1, SDT_MEMRWA, SEL_KPL, 1, 1, 0 } },
		{ GPROC0_SEL, { (uint32_t)&common_tss, sizeof(common_tss) - 1, SDT_SYS386TSS, SEL_KPL, 1, 0, 0 } },
		{ GPANIC_SEL, { (uint32_t)&dblfault_tss, sizeof(dblfault_tss) - 1, SDT_SYS386TSS, SEL_KPL, 1, 0, 0 } },
		{ GLDT_SEL, { (uint32_t)ldt, sizeof(ldt) - 1, SDT_SYSLDT, SEL_UPL, 1, 0, 0 } },
		{ GUSERLDT_SEL, { (uint32_t)ldt, sizeof(ldt) - 1, SDT_SYSLDT, SEL_KPL, 1, 0, 0 } },
	};
	struct region_descriptor rd;
	unsigned i;

	for (i = 0; i < NGDT; i++)
		ssdtosd(&gdt_segs[i], &gdt[i].sd);
	for (i = 0; i < nitems(own); i++)
		ssdtosd(&own[i].row, &gdt[own[i].entry].sd);
	rd.rd_limit = sizeof(gdt) - 1;
	rd.rd_base = (uint32_t)gdt;
	lgdt(&rd);
/* LAB 3.2 STUB lab_stub("LAB 3.2: gdt_build"); */
/* LAB 3.2 END */
}

/* The entries of exception.S, by vector; what has none is reserved. */
extern inthand_t
    IDTVEC(div), IDTVEC(dbg), IDTVEC(nmi), IDTVEC(bpt), IDTVEC(ofl),
    IDTVEC(bnd), IDTVEC(ill), IDTVEC(dna), IDTVEC(fpusegm), IDTVEC(tss),
    IDTVEC(missing), IDTVEC(stk), IDTVEC(prot), IDTVEC(page), IDTVEC(rsvd),
    IDTVEC(fpu), IDTVEC(align), IDTVEC(mchk), IDTVEC(xmm),
    IDTVEC(int0x80_syscall), IDTVEC(lcall_syscall);

#define	VECTOR_DOUBLE_FAULT	8

static const struct {
	uint8_t		vector;
	uint8_t		type;
	uint8_t		dpl;
	inthand_t	*func;
} trap_vectors[] = {
	{ 0, SDT_SYS386TGT, SEL_KPL, IDTVEC(div) },
	{ 1, SDT_SYS386IGT, SEL_KPL, IDTVEC(dbg) },
	{ 2, SDT_SYS386IGT, SEL_KPL, IDTVEC(nmi) },
	{ 3, SDT_SYS386IGT, SEL_UPL, IDTVEC(bpt) },
	{ 4, SDT_SYS386TGT, SEL_UPL, IDTVEC(ofl) },
	{ 5, SDT_SYS386TGT, SEL_KPL, IDTVEC(bnd) },
	{ 6, SDT_SYS386TGT, SEL_KPL, IDTVEC(ill) },
	{ 7, SDT_SYS386TGT, SEL_KPL, IDTVEC(dna) },
	{ 9, SDT_SYS386TGT, SEL_KPL, IDTVEC(fpusegm) },
	{ 10, SDT_SYS386TGT, SEL_KPL, IDTVEC(tss) },
	{ 11, SDT_SYS386TGT, SEL_KPL, IDTVEC(missing) },
	{ 12, SDT_SYS386TGT, SEL_KPL, IDTVEC(stk) },
	{ 13, SDT_SYS386TGT, SEL_KPL, IDTVEC(prot) },
	{ 14, SDT_SYS386IGT, SEL_KPL, IDTVEC(page) },
	{ 15, SDT_SYS386TGT, SEL_KPL, IDTVEC(rsvd) },
	{ 16, SDT_SYS386TGT, SEL_KPL, IDTVEC(fpu) },
	{ 17, SDT_SYS386TGT, SEL_KPL, IDTVEC(align) },
	{ 18, SDT_SYS386TGT, SEL_KPL, IDTVEC(mchk) },
	{ 19, SDT_SYS386TGT, SEL_KPL, IDTVEC(xmm) },
};

/* The interrupt requests': exception.S. */
extern inthand_t
    IDTVEC(intr0), IDTVEC(intr1), IDTVEC(intr2), IDTVEC(intr3),
    IDTVEC(intr4), IDTVEC(intr5), IDTVEC(intr6), IDTVEC(intr7),
    IDTVEC(intr8), IDTVEC(intr9), IDTVEC(intr10), IDTVEC(intr11),
    IDTVEC(intr12), IDTVEC(intr13), IDTVEC(intr14), IDTVEC(intr15);

static inthand_t *const intr_vectors[ICU_LEN] = {
    IDTVEC(intr0), IDTVEC(intr1), IDTVEC(intr2), IDTVEC(intr3),
    IDTVEC(intr4), IDTVEC(intr5), IDTVEC(intr6), IDTVEC(intr7),
    IDTVEC(intr8), IDTVEC(intr9), IDTVEC(intr10), IDTVEC(intr11),
    IDTVEC(intr12), IDTVEC(intr13), IDTVEC(intr14), IDTVEC(intr15),
};

/*
 * 3.3. Make `gd' a gate of this type to `offset' in the segment `selector':
 * present, for callers of ring `dpl' and further in, copying so many words
 * (of a call gate; 0 else).  gd_xx is 0.
 */
static void
setgate(struct gate_descriptor *gd, uint32_t offset, int type, int dpl,
    int selector, int words)
{
/* LAB 3.3 BEGIN */
	gd->gd_looffset = offset & 0xffff;
	gd->gd_hioffset = offset >> 16;
	gd->gd_selector = selector;
	gd->gd_stkcpy = words;
	gd->gd_xx = 0;
	gd->gd_type = type;
	gd->gd_dpl = dpl;
	gd->gd_p = 1;
/* LAB 3.3 STUB (void)gd; (void)offset; (void)type; (void)dpl; (void)selector; (void)words; lab_stub("LAB 3.3: setgate"); */
/* LAB 3.3 END */
}

void
setidt(int idx, inthand_t *func, int type, int dpl, int selector)
{
	setgate(&idt[idx], (uint32_t)func, type, dpl, selector, 0);
}

/* Fill the IDT, and load it. */
void
idt_build(void)
{
	struct region_descriptor rd;
	unsigned i;

	for (i = 0; i < NIDT; i++)
		setidt(i, IDTVEC(rsvd), SDT_SYS386TGT, SEL_KPL, KCSEL);
	for (i = 0; i < nitems(trap_vectors); i++)
		setidt(trap_vectors[i].vector, trap_vectors[i].func,
		    trap_vectors[i].type, trap_vectors[i].dpl, KCSEL);
	for (i = 0; i < ICU_LEN; i++)
		setidt(ICU_OFFSET + i, intr_vectors[i], SDT_SYS386IGT,
		    SEL_KPL, KCSEL);
	rd.rd_limit = sizeof(idt) - 1;
	rd.rd_base = (uint32_t)idt;
	lidt(&rd);
}

/*
 * 3.4. The tasks.
 *
 * common_tss: ESP0 is `esp0', SS0 the kernel's data; the I/O bitmap begins
 * where the TSS ends, that is, there is none (the offset is the high half of
 * tss_ioopt).  Load the task register with GPROC0_SEL.
 *
 * dblfault_tss: a task that starts at dblfault_handler(), on the top of
 * dblfault_stack (its stack for rings 0 to 2, too), flags PSL_KERNEL, in the
 * address space IdlePTD, with the kernel's segments (KPSEL in FS, GS 0) and
 * the LDT of GLDT_SEL.  Vector 8 is a task gate to GPANIC_SEL, SEL_KPL, whose
 * offset means nothing and is 0.
 */
void
tss_build(uint32_t esp0)
{
/* LAB 3.4 BEGIN */
	const uint32_t top = (uint32_t)dblfault_stack + sizeof(dblfault_stack);

	common_tss.tss_esp0 = esp0;
	common_tss.tss_ss0 = KDSEL;
	common_tss.tss_ioopt = sizeof(common_tss) << 16;
	ltr(GSEL(GPROC0_SEL, SEL_KPL));

	dblfault_tss.tss_esp = top;
	dblfault_tss.tss_esp0 = top;
	dblfault_tss.tss_esp1 = top;
	dblfault_tss.tss_esp2 = top;
	dblfault_tss.tss_ss = KDSEL;
	dblfault_tss.tss_ss0 = KDSEL;
	dblfault_tss.tss_ss1 = KDSEL;
	dblfault_tss.tss_ss2 = KDSEL;
	dblfault_tss.tss_cr3 = IdlePTD;
	dblfault_tss.tss_eip = (uint32_t)dblfault_handler;
	dblfault_tss.tss_eflags = PSL_KERNEL;
	dblfault_tss.tss_cs = KCSEL;
	dblfault_tss.tss_ds = KDSEL;
	dblfault_tss.tss_es = KDSEL;
	dblfault_tss.tss_fs = KPSEL;
	dblfault_tss.tss_ldt = GSEL(GLDT_SEL, SEL_KPL);
	setidt(VECTOR_DOUBLE_FAULT, NULL, SDT_SYSTASKGT, SEL_KPL,
	    GSEL(GPANIC_SEL, SEL_KPL));
/* LAB 3.4 STUB (void)esp0; lab_stub("LAB 3.4: tss_build"); */
/* LAB 3.4 END */
}

/* Fill the LDT with the user's segments, and load it. */
void
ldt_build(void)
{
	unsigned i;

	for (i = 0; i < NLDT; i++)
		ssdtosd(&ldt_segs[i], &ldt[i].sd);
	lldt(GSEL(GLDT_SEL, SEL_KPL));
}

/*
 * 3.5. The user's ways into the kernel, by setgate().
 *
 * Entries LSYS5CALLS_SEL, LBSDICALLS_SEL and LSOL26CALLS_SEL of the LDT are
 * 32-bit call gates to lcall_syscall in KCSEL, for ring 3, that copy one word
 * of the caller's stack.  Vector IDT_SYSCALL is a trap gate to int0x80_syscall
 * in KCSEL, for ring 3.
 */
void
syscall_gates_build(void)
{
/* LAB 3.5 BEGIN */
	static const uint8_t call_gates[] = {
		LSYS5CALLS_SEL, LBSDICALLS_SEL, LSOL26CALLS_SEL
	};
	unsigned i;

	for (i = 0; i < nitems(call_gates); i++)
		setgate(&ldt[call_gates[i]].gd, (uint32_t)IDTVEC(lcall_syscall),
		    SDT_SYS386CGT, SEL_UPL, KCSEL, 1);
	setidt(IDT_SYSCALL, IDTVEC(int0x80_syscall), SDT_SYS386TGT, SEL_UPL,
	    KCSEL);
/* LAB 3.5 STUB lab_stub("LAB 3.5: syscall_gates_build"); */
/* LAB 3.5 END */
}
