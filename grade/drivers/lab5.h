/*
 * lab5: what the two halves of lab 5's driver share.
 */
#ifndef LAB5_H
#define	LAB5_H

#include "script.h"

#include <vm/vm_map.h>
#include <vm/vm_object.h>

#define	MAPS		48		/* lab5_maps; address spaces come behind them */
#define	OBJECTS		64

enum lab5_op {
	OP_PLANT = OP_OTHERS, OP_SPLAY, OP_LOOKUP, OP_LINK, OP_UNLINK, OP_FIND,
	OP_INSERT, OP_AT, OP_TREE, OP_LIST, OP_START, OP_OBJECT, OP_SET,
	OP_FAULTS,			/* from here on: lab5_fault.c's */
};

extern vm_object_t lab5_objects[OBJECTS];	/* 0 is none */

/* A map by its number, and an object's number (its address, if it is none of ours). */
struct vm_map *lab5_map(uint32_t number);
uint32_t lab5_object_number(vm_object_t object);
/* The entry of a map that an address is in, by the list; NULL: none. */
struct vm_map_entry *lab5_entry_at(struct vm_map *map, vm_offset_t addr);

/* An address space by its number. */
struct vmspace *lab5_space(uint32_t number);
/* Do an operation from OP_FAULTS on.  Returns the next one's place. */
const uint32_t *lab5_fault_operation(const uint32_t *operation);

#endif /* !LAB5_H */
