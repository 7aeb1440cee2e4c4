/*
 * string.c: the string functions of the C library that the loader uses, as
 * [C99] 7.21 has them, and BSD's strlcpy(), strlcat(), strsep().
 */
#include "stand.h"

void *
memchr(const void *s, int c, size_t len)
{
	const uint8_t *p;

	for (p = s; len > 0; len--, p++)
		if (*p == (uint8_t)c)
			return ((void *)p);
	return (NULL);
}

size_t
strlen(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		;
	return (p - s);
}

char *
strcpy(char *dst, const char *src)
{
	memcpy(dst, src, strlen(src) + 1);
	return (dst);
}

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src), n;

	if (size > 0) {
		n = min(len, size - 1);
		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return (len);
}

size_t
strlcat(char *dst, const char *src, size_t size)
{
	size_t have;

	for (have = 0; have < size && dst[have] != '\0'; have++)
		;
	return (have + strlcpy(dst + have, src, size - have));
}

char *
strcat(char *dst, const char *src)
{
	strcpy(dst + strlen(dst), src);
	return (dst);
}

int
strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return ((uint8_t)*a - (uint8_t)*b);
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++)
		if (*a != *b || *a == '\0')
			return ((uint8_t)*a - (uint8_t)*b);
	return (0);
}

int
strcasecmp(const char *a, const char *b)
{
	return (strncasecmp(a, b, SIZE_MAX));
}

int
strncasecmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++)
		if (tolower((uint8_t)*a) != tolower((uint8_t)*b) || *a == '\0')
			return (tolower((uint8_t)*a) - tolower((uint8_t)*b));
	return (0);
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
strstr(const char *s, const char *find)
{
	size_t len = strlen(find);

	for (; *s != '\0' || len == 0; s++)
		if (strncmp(s, find, len) == 0)
			return ((char *)s);
	return (NULL);
}

/*
 * The bytes at the start of `s' that are all in `set'.
 */
size_t
strspn(const char *s, const char *set)
{
	size_t n;

	for (n = 0; s[n] != '\0' && strchr(set, s[n]) != NULL; n++)
		;
	return (n);
}

/*
 * The bytes at the start of `s' of which none is in `set'.
 */
size_t
strcspn(const char *s, const char *set)
{
	size_t n;

	for (n = 0; s[n] != '\0' && strchr(set, s[n]) == NULL; n++)
		;
	return (n);
}

/*
 * Cut the next field off *sp at the first byte that is in `delim', and move
 * *sp behind it, or to NULL after the last.  Fields may be empty.
 */
char *
strsep(char **sp, const char *delim)
{
	char *field = *sp, *end;

	if (field == NULL)
		return (NULL);
	end = field + strcspn(field, delim);
	*sp = *end == '\0' ? NULL : end + 1;
	*end = '\0';
	return (field);
}

char *
strdup(const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = malloc(size);

	if (copy != NULL)
		memcpy(copy, s, size);
	return (copy);
}
