/*
 * services: tests that run in the whole kernel, as processes of it.
 *
 * A test is a function that finds out something about the kernel and prints
 * it, for a test outside to judge: a line "@name key=value ...".  It may sleep.
 * Tests stand in grade/drivers/services_*.c, and are entered by SERVICE_TEST().
 *
 * The loader's variable services.run names those that are to run, in this
 * order, with a blank between.  Then the machine is switched off.
 */
#ifndef _DRIVERS_SERVICES_H_
#define	_DRIVERS_SERVICES_H_

#include <sys/linker_set.h>
#include <sys/proc.h>

struct service_test {
	const char	*name;
	void		(*run)(void);
};

#define	SERVICE_TEST(name)						\
	static void service_##name(void);				\
	static const struct service_test test_##name =			\
	    { #name, service_##name };					\
	DATA_SET(service_test_set, test_##name);			\
	static void							\
	service_##name(void)

/* The same numbers after the same services.seed: from 0 to below - 1. */
uint32_t services_draw(uint32_t below);

/* A process that runs func(arg), at a priority; a failure ends the run. */
struct proc *services_start(void (*func)(void *), void *arg, int priority,
	    const char *name);
/* Wait until `count' that were started have called services_leave(). */
void	services_join(int count);
void	services_leave(void) __dead2;

#endif /* !_DRIVERS_SERVICES_H_ */
