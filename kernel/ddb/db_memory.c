/*
 * db_memory: malloc(9)'s types and the zones, as they are counted.
 *
 * [kern/kern_malloc.c, vm/uma_core.c]
 */
#include <ddb/ddb.h>

#include <sys/malloc.h>
#include <vm/uma.h>

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

/* show uma: for each zone items, pages, and how often somebody asked, or in vain. */
void
db_show_uma_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	struct uma_stat stat;
	uma_zone_t zone = NULL;

	db_printf("%18s %5s %6s %6s %6s %6s %12s %8s\n", "Zone", "Size", "Limit",
	    "Used", "Free", "Pages", "Requests", "Failures");
	while ((zone = uma_zone_next(zone, &stat)) != NULL)
		db_printf("%18s %5u %6u %6u %6u %6u %12llu %8u\n", stat.name, stat.size,
		    stat.limit, stat.used, stat.free, stat.pages,
		    (unsigned long long)stat.requests, stat.failures);
}
