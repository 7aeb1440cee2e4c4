/*
 * comconsole.c: a terminal on COM1, 115200 baud, 8 data bits, no parity, one
 * stop bit.  The port is polled; BTX lets its client use ports.
 *
 * [16550]
 */
#include "bootstrap.h"

#define	COM1		0x3f8
#define	COM_DATA	(COM1 + 0)
#define	COM_DIVISOR_LO	(COM1 + 0)	/* while LCR_DLAB is set */
#define	COM_DIVISOR_HI	(COM1 + 1)
#define	COM_IER		(COM1 + 1)	/* which interrupts: none */
#define	COM_FCR		(COM1 + 2)
#define	COM_LCR		(COM1 + 3)
#define	COM_MCR		(COM1 + 4)
#define	COM_LSR		(COM1 + 5)

#define	DIVISOR		1		/* 115200 / 115200 */
#define	FCR_ENABLE	0x07		/* FIFOs on, and emptied */
#define	LCR_8N1		0x03
#define	LCR_DLAB	0x80
#define	MCR_DTR_RTS	0x03
#define	LSR_RXREADY	0x01
#define	LSR_TXREADY	0x20
#define	NO_PORT		0xff		/* what an empty address reads as */

#define	TX_POLLS	1000000		/* then the character is lost */

static uint8_t
inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a" (value) : "Nd" (port));
	return (value);
}

static void
outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a" (value), "Nd" (port));
}

/*
 * Set the line up.  ENXIO: there is no such port.
 */
static int
comc_init(void)
{
	int i;

	if (inb(COM_LSR) == NO_PORT)
		return (ENXIO);
	/* What boot2 still has in the transmitter would be garbled. */
	for (i = 0; i < TX_POLLS && !(inb(COM_LSR) & LSR_TXREADY); i++)
		;
	outb(COM_IER, 0);
	outb(COM_LCR, LCR_DLAB | LCR_8N1);
	outb(COM_DIVISOR_LO, DIVISOR & 0xff);
	outb(COM_DIVISOR_HI, DIVISOR >> 8);
	outb(COM_LCR, LCR_8N1);
	outb(COM_FCR, FCR_ENABLE);
	outb(COM_MCR, MCR_DTR_RTS);
	return (0);
}

static void
comc_out(int c)
{
	int i;

	for (i = 0; i < TX_POLLS; i++)
		if (inb(COM_LSR) & LSR_TXREADY) {
			outb(COM_DATA, c);
			return;
		}
}

static int
comc_ready(void)
{
	uint8_t status = inb(COM_LSR);

	return (status != NO_PORT && (status & LSR_RXREADY) != 0);
}

static int
comc_in(void)
{
	return (comc_ready() ? inb(COM_DATA) : -1);
}

struct console comconsole = {
	.c_name = "comconsole",
	.c_desc = "serial port",
	.c_init = comc_init,
	.c_out = comc_out,
	.c_in = comc_in,
	.c_ready = comc_ready,
};
