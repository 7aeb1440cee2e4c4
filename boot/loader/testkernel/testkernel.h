/*
 * What the files of the test kernel share: what start.S saved, and the
 * routines by which the report is written.
 */
#ifndef _TESTKERNEL_H_
#define	_TESTKERNEL_H_

#include <stddef.h>
#include <stdint.h>

#include <sys/bootinfo.h>

#define	KERNBASE	0xc0000000U

/* Loaders speak of physical addresses; our segments move them by KERNBASE. */
#define	PHYS_TO_VIRT(p)	((void *)((uint32_t)(p) + KERNBASE))

/* The words at ESP on entry. */
struct handover {
	uint32_t	return_slot;
	uint32_t	howto;
	uint32_t	bootdev;
	uint32_t	zero[3];
	uint32_t	bootinfo;
	uint32_t	modulep;	/* these two from a loader only */
	uint32_t	kernend;
};

/* What start.S found on entry, in its order. */
struct saved {
	uint32_t	eax, ebx, ecx, edx, esi, edi, ebp, esp;
	uint32_t	eflags, cr0;
	uint16_t	cs, ss, ds, es, fs, gs;
	struct handover	words;
	uint16_t	pad;
	uint16_t	gdt_limit;
	uint32_t	gdt_base;
};

_Static_assert(offsetof(struct saved, words) == 52, "saved_words is at 52");
_Static_assert(offsetof(struct saved, gdt_limit) == 90, "saved_gdtr is at 90");

extern const struct saved saved;

/* console.c */
void	console_init(void);
void	console_put(char c);
void	console_drain(void);

/* print.c */
void	report(const char *format, ...);

/* machine.c */
void	report_machine(void);

/* image.c */
uint32_t	checksum(const void *data, uint32_t size);
void	report_image(void);

/* tables.c */
void	report_bootinfo(const struct bootinfo *bi);
void	report_environment(uint32_t envp);
const char	*environment_value(uint32_t envp, const char *name);

/* records.c */
void	report_records(uint32_t modulep);

/* symbols.c */
void	report_symbols(const char *source, uint32_t start, uint32_t end);

/* power.c */
void	hold(const char *seconds);
void	power_off(void);

/* Port I/O. */
static inline uint8_t
inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a" (value) : "Nd" (port));
	return (value);
}

static inline void
outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a" (value), "Nd" (port));
}

static inline void
outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a" (value), "Nd" (port));
}

#endif /* !_TESTKERNEL_H_ */
