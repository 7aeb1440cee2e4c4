/*
 * db_break.c: breakpoints.
 *
 * One is the instruction INT3 in the place of another's first byte.  They are
 * in memory only while the kernel runs: the debugger sees, and runs in, memory
 * as it was.
 *
 * [ddb/db_break.c]
 */
#include <ddb/ddb.h>

#include <sys/systm.h>

#define	NBREAKPOINTS	100
#define	BKPT_INST	0xcc		/* INT3 */

static struct db_breakpoint {
	db_addr_t	address;
	int		init_count;	/* 0: this one is not used */
	int		count;		/* how often yet */
	uint8_t		instruction;	/* what stands there without it */
	uint8_t		in_memory;
} db_break_table[NBREAKPOINTS];

/* The breakpoint that is set at `addr', or NULL. */
static struct db_breakpoint *
db_find_breakpoint(db_addr_t addr)
{
	struct db_breakpoint *bkpt;

	for (bkpt = db_break_table; bkpt < &db_break_table[NBREAKPOINTS]; bkpt++)
		if (bkpt->init_count > 0 && bkpt->address == addr)
			return (bkpt);
	return (NULL);
}

int
db_breakpoint_at(db_addr_t addr)
{
	return (db_find_breakpoint(addr) != NULL);
}

int
db_breakpoint_hit(db_addr_t addr)
{
	struct db_breakpoint *bkpt;

	bkpt = db_find_breakpoint(addr);
	if (bkpt == NULL || --bkpt->count > 0)
		return (0);
	bkpt->count = bkpt->init_count;
	return (1);
}

void
db_set_breakpoints(db_addr_t except)
{
	static const uint8_t bkpt_inst = BKPT_INST;
	struct db_breakpoint *bkpt;

	for (bkpt = db_break_table; bkpt < &db_break_table[NBREAKPOINTS]; bkpt++)
		if (bkpt->init_count > 0 && bkpt->address != except &&
		    db_read_bytes(bkpt->address, 1, &bkpt->instruction) == 0 &&
		    db_write_bytes(bkpt->address, 1, &bkpt_inst) == 0)
			bkpt->in_memory = 1;
}

void
db_clear_breakpoints(void)
{
	struct db_breakpoint *bkpt;

	for (bkpt = db_break_table; bkpt < &db_break_table[NBREAKPOINTS]; bkpt++)
		if (bkpt->in_memory) {
			(void)db_write_bytes(bkpt->address, 1,
			    &bkpt->instruction);
			bkpt->in_memory = 0;
		}
}

/* break addr[,count] */
void
db_breakpoint_cmd(db_expr_t addr, int have_addr __unused, db_expr_t count,
    const char *modif)
{
	struct db_breakpoint *bkpt;

	db_check_modif(modif, "");
	if (db_find_breakpoint(addr) != NULL)
		db_error("Already set.\n");
	for (bkpt = db_break_table; bkpt < &db_break_table[NBREAKPOINTS]; bkpt++)
		if (bkpt->init_count == 0)
			break;
	if (bkpt == &db_break_table[NBREAKPOINTS])
		db_error("All breakpoints used.\nToo many breakpoints.\n");
	(void)db_get_value(addr, 1, 0);
	if (db_is_own_way(addr))
		db_error("The debugger itself comes by there\n");
	bkpt->address = addr;
	bkpt->init_count = bkpt->count = count > 0 ? count : 1;
}

/* delete addr */
void
db_delete_cmd(db_expr_t addr, int have_addr __unused, db_expr_t count __unused,
    const char *modif)
{
	struct db_breakpoint *bkpt;

	db_check_modif(modif, "");
	bkpt = db_find_breakpoint(addr);
	if (bkpt == NULL)
		db_error("Not set.\n");
	bkpt->init_count = 0;
}

/* All are of the one map that there is, the kernel's: `*'. */
void
db_show_breaks_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	struct db_breakpoint *bkpt;
	int found = 0;

	for (bkpt = db_break_table; bkpt < &db_break_table[NBREAKPOINTS]; bkpt++) {
		if (bkpt->init_count == 0)
			continue;
		if (!found)
			db_printf(" Map      Count    Address\n");
		found = 1;
		db_printf("*%8x %5d    ", 0, bkpt->count);
		db_printsym(bkpt->address, DB_STGY_PROC);
		db_printf("\n");
	}
	if (!found)
		db_printf("No breakpoints set\n");
}
