/*
 * The two 8259 interrupt controllers: which requests may come, and the end of
 * one that did.  For intr.c only; devices call intr_create().
 *
 * All but atpic_startup() are called with interrupts disabled.
 *
 * [i386/isa/icu.h, atpic.c]
 */
#ifndef _I386_ICU_H_
#define	_I386_ICU_H_

void	atpic_mask(int irq);
void	atpic_unmask(int irq);

/* Tell the controllers that the request in service is done with. */
void	atpic_eoi(int irq);

/* Is the request made, 1 or 0, that the CPU has not yet been interrupted with? */
int	atpic_pending(int irq);

/*
 * IRQ 7 and 15 also come when a request went away before the CPU asked for its
 * number.  Returns nonzero if this is one of those; it needs no atpic_eoi().
 */
int	atpic_spurious(int irq);

#endif /* !_I386_ICU_H_ */
