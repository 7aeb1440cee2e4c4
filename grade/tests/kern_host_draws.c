/*
 * What the kernel's library has in common with the host's: both get the same
 * drawn arguments, and any difference is a line and exit status 1.
 */
#include "grade/tests/kern_host.h"

unsigned long	host_strtoul(const char *s, char **end, int base) __asm__("strtoul");
long		host_strtol(const char *s, char **end, int base) __asm__("strtol");
unsigned long long host_strtoull(const char *s, char **end, int base) __asm__("strtoull");
void	*host_memmove(void *to, const void *from, size_t len) __asm__("memmove");
int	host_memcmp(const void *a, const void *b, size_t len) __asm__("memcmp");
int	host_strcmp(const char *a, const char *b) __asm__("strcmp");
int	host_strncmp(const char *a, const char *b, size_t len) __asm__("strncmp");
size_t	host_strlen(const char *s) __asm__("strlen");
size_t	host_strnlen(const char *s, size_t max) __asm__("strnlen");
char	*host_strchr(const char *s, int c) __asm__("strchr");
char	*host_strrchr(const char *s, int c) __asm__("strrchr");
char	*host_strstr(const char *s, const char *find) __asm__("strstr");

/* Of i386/memory.c, which keeps apart from what the compiler itself calls. */
void	*kern_memcpy(void *to, const void *from, size_t len);
void	*kern_memmove(void *to, const void *from, size_t len);
void	*kern_memset(void *to, int c, size_t len);
void	kern_bcopy(const void *from, void *to, size_t len);
void	kern_bzero(void *to, size_t len);

static int	differences;

static uint64_t
draw_value(void)
{
	static const uint64_t edges[] = { 0, 1, 7, 8, 9, 10, 15, 16, 99, 100, 127,
	    128, 255, 256, 32767, 32768, 65535, 65536, 0x7fffffff, 0x80000000,
	    0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000 };
	uint64_t n;

	if (draw(3) == 0)
		n = edges[draw(nitems(edges))];
	else
		n = ((uint64_t)draw(0xffffffff) << 32 | draw(0xffffffff)) >> draw(64);
	return (draw(3) == 0 ? -n : n);
}

/* ---------------------------------------------------------------- formats */

static void
compare(const char *fmt, ...)
{
	char ours[400], theirs[400];
	size_t size = draw(4) != 0 ? sizeof(ours) : draw(30);
	va_list ap, again;
	int n, m;

	kern_memset(ours, '#', sizeof(ours));
	kern_memset(theirs, '#', sizeof(theirs));
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(ours, size, fmt, ap);
	m = host_vsnprintf(theirs, size, fmt, again);
	va_end(again);
	va_end(ap);
	if (n == m && host_memcmp(ours, theirs, sizeof(ours)) == 0)
		return;
	differences++;
	ours[size > 0 ? size - 1 : 0] = theirs[size > 0 ? size - 1 : 0] = '\0';
	host_printf("`%s' into %d: ours `%s' (%d), the host's `%s' (%d)\n", fmt,
	    (int)size, ours, n, theirs, m);
}

/* A format with its width and precision in it or by `*'; *stars says which. */
static void
draw_format(char *fmt, const char *length, int conversion, int *stars)
{
	const char *flags = strchr("diouxX", conversion) == NULL ? "-" :
	    strchr("di", conversion) != NULL ? "-0+ " :
	    conversion == 'u' ? "-0" : "-0#";
	char *p = fmt;

	*stars = 0;
	p += sprintf(p, "<%%");
	for (int i = draw(4); i > 0; i--)
		*p++ = flags[draw(strlen(flags))];
	switch (draw(3)) {
	case 0:
		*p++ = '*';
		*stars |= 1;
		break;
	case 1:
		p += sprintf(p, "%u", 1 + draw(40));
	}
	if (conversion != 'c')
		switch (draw(4)) {
		case 0:
			p += sprintf(p, ".*");
			*stars |= 2;
			break;
		case 1:
			p += sprintf(p, ".%u", draw(30));
			break;
		case 2:
			p += sprintf(p, "%s", draw(4) == 0 ? "." : "");
		}
	sprintf(p, "%s%c>%%%%%%d", length, conversion);
}

#define	COMPARE(value) do {						\
	if (stars == 0)							\
		compare(fmt, value, 42);				\
	else if (stars == 1)						\
		compare(fmt, width, value, 42);				\
	else if (stars == 2)						\
		compare(fmt, precision, value, 42);			\
	else								\
		compare(fmt, width, precision, value, 42);		\
} while (0)

int
draw_formats(char **argv)
{
	static const char *const lengths[] = { "", "h", "hh", "l", "ll", "j", "z", "t" };
	static const char *const strings[] = { "", "a", "kernel", "a much longer one" };
	char fmt[64];
	int stars;

	seed(argv[1]);
	for (long n = strtol(argv[2], NULL, 0); n > 0; n--) {
		int length = draw(nitems(lengths)), conversion = "diouxXcs"[draw(8)];
		int width = (int)draw(60) - 30, precision = (int)draw(24) - 4;
		uint64_t value = draw_value();

		if (conversion == 'c' || conversion == 's')
			length = 0;
		draw_format(fmt, lengths[length], conversion, &stars);
		if (conversion == 's')
			COMPARE(strings[draw(nitems(strings))]);
		else if (conversion == 'c')
			COMPARE('a' + (int)draw(26));
		else if (length < 3)
			COMPARE((int)value);
		else if (length == 3 || length > 5)
			COMPARE((long)value);
		else
			COMPARE(value);
	}
	return (differences != 0);
}

/* ---------------------------------------------------------------- numbers */

