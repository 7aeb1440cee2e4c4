/*
 * sx: a lock that many may share or one may have alone, and that may be held
 * while one sleeps.
 *
 *	sx_cnt	 0 free, n > 0 shared by n, -1 held by sx_holder
 *
 * The kernel is not preempted, so what is not held across a sleep needs no
 * lock.  Handlers of interrupts take none.
 *
 * Who cannot have it sleeps, and looks again when it is given back.  A lock
 * is not to be taken twice by the same thread, but shared by one that shares
 * it already.
 *
 * [sys/sx.h, kern/kern_sx.c]
 */
#ifndef _SYS_SX_H_
#define	_SYS_SX_H_

#include <sys/systm.h>

struct thread;

struct sx {
	int		sx_cnt;
	int		sx_waiters;	/* who sleep for it */
	const struct thread *sx_holder;	/* who has it alone, or NULL */
	const char	*sx_name;	/* what `ps' shows of who waits */
};

void	sx_init(struct sx *sx, const char *name);
/* Nobody holds it, nor waits for it. */
void	sx_destroy(struct sx *sx);

/* Take it, shared or alone.  They may sleep. */
static inline void sx_slock(struct sx *sx);
void	sx_xlock(struct sx *sx);
/* The same, without sleeping: 1 if it was taken, or 0. */
int	sx_try_slock(struct sx *sx);
int	sx_try_xlock(struct sx *sx);
/* Who shares it has it alone from now on: 1; 0, and shares it still, if there are others. */
int	sx_try_upgrade(struct sx *sx);
/* Who has it alone shares it. */
void	sx_downgrade(struct sx *sx);
/* Give it back. */
static inline void sx_sunlock(struct sx *sx);
void	sx_xunlock(struct sx *sx);

/* Has the running thread it alone? */
int	sx_xlocked(const struct sx *sx);

/* What they do if it is not free, and where somebody waits. */
void	sx_slock_hard(struct sx *sx);
void	sx_wakeup(struct sx *sx);

/* Each fault shares the map for a moment: so these are short. */
static inline void
sx_slock(struct sx *sx)
{
	if (sx->sx_cnt < 0)
		sx_slock_hard(sx);
	else
		sx->sx_cnt++;
}

static inline void
sx_sunlock(struct sx *sx)
{
	KASSERT(sx->sx_cnt > 0, ("sx_sunlock: %s is not shared", sx->sx_name));
	sx->sx_cnt--;
	if (sx->sx_waiters != 0 && sx->sx_cnt == 0)
		sx_wakeup(sx);
}

#endif /* !_SYS_SX_H_ */
