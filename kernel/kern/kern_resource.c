/*
 * kern_resource: limits, and who shares them.
 *
 * [kern/kern_resource.c]
 */
#include <sys/resourcevar.h>

#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/vm_param.h>

static MALLOC_DEFINE(M_PLIMIT, "plimit", "limits of processes");

#define	MAXFILESPERPROC	1024		/* descriptors of a process */

static struct plimit limit0;		/* process 0's, and so the first of all */

void
lim_init(void)
{
	struct rlimit *rl = limit0.pl_rlimit;
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		rl[i].rlim_cur = rl[i].rlim_max = RLIM_INFINITY;
	rl[RLIMIT_DATA] = (struct rlimit){ DFLDSIZ, MAXDSIZ };
	rl[RLIMIT_STACK] = (struct rlimit){ DFLSSIZ, MAXSSIZ };
	rl[RLIMIT_RSS].rlim_max = rl[RLIMIT_RSS].rlim_cur =
	    (rlim_t)cnt.v_free_count * PAGE_SIZE;
	rl[RLIMIT_MEMLOCK].rlim_max = (rlim_t)cnt.v_free_count * PAGE_SIZE;
	rl[RLIMIT_MEMLOCK].rlim_cur = (rlim_t)(cnt.v_free_count / 3) * PAGE_SIZE;
	rl[RLIMIT_NPROC].rlim_max = rl[RLIMIT_NPROC].rlim_cur = maxproc;
	rl[RLIMIT_NOFILE].rlim_max = rl[RLIMIT_NOFILE].rlim_cur = MAXFILESPERPROC;
	limit0.pl_refcnt = 1;
	proc0.p_limit = &limit0;
}

static const struct rlimit *
lim_rlimit(const struct proc *p, int which)
{
	KASSERT(which >= 0 && which < RLIM_NLIMITS, ("there is no limit %d", which));
	return (&p->p_limit->pl_rlimit[which]);
}

rlim_t
lim_cur(struct proc *p, int which)
{
	return (lim_rlimit(p, which)->rlim_cur);
}

rlim_t
lim_max(struct proc *p, int which)
{
	return (lim_rlimit(p, which)->rlim_max);
}

struct plimit *
lim_alloc(void)
{
	struct plimit *lim = malloc(sizeof(*lim), M_PLIMIT, M_WAITOK);

	lim->pl_refcnt = 1;
	return (lim);
}

struct plimit *
lim_hold(struct plimit *lim)
{
	lim->pl_refcnt++;
	return (lim);
}

void
lim_free(struct plimit *lim)
{
	KASSERT(lim->pl_refcnt > 0, ("lim_free: nobody holds it"));
	if (--lim->pl_refcnt == 0)
		free(lim, M_PLIMIT);
}

void
lim_copy(struct plimit *dst, const struct plimit *src)
{
	KASSERT(dst->pl_refcnt == 1, ("lim_copy: others hold it"));
	memcpy(dst->pl_rlimit, src->pl_rlimit, sizeof(dst->pl_rlimit));
}
