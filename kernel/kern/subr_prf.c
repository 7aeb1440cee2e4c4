/*
 * subr_prf.c: printing, to the console and the message buffer, and into
 * strings.  What the formats mean is in kvprintf.c.
 *
 * All may be called from anywhere, also before there is a console or a message
 * buffer: subr_msgbuf.c keeps the text for both.  An interrupt handler's line
 * can fall in the middle of another.
 */
#include <sys/systm.h>
#include <sys/cons.h>
#include <sys/msgbuf.h>

/* A string that is being written, and the room for its text. */
struct string {
	char	*next;
	size_t	left;			/* without the NUL */
};

static void
put_everywhere(int c, void *arg __unused)
{
	msgbuf_addchar(c);
	cnputc(c);
}

static void
put_into_msgbuf(int c, void *arg __unused)
{
	msgbuf_addchar(c);
}

static void
put_into_string(int c, void *arg)
{
	struct string *s = arg;

	if (s->left > 0) {
		*s->next++ = c;
		s->left--;
	}
}

int
vprintf(const char *fmt, va_list ap)
{
	return (kvprintf(fmt, put_everywhere, NULL, 10, ap));
}

int
printf(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vprintf(fmt, ap);
	va_end(ap);
	return (n);
}

/* `level' is one of <sys/syslog.h>'s; it comes before the text. */
void
log(int level, const char *fmt, ...)
{
	char prefix[16], *p;
	va_list ap;

	snprintf(prefix, sizeof(prefix), "<%d>", level);
	for (p = prefix; *p != '\0'; p++)
		msgbuf_addchar(*p);
	va_start(ap, fmt);
	kvprintf(fmt, put_into_msgbuf, NULL, 10, ap);
	va_end(ap);
}

/*
 * Returns how long the text would be; what has no room, with the NUL that
 * always ends it, is left out.
 */
int
vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct string s = { buf, size > 0 ? size - 1 : 0 };
	int n;

	n = kvprintf(fmt, put_into_string, &s, 10, ap);
	if (size > 0)
		*s.next = '\0';
	return (n);
}

int
snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return (n);
}

int
sprintf(char *buf, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kvprintf(fmt, NULL, buf, 10, ap);
	va_end(ap);
	buf[n] = '\0';
	return (n);
}
