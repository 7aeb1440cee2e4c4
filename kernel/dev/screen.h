/*
 * A grid of characters with colours, a cursor, and what can be done to them:
 * write, move, erase, scroll.  It knows no hardware: the grid is an array in
 * VGA's text format, wherever that stands.  ansi.c says when to do what.
 *
 * Rows and columns count from 0.  The cursor is always in the grid.
 */
#ifndef _DEV_SCREEN_H_
#define	_DEV_SCREEN_H_

#include <stdint.h>

/* Rendition, before it is mixed into a colour byte. */
struct screen_attr {
	uint8_t	fg, bg;			/* 0 to 7, in ANSI's order */
	uint8_t	bold, blink, underline, reverse;
};

extern const struct screen_attr screen_attr_normal;	/* grey on black */

struct screen {
	uint16_t *cells;		/* low byte character, high byte colours */
	int	columns, rows;
	int	mono;			/* bits instead of colours */
	int	x, y;			/* the cursor */
	int	saved_x, saved_y;	/* where screen_save() saw it */
	int	top, bottom;		/* the rows that scroll, both inclusive */
	struct screen_attr attr, saved_attr;
};

/*
 * Begin with the grid as it is, and the cursor at (x, y), which is brought
 * into it.
 */
void	screen_init(struct screen *s, uint16_t *cells, int columns, int rows,
	    int mono, int x, int y);
/* As at first, but blank, and the cursor in the corner. */
void	screen_reset(struct screen *s);

/* A character at the cursor, which goes on: behind the last column, to the
 * next row. */
void	screen_write(struct screen *s, int c);
void	screen_backspace(struct screen *s);	/* also over the start of a row */
void	screen_tab(struct screen *s);
void	screen_backtab(struct screen *s, int n);
/* Down or up by a row; at the edge of the rows that scroll, these do. */
void	screen_linefeed(struct screen *s);
void	screen_reverse_linefeed(struct screen *s);
/* To (x, y), or as near as the grid allows. */
void	screen_goto(struct screen *s, int x, int y);
/* Keep cursor and rendition, and go back to them. */
void	screen_save(struct screen *s);
void	screen_restore(struct screen *s);

/* From the cursor on (0), up to it (1), all (2); of the grid or of its row. */
void	screen_erase_display(struct screen *s, int which);
void	screen_erase_line(struct screen *s, int which);
void	screen_erase_chars(struct screen *s, int n);
/* Make room for n characters at the cursor, or take n out of the row. */
void	screen_insert_chars(struct screen *s, int n);
void	screen_delete_chars(struct screen *s, int n);
/* The same of rows, if the cursor is in one that scrolls. */
void	screen_insert_rows(struct screen *s, int n);
void	screen_delete_rows(struct screen *s, int n);
/* Move what scrolls up by n rows; down if n is negative. */
void	screen_scroll(struct screen *s, int n);
/* Which rows scroll; the cursor goes to the corner.  Fewer than two, or such
 * as are not there, are refused. */
void	screen_set_region(struct screen *s, int top, int bottom);

#endif /* !_DEV_SCREEN_H_ */
