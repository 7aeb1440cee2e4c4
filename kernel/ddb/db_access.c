/*
 * db_access.c: numbers in memory, and the message buffer.
 *
 * [ddb/db_access.c, kern/subr_prf.c]
 */
#include <ddb/ddb.h>

#include <sys/msgbuf.h>

uint64_t
db_get_quad(db_addr_t addr, size_t size, int is_signed)
{
	uint64_t value = 0;
	int unused_bits = 64 - 8 * (int)size;

	if (db_read_bytes(addr, size, &value) != 0)
		db_error("Bad address %#r\n", addr);
	if (is_signed)
		return ((uint64_t)((int64_t)(value << unused_bits) >>
		    unused_bits));
	return (value);
}

db_expr_t
db_get_value(db_addr_t addr, size_t size, int is_signed)
{
	return (db_get_quad(addr, size, is_signed));
}

void
db_put_value(db_addr_t addr, size_t size, db_expr_t value)
{
	if (db_write_bytes(addr, size, &value) != 0)
		db_error("Bad address %#r\n", addr);
}

/* show msgbuf: from the oldest character on. */
void
db_show_msgbuf_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	uint32_t i;

	if (msgbufp == NULL)
		db_error("No message buffer yet\n");
	db_printf("msgbufp = %p\n", msgbufp);
	db_printf("magic = %x, size = %u, r = %u, w = %u, ptr = %p\n",
	    msgbufp->msg_magic, msgbufp->msg_size, msgbufp->msg_bufr,
	    msgbufp->msg_bufx, msgbufp->msg_ptr);
	for (i = msgbufp->msg_bufr; i != msgbufp->msg_bufx;
	    i = (i + 1) % msgbufp->msg_size)
		db_printf("%c", msgbufp->msg_ptr[i]);
	if (db_print_position() != 0)
		db_printf("\n");
}
