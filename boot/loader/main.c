/*
 * main.c: the loader's start, in this order: take what boot2 says, memory,
 * heap, consoles, disks, the device we came from.  Then the user's side
 * takes over (interact) and does not return.
 */
#include "bootstrap.h"

#include <sys/reboot.h>

/* Below the top of base memory: the arguments, and as much for the stack. */
#define	ARGUMENTS_SIZE	0x1000
#define	STACK_SIZE	0x10000

const char	bootprog_name[] = "FreeBSD/i386 bootstrap loader";
const char	bootprog_rev[] = "1.1";
const char	bootprog_maker[] = "proc0@localhost";

/* The words of boot2's call, without the return address [boot2]. */
struct kargs {
	uint32_t	howto;
	uint32_t	bootdev;
	uint32_t	zero[3];
	uint32_t	bootinfo;	/* with RB_BOOTINFO: physical address */
};

extern char	end[];			/* the linker's: behind the bss */

uint32_t	initial_howto, initial_bootdev;
struct bootinfo	*initial_bootinfo;
uint32_t	heap_bottom, heap_top;

/*
 * Copy boot2's words, and the bootinfo: the heap may grow over it.
 */
static void
arguments_take(void)
{
	static struct bootinfo copy;
	const struct kargs *kargs = (const struct kargs *)__args;

	initial_howto = kargs->howto;
	initial_bootdev = kargs->bootdev;
	if ((initial_howto & RB_BOOTINFO) && kargs->bootinfo != 0) {
		copy = *(const struct bootinfo *)PTOV(kargs->bootinfo);
		initial_bootinfo = &copy;
	}
}

static void
heap_start(void)
{
	heap_bottom = (uint32_t)end;
	heap_top = (uint32_t)PTOV(bios_basemem) - ARGUMENTS_SIZE - STACK_SIZE;
	setheap((void *)heap_bottom, (void *)heap_top);
}

/*
 * boot2 tells the drive by the BIOS' number, in the bootinfo, and slice and
 * partition in the word.  Where the word is none, "disk0a:" finds its slice.
 */
struct devdesc *
i386_bootdev(void)
{
	static struct devdesc dev;
	int bios = initial_bootinfo != NULL ? initial_bootinfo->bi_bios_dev : -1;
	int slice = 0;

	memset(&dev, 0, sizeof(dev));
	dev.d_dev = &biosdisk;
	dev.d_type = DEVT_DISK;
	if ((initial_bootdev & 0xf0000000U) == B_DEVMAGIC) {
		slice = initial_bootdev >> B_SLICESHIFT & 0xff;
		dev.d_slice = slice >= BASE_SLICE ? slice - BASE_SLICE + 1 : 0;
		dev.d_partition = initial_bootdev >> B_PARTITIONSHIFT & 0xff;
	}
	if ((dev.d_unit = bd_bios2unit(bios)) < 0) {
		printf("BIOS drive 0x%x is none that was found; "
		    "taking disk0\n", bios & 0xff);
		dev.d_unit = 0;
	}
	return (&dev);
}

/*
 * Set `currdev', the device of paths without one, and `loaddev', which stays
 * what it is.
 */
static void
currdev_set(void)
{
	const char *name = i386_fmtdev(i386_bootdev());

	env_setenv("currdev", EV_VOLATILE, name, i386_setcurrdev, env_nounset);
	env_setenv("loaddev", EV_VOLATILE, name, env_noset, env_nounset);
}

int
main(void)
{
	int i;

	arguments_take();
	bios_getmem();
	heap_start();
	cons_probe(initial_howto);
	for (i = 0; devsw[i] != NULL; i++)
		if (devsw[i]->dv_init() != 0)
			printf("no %s devices\n", devsw[i]->dv_name);
	printf("BIOS %dkB/%dkB available memory\n", (int)(bios_basemem / 1024),
	    (int)(bios_extmem / 1024));
	printf("\n%s, Revision %s\n(%s)\n", bootprog_name, bootprog_rev,
	    bootprog_maker);
	currdev_set();
	interact();
}
