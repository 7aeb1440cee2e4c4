/*
 * What a trap's frame means: trap_decode() says, trap() does it.
 */
#ifndef _I386_TRAPDECODE_H_
#define	_I386_TRAPDECODE_H_

#include <i386/frame.h>

enum trap_action {
	TRAP_FATAL,	/* the kernel's own fault: trap_fatal() */
	TRAP_SIGNAL,	/* the user's: td_signo, td_code */
	TRAP_PAGE,	/* a page fault, for trap_pfault() */
	TRAP_FPU,	/* the user's first FPU instruction (#NM) */
	TRAP_NMI,
	TRAP_DEBUGGER,	/* the kernel debugger's */
	TRAP_RESUME,	/* go on at td_resume */
	TRAP_CLEAR_NT,	/* clear NT in the frame, and try again */
	TRAP_CLEAR_T,	/* clear the trap flag in the frame, and go on */
	TRAP_NOTHING,	/* go on */
};

struct trap_decision {
	enum trap_action td_action;
	int		td_signo;	/* SIG */
	int		td_code;
	uint32_t	td_resume;	/* an address in the kernel */
};

/* Where a fault is expected: exception.S's labels, and where each goes on. */
struct expected_fault {
	const char	*ef_at;
	const char	*ef_resume;
};

/*
 * Decide about a trap.  `onfault' is curpcb's, or NULL.  Changes nothing.
 */
struct trap_decision trap_decode(const struct trapframe *tf, const void *onfault);

/* The name of a trap; "unknown" if there is none of that number. */
const char *trap_name(unsigned type);

#endif /* !_I386_TRAPDECODE_H_ */
