/*
 * link_elf_check.c: is a relocatable object what it should be?
 *
 * It comes from outside, and the kernel is going to write where its
 * relocations say.  So every size, offset and index in it is looked at here,
 * once, before anything is changed; the linker itself then follows them
 * blindly.
 *
 *	records		the file's place, ELF header, section headers
 *	sections	where the loader has put them, within the file's memory,
 *			none in another
 *	tables		one of symbols; its strings; the sections' names
 *	symbols		each in a section that there is, and not behind its end
 *	relocations	each in its section, of a symbol that there is, of a
 *			kind that can be done
 *
 * What they do not say is whether the code is any good.
 */
#include <sys/link_elf.h>

#include <sys/errno.h>
#include <sys/linker.h>
#include <sys/malloc.h>
#include <sys/preload.h>
#include <sys/systm.h>

MALLOC_DECLARE(M_LINKER);

/* Say what is wrong with the file.  Returns ENOEXEC. */
static int __printflike(2, 3)
refuse(const struct elf_file *ef, const char *fmt, ...)
{
	va_list ap;

	printf("link_elf_obj: %s: ", ef->lf.filename);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	return (ENOEXEC);
}

/* ---------------------------------------------------------------- records */

/* The record `info' of the file, of exactly `size' bytes; or NULL. */
static const void *
metadata(char *mod, int info, size_t size)
{
	info |= MODINFO_METADATA;
	return (preload_search_info_size(mod, info) == size ?
	    preload_search_info(mod, info) : NULL);
}

/* Is the file where the loader can have put it: behind the kernel? */
static int
check_place(const struct elf_file *ef)
{
	const struct linker_file *kernel = linker_kernel_file;

	if (ef->lf.address >= kernel->address + kernel->size &&
	    ef->lf.address <= preload_end &&
	    ef->lf.size <= (size_t)(preload_end - ef->lf.address))
		return (0);
	return (refuse(ef, "0x%x bytes at %p are not the loader's",
	    (unsigned)ef->lf.size, ef->lf.address));
}

/* Take the ELF header. */
static int
check_header(struct elf_file *ef, char *mod, Elf32_Ehdr *eh)
{
	const void *record = metadata(mod, MODINFOMD_ELFHDR, sizeof(*eh));

	if (record == NULL)
		return (refuse(ef, "it has no ELF header"));
	memcpy(eh, record, sizeof(*eh));
	if (!IS_ELF(*eh) || eh->e_ident[EI_CLASS] != ELFCLASS32 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_type != ET_REL ||
	    eh->e_machine != EM_386 || eh->e_shentsize != sizeof(Elf32_Shdr))
		return (refuse(ef, "it is no relocatable object of this machine"));
	return (0);
}

/* Take a copy of the section headers. */
static int
check_section_table(struct elf_file *ef, char *mod, const Elf32_Ehdr *eh)
{
	size_t size = eh->e_shnum * sizeof(Elf32_Shdr);
	const void *record = metadata(mod, MODINFOMD_SHDR, size);

	if (record == NULL || size == 0)
		return (refuse(ef, "its section table is truncated: %u bytes "
		    "for %d sections", (unsigned)preload_search_info_size(mod,
		    MODINFO_METADATA | MODINFOMD_SHDR), eh->e_shnum));
	ef->shnum = eh->e_shnum;
	ef->shdr = malloc(size, M_LINKER, M_WAITOK);
	memcpy(ef->shdr, record, size);
	return (0);
}

/* ---------------------------------------------------------------- sections */

/*
 * The loader's addresses are physical, and its first section is where the
 * file's memory begins: make them ours.
 */
static void
relocate_sections(struct elf_file *ef)
{
	uint32_t address = (uint32_t)(uintptr_t)ef->lf.address;
	uint32_t first = UINT32_MAX, i;

	for (i = 0; i < ef->shnum; i++)
		if (ef->shdr[i].sh_addr != 0)
			first = MIN(first, ef->shdr[i].sh_addr);
	for (i = 0; i < ef->shnum; i++)
		if (ef->shdr[i].sh_addr != 0)
			ef->shdr[i].sh_addr += address - first;
}

/* Is there a byte of section `i', which is in memory, in an earlier one, too? */
static int
overlaps(const struct elf_file *ef, uint32_t i)
{
	const Elf32_Shdr *sh = &ef->shdr[i], *other;

	for (other = ef->shdr; other < sh; other++)
		if (other->sh_addr != 0 && other->sh_size != 0 && sh->sh_size != 0 &&
		    sh->sh_addr < other->sh_addr + other->sh_size &&
		    other->sh_addr < sh->sh_addr + sh->sh_size)
			return (1);
	return (0);
}

