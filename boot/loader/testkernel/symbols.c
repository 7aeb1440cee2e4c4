/*
 * The symbols that the loader puts behind the kernel:
 *
 *	+------+--------------+------+---------+
 *	| size | symbol table | size | strings |
 *	+------+--------------+------+---------+
 *	start                                           end
 */
#include <sys/elf32.h>

#include "testkernel.h"

#define	MAX_SIZE	0x1000000	/* of a table, that we believe in it */

static int
equal(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return (*a == *b);
}

/*
 * Look up our own entry and report its address, which must be where we were
 * entered.  `source' says who told us where the symbols are.
 */
void
report_symbols(const char *source, uint32_t start, uint32_t end)
{
	uint32_t symsize, strsize, i;
	const Elf32_Sym *sym;
	const char *strings;

	if (start == 0 || end <= start) {
		report("symbols %s absent", source);
		return;
	}
	symsize = *(const uint32_t *)PHYS_TO_VIRT(start);
	if (symsize > MAX_SIZE) {
		report("symbols %s absurd", source);
		return;
	}
	strsize = *(const uint32_t *)PHYS_TO_VIRT(start + 4 + symsize);
	report("symbols %s start=0x%x symtab=%u strtab=%u end=0x%x", source,
	    start, symsize, strsize, end);
	sym = PHYS_TO_VIRT(start + 4);
	strings = PHYS_TO_VIRT(start + 4 + symsize + 4);
	for (i = 0; i < symsize / sizeof(*sym); i++)
		if (sym[i].st_name < strsize &&
		    equal(strings + sym[i].st_name, "btext"))
			report("symbol %s btext=0x%x", source, sym[i].st_value);
}
