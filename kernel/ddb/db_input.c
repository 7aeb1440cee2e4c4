/*
 * db_input.c: a line from the console, with editing and history.
 *
 *	Backspace, Del	the character to the left	^U	the whole line
 *	^D		the one under the cursor	^K	from there to the end
 *	^B, Left	back by one			^W	the word to the left
 *	^F, Right	forward by one			^P, Up	  the line before
 *	^A, Home	to the start			^N, Down  the line after
 *	^E, End		to the end			^R	show it again
 *	^C		no line
 *
 * A line that is longer than the screen is wide is shown through a window, for
 * no terminal moves its cursor back over the start of a row.
 *
 * [ddb/db_input.c]
 */
#include <ddb/ddb.h>

#include <sys/cons.h>
#include <sys/ctype.h>
#include <sys/systm.h>

#define	CTRL(c)		((c) & 0x1f)
#define	BEL		7
#define	ESC		033
#define	DEL		0177
#define	WINDOW		72
#define	HISTORY_SIZE	16

/* The line being edited. */
static struct {
	char	*buf;
	int	size;
	int	len;		/* characters in it */
	int	at;		/* where the cursor is */
	int	start;		/* the first in the window */
	int	shown;		/* columns of the window that are used */
	int	column;		/* of the cursor */
	int	back;		/* 0: this line; n: the n-th before it */
} ed;

/* The last lines; number n is in history[n % HISTORY_SIZE]. */
static char	history[HISTORY_SIZE][DB_MAXLINE + 1];
static int	history_count;

static void
put_many(int c, int n)
{
	for (; n > 0; n--)
		cnputc(c);
}

/* Show the line anew from the character `from' on, and the cursor. */
static void
redraw(int from)
{
	int i, shown;

	if (ed.at < ed.start || ed.at >= ed.start + WINDOW) {
		ed.start = ed.at < WINDOW / 2 ? 0 : ed.at - WINDOW / 2;
		from = 0;
	}
	from = MAX(from - ed.start, 0);
	put_many('\b', ed.column - from);
	shown = MIN(ed.len - ed.start, WINDOW);
	for (i = MIN(from, ed.column); i < shown; i++)
		cnputc(ed.buf[ed.start + i]);
	for (; i < ed.shown; i++)
		cnputc(' ');
	ed.shown = shown;
	ed.column = ed.at - ed.start;
	put_many('\b', i - ed.column);
}

/* The cursor goes to the character `at', or as near as there is one. */
static void
move_to(int at)
{
	ed.at = MAX(0, MIN(at, ed.len));
	redraw(ed.len);
}

/* Take the characters from `from' up to `to' out. */
static void
cut(int from, int to)
{
	memmove(ed.buf + from, ed.buf + to, ed.len - to);
	ed.len -= to - from;
	ed.at = from;
	redraw(from);
}

/* Take the word before the cursor out, and blanks behind it. */
static void
cut_word(void)
{
	int from = ed.at;

	while (from > 0 && isspace(ed.buf[from - 1]))
		from--;
	while (from > 0 && !isspace(ed.buf[from - 1]))
		from--;
	cut(from, ed.at);
}

/* Put a character in at the cursor; the bell rings if there is no room. */
static void
insert(int c)
{
	if (ed.len + 1 >= ed.size) {
		cnputc(BEL);
		return;
	}
	memmove(ed.buf + ed.at + 1, ed.buf + ed.at, ed.len - ed.at);
	ed.buf[ed.at++] = c;
	ed.len++;
	redraw(ed.at - 1);
}

/* Edit another line instead. */
static void
replace(const char *line)
{
	ed.len = strlcpy(ed.buf, line, ed.size);
	ed.len = MIN(ed.len, ed.size - 1);
	ed.at = ed.len;
	redraw(0);
}

/* Show the line that is `by' farther back in the history. */
static void
recall(int by)
{
	int back = ed.back + by;

	if (back < 0 || back > MIN(history_count, HISTORY_SIZE))
		return;
	ed.back = back;
	replace(back == 0 ? "" :
	    history[(history_count - back) % HISTORY_SIZE]);
}

/* Keep a line, unless it is empty or the last one again. */
static void
remember(const char *line)
{
	if (*line == '\0' || (history_count > 0 &&
	    strcmp(history[(history_count - 1) % HISTORY_SIZE], line) == 0))
		return;
	strlcpy(history[history_count++ % HISTORY_SIZE], line, DB_MAXLINE + 1);
}

/* A key that begins with ESC: the control character that does the same. */
static int
escaped_key(void)
{
	static const struct { char key, control; } keys[] = {
		{ 'A', CTRL('p') }, { 'B', CTRL('n') }, { 'C', CTRL('f') },
		{ 'D', CTRL('b') }, { 'H', CTRL('a') }, { 'F', CTRL('e') },
	};
	unsigned i;
	int c;

	c = cngetc();
	if (c != '[' && c != 'O')
		return (0);
	c = cngetc();
	for (i = 0; i < nitems(keys); i++)
		if (keys[i].key == c)
			return (keys[i].control);
	return (0);
}

/* Begin anew, on a row of its own. */
static void
show_again(void)
{
	cnputc('\n');
	ed.column = ed.shown = 0;
	redraw(0);
}

/* What one key does. */
static void
edit(int c)
{
	switch (c) {
	case CTRL('h'):
	case DEL:
		if (ed.at > 0)
			cut(ed.at - 1, ed.at);
		break;
	case CTRL('d'):
		if (ed.at < ed.len)
			cut(ed.at, ed.at + 1);
		break;
	case CTRL('b'):
		move_to(ed.at - 1);
		break;
	case CTRL('f'):
		move_to(ed.at + 1);
		break;
	case CTRL('a'):
		move_to(0);
		break;
	case CTRL('e'):
		move_to(ed.len);
		break;
	case CTRL('u'):
		cut(0, ed.len);
		break;
	case CTRL('k'):
		cut(ed.at, ed.len);
		break;
	case CTRL('w'):
		cut_word();
		break;
	case CTRL('p'):
		recall(1);
		break;
	case CTRL('n'):
		recall(-1);
		break;
	case CTRL('r'):
		show_again();
		break;
	case '\t':
		insert(' ');
		break;
	default:
		if (isprint(c))
			insert(c);
		break;
	}
}

int
db_readline(char *line, int size)
{
	int c;

	memset(&ed, 0, sizeof(ed));
	ed.buf = line;
	ed.size = size;
	while ((c = cngetc()) != '\n') {
		if (c == -1)
			return (-1);
		if (c == CTRL('c')) {
			ed.len = 0;
			break;
		}
		edit(c == ESC ? escaped_key() : c);
	}
	line[ed.len] = '\0';
	remember(line);
	db_printf("\n");
	return (ed.len);
}
