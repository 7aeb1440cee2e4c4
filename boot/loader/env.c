/*
 * env.c: the environment, which the user sets and reads at the prompt, which
 * steers the loader, and which the kernel gets at the end.
 *
 * Variables hang in a doubly linked list in the order of the alphabet.  Some
 * have a hook that judges a new value or puts it into effect; it stays with
 * the variable until that is unset.
 */
#include "stand.h"

struct env_var	*environ;

struct env_var *
env_getenv(const char *name)
{
	struct env_var *ev;
	int order;

	for (ev = environ; ev != NULL; ev = ev->ev_next) {
		order = strcmp(ev->ev_name, name);
		if (order == 0)
			return (ev);
		if (order > 0)
			break;
	}
	return (NULL);
}

char *
getenv(const char *name)
{
	struct env_var *ev = env_getenv(name);

	return (ev != NULL ? ev->ev_value : NULL);
}

/*
 * Put a new variable without a value in its place; NULL when there is no
 * memory.
 */
static struct env_var *
env_insert(const char *name, ev_sethook_t *sethook, ev_unsethook_t *unsethook)
{
	struct env_var *ev, *before = NULL, *next;

	if ((ev = calloc(1, sizeof(*ev))) == NULL)
		return (NULL);
	if ((ev->ev_name = strdup(name)) == NULL) {
		free(ev);
		return (NULL);
	}
	ev->ev_sethook = sethook;
	ev->ev_unsethook = unsethook;
	for (next = environ; next != NULL; next = next->ev_next) {
		if (strcmp(next->ev_name, name) > 0)
			break;
		before = next;
	}
	ev->ev_prev = before;
	ev->ev_next = next;
	if (next != NULL)
		next->ev_prev = ev;
	if (before != NULL)
		before->ev_next = ev;
	else
		environ = ev;
	return (ev);
}

/*
 * Unlink a variable and free it.
 */
static void
env_discard(struct env_var *ev)
{
	if (ev->ev_prev != NULL)
		ev->ev_prev->ev_next = ev->ev_next;
	else
		environ = ev->ev_next;
	if (ev->ev_next != NULL)
		ev->ev_next->ev_prev = ev->ev_prev;
	if (ev->ev_flags & EV_DYNAMIC)
		free(ev->ev_value);
	free(ev->ev_name);
	free(ev);
}

/*
 * Set a variable that is there; `value' is its own from now on where `flags'
 * say EV_DYNAMIC.
 */
static void
env_replace(struct env_var *ev, int flags, void *value)
{
	if ((ev->ev_flags & EV_DYNAMIC) && ev->ev_value != value)
		free(ev->ev_value);
	ev->ev_value = value;
	ev->ev_flags = flags & EV_DYNAMIC;
}

int
env_setenv(const char *name, int flags, const void *value,
    ev_sethook_t *sethook, ev_unsethook_t *unsethook)
{
	struct env_var *ev = env_getenv(name);
	char *copy = (char *)value;
	int error;

	if (ev != NULL && ev->ev_sethook != NULL && !(flags & EV_NOHOOK) &&
	    (error = ev->ev_sethook(ev, flags, value)) != 0)
		return (errno = error);
	if ((flags & EV_VOLATILE) && value != NULL) {
		if ((copy = strdup(value)) == NULL)
			return (errno = ENOMEM);
		flags |= EV_DYNAMIC;
	}
	if (ev == NULL &&
	    (ev = env_insert(name, sethook, unsethook)) == NULL) {
		if (flags & EV_VOLATILE)
			free(copy);
		return (errno = ENOMEM);
	}
	env_replace(ev, flags, copy);
	return (0);
}

int
setenv(const char *name, const char *value, int overwrite)
{
	if (!overwrite && env_getenv(name) != NULL)
		return (0);
	return (env_setenv(name, EV_VOLATILE, value, NULL, NULL) == 0 ? 0 : -1);
}

int
putenv(const char *string)
{
	char *name, *value;
	int result;

	if ((name = strdup(string)) == NULL)
		return (-1);
	value = strchr(name, '=');
	if (value != NULL)
		*value++ = '\0';
	result = setenv(name, value != NULL ? value : "", 1);
	free(name);
	return (result);
}

int
unsetenv(const char *name)
{
	struct env_var *ev = env_getenv(name);
	int error;

	if (ev == NULL)
		error = ENOENT;
	else if (ev->ev_unsethook != NULL)
		error = ev->ev_unsethook(ev);
	else
		error = 0;
	if (error != 0) {
		errno = error;
		return (-1);
	}
	env_discard(ev);
	return (0);
}

int
env_noset(struct env_var *ev, int flags, const void *value)
{
	(void)ev, (void)flags, (void)value;
	return (EPERM);
}

int
env_nounset(struct env_var *ev)
{
	(void)ev;
	return (EPERM);
}
