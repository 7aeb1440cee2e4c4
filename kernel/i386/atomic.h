/*
 * Changes of memory that an interrupt comes before or after, but not in the
 * midst of: one instruction each.  There is one CPU, so the bus needs no lock.
 *
 * [i386/include/atomic.h]
 */
#ifndef _I386_ATOMIC_H_
#define	_I386_ATOMIC_H_

#include <stdint.h>

#define	ATOMIC_OP(name, type, instruction, operand)			\
static inline void							\
atomic_##name(volatile type *p, type v)					\
{									\
	__asm__ volatile(instruction : "+m" (*p) : "ir" (operand) : "cc"); \
}

ATOMIC_OP(set_short, uint16_t, "orw %w1,%0", v)		/* these bits are set */
ATOMIC_OP(clear_short, uint16_t, "andw %w1,%0", (uint16_t)~v)
ATOMIC_OP(clear_int, uint32_t, "andl %1,%0", ~v)
ATOMIC_OP(add_int, int, "addl %1,%0", v)
ATOMIC_OP(subtract_int, int, "subl %1,%0", v)

#undef ATOMIC_OP

#endif /* !_I386_ATOMIC_H_ */
