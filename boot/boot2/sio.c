/*
 * COM1, 115200 8N1, by the ports of a 16450 or 16550.
 *
 * BTX lets its client use all ports.  The BIOS' INT 14h would do 9600 at most.
 */
#include "sio.h"

#define	COM1		0x3f8
#define	SIO_DATA	(COM1 + 0)	/* or the divisor's low byte */
#define	SIO_DIVISOR_HIGH (COM1 + 1)	/* or the interrupts that are on */
#define	SIO_LCR		(COM1 + 3)	/* line control */
#define	SIO_MCR		(COM1 + 4)	/* modem control */
#define	SIO_LSR		(COM1 + 5)	/* line status */

#define	LCR_8N1		0x03
#define	LCR_DIVISOR	0x80		/* the first two ports are the divisor */
#define	MCR_DTR_RTS	0x03
#define	LSR_RECEIVED	0x01
#define	LSR_CAN_SEND	0x20
#define	NO_PORT		0xff		/* what a port reads that is not there */

#define	DIVISOR		1		/* 115200 / speed */
#define	PATIENCE	10000000	/* looks, some seconds */

static inline void
outb(uint16_t port, uint8_t byte)
{
	__asm__ volatile ("outb %0, %1" : : "a" (byte), "Nd" (port));
}

static inline uint8_t
inb(uint16_t port)
{
	uint8_t byte;

	__asm__ volatile ("inb %1, %0" : "=a" (byte) : "Nd" (port));
	return (byte);
}

/* Sets the line up.  Returns whether there is one. */
int
sio_init(void)
{
	outb(SIO_LCR, LCR_8N1 | LCR_DIVISOR);
	outb(SIO_DATA, DIVISOR);
	outb(SIO_DIVISOR_HIGH, DIVISOR >> 8);
	outb(SIO_LCR, LCR_8N1);
	outb(SIO_MCR, MCR_DTR_RTS);
	return (inb(SIO_LSR) != NO_PORT);
}

/* Sends a byte, once the one before it has left, or never seems to. */
void
sio_putc(uint8_t c)
{
	uint32_t looks;

	for (looks = PATIENCE; looks > 0; looks--)
		if (inb(SIO_LSR) & LSR_CAN_SEND)
			break;
	outb(SIO_DATA, c);
}

/* Returns whether a byte has been received. */
int
sio_ischar(void)
{
	return (inb(SIO_LSR) & LSR_RECEIVED);
}

/* Returns the byte that has been received. */
uint8_t
sio_getc(void)
{
	return (inb(SIO_DATA));
}
