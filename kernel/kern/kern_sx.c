/*
 * kern_sx: locks that are shared or exclusive, and held across sleeps.
 *
 * sys/sx.h says what they are for.  All of it happens between sleeps, so a
 * count is enough; who finds the lock taken sleeps on its address, and whoever
 * gives it back wakes all that do.  Those look again, in the order in which the
 * scheduler lets them.
 *
 * [kern/kern_sx.c]
 */
#include <sys/sx.h>

#include <sys/priority.h>
#include <sys/proc.h>
#include <sys/systm.h>

#define	SX_XLOCKED	(-1)		/* sx_cnt */

void
sx_init(struct sx *sx, const char *name)
{
	sx->sx_cnt = 0;
	sx->sx_waiters = 0;
	sx->sx_holder = NULL;
	sx->sx_name = name;
}

void
sx_destroy(struct sx *sx)
{
	KASSERT(sx->sx_cnt == 0 && sx->sx_waiters == 0,
	    ("sx_destroy: %s is held (%d) or waited for (%d)", sx->sx_name,
	    sx->sx_cnt, sx->sx_waiters));
}

/* Until it may have changed. */
static void
sx_sleep(struct sx *sx)
{
	KASSERT(sx->sx_holder != curthread, ("sx: %s is taken twice", sx->sx_name));
	sx->sx_waiters++;
	(void)tsleep(sx, PVM, sx->sx_name, 0);
	sx->sx_waiters--;
}

void
sx_wakeup(struct sx *sx)
{
	if (__builtin_expect(sx->sx_waiters != 0, 0))
		wakeup(sx);
}

int
sx_try_slock(struct sx *sx)
{
	if (sx->sx_cnt < 0)
		return (0);
	sx->sx_cnt++;
	return (1);
}

int
sx_try_xlock(struct sx *sx)
{
	if (sx->sx_cnt != 0)
		return (0);
	sx->sx_cnt = SX_XLOCKED;
	sx->sx_holder = curthread;
	return (1);
}

void
sx_slock_hard(struct sx *sx)
{
	while (!sx_try_slock(sx))
		sx_sleep(sx);
}

void
sx_xlock(struct sx *sx)
{
	while (!sx_try_xlock(sx))
		sx_sleep(sx);
}

int
sx_try_upgrade(struct sx *sx)
{
	KASSERT(sx->sx_cnt > 0, ("sx_try_upgrade: %s is not shared", sx->sx_name));
	if (sx->sx_cnt != 1)
		return (0);
	sx->sx_cnt = SX_XLOCKED;
	sx->sx_holder = curthread;
	return (1);
}

void
sx_downgrade(struct sx *sx)
{
	KASSERT(sx_xlocked(sx), ("sx_downgrade: %s is not the caller's", sx->sx_name));
	sx->sx_cnt = 1;
	sx->sx_holder = NULL;
	sx_wakeup(sx);
}

void
sx_xunlock(struct sx *sx)
{
	KASSERT(sx_xlocked(sx), ("sx_xunlock: %s is not the caller's", sx->sx_name));
	sx->sx_cnt = 0;
	sx->sx_holder = NULL;
	sx_wakeup(sx);
}

int
sx_xlocked(const struct sx *sx)
{
	return (sx->sx_cnt == SX_XLOCKED && sx->sx_holder == curthread);
}
