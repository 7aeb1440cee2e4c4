/*
 * kbd.c: the AT keyboard behind its 8042 controller.
 *
 * The controller hands over one byte at a time, at port 0x60, and raises IRQ
 * 1 when it has one.  Bytes become characters (kbdmap.c) in a ring, out of
 * which kbd_checkc() takes them.  The interrupt's handler and kbd_checkc()
 * empty the controller alike, so the keyboard works before interrupts are set
 * up, and in the debugger, where they are disabled.
 *
 * All of it runs at spltty().
 */
#include <dev/kbd.h>

#include <sys/kdb.h>
#include <sys/systm.h>
#include <dev/kbdmap.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>

#define	KBD_DATA	0x60
#define	KBD_STATUS	0x64		/* read */
#define	KBD_COMMAND	0x64		/* write */
#define	KBD_IRQ		1

#define	KBDS_FULL	0x01		/* a byte for us */
#define	KBDS_BUSY	0x02		/* our last one is not yet taken */
#define	KBDS_AUX	0x20		/* the byte is the mouse's */
#define	KBDS_ABSENT	0xff		/* what an empty address reads as */

/* To the controller. */
#define	KBDC_GET_BYTE	0x20		/* the command byte */
#define	KBDC_SET_BYTE	0x60
#define	KBDC_DISABLE	0xad
#define	KBDC_ENABLE	0xae

/* The command byte. */
#define	KBDB_INTR	0x01		/* IRQ 1 for a byte of the keyboard's */
#define	KBDB_AUX_INTR	0x02		/* IRQ 12 for one of the mouse's */
#define	KBDB_DISABLE	0x10
#define	KBDB_TRANSLATE	0x40		/* to scan code set 1 */

/* To the keyboard, and its answers. */
#define	KBDK_LEDS	0xed
#define	KBDK_ECHO	0xee
#define	KBDK_ACK	0xfa
#define	LED_NUM		0x02
#define	LED_CAPS	0x04

#define	KBD_WAIT_US	20000		/* for an answer; it takes up to 10 ms */
#define	KBD_POLL_US	10
#define	KBD_DRAIN_MAX	64		/* bytes at once */
#define	KBD_RING	128		/* a power of two */

static struct kbdmap kbd_map;
static enum kbd_action kbd_asked;	/* by a key that has come */
static int	kbd_leds_shown;		/* LED_ bits */
static int	kbd_present;		/* it has answered */

static char	kbd_ring[KBD_RING];
static unsigned int kbd_ring_in, kbd_ring_out;	/* counts; in - out are there */

/* The next byte of the keyboard's, or -1.  The mouse's are dropped. */
static int
kbd_read(void)
{
	int drained, status, byte;

	for (drained = 0; drained < KBD_DRAIN_MAX; drained++) {
		status = inb(KBD_STATUS);
		if (status == KBDS_ABSENT || !(status & KBDS_FULL))
			return (-1);
		byte = inb(KBD_DATA);
		if (!(status & KBDS_AUX))
			return (byte);
	}
	return (-1);
}

/* Write to a port of the controller's, once it takes a byte.  0 or -1. */
static int
kbd_write(uint16_t port, int byte)
{
	int waited;

	for (waited = 0; inb(KBD_STATUS) & KBDS_BUSY; waited += KBD_POLL_US) {
		if (waited >= KBD_WAIT_US)
			return (-1);
		DELAY(KBD_POLL_US);
	}
	outb(port, byte);
	return (0);
}

/* Put a scan code's characters in the ring.  A full ring drops them. */
static void
kbd_take(int code)
{
	char out[KBD_OUT_MAX];
	int i, length;

	length = kbdmap_decode(&kbd_map, code, out, &kbd_asked);
	if (kbd_ring_in - kbd_ring_out + length > KBD_RING)
		return;
	for (i = 0; i < length; i++)
		kbd_ring[kbd_ring_in++ % KBD_RING] = out[i];
}

/*
 * Send a byte to the keyboard, and wait for its answer.  Keys that come before
 * it are kept.  Returns 0, or -1 if it does not come.
 */
