/*
 * vm_machdep: the machine's end.
 *
 * [i386/i386/vm_machdep.c]
 */
#include <i386/md_var.h>

#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/specialreg.h>

#define	IO_KBD_COMMAND	0x64
#define	KBD_RESET	0xfe		/* pulse the CPU's reset line */

/* The keyboard's controller resets the CPU; or else a triple fault does. */
void
cpu_reset(void)
{
	unsigned i;

	disable_intr();
	outb(IO_KBD_COMMAND, KBD_RESET);
	DELAY(500000);
	printf("Keyboard reset did not work, attempting CPU shutdown\n");
	DELAY(1000000);
	for (i = 0; i < NPTEPG; i++)
		PTD[i] = 0;
	if (pgeflag != 0)
		load_cr4(rcr4() & ~CR4_PGE);
	load_cr3(rcr3());
	for (;;)
		;
}

/*
 * Emulated PCs have ports for this; a real one would want APM or ACPI.  What
 * has been sent on COM1 is given time to leave.
 */
#define	BOCHS_SHUTDOWN		0x8900		/* takes the letters of "Shutdown" */
#define	QEMU_PM1A_CONTROL	0x604
#define	SLEEP_ENABLE		0x2000		/* with sleep type 0: off */

void
cpu_poweroff(void)
{
	static const char word[] = "Shutdown";
	const char *p;

	DELAY(10000);
	for (p = word; *p != '\0'; p++)
		outb(BOCHS_SHUTDOWN, *p);
	outw(QEMU_PM1A_CONTROL, SLEEP_ENABLE);
	DELAY(100000);
}

void
cpu_halt(void)
{
	for (;;) {
		disable_intr();
		halt();
	}
}
