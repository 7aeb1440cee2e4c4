/*
 * The types of virtual memory.
 *
 * [vm/vm.h, i386/include/types.h]
 */
#ifndef _VM_VM_H_
#define	_VM_VM_H_

#include <sys/param.h>

typedef uint32_t	vm_offset_t;	/* virtual address */
typedef uint32_t	vm_paddr_t;	/* physical address */
typedef uint32_t	vm_size_t;	/* bytes */
typedef uint32_t	vm_pindex_t;	/* page within an object */

struct vm_map;
struct vm_object;
struct vm_page;
typedef struct vm_map	*vm_map_t;
typedef struct vm_object *vm_object_t;
typedef struct vm_page	*vm_page_t;

#endif /* !_VM_VM_H_ */
