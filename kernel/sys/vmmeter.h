/*
 * What the VM counts.  DDB's `show page' prints it.
 *
 * [sys/vmmeter.h]
 */
#ifndef _SYS_VMMETER_H_
#define	_SYS_VMMETER_H_

#include <stdint.h>

struct vmmeter {
	uint32_t	v_page_count;	/* pages in vm_page_array */
	uint32_t	v_free_count;	/* of them, free */
	uint32_t	v_wire_count;	/* of them, wired */
	/* What vm_page_alloc() leaves of the free ones to more urgent needs. */
	uint32_t	v_free_reserved; /* to the system's */
	uint32_t	v_interrupt_free_min; /* to interrupts' */
};

extern struct vmmeter cnt;

#endif /* !_SYS_VMMETER_H_ */
