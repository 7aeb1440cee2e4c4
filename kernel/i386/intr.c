/*
 * intr.c: interrupt requests, software interrupts, and levels.
 *
 * Each IRQ has one handler and a level.  `cpl' is the level that the CPU runs
 * at: a handler of that level or a lower one is kept out.  A request that
 * comes meanwhile is not lost: its bit is set in `ipending', its line is
 * masked, and the handler is run when the level falls, by splx() or at the
 * end of the handler that had raised it.
 *
 *	level     who is kept out
 *	HIGH      all
 *	CLOCK     ... and the clocks
 *	TTY       ... and keyboard, serial ports
 *	BIO       ... and disks
 *	SOFTCLOCK the callouts
 *	NONE      nobody
 *
 * A handler runs at its own level, with interrupts enabled: one of a higher
 * level may interrupt it.  So nobody ever has to switch interrupts off for
 * long; a section that shares data with a handler raises the level.
 *
 * A software interrupt is a request that the kernel makes itself, for what a
 * handler leaves to be done later, at a lower level: swi_sched() sets its bit
 * in `ipending', behind the IRQs', and it is run as any that had to wait.
 *
 * The 8259's own order is not used: each request is ended (EOI) before its
 * handler is called.
 */
#include <i386/intr.h>
#include <i386/spl.h>

#include <sys/errno.h>
#include <sys/proc.h>
#include <sys/syslog.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/cpufunc.h>
#include <i386/icu.h>
#include <i386/pcb.h>
#include <i386/segments.h>
#include <i386/specialreg.h>

#define	STRAY_MAX	5		/* then they are no longer told */

struct intrhand {
	const char	*ih_name;	/* the device's */
	driver_intr_t	*ih_handler;	/* NULL: nobody's IRQ */
	void		*ih_arg;
	int		ih_ipl;		/* IPL_ */
};

#define	SWI_LEN		8		/* software interrupts */
#define	INTR_LEN	(ICU_LEN + SWI_LEN)

/* The IRQs', then the software interrupts'. */
static struct intrhand intr_handlers[INTR_LEN];
/*
 * 1 bit a handler: it is to be run; an IRQ's line is masked meanwhile.
 * Volatile, so that splx() looks at it behind the change of the level: one that
 * is postponed in between is seen.
 */
volatile uint32_t ipending;
static uint32_t	stray_count[ICU_LEN];

volatile int	cpl = IPL_NONE;
struct intrframe *intr_frame;
int		intr_nesting_level;
uint32_t	intrcnt[ICU_LEN];
uint32_t	intr_spurious[2];

/*
 * Register a handler and unmask its IRQ.  `name' must stay.  Returns 0, EINVAL
 * for an IRQ or a level that no handler can have, EBUSY if somebody has it.
 */
int
intr_create(const char *name, int irq, int ipl, driver_intr_t *handler,
    void *arg)
{
	struct intrhand *ih;
	uint32_t ef;

	if (irq < 0 || irq >= ICU_LEN || irq == IRQ_SLAVE)
		return (EINVAL);
	if (ipl <= IPL_NONE || ipl >= IPL_HIGH || handler == NULL)
		return (EINVAL);
	ih = &intr_handlers[irq];
	if (ih->ih_handler != NULL) {
		printf("%s: irq %d is %s's\n", name, irq, ih->ih_name);
		return (EBUSY);
	}
	ef = intr_disable();
	ih->ih_name = name;
	ih->ih_arg = arg;
	ih->ih_ipl = ipl;
	ih->ih_handler = handler;
	atpic_unmask(irq);
	intr_restore(ef);
	return (0);
}

/*
 * Register a software interrupt.  `name' must stay.  Returns 0 and, in
 * `cookie', what swi_sched() takes; EINVAL for a level that no handler can
 * have, ENOSPC if there are too many.
 */
int
swi_add(const char *name, int ipl, driver_intr_t *handler, void *arg,
    void **cookie)
{
	struct intrhand *ih;

	if (ipl <= IPL_NONE || ipl >= IPL_HIGH || handler == NULL)
		return (EINVAL);
	for (ih = &intr_handlers[ICU_LEN]; ih < &intr_handlers[INTR_LEN]; ih++) {
		if (ih->ih_handler != NULL)
			continue;
		ih->ih_name = name;
		ih->ih_arg = arg;
		ih->ih_ipl = ipl;
		ih->ih_handler = handler;
		*cookie = ih;
		return (0);
	}
	return (ENOSPC);
}

/*
 * Have a software interrupt's handler run, once, as soon as the level allows:
 * at once, or when the handler that asks for it has ended.
 */
void
swi_sched(void *cookie)
{
	int n = (struct intrhand *)cookie - intr_handlers;
	uint32_t ef;

	KASSERT(n >= ICU_LEN && n < INTR_LEN, ("swi_sched: %p", cookie));
	ef = intr_disable();
	ipending |= 1 << n;
	intr_restore(ef);
	if (intr_handlers[n].ih_ipl > cpl)
		splx(cpl);
}

