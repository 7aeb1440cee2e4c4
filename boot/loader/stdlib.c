/*
 * stdlib.c: numbers from strings, options of commands, what an errno value
 * means, and the ways out.
 */
#include "stand.h"

#include <btx/btxv86.h>

int	errno;

char	*optarg;
int	optind = 1, optopt, optreset;

static const struct {
	int		error;
	const char	*text;
} errors[] = {
	{ 0,		"no error" },
	{ EPERM,	"operation not permitted" },
	{ ENOENT,	"no such file or directory" },
	{ EIO,		"input/output error" },
	{ ENXIO,	"device not configured" },
	{ ENOEXEC,	"exec format error" },
	{ EBADF,	"bad file descriptor" },
	{ ENOMEM,	"cannot allocate memory" },
	{ EEXIST,	"file exists" },
	{ ENODEV,	"no such device" },
	{ ENOTDIR,	"not a directory" },
	{ EISDIR,	"is a directory" },
	{ EINVAL,	"invalid argument" },
	{ EMFILE,	"too many open files" },
	{ EFBIG,	"does not fit in memory" },
	{ EROFS,	"read-only file system" },
	{ ERANGE,	"result too large" },
	{ ELOOP,	"too many levels of symbolic links" },
	{ ENAMETOOLONG,	"file name too long" },
	{ EFTYPE,	"inappropriate file type or format" },
	{ EUNIT,	"no such disk" },
	{ ESLICE,	"no such slice" },
	{ EPART,	"no such partition" },
	{ EOFFSET,	"outside the partition" },
};

const char *
strerror(int error)
{
	static char unknown[32];
	size_t i;

	for (i = 0; i < nitems(errors); i++)
		if (errors[i].error == error)
			return (errors[i].text);
	snprintf(unknown, sizeof(unknown), "unknown error %d", error);
	return (unknown);
}

/*
 * The value of `c' as a digit; 36 where it is none.
 */
static unsigned int
digit_value(int c)
{
	if (isdigit(c))
		return (c - '0');
	if (isalpha(c))
		return (tolower(c) - 'a' + 10);
	return (36);
}

/*
 * Skip blanks, a sign and the base's prefix; a base of 0 is settled by the
 * prefix.  Returns the first digit, or NULL where none follows.
 */
static const char *
number_start(const char *s, int *base, int *negative)
{
	while (isspace(*s))
		s++;
	*negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	if ((*base == 0 || *base == 16) && s[0] == '0' &&
	    tolower(s[1]) == 'x' && isxdigit(s[2])) {
		*base = 16;
		s += 2;
	} else if (*base == 0)
		*base = *s == '0' ? 8 : 10;
	return (digit_value(*s) < (unsigned int)*base ? s : NULL);
}

/*
 * The number at `s' without its sign; `limit' and ERANGE where it is more.
 */
static unsigned long
number_magnitude(const char *s, char **end, int base, unsigned long limit)
{
	unsigned long n = 0;
	unsigned int digit;
	int over = 0;

	for (; (digit = digit_value(*s)) < (unsigned int)base; s++) {
		if (n > (limit - digit) / base)
			over = 1;
		else
			n = n * base + digit;
	}
	if (end != NULL)
		*end = (char *)s;
	if (over) {
		errno = ERANGE;
		return (limit);
	}
	return (n);
}

long
strtol(const char *s, char **end, int base)
{
	const char *start;
	unsigned long n;
	int negative;

	if ((start = number_start(s, &base, &negative)) == NULL) {
		if (end != NULL)
			*end = (char *)s;
		return (0);
	}
	n = number_magnitude(start, end, base,
	    (unsigned long)INTPTR_MAX + negative);
	return (negative ? (long)-n : (long)n);
}

int
atoi(const char *s)
{
	return (strtol(s, NULL, 10));
}

/*
 * The next option letter of argv, -1 after the last, '?' for a letter that
 * `options' has not, ':' for a missing argument.  It prints nothing.
 */
int
getopt(int argc, char *const argv[], const char *options)
{
	static const char *place = "";
	const char *option;

	if (optreset || *place == '\0') {
		optreset = 0;
		place = "";
		if (optind >= argc || argv[optind][0] != '-' ||
		    argv[optind][1] == '\0')
			return (-1);
		place = argv[optind++] + 1;
		if (strcmp(place, "-") == 0) {
			place = "";
			return (-1);
		}
	}
	optopt = *place++;
	if (optopt == ':' || (option = strchr(options, optopt)) == NULL)
		return ('?');
	if (option[1] != ':')
		return (optopt);
	if (*place == '\0') {
		if (optind >= argc)
			return (':');
		place = argv[optind++];
	}
	optarg = (char *)place;
	place = "";
	return (optopt);
}

void
exit(int status)
{
	__exit(status);
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	printf("\npanic: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n--> Press a key on the console to reboot <--\n");
	getchar();
	exit(1);
}
