/*
 * boot2: finds /boot/loader, or a kernel, in the UFS file system of its slice,
 * and starts it.
 *
 * It is a client of BTX: a program in ring 3 whose address 0 is A000h, and
 * which calls the BIOS through v86int().  With BTX it is 7,404 bytes at most,
 * which is why so much of what the loader can do is not here.
 *
 * The story is in main(): the words of /boot.config; then /boot/loader, unless
 * a key is pressed within three seconds; if that failed, the prompt, and after
 * five seconds /kernel.  What may be written at the prompt:
 *
 *	drive:name(unit,slice,partition)file -options
 *
 * The device, in it the drive and the slice, the file and the options may be
 * left out:
 *
 *	1:ad(0,2,a)/kernel -v	disk 81h of the BIOS, which will be ad0 for the
 *				kernel; its slice 2, partition a; and RB_VERBOSE
 *	/boot/?			lists a directory
 *
 * disk.c, ufsread.c and load.c do the work; cons.c talks.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/disklabel.h>
#include <sys/diskmbr.h>
#include <sys/reboot.h>
#include <btx/btxv86.h>
#include "boot2.h"
#include "cons.h"
#include "disk.h"
#include "load.h"
#include "string.h"
#include "ufsread.h"

#define	PATH_CONFIG	"/boot.config"
#define	PATH_LOADER	"/boot/loader"
#define	PATH_KERNEL	"/kernel"

#define	ARGS		0x900		/* from boot1: drive, slice */
#define	BDA_KEYBOARD	0x496		/* BIOS data: what the keyboard is */
#define	KEYBOARD_101	0x10		/* the keys that all have now */

#define	LINE_SIZE	512

/* The options, and the bit of RB_ that each one toggles. */
static const struct {
	char	letter;
	uint8_t	bit;
} option[] = {
	{ 'a', 0 },		/* RB_ASKNAME */
	{ 's', 1 },		/* RB_SINGLE */
	{ 'r', 5 },		/* RB_DFLTROOT */
	{ 'd', 6 },		/* RB_KDB */
	{ 'c', 10 },		/* RB_CONFIG */
	{ 'v', 11 },		/* RB_VERBOSE */
	{ 'h', 12 },		/* RB_SERIAL */
	{ 'C', 13 },		/* RB_CDROM */
	{ 'g', 15 },		/* RB_GDB */
	{ 'm', 16 },		/* RB_MUTE */
	{ 'p', 20 },		/* RB_PAUSE */
	{ 'q', 21 },		/* RB_QUIET */
	{ 'n', 28 },		/* RB_NOINTR */
	{ 'D', 29 },		/* RB_MULTIPLE */
	{ 'P', 30 },		/* RB_PROBEKBD */
};
#define	OPTIONS		(sizeof(option) / sizeof(option[0]))
/* Those that nobody but us understands. */
#define	RB_BOOT2	(RB_NOINTR | RB_PROBEKBD | RB_QUIET)

/* Names of drives, and the kernel's numbers for them. */
#define	TYPE_AD		0
#define	TYPE_FD		2
#define	TYPES		3
static const char type_name[TYPES][3] = { "ad", "da", "fd" };
static const uint8_t type_major[TYPES] = { MAJ_AD, MAJ_DA, MAJ_FD };

uint32_t howto;

static char line[LINE_SIZE];
static char path[LINE_SIZE];		/* the last one that was given */
static const char *kernel = PATH_LOADER; /* what is to be booted */

/*
 * Reads `drive:name(unit,slice,partition)' to dsk; the drive and the slice may
 * be missing.  Returns what follows, or NULL, with dsk as it was, if it makes
 * no sense.
 */
static const char *
parse_device(const char *p)
{
	uint32_t drive, part, slice, type, unit;

	drive = NO_DRIVE;
	if (p[1] == ':') {
		drive = p[0] - '0';
		p += 2;
	}
	for (type = 0; memcmp(p, type_name[type], 2) != 0; )
		if (++type == TYPES)
			return (NULL);
	unit = p[3] - '0';
	if (p[2] != '(' || unit > 9 || p[4] != ',')
		return (NULL);
	if (drive == NO_DRIVE)
		drive = unit;
	p += 5;
	slice = ANY_SLICE;
	if (p[1] == ',') {
		slice = p[0] - '1' + BASE_SLICE;
		p += 2;
	}
	part = p[0] - 'a';
	if (drive > 9 || slice >= BASE_SLICE + NDOSPART ||
	    part >= MAXPARTITIONS || p[1] != ')')
		return (NULL);
	dsk.drive = drive + (type == TYPE_FD ? 0 : DRV_HARD);
	dsk.type = type;
	dsk.unit = unit;
	dsk.slice = slice;
	dsk.part = part;
	return (p + 2);
}

