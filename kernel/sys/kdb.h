/*
 * The way into the kernel debugger.
 *
 * [sys/kdb.h, ddb/ddb.h]
 */
#ifndef _SYS_KDB_H_
#define	_SYS_KDB_H_

#include <sys/param.h>

struct trapframe;

/*
 * The symbols: a table and strings as the loader left them, or NULL for none
 * (then those built in).  A table that lies is told and not used.
 */
extern char	*ksym_start, *ksym_end;

void	kdb_init(void);
/* Print `KDB: enter: WHY' and stop in the debugger. */
void	kdb_enter(const char *why);
/*
 * A trap has come that the debugger may want: breakpoint, single step, or a
 * fatal one.  Returns nonzero if it took it.
 */
int	kdb_trap(int type, int code, struct trapframe *tf);
/* Print the callers of whoever calls. */
void	kdb_backtrace(void);
/* The name of the symbol that begins right there, or NULL. */
const char *kdb_symbol_name(uintptr_t address);
extern int	kdb_active;		/* in the debugger */
extern int	debugger_on_panic;

#endif /* !_SYS_KDB_H_ */
