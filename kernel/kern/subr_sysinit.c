/*
 * subr_sysinit: the engine that brings subsystems up in order.
 *
 * Two lists.  What is still to be done stands in sysinit_list, sorted; what has
 * been taken from it goes to the end of sysinit_done_list.
 *
 *	sysinit_set		sysinit_list			sysinit_done_list
 *	(linker's order)	(sorted)			(as they were run)
 *	+------+
 *	| &vm  |     mklist     first -> kmem -> cpu -> 0	first -> copyright -> vm -> 0
 *	| &cpu |    ------->	   |				               ^
 *	| &cop |		   +--- sysinit_run(): off the head, ---------- +
 *	| &kmem|		        to the tail, and called
 *	+------+		   ^
 *				   +--- sysinit_add(), at any time: a module's
 *
 * At each step the earliest of all that is pending is run.  So whoever adds
 * something during the run need not know how far it has come: what is earlier
 * than the current one is simply the next, and what is later waits.
 *
 * Nothing here needs memory: each entry has its own link.
 *
 * [kern/init_main.c]
 */
#include <sys/kernel.h>

#include <sys/kdb.h>
#include <sys/lab_stub.h>
#include <sys/systm.h>

struct sysinitlist sysinit_list = STAILQ_HEAD_INITIALIZER(sysinit_list);
struct sysinitlist sysinit_done_list = STAILQ_HEAD_INITIALIZER(sysinit_done_list);
int verbose_sysinit;

/*
 * 4.1. Put `sip', which is in no list, where it belongs in a sorted one: by
 * `subsystem', then by `order', numbers without a sign.  It goes behind those
 * that are equal to it, so that equals stay in the order in which they were
 * inserted.
 */
void
sysinit_insert(struct sysinitlist *list, struct sysinit *sip)
{
/* LAB 4.1 BEGIN */
	struct sysinit *before, *after;

	before = NULL;
	STAILQ_FOREACH(after, list, next) {
		if (after->subsystem > sip->subsystem ||
		    (after->subsystem == sip->subsystem &&
		    after->order > sip->order))
			break;
		before = after;
	}
	if (before == NULL)
		STAILQ_INSERT_HEAD(list, sip, next);
	else
		STAILQ_INSERT_AFTER(list, before, sip, next);
/* LAB 4.1 STUB (void)list; (void)sip; lab_stub("LAB 4.1: sysinit_insert"); */
/* LAB 4.1 END */
}

/* Name an entry that cannot be run, and stop. */
static void __dead2
sysinit_panic(const struct sysinit *sip)
{
	const char *name = kdb_symbol_name((uintptr_t)sip);

	panic("SYSINIT: %s at %p (subsystem %x, order %x) has no function",
	    name != NULL ? name : "an entry", sip, sip->subsystem, sip->order);
}

/*
 * 4.2. Insert (sysinit_insert()) what the pointers from `set' up to, but
 * without, `set_end' lead to in a sorted list, the first of them first.
 *
 * An entry without a function is a mistake of the kernel's:
 * sysinit_panic().  Only one of SI_SUB_DUMMY, which is never run, needs none.
 */
void
sysinit_mklist(struct sysinitlist *list, struct sysinit **set,
    struct sysinit **set_end)
{
/* LAB 4.2 BEGIN */
	struct sysinit **sipp;

	for (sipp = set; sipp < set_end; sipp++) {
		if ((*sipp)->func == NULL && (*sipp)->subsystem != SI_SUB_DUMMY)
			sysinit_panic(*sipp);
		sysinit_insert(list, *sipp);
	}
/* LAB 4.2 STUB (void)list; (void)set; (void)set_end; (void)sysinit_panic; lab_stub("LAB 4.2: sysinit_mklist"); */
/* LAB 4.2 END */
}

/*
 * 4.3. Run what is pending in `list', until nothing is.  At each step the
 * first entry is taken from the list and put at the end of `done'; then, unless
 * its subsystem is SI_SUB_DUMMY, its function is called with its udata.
 *
 * The function may add to the list, by sysinit_add(): look at the list anew
 * at each step.  If `verbose_sysinit' is set, sysinit_announce() comes before
 * the call, and if that returns nonzero, "done.\n" is printed after it.
 */
