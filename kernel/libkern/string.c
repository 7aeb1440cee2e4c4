/*
 * string.c: the string functions of the C library that the kernel uses, as
 * [C99] 7.21 has them, and BSD's strlcpy() and strlcat().
 *
 * What copies and clears memory is in i386/memory.c.
 */
#include <sys/systm.h>

int
memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *p = a, *q = b;

	for (; len > 0; len--, p++, q++)
		if (*p != *q)
			return (*p - *q);
	return (0);
}

int
bcmp(const void *a, const void *b, size_t len)
{
	return (memcmp(a, b, len));
}

size_t
strlen(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		;
	return (p - s);
}

size_t
strnlen(const char *s, size_t max)
{
	size_t len;

	for (len = 0; len < max && s[len] != '\0'; len++)
		;
	return (len);
}

/*
 * Copy as much of `from' as there is room for; `to' ends with a NUL, if it
 * has any size.  Returns the length of `from'.
 */
size_t
strlcpy(char *to, const char *from, size_t size)
{
	size_t len = strlen(from), n;

	if (size > 0) {
		n = MIN(len, size - 1);
		memcpy(to, from, n);
		to[n] = '\0';
	}
	return (len);
}

/*
 * The same, behind the string that is in `to'.  Returns the length that it
 * would have had.
 */
size_t
strlcat(char *to, const char *from, size_t size)
{
	size_t have = strnlen(to, size);

	return (have + strlcpy(to + have, from, size - have));
}

int
strcmp(const char *a, const char *b)
{
	for (; *a != '\0' && *a == *b; a++, b++)
		;
	return ((unsigned char)*a - (unsigned char)*b);
}

int
strncmp(const char *a, const char *b, size_t len)
{
	for (; len > 0 && *a != '\0' && *a == *b; len--, a++, b++)
		;
	return (len == 0 ? 0 : (unsigned char)*a - (unsigned char)*b);
}

char *
strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (*s == '\0')
			return (NULL);
	return ((char *)s);
}

char *
strrchr(const char *s, int c)
{
	const char *found = NULL;

	do
		if (*s == (char)c)
			found = s;
	while (*s++ != '\0');
	return ((char *)found);
}

char *
strstr(const char *s, const char *find)
{
	size_t len = strlen(find);

	for (; strncmp(s, find, len) != 0; s++)
		if (*s == '\0')
			return (NULL);
	return ((char *)s);
}
