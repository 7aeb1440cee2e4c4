/*
 * line.c: reading lines, from the console with editing and history, and from
 * files.
 *
 *	Backspace, Del	the character to the left	^U	the whole line
 *	^D, Delete	the one under the cursor	^K	from there to the end
 *	^B, Left	back by one			^W	the word to the left
 *	^F, Right	forward by one			^P, Up	  the line before
 *	^A, Home	to the start			^N, Down  the line after
 *	^E, End		to the end
 *
 * A long line slides through a window that fits on a row of the screen, for
 * no terminal moves its cursor back over the end of a row.
 */
#include "loader.h"

#define	CTRL(c)		((c) & 0x1f)
#define	BEL		7
#define	ESC		033
#define	DEL		0177
#define	WINDOW		72	/* 80, less a short prompt and the last column */
#define	HISTORY_SIZE	16
#define	LONGEST		65536	/* line of a text file */

/* The line being edited. */
struct editor {
	char	*buf;		/* not ended by NUL before Enter */
	size_t	size;		/* of buf */
	size_t	len;		/* characters in it */
	size_t	at;		/* where the cursor is */
	size_t	start;		/* first one in the window */
	size_t	shown;		/* how many of the window's columns are used */
	size_t	column;		/* of the cursor, in the window */
	int	back;		/* 0: this line; n: the n-th before it is shown */
	char	draft[LINE_SIZE];	/* this line, while another is shown */
};

/* The last lines; number n is in history[n % HISTORY_SIZE]. */
static char	history[HISTORY_SIZE][LINE_SIZE];
static int	history_count;

/* Remember a line, unless it is empty or the last one again. */
void
history_add(const char *line)
{
	if (*line == '\0' || (history_count > 0 &&
	    strcmp(history[(history_count - 1) % HISTORY_SIZE], line) == 0))
		return;
	strlcpy(history[history_count++ % HISTORY_SIZE], line, LINE_SIZE);
}

static void
put_many(int c, size_t n)
{
	while (n-- > 0)
		putchar(c);
}

/* Show the line anew from the window's column `from'. */
static void
redraw(struct editor *ed, size_t from)
{
	size_t i, shown;

	if (ed->at < ed->start || ed->at >= ed->start + WINDOW) {
		ed->start = ed->at < WINDOW / 2 ? 0 : ed->at - WINDOW / 2;
		from = 0;
	}
	for (; ed->column > from; ed->column--)
		putchar('\b');
	shown = min(ed->len - ed->start, (size_t)WINDOW);
	for (i = ed->column; i < shown; i++)
		putchar(ed->buf[ed->start + i]);
	for (; i < ed->shown; i++)
		putchar(' ');
	ed->shown = shown;
	ed->column = ed->at - ed->start;
	put_many('\b', i - ed->column);
}

static void
move_to(struct editor *ed, size_t at)
{
	ed->at = at;
	redraw(ed, ed->column);
}

/* Take the characters from..to out; the cursor goes there. */
static void
delete(struct editor *ed, size_t from, size_t to)
{
	memmove(ed->buf + from, ed->buf + to, ed->len - to);
	ed->len -= to - from;
	ed->at = from;
	redraw(ed, from > ed->start ? from - ed->start : 0);
}

static void
insert(struct editor *ed, int c)
{
	if (ed->len + 1 >= ed->size) {
		putchar(BEL);
		return;
	}
	memmove(ed->buf + ed->at + 1, ed->buf + ed->at, ed->len - ed->at);
	ed->buf[ed->at++] = c;
	ed->len++;
	redraw(ed, ed->column);
}

/* Where the word to the left of the cursor begins. */
static size_t
word_start(const struct editor *ed)
{
	size_t at;

	for (at = ed->at; at > 0 && isspace(ed->buf[at - 1]); at--)
		;
	for (; at > 0 && !isspace(ed->buf[at - 1]); at--)
		;
	return (at);
}

/* Show the line that is `back' lines before this one. */
static void
recall(struct editor *ed, int back)
{
	if (back < 0 || back > min(history_count, HISTORY_SIZE)) {
		putchar(BEL);
		return;
	}
	if (ed->back == 0) {
		ed->buf[ed->len] = '\0';
		strlcpy(ed->draft, ed->buf, sizeof(ed->draft));
	}
	ed->back = back;
	strlcpy(ed->buf, back == 0 ? ed->draft :
	    history[(history_count - back) % HISTORY_SIZE], ed->size);
	ed->at = ed->len = strlen(ed->buf);
	redraw(ed, 0);
}

