/*
 * interp_parse.c: how a line becomes words.
 *
 *	blanks		part words
 *	"..."		one word, or a part of one; $ and \ work inside
 *	'...'		the same, and nothing works inside
 *	\n \t \r \e	newline, tab, return, escape; \ takes the meaning from
 *			any other character
 *	$name ${name}	a variable's value, which is not cut up nor looked at
 *			again; nothing where there is none
 *	# ...		at the start of a word: a comment to the end
 *	\ ...		at the start of the line, before a blank: the same,
 *			so that a loader.rc written for the Forth loader can
 *			be read
 *
 * FreeBSD's simple interpreter ends $name at the next blank and lets either
 * quote close the other; here a name ends where it cannot go on.
 */
#include "loader.h"

#define	TEXT_SIZE	1024	/* all words of a line, expanded */

/* What parse() gives out: the vector is the first member. */
struct words {
	char	*argv[MAXARGS + 1];
	char	text[TEXT_SIZE];
};

struct parser {
	const char	*p;	/* the next character of the line */
	char		*out, *end;	/* where the words go */
	const char	*error;	/* NULL: all is well */
};

static void
put(struct parser *ps, char c)
{
	if (ps->out < ps->end)
		*ps->out++ = c;
	else
		ps->error = "line too long";
}

static int
is_name(int c)
{
	return (isalnum(c) || c == '_' || c == '.' || c == '-');
}

/* p is at a '$': put the variable's value, or the '$' when no name follows. */
static void
parse_variable(struct parser *ps)
{
	char name[LINE_SIZE];
	const char *from, *value;
	size_t len;
	int braced;

	from = ps->p + 1;
	braced = *from == '{';
	from += braced;
	for (len = 0; braced ? from[len] != '}' && from[len] != '\0' :
	    is_name(from[len]); len++)
		;
	if (braced && from[len] == '\0') {
		ps->error = "missing }";
		return;
	}
	if (!braced && len == 0) {
		put(ps, *ps->p++);
		return;
	}
	if (len >= sizeof(name)) {
		ps->error = "line too long";
		return;
	}
	memcpy(name, from, len);
	name[len] = '\0';
	ps->p = from + len + braced;
	for (value = getenv(name); value != NULL && *value != '\0'; value++)
		put(ps, *value);
}

/* p is at a '\': put what it stands for; at the line's end, itself. */
static void
parse_backslash(struct parser *ps)
{
	static const char letters[] = "ntre", meanings[] = "\n\t\r\033";
	const char *letter;
	char c;

	c = ps->p[1];
	if (c == '\0') {
		put(ps, *ps->p++);
		return;
	}
	letter = strchr(letters, c);
	put(ps, letter != NULL ? meanings[letter - letters] : c);
	ps->p += 2;
}

/* Put one word, and its NUL. */
static void
parse_word(struct parser *ps)
{
	char quote;

	quote = '\0';
	while (ps->error == NULL && *ps->p != '\0' && (quote != '\0' || !isspace(*ps->p))) {
		if (quote == '\0' && (*ps->p == '"' || *ps->p == '\''))
			quote = *ps->p++;
		else if (quote != '\0' && *ps->p == quote) {
			quote = '\0';
			ps->p++;
		} else if (quote == '\'')
			put(ps, *ps->p++);
		else if (*ps->p == '$')
			parse_variable(ps);
		else if (*ps->p == '\\')
			parse_backslash(ps);
		else
			put(ps, *ps->p++);
	}
	if (quote != '\0')
		ps->error = "missing quote";
	put(ps, '\0');
}

/* A word of nothing but an unset $variable is no word, unless it is quoted. */
static int
is_word(const char *word, const char *from, const char *to)
{
	if (*word != '\0')
		return (1);
	for (; from < to; from++)
		if (*from == '"' || *from == '\'')
			return (1);
	return (0);
}

/*
 * Cut a line into words.  Returns NULL, with their number in *argcp and in
 * *argvp a vector in one piece for free(), which ends in a null pointer; or
 * the reason why not.
 */
const char *
parse(int *argcp, char ***argvp, const char *line)
{
	struct words *words;
	struct parser ps;
	const char *from;
	char *word;
	int argc;

	if ((words = malloc(sizeof(*words))) == NULL)
		return ("out of memory");
	ps = (struct parser){ line, words->text, words->text + TEXT_SIZE, NULL };
	argc = 0;
	while (isspace(*ps.p))
		ps.p++;
	if (ps.p[0] == '\\' && (ps.p[1] == '\0' || isspace(ps.p[1])))
		ps.p += strlen(ps.p);
	while (ps.error == NULL) {
		while (isspace(*ps.p))
			ps.p++;
		if (*ps.p == '\0' || *ps.p == '#')
			break;
		from = ps.p;
		word = ps.out;
		parse_word(&ps);
		if (ps.error != NULL || !is_word(word, from, ps.p))
			continue;
		if (argc == MAXARGS)
			ps.error = "too many words";
		else
			words->argv[argc++] = word;
	}
	words->argv[argc] = NULL;
	if (ps.error != NULL) {
		free(words);
		return (ps.error);
	}
	*argcp = argc;
	*argvp = words->argv;
	return (NULL);
}

/* The words of argv, one blank between them, from malloc(); NULL if none. */
char *
unargv(int argc, char *argv[])
{
	char *text;
	size_t size;
	int i;

	if (argc <= 0)
		return (NULL);
	for (size = 0, i = 0; i < argc; i++)
		size += strlen(argv[i]) + 1;
	if ((text = malloc(size)) == NULL)
		return (NULL);
	strcpy(text, argv[0]);
	for (i = 1; i < argc; i++) {
		strcat(text, " ");
		strcat(text, argv[i]);
	}
	return (text);
}
