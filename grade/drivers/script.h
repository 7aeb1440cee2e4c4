/*
 * script: what the drivers that run a check's script share.  See script.c.
 */
#ifndef SCRIPT_H
#define	SCRIPT_H

#include <stddef.h>
#include <stdint.h>

enum script_op { OP_DONE, OP_POKE, OP_SAVE, OP_CALL, OP_OTHERS };

extern uint32_t	script_results[];
extern uint32_t	script_used;			/* of them */
extern uint32_t	script_calls;			/* begun */
extern uint32_t	script_returned;		/* by the last of them */

/* The end: stay for ever, for the check to look. */
void	script_done(void) __attribute__((noreturn));
/* How many characters have been printed. */
uint32_t script_printed(void);
/* Add double words to the results. */
void	script_result(const void *from, size_t count);
/*
 * A driver's own: do an operation from OP_OTHERS on.  Returns the next one's
 * place.
 */
const uint32_t *script_other(const uint32_t *operation);

/* script_switch.S */
void	script_start(void) __attribute__((noreturn));
uint32_t script_call(uint32_t function, uint32_t count, const uint32_t *arguments);

#endif /* !SCRIPT_H */
