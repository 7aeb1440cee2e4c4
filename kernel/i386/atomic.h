/*
<<<<<<< HEAD
 * Changes of a variable by one instruction, so that no interrupt comes in
 * between.  There is one CPU: no lock on the bus is needed.
=======
 * Changes of memory that an interrupt comes before or after, but not in the
 * midst of: one instruction each.  There is one CPU, so the bus needs no lock.
>>>>>>> page
 *
 * [i386/include/atomic.h]
 */
#ifndef _I386_ATOMIC_H_
#define	_I386_ATOMIC_H_

#include <stdint.h>

<<<<<<< HEAD
/* Set these bits; clear them. */
static inline void
atomic_set_short(volatile uint16_t *p, uint16_t bits)
{
	__asm__ volatile("orw %1, %0" : "+m" (*p) : "ir" (bits) : "cc");
}

static inline void
atomic_clear_short(volatile uint16_t *p, uint16_t bits)
{
	__asm__ volatile("andw %1, %0" : "+m" (*p) : "ir" ((uint16_t)~bits) : "cc");
}

static inline void
atomic_clear_int(volatile uint32_t *p, uint32_t bits)
{
	__asm__ volatile("andl %1, %0" : "+m" (*p) : "ir" (~bits) : "cc");
}
=======
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
>>>>>>> page

#endif /* !_I386_ATOMIC_H_ */
