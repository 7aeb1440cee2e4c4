/*
 * Interrupt requests, the devices' and the kernel's own: who handles them, and
 * who must wait.
 *
 * The 8259s have IRQ 0 to 15 at vectors ICU_OFFSET and on, all masked until a
 * handler is set up.  exception.S leads each of them to intr_execute().
 *
 * [i386/isa/intr_machdep.c, atpic.c]
 */
#ifndef _I386_INTR_H_
#define	_I386_INTR_H_

#include <i386/frame.h>

#define	ICU_LEN		16
#define	IRQ_SLAVE	2		/* the second 8259's */

/* Levels; a higher one keeps the handlers of the lower ones out, too. */
#define	IPL_NONE	0
#define	IPL_SOFTCLOCK	1
#define	IPL_BIO		2
#define	IPL_TTY		3
#define	IPL_CLOCK	4
#define	IPL_HIGH	5

typedef void	driver_intr_t(void *arg);

/* Program the 8259s, mask all requests. */
void	atpic_startup(void);

/*
 * Have `handler(arg)' called for an IRQ, at the level `ipl', and unmask it.
 * Returns 0, EINVAL for a number that cannot be, EBUSY if it has a handler.
 */
int	intr_create(const char *name, int irq, int ipl, driver_intr_t *handler,
	    void *arg);

/*
 * A software interrupt: swi_sched(cookie) has `handler(arg)' run at the level
 * `ipl', once that is allowed.  Asked for again before, it runs once.
 * swi_add() returns 0, EINVAL, or ENOSPC.  [kern/kern_intr.c]
 */
int	swi_add(const char *name, int ipl, driver_intr_t *handler, void *arg,
	    void **cookie);
void	swi_sched(void *cookie);

/* How many of an IRQ's requests wait for its handler, 0 to 2.  Interrupts are off. */
int	intr_pending(int irq);

/* From exception.S, interrupts off: acknowledge, and call or postpone. */
void	intr_execute(struct intrframe *frame);

extern volatile int cpl;		/* the level now, for those who check it */
extern struct intrframe *intr_frame;	/* of the handler that runs, for the clock */
extern int	intr_nesting_level;	/* handlers that run, one within another */
extern uint32_t	intrcnt[ICU_LEN];	/* how often each IRQ came */
extern uint32_t	intr_spurious[2];	/* IRQ 7 and 15 that nobody had asked for */

#endif /* !_I386_INTR_H_ */
