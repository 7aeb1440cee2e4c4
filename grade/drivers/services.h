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
#include <sys/priority.h>
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
void	services_seed(uint32_t seed);

/* A process that runs func(arg), at a priority; a failure ends the run. */
struct proc *services_start(void (*func)(void *), void *arg, int priority,
	    const char *name);
/* Wait until `count' that were started have called services_leave(). */
void	services_join(int count);
void	services_leave(void) __dead2;

/* ---------------------------------------------------------------- ring 3: services_user.c */

/*
 * Give the running process an address space of its own, empty; and that of
 * process 0 again.
 */
void	services_user_begin(void);
void	services_user_end(void);

/* Registers of ring 3, and why it came to an end. */
struct services_user {
	uint32_t	eax, ecx, edx, esi, edi;
	int		signo, code;	/* of its signal; 0: INT 80h */
	uint32_t	eip;		/* behind INT 80h, or at what got the signal */
};

/*
 * Run the code at eip, in ring 3 and the running process' address space, with
 * this stack and these registers, until it makes a system call (INT 80h) or gets
 * a signal; then `user' has its registers.  Traps and interrupts come and go
 * meanwhile.
 */
void	services_user_enter(struct services_user *user, uint32_t eip, uint32_t esp);

/* Map the programs of services_user_switch.S in the running process. */
#define	SERVICES_USER_CODE	0x08048000U
void	services_user_load(void);
/* Enter one of them; its stack is nowhere unless `esp' says where. */
void	services_user_run(struct services_user *user, const char *program, uint32_t esp);
extern const char user_nothing[], user_read[], user_write[], user_push[], user_call[],
    user_or[], user_touch[], user_fill[];

#endif /* !_DRIVERS_SERVICES_H_ */
