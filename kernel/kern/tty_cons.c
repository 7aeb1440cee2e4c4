/*
 * tty_cons.c: the console: the screen with its keyboard, the serial line, or
 * both.
 *
 * Output goes to all active ones, input comes from whichever has it first.
 * Which are active says the first of these that says anything:
 *
 *	RB_SERIAL			the serial line
 *	RB_MULTIPLE			both, the serial line first with RB_SERIAL
 *	console="comconsole"		the serial line
 *	console="vidconsole"		the screen
 *	console="comconsole,vidconsole"	both
 *
 * and else it is the screen.  The loader turns its console= into the flags;
 * GRUB does not.  If none of the active ones is there, the best of the others
 * takes the place.  RB_MUTE and the word nullconsole silence them all.
 */
#include <sys/systm.h>
#include <sys/cons.h>
#include <sys/kdb.h>
#include <sys/kenv.h>
#include <sys/msgbuf.h>
#include <sys/reboot.h>

static const struct {
	const char	*name;		/* in console=, as the loader has it */
	struct consdev	*cn;		/* NULL: silence */
} console_names[] = {
	{ "vidconsole",		&vga_consdev },
	{ "comconsole",		&sio_consdev },
	{ "nullconsole",	NULL },
};

static struct consdev *const consoles[] = { &vga_consdev, &sio_consdev };

static struct consdev *active[nitems(consoles)];
static unsigned int n_active;
static int	cn_mute;
static int	cn_pausing;		/* RB_PAUSE: wait at the end of each line */
int		cn_started;

/* ---------------------------------------------------------------- choice */

/* Make a console active, unless it is not there or is so already. */
static void
cn_add(struct consdev *cn)
{
	unsigned int i;

	for (i = 0; i < n_active; i++)
		if (active[i] == cn)
			return;
	if (cn->cn_pri != CN_DEAD)
		active[n_active++] = cn;
}

static void
cn_choose_by_flags(void)
{
	if ((boothowto & RB_SERIAL) == 0)
		cn_add(&vga_consdev);
	cn_add(&sio_consdev);
	if ((boothowto & RB_MULTIPLE) != 0)
		cn_add(&vga_consdev);
}

/* Do what a word of console= says.  Returns 0 if it is no console's name. */
static int
cn_choose_word(const char *word, size_t len)
{
	unsigned int i;

	for (i = 0; i < nitems(console_names); i++)
		if (strlen(console_names[i].name) == len &&
		    strncmp(console_names[i].name, word, len) == 0)
			break;
	if (i == nitems(console_names))
		return (0);
	if (console_names[i].cn != NULL)
		cn_add(console_names[i].cn);
	else
		cn_mute = 1;
	return (1);
}

/*
 * Choose by the words of `list', which commas or blanks divide.  Returns 0 if
 * one of them is no console's name.
 */
static int
cn_choose_by_list(const char *list)
{
	const char *p, *end;
	int sound = 1;

	for (p = list; *p != '\0'; p = end) {
		for (; *p == ',' || *p == ' '; p++)
			;
		for (end = p; *end != '\0' && *end != ',' && *end != ' '; end++)
			;
		if (end != p && !cn_choose_word(p, end - p))
			sound = 0;
	}
	return (sound);
}

/* The best that is there, where none is that was asked for. */
static void
cn_choose_any(void)
{
	struct consdev *best = consoles[0];
	unsigned int i;

	for (i = 1; i < nitems(consoles); i++)
		if (consoles[i]->cn_pri > best->cn_pri)
			best = consoles[i];
	cn_add(best);
}

void
cninit(void)
{
	const char *list;
	unsigned int i;
	int sound = 1;

	cn_started = 1;
	n_active = 0;
	cn_mute = (boothowto & RB_MUTE) != 0;
	for (i = 0; i < nitems(consoles); i++)
		consoles[i]->cn_probe(consoles[i]);
	if ((boothowto & (RB_SERIAL | RB_MULTIPLE)) != 0)
		cn_choose_by_flags();
	else if ((list = getenv("console")) != NULL)
		sound = cn_choose_by_list(list);
	else
		cn_add(&vga_consdev);
	if (n_active == 0)
		cn_choose_any();
	for (i = 0; i < n_active; i++)
		active[i]->cn_init(active[i]);
	msgbuf_show_early(cnputc);
	cn_pausing = (boothowto & RB_PAUSE) != 0;
	if (!sound)
		printf("console=\"%.40s\" names a console that there is not\n",
		    list);
}

/* ---------------------------------------------------------------- use */

static void
cn_put_all(int c)
{
	unsigned int i;

	for (i = 0; i < n_active; i++) {
		if (c == '\n')
			active[i]->cn_putc(active[i], '\r');
		active[i]->cn_putc(active[i], c);
	}
}

/* Wait for a key; a dot is the last one. */
static void
cn_pause(void)
{
	static const char text[] =
	    "<pause; press any key to proceed to next line or '.' to end pause mode>";
	unsigned int i;

	for (i = 0; text[i] != '\0'; i++)
		cn_put_all(text[i]);
	if (cngetc() == '.')
		cn_pausing = 0;
	cn_put_all('\r');
	for (i = 0; text[i] != '\0'; i++)
		cn_put_all(' ');
	cn_put_all('\r');
}

void
cnputc(int c)
{
	if (cn_mute || c == '\0')
		return;
	cn_put_all(c);
	if (c == '\n' && cn_pausing && cold && panicstr == NULL &&
	    !kdb_active)
		cn_pause();
}

int
cncheckc(void)
{
	unsigned int i;
	int c;

	if (cn_mute)
		return (-1);
	for (i = 0; i < n_active; i++)
		if ((c = active[i]->cn_checkc(active[i])) != -1)
			return (c == '\r' ? '\n' : c);
	return (-1);
}

int
cngetc(void)
{
	int c;

	if (cn_mute || n_active == 0)
		return (-1);
	while ((c = cncheckc()) == -1)
		;
	return (c);
}
