/*
 * ansi.c: what a terminal of type cons25 does with each character it gets.
 *
 * Control characters: BEL (silent), BS, HT, LF, FF (clear), CR.  The other
 * ones have glyphs, and cons25 draws its arrows and diamonds by them.
 *
 * Behind ESC:
 *
 *	7 8		save and restore cursor and rendition
 *	D E M		down, to the next row's start, up: scroll at the edge
 *	c		reset, clear
 *	[ n A..H d ` f	move the cursor		[ n J K X	erase
 *	[ n @ P		insert, delete characters	[ n L M	... rows
 *	[ n S T		scroll up, down		[ t ; b r	which rows scroll
 *	[ n Z		back by tabs		[ s u		as 7 and 8
 *	[ n ; ... m	rendition		[ x		the usual colours
 *
 * n is 1 where it is left out or 0.  All others are taken in and do nothing,
 * so that they do not litter the screen.  What is erased gets the colours that
 * are set.
 */
#include <dev/ansi.h>

#include <sys/systm.h>

#define	ESC		0x1b
#define	PARAM_MAX	9999		/* greater ones count as this */

/* Where a sequence is. */
#define	STATE_TEXT	0
#define	STATE_ESC	1		/* ESC has come */
#define	STATE_CSI	2		/* ESC [ */
#define	STATE_SKIP	3		/* ESC ( and the like: one more */

/* The parameter i, or `missing' where it is not given. */
static int
ansi_param(const struct ansi *ansi, int i, int missing)
{
	return (i < ansi->nparams && ansi->params[i] >= 0 ?
	    ansi->params[i] : missing);
}

/* r: the first row and the last, from 1. */
static void
ansi_region(const struct ansi *ansi, struct screen *s)
{
	int top = MAX(ansi_param(ansi, 0, 1), 1);
	int bottom = ansi_param(ansi, 1, 0);

	if (bottom == 0 || bottom > s->rows)
		bottom = s->rows;
	screen_set_region(s, top - 1, bottom - 1);
}

/* One number of m. */
static void
ansi_rendition(struct screen_attr *a, int n)
{
	if (n >= 30 && n <= 37)
		a->fg = n - 30;
	else if (n >= 40 && n <= 47)
		a->bg = n - 40;
	else switch (n) {
	case 0:		*a = screen_attr_normal;	break;
	case 1:		a->bold = 1;			break;
	case 4:		a->underline = 1;		break;
	case 5:		a->blink = 1;			break;
	case 7:		a->reverse = 1;			break;
	case 22:	a->bold = 0;			break;
	case 24:	a->underline = 0;		break;
	case 25:	a->blink = 0;			break;
	case 27:	a->reverse = 0;			break;
	case 39:	a->fg = screen_attr_normal.fg;	break;
	case 49:	a->bg = screen_attr_normal.bg;	break;
	}
}

static void
ansi_renditions(const struct ansi *ansi, struct screen *s)
{
	int i;

	for (i = 0; i < ansi->nparams; i++)
		ansi_rendition(&s->attr, ansi_param(ansi, i, 0));
}

/* A sequence that moves the cursor.  Returns 0 if it is none. */
static int
ansi_csi_move(const struct ansi *ansi, struct screen *s, int c)
{
	int n = MAX(ansi_param(ansi, 0, 1), 1);

	switch (c) {
	case 'A':	screen_goto(s, s->x, s->y - n);		return (1);
	case 'B':	screen_goto(s, s->x, s->y + n);		return (1);
	case 'C':	screen_goto(s, s->x + n, s->y);		return (1);
	case 'D':	screen_goto(s, s->x - n, s->y);		return (1);
	case 'E':	screen_goto(s, 0, s->y + n);		return (1);
	case 'F':	screen_goto(s, 0, s->y - n);		return (1);
	case 'G':
	case '`':	screen_goto(s, n - 1, s->y);		return (1);
	case 'd':	screen_goto(s, s->x, n - 1);		return (1);
	case 'H':
	case 'f':
		screen_goto(s, ansi_param(ansi, 1, 1) - 1, n - 1);
		return (1);
	case 'Z':	screen_backtab(s, n);			return (1);
	case 's':	screen_save(s);				return (1);
	case 'u':	screen_restore(s);			return (1);
	}
	return (0);
}

