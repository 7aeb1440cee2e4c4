/*
 * db_callout.c: the callouts that are pending, as the debugger shows them.
 *
 * [kern/kern_timeout.c]
 */
#include <ddb/ddb.h>

#include <sys/callout.h>
#include <sys/systm.h>

static void
db_print_callout(const struct callout *c)
{
	db_printf("%10p %10d %s ", c, c->c_time - ticks,
	    c->c_flags & CALLOUT_LOCAL_ALLOC ? "timeout" : "       ");
	db_printsym((db_addr_t)(uintptr_t)c->c_func, DB_STGY_PROC);
	db_printf("(%p)\n", c->c_arg);
}

/* show callouts: bucket by bucket, from the one whose turn is next. */
void
db_show_callouts_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	const struct callout_link *bucket, *link;
	int i, found = 0;

	for (i = 1; i <= callwheelsize; i++) {
		bucket = &callwheel[(ticks + i) & callwheelmask];
		for (link = bucket->next; link != bucket; link = link->next) {
			if (!found)
				db_printf("%10s %10s\n", "callout", "ticks");
			found = 1;
			db_print_callout((const struct callout *)link);
		}
	}
	if (!found)
		db_printf("No callouts are pending\n");
}
