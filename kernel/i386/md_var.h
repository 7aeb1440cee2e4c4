/*
 * The machine-dependent kernel's own variables and functions.
 *
 * [i386/include/md_var.h]
 */
#ifndef _I386_MD_VAR_H_
#define	_I386_MD_VAR_H_

#include <sys/bootinfo.h>
#include <sys/param.h>
#include <i386/frame.h>
#include <i386/pmap.h>
#include <i386/tss.h>

/* From locore. */
extern struct bootinfo bootinfo;
extern uint32_t	cpu, cpu_id, cpu_high, cpu_feature;
extern char	cpu_vendor[20];
extern uint32_t	IdlePTD;		/* physical */
extern uint32_t	KPTphys;		/* the kernel's page tables, physical */
extern uint32_t	proc0kstack;		/* virtual */
extern uint32_t	KERNend, physfree;	/* physical */
extern char	btext[], etext[], edata[], end[];

extern struct i386tss common_tss, dblfault_tss;

#define	PHYS_AVAIL_MAX	10		/* ranges */
extern uint32_t	phys_avail[PHYS_AVAIL_MAX * 2 + 2];	/* start, end ... 0, 0 */
extern uint32_t	Maxmem;			/* the page behind the last */

void	init386(uint32_t first);
void	getmemsize(uint32_t first);	/* fills phys_avail, physmem, Maxmem */
void	finishidentcpu(void);
void	printcpuinfo(void);
void	initializecpu(void);
void	dblfault_handler(void);
void	trap(struct trapframe *frame);
void	trap_fatal(struct trapframe *frame, uint32_t eva);
void	trap_pfault(struct trapframe *frame, uint32_t eva);
void	syscall(struct trapframe *frame);
void	ast(struct trapframe *frame);
void	cpu_reset(void) __dead2;
void	cpu_halt(void) __dead2;
void	cpu_poweroff(void);		/* returns where that cannot be done */

/* Map `size' bytes of physical memory behind the kernel's.  Never undone. */
void	*pmap_mapdev(uint32_t pa, uint32_t size);

#endif /* !_I386_MD_VAR_H_ */