static int
kbd_send(int byte, int answer)
{
	int got, waited;

	if (kbd_write(KBD_DATA, byte) != 0)
		return (-1);
	for (waited = 0; waited < KBD_WAIT_US; waited += KBD_POLL_US) {
		got = kbd_read();
		if (got == answer)
			return (0);
		if (got != -1)
			kbd_take(got);
		else
			DELAY(KBD_POLL_US);
	}
	return (-1);
}

/* Let the LEDs show what is locked. */
static void
kbd_show_leds(void)
{
	int leds = (kbd_map.num ? LED_NUM : 0) | (kbd_map.caps ? LED_CAPS : 0);

	if (!kbd_present || leds == kbd_leds_shown)
		return;
	kbd_leds_shown = leds;
	if (kbd_send(KBDK_LEDS, KBDK_ACK) == 0)
		kbd_send(leds, KBDK_ACK);
}

/* Take all that the controller has. */
static void
kbd_receive(void)
{
	int byte, taken;

	for (taken = 0; taken < KBD_DRAIN_MAX; taken++) {
		if ((byte = kbd_read()) == -1)
			break;
		kbd_take(byte);
	}
	kbd_show_leds();
}

/* Do what a key asked for. */
static void
kbd_act(void)
{
	enum kbd_action action = kbd_asked;

	kbd_asked = KBD_NONE;
	if (action == KBD_DEBUG && !kdb_active)
		kdb_enter("manual escape to debugger");
	if (action == KBD_REBOOT)
		kern_reboot(0);
}

/* The keyboard's interrupt. */
static void
kbd_intr(void *arg __unused)
{
	kbd_receive();
	kbd_act();
}

int
kbd_checkc(void)
{
	int c = -1, s = spltty();

	if (kbd_ring_in == kbd_ring_out)
		kbd_receive();
	if (kbd_ring_in != kbd_ring_out)
		c = (uint8_t)kbd_ring[kbd_ring_out++ % KBD_RING];
	splx(s);
	kbd_act();
	return (c);
}

/*
 * Have the controller translate and interrupt, whatever the BIOS has left.
 * What the keyboard had sent before is lost.
 */
void
kbd_init(void)
{
	int byte, drained, waited;

	if (inb(KBD_STATUS) == KBDS_ABSENT)
		return;
	/* Silent, so that what comes is the command byte. */
	kbd_write(KBD_COMMAND, KBDC_DISABLE);
	for (drained = 0; drained < KBD_DRAIN_MAX && kbd_read() != -1; drained++)
		;
	kbd_write(KBD_COMMAND, KBDC_GET_BYTE);
	byte = -1;
	for (waited = 0; waited < KBD_WAIT_US; waited += KBD_POLL_US) {
		if ((byte = kbd_read()) != -1)
			break;
		DELAY(KBD_POLL_US);
	}
	if (byte != -1) {
		byte |= KBDB_INTR | KBDB_TRANSLATE;
		byte &= ~(KBDB_DISABLE | KBDB_AUX_INTR);
		kbd_write(KBD_COMMAND, KBDC_SET_BYTE);
		kbd_write(KBD_DATA, byte);
	}
	kbd_write(KBD_COMMAND, KBDC_ENABLE);
}

/*
 * The controller has been set up by kbd_init() if the screen is the console;
 * it may also be somebody's who types into a machine with a serial one.
 */
void
kbd_attach(void)
{
	int s;

	if (inb(KBD_STATUS) == KBDS_ABSENT)
		return;
	kbd_init();
	printf("atkbdc0: <Keyboard controller (i8042)> at port 0x60,0x64 "
	    "on isa0\n");
	s = spltty();
	kbd_present = kbd_send(KBDK_ECHO, KBDK_ECHO) == 0;
	kbd_leds_shown = -1;
	kbd_show_leds();
	splx(s);
	if (kbd_present)
		printf("atkbd0: <AT Keyboard> irq %d on atkbdc0\n", KBD_IRQ);
	intr_create("atkbd0", KBD_IRQ, IPL_TTY, kbd_intr, NULL);
	s = spltty();
	kbd_receive();
	splx(s);
}
