/*
 * db_memory: malloc(9)'s types, as they are counted.
 *
 * [kern/kern_malloc.c]
 */
#include <ddb/ddb.h>

#include <sys/malloc.h>

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
