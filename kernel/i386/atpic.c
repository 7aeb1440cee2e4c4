/*
 * atpic.c: the two 8259A interrupt controllers of a PC.
 *
 * The second one hangs on input 2 of the first:
 *
 *	IRQ 0 timer, 1 keyboard, 3 COM2, 4 COM1 ... 7 ---> first ---> the CPU
 *	                                                   ^ input 2
 *	IRQ 8 RTC ... 14, 15 disks ---------------------> second
 *
 * A controller knows three registers of 8 bits.  IRR: what is asked for.  IMR,
 * the mask: what is not let through.  ISR: what the CPU was interrupted with
 * and has not yet ended by an EOI; while a bit is set there, that input and
 * those of higher numbers wait.
 *
 * When the CPU asks for a vector and no request is left, the controller
 * answers with its input 7, and sets no bit in ISR: that is how such a
 * spurious interrupt is told from one that somebody asked for.
 *
 * [8259A]
 */
#include <i386/icu.h>

#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>
#include <i386/segments.h>

#define	ICU1		0x20		/* the first one's ports */
#define	ICU2		0xa0		/* the second one's */
#define	ICU_CMD		0		/* ICW1, OCW2, OCW3 */
#define	ICU_DATA	1		/* ICW2 to ICW4, then the mask */

#define	ICW1_INIT	0x11		/* edge triggered, cascaded, ICW4 follows */
#define	ICW3_MASTER	(1 << IRQ_SLAVE)	/* which inputs are cascaded */
#define	ICW3_SLAVE	IRQ_SLAVE	/* which input of the first one it is */
#define	ICW4_8086	0x01		/* vectors, as an 8086 wants them */

#define	OCW2_EOI	0x20		/* end what is in service, the highest */
#define	OCW3_READ_IRR	0x0a
#define	OCW3_READ_ISR	0x0b

#define	ICU_SPURIOUS	7		/* the input that a controller makes up */

/* The masks of both, 1 bit an IRQ.  The cascade is never masked. */
static uint16_t	imen = 0xffff & ~(1 << IRQ_SLAVE);

static void
atpic_write_masks(void)
{
	outb(ICU1 + ICU_DATA, imen & 0xff);
	outb(ICU2 + ICU_DATA, imen >> 8);
}

/* The four words that set one controller up.  Leaves reads to give the IRR. */
static void
atpic_init(uint16_t port, int vector, int icw3)
{
	outb(port + ICU_CMD, ICW1_INIT);
	outb(port + ICU_DATA, vector);
	outb(port + ICU_DATA, icw3);
	outb(port + ICU_DATA, ICW4_8086);
	outb(port + ICU_CMD, OCW3_READ_IRR);
}

/*
 * Program both controllers: vectors from ICU_OFFSET on, and all requests
 * masked.  Called once, with interrupts disabled.
 */
void
atpic_startup(void)
{
	atpic_init(ICU1, ICU_OFFSET, ICW3_MASTER);
	atpic_init(ICU2, ICU_OFFSET + 8, ICW3_SLAVE);
	atpic_write_masks();
}

/* Let no more of these requests through. */
void
atpic_mask(int irq)
{
	imen |= 1 << irq;
	atpic_write_masks();
}

/* Let requests through; one that waits comes at once. */
void
atpic_unmask(int irq)
{
	imen &= ~(1 << irq);
	atpic_write_masks();
}

/*
 * End what is in service.  For one of the second controller's, that is its
 * own bit first, and then the cascade's in the first.
 */
void
atpic_eoi(int irq)
{
	if (irq >= 8)
		outb(ICU2 + ICU_CMD, OCW2_EOI);
	outb(ICU1 + ICU_CMD, OCW2_EOI);
}

/* The IRR is what a read gives, but for atpic_spurious(). */
int
atpic_pending(int irq)
{
	return (inb(irq < 8 ? ICU1 : ICU2) >> irq % 8 & 1);
}

/* Is this input 7 of its controller, without its bit in ISR? */
int
atpic_spurious(int irq)
{
	uint16_t port = irq < 8 ? ICU1 : ICU2;
	uint8_t isr;

	if (irq % 8 != ICU_SPURIOUS)
		return (0);
	outb(port + ICU_CMD, OCW3_READ_ISR);
	isr = inb(port + ICU_CMD);
	outb(port + ICU_CMD, OCW3_READ_IRR);
	if (isr & (1 << ICU_SPURIOUS))
		return (0);
	/* The first controller took the cascade's request for a real one. */
	if (irq >= 8)
		outb(ICU1 + ICU_CMD, OCW2_EOI);
	return (1);
}