/* A sequence that changes cells, or the rendition of those to come. */
static void
ansi_csi_change(const struct ansi *ansi, struct screen *s, int c)
{
	int which = ansi_param(ansi, 0, 0);
	int n = MAX(which, 1);

	switch (c) {
	case 'J':	screen_erase_display(s, which);		break;
	case 'K':	screen_erase_line(s, which);		break;
	case 'X':	screen_erase_chars(s, n);		break;
	case '@':	screen_insert_chars(s, n);		break;
	case 'P':	screen_delete_chars(s, n);		break;
	case 'L':	screen_insert_rows(s, n);		break;
	case 'M':	screen_delete_rows(s, n);		break;
	case 'S':	screen_scroll(s, n);			break;
	case 'T':	screen_scroll(s, -n);			break;
	case 'r':	ansi_region(ansi, s);			break;
	case 'm':	ansi_renditions(ansi, s);		break;
	case 'x':
		ansi_rendition(&s->attr, 39);
		ansi_rendition(&s->attr, 49);
		break;
	}
}

/* A character behind ESC [: a digit, a semicolon ... or the last one. */
static void
ansi_csi(struct ansi *ansi, struct screen *s, int c)
{
	int *param = &ansi->params[ansi->nparams - 1];

	if (c >= '0' && c <= '9') {
		if (ansi->nparams <= ANSI_MAXPARAMS)
			*param = MIN(MAX(*param, 0) * 10 + c - '0', PARAM_MAX);
	} else if (c == ';') {
		if (ansi->nparams < ANSI_MAXPARAMS)
			ansi->params[ansi->nparams] = -1;
		ansi->nparams = MIN(ansi->nparams + 1, ANSI_MAXPARAMS + 1);
	} else if (c >= '<' && c <= '?') {
		ansi->private = c;
	} else if (c >= 0x40) {
		ansi->nparams = MIN(ansi->nparams, ANSI_MAXPARAMS);
		ansi->state = STATE_TEXT;
		/* Modes and shapes of the cursor: this screen has none. */
		if (!ansi->private && !ansi_csi_move(ansi, s, c))
			ansi_csi_change(ansi, s, c);
	}
}

/* The character behind ESC. */
static void
ansi_escape(struct ansi *ansi, struct screen *s, int c)
{
	ansi->state = STATE_TEXT;
	switch (c) {
	case '[':
		ansi->state = STATE_CSI;
		ansi->private = 0;
		ansi->nparams = 1;
		ansi->params[0] = -1;
		break;
	case '(':
	case ')':
	case '#':
		ansi->state = STATE_SKIP;
		break;
	case '7':	screen_save(s);				break;
	case '8':	screen_restore(s);			break;
	case 'D':	screen_linefeed(s);			break;
	case 'E':	s->x = 0; screen_linefeed(s);		break;
	case 'M':	screen_reverse_linefeed(s);		break;
	case 'c':	screen_reset(s);			break;
	}
}

/* A control character, also amidst a sequence.  Returns 0 if it is none. */
static int
ansi_control(struct ansi *ansi, struct screen *s, int c)
{
	switch (c) {
	case '\0':					return (1);
	case '\a':					return (1);
	case '\b':	screen_backspace(s);		return (1);
	case '\t':	screen_tab(s);			return (1);
	case '\n':	screen_linefeed(s);		return (1);
	case '\r':	s->x = 0;			return (1);
	case '\f':
		screen_goto(s, 0, 0);
		screen_erase_display(s, 2);
		return (1);
	case ESC:
		ansi->state = STATE_ESC;
		return (1);
	}
	return (0);
}

void
ansi_putc(struct ansi *ansi, struct screen *s, int c)
{
	c &= 0xff;
	if (ansi_control(ansi, s, c))
		return;
	switch (ansi->state) {
	case STATE_ESC:		ansi_escape(ansi, s, c);	break;
	case STATE_CSI:		ansi_csi(ansi, s, c);		break;
	case STATE_SKIP:	ansi->state = STATE_TEXT;	break;
	default:		screen_write(s, c);		break;
	}
}
