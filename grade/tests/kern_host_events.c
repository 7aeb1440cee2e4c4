/*
 * Event handlers under a program of operations, for a model in Python:
 *
 *	events OPS
 *
 * OPS are three characters each: what to do, a handler a to z, and a priority
 * 0 to 9 or another handler.  r: register the handler, with the priority; d:
 * deregister it; k: the handler will deregister the other one, once, when it
 * is called; n: it will register the other one, with priority 5, once; i: it
 * will invoke the event again, once; !: invoke the event.  s: register the
 * handler, with priority 5; if that sleeps for a second piece of memory, the
 * other one is registered meanwhile.  What is called is printed, a line for
 * each `!'.
 */
#include "grade/tests/kern_host.h"

#include <sys/eventhandler.h>
#include <sys/kernel.h>

struct handler {
	char		name;
	eventhandler_tag tag;		/* while it is registered */
	char		job;		/* k, n, i */
	struct handler	*other;
};

typedef void	(*letter_fn)(void *arg, const char *between);
EVENTHANDLER_DECLARE(letter, letter_fn);

static struct handler handlers[26];

static void	called(void *arg, const char *between);

static void
enter(struct handler *h, int priority)
{
	if (h->tag == NULL)
		h->tag = EVENTHANDLER_REGISTER(letter, called, h, priority);
}

static void
leave(struct handler *h)
{
	if (h->tag != NULL)
		EVENTHANDLER_DEREGISTER(letter, h->tag);
	h->tag = NULL;
}

static void
called(void *arg, const char *between)
{
	struct handler *h = arg;
	char job = h->job;

	host_printf("%c%s", h->name, between);
	h->job = 0;
	if (job == 'k')
		leave(h->other);
	else if (job == 'n')
		enter(h->other, 5);
	else if (job == 'i')
		EVENTHANDLER_INVOKE(letter, between);
}

static struct handler *meanwhile;
static int	sleeps;

static void
asleep(void)
{
	if (++sleeps == 2)
		enter(meanwhile, 5);
}

/* Is nothing marked that nobody goes through any more? */
static void
expect_pruned(void)
{
	struct eventhandler_list *list = eventhandler_find_list("letter");
	struct eventhandler_entry *ee;

	if (list == NULL)
		return;
	KASSERT(list->el_runcount == 0 && list->el_deadcount == 0, ("not pruned"));
	TAILQ_FOREACH(ee, &list->el_entries, ee_link)
		KASSERT(ee->ee_priority != EHE_DEAD_PRIORITY, ("a dead one"));
}

void
start_event_handlers(void)
{
	struct sysinit *const *sip;

	SET_FOREACH(sip, sysinit_set)
		if ((*sip)->subsystem == SI_SUB_EVENTHANDLER)
			(*sip)->func((*sip)->udata);
}

int
events(char **argv)
{
	const char *op;
	unsigned int i;

	start_event_handlers();
	for (i = 0; i < nitems(handlers); i++)
		handlers[i].name = 'a' + i;
	for (op = argv[1]; *op != '\0'; op += 3) {
		struct handler *h = &handlers[op[1] - 'a'];

		switch (*op) {
		case 'r':
			enter(h, op[2] - '0');
			break;
		case 'd':
			leave(h);
			break;
		case 's':
			meanwhile = &handlers[op[2] - 'a'];
			sleeps = 0;
			host_asleep = asleep;
			enter(h, 5);
			host_asleep = NULL;
			break;
		case '!':
			EVENTHANDLER_INVOKE(letter, ".");
			host_printf("\n");
			expect_pruned();
			break;
		default:
			h->job = *op;
			h->other = &handlers[op[2] - 'a'];
		}
	}
	return (0);
}
