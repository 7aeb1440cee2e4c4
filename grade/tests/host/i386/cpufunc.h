/*
 * What stands in for kernel/i386/cpufunc.h when the kernel's devices are built
 * for this computer: ports and the interrupt flag are the test's.
 */
#ifndef _I386_CPUFUNC_H_
#define	_I386_CPUFUNC_H_

#include <stdint.h>

#define	HOST_PSL_I	0x200

extern uint32_t	host_eflags;

uint8_t	inb(uint16_t port);
void	outb(uint16_t port, uint8_t data);
void	insw(uint16_t port, void *addr, uint32_t count);
void	outsw(uint16_t port, const void *addr, uint32_t count);
/* Interrupts have just been enabled: those that wait come now. */
void	enable_intr(void);

static inline void
disable_intr(void)
{
	host_eflags &= ~HOST_PSL_I;
}

static inline uint32_t
read_eflags(void)
{
	return (host_eflags);
}

static inline uint32_t
intr_disable(void)
{
	uint32_t ef = host_eflags;

	disable_intr();
	return (ef);
}

static inline void
intr_restore(uint32_t ef)
{
	if (ef & HOST_PSL_I)
		enable_intr();
}

#endif /* !_I386_CPUFUNC_H_ */
