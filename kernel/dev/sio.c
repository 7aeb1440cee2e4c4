/*
 * sio.c: COM1, a UART of the 8250's family, 115200 baud, 8N1, and the console
 * on it.
 *
 * Characters that come go into a ring; sio_receive() brings them there, called
 * by the interrupt's handler and by everybody who polls, so that what is typed
 * while the kernel prints is not lost.  The FIFO, where there is one, bridges
 * the time in between.
 *
 * The line status is read in one place, for reading it clears some of its
 * bits.  A break, the line held low for longer than a character, comes as a
 * NUL with a bit of its own beside it.  On the console's line it means:
 * to the debugger.
 *
 * All of it runs at spltty().
 *
 * [16550]
 */
#include <dev/sio.h>

#include <sys/cons.h>
#include <sys/kdb.h>
#include <sys/reboot.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>

#define	COM1		0x3f8
#define	COM1_IRQ	4
#define	COM_DATA	(COM1 + 0)
#define	COM_DLBL	(COM1 + 0)	/* divisor, while LCR_DLAB is set */
#define	COM_DLBH	(COM1 + 1)
#define	COM_IER		(COM1 + 1)	/* which interrupts */
#define	COM_IIR		(COM1 + 2)	/* read */
#define	COM_FCR		(COM1 + 2)	/* write */
#define	COM_LCR		(COM1 + 3)
#define	COM_MCR		(COM1 + 4)
#define	COM_LSR		(COM1 + 5)
#define	COM_MSR		(COM1 + 6)
#define	COM_SCR		(COM1 + 7)	/* a byte of memory; an 8250 has none */

#define	COM_DIVISOR	1		/* 115200 / 115200 */
#define	IER_RXRDY	0x01
#define	IER_RLS		0x04		/* line status: errors, break */
#define	IER_ALL		0x0f		/* the bits that there are */
#define	IIR_FIFO_MASK	0xc0
#define	IIR_FIFO_BAD	0x80		/* a 16550, whose FIFO loses bytes */
#define	IIR_FIFO_GOOD	0xc0		/* a 16550A */
#define	FCR_OFF		0x00
#define	FCR_ON		0x81		/* FIFOs; interrupt at 8 bytes or a pause */
#define	LCR_8N1		0x03
#define	LCR_DLAB	0x80
#define	MCR_DTR_RTS	0x03
#define	MCR_IENABLE	0x08		/* OUT2: a PC's gate to the IRQ */
#define	LSR_RXRDY	0x01
#define	LSR_BREAK	0x10
#define	LSR_TXRDY	0x20		/* room for a character */
#define	LSR_TSRE	0x40		/* all have left */

#define	SIO_POLLS	200000		/* of the status; then it is given up */
#define	SIO_RX_MAX	64		/* characters at once */
#define	SIO_RING	256		/* a power of two */

static uint8_t	sio_ring[SIO_RING];
static unsigned int sio_ring_in, sio_ring_out;	/* counts; in - out are there */
static int	sio_broken;		/* the next character is a break */
static int	sio_break_seen;
static int	sio_attached;		/* interrupts are set up */
static int	sio_is_console;
static const char *sio_type;		/* what the UART calls itself */

/* The line status.  A break that it tells of is remembered. */
static int
sio_status(void)
{
	int status = inb(COM_LSR);

	if (status & LSR_BREAK)
		sio_broken = 1;
	return (status);
}

/* Take all that has come.  What the ring has no room for is lost. */
static void
sio_receive(void)
{
	int c, taken;

	for (taken = 0; taken < SIO_RX_MAX; taken++) {
		if (!(sio_status() & LSR_RXRDY))
			break;
		c = inb(COM_DATA);
		if (sio_broken) {
			sio_broken = 0;
			sio_break_seen = 1;
		} else if (sio_ring_in - sio_ring_out < SIO_RING)
			sio_ring[sio_ring_in++ % SIO_RING] = c;
	}
}

/*
 * To the debugger, if a break has come on the console's line.  Before the
 * interrupts are set up, there may be no debugger yet.
 */
static void
sio_check_break(void)
{
	if (!sio_break_seen)
		return;
	sio_break_seen = 0;
	if (sio_is_console && sio_attached && !kdb_active)
		kdb_enter("Line break on console");
}