/*
 * A key as a control character: the sequences that a terminal sends for
 * arrows and the like become their namesakes, others 0.
 */
static int
get_key(void)
{
	int c, number;

	if ((c = getchar()) != ESC)
		return (c);
	if ((c = getchar()) != '[' && c != 'O')
		return (0);
	number = 0;
	while (isdigit(c = getchar()) || c == ';')
		number = c == ';' ? 0 : (number * 10 + c - '0') % 100;
	switch (c) {
	case 'A':
		return (CTRL('P'));
	case 'B':
		return (CTRL('N'));
	case 'C':
		return (CTRL('F'));
	case 'D':
		return (CTRL('B'));
	case 'H':
		return (CTRL('A'));
	case 'F':
		return (CTRL('E'));
	case '~':
		return (number == 3 ? CTRL('D') : number == 1 || number == 7 ? CTRL('A') :
		    number == 4 || number == 8 ? CTRL('E') : 0);
	default:
		return (0);
	}
}

/* Do what an editing key asks for. */
static void
edit(struct editor *ed, int c)
{
	switch (c) {
	case CTRL('A'):
		move_to(ed, 0);
		break;
	case CTRL('E'):
		move_to(ed, ed->len);
		break;
	case CTRL('B'):
		move_to(ed, ed->at - (ed->at > 0));
		break;
	case CTRL('F'):
		move_to(ed, ed->at + (ed->at < ed->len));
		break;
	case CTRL('P'):
		recall(ed, ed->back + 1);
		break;
	case CTRL('N'):
		recall(ed, ed->back - 1);
		break;
	case '\b': case DEL:
		delete(ed, ed->at - (ed->at > 0), ed->at);
		break;
	case CTRL('D'):
		delete(ed, ed->at, ed->at + (ed->at < ed->len));
		break;
	case CTRL('K'):
		delete(ed, ed->at, ed->len);
		break;
	case CTRL('U'):
		delete(ed, 0, ed->len);
		break;
	case CTRL('W'):
		delete(ed, word_start(ed), ed->at);
		break;
	}
}

/*
 * Read a line from the console into buf, without its end, with editing and
 * history; at most size - 1 characters, what is typed beyond rings the bell.
 */
void
ngets(char *buf, size_t size)
{
	struct editor ed = { .buf = buf, .size = size };
	int c;

	while ((c = get_key()) != '\r' && c != '\n') {
		if (isprint(c))
			insert(&ed, c);
		else if (c == '\t')
			insert(&ed, ' ');
		else
			edit(&ed, c);
	}
	buf[ed.len] = '\0';
	putchar('\n');
}

/* A line's end in a piece of a file, its NUL, or the piece's end. */
static ssize_t
find_end(const char *piece, ssize_t size)
{
	ssize_t i;

	for (i = 0; i < size && piece[i] != '\n' && piece[i] != '\0'; i++)
		;
	return (i);
}

/*
 * Read a line from a file, without its end and a '\r' before it.  Returns its
 * length, or -1: at the end of the file with errno 0, in what is no text (a
 * NUL, 64 KB without an end) with EFTYPE, otherwise read()'s.  Of a longer
 * line comes what fits, and the length returned is `size' or more.
 *
 * The file is read in pieces, and what lies behind the line is given back:
 * a call of read() for each character would cost more than all the rest.
 */
int
fgetstr(char *buf, size_t size, int fd)
{
	char piece[128];
	ssize_t end, got;
	size_t len;

	len = 0;
	end = 0;
	while ((got = read(fd, piece, sizeof(piece))) > 0) {
		end = find_end(piece, got);
		if (len < size - 1)
			memcpy(buf + len, piece, min((size_t)end, size - 1 - len));
		len += end;
		if (end < got || len >= LONGEST)
			break;
	}
	if (got < 0 || (got == 0 && len == 0)) {
		errno = got < 0 ? errno : 0;
		return (-1);
	}
	if (len >= LONGEST || (end < got && piece[end] == '\0')) {
		errno = EFTYPE;
		return (-1);
	}
	if (got > 0)
		lseek(fd, end + 1 - got, SEEK_CUR);
	if (len > 0 && len < size && buf[len - 1] == '\r')
		len--;
	buf[min(len, size - 1)] = '\0';
	return (len);
}
