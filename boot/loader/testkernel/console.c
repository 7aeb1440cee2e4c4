/*
 * Where the report goes: COM1, at 115200 8N1 by polling, and the screen, on
 * from where the BIOS had its cursor.
 */
#include "testkernel.h"

#define	COM1_DATA	0x3f8		/* with DLAB, the divisor */
#define	COM1_DIVISOR_HIGH 0x3f9
#define	COM1_LCR	0x3fb
#define	COM1_LSR	0x3fd
#define	LCR_DLAB	0x80
#define	LCR_8N1		0x03
#define	DIVISOR_115200	1
#define	LSR_ROOM	0x20		/* a character may be written */
#define	LSR_EMPTY	0x40		/* the last one has left the line */

#define	SCREEN		0xb8000		/* colour text, 2 bytes a cell */
#define	COLUMNS		80
#define	ROWS		25
#define	GREY		0x0700
#define	BDA_CURSOR	0x450		/* column, then row */

/* In `.saved': .bss is to be found as the loader left it. */
static uint32_t column __attribute__((section(".saved"))) = 1;
static uint32_t row __attribute__((section(".saved"))) = 1;

/*
 * Set up the line, and find the cursor.
 */
void
console_init(void)
{
	const uint8_t *cursor = PHYS_TO_VIRT(BDA_CURSOR);

	outb(COM1_LCR, LCR_DLAB | LCR_8N1);
	outb(COM1_DATA, DIVISOR_115200);
	outb(COM1_DIVISOR_HIGH, 0);
	outb(COM1_LCR, LCR_8N1);
	column = cursor[0] < COLUMNS ? cursor[0] : 0;
	row = cursor[1] < ROWS ? cursor[1] : ROWS - 1;
}

static void
serial_put(char c)
{
	while ((inb(COM1_LSR) & LSR_ROOM) == 0)
		;
	outb(COM1_DATA, c);
}

static void
screen_scroll(volatile uint16_t *cells)
{
	int i;

	for (i = 0; i < (ROWS - 1) * COLUMNS; i++)
		cells[i] = cells[i + COLUMNS];
	for (; i < ROWS * COLUMNS; i++)
		cells[i] = GREY | ' ';
}

static void
screen_put(char c)
{
	volatile uint16_t *cells = PHYS_TO_VIRT(SCREEN);

	if (c == '\r') {
		column = 0;
	} else if (c == '\n' || column == COLUMNS) {
		if (row == ROWS - 1)
			screen_scroll(cells);
		else
			row++;
		if (c != '\n')
			column = 0;
	}
	if (c >= ' ')
		cells[row * COLUMNS + column++] = GREY | (uint8_t)c;
}

/*
 * Put a character on both.
 */
void
console_put(char c)
{
	serial_put(c);
	screen_put(c);
}

/*
 * Wait until the last character has left the line: the power may go off.
 */
void
console_drain(void)
{
	while ((inb(COM1_LSR) & LSR_EMPTY) == 0)
		;
}
