/*
 * startup: the machine says what it is.
 *
 * [i386/i386/machdep.c: cpu_startup]
 */
#include <i386/md_var.h>

#include <sys/kernel.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/clock.h>

/* With -v, the ranges of memory that the kernel has for itself. */
static void
print_chunks(void)
{
	uint32_t size;
	int i;

	printf("Physical memory chunk(s):\n");
	for (i = 0; phys_avail[i + 1] != 0; i += 2) {
		size = phys_avail[i + 1] - phys_avail[i];
		printf("0x%08x - 0x%08x, %u bytes (%u pages)\n",
		    phys_avail[i], phys_avail[i + 1] - 1, size, atop(size));
	}
}

/*
 * The clock is set up, but does not tick yet.  What memory there is for the
 * taking is what vm_page has free: of the rest the kernel and its tables are.
 */
static void
cpu_startup(const void *dummy __unused)
{
	startrtclock();
	printcpuinfo();
	printf("real memory  = %u (%uK bytes)\n", ptoa(physmem),
	    physmem << (PAGE_SHIFT - 10));
	if (bootverbose)
		print_chunks();
	printf("avail memory = %u (%uK bytes)\n", ptoa(cnt.v_free_count),
	    cnt.v_free_count << (PAGE_SHIFT - 10));
}
SYSINIT(cpu, SI_SUB_CPU, SI_ORDER_FIRST, cpu_startup, NULL);
