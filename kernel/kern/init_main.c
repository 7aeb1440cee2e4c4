/*
 * init_main: the machine-independent start.
 *
 * So far it says who we are and what was found.
 *
 * [kern/init_main.c]
 */
#include <sys/systm.h>

#include <sys/cons.h>
#include <sys/kernel_version.h>
#include <sys/reboot.h>
#include <dev/kbd.h>
#include <dev/sio.h>
#include <dev/vga.h>
#include <i386/clock.h>
#include <i386/cpufunc.h>
#include <i386/md_var.h>

#define	IDLE_SECONDS	10

/* The lines about memory; with -v the ranges, too. */
static void
print_memory(void)
{
	uint32_t avail, size;
	int i;

	printf("real memory  = %u (%uK bytes)\n", ptoa(physmem),
	    physmem << (PAGE_SHIFT - 10));
	if (bootverbose)
		printf("Physical memory chunk(s):\n");
	avail = 0;
	for (i = 0; phys_avail[i + 1] != 0; i += 2) {
		size = phys_avail[i + 1] - phys_avail[i];
		avail += size;
		if (bootverbose)
			printf("0x%08x - 0x%08x, %u bytes (%u pages)\n",
			    phys_avail[i], phys_avail[i + 1] - 1, size, atop(size));
	}
	printf("avail memory = %u (%uK bytes)\n", avail, avail >> 10);
}

/* With nothing to run, wait so many seconds for a key; interrupts go on. */
static void
wait_for_key(int seconds)
{
	int end;

	printf("There is no init yet: a key, or %d seconds, switch the machine off.\n",
	    seconds);
	end = ticks + seconds * hz;
	while (cncheckc() == -1 && ticks - end < 0)
		halt();
}

void
mi_startup(void)
{
	printf("%s%s\n", copyright, version);
	printcpuinfo();
	print_memory();
	startrtclock();
	vga_attach();
	kbd_attach();
	sio_attach();
	inittodr(0);
	cold = 0;
	enable_intr();
	wait_for_key(IDLE_SECONDS);
	kern_reboot(RB_HALT | RB_POWEROFF);
}
