/*
 * Virtual memory's numbers: what its calls return, where addresses begin and
 * end, and how large a process may be.
 *
 * [vm/vm_param.h, i386/include/vmparam.h]
 */
#ifndef _VM_VM_PARAM_H_
#define	_VM_VM_PARAM_H_

#include <sys/param.h>

/* What a call on a map returns.  vm_mmap_to_errno() makes an error of it. */
#define	KERN_SUCCESS		0
#define	KERN_INVALID_ADDRESS	1	/* nothing there, or outside the map */
#define	KERN_PROTECTION_FAILURE	2	/* not allowed there */
#define	KERN_NO_SPACE		3	/* addresses in use, or not so many free */
#define	KERN_INVALID_ARGUMENT	4
#define	KERN_FAILURE		5	/* pages could not be had */
#define	KERN_RESOURCE_SHORTAGE	6
#define	KERN_NOT_RECEIVER	7
#define	KERN_NO_ACCESS		8

/* The user's addresses.  No map has the first page: a null pointer faults. */
#define	VM_MIN_ADDRESS		0
#define	VM_MAX_ADDRESS		VM_MAXUSER_ADDRESS
/* The kernel's: its page directory is the first of them. */
#define	VM_MIN_KERNEL_ADDRESS						\
	(((uint32_t)PTDPTDI << PDRSHIFT) + ((uint32_t)PTDPTDI << PAGE_SHIFT))
#define	VM_MAX_KERNEL_ADDRESS						\
	(((KPTDI + NKPDE - 1U) << PDRSHIFT) + ((NPTEPG - 1U) << PAGE_SHIFT))

/* A process, in bytes: text, data and stack, at most and unless it asks. */
#define	MAXTSIZ		(128U << 20)
#define	DFLDSIZ		(128U << 20)
#define	MAXDSIZ		(512U << 20)
#define	DFLSSIZ		(8U << 20)
#define	MAXSSIZ		(64U << 20)
#define	SGROWSIZ	(128U << 10)	/* what a stack grows by */

#endif /* !_VM_VM_PARAM_H_ */
