/*
 * The process control block: what of a thread's machine state is not on its
 * stack while it does not run.  It stands at the top of its kernel stack.
 *
 * [i386/include/pcb.h]
 */
#ifndef _I386_PCB_H_
#define	_I386_PCB_H_

#include <stdint.h>

struct pcb {
	uint32_t	pcb_cr3;	/* physical address of the directory */
	uint32_t	pcb_edi;	/* what cpu_switch keeps */
	uint32_t	pcb_esi;
	uint32_t	pcb_ebp;
	uint32_t	pcb_esp;
	uint32_t	pcb_ebx;
	uint32_t	pcb_eip;
	uint32_t	pcb_dr[8];	/* debug registers 0 to 3, 6, 7 are used */
	uint8_t		pcb_save[108];	/* the FPU's state, FNSAVE */
	uint32_t	pcb_flags;
	void		*pcb_onfault;	/* where a fault of copyin() and its kin goes on */
	uint32_t	pcb_gs;
};

#define	PCB_DBREGS	0x02		/* debug registers are in use */
#define	PCB_NPXTRAP	0x04		/* an FPU trap is pending */
#define	PCB_NPXINITDONE	0x08		/* the FPU has been used */

#endif /* !_I386_PCB_H_ */
