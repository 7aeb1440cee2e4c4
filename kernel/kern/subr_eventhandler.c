/*
 * subr_eventhandler: who is to be called when something happens.
 *
 *	lists -> "shutdown_final" ------> "shutdown_post_sync" -> 0
 *		     |				|
 *		     |				+-> 10000 ad_shutdown(ad0) -> 0
 *		     +-> 10000 module_shutdown() -> 0
 *
 * A list is made when the first one registers.  Handlers may sleep, and
 * registering and removing go on meanwhile: an entry that is removed while its
 * list is gone through is only marked, and pruned by the last one to leave.
 *
 * [kern/subr_eventhandler.c]
 */
#include <sys/eventhandler.h>

#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/systm.h>

static MALLOC_DEFINE(M_EVENTHANDLER, "eventhandler", "Event handlers");

static TAILQ_HEAD(, eventhandler_list) eventhandler_lists =
    TAILQ_HEAD_INITIALIZER(eventhandler_lists);
static int eventhandler_lists_initted;

static void
eventhandler_init(const void *dummy __unused)
{
	eventhandler_lists_initted = 1;
}
SYSINIT(eventhandlers, SI_SUB_EVENTHANDLER, SI_ORDER_FIRST, eventhandler_init, NULL);

struct eventhandler_list *
eventhandler_find_list(const char *name)
{
	struct eventhandler_list *list;

	TAILQ_FOREACH(list, &eventhandler_lists, el_link)
		if (strcmp(list->el_name, name) == 0)
			return (list);
	return (NULL);
}

/*
 * Make a list; the name need not stay.  While we sleep for memory somebody else
 * may make it: then that is the one.
 */
static struct eventhandler_list *
eventhandler_make_list(const char *name)
{
	struct eventhandler_list *list, *other;
	size_t size = strlen(name) + 1;

	list = malloc(sizeof(*list) + size, M_EVENTHANDLER, M_WAITOK | M_ZERO);
	other = eventhandler_find_list(name);
	if (other != NULL) {
		free(list, M_EVENTHANDLER);
		return (other);
	}
	TAILQ_INIT(&list->el_entries);
	list->el_name = memcpy(list + 1, name, size);
	TAILQ_INSERT_TAIL(&eventhandler_lists, list, el_link);
	return (list);
}

eventhandler_tag
eventhandler_register(const char *name, void (*func)(void), void *arg,
    int priority)
{
	struct eventhandler_entry *ee, *before;
	struct eventhandler_list *list;

	KASSERT(eventhandler_lists_initted, ("%s: an event handler too early", name));
	KASSERT(priority != EHE_DEAD_PRIORITY, ("%s: priority %d", name, priority));
	/* Memory first: whoever sleeps for it must find the list as it is then. */
	ee = malloc(sizeof(*ee), M_EVENTHANDLER, M_WAITOK | M_ZERO);
	list = eventhandler_find_list(name);
	if (list == NULL)
		list = eventhandler_make_list(name);
	ee->ee_func = func;
	ee->ee_arg = arg;
	ee->ee_priority = priority;
	TAILQ_FOREACH(before, &list->el_entries, ee_link)
		if (before->ee_priority > priority)
			break;
	if (before != NULL)
		TAILQ_INSERT_BEFORE(before, ee, ee_link);
	else
		TAILQ_INSERT_TAIL(&list->el_entries, ee, ee_link);
	return (ee);
}

void
eventhandler_deregister(const char *name, eventhandler_tag tag)
{
	struct eventhandler_list *list = eventhandler_find_list(name);

	KASSERT(list != NULL && tag->ee_priority != EHE_DEAD_PRIORITY,
	    ("%s: no such event handler", name));
	if (list->el_runcount > 0) {
		tag->ee_priority = EHE_DEAD_PRIORITY;
		list->el_deadcount++;
		return;
	}
	TAILQ_REMOVE(&list->el_entries, tag, ee_link);
	free(tag, M_EVENTHANDLER);
}

void
eventhandler_leave_list(struct eventhandler_list *list)
{
	struct eventhandler_entry *ee, *next;

	KASSERT(list->el_runcount > 0, ("%s: left by nobody", list->el_name));
	if (--list->el_runcount > 0 || list->el_deadcount == 0)
		return;
	TAILQ_FOREACH_SAFE(ee, &list->el_entries, ee_link, next) {
		if (ee->ee_priority != EHE_DEAD_PRIORITY)
			continue;
		TAILQ_REMOVE(&list->el_entries, ee, ee_link);
		free(ee, M_EVENTHANDLER);
	}
	list->el_deadcount = 0;
}