void
sysinit_run(struct sysinitlist *list, struct sysinitlist *done)
{
/* LAB 4.3 BEGIN */
	struct sysinit *sip;
	int announced;

	while ((sip = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, next);
		STAILQ_INSERT_TAIL(done, sip, next);
		if (sip->subsystem == SI_SUB_DUMMY)
			continue;
		announced = verbose_sysinit && sysinit_announce(sip);
		sip->func(sip->udata);
		if (announced)
			printf("done.\n");
	}
/* LAB 4.3 STUB (void)list; (void)done; lab_stub("LAB 4.3: sysinit_run"); */
/* LAB 4.3 END */
}

/*
 * 4.4. A set that has come later, a module's, joins sysinit_list: all of its
 * entries or none.  Returns NULL, or the first of the set that has no function
 * and is not of SI_SUB_DUMMY; then the list is as it was.
 *
 * May be called by a function that sysinit_run() has called.
 */
struct sysinit *
sysinit_add(struct sysinit **set, struct sysinit **set_end)
{
/* LAB 4.4 BEGIN */
	struct sysinit **sipp;

	for (sipp = set; sipp < set_end; sipp++)
		if ((*sipp)->func == NULL && (*sipp)->subsystem != SI_SUB_DUMMY)
			return (*sipp);
	sysinit_mklist(&sysinit_list, set, set_end);
	return (NULL);
/* LAB 4.4 STUB (void)set; (void)set_end; lab_stub("LAB 4.4: sysinit_add"); */
/* LAB 4.4 END */
}

/*
 * 4.5. Undo: run a set of SYSUNINITs in the reverse of the order that 4.2 gives
 * it: the last by subsystem and order first; of equals, the one that stands
 * last in the set.  A set k l m n with the keys 1 3 1 2 is run as l n m k.
 * SI_SUB_DUMMY is skipped; all others have a function.  Nothing is printed.
 */
void
sysuninit_run(struct sysinit **set, struct sysinit **set_end)
{
/* LAB 4.5 BEGIN */
	struct sysinitlist forwards = STAILQ_HEAD_INITIALIZER(forwards);
	struct sysinitlist backwards = STAILQ_HEAD_INITIALIZER(backwards);
	struct sysinit *sip;

	sysinit_mklist(&forwards, set, set_end);
	while ((sip = STAILQ_FIRST(&forwards)) != NULL) {
		STAILQ_REMOVE_HEAD(&forwards, next);
		STAILQ_INSERT_HEAD(&backwards, sip, next);
	}
	STAILQ_FOREACH(sip, &backwards, next)
		if (sip->subsystem != SI_SUB_DUMMY)
			sip->func(sip->udata);
/* LAB 4.5 STUB (void)set; (void)set_end; lab_stub("LAB 4.5: sysuninit_run"); */
/* LAB 4.5 END */
}

/* The largest subsystem of which sysinit_announce() has been told. */
static enum sysinit_sub_id sysinit_last = SI_SUB_COPYRIGHT;

/*
 * 4.6. Say what is about to be run.  Returns 1 if something was printed, or 0.
 *
 * Nothing is printed until a subsystem larger than SI_SUB_COPYRIGHT has come:
 * the copyright and the version are to stand above all.  From then on every
 * entry is a line, whose end is the caller's "done.\n", and each subsystem that
 * is larger than any before has a line in front of it:
 *
 *	"subsystem %x\n"	the subsystem
 *	"   %s(&%s)... "	names of function and udata
 *	"   %s(%p)... "		the same, where udata has no name
 *	"   %p(%p)... "		where the function has none
 *
 * kdb_symbol_name() gives a name, or NULL.  sysinit_last is the largest
 * subsystem so far.
 */
int
sysinit_announce(const struct sysinit *sip)
{
/* LAB 4.6 BEGIN */
	const char *func, *data;

	if (sip->subsystem > sysinit_last) {
		sysinit_last = sip->subsystem;
		printf("subsystem %x\n", sysinit_last);
	}
	if (sysinit_last == SI_SUB_COPYRIGHT)
		return (0);
	func = kdb_symbol_name((uintptr_t)sip->func);
	data = kdb_symbol_name((uintptr_t)sip->udata);
	if (func != NULL && data != NULL)
		printf("   %s(&%s)... ", func, data);
	else if (func != NULL)
		printf("   %s(%p)... ", func, sip->udata);
	else
		printf("   %p(%p)... ", sip->func, sip->udata);
	return (1);
/* LAB 4.6 STUB (void)sip; (void)sysinit_last; lab_stub("LAB 4.6: sysinit_announce"); */
/* LAB 4.6 END */
}
