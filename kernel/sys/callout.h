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

struct callout {
	union {
		SLIST_ENTRY(callout) sle;	/* while it is free */
		TAILQ_ENTRY(callout) tqe;	/* in its bucket */
	} c_links;
	int		c_time;			/* the tick it is due at */
	void		*c_arg;
	timeout_t	*c_func;
	int		c_flags;		/* CALLOUT_ */
};

#define	CALLOUT_LOCAL_ALLOC	0x0001	/* timeout()'s */
#define	CALLOUT_ACTIVE		0x0002	/* set, and not deactivated since */
#define	CALLOUT_PENDING		0x0004	/* in the wheel */
#define	CALLOUT_MPSAFE		0x0008

/* The wheel, for hardclock() and the debugger: c_time & callwheelmask. */
TAILQ_HEAD(callout_tailq, callout);
extern struct callout_tailq *callwheel;
extern int	callwheelsize, callwheelmask;
void	callout_tick(void);

struct callout_handle {
	struct callout	*callout;
};
#define	CALLOUT_HANDLE_INITIALIZER(handle) { NULL }

#define	callout_active(c)	((c)->c_flags & CALLOUT_ACTIVE)
#define	callout_deactivate(c)	((c)->c_flags &= ~CALLOUT_ACTIVE)
#define	callout_pending(c)	((c)->c_flags & CALLOUT_PENDING)

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
