/*
 * The limits of a process: p_limit.
 *
 * Processes share a set of limits until one of them changes its own: a child
 * holds its parent's.
 *
 * [sys/resourcevar.h, kern/kern_resource.c]
 */
#ifndef _SYS_RESOURCEVAR_H_
#define	_SYS_RESOURCEVAR_H_

#include <sys/resource.h>

struct proc;

struct plimit {
	struct rlimit	pl_rlimit[RLIM_NLIMITS];
	int		pl_refcnt;	/* processes that hold it */
};

/* Process 0 gets the limits that all begin with, when memory is counted. */
void	lim_init(void);

/* The limit that holds for a process, in RLIMIT_'s unit; the one it may raise it to. */
rlim_t	lim_cur(struct proc *p, int which);
rlim_t	lim_max(struct proc *p, int which);

/* A set of nobody's, held once.  May sleep. */
struct plimit *lim_alloc(void);
/* One more process holds it; it is returned. */
struct plimit *lim_hold(struct plimit *lim);
/* One less; the last one frees it. */
void	lim_free(struct plimit *lim);
/* All limits of `src' into `dst', which nobody else holds. */
void	lim_copy(struct plimit *dst, const struct plimit *src);

#endif /* !_SYS_RESOURCEVAR_H_ */