static void
draw_text(char *text, size_t size, const char *from)
{
	size_t len = draw(size);

	for (size_t i = 0; i < len; i++)
		text[i] = from[draw(strlen(from))];
	text[len] = '\0';
}

int
draw_numbers(char **argv)
{
	static const char *const alphabets[] = { "0123456789", "0x1aF-+ ", "01 \t-+xXzZ9",
	    "7f", "0", "zZ9a" };
	char text[28], *end, *host_end;

	seed(argv[1]);
	for (long n = strtol(argv[2], NULL, 0); n > 0; n--) {
		int base = draw(2) ? 0 : draw(3) ? 10 + 6 * draw(2) : 2 + draw(35), wrong;

		draw_text(text, sizeof(text), alphabets[draw(nitems(alphabets))]);
		wrong = strtoul(text, &end, base) != host_strtoul(text, &host_end, base) ||
		    end != host_end;
		wrong |= strtol(text, &end, base) != host_strtol(text, &host_end, base) ||
		    end != host_end;
		wrong |= strtouq(text, &end, base) != host_strtoull(text, &host_end, base) ||
		    end != host_end;
		if (wrong)
			host_printf("`%s' in base %d\n", text, base);
		differences += wrong;
	}
	return (differences != 0);
}

uint64_t	kern___udivmoddi4(uint64_t n, uint64_t d, uint64_t *rest);
uint64_t	kern___udivdi3(uint64_t n, uint64_t d);
uint64_t	kern___umoddi3(uint64_t n, uint64_t d);
int64_t		kern___divdi3(int64_t n, int64_t d);
int64_t		kern___moddi3(int64_t n, int64_t d);

int
draw_divisions(char **argv)
{
	seed(argv[1]);
	for (long i = strtol(argv[2], NULL, 0); i > 0; i--) {
		uint64_t n = draw_value(), d = draw_value();
		int64_t sn = n, sd = d;

		if (d == 0)
			continue;
		if (kern___udivdi3(n, d) != n / d || kern___umoddi3(n, d) != n % d ||
		    (sd != -1 && (kern___divdi3(sn, sd) != sn / sd ||
		    kern___moddi3(sn, sd) != sn % sd))) {
			host_printf("%llx by %llx\n", (unsigned long long)n, (unsigned long long)d);
			differences++;
		}
	}
	return (differences != 0);
}

/* ---------------------------------------------------------------- strings */

static int
sign(int n)
{
	return ((n > 0) - (n < 0));
}

static int
strings_differ(const char *a, const char *b)
{
	size_t len = draw(8);
	int c = "abc"[draw(3)] * (draw(5) != 0);

	return (sign(strcmp(a, b)) != sign(host_strcmp(a, b)) ||
	    sign(strncmp(a, b, len)) != sign(host_strncmp(a, b, len)) ||
	    strlen(a) != host_strlen(a) || strnlen(a, len) != host_strnlen(a, len) ||
	    strchr(a, c) != host_strchr(a, c) || strrchr(a, c) != host_strrchr(a, c) ||
	    strstr(a, b) != host_strstr(a, b));
}

/* strlcpy() and strlcat() against what their contracts say. */
static int
copies_differ(const char *a, const char *b)
{
	char text[16];
	size_t size = draw(sizeof(text) + 1), have = size > 0 ? MIN(strlen(a), size - 1) : 0;
	int wrong;

	wrong = strlcpy(text, a, size) != strlen(a);
	if (size == 0)
		return (wrong);
	wrong |= host_memcmp(text, a, have) != 0 || text[have] != '\0';
	wrong |= strlcat(text, b, size) != have + strlen(b);
	wrong |= host_memcmp(text + have, b, MIN(strlen(b), size - 1 - have)) != 0;
	wrong |= text[MIN(have + strlen(b), size - 1)] != '\0';
	return (wrong);
}

/* Copies within one area, however they overlap. */
static int
moves_differ(void)
{
	char ours[80], theirs[80];
	size_t to = draw(40), from = draw(40), len = draw(40);

	for (unsigned int i = 0; i < sizeof(ours); i++)
		ours[i] = theirs[i] = draw(256);
	host_memmove(theirs + to, theirs + from, len);
	switch (draw(3)) {
	case 0:
		kern_bcopy(ours + from, ours + to, len);
		break;
	case 1:
		if (to <= from) {
			kern_memcpy(ours + to, ours + from, len);
			break;
		}
		/* FALLTHROUGH */
	default:
		kern_memmove(ours + to, ours + from, len);
	}
	kern_memset(ours + from, to, len);
	kern_bzero(ours + to, len / 2);
	for (unsigned int i = 0; i < len; i++)
		theirs[from + i] = to;
	for (unsigned int i = 0; i < len / 2; i++)
		theirs[to + i] = 0;
	to = draw(80);
	return (host_memcmp(ours, theirs, sizeof(ours)) != 0 ||
	    sign(memcmp(ours + to, ours + from, MIN(len, 80 - to))) !=
	    sign(host_memcmp(ours + to, ours + from, MIN(len, 80 - to))));
}

int
draw_strings(char **argv)
{
	char a[12], b[12];

	seed(argv[1]);
	for (long n = strtol(argv[2], NULL, 0); n > 0; n--) {
		draw_text(a, draw(2) ? 4 : sizeof(a), draw(2) ? "ab" : "abc\377");
		draw_text(b, draw(2) ? 3 : sizeof(b), draw(2) ? "ab" : "abc\377");
		if (strings_differ(a, b) || copies_differ(a, b) || moves_differ()) {
			host_printf("`%s', `%s'\n", a, b);
			differences++;
		}
	}
	return (differences != 0);
}
