/*
 * Event handlers: lists of functions that somebody else's event calls.
 *
 * The one who has the event declares it, in a header, and invokes it:
 *
 *	typedef void (*shutdown_fn)(void *arg, int howto);
 *	EVENTHANDLER_DECLARE(shutdown_final, shutdown_fn);
 *
 *	EVENTHANDLER_INVOKE(shutdown_final, howto);
 *
 * Whoever wants to know of it registers a function, which is called with its
 * own argument first:
 *
 *	EVENTHANDLER_REGISTER(shutdown_final, disk_off, disk, SHUTDOWN_PRI_DEFAULT);
 *
 * A lower priority is called earlier; equals in the order of registration.
 * Usable from SI_SUB_EVENTHANDLER on; before that, nobody is registered.
 *
 * [sys/eventhandler.h]
 */
#ifndef _SYS_EVENTHANDLER_H_
#define	_SYS_EVENTHANDLER_H_

#include <sys/param.h>
#include <sys/queue.h>

#define	EVENTHANDLER_PRI_FIRST	0
#define	EVENTHANDLER_PRI_ANY	10000
#define	EVENTHANDLER_PRI_LAST	20000
#define	EHE_DEAD_PRIORITY	(-1)	/* removed while its list was run */

/* One function in one list; what its type is, only the macros know. */
struct eventhandler_entry {
	TAILQ_ENTRY(eventhandler_entry) ee_link;
	int		ee_priority;
	void		(*ee_func)(void);
	void		*ee_arg;
};

struct eventhandler_list {
	TAILQ_ENTRY(eventhandler_list) el_link;
	TAILQ_HEAD(, eventhandler_entry) el_entries;
	const char	*el_name;
	int		el_runcount;	/* who goes through it now */
	int		el_deadcount;	/* entries to be pruned then */
};

typedef struct eventhandler_entry *eventhandler_tag;

/* There is an event of this name, for functions of this (pointer) type. */
#define	EVENTHANDLER_DECLARE(name, type)				\
	typedef type __eventhandler_##name

/* Call all who are registered, with their own argument and these. */
#define	EVENTHANDLER_INVOKE(name, ...) do {				\
	struct eventhandler_list *__list = eventhandler_find_list(#name);	\
	struct eventhandler_entry *__ee;				\
									\
	if (__list == NULL)						\
		break;							\
	__list->el_runcount++;						\
	TAILQ_FOREACH(__ee, &__list->el_entries, ee_link)		\
		if (__ee->ee_priority != EHE_DEAD_PRIORITY)		\
			((__eventhandler_##name)__ee->ee_func)(		\
			    __ee->ee_arg, ##__VA_ARGS__);		\
	eventhandler_leave_list(__list);				\
} while (0)

/* Register a function; the tag is for EVENTHANDLER_DEREGISTER(). */
#define	EVENTHANDLER_REGISTER(name, func, arg, priority)		\
	(__extension__({						\
		__eventhandler_##name __func = (func);			\
		eventhandler_register(#name, (void (*)(void))__func,	\
		    (arg), (priority));					\
	}))
#define	EVENTHANDLER_DEREGISTER(name, tag)				\
	eventhandler_deregister(#name, (tag))

/* The list of this name, or NULL if nobody has ever registered in it. */
struct eventhandler_list *eventhandler_find_list(const char *name);
/* The list has been gone through; the last one to leave prunes it. */
void	eventhandler_leave_list(struct eventhandler_list *list);
/* May sleep. */
eventhandler_tag eventhandler_register(const char *name, void (*func)(void),
	    void *arg, int priority);
/* A handler may remove itself, and others, while it is called. */
void	eventhandler_deregister(const char *name, eventhandler_tag tag);

/* ---------------------------------------------------------------- the events */

/* kern_reboot(): before, and after, the disks are written; and at the end. */
typedef void	(*shutdown_fn)(void *arg, int howto);

#define	SHUTDOWN_PRI_FIRST	EVENTHANDLER_PRI_FIRST
#define	SHUTDOWN_PRI_DEFAULT	EVENTHANDLER_PRI_ANY
#define	SHUTDOWN_PRI_LAST	EVENTHANDLER_PRI_LAST

EVENTHANDLER_DECLARE(shutdown_pre_sync, shutdown_fn);
EVENTHANDLER_DECLARE(shutdown_post_sync, shutdown_fn);
EVENTHANDLER_DECLARE(shutdown_final, shutdown_fn);

#endif /* !_SYS_EVENTHANDLER_H_ */