/*
 * Call a handler at its level.  Called and returns with interrupts disabled;
 * they are enabled meanwhile.  A fault of the handler's must not go on where
 * one of copyin() would, if that is what was interrupted.
 */
static void
intr_run(int n, struct intrframe *frame)
{
	struct intrhand *ih = &intr_handlers[n];
	struct intrframe *outer = intr_frame;
	void *onfault = curpcb->pcb_onfault;
	int level = cpl;

	cpl = ih->ih_ipl;
	intr_frame = frame;
	intr_nesting_level++;
	curpcb->pcb_onfault = NULL;
	enable_intr();
	ih->ih_handler(ih->ih_arg);
	disable_intr();
	curpcb->pcb_onfault = onfault;
	intr_nesting_level--;
	intr_frame = outer;
	cpl = level;
}

/*
 * Of the postponed requests that the level now allows, the one of the highest
 * level; -1 if there is none.
 */
static int
intr_next(void)
{
	uint32_t pending = ipending;
	int best = -1, level = cpl, n;

	for (; pending != 0; pending &= pending - 1) {
		n = __builtin_ctz(pending);
		if (intr_handlers[n].ih_ipl > level) {
			best = n;
			level = intr_handlers[n].ih_ipl;
		}
	}
	return (best);
}

/*
 * Run what was postponed and now may.  Interrupts are disabled.  A line is
 * unmasked before its handler runs: what comes then is postponed anew.
 */
static void
intr_replay(struct intrframe *frame)
{
	int n;

	while (ipending != 0 && (n = intr_next()) != -1) {
		ipending &= ~(1 << n);
		if (n < ICU_LEN)
			atpic_unmask(n);
		else
			cnt.v_soft++;
		intr_run(n, frame);
	}
}

/*
 * How many requests of an IRQ wait for its handler: one that was postponed, and
 * one in the 8259.
 */
int
intr_pending(int irq)
{
	return ((ipending >> irq & 1) + atpic_pending(irq));
}

/* A request that nobody waits for: say so, a few times. */
static void
intr_stray(int irq)
{
	if (++stray_count[irq] > STRAY_MAX)
		return;
	log(LOG_ERR, "stray irq %d\n", irq);
	if (stray_count[irq] == STRAY_MAX)
		log(LOG_CRIT, "too many stray irq %d's; not logging any more\n",
		    irq);
}

/*
 * An interrupt: exception.S calls this, with interrupts disabled, and goes
 * back to whoever was interrupted when it returns.
 */
void
intr_execute(struct intrframe *frame)
{
	int irq = frame->if_vec;

	KASSERT(irq >= 0 && irq < ICU_LEN, ("intr_execute: irq %d", irq));
	if (atpic_spurious(irq)) {
		intr_spurious[irq / 8]++;
		return;
	}
	intrcnt[irq]++;
	cnt.v_intr++;
	if (intr_handlers[irq].ih_handler == NULL) {
		atpic_eoi(irq);
		intr_stray(irq);
		return;
	}
	if (intr_handlers[irq].ih_ipl <= cpl) {
		ipending |= 1 << irq;
		/* A line that stays up would be back at once. */
		atpic_mask(irq);
		atpic_eoi(irq);
		return;
	}
	atpic_eoi(irq);
	intr_run(irq, frame);
	intr_replay(frame);
}

/* ---------------------------------------------------------------- levels */

static int
splraise(int level)
{
	int old = cpl;

	if (level > old)
		cpl = level;
	/* What follows in the caller must not be done before this. */
	__asm__ volatile("" : : : "memory");
	return (old);
}

int
splsoftclock(void)
{
	return (splraise(IPL_SOFTCLOCK));
}

int
splbio(void)
{
	return (splraise(IPL_BIO));
}

int
spltty(void)
{
	return (splraise(IPL_TTY));
}

/*
 * Whoever allocates pages or memory: the handlers of devices may, so they are
 * all kept out.  The clocks' may not, and go on.
 */
int
splvm(void)
{
	return (splraise(IPL_TTY));
}

int
splclock(void)
{
	return (splraise(IPL_CLOCK));
}

int
splhigh(void)
{
	return (splraise(IPL_HIGH));
}

/*
 * Run what was postponed and now may be, unless interrupts are disabled: then
 * they stay so, and the next one runs it.  Such a handler sees a frame of the
 * kernel's, at `eip'.
 */
static __attribute__((noinline)) void
run_postponed(uintptr_t eip)
{
	struct intrframe frame;
	uint32_t ef = read_eflags();

	if (!(ef & PSL_I))
		return;
	disable_intr();
	memset(&frame, 0, sizeof(frame));
	frame.if_tf.tf_cs = KCSEL;
	frame.if_tf.tf_eflags = ef;
	frame.if_tf.tf_eip = eip;
	intr_replay(&frame);
	intr_restore(ef);
}

/*
 * Go to the level that an spl*() returned, and run what was postponed since.  It
 * is called so often that its usual way is short.
 */
void
splx(int level)
{
	__asm__ volatile("" : : : "memory");
	cpl = level;
	if (ipending != 0)
		run_postponed((uintptr_t)__builtin_return_address(0));
}

void
spl0(void)
{
	splx(IPL_NONE);
}
