/*
 * script: what stands in init_main.c's and the debugger's place in the small
 * kernels that checks boot.  It does what a script says, and keeps what came
 * of it; the check reads that from outside when script_done() is reached.
 *
 * Entered:   by init386(), as mi_startup(); or at script_start by a check that
 *            has stopped init386() on its way, after preload_init().
 * Stack:     its own, so that what it starts can have thread0's, as a thread's
 *            code has.
 * Script:    the file of type check_script that the loader has left: double
 *            words, an operation, then what it needs.
 *
 *	DONE				stay in script_done() for ever
 *	POKE address, count, WORDS	write double words
 *	SAVE address, count		add double words to the results
 *	CALL function, count, WORDS	call it with these arguments; what it
 *					returns is in script_returned
 *
 * and those of the driver that it is linked with (script_other()).
 */
#include "script.h"

#include <sys/kdb.h>
#include <sys/linker.h>
#include <sys/msgbuf.h>
#include <sys/preload.h>
#include <sys/proc.h>
#include <sys/systm.h>

#define	RESULT_WORDS	65536

void	script_run(void);

/* What a check gives a name, in the debugger's place. */
struct script_name {
	uintptr_t	address;	/* 0 ends them */
	const char	*name;
};

uint32_t	script_results[RESULT_WORDS];
uint32_t	script_used;			/* of them */
uint32_t	script_calls;			/* begun */
uint32_t	script_returned;		/* by the last of them */
uint32_t	script_text;			/* printed before the operation */
uint32_t	script_scratch[8192];		/* what a check writes and reads */
const struct script_name *script_names;		/* or NULL: nothing has one */

/* What init_main.c has of its own. */
struct proc proc0 = { .p_comm = "swapper", .p_thread = { .td_proc = &proc0 } };
struct thread *curthread = &thread0;

void
mi_startup(void)
{
	script_start();
}

/* ---------------------------------------------------------------- the debugger */

char *ksym_start, *ksym_end;
int kdb_active;
int debugger_on_panic = 1;

/* A panic: nothing may be whole.  Stay until the check's time is up. */
void
kdb_enter(const char *why __unused)
{
	for (;;)
		__asm__ volatile("");
}

void
kdb_init(void)
{
}

const char *
kdb_symbol_name(uintptr_t address)
{
	const struct script_name *n;

	for (n = script_names; n != NULL && n->address != 0; n++)
		if (n->address == address)
			return (n->name);
	return (NULL);
}

void
kdb_backtrace(void)
{
}

/* A driver may want traps for itself. */
__attribute__((weak)) int
kdb_trap(int type __unused, int code __unused, struct trapframe *tf __unused)
{
	return (0);
}

/* ---------------------------------------------------------------- the script */

/* Whatever comes after is of no interest. */
__attribute__((noinline)) void
script_done(void)
{
	for (;;)
		__asm__ volatile("");
}

uint32_t
script_printed(void)
{
	return (msgbufp == NULL ? 0 : msgbufp->msg_bufx);
}

void
script_result(const void *from, size_t count)
{
	if (count > RESULT_WORDS - script_used)
		panic("script: the results have no room for %u more", (unsigned)count);
	memcpy(&script_results[script_used], from, 4 * count);
	script_used += count;
}

/* A driver may have operations of its own. */
__attribute__((weak)) const uint32_t *
script_other(const uint32_t *operation __unused)
{
	panic("script: there is no such operation");
}

/* Do one operation.  Returns the next one's place. */
static const uint32_t *
step(const uint32_t *w)
{
	script_text = script_printed();
	switch (*w) {
	case OP_DONE:
		script_done();
	case OP_POKE:
		memcpy((void *)w[1], w + 3, 4 * w[2]);
		return (w + 3 + w[2]);
	case OP_SAVE:
		script_result((const void *)w[1], w[2]);
		return (w + 3);
	case OP_CALL:
		script_calls++;
		script_returned = script_call(w[1], w[2], w + 3);
		return (w + 3 + w[2]);
	default:
		return (script_other(w));
	}
}

void
script_run(void)
{
	const uint32_t *w;
	char *file, *at;

	file = preload_search_by_type("check_script");
	at = file == NULL ? NULL : preload_search_info(file, MODINFO_ADDR);
	if (at == NULL)
		panic("script: there is none");
	w = *(uint32_t **)at;
	for (;;)
		w = step(w);
}
