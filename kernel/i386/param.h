/*
 * The machine's sizes and where the kernel is.
 *
 *	00000000 +-----------------------------+
 *	         | user                        |
 *	BFC00000 +-----------------------------+ VM_MAXUSER_ADDRESS, USRSTACK
 *	         | page tables, by the         |
 *	         | recursive entry PTDPTDI     | PTmap; PTD in their midst
 *	C0000000 +-----------------------------+ KERNBASE
 *	         | physical page 0 and on, up  |
 *	         | to the end of the kernel    |
 *	C0100000 |   the kernel is linked here | KERNLOAD, at 1 MB
 *	         | the kernel's other memory   |
 *	FFFFF000 +-----------------------------+ VM_MAX_KERNEL_ADDRESS
 *
 * [i386/include/param.h, vmparam.h, pmap.h]
 */
#ifndef _I386_PARAM_H_
#define	_I386_PARAM_H_

#define	PAGE_SHIFT	12
#define	PAGE_SIZE	(1 << PAGE_SHIFT)
#define	PAGE_MASK	(PAGE_SIZE - 1)
#define	NPTEPG		1024		/* entries in a page table */

#define	PDRSHIFT	22		/* what an entry of the directory maps */
#define	NBPDR		(1 << PDRSHIFT)
#define	PDRMASK		(NBPDR - 1)

#define	KSTACK_PAGES	2		/* a thread's stack in the kernel */

/* Entries of the page directory. */
#define	NKPDE		256		/* the kernel's */
#define	NKPT		30		/* page tables it starts with */
#define	KPTDI		0x300
#define	PTDPTDI		0x2ff		/* the directory itself: i386/pmap.h */

#define	KERNBASE	0xc0000000
#define	KERNLOAD	0x00100000	/* physical */
#define	VM_MAXUSER_ADDRESS 0xbfc00000
#define	USRSTACK	VM_MAXUSER_ADDRESS

#ifndef LOCORE
#include <stdint.h>

#define	trunc_page(x)	((x) & ~(uint32_t)PAGE_MASK)
#define	round_page(x)	(((x) + PAGE_MASK) & ~(uint32_t)PAGE_MASK)
#define	atop(x)		((uint32_t)(x) >> PAGE_SHIFT)
#define	ptoa(x)		((uint32_t)(x) << PAGE_SHIFT)
#define	i386_btop(x)	atop(x)
#endif

#endif /* !_I386_PARAM_H_ */
