/*
 * db_hwatch: watchpoints that the CPU keeps an eye on: at full speed, but four
 * of them, of 1, 2 or 4 bytes each, aligned.
 *
 * They are in the debug registers only while the kernel runs.  The CPU traps
 * behind a write, also one of what was there already.
 *
 *	DR0-3	addresses
 *	DR6	which of them it was: bits 0 to 3
 *	DR7	G, in use: bits 1, 3, 5, 7; from bit 16 on four bits for each:
 *		00 execute, 01 write, 11 read or write; the length less 1
 *
 * [IA32-3B] 17.2, [i386/i386/db_trace.c]
 */
#include <ddb/ddb.h>

#define	NHWATCHPOINTS	4
#define	DR7_GLOBAL(i)	(2U << (2 * (i)))
#define	DR7_WRITE(i)	(1U << (16 + 4 * (i)))
#define	DR7_LEN(i, n)	((uint32_t)((n) - 1) << (18 + 4 * (i)))

static struct hwatchpoint {
	db_addr_t	address;
	int		size;		/* 0: this one is not used */
} hwatch_table[NHWATCHPOINTS];

static void
load_dr7(uint32_t value)
{
	__asm__ volatile("mov %0, %%db7" : : "r" (value));
}

static void
load_dr6(uint32_t value)
{
	__asm__ volatile("mov %0, %%db6" : : "r" (value));
}

static uint32_t
rdr6(void)
{
	uint32_t value;

	__asm__ volatile("mov %%db6, %0" : "=r" (value));
	return (value);
}

void
db_set_hwatchpoints(void)
{
	uint32_t dr7 = 0;
	int i;

	for (i = 0; i < NHWATCHPOINTS; i++)
		if (hwatch_table[i].size != 0)
			dr7 |= DR7_GLOBAL(i) | DR7_WRITE(i) |
			    DR7_LEN(i, hwatch_table[i].size);
	__asm__ volatile("mov %0, %%db0" : : "r" (hwatch_table[0].address));
	__asm__ volatile("mov %0, %%db1" : : "r" (hwatch_table[1].address));
	__asm__ volatile("mov %0, %%db2" : : "r" (hwatch_table[2].address));
	__asm__ volatile("mov %0, %%db3" : : "r" (hwatch_table[3].address));
	load_dr7(dr7);
}

int
db_clear_hwatchpoints(void)
{
	int i, hit = 0;

	load_dr7(0);
	for (i = 0; i < NHWATCHPOINTS; i++)
		if (hwatch_table[i].size != 0 && (rdr6() >> i & 1) != 0)
			hit = 1;
	load_dr6(0);
	return (hit);
}

/* How much of `size' bytes at `addr' one watchpoint can have. */
static int
hwatch_part(db_addr_t addr, int size)
{
	return (addr % 4 == 0 && size >= 4 ? 4 :
	    addr % 2 == 0 && size >= 2 ? 2 : 1);
}

/* hwatch addr[,size] */
void
db_hwatchpoint_cmd(db_expr_t addr, int have_addr __unused, db_expr_t count,
    const char *modif)
{
	int i, needed = 0, left = 0, size = count == -1 ? 4 : count;
	db_addr_t at;

	db_check_modif(modif, "");
	if (size < 1 || size > 4 * NHWATCHPOINTS)
		db_error("Bad size\n");
	for (at = addr; at != (db_addr_t)addr + size; needed++)
		at += hwatch_part(at, addr + size - at);
	for (i = 0; i < NHWATCHPOINTS; i++)
		left += hwatch_table[i].size == 0;
	if (needed > left)
		db_error("All watchpoints used.\n");
	at = addr;
	for (i = 0; i < NHWATCHPOINTS && at != (db_addr_t)addr + size; i++) {
		if (hwatch_table[i].size != 0)
			continue;
		hwatch_table[i].address = at;
		hwatch_table[i].size = hwatch_part(at, addr + size - at);
		at += hwatch_table[i].size;
	}
}

/* dhwatch addr[,size] */
void
db_deletehwatch_cmd(db_expr_t addr, int have_addr __unused, db_expr_t count,
    const char *modif)
{
	uint32_t size = count == -1 ? 4 : count;
	int i, found = 0;

	db_check_modif(modif, "");
	for (i = 0; i < NHWATCHPOINTS; i++)
		if (hwatch_table[i].size != 0 &&
		    hwatch_table[i].address - (db_addr_t)addr < size) {
			hwatch_table[i].size = 0;
			found = 1;
		}
	if (!found)
		db_error("Not set.\n");
}

void
db_show_hwatches(void)
{
	int i;

	for (i = 0; i < NHWATCHPOINTS; i++)
		if (hwatch_table[i].size != 0)
			db_printf("dr%d       %8x  %x\n", i,
			    hwatch_table[i].address, hwatch_table[i].size);
}
