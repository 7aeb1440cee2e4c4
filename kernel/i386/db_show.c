/*
 * db_show: the CPU's tables, as the CPU has them.
 *
 * [i386/i386/machdep.c, db_interface.c]
 */
#include <ddb/ddb.h>

#include <i386/segments.h>

/* show idt: the vectors that lead anywhere but to Xrsvd. */
void
db_show_idt_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	extern inthand_t IDTVEC(rsvd);
	const struct gate_descriptor *gd;
	uint32_t func;

	for (gd = idt; gd < &idt[NIDT]; gd++) {
		func = gd->gd_hioffset << 16 | gd->gd_looffset;
		if (func == (uint32_t)IDTVEC(rsvd))
			continue;
		db_printf("%3d\t", gd - idt);
		if (gd->gd_type == SDT_SYSTASKGT)
			db_printf("task %#r", gd->gd_selector);
		else
			db_printsym(func, DB_STGY_PROC);
		db_printf("\n");
	}
}

/* show gdt: selector, base, limit, type, DPL, present, 32 bits, pages. */
void
db_show_gdt_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	struct soft_segment_descriptor soft;
	unsigned i;

	db_printf(" Sel       Base  Limit Type DPL P D G\n");
	for (i = 0; i < nitems(gdt); i++) {
		sdtossd(&gdt[i].sd, &soft);
		db_printf("%4x   %08x  %5x   %2x   %d %d %d %d\n", GSEL(i, 0),
		    soft.ssd_base, soft.ssd_limit, soft.ssd_type, soft.ssd_dpl,
		    soft.ssd_p, soft.ssd_def32, soft.ssd_gran);
	}
}
