/*
 * The constants that assembly takes from C: offsets and sizes of structures.
 * Compiled to assembly, never linked; make turns its `->' lines into
 * assym.h.
 *
 * [i386/i386/genassym.c]
 */
#include <sys/bootinfo.h>
#include <sys/param.h>
#include <sys/proc.h>
#include <i386/frame.h>
#include <i386/pcb.h>
#include <i386/tss.h>

#define	ASSYM(name, value)						\
	__asm__ volatile("\n->" #name " %c0" : : "i" (value))

void	genassym(void);

void
genassym(void)
{
	ASSYM(BI_VERSION, offsetof(struct bootinfo, bi_version));
	ASSYM(BI_KERNELNAME, offsetof(struct bootinfo, bi_kernelname));
	ASSYM(BI_ENDCOMMON, offsetof(struct bootinfo, bi_n_bios_used));
	ASSYM(BI_SIZE, offsetof(struct bootinfo, bi_size));
	ASSYM(BI_SYMTAB, offsetof(struct bootinfo, bi_symtab));
	ASSYM(BI_ESYMTAB, offsetof(struct bootinfo, bi_esymtab));
	ASSYM(BI_KERNEND, offsetof(struct bootinfo, bi_kernend));
	ASSYM(BOOTINFO_SIZE, sizeof(struct bootinfo));

	ASSYM(TF_TRAPNO, offsetof(struct trapframe, tf_trapno));
	ASSYM(TF_CS, offsetof(struct trapframe, tf_cs));
	ASSYM(TF_EFLAGS, offsetof(struct trapframe, tf_eflags));

	ASSYM(TD_PCB, offsetof(struct thread, td_pcb));
	ASSYM(TD_FLAGS, offsetof(struct thread, td_flags));
	ASSYM(TDF_ASTPENDING, TDF_ASTPENDING);

	ASSYM(PCB_SIZE, sizeof(struct pcb));
	ASSYM(PCB_CR3, offsetof(struct pcb, pcb_cr3));
	ASSYM(PCB_EDI, offsetof(struct pcb, pcb_edi));
	ASSYM(PCB_ESI, offsetof(struct pcb, pcb_esi));
	ASSYM(PCB_EBP, offsetof(struct pcb, pcb_ebp));
	ASSYM(PCB_ESP, offsetof(struct pcb, pcb_esp));
	ASSYM(PCB_EBX, offsetof(struct pcb, pcb_ebx));
	ASSYM(PCB_EIP, offsetof(struct pcb, pcb_eip));
	ASSYM(PCB_DR0, offsetof(struct pcb, pcb_dr[0]));
	ASSYM(PCB_DR1, offsetof(struct pcb, pcb_dr[1]));
	ASSYM(PCB_DR2, offsetof(struct pcb, pcb_dr[2]));
	ASSYM(PCB_DR3, offsetof(struct pcb, pcb_dr[3]));
	ASSYM(PCB_DR6, offsetof(struct pcb, pcb_dr[6]));
	ASSYM(PCB_DR7, offsetof(struct pcb, pcb_dr[7]));
	ASSYM(PCB_FLAGS, offsetof(struct pcb, pcb_flags));
	ASSYM(PCB_GS, offsetof(struct pcb, pcb_gs));
	ASSYM(PCB_DBREGS, PCB_DBREGS);
	ASSYM(PCB_ONFAULT, offsetof(struct pcb, pcb_onfault));

	ASSYM(TSS_ESP0, offsetof(struct i386tss, tss_esp0));
}
