/*
 * db_lex.c: a line's words.
 *
 *	number	in $radix, or 0x 0t 0o and then hex, decimal, octal; it begins
 *		with a digit
 *	ident	letters, digits, _ . : and any character behind a \
 *	$ident	a variable
 *	the rest is signs of one or two characters
 *
 * [ddb/db_lex.c]
 */
#include <ddb/ddb.h>

#include <sys/ctype.h>
#include <sys/systm.h>

db_expr_t	db_tok_number;
char		db_tok_string[TOK_STRING_SIZE];

static const char	*db_line = "";	/* what is left of it */
static int		db_have_token;	/* one was given back: */
static enum db_token	db_token;

void
db_lex_init(const char *line)
{
	db_line = line;
	db_have_token = 0;
}

void
db_unread_token(enum db_token t)
{
	db_have_token = 1;
	db_token = t;
}

int
db_token_is(enum db_token t)
{
	enum db_token next;

	next = db_read_token();
	if (next == t)
		return (1);
	db_unread_token(next);
	return (0);
}

void
db_expect_eol(void)
{
	if (!db_token_is(tEOL))
		db_error("Syntax error\n");
}

/* The value of a digit; 36 if it is none. */
static int
digit_value(int c)
{
	if (isdigit(c))
		return (c - '0');
	return (isalpha(c) ? tolower(c) - 'a' + 10 : 36);
}

/* Digits, until something else comes; no letter may. */
static enum db_token
lex_number(void)
{
	uint32_t value = 0;
	int radix = db_radix, d;

	if (db_line[0] == '0' && db_line[1] != '\0' &&
	    strchr("xXtToO", db_line[1]) != NULL) {
		radix = tolower(db_line[1]) == 'x' ? 16 :
		    tolower(db_line[1]) == 't' ? 10 : 8;
		db_line += 2;
		if (digit_value(*db_line) >= radix)
			db_error("Bad character in number\n");
	}
	for (; (d = digit_value(*db_line)) < radix; db_line++)
		value = value * radix + d;
	if (d < 36 || *db_line == '_')
		db_error("Bad character in number\n");
	db_tok_number = value;
	return (tNUMBER);
}

static int
starts_ident(int c)
{
	return (isalpha(c) || c == '_' || c == '\\');
}

/* No identifier is longer than the line, and so than db_tok_string. */
static enum db_token
lex_ident(enum db_token t)
{
	size_t n = 0;

	while (starts_ident(*db_line) || isdigit(*db_line) ||
	    *db_line == '.' || *db_line == ':') {
		if (*db_line == '\\' && *++db_line == '\0')
			break;
		if (n + 1 >= sizeof(db_tok_string))
			db_error("String too long\n");
		db_tok_string[n++] = *db_line++;
	}
	db_tok_string[n] = '\0';
	return (t);
}

/* A sign: of two characters if it can be. */
static enum db_token
lex_sign(void)
{
	static const struct { char text[3]; enum db_token t; } signs[] = {
		{ "..", tDOTDOT }, { "<<", tSHIFT_L }, { ">>", tSHIFT_R },
		{ "+", tPLUS }, { "-", tMINUS }, { ".", tDOT }, { "*", tSTAR },
		{ "/", tSLASH }, { "=", tEQ }, { "(", tLPAREN },
		{ ")", tRPAREN }, { "%", tPCT }, { "#", tHASH },
		{ ",", tCOMMA }, { "\"", tDITTO }, { "~", tTILDE },
		{ "!", tEXCL },
	};
	unsigned i;
	size_t len;

	for (i = 0; i < nitems(signs); i++) {
		len = strlen(signs[i].text);
		if (strncmp(db_line, signs[i].text, len) == 0) {
			db_line += len;
			return (signs[i].t);
		}
	}
	db_error("Bad character\n");
}

enum db_token
db_read_token(void)
{
	if (db_have_token) {
		db_have_token = 0;
		return (db_token);
	}
	while (isspace(*db_line))
		db_line++;
	if (*db_line == '\0')
		return (tEOL);
	if (isdigit(*db_line))
		return (lex_number());
	if (starts_ident(*db_line))
		return (lex_ident(tIDENT));
	if (*db_line == '$') {
		db_line++;
		if (!starts_ident(*db_line))
			db_error("Bad character\n");
		return (lex_ident(tDOLLAR));
	}
	return (lex_sign());
}

void
db_read_modifier(char *modif, size_t size)
{
	size_t n = 0;

	if (!db_have_token && *db_line == '/') {
		for (db_line++; isalpha(*db_line) && n + 1 < size; db_line++)
			modif[n++] = *db_line;
		if (n == 0 || isalpha(*db_line))
			db_error("Bad modifier\n");
	}
	modif[n] = '\0';
}
