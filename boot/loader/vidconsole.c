/*
 * vidconsole.c: the PC's own screen and keyboard, by INT 10h and INT 16h.
 *
 * Keys that have no character, the BIOS tells by a scan code; they become
 * the sequences that a terminal on the serial line would send, so that the
 * line editor knows one kind.
 *
 * [RBIL] INT 10h AH=0Eh, INT 16h
 */
#include "bootstrap.h"

#define	ATTRIBUTE	7		/* page 0, light grey */
#define	TAB		8

/* Characters of a sequence that are still to be read. */
static const char	*pending = "";

static const struct {
	uint8_t		scan;
	const char	*sequence;
} keys[] = {
	{ 0x48,	"\033[A" },		/* up */
	{ 0x50,	"\033[B" },		/* down */
	{ 0x4d,	"\033[C" },		/* right */
	{ 0x4b,	"\033[D" },		/* left */
	{ 0x47,	"\033[H" },		/* home */
	{ 0x4f,	"\033[F" },		/* end */
	{ 0x53,	"\033[3~" },		/* delete */
};

static int
vidc_init(void)
{
	return (0);
}

static void
vidc_rawput(int c)
{
	v86.ctl = 0;
	v86.addr = 0x10;
	v86.eax = 0x0e00 | (uint8_t)c;
	v86.ebx = ATTRIBUTE;
	v86int();
}

/*
 * Show a character.  The BIOS knows no tabs; we know the column.
 */
static void
vidc_out(int c)
{
	static int column;

	switch (c) {
	case '\t':
		do
			vidc_rawput(' ');
		while (++column % TAB != 0);
		return;
	case '\r':
		column = 0;
		break;
	case '\b':
		if (column > 0)
			column--;
		break;
	default:
		if (c >= ' ')
			column++;
	}
	vidc_rawput(c);
}

static int
vidc_ready(void)
{
	if (*pending != '\0')
		return (1);
	v86.ctl = V86_FLAGS;
	v86.addr = 0x16;
	v86.eax = 0x0100;
	v86int();
	return (!V86_ZR(v86.efl));
}

static int
vidc_in(void)
{
	size_t i;
	uint8_t character, scan;

	if (!vidc_ready())
		return (-1);
	if (*pending != '\0')
		return (*pending++);
	v86.ctl = 0;
	v86.addr = 0x16;
	v86.eax = 0;
	v86int();
	character = v86.eax;
	scan = v86.eax >> 8;
	if (character != 0 && character != 0xe0)
		return (character);
	for (i = 0; i < nitems(keys); i++)
		if (keys[i].scan == scan) {
			pending = keys[i].sequence;
			return (*pending++);
		}
	return (-1);
}

struct console vidconsole = {
	.c_name = "vidconsole",
	.c_desc = "internal video/keyboard",
	.c_init = vidc_init,
	.c_out = vidc_out,
	.c_in = vidc_in,
	.c_ready = vidc_ready,
};