/*
 * Toggles the options of a word.  Returns 0, or -1, and toggles none, if one
 * is unknown.
 */
static int
parse_options(const char *p)
{
	uint32_t i, new;

	new = howto;
	for (; *p != '\0'; p++) {
		for (i = 0; option[i].letter != *p; )
			if (++i == OPTIONS)
				return (-1);
		new ^= 1U << option[i].bit;
	}
	howto = new;
	return (0);
}

/* Reads a word of the line.  Returns 0, or -1 if it makes no sense. */
static int
parse_word(const char *word)
{
	const char *p;

	if (*word == '-')
		return (parse_options(word + 1));
	for (p = word; *p != '\0'; p++)
		if (*p == '(') {
			word = parse_device(word);
			if (word == NULL)
				return (-1);
			break;
		}
	if (*word != '\0')
		kernel = memcpy(path, word, LINE_SIZE - (word - line));
	return (0);
}

/* Without a keyboard, moves the console to COM1 as well. */
static void
probe_keyboard(void)
{
	const char *found;

	found = "yes";
	if (!(*(const char *)PTOV(BDA_KEYBOARD) & KEYBOARD_101)) {
		found = "no";
		howto |= RB_MULTIPLE | RB_SERIAL;
	}
	printf("Keyboard: %s\n", found);
	howto &= ~RB_PROBEKBD;
}

/*
 * Does what the words of `line' say, which it takes apart.  Returns 0, or -1
 * after a message.
 */
static int
parse(void)
{
	char *p, *word;

	for (p = line;;) {
		while (*p != '\0' && *p <= ' ')
			p++;
		if (*p == '\0')
			break;
		for (word = p; *p > ' '; p++)
			;
		if (*p != '\0')
			*p++ = '\0';
		if (parse_word(word) != 0)
			return (invalid(word));
	}
	if (howto & RB_PROBEKBD)
		probe_keyboard();
	cons_init();
	return (0);
}

/* Loads and starts `kernel', or returns after a message. */
static void
boot(void)
{
	load(kernel, howto & ~RB_BOOT2, MAKEBOOTDEV(type_major[dsk.type],
	    dsk.slice, dsk.unit, dsk.part));
}

/*
 * Does what /boot.config says, and then shows it, where that says.  Returns
 * -1, after a message, if it makes no sense, so that nothing is booted which
 * was not meant.
 */
static int
read_config(void)
{
	static char text[LINE_SIZE];
	int failed;

	if (dsk_open() != 0 || lookup(PATH_CONFIG) <= 0 ||
	    fsread(line, LINE_SIZE - 1) <= 0)
		return (0);
	memcpy(text, line, LINE_SIZE);
	failed = parse();
	if (!(howto & RB_QUIET))
		printf(PATH_CONFIG ": %s", text);
	return (failed);
}

/* Waits so many seconds for a key, if the options let it.  Returns the key. */
static int
interrupted(uint32_t seconds)
{
	return (howto & RB_NOINTR ? 0 : keyhit(seconds * TICKS_SECOND));
}

/*
 * Lets the user say what is to be booted.  A line that a key has begun, or
 * that is not the first one, is waited for; else Return is pressed for the
 * user after five seconds.
 */
static void
prompt(int autoboot, int key)
{
	if (!autoboot || !(howto & RB_QUIET))
		printf("\nFreeBSD/i386 boot\n"
		    "Default: %u:%s(%u,%c)%s\nboot: ",
		    dsk.drive & DRV_MASK, type_name[dsk.type], dsk.unit,
		    'a' + dsk.part, kernel);
	if (autoboot && key == 0) {
		key = interrupted(5);
		if (key == 0)
			key = '\r';
	}
	getstr(line, LINE_SIZE, key);
}

int
main(void)
{
	const uint8_t *args;
	int autoboot, key;

	args = PTOV(ARGS);
	dsk.drive = args[0];
	dsk.type = dsk.drive & DRV_HARD ? TYPE_AD : TYPE_FD;
	dsk.unit = dsk.drive & DRV_MASK;
	dsk.slice = args[1] - 1 + BASE_SLICE;
	autoboot = read_config() == 0;
	key = 0;
	if (autoboot && kernel != path) {
		key = interrupted(3);
		if (key == 0) {
			boot();
			kernel = PATH_KERNEL;
		}
	}
	for (;;) {
		prompt(autoboot, key);
		autoboot = key = 0;
		if (parse() == 0)
			boot();
	}
}
