/*
 * The instructions that C has no words for.
 *
 * [i386/include/cpufunc.h]
 */
#ifndef _I386_CPUFUNC_H_
#define	_I386_CPUFUNC_H_

#include <stdint.h>

static inline uint8_t
inb(uint16_t port)
{
	uint8_t data;

	__asm__ volatile("inb %1, %0" : "=a" (data) : "Nd" (port));
	return (data);
}

static inline void
outb(uint16_t port, uint8_t data)
{
	__asm__ volatile("outb %0, %1" : : "a" (data), "Nd" (port));
}

static inline uint16_t
inw(uint16_t port)
{
	uint16_t data;

	__asm__ volatile("inw %1, %0" : "=a" (data) : "Nd" (port));
	return (data);
}

static inline void
outw(uint16_t port, uint16_t data)
{
	__asm__ volatile("outw %0, %1" : : "a" (data), "Nd" (port));
}

/* From a port into memory, and the other way: so many words. */
static inline void
insw(uint16_t port, void *addr, uint32_t count)
{
	__asm__ volatile("cld; rep insw" : "+D" (addr), "+c" (count) : "d" (port)
	    : "memory");
}

static inline void
outsw(uint16_t port, const void *addr, uint32_t count)
{
	__asm__ volatile("cld; rep outsw" : "+S" (addr), "+c" (count) : "d" (port)
	    : "memory");
}

static inline void
disable_intr(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline void
enable_intr(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline uint32_t
read_eflags(void)
{
	uint32_t ef;

	__asm__ volatile("pushfl; popl %0" : "=r" (ef));
	return (ef);
}

static inline void
write_eflags(uint32_t ef)
{
	__asm__ volatile("pushl %0; popfl" : : "r" (ef) : "memory", "cc");
}

/* Disable interrupts; returns what intr_restore() sets again. */
static inline uint32_t
intr_disable(void)
{
	uint32_t ef;

	ef = read_eflags();
	disable_intr();
	return (ef);
}

static inline void
intr_restore(uint32_t ef)
{
	write_eflags(ef);
}

static inline uint32_t
rcr0(void)
{
	uint32_t data;

	__asm__ volatile("movl %%cr0, %0" : "=r" (data));
	return (data);
}

static inline void
load_cr0(uint32_t data)
{
	__asm__ volatile("movl %0, %%cr0" : : "r" (data) : "memory");
}

static inline uint32_t
rcr2(void)
{
	uint32_t data;

	__asm__ volatile("movl %%cr2, %0" : "=r" (data));
	return (data);
}

static inline uint32_t
rcr3(void)
{
	uint32_t data;

	__asm__ volatile("movl %%cr3, %0" : "=r" (data));
	return (data);
}

static inline void
load_cr3(uint32_t data)
{
	__asm__ volatile("movl %0, %%cr3" : : "r" (data) : "memory");
}

static inline uint32_t
rcr4(void)
{
	uint32_t data;

	__asm__ volatile("movl %%cr4, %0" : "=r" (data));
	return (data);
}

static inline void
load_cr4(uint32_t data)
{
	__asm__ volatile("movl %0, %%cr4" : : "r" (data) : "memory");
}

static inline void
invlpg(uint32_t va)
{
	__asm__ volatile("invlpg %0" : : "m" (*(char *)va) : "memory");
}

static inline void
do_cpuid(uint32_t leaf, uint32_t p[4])
{
	__asm__ volatile("cpuid" : "=a" (p[0]), "=b" (p[1]), "=c" (p[2]),
	    "=d" (p[3]) : "0" (leaf));
}

static inline uint64_t
rdtsc(void)
{
	uint64_t count;

	__asm__ volatile("rdtsc" : "=A" (count));
	return (count);
}

static inline void
lidt(const void *region)
{
	__asm__ volatile("lidt %0" : : "m" (*(const char (*)[6])region));
}

static inline void
lldt(uint16_t sel)
{
	__asm__ volatile("lldt %0" : : "r" (sel));
}

static inline void
ltr(uint16_t sel)
{
	__asm__ volatile("ltr %0" : : "r" (sel));
}

static inline void
breakpoint(void)
{
	__asm__ volatile("int $3");
}

static inline void
halt(void)
{
	__asm__ volatile("hlt");
}

#endif /* !_I386_CPUFUNC_H_ */
