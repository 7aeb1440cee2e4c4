/*
 * db_watch.c: watchpoints: stop when memory changes.
 *
 * The CPU does not watch, we do: while there is a watchpoint the kernel runs
 * one instruction at a time, and after each the memory is compared with what
 * it was.  That is slow, and exact but for two things: an interrupt's handler
 * runs at full speed, so what it writes is seen when it has returned; and a
 * write of what was there already is no change.
 *
 * [ddb/db_watch.c]
 */
#include <ddb/ddb.h>

#include <sys/systm.h>

#define	NWATCHPOINTS	16
#define	WATCH_MAX	64		/* bytes of one */

static struct db_watchpoint {
	db_addr_t	address;
	uint32_t	size;		/* 0: this one is not used */
	uint8_t		contents[WATCH_MAX];
} db_watch_table[NWATCHPOINTS];

int
db_watching(void)
{
	int i;

	for (i = 0; i < NWATCHPOINTS; i++)
		if (db_watch_table[i].size != 0)
			return (1);
	return (0);
}

void
db_set_watchpoints(void)
{
	struct db_watchpoint *wp;

	for (wp = db_watch_table; wp < &db_watch_table[NWATCHPOINTS]; wp++)
		if (wp->size != 0)
			(void)db_read_bytes(wp->address, wp->size,
			    wp->contents);
}

int
db_watchpoint_hit(void)
{
	struct db_watchpoint *wp;
	uint8_t now[WATCH_MAX];

	for (wp = db_watch_table; wp < &db_watch_table[NWATCHPOINTS]; wp++)
		if (wp->size != 0 &&
		    db_read_bytes(wp->address, wp->size, now) == 0 &&
		    memcmp(now, wp->contents, wp->size) != 0)
			return (1);
	return (0);
}

/* The watchpoint at `addr', or NULL. */
static struct db_watchpoint *
find_watchpoint(db_addr_t addr)
{
	struct db_watchpoint *wp;

	for (wp = db_watch_table; wp < &db_watch_table[NWATCHPOINTS]; wp++)
		if (wp->size != 0 && wp->address == addr)
			return (wp);
	return (NULL);
}

/* watch addr[,size], or FreeBSD's watch addr size */
void
db_watchpoint_cmd(db_expr_t addr, int have_addr __unused, db_expr_t count,
    const char *modif)
{
	struct db_watchpoint *wp;
	db_expr_t size = count;

	db_check_modif(modif, "");
	if (size == -1 && !db_expression(&size))
		size = 4;
	db_expect_eol();
	if (size < 1 || size > WATCH_MAX)
		db_error("Bad size\n");
	if (find_watchpoint(addr) != NULL)
		db_error("Already set.\n");
	for (wp = db_watch_table; wp < &db_watch_table[NWATCHPOINTS]; wp++)
		if (wp->size == 0)
			break;
	if (wp == &db_watch_table[NWATCHPOINTS])
		db_error("All watchpoints used.\n");
	(void)db_get_value(addr, 1, 0);
	(void)db_get_value(addr + size - 1, 1, 0);
	wp->address = addr;
	wp->size = size;
}

/* dwatch addr */
void
db_deletewatch_cmd(db_expr_t addr, int have_addr __unused,
    db_expr_t count __unused, const char *modif)
{
	struct db_watchpoint *wp;
	db_expr_t size;

	db_check_modif(modif, "");
	(void)db_expression(&size);
	db_expect_eol();
	wp = find_watchpoint(addr);
	if (wp == NULL)
		db_error("Not set.\n");
	wp->size = 0;
}

void
db_show_watches_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	struct db_watchpoint *wp;

	if (!db_watching())
		db_printf("No watchpoints set\n");
	else
		db_printf(" Map        Address  Size\n");
	for (wp = db_watch_table; wp < &db_watch_table[NWATCHPOINTS]; wp++)
		if (wp->size != 0)
			db_printf("*%8x  %8x  %x\n", 0, wp->address, wp->size);
	db_show_hwatches();
}
