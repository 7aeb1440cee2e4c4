/*
 * Changes of a variable by one instruction, so that no interrupt comes in
 * between.  There is one CPU: no lock on the bus is needed.
 *
 * [i386/include/atomic.h]
 */
#ifndef _I386_ATOMIC_H_
#define	_I386_ATOMIC_H_

#include <stdint.h>

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

#endif /* !_I386_ATOMIC_H_ */
