/*
 * kern_environment.c: the kernel's environment, as the loader wrote it behind
 * the kernel:
 *
 *	kern.hz=100\0hw.physmem=64m\0 ... \0
 *	^ kern_envp                      ^ an empty string ends it
 *
 * It is read only, and nothing is copied.  A string without '=' is no
 * variable.  Where a name stands twice, the first counts.
 */
#include <sys/systm.h>
#include <sys/ctype.h>
#include <sys/kernel.h>

char	*kern_envp;

/* Behind the last string that has its NUL: no walk goes further. */
static const char *kern_envend;

int
init_static_kenv(char *envp, const char *end)
{
	const char *p;
	size_t len;

	kern_envp = envp;
	kern_envend = envp;
	if (envp == NULL)
		return (0);
	for (p = envp; p < end; p += len + 1) {
		len = strnlen(p, end - p);
		if (p + len == end)
			break;
		if (len == 0)
			return (0);
		kern_envend = p + len + 1;
	}
	printf("The loader's environment has no end: what is whole of it counts\n");
	return (-1);
}

const char *
kenv_next(const char *string)
{
	const char *next;

	next = string == NULL ? kern_envp : string + strlen(string) + 1;
	return (next != NULL && next < kern_envend ? next : NULL);
}

char *
getenv(const char *name)
{
	size_t len = strlen(name);
	const char *p;

	for (p = kenv_next(NULL); p != NULL; p = kenv_next(p))
		if (strncmp(p, name, len) == 0 && p[len] == '=')
			return ((char *)p + len + 1);
	return (NULL);
}

int
getenv_string(const char *name, char *value, size_t size)
{
	const char *s;

	if ((s = getenv(name)) == NULL)
		return (0);
	strlcpy(value, s, size);
	return (1);
}

/*
 * The number at the start of a variable's value, decimal, 0x or 0, and in
 * *end what follows it.  Returns 0 if there is none or it has more than 64
 * bits.  *negative says that there was a minus before it.
 */
static int
getenv_number(const char *name, uint64_t *value, int *negative,
    const char **end)
{
	const char *s;
	char *rest;

	if ((s = getenv(name)) == NULL)
		return (0);
	while (isspace(*s))
		s++;
	*negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	if (!isdigit(*s))
		return (0);
	*value = strtouq(s, &rest, 0);
	*end = rest;
	return (*value != UINT64_MAX);
}

int
getenv_int(const char *name, int *value)
{
	const uint64_t most = 0x7fffffff;
	const char *end;
	uint64_t n;
	int negative;

	if (!getenv_number(name, &n, &negative, &end) || *end != '\0' ||
	    n > most + negative)
		return (0);
	*value = negative ? -(int64_t)n : (int64_t)n;
	return (1);
}

int
getenv_ulong(const char *name, unsigned long *value)
{
	const char *end;
	uint64_t n;
	int negative;

	if (!getenv_number(name, &n, &negative, &end) || *end != '\0' ||
	    negative || n > (unsigned long)-1)
		return (0);
	*value = n;
	return (1);
}

int
getenv_quad(const char *name, uint64_t *value)
{
	const char *end;
	uint64_t n;
	int negative, shift;

	if (!getenv_number(name, &n, &negative, &end) || negative)
		return (0);
	shift = 0;
	switch (tolower(*end)) {
	case 'g':
		shift += 10;
		/* FALLTHROUGH */
	case 'm':
		shift += 10;
		/* FALLTHROUGH */
	case 'k':
		shift += 10;
		end++;
	}
	if (*end != '\0' || n > UINT64_MAX >> shift)
		return (0);
	*value = n << shift;
	return (1);
}

/* ---------------------------------------------------------------- TUNABLE_ */

/* SYSINIT's way to a variable: `data' is a struct tunable. */
void
tunable_init(const void *data)
{
	const struct tunable *t = data;
	int set = 1;

	if (getenv(t->path) == NULL)
		return;
	switch (t->type) {
	case TUNABLE_TYPE_INT:
		set = getenv_int(t->path, t->var);
		break;
	case TUNABLE_TYPE_ULONG:
		set = getenv_ulong(t->path, t->var);
		break;
	case TUNABLE_TYPE_QUAD:
		set = getenv_quad(t->path, t->var);
		break;
	case TUNABLE_TYPE_STR:
		set = getenv_string(t->path, t->var, t->size);
		break;
	}
	if (!set)
		printf("%s=\"%.40s\" makes no sense\n", t->path, getenv(t->path));
}