/*
 * Each lies in the file, and in no other: else a relocation could change
 * another behind our backs, once that has been checked.
 */
static int
check_sections(struct elf_file *ef)
{
	const Elf32_Shdr *sh;
	uint32_t align, i;

	for (i = 0; i < ef->shnum; i++) {
		sh = &ef->shdr[i];
		if (sh->sh_addr == 0)
			continue;
		align = MAX(sh->sh_addralign, 1);
		if ((align & (align - 1)) != 0 || align > PAGE_SIZE ||
		    sh->sh_addr % align != 0)
			return (refuse(ef, "section %u: it cannot be aligned to %u",
			    i, align));
		if (!linker_file_holds(&ef->lf, (void *)(uintptr_t)sh->sh_addr,
		    sh->sh_size))
			return (refuse(ef, "section %u: 0x%x bytes at 0x%x are "
			    "outside of the file", i, sh->sh_size, sh->sh_addr));
		if (overlaps(ef, i))
			return (refuse(ef, "section %u: 0x%x bytes at 0x%x are "
			    "another's, too", i, sh->sh_size, sh->sh_addr));
	}
	return (0);
}

/* ---------------------------------------------------------------- tables */

/* The strings of section `index', which end with a NUL; or NULL. */
static const char *
string_table(const struct elf_file *ef, uint32_t index, uint32_t *size)
{
	const Elf32_Shdr *sh;
	const char *strings;

	if (index >= ef->shnum)
		return (NULL);
	sh = &ef->shdr[index];
	if (sh->sh_type != SHT_STRTAB || sh->sh_addr == 0 || sh->sh_size == 0)
		return (NULL);
	strings = (const char *)(uintptr_t)sh->sh_addr;
	*size = sh->sh_size;
	return (strings[*size - 1] == '\0' ? strings : NULL);
}

static int
check_section_names(struct elf_file *ef, uint32_t index)
{
	uint32_t size, i;

	ef->shstrtab = string_table(ef, index, &size);
	if (ef->shstrtab == NULL)
		return (refuse(ef, "its sections have no names"));
	for (i = 0; i < ef->shnum; i++)
		if (ef->shdr[i].sh_name >= size)
			return (refuse(ef, "section %u: its name is outside of "
			    "the names", i));
	return (0);
}

/* Take the one symbol table, and its strings. */
static int
check_symbol_table(struct elf_file *ef)
{
	const Elf32_Shdr *sh, *symtab = NULL;
	const char *wrong;
	uint32_t size;

	for (sh = ef->shdr; sh < ef->shdr + ef->shnum; sh++) {
		if (sh->sh_type != SHT_SYMTAB)
			continue;
		if (symtab != NULL)
			return (refuse(ef, "it has two symbol tables"));
		symtab = sh;
	}
	if (symtab == NULL || symtab->sh_addr % 4 != 0 || symtab->sh_addr == 0 ||
	    symtab->sh_entsize != sizeof(Elf32_Sym) ||
	    symtab->sh_size % sizeof(Elf32_Sym) != 0)
		return (refuse(ef, "it has no symbol table"));
	ef->syms = (Elf32_Sym *)(uintptr_t)symtab->sh_addr;
	ef->symtab.syms = ef->syms;
	ef->symtab.nsyms = symtab->sh_size / sizeof(Elf32_Sym);
	ef->symtab.strings = string_table(ef, symtab->sh_link, &size);
	if (ef->symtab.strings == NULL)
		return (refuse(ef, "its symbols have no names"));
	wrong = symtab_check(ef->syms, ef->symtab.nsyms, ef->symtab.strings, size);
	return (wrong == NULL ? 0 : refuse(ef, "its symbol table: %s", wrong));
}

/* ---------------------------------------------------------------- symbols */

