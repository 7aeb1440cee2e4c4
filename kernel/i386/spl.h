/*
 * splvm() and splx() in place, for what each fault runs through.  intr.c has
 * them as functions, and all other levels.
 */
#ifndef _I386_SPL_H_
#define	_I386_SPL_H_

#include <sys/systm.h>
#include <i386/intr.h>

extern volatile uint32_t ipending;	/* requests that wait for the level to fall */

static inline int
splvm_here(void)
{
	int old = cpl;

	if (old < IPL_TTY)
		cpl = IPL_TTY;
	__asm__ volatile("" : : : "memory");
	return (old);
}

static inline void
splx_here(int level)
{
	__asm__ volatile("" : : : "memory");
	cpl = level;
	if (__builtin_expect(ipending != 0, 0))
		splx(level);
}

#endif /* !_I386_SPL_H_ */
