/*
 * Kinds of characters, of ASCII alone.
 *
 * [sys/ctype.h]
 */
#ifndef _SYS_CTYPE_H_
#define	_SYS_CTYPE_H_

static inline int
isdigit(int c)
{
	return (c >= '0' && c <= '9');
}

static inline int
isupper(int c)
{
	return (c >= 'A' && c <= 'Z');
}

static inline int
islower(int c)
{
	return (c >= 'a' && c <= 'z');
}

static inline int
isalpha(int c)
{
	return (isupper(c) || islower(c));
}

static inline int
isspace(int c)
{
	return (c == ' ' || (c >= '\t' && c <= '\r'));
}

static inline int
isprint(int c)
{
	return (c >= ' ' && c <= '~');
}

static inline int
tolower(int c)
{
	return (isupper(c) ? c - 'A' + 'a' : c);
}

#endif /* !_SYS_CTYPE_H_ */
