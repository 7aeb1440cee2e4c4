/*
 * autoconf: the devices of a PC, found where they always are.
 *
 * A device is attached in two steps: at CONFIGURE with interrupts on, but
 * nobody may sleep yet; what must wait for the device comes in its
 * configuration hook (kern/subr_autoconf.c), when the clocks run.
 *
 * [i386/i386/autoconf.c]
 */
#include <sys/kernel.h>

#include <sys/systm.h>
#include <dev/ata/ata-all.h>
#include <dev/kbd.h>
#include <dev/sio.h>
#include <dev/vga.h>
#include <i386/cpufunc.h>

/* In the order that they are told in. */
static void (*const isa_devices[])(void) = {
	vga_attach,
	kbd_attach,
	sio_attach,
	ata_attach,
};

static void
configure_first(const void *dummy __unused)
{
	enable_intr();
}
SYSINIT(configure1, SI_SUB_CONFIGURE, SI_ORDER_FIRST, configure_first, NULL);

static void
configure(const void *dummy __unused)
{
	unsigned i;

	for (i = 0; i < nitems(isa_devices); i++)
		isa_devices[i]();
}
SYSINIT(configure2, SI_SUB_CONFIGURE, SI_ORDER_THIRD, configure, NULL);

/* From here on one may sleep. */
static void
configure_final(const void *dummy __unused)
{
	cold = 0;
	if (bootverbose)
		printf("Device configuration finished.\n");
}
SYSINIT(configure3, SI_SUB_CONFIGURE, SI_ORDER_ANY, configure_final, NULL);
