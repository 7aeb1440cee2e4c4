/*
 * link_elf_obj.c: linking relocatable objects, what `ld -r' makes and the
 * loader leaves in memory.
 *
 *	in memory	.text .rodata .data .bss set_sysinit_set ...
 *			.symtab .strtab .shstrtab .rel.text .rel.data ...
 *
 * The loader has given each section its place.  Left to us:
 *
 *	1. find each symbol that the file does not define
 *	2. make room for its SHN_COMMON symbols
 *	3. turn the values of its symbols from offsets into addresses
 *	4. relocate: put those into code and data
 *
 * Step 1 changes nothing that matters, and may be tried again when more files
 * have been linked.  The others cannot fail but for want of memory, because
 * all that they follow was checked before (kern/link_elf_check.c).
 *
 * [kern/link_elf_obj.c]
 */
#include <sys/link_elf.h>

#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/linker.h>
#include <sys/malloc.h>
#include <sys/preload.h>
#include <sys/systm.h>

MALLOC_DECLARE(M_LINKER);

static struct linker_class link_elf_obj_class;

/* ---------------------------------------------------------------- from the loader */

/* A word of the loader's records, which has been checked to be one; or 0. */
static uint32_t
record_word(char *mod, int info)
{
	const char *record = preload_search_info(mod, info);
	uint32_t word = 0;

	if (record != NULL)
		memcpy(&word, record, sizeof(word));
	return (word);
}

static void
link_elf_obj_unload(struct linker_file *file)
{
	struct elf_file *ef = (struct elf_file *)file;

	if (ef->lf.symtab != NULL)
		STAILQ_REMOVE(&symtabs, &ef->symtab, symtab, link);
	free(ef->common, M_LINKER);
	free(ef->shdr, M_LINKER);
	free(ef, M_LINKER);
}

static int
link_elf_obj_preload(char *mod, const char *pathname, struct linker_file **result)
{
	struct elf_file *ef;
	int error;

	ef = malloc(sizeof(*ef), M_LINKER, M_WAITOK | M_ZERO);
	linker_file_init(&ef->lf, &link_elf_obj_class, pathname);
	ef->lf.address = (char *)(uintptr_t)record_word(mod, MODINFO_ADDR);
	ef->lf.size = record_word(mod, MODINFO_SIZE);
	error = elf_check_object(ef, mod);
	if (error != 0)
		link_elf_obj_unload(&ef->lf);
	else
		*result = &ef->lf;
	return (error);
}

/* ---------------------------------------------------------------- 1: symbols */

/* The section of this name that is in memory, or NULL. */
static const Elf32_Shdr *
find_section(const struct elf_file *ef, const char *name)
{
	const Elf32_Shdr *sh;

	for (sh = ef->shdr; sh < ef->shdr + ef->shnum; sh++)
		if (sh->sh_addr != 0 && strcmp(ef->shstrtab + sh->sh_name, name) == 0)
			return (sh);
	return (NULL);
}

/*
 * A linker set's ends, as the linker would define them: __start_NAME and
 * __stop_NAME of a section of ours.  Returns 1 and the value, or 0.
 */
static int
lookup_set_end(const struct elf_file *ef, const char *name, uintptr_t *value)
{
	const Elf32_Shdr *sh;

	if (strncmp(name, "__start_", 8) == 0 &&
	    (sh = find_section(ef, name + 8)) != NULL)
		*value = sh->sh_addr;
	else if (strncmp(name, "__stop_", 7) == 0 &&
	    (sh = find_section(ef, name + 7)) != NULL)
		*value = sh->sh_addr + sh->sh_size;
	else
		return (0);
	return (1);
}

/*
 * Give the symbols that the file does not define their values.  Returns 0, or
 * ENOENT if some are missing, after a message for each if `tell'.
 */
static int
resolve(struct elf_file *ef, int tell)
{
	const char *name;
	uintptr_t value;
	Elf32_Sym *sym;
	int error = 0;

	for (sym = ef->syms + 1; sym < ef->syms + ef->symtab.nsyms; sym++) {
		if (sym->st_shndx != SHN_UNDEF)
			continue;
		name = ef->symtab.strings + sym->st_name;
		value = 0;
		if (!lookup_set_end(ef, name, &value) &&
		    !linker_file_lookup_symbol(&ef->lf, name, &value) &&
		    ELF32_ST_BIND(sym->st_info) != STB_WEAK) {
			error = ENOENT;
			if (tell)
				printf("link_elf_obj: symbol %s undefined\n", name);
		}
		sym->st_value = value;
	}
	return (error);
}

/* ---------------------------------------------------------------- 2, 3: values */

