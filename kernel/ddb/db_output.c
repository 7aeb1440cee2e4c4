/*
 * db_output.c: the debugger's printing.
 *
 * It goes to the console only: the message buffer keeps what the kernel had to
 * say, a trace for one that it has printed of itself.  The column is counted,
 * for tab stops and to break lines; and lines are, so that no more than $lines
 * of them pass before somebody has read them.
 *
 * [ddb/db_output.c]
 */
#include <ddb/ddb.h>

#include <sys/cons.h>
#include <sys/kdb.h>
#include <sys/systm.h>

#define	CTRL(c)		((c) & 0x1f)

int	db_tab_stop_width = 8;
int	db_max_width = 79;
int	db_lines_per_page = 20;		/* 0: all at once */
int	db_radix = 16;

static int db_output_position;		/* column */
static int db_newlines;			/* of this page */

void
db_reset_page(void)
{
	db_newlines = 0;
}

/*
 * The page is full.  A blank shows another, Enter a line, q ends the command.
 */
static void
db_more(void)
{
	static const char text[] = "--More--\r", erase[] = "        \r";
	const char *p;
	int c;

	for (p = text; *p != '\0'; p++)
		cnputc(*p);
	do {
		c = cngetc();
	} while (c != ' ' && c != '\n' && c != 'q' && c != CTRL('c') && c != -1);
	for (p = erase; *p != '\0'; p++)
		cnputc(*p);
	db_newlines = c == '\n' ? db_lines_per_page - 1 : 0;
	if ((c == 'q' || c == CTRL('c')) && db_in_command())
		db_error(NULL);
}

/* Go to the next tab stop; with blanks where the terminal has others. */
static void
db_put_tab(void)
{
	int width;

	width = db_tab_stop_width - db_output_position % db_tab_stop_width;
	db_output_position += width;
	if (db_tab_stop_width == 8)
		cnputc('\t');
	else
		for (; width > 0; width--)
			cnputc(' ');
}

/* For kvprintf(). */
void
db_putchar(int c, void *arg __unused)
{
	if (!kdb_active) {
		printf("%c", c);
		return;
	}
	if (c == '\t') {
		db_put_tab();
		return;
	}
	cnputc(c);
	if (c == '\n' || c == '\r')
		db_output_position = 0;
	else if (c == '\b')
		db_output_position -= db_output_position > 0;
	else
		db_output_position++;
	if (c == '\n' && db_lines_per_page > 0 &&
	    ++db_newlines >= db_lines_per_page)
		db_more();
}

void
db_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvprintf(fmt, db_putchar, NULL, db_radix, ap);
	va_end(ap);
}

int
db_print_position(void)
{
	return (db_output_position);
}

void
db_end_line(int width)
{
	if (db_output_position + width > db_max_width)
		db_printf("\n");
}
