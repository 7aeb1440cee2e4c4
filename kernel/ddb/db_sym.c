/*
 * db_sym.c: symbols, in the debugger's words.
 *
 * The kernel's are in the first of symtabs, modules' behind them
 * (kern/subr_symtab.c); all of that was checked before it came there.
 *
 * [ddb/db_sym.c]
 */
#include <ddb/ddb.h>

#include <sys/kdb.h>
#include <sys/symtab.h>
#include <sys/systm.h>

int	db_maxoff = 0x10000;

/* Does the symbol name an address that `strategy' wants? */
static int
is_wanted(const struct symtab *table, const Elf32_Sym *sym,
    enum db_strategy strategy)
{
	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= SHN_LORESERVE ||
	    ELF32_ST_TYPE(sym->st_info) > STT_FUNC ||
	    table->strings[sym->st_name] == '\0')
		return (0);
	return (strategy == DB_STGY_ANY ||
	    ELF32_ST_TYPE(sym->st_info) != STT_OBJECT);
}

int
db_value_of_name(const char *name, db_addr_t *value)
{
	const struct symtab *table;
	const Elf32_Sym *sym;

	STAILQ_FOREACH(table, &symtabs, link)
		for (sym = table->syms; sym < table->syms + table->nsyms; sym++)
			if (is_wanted(table, sym, DB_STGY_ANY) &&
			    strcmp(table->strings + sym->st_name, name) == 0) {
				*value = sym->st_value;
				return (1);
			}
	return (0);
}

/*
 * The symbol of `table' that is nearest at or before `value' and nearer than
 * *nearest, or NULL.  Of two at the same address the global one is the better.
 */
static const Elf32_Sym *
search_table(const struct symtab *table, db_addr_t value,
    enum db_strategy strategy, uint32_t *nearest)
{
	const Elf32_Sym *best = NULL, *sym;
	uint32_t distance;

	for (sym = table->syms; sym < table->syms + table->nsyms; sym++) {
		if (sym->st_value > value || !is_wanted(table, sym, strategy))
			continue;
		distance = value - sym->st_value;
		if (distance < *nearest || (best != NULL && distance == *nearest &&
		    ELF32_ST_BIND(best->st_info) == STB_LOCAL &&
		    ELF32_ST_BIND(sym->st_info) != STB_LOCAL)) {
			best = sym;
			*nearest = distance;
		}
	}
	return (best);
}

const char *
db_search_symbol(db_addr_t value, enum db_strategy strategy, uint32_t *offset)
{
	const struct symtab *table;
	const Elf32_Sym *sym;
	const char *name = NULL;
	uint32_t nearest = db_maxoff;

	STAILQ_FOREACH(table, &symtabs, link) {
		sym = search_table(table, value, strategy, &nearest);
		if (sym != NULL)
			name = table->strings + sym->st_name;
	}
	if (name != NULL)
		*offset = nearest;
	return (name);
}

void
db_printsym(db_addr_t value, enum db_strategy strategy)
{
	const char *name;
	uint32_t offset;

	name = db_search_symbol(value, strategy, &offset);
	if (name == NULL)
		db_printf("%#r", value);
	else if (offset == 0)
		db_printf("%s", name);
	else
		db_printf("%s+%#r", name, offset);
}

const char *
kdb_symbol_name(uintptr_t address)
{
	const char *name;
	uint32_t offset;

	name = db_search_symbol(address, DB_STGY_ANY, &offset);
	return (name != NULL && offset == 0 ? name : NULL);
}
