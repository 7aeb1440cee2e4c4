/*
 * What the system calls on a range of the process' addresses have in common.
 */
#ifndef _VM_VM_MMAP_H_
#define	_VM_VM_MMAP_H_

#include <sys/errno.h>
#include <sys/param.h>
#include <vm/vm.h>

/*
 * The pages that `len' bytes at `addr' touch: from *start to before *end.
 * Returns 0, or EINVAL if they go beyond the last of all addresses.
 */
static inline int
vm_mmap_range(const void *addr, size_t len, vm_offset_t *start, vm_offset_t *end)
{
	uint64_t last = (uint64_t)(vm_offset_t)addr + len;

	if (last > trunc_page(UINT32_MAX))
		return (EINVAL);
	*start = trunc_page((vm_offset_t)addr);
	*end = round_page((vm_offset_t)last);
	return (0);
}

#endif /* !_VM_VM_MMAP_H_ */
