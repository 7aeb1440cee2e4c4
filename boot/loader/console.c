/*
 * console.c: where output goes and input comes from: a set of consoles, all
 * of which show what is written, any of which may be typed on.
 *
 * The variable `console' names the set.  Its hook starts a console when it
 * first becomes part of the set, and refuses a name that is none, so that a
 * mistake leaves the old set working.
 */
#include "bootstrap.h"

#include <sys/reboot.h>

#define	SPINNER_SHIFT	3		/* transfers a quarter turn: 8 */

static const char	separators[] = ", \t";

int
putchar(int c)
{
	int i;

	for (i = 0; consoles[i] != NULL; i++) {
		if (!(consoles[i]->c_flags & C_ACTIVE))
			continue;
		if (c == '\n')
			consoles[i]->c_out('\r');
		consoles[i]->c_out(c);
	}
	return (c);
}

int
ischar(void)
{
	int i;

	for (i = 0; consoles[i] != NULL; i++)
		if ((consoles[i]->c_flags & C_ACTIVE) && consoles[i]->c_ready())
			return (1);
	return (0);
}

int
getchar(void)
{
	int i, c;

	for (;;)
		for (i = 0; consoles[i] != NULL; i++)
			if ((consoles[i]->c_flags & C_ACTIVE) &&
			    (c = consoles[i]->c_in()) != -1)
				return (c);
}

void
twiddle(void)
{
	static uint32_t count;

	if ((++count & ((1 << SPINNER_SHIFT) - 1)) != 0)
		return;
	putchar("|/-\\"[count >> SPINNER_SHIFT & 3]);
	putchar('\b');
}

/*
 * The console of the name that `list' begins with, which ends at a
 * separator; NULL: none, or it is not there.
 */
static struct console *
console_named(const char *list)
{
	size_t len = strcspn(list, separators);
	int i;

	for (i = 0; consoles[i] != NULL; i++)
		if (strlen(consoles[i]->c_name) == len &&
		    strncmp(consoles[i]->c_name, list, len) == 0 &&
		    (consoles[i]->c_flags & C_PRESENT))
			return (consoles[i]);
	return (NULL);
}

/*
 * Make the consoles of `list' active, and no others; EINVAL, and nothing
 * changes, where one is unknown or there is none.
 */
static int
consoles_switch(const char *list)
{
	const char *p;
	int i, count = 0;

	for (p = list + strspn(list, separators); *p != '\0'; count++) {
		if (console_named(p) == NULL)
			return (EINVAL);
		p += strcspn(p, separators);
		p += strspn(p, separators);
	}
	if (count == 0)
		return (EINVAL);
	for (i = 0; consoles[i] != NULL; i++)
		consoles[i]->c_flags &= ~C_ACTIVE;
	for (p = list + strspn(list, separators); *p != '\0';) {
		console_named(p)->c_flags |= C_ACTIVE;
		p += strcspn(p, separators);
		p += strspn(p, separators);
	}
	return (0);
}

/*
 * The hook of `console'.
 */
static int
console_set(struct env_var *ev, int flags, const void *value)
{
	int i, error;

	(void)ev, (void)flags;
	error = value != NULL ? consoles_switch(value) : EINVAL;
	if (error != 0) {
		printf("console must be one or more of:\n");
		for (i = 0; consoles[i] != NULL; i++)
			if (consoles[i]->c_flags & C_PRESENT)
				printf("    %s\n", consoles[i]->c_name);
	}
	return (error);
}

void
cons_probe(uint32_t howto)
{
	const char *names = "vidconsole";
	int i;

	for (i = 0; consoles[i] != NULL; i++)
		if (consoles[i]->c_init() == 0)
			consoles[i]->c_flags = C_PRESENT;
	if (howto & RB_MULTIPLE)
		names = howto & RB_SERIAL ? "comconsole,vidconsole" :
		    "vidconsole,comconsole";
	else if (howto & RB_SERIAL)
		names = "comconsole";
	if (consoles_switch(names) != 0) {
		names = "vidconsole";
		(void)consoles_switch(names);
	}
	env_setenv("console", EV_VOLATILE, names, console_set, env_nounset);

	printf("Consoles: ");
	for (i = 0; consoles[i] != NULL; i++)
		if (consoles[i]->c_flags & C_ACTIVE)
			printf("%s  ", consoles[i]->c_desc);
	printf("\n");
}
