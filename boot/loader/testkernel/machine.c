/*
 * The machine as it was on entry: registers, the words on the stack, the
 * segments as their descriptors say, the A20 line.
 */
#include "testkernel.h"

#define	SEL_INDEX	0xfff8		/* its place in the table */
#define	SEL_LOCAL	0x0004		/* in another table */
#define	MEGABYTE	0x100000

/* Two addresses that are one where A20 is masked; the lower one is free. */
#define	A20_LOW		0x7bfc

/*
 * Report base, limit and access byte of the segment that `selector' named.
 */
static void
report_segment(const char *name, uint16_t selector)
{
	const uint8_t *d;
	uint32_t base, limit, offset = selector & SEL_INDEX;

	if ((selector & SEL_LOCAL) != 0 || offset + 7 > saved.gdt_limit) {
		report("segment %s=0x%w outside", name, selector);
		return;
	}
	d = PHYS_TO_VIRT(saved.gdt_base + offset);
	base = d[2] | d[3] << 8 | d[4] << 16 | (uint32_t)d[7] << 24;
	limit = d[0] | d[1] << 8 | (d[6] & 0xf) << 16;
	if ((d[6] & 0x80) != 0)
		limit = limit << 12 | 0xfff;	/* counted in pages */
	report("segment %s=0x%w base=0x%x limit=0x%x access=0x%b", name,
	    selector, base, limit, d[5]);
}

/*
 * Whether an address a megabyte up is another place.
 */
static int
a20_is_on(void)
{
	volatile uint32_t *low = PHYS_TO_VIRT(A20_LOW);
	volatile uint32_t *high = PHYS_TO_VIRT(A20_LOW + MEGABYTE);
	uint32_t kept = *low, above = *high;
	int on;

	*low = ~above;
	on = *high == above;
	*low = kept;
	return (on);
}

void
report_machine(void)
{
	const struct handover *w = &saved.words;

	report("registers eax=0x%x ebx=0x%x ecx=0x%x edx=0x%x esi=0x%x "
	    "edi=0x%x ebp=0x%x esp=0x%x eflags=0x%x cr0=0x%x",
	    saved.eax, saved.ebx, saved.ecx, saved.edx, saved.esi, saved.edi,
	    saved.ebp, saved.esp, saved.eflags, saved.cr0);
	report_segment("cs", saved.cs);
	report_segment("ss", saved.ss);
	report_segment("ds", saved.ds);
	report_segment("es", saved.es);
	report_segment("fs", saved.fs);
	report_segment("gs", saved.gs);
	report("a20 %s", a20_is_on() ? "on" : "off");
	report("stack return=0x%x howto=0x%x bootdev=0x%x zero1=0x%x "
	    "zero2=0x%x zero3=0x%x bootinfo=0x%x modulep=0x%x kernend=0x%x",
	    w->return_slot, w->howto, w->bootdev, w->zero[0], w->zero[1],
	    w->zero[2], w->bootinfo, w->modulep, w->kernend);
}