/*
 * Make room for all SHN_COMMON symbols, and turn them into absolute ones.
 * Returns 0 or ENOMEM.
 */
static int
allocate_common(struct elf_file *ef)
{
	uint64_t size = 0;
	uintptr_t at;
	Elf32_Sym *sym;

	for (sym = ef->syms; sym < ef->syms + ef->symtab.nsyms; sym++)
		if (sym->st_shndx == SHN_COMMON)
			size += (uint64_t)sym->st_value + sym->st_size;
	if (size == 0)
		return (0);
	if (size <= UINT32_MAX)
		ef->common = malloc(size, M_LINKER, M_NOWAIT | M_ZERO);
	if (ef->common == NULL) {
		printf("link_elf_obj: %s: no memory for common symbols\n",
		    ef->lf.filename);
		return (ENOMEM);
	}
	at = (uintptr_t)ef->common;
	for (sym = ef->syms; sym < ef->syms + ef->symtab.nsyms; sym++) {
		if (sym->st_shndx != SHN_COMMON)
			continue;
		at = roundup(at, MAX(sym->st_value, 1));
		sym->st_value = at;
		sym->st_shndx = SHN_ABS;
		at += sym->st_size;
	}
	return (0);
}

/*
 * Symbols of sections get addresses; those of sections that are not in memory
 * are no symbols any more.
 */
static void
fix_symbols(struct elf_file *ef)
{
	Elf32_Sym *sym;
	uint32_t start;

	for (sym = ef->syms; sym < ef->syms + ef->symtab.nsyms; sym++) {
		if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= SHN_LORESERVE)
			continue;
		start = ef->shdr[sym->st_shndx].sh_addr;
		if (start == 0)
			sym->st_shndx = SHN_UNDEF;
		sym->st_value += start;
	}
}

/* ---------------------------------------------------------------- 4: relocations */

/* Do what a section of relocations says. */
static void
relocate_section(struct elf_file *ef, const Elf32_Shdr *sh)
{
	const Elf32_Rel *rel = (const Elf32_Rel *)(uintptr_t)sh->sh_addr;
	const Elf32_Rel *end = rel + sh->sh_size / sizeof(*rel);
	char *target = (char *)(uintptr_t)ef->shdr[sh->sh_info].sh_addr;

	for (; rel < end; rel++)
		if (ELF32_R_TYPE(rel->r_info) != R_386_NONE)
			elf_reloc(target + rel->r_offset,
			    ELF32_R_TYPE(rel->r_info),
			    ef->syms[ELF32_R_SYM(rel->r_info)].st_value);
}

static int
link_elf_obj_preload_finish(struct linker_file *file, int tell)
{
	struct elf_file *ef = (struct elf_file *)file;
	const Elf32_Shdr *sh;
	int error;

	if ((error = resolve(ef, tell)) != 0 ||
	    (error = allocate_common(ef)) != 0)
		return (error);
	fix_symbols(ef);
	for (sh = ef->shdr; sh < ef->shdr + ef->shnum; sh++)
		if (sh->sh_addr != 0 && sh->sh_type == SHT_REL)
			relocate_section(ef, sh);
	ef->lf.symtab = &ef->symtab;
	STAILQ_INSERT_TAIL(&symtabs, &ef->symtab, link);
	return (0);
}

/* ---------------------------------------------------------------- when it is linked */

static int
link_elf_obj_lookup_symbol(struct linker_file *file, const char *name,
    uintptr_t *value)
{
	const Elf32_Sym *sym = symtab_lookup(file->symtab, name);

	if (sym == NULL)
		return (0);
	*value = sym->st_value;
	return (1);
}

static int
link_elf_obj_lookup_set(struct linker_file *file, const char *name, void ***start,
    void ***stop)
{
	const Elf32_Shdr *sh = find_section((struct elf_file *)file, name);

	if (sh == NULL)
		return (0);
	*start = (void **)(uintptr_t)sh->sh_addr;
	*stop = *start + sh->sh_size / sizeof(**start);
	return (1);
}

static struct linker_class link_elf_obj_class = {
	.type = "elf obj module",
	.link_preload = link_elf_obj_preload,
	.link_preload_finish = link_elf_obj_preload_finish,
	.lookup_symbol = link_elf_obj_lookup_symbol,
	.lookup_set = link_elf_obj_lookup_set,
	.unload = link_elf_obj_unload,
};

static void
link_elf_obj_init(const void *dummy __unused)
{
	linker_add_class(&link_elf_obj_class);
}
SYSINIT(link_elf_obj, SI_SUB_KLD, SI_ORDER_SECOND, link_elf_obj_init, NULL);
