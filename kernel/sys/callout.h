/*
 * Callouts: have a function called after so many ticks.
 *
 * They are called by softclock(), at splsoftclock(), and may not sleep.  The
 * owner's struct callout is the entry; timeout() takes one of ncallout that
 * are kept for those who have none.
 *
 * [sys/callout.h, kern/kern_timeout.c]
 */
#ifndef _SYS_CALLOUT_H_
#define	_SYS_CALLOUT_H_

#include <sys/queue.h>

typedef void	timeout_t(void *arg);

/* A ring's element, and its head: who takes one out need not know the ring. */
struct callout_link {
	struct callout_link *next, *prev;
};

struct callout {
	union {
		SLIST_ENTRY(callout) sle;	/* while it is free */
		struct callout_link link;	/* pending: in a ring; or NULL */
	} c_links;				/* the first member */
	int		c_time;			/* the tick it is due at */
	void		*c_arg;
	timeout_t	*c_func;
	int		c_flags;		/* CALLOUT_ */
};

#define	CALLOUT_LOCAL_ALLOC	0x0001	/* timeout()'s */
#define	CALLOUT_ACTIVE		0x0002	/* set, and not deactivated since */
#define	CALLOUT_MPSAFE		0x0008

/* The wheel, for the debugger: rings, by c_time & callwheelmask. */
extern struct callout_link *callwheel;
extern int	callwheelsize, callwheelmask;

/* A tick has come; for hardclock(). */
void	callout_tick(void);

struct callout_handle {
	struct callout	*callout;
};
#define	CALLOUT_HANDLE_INITIALIZER(handle) { NULL }

#define	callout_active(c)	((c)->c_flags & CALLOUT_ACTIVE)
#define	callout_deactivate(c)	((c)->c_flags &= ~CALLOUT_ACTIVE)
#define	callout_pending(c)	((c)->c_links.link.next != NULL)

void	callout_init(struct callout *c, int mpsafe);
/* Call func(arg) in to_ticks, less than 1 being 1; a pending one is moved. */
void	callout_reset(struct callout *c, int to_ticks, timeout_t *func, void *arg);
/* Not any more.  Returns 1 if it was pending, or 0. */
int	callout_stop(struct callout *c);

void	callout_handle_init(struct callout_handle *handle);
struct callout_handle timeout(timeout_t *func, void *arg, int to_ticks);
/* Only what timeout() returned for the same function and argument. */
void	untimeout(timeout_t *func, void *arg, struct callout_handle handle);

#endif /* !_SYS_CALLOUT_H_ */
