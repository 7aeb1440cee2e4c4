/*
 * db_memory: the pages and malloc(9)'s types, as they are counted.
 *
 * [vm/vm_page.c, kern/kern_malloc.c]
 */
#include <ddb/ddb.h>

#include <sys/malloc.h>
#include <sys/vmmeter.h>

/* show page */
void
db_show_page_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	db_printf("cnt.v_page_count: %u\n", cnt.v_page_count);
	db_printf("cnt.v_free_count: %u\n", cnt.v_free_count);
	db_printf("cnt.v_wire_count: %u\n", cnt.v_wire_count);
	db_printf("cnt.v_free_reserved: %u\n", cnt.v_free_reserved);
	db_printf("cnt.v_interrupt_free_min: %u\n", cnt.v_interrupt_free_min);
}

/* show malloc: for each type pieces, bytes, and how often somebody asked. */
void
db_show_malloc_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	const struct malloc_type *type;
	uint32_t pieces, bytes;

	db_printf("%18s %12s  %12s %12s\n", "Type", "InUse", "MemUse", "Requests");
	STAILQ_FOREACH(type, &kmemstatistics, ks_next) {
		malloc_usage(type, &pieces, &bytes);
		db_printf("%18s %12u %12uK %12llu\n", type->ks_shortdesc, pieces,
		    howmany(bytes, 1024), (unsigned long long)type->ks_calls);
	}
}
