/*
 * subr_autoconf: what devices do once interrupts come.
 *
 * A device that answers by an interrupt has to be slept for, which nobody can
 * while the machine is still cold.  So its attach function leaves a hook here;
 * at INT_CONFIG_HOOKS all are called, one after the other, and the boot waits
 * until each has said that it is ready: root may be on one of them.
 *
 * The one to say so may be an interrupt's handler: the list is changed, and
 * found empty, at splhigh().
 *
 * [kern/subr_autoconf.c]
 */
#include <sys/kernel.h>

#include <sys/errno.h>
#include <sys/priority.h>
#include <sys/systm.h>

#define	WARNING_INTERVAL_SECS	60	/* then those that are waited for are named */
#define	WARNINGS_MAX		5	/* then the boot goes on without them */

static TAILQ_HEAD(, intr_config_hook) intr_config_hook_list =
    TAILQ_HEAD_INITIALIZER(intr_config_hook_list);
static struct intr_config_hook *next_to_notify;	/* its function was not called yet */
static int hooks_run;				/* they are called at once from now on */

/* The next one to be called, or NULL: it will not be a second time. */
static struct intr_config_hook *
next_hook(void)
{
	int s = splhigh();
	struct intr_config_hook *hook = next_to_notify;

	if (hook != NULL)
		next_to_notify = TAILQ_NEXT(hook, ich_links);
	splx(s);
	return (hook);
}

/* Call whoever was not yet.  One may register another, or take itself back. */
static void
call_hooks(void)
{
	struct intr_config_hook *hook;

	while ((hook = next_hook()) != NULL)
		hook->ich_func(hook->ich_arg);
}

/*
 * Register `hook', which stays its owner's until it is taken back.  After the
 * boot its function is called at once.  Returns 0, or EEXIST.
 */
int
config_intrhook_establish(struct intr_config_hook *hook)
{
	struct intr_config_hook *other;
	int s = splhigh();

	TAILQ_FOREACH(other, &intr_config_hook_list, ich_links)
		if (other == hook) {
			splx(s);
			return (EEXIST);
		}
	TAILQ_INSERT_TAIL(&intr_config_hook_list, hook, ich_links);
	if (next_to_notify == NULL)
		next_to_notify = hook;
	splx(s);
	if (hooks_run)
		call_hooks();
	return (0);
}

/*
 * The hook has done what it had to, and its owner may have it back.  From any
 * level.
 */
void
config_intrhook_disestablish(struct intr_config_hook *hook)
{
	int s = splhigh();

	if (next_to_notify == hook)
		next_to_notify = TAILQ_NEXT(hook, ich_links);
	TAILQ_REMOVE(&intr_config_hook_list, hook, ich_links);
	wakeup(&intr_config_hook_list);
	splx(s);
}

/* Which hooks do we wait for? */
static void
warn_of_hooks(int seconds)
{
	struct intr_config_hook *hook;

	printf("run_interrupt_driven_hooks: still waiting after %d seconds for",
	    seconds);
	TAILQ_FOREACH(hook, &intr_config_hook_list, ich_links)
		printf(" %s", hook->ich_name);
	printf("\n");
}

static void
run_interrupt_driven_config_hooks(const void *dummy __unused)
{
	int s, warned;

	hooks_run = 1;
	call_hooks();
	s = splhigh();
	for (warned = 0; warned < WARNINGS_MAX &&
	    !TAILQ_EMPTY(&intr_config_hook_list);) {
		if (tsleep(&intr_config_hook_list, PCONFIG, "conifhk",
		    WARNING_INTERVAL_SECS * hz) == EWOULDBLOCK)
			warn_of_hooks(++warned * WARNING_INTERVAL_SECS);
	}
	splx(s);
}
SYSINIT(intr_config_hooks, SI_SUB_INT_CONFIG_HOOKS, SI_ORDER_FIRST,
    run_interrupt_driven_config_hooks, NULL);
