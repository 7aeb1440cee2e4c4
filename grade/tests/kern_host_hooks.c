/*
 * The configuration hooks, on a machine whose interrupts come when they are
 * least welcome: just before somebody sleeps, if the level lets them.
 *
 *	hooks KINDS
 *
 * KINDS has a character for each hook that is registered: `.' takes itself back
 * when it is called; `i' is taken back by an interrupt; `n' never is; `+'
 * registers another one, a `.', and takes itself back.  Printed is each as it is
 * called, and how each sleep ends: woken, or late.
 */
#include "grade/tests/kern_host.h"

#include <sys/errno.h>
#include <sys/kernel.h>

#define	HOOKS		8

static struct intr_config_hook hooks[HOOKS], another;
static struct intr_config_hook *device[HOOKS];	/* will interrupt, in this order */
static int	devices, interrupts;
static const void *asleep;

static void
interrupt(void)
{
	if (host_level == 0 && interrupts < devices)
		config_intrhook_disestablish(device[interrupts++]);
}

int
tsleep(const void *chan, int pri __unused, const char *wmesg __unused, int timo)
{
	int level = host_level;

	KASSERT(timo > 0, ("a boot that waits for ever"));
	interrupt();
	asleep = chan;
	host_level = 0;
	interrupt();
	host_level = level;
	host_printf(asleep == NULL ? "woken " : "late ");
	return (asleep == NULL ? 0 : EWOULDBLOCK);
}

void
wakeup(const void *chan)
{
	if (asleep == chan)
		asleep = NULL;
}

static void
called(void *arg)
{
	struct intr_config_hook *hook = arg;
	const char *kind = hook->ich_name;

	host_printf("%c ", *kind);
	if (*kind == '+') {
		another = (struct intr_config_hook){ { NULL, NULL }, called, &another, "." };
		KASSERT(config_intrhook_establish(&another) == 0, ("another"));
	}
	if (*kind == 'i')
		device[devices++] = hook;
	else if (*kind != 'n')
		config_intrhook_disestablish(hook);
}

int
config_hooks(char **argv)
{
	struct sysinit *const *sip;
	unsigned int i;

	hz = 100;
	for (i = 0; i < HOOKS && argv[1][i] != '\0'; i++) {
		hooks[i].ich_func = called;
		hooks[i].ich_arg = &hooks[i];
		hooks[i].ich_name = &argv[1][i];
		KASSERT(config_intrhook_establish(&hooks[i]) == 0, ("establish"));
		KASSERT(config_intrhook_establish(&hooks[i]) == EEXIST, ("twice"));
	}
	SET_FOREACH(sip, sysinit_set)
		if ((*sip)->subsystem == SI_SUB_INT_CONFIG_HOOKS)
			(*sip)->func((*sip)->udata);
	KASSERT(host_level == 0, ("the level is %d", host_level));
	host_printf("\n");
	return (0);
}
