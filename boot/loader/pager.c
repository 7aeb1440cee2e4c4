/*
 * pager.c: output by the screen.  After as many lines as the variable LINES
 * says, less one, it waits for a key.
 */
#include "loader.h"

#define	DEFAULT_LINES	24

static const char more[] = "--more--  <space> page down <enter> line down <q> quit ";

static int	lines_left;

static int
page_lines(void)
{
	const char *value;
	int lines;

	value = getenv("LINES");
	lines = value != NULL ? atoi(value) : 0;
	return ((lines > 1 ? lines : DEFAULT_LINES) - 1);
}

void
pager_open(void)
{
	lines_left = page_lines();
}

void
pager_close(void)
{
	lines_left = 0;
}

/* Ask the user: 1 when he has had enough. */
static int
pager_ask(void)
{
	int c;

	printf("%s", more);
	do {
		c = getchar();
	} while (c != ' ' && c != '\r' && c != '\n' && c != 'q' && c != 'Q');
	printf("\r%*s\r", (int)sizeof(more) - 1, "");
	if (c == ' ')
		lines_left = page_lines();
	else if (c != 'q' && c != 'Q')
		lines_left = 1;
	return (c == 'q' || c == 'Q');
}

/* Print text, of any number of lines; 1 when the user has had enough. */
int
pager_output(const char *text)
{
	for (; *text != '\0'; text++) {
		if (lines_left == 0 && pager_ask())
			return (1);
		putchar(*text);
		if (*text == '\n')
			lines_left--;
	}
	return (0);
}

int
pager_printf(const char *fmt, ...)
{
	char text[LINE_SIZE * 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return (pager_output(text));
}

/* Show a file: 0, 1 had enough, -1 and errno; EFTYPE: it is no text. */
int
pager_file(const char *path)
{
	char text[LINE_SIZE];
	ssize_t got;
	int fd, result;

	if ((fd = open(path, O_RDONLY)) < 0)
		return (-1);
	result = 0;
	while (result == 0 && (got = read(fd, text, sizeof(text) - 1)) != 0) {
		if (got > 0 && memchr(text, '\0', got) != NULL) {
			errno = EFTYPE;
			got = -1;
		}
		text[max(got, 0)] = '\0';
		result = got < 0 ? -1 : pager_output(text);
	}
	close(fd);
	return (result);
}