/* Number 0 too, which should be undefined: a relocation may name it. */
static int
check_symbols(struct elf_file *ef)
{
	const Elf32_Sym *sym;
	uint32_t i;

	for (i = 0; i < ef->symtab.nsyms; i++) {
		sym = &ef->syms[i];
		if (sym->st_shndx == SHN_UNDEF || sym->st_shndx == SHN_ABS)
			continue;
		if (sym->st_shndx == SHN_COMMON) {
			if ((sym->st_value & (sym->st_value - 1)) == 0 &&
			    sym->st_value <= PAGE_SIZE)
				continue;
			return (refuse(ef, "symbol %u: it cannot be aligned to %u",
			    i, sym->st_value));
		}
		if (sym->st_shndx >= ef->shnum)
			return (refuse(ef, "symbol %u: there is no section %u", i,
			    sym->st_shndx));
		if (sym->st_value > ef->shdr[sym->st_shndx].sh_size)
			return (refuse(ef, "symbol %u: 0x%x is outside of section %u",
			    i, sym->st_value, sym->st_shndx));
	}
	return (0);
}

/* ---------------------------------------------------------------- relocations */

/* Number `i' of the relocations of section `number'. */
static int
check_relocation(const struct elf_file *ef, uint32_t number, uint32_t i,
    const Elf32_Rel *rel)
{
	uint32_t index = ELF32_R_SYM(rel->r_info), type = ELF32_R_TYPE(rel->r_info);
	const Elf32_Shdr *target = &ef->shdr[number];
	uint16_t section;

	if (!elf_reloc_is_known(type))
		return (refuse(ef, "relocation %u of section %u: type %u is "
		    "unknown", i, number, type));
	if (type == R_386_NONE)
		return (0);
	if (target->sh_size < 4 || rel->r_offset > target->sh_size - 4)
		return (refuse(ef, "relocation %u of section %u: 0x%x is outside "
		    "of it", i, number, rel->r_offset));
	if (index >= ef->symtab.nsyms)
		return (refuse(ef, "relocation %u of section %u: there is no "
		    "symbol %u", i, number, index));
	section = ef->syms[index].st_shndx;
	if (section < SHN_LORESERVE && section != SHN_UNDEF &&
	    ef->shdr[section].sh_addr == 0)
		return (refuse(ef, "relocation %u of section %u: symbol %u is "
		    "not in memory", i, number, index));
	return (0);
}

/* A section of relocations. */
static int
check_relocation_table(const struct elf_file *ef, const Elf32_Shdr *sh)
{
	const Elf32_Rel *rel = (const Elf32_Rel *)(uintptr_t)sh->sh_addr;
	uint32_t number = sh - ef->shdr, i;
	int error;

	if (sh->sh_addr % 4 != 0 || sh->sh_entsize != sizeof(*rel) ||
	    sh->sh_size % sizeof(*rel) != 0)
		return (refuse(ef, "section %u: it is no table of relocations",
		    number));
	if (sh->sh_link >= ef->shnum ||
	    ef->shdr[sh->sh_link].sh_type != SHT_SYMTAB)
		return (refuse(ef, "section %u: its relocations have no symbols",
		    number));
	if (sh->sh_info >= ef->shnum || ef->shdr[sh->sh_info].sh_addr == 0 ||
	    ef->shdr[sh->sh_info].sh_type != SHT_PROGBITS)
		return (refuse(ef, "section %u: section %u cannot be relocated",
		    number, sh->sh_info));
	for (i = 0; i < sh->sh_size / sizeof(*rel); i++)
		if ((error = check_relocation(ef, sh->sh_info, i, &rel[i])) != 0)
			return (error);
	return (0);
}

static int
check_relocations(const struct elf_file *ef)
{
	const Elf32_Shdr *sh;
	int error;

	for (sh = ef->shdr; sh < ef->shdr + ef->shnum; sh++) {
		if (sh->sh_addr == 0)
			continue;
		if (sh->sh_type == SHT_RELA)
			return (refuse(ef, "section %u: relocations of this "
			    "machine have no addends", (unsigned)(sh - ef->shdr)));
		if (sh->sh_type == SHT_REL &&
		    (error = check_relocation_table(ef, sh)) != 0)
			return (error);
	}
	return (0);
}

/* ---------------------------------------------------------------- all of it */

int
elf_check_object(struct elf_file *ef, char *mod)
{
	Elf32_Ehdr eh;
	int error;

	if ((error = check_place(ef)) != 0 ||
	    (error = check_header(ef, mod, &eh)) != 0 ||
	    (error = check_section_table(ef, mod, &eh)) != 0)
		return (error);
	relocate_sections(ef);
	if ((error = check_sections(ef)) == 0 &&
	    (error = check_section_names(ef, eh.e_shstrndx)) == 0 &&
	    (error = check_symbol_table(ef)) == 0 &&
	    (error = check_symbols(ef)) == 0)
		error = check_relocations(ef);
	return (error);
}
