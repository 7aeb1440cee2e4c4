/*
 * identcpu: what the CPU is called, and what it can do.
 *
 * locore has asked it; here the answers become words, and the features that
 * the kernel uses are switched on.
 *
 * [i386/i386/identcpu.c, initcpu.c]
 */
#include <i386/md_var.h>

#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/specialreg.h>

enum cpu_class { CPUCLASS_286, CPUCLASS_386, CPUCLASS_486, CPUCLASS_586, CPUCLASS_686 };

static const char *const class_name[] = { "286", "386", "486", "586", "686" };

/* By the numbers that locore knows. */
static const struct {
	const char	*name;
	enum cpu_class	class;
} i386_cpus[] = {
	{ "Intel 80286", CPUCLASS_286 },
	{ "i386SX", CPUCLASS_386 },
	{ "i386DX", CPUCLASS_386 },
	{ "i486SX", CPUCLASS_486 },
	{ "i486DX", CPUCLASS_486 },
	{ "Pentium", CPUCLASS_586 },
	{ "Cyrix 486", CPUCLASS_486 },
	{ "Pentium Pro", CPUCLASS_686 },
	{ "Cyrix 5x86", CPUCLASS_486 },
	{ "Cyrix 6x86", CPUCLASS_486 },
	{ "Blue Lightning", CPUCLASS_486 },
	{ "Cyrix 6x86MX", CPUCLASS_686 },
	{ "NexGen 586", CPUCLASS_386 },
	{ "Cyrix 486S/DX", CPUCLASS_486 },
	{ "Pentium II", CPUCLASS_686 },
	{ "Pentium III", CPUCLASS_686 },
	{ "Pentium 4", CPUCLASS_686 },
};
#define	CPU_686		7
#define	CPU_PII		14
#define	CPU_PIII	15
#define	CPU_P4		16

#define	FEATURES	"\020\001FPU\002VME\003DE\004PSE\005TSC\006MSR"	\
	"\007PAE\010MCE\011CX8\012APIC\013<b10>\014SEP\015MTRR\016PGE"		\
	"\017MCA\020CMOV\021PAT\022PSE36\023PN\024CLFLUSH\025<b20>\026DTS"	\
	"\027ACPI\030MMX\031FXSR\032SSE\033SSE2\034SS\035HTT\036TM"		\
	"\037IA64\040PBE"

#define	CPUID_BRAND_MAX	0x80000000
#define	CPUID_BRAND	0x80000002

static char cpu_brand[49];

/* The brand string, where the CPU has one. */
static void
get_brand(void)
{
	uint32_t regs[4];
	unsigned i;

	do_cpuid(CPUID_BRAND_MAX, regs);
	if (regs[0] < CPUID_BRAND + 2)
		return;
	for (i = 0; i < 3; i++)
		do_cpuid(CPUID_BRAND + i, (uint32_t *)(void *)(cpu_brand + i * 16));
}

/* locore knows families; of Intel's sixth, the model tells more. */
void
finishidentcpu(void)
{
	unsigned model;

	if (cpu_high == 0)
		return;
	get_brand();
	if (cpu != CPU_686)
		return;
	model = cpu_id >> 4 & 0xf;
	if ((cpu_id >> 8 & 0xf) == 0xf)
		cpu = CPU_P4;
	else if (model >= 7)
		cpu = CPU_PIII;
	else if (model >= 3)
		cpu = CPU_PII;
}

/*
 * Write protection for the kernel, too, FPU errors by exception, no FPU until
 * somebody asks.  A 386 has neither.
 */
void
initializecpu(void)
{
	uint32_t cr0;

	cr0 = rcr0() | CR0_MP | CR0_TS;
	if (i386_cpus[cpu].class >= CPUCLASS_486)
		cr0 |= CR0_NE | CR0_WP | CR0_AM;
	load_cr0(cr0);
}

/* Ticks a second of the CPU's own counter, by 10 ms of the i8254. */
static uint32_t
tsc_freq(void)
{
	uint64_t began;

	began = rdtsc();
	DELAY(10000);
	return ((uint32_t)(rdtsc() - began) * 100);
}

/* The lines `CPU: ...', `Origin = ...', `Features=...'. */
void
printcpuinfo(void)
{
	const char *name;
	uint32_t mhz100;

	name = cpu_brand;
	while (*name == ' ')
		name++;
	if (*name == '\0')
		name = i386_cpus[cpu].name;
	printf("CPU: %s (", name);
	if (cpu_feature & CPUID_TSC) {
		mhz100 = (tsc_freq() + 4999) / 10000;
		printf("%d.%02d-MHz ", mhz100 / 100, mhz100 % 100);
	}
	printf("%s-class CPU)\n", class_name[i386_cpus[cpu].class]);
	if (cpu_vendor[0] != '\0')
		printf("  Origin = \"%s\"  Id = 0x%x  Stepping = %u\n",
		    cpu_vendor, cpu_id, cpu_id & 0xf);
	if (cpu_feature != 0)
		printf("  Features=0x%b\n", cpu_feature, FEATURES);
}
