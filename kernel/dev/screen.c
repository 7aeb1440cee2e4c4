/*
 * screen.c: the grid behind a terminal (see screen.h).
 *
 * All of it comes down to two: screen_erase() blanks cells that follow each
 * other, screen_move() moves some that do.  Rows follow each other without a
 * gap, so both go over the ends of rows.
 */
#include <dev/screen.h>

#include <sys/systm.h>

#define	TABSTOP		8

/* The colour byte. */
#define	ATTR_BRIGHT	0x08		/* the foreground */
#define	ATTR_BLINK	0x80
#define	MONO_UNDERLINE	0x01
#define	MONO_NORMAL	0x07
#define	MONO_REVERSE	0x70

const struct screen_attr screen_attr_normal = { .fg = 7, .bg = 0 };

/* ---------------------------------------------------------------- cells */

/* A character in the colours that are set. */
static uint16_t
screen_cell(const struct screen *s, int c)
{
	/* VGA has blue in bit 0 and red in bit 2, ANSI the other way round. */
	static const uint8_t vga[8] = { 0, 4, 2, 6, 1, 5, 3, 7 };
	const struct screen_attr *a = &s->attr;
	int colours;

	if (s->mono)
		colours = a->reverse ? MONO_REVERSE :
		    a->underline ? MONO_UNDERLINE : MONO_NORMAL;
	else if (a->reverse)
		colours = vga[a->fg] << 4 | vga[a->bg];
	else
		colours = vga[a->bg] << 4 | vga[a->fg];
	if (a->bold)
		colours |= ATTR_BRIGHT;
	if (a->blink)
		colours |= ATTR_BLINK;
	return (colours << 8 | (c & 0xff));
}

/* Blank `count' cells from (x, y) on. */
static void
screen_erase(struct screen *s, int x, int y, int count)
{
	uint16_t *cell = &s->cells[y * s->columns + x];
	uint16_t blank = screen_cell(s, ' ');

	while (count-- > 0)
		*cell++ = blank;
}

/* Move `count' cells; the two places may overlap. */
static void
screen_move(struct screen *s, int to, int from, int count)
{
	memmove(&s->cells[to], &s->cells[from], count * sizeof(*s->cells));
}

/* Move the rows from `top' to the last that scrolls up by n, or down by -n. */
static void
screen_scroll_from(struct screen *s, int top, int n)
{
	int height = s->bottom - top + 1;
	int distance = MIN(n < 0 ? -n : n, height);
	int kept = (height - distance) * s->columns;
	int first = top * s->columns, moved = distance * s->columns;

	if (n > 0) {
		screen_move(s, first, first + moved, kept);
		screen_erase(s, 0, s->bottom - distance + 1, moved);
	} else {
		screen_move(s, first + moved, first, kept);
		screen_erase(s, 0, top, moved);
	}
}

void
screen_scroll(struct screen *s, int n)
{
	screen_scroll_from(s, s->top, n);
}

/* ---------------------------------------------------------------- the cursor */

void
screen_goto(struct screen *s, int x, int y)
{
	s->x = MAX(0, MIN(x, s->columns - 1));
	s->y = MAX(0, MIN(y, s->rows - 1));
}

void
screen_linefeed(struct screen *s)
{
	if (s->y == s->bottom)
		screen_scroll(s, 1);
	else if (s->y < s->rows - 1)
		s->y++;
}

void
screen_reverse_linefeed(struct screen *s)
{
	if (s->y == s->top)
		screen_scroll(s, -1);
	else if (s->y > 0)
		s->y--;
}

/* Step right; behind the last column, on in the next row. */
static void
screen_advance(struct screen *s, int n)
{
	s->x += n;
	if (s->x >= s->columns) {
		s->x = 0;
		screen_linefeed(s);
	}
}

void
screen_write(struct screen *s, int c)
{
	s->cells[s->y * s->columns + s->x] = screen_cell(s, c);
	screen_advance(s, 1);
}

void
screen_tab(struct screen *s)
{
	screen_advance(s, TABSTOP - s->x % TABSTOP);
}

void
screen_backtab(struct screen *s, int n)
{
	screen_goto(s, (howmany(s->x, TABSTOP) - n) * TABSTOP, s->y);
}

void
screen_backspace(struct screen *s)
{
	if (s->x > 0)
		s->x--;
	else if (s->y > 0)
		screen_goto(s, s->columns - 1, s->y - 1);
}

void
screen_save(struct screen *s)
{
	s->saved_x = s->x;
	s->saved_y = s->y;
	s->saved_attr = s->attr;
}

void
screen_restore(struct screen *s)
{
	s->x = s->saved_x;
	s->y = s->saved_y;
	s->attr = s->saved_attr;
}

/* ---------------------------------------------------------------- erase, insert, delete */

void
screen_erase_display(struct screen *s, int which)
{
	int all = s->rows * s->columns, here = s->y * s->columns + s->x;

	if (which == 0)
		screen_erase(s, s->x, s->y, all - here);
	else if (which == 1)
		screen_erase(s, 0, 0, here + 1);
	else if (which == 2)
		screen_erase(s, 0, 0, all);
}

void
screen_erase_line(struct screen *s, int which)
{
	if (which == 0)
		screen_erase(s, s->x, s->y, s->columns - s->x);
	else if (which == 1)
		screen_erase(s, 0, s->y, s->x + 1);
	else if (which == 2)
		screen_erase(s, 0, s->y, s->columns);
}

void
screen_erase_chars(struct screen *s, int n)
{
	screen_erase(s, s->x, s->y, MIN(n, s->columns - s->x));
}

void
screen_insert_chars(struct screen *s, int n)
{
	int here = s->y * s->columns + s->x;
	int rest = s->columns - s->x;

	n = MIN(n, rest);
	screen_move(s, here + n, here, rest - n);
	screen_erase(s, s->x, s->y, n);
}

void
screen_delete_chars(struct screen *s, int n)
{
	int here = s->y * s->columns + s->x;
	int rest = s->columns - s->x;

	n = MIN(n, rest);
	screen_move(s, here, here + n, rest - n);
	screen_erase(s, s->columns - n, s->y, n);
}

void
screen_insert_rows(struct screen *s, int n)
{
	if (s->y >= s->top && s->y <= s->bottom)
		screen_scroll_from(s, s->y, -n);
}

void
screen_delete_rows(struct screen *s, int n)
{
	if (s->y >= s->top && s->y <= s->bottom)
		screen_scroll_from(s, s->y, n);
}

/* ---------------------------------------------------------------- all of it */

void
screen_set_region(struct screen *s, int top, int bottom)
{
	if (top < 0 || top >= bottom || bottom >= s->rows)
		return;
	s->top = top;
	s->bottom = bottom;
	screen_goto(s, 0, 0);
}

void
screen_init(struct screen *s, uint16_t *cells, int columns, int rows,
    int mono, int x, int y)
{
	memset(s, 0, sizeof(*s));
	s->cells = cells;
	s->columns = columns;
	s->rows = rows;
	s->mono = mono;
	s->attr = screen_attr_normal;
	s->bottom = rows - 1;
	screen_save(s);
	screen_goto(s, x, y);
}

void
screen_reset(struct screen *s)
{
	screen_init(s, s->cells, s->columns, s->rows, s->mono, 0, 0);
	screen_erase_display(s, 2);
}