/* The UART's interrupt. */
static void
sio_intr(void *arg __unused)
{
	sio_receive();
	sio_check_break();
}

/* ---------------------------------------------------------------- the console */

/*
 * Is there a UART?  The upper half of its IER is always 0, and the lower half
 * keeps what is written: an empty address does neither.
 */
static int
sio_exists(void)
{
	int kept, cleared;

	outb(COM_IER, IER_ALL);
	kept = inb(COM_IER);
	outb(COM_IER, 0);
	cleared = inb(COM_IER);
	return (kept == IER_ALL && cleared == 0);
}

static void
sio_cnprobe(struct consdev *cn)
{
	if (!sio_exists())
		cn->cn_pri = CN_DEAD;
	else
		cn->cn_pri = boothowto & RB_SERIAL ? CN_REMOTE : CN_NORMAL;
}

/*
 * Find out which UART it is, and switch its FIFOs on if they are good.
 */
static void
sio_identify(void)
{
	int first, second;

	outb(COM_SCR, 0xa5);
	first = inb(COM_SCR);
	outb(COM_SCR, 0x5a);
	second = inb(COM_SCR);
	outb(COM_FCR, FCR_ON);
	switch (inb(COM_IIR) & IIR_FIFO_MASK) {
	case IIR_FIFO_GOOD:
		sio_type = "16550A";
		break;
	case IIR_FIFO_BAD:
		sio_type = "16550";
		outb(COM_FCR, FCR_OFF);
		break;
	default:
		sio_type = first == 0xa5 && second == 0x5a ? "16450" : "8250";
		break;
	}
}

/*
 * Set the line up.  What the loader has still in the transmitter goes out
 * first, for another speed or a FIFO that is switched on would garble it.
 */
static void
sio_init_line(void)
{
	int polls;

	for (polls = 0; polls < SIO_POLLS; polls++)
		if (sio_status() & LSR_TSRE)
			break;
	outb(COM_LCR, LCR_DLAB | LCR_8N1);
	outb(COM_DLBL, COM_DIVISOR & 0xff);
	outb(COM_DLBH, COM_DIVISOR >> 8);
	outb(COM_LCR, LCR_8N1);
	sio_identify();
	outb(COM_MCR, MCR_DTR_RTS);
}

static void
sio_cninit(struct consdev *cn __unused)
{
	sio_init_line();
	sio_is_console = 1;
}

static void
sio_cnputc(struct consdev *cn __unused, int c)
{
	int polls, s = spltty();

	for (polls = 0; polls < SIO_POLLS; polls++) {
		if (sio_status() & LSR_TXRDY) {
			outb(COM_DATA, c);
			break;
		}
		sio_receive();
	}
	splx(s);
	sio_check_break();
}

static int
sio_cncheckc(struct consdev *cn __unused)
{
	int c = -1, s = spltty();

	sio_receive();
	if (sio_ring_in != sio_ring_out)
		c = sio_ring[sio_ring_out++ % SIO_RING];
	splx(s);
	sio_check_break();
	return (c);
}

struct consdev sio_consdev = {
	.cn_name = "sio0",
	.cn_probe = sio_cnprobe,
	.cn_init = sio_cninit,
	.cn_putc = sio_cnputc,
	.cn_checkc = sio_cncheckc,
};

/* ---------------------------------------------------------------- the device */

/*
 * Say what there is, and receive by interrupts from now on.
 */
void
sio_attach(void)
{
	int s;

	if (!sio_exists())
		return;
	if (!sio_is_console)
		sio_init_line();
	printf("sio0 at port 0x%x-0x%x irq %d%s on isa0\n", COM1, COM1 + 7,
	    COM1_IRQ, sio_is_console ? " flags 0x10" : "");
	printf("sio0: type %s%s\n", sio_type,
	    sio_is_console ? ", console" : "");
	if (intr_create("sio0", COM1_IRQ, IPL_TTY, sio_intr, NULL) != 0)
		return;
	s = spltty();
	/* Old causes of an interrupt would hold the line up: no edge again. */
	sio_receive();
	(void)inb(COM_IIR);
	(void)inb(COM_MSR);
	outb(COM_MCR, MCR_DTR_RTS | MCR_IENABLE);
	outb(COM_IER, IER_RXRDY | IER_RLS);
	sio_attached = 1;
	splx(s);
}
