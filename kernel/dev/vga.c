/*
 * vga.c: the text screen of a VGA, or of an older adapter of its kind, and the
 * console on it.
 *
 * The adapter shows what stands in its memory, two bytes a character:
 *
 *	 15    14   12 11     8 7         0
 *	+-----+-------+--------+-----------+
 *	|blink|  back |  fore  | character |   colour at 0xB8000, mono at 0xB0000
 *	+-----+-------+--------+-----------+
 *
 * and a cursor where two registers of its CRT controller say.  The BIOS'
 * variables tell which adapter there is, its mode and its size; so whatever
 * drew on the screen before, we go on behind its last line.  screen.c and
 * ansi.c do the drawing; the keyboard (kbd.c) is the console's other half.
 *
 * Output is kept whole by spltty(): a handler of a higher level that prints
 * meanwhile may at worst disturb a control sequence.
 */
#include <dev/vga.h>

#include <sys/cons.h>
#include <sys/systm.h>
#include <dev/ansi.h>
#include <dev/kbd.h>
#include <i386/cpufunc.h>

#define	MONO_BUF	0xb0000		/* physical */
#define	COLOR_BUF	0xb8000
#define	MONO_CRTC	0x3b4		/* index port; the data port follows */
#define	CRTC_CURSOR_HI	0x0e
#define	CRTC_CURSOR_LO	0x0f

/* The BIOS' variables, physical addresses. */
#define	BIOS_MODE	0x449		/* byte: the video mode */
#define	BIOS_COLUMNS	0x44a		/* word */
#define	BIOS_CRTC	0x463		/* word: the CRT controller's port */
#define	BIOS_LAST_ROW	0x484		/* byte; 0 before there were EGAs */
#define	BIOS_MODE_TEXT	3		/* up to this are text, and 7 */
#define	BIOS_MODE_MONO	7

#define	COLUMNS_MIN	40
#define	COLUMNS_MAX	132
#define	ROWS_MIN	25
#define	ROWS_MAX	60

#define	ISA_VA(pa)	((void *)(KERNBASE + (pa)))

static struct screen vga_screen;
static struct ansi vga_ansi;
static uint16_t	vga_crtc;		/* the CRT controller's index port */

static uint8_t
crtc_read(int reg)
{
	outb(vga_crtc, reg);
	return (inb(vga_crtc + 1));
}

static void
crtc_write(int reg, int value)
{
	outb(vga_crtc, reg);
	outb(vga_crtc + 1, value);
}

static void
vga_show_cursor(void)
{
	int position = vga_screen.y * vga_screen.columns + vga_screen.x;

	crtc_write(CRTC_CURSOR_HI, position >> 8);
	crtc_write(CRTC_CURSOR_LO, position & 0xff);
}

/* Where the screen's memory is, by the BIOS. */
static uint16_t *
vga_cells(void)
{
	const uint16_t *crtc = ISA_VA(BIOS_CRTC);

	return (ISA_VA(*crtc == MONO_CRTC ? MONO_BUF : COLOR_BUF));
}

/*
 * There is a screen if its memory keeps what is written, and the BIOS left it
 * in a text mode: in graphics, nobody would see the text.
 */
static void
vga_cnprobe(struct consdev *cn)
{
	volatile uint16_t *cell = vga_cells();
	const uint8_t *mode = ISA_VA(BIOS_MODE);
	uint16_t was = *cell;
	int kept;

	*cell = 0x5aa5;
	kept = *cell == 0x5aa5;
	*cell = was;
	cn->cn_pri = CN_DEAD;
	if (kept && (*mode <= BIOS_MODE_TEXT || *mode == BIOS_MODE_MONO))
		cn->cn_pri = CN_INTERNAL;
}

/*
 * Take the screen over: its size, what is on it, the cursor.
 */
static void
vga_cninit(struct consdev *cn __unused)
{
	int columns = *(const uint16_t *)ISA_VA(BIOS_COLUMNS);
	int rows = *(const uint8_t *)ISA_VA(BIOS_LAST_ROW) + 1;
	int cursor;

	vga_crtc = *(const uint16_t *)ISA_VA(BIOS_CRTC);
	if (columns < COLUMNS_MIN || columns > COLUMNS_MAX)
		columns = 80;
	if (rows < ROWS_MIN || rows > ROWS_MAX)
		rows = 25;
	cursor = crtc_read(CRTC_CURSOR_HI) << 8 | crtc_read(CRTC_CURSOR_LO);
	screen_init(&vga_screen, vga_cells(), columns, rows,
	    vga_crtc == MONO_CRTC, cursor % columns, cursor / columns);
	kbd_init();
}

static void
vga_cnputc(struct consdev *cn __unused, int c)
{
	int s = spltty();

	ansi_putc(&vga_ansi, &vga_screen, c);
	vga_show_cursor();
	splx(s);
}

static int
vga_cncheckc(struct consdev *cn __unused)
{
	return (kbd_checkc());
}

struct consdev vga_consdev = {
	.cn_name = "vga",
	.cn_probe = vga_cnprobe,
	.cn_init = vga_cninit,
	.cn_putc = vga_cnputc,
	.cn_checkc = vga_cncheckc,
};

/* Say what there is. */
void
vga_attach(void)
{
	if (vga_consdev.cn_pri != CN_DEAD)
		printf("vga0: <Generic ISA VGA> at port 0x3c0-0x3df "
		    "iomem 0xa0000-0xbffff on isa0\n");
}
