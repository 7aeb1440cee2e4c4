/*
 * db_sym.c: symbols.
 *
 * The loader leaves the kernel's behind the kernel; where it has not, those
 * that make has linked in serve (gensyms.py).  Both look so:
 *
 *	+------+------------------+------+--------------------+
 *	| size | Elf32_Sym[]      | size | strings            |
 *	+------+------------------+------+--------------------+
 *	  u32    size bytes         u32    size bytes
 *
 * The loader's may be anything: all that is ever followed, sizes and indices,
 * is checked once, before the first use.
 *
 * [ddb/db_sym.c, kern/link_elf.c]
 */
#include <ddb/ddb.h>

#include <sys/elf32.h>
#include <sys/kdb.h>
#include <sys/systm.h>

#define	STT_OBJECT	1
#define	STT_FUNC	2
#define	SHN_UNDEF	0
#define	SHN_LORESERVE	0xff00
#define	ELF_TYPE(info)	((info) & 0xf)
#define	ELF_BIND(info)	((info) >> 4)

/* Made by make; not there in the first of the kernel's links. */
extern const char db_builtin_symbols[] __attribute__((weak));
extern const char db_builtin_symbols_end[] __attribute__((weak));

int	db_maxoff = 0x10000;

static const Elf32_Sym	*symtab;
static uint32_t		nsyms;
static const char	*strtab;

/* A number that may be aligned or not. */
static uint32_t
word_at(const char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return (word);
}

/* What is wrong with the tables between `start' and `end'?  NULL: nothing. */
static const char *
check_tables(const char *start, const char *end)
{
	uint32_t left = end - start, symsize, strsize, i;
	const Elf32_Sym *syms;
	const char *strings;

	if ((uintptr_t)start % 4 != 0 || end < start || left < 8)
		return ("no room for its sizes");
	symsize = word_at(start);
	if (symsize > left - 8 || symsize % sizeof(Elf32_Sym) != 0)
		return ("its size is wrong");
	strings = start + 4 + symsize + 4;
	strsize = word_at(strings - 4);
	if (strsize == 0 || strsize > left - 8 - symsize)
		return ("its strings' size is wrong");
	if (strings[strsize - 1] != '\0')
		return ("its strings do not end");
	syms = (const Elf32_Sym *)(const void *)(start + 4);
	for (i = 0; i < symsize / sizeof(Elf32_Sym); i++)
		if (syms[i].st_name >= strsize)
			return ("a name is outside of its strings");
	return (NULL);
}

/* Take tables that have been checked. */
static void
use_tables(const char *start)
{
	uint32_t symsize = word_at(start);

	symtab = (const Elf32_Sym *)(const void *)(start + 4);
	nsyms = symsize / sizeof(Elf32_Sym);
	strtab = start + 4 + symsize + 4;
}

/*
 * Take the loader's symbols, from `start' to `end', NULL for none; or else
 * those that are built in.
 */
void
db_sym_init(const char *start, const char *end)
{
	const char *wrong;

	symtab = NULL;
	nsyms = 0;
	if (start != NULL) {
		wrong = check_tables(start, end);
		if (wrong == NULL) {
			use_tables(start);
			return;
		}
		printf("WARNING: the loader's symbol table is not used: %s\n",
		    wrong);
	}
	if (db_builtin_symbols != NULL && check_tables(db_builtin_symbols,
	    db_builtin_symbols_end) == NULL)
		use_tables(db_builtin_symbols);
}

/* Does the symbol name an address that `strategy' wants? */
static int
is_wanted(const Elf32_Sym *sym, enum db_strategy strategy)
{
	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= SHN_LORESERVE ||
	    ELF_TYPE(sym->st_info) > STT_FUNC || strtab[sym->st_name] == '\0')
		return (0);
	return (strategy == DB_STGY_ANY || ELF_TYPE(sym->st_info) != STT_OBJECT);
}

int
db_value_of_name(const char *name, db_addr_t *value)
{
	uint32_t i;

	for (i = 0; i < nsyms; i++)
		if (is_wanted(&symtab[i], DB_STGY_ANY) &&
		    strcmp(strtab + symtab[i].st_name, name) == 0) {
			*value = symtab[i].st_value;
			return (1);
		}
	return (0);
}

/* Of two at the same address the global one is the better. */
const char *
db_search_symbol(db_addr_t value, enum db_strategy strategy, uint32_t *offset)
{
	const Elf32_Sym *best = NULL;
	uint32_t distance, nearest = db_maxoff, i;

	for (i = 0; i < nsyms; i++) {
		if (symtab[i].st_value > value ||
		    !is_wanted(&symtab[i], strategy))
			continue;
		distance = value - symtab[i].st_value;
		if (distance < nearest || (best != NULL &&
		    distance == nearest && ELF_BIND(best->st_info) == 0 &&
		    ELF_BIND(symtab[i].st_info) != 0)) {
			best = &symtab[i];
			nearest = distance;
		}
	}
	if (best == NULL)
		return (NULL);
	*offset = nearest;
	return (strtab + best->st_name);
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
