/*
 * subr_symtab.c: symbol tables, and the kernel's own among them.
 *
 * The loader leaves the kernel's behind the kernel; where it has not, those
 * that make has linked in serve (ddb/gensyms.py).  Both look so:
 *
 *	+------+------------------+------+--------------------+
 *	| size | Elf32_Sym[]      | size | strings            |
 *	+------+------------------+------+--------------------+
 *	  u32    size bytes         u32    size bytes
 *
 * The loader's may be anything: all that is ever followed, sizes and indices,
 * is checked once, before the first use.
 *
 * Modules' tables come behind it when they are linked (kern/link_elf_obj.c).
 */
#include <sys/symtab.h>

#include <sys/systm.h>

/* Made by make; not there in the first of the kernel's links. */
extern const char db_builtin_symbols[] __attribute__((weak));
extern const char db_builtin_symbols_end[] __attribute__((weak));

struct symtab kernel_symtab;
struct symtablist symtabs = STAILQ_HEAD_INITIALIZER(symtabs);

const char *
symtab_check(const Elf32_Sym *syms, uint32_t nsyms, const char *strings,
    uint32_t strsize)
{
	uint32_t i;

	if (strsize == 0 || strings[strsize - 1] != '\0')
		return ("its strings do not end");
	for (i = 0; i < nsyms; i++)
		if (syms[i].st_name >= strsize)
			return ("a name is outside of its strings");
	return (NULL);
}

/* A number that may be aligned or not. */
static uint32_t
word_at(const char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return (word);
}

/*
 * Make the tables between `start' and `end' the kernel's.  Returns what is
 * wrong with them, or NULL.
 */
static const char *
take_tables(const char *start, const char *end)
{
	uint32_t left = end - start, symsize, strsize;
	const Elf32_Sym *syms;
	const char *strings, *wrong;

	if ((uintptr_t)start % 4 != 0 || end < start || left < 8)
		return ("no room for its sizes");
	symsize = word_at(start);
	if (symsize > left - 8 || symsize % sizeof(Elf32_Sym) != 0)
		return ("its size is wrong");
	strings = start + 4 + symsize + 4;
	strsize = word_at(strings - 4);
	if (strsize == 0 || strsize > left - 8 - symsize)
		return ("its strings' size is wrong");
	syms = (const Elf32_Sym *)(const void *)(start + 4);
	wrong = symtab_check(syms, symsize / sizeof(Elf32_Sym), strings, strsize);
	if (wrong != NULL)
		return (wrong);
	kernel_symtab.syms = syms;
	kernel_symtab.nsyms = symsize / sizeof(Elf32_Sym);
	kernel_symtab.strings = strings;
	return (NULL);
}

void
symtab_init(const char *start, const char *end)
{
	const char *wrong;

	STAILQ_INIT(&symtabs);
	memset(&kernel_symtab, 0, sizeof(kernel_symtab));
	STAILQ_INSERT_HEAD(&symtabs, &kernel_symtab, link);
	if (start != NULL) {
		wrong = take_tables(start, end);
		if (wrong == NULL)
			return;
		printf("WARNING: the loader's symbol table is not used: %s\n",
		    wrong);
	}
	if (db_builtin_symbols != NULL)
		take_tables(db_builtin_symbols, db_builtin_symbols_end);
}

int
symtab_is_exported(const Elf32_Sym *sym)
{
	return (ELF32_ST_BIND(sym->st_info) != STB_LOCAL &&
	    (sym->st_shndx == SHN_ABS || (sym->st_shndx != SHN_UNDEF &&
	    sym->st_shndx < SHN_LORESERVE)));
}

const Elf32_Sym *
symtab_lookup(const struct symtab *table, const char *name)
{
	const Elf32_Sym *sym;

	for (sym = table->syms; sym < table->syms + table->nsyms; sym++)
		if (symtab_is_exported(sym) &&
		    strcmp(table->strings + sym->st_name, name) == 0)
			return (sym);
	return (NULL);
}
