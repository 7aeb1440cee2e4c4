/*
 * services: what runs the tests of the kernel's services (services.h).
 *
 * Its process stands in the place of what KTHREAD_INIT starts, and runs when
 * the start is over: when process 0 and all that serves the kernel are there.
 */
#include "services.h"

#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/priority.h>
#include <sys/reboot.h>
#include <sys/sched.h>
#include <sys/systm.h>
#include <sys/unistd.h>

SET_DECLARE(service_test_set, const struct service_test);

static int	left;			/* how many have left since the last join */
static uint32_t	state = 1;		/* services_draw()'s */

uint32_t
services_draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return ((uint64_t)state * below >> 32);
}

void
services_seed(uint32_t seed)
{
	state = seed;
}

struct proc *
services_start(void (*func)(void *), void *arg, int priority, const char *name)
{
	struct proc *p;
	int error, s;

	error = kthread_create(func, arg, &p, RFSTOPPED, 0, "%s", name);
	if (error != 0)
		panic("services: %s: error %d", name, error);
	s = splhigh();
	p->p_thread.td_priority = priority;
	sched_add(&p->p_thread);
	splx(s);
	return (p);
}

void
services_leave(void)
{
	left++;
	wakeup(&left);
	kthread_exit(0);
}

void
services_join(int count)
{
	while (left < count)
		(void)tsleep(&left, PWAIT, "join", 0);
	left = 0;
}

/* Run the test of this name. */
static void
run(const char *name, size_t length)
{
	const struct service_test **test;

	SET_FOREACH(test, service_test_set)
		if (strncmp((*test)->name, name, length) == 0 &&
		    (*test)->name[length] == '\0') {
			(*test)->run();
			return;
		}
	panic("services: there is no test %.*s", (int)length, name);
}

static void
services(void)
{
	const char *at, *end;

	TUNABLE_INT_FETCH("services.seed", (int *)&state);
	for (at = getenv("services.run"); at != NULL && *at != '\0'; at = end) {
		end = strchr(at, ' ');
		if (end == NULL)
			end = at + strlen(at);
		run(at, end - at);
		end += *end == ' ';
	}
	printf("@services end\n");
	kern_reboot(RB_HALT | RB_POWEROFF);
}

static const struct kproc_desc services_kp = { "services", services, NULL };
SYSINIT(services, SI_SUB_KTHREAD_PAGE, SI_ORDER_FIRST, kproc_start, &services_kp);

/* What would wait for a key, or be init, is not to run. */
static void
services_replace(const void *dummy __unused)
{
	struct sysinit *sip;

	STAILQ_FOREACH(sip, &sysinit_list, next)
		if (sip->subsystem == SI_SUB_KTHREAD_INIT)
			sip->subsystem = SI_SUB_DUMMY;
}
SYSINIT(services_replace, SI_SUB_INTRINSIC_POST, SI_ORDER_ANY, services_replace, NULL);
