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
typedef int64_t		vm_ooffset_t;	/* byte within an object */

struct vm_map;
struct vm_map_entry;
struct vm_object;
struct vm_page;
struct vmspace;
typedef struct vm_map	*vm_map_t;
typedef struct vm_map_entry *vm_map_entry_t;
typedef struct vm_object *vm_object_t;
typedef struct vm_page	*vm_page_t;

/* What may be done with memory: bits. */
typedef uint8_t		vm_prot_t;
#define	VM_PROT_NONE	0x00
#define	VM_PROT_READ	0x01
#define	VM_PROT_WRITE	0x02
#define	VM_PROT_EXECUTE	0x04
/* Of a lookup only: a debugger writes where the maximum allows it, on a copy. */
#define	VM_PROT_OVERRIDE_WRITE	0x08
#define	VM_PROT_RW	(VM_PROT_READ | VM_PROT_WRITE)
#define	VM_PROT_ALL	(VM_PROT_RW | VM_PROT_EXECUTE)
#define	VM_PROT_DEFAULT	VM_PROT_ALL

/* What a child gets of a piece of its parent's memory. */
typedef uint8_t		vm_inherit_t;
#define	VM_INHERIT_SHARE	0	/* the same: each sees what the other writes */
#define	VM_INHERIT_COPY		1	/* a copy, made page by page as one writes */
#define	VM_INHERIT_NONE		2	/* nothing */
#define	VM_INHERIT_ZERO		3	/* the same range, of zeros */
#define	VM_INHERIT_DEFAULT	VM_INHERIT_COPY

typedef uint32_t	vm_eflags_t;	/* MAP_ENTRY_ bits, in vm/vm_map.h */

#endif /* !_VM_VM_H_ */
