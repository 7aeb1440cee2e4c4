/*
 * db_write.c: memory, written.
 *
 *	write/size addr value ...
 *
 * [ddb/db_write_cmd.c]
 */
#include <ddb/ddb.h>

/* Each value goes behind the one before; old and new contents are shown. */
void
db_write_cmd(db_expr_t addr, int have_addr, db_expr_t count __unused,
    const char *modif)
{
	db_expr_t old, value;
	int size, written = 0;

	db_check_modif(modif, "bhl");
	size = db_modif_size(modif, 4);
	if (!have_addr)
		db_error("Address missing\n");
	for (; db_expression(&value); written = 1) {
		old = db_get_value(addr, size, 0);
		db_put_value(addr, size, value);
		db_printsym(addr, DB_STGY_ANY);
		db_printf("\t\t%#8r\t=\t%#8r\n", old,
		    db_get_value(addr, size, 0));
		db_prev = addr;
		addr += size;
		db_next = addr;
	}
	if (!written)
		db_error("Value missing\n");
	db_expect_eol();
}
