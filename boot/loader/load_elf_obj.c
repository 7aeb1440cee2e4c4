/*
 * load_elf_obj.c: loading relocatable objects (ET_REL), modules that have not
 * been linked.
 *
 * They have no addresses yet.  Sections are laid out one behind the other in
 * FreeBSD's order: what takes room in memory, the symbol table and its
 * strings, the sections' names, the relocations.  Each section's address goes
 * into its sh_addr; the headers travel to the kernel as MODINFOMD_SHDR, and
 * the kernel does the relocations.
 */
#include "load_elf.h"

#define	SHT_X86_UNWIND	0x70000001	/* laid out as SHT_PROGBITS is */

/* Give the section its place behind ef->last: 0, or -1 when it has no room. */
static int
place(struct elf_file *ef, Elf32_Shdr *sh)
{
	uint32_t align, start;

	align = max(sh->sh_addralign, 1u);
	if ((align & (align - 1)) != 0 || align > PAGE_SIZE)
		return (-1);
	if (sh->sh_type != SHT_NOBITS && !elf_within(ef, sh->sh_offset, sh->sh_size))
		return (-1);
	start = roundup(ef->last, align);
	if (start > memtop_copyin || sh->sh_size > memtop_copyin - start)
		return (-1);
	sh->sh_addr = start;
	ef->last = start + sh->sh_size;
	return (0);
}

/* Place all sections of some kinds. */
static int
place_all(struct elf_file *ef, int (*is_kind)(const Elf32_Shdr *))
{
	Elf32_Shdr *sh;

	for (sh = ef->shdr; sh < ef->shdr + ef->ehdr->e_shnum; sh++)
		if (is_kind(sh) && place(ef, sh) != 0)
			return (-1);
	return (0);
}

static int
is_program(const Elf32_Shdr *sh)
{
	return (sh->sh_size != 0 && (sh->sh_type == SHT_PROGBITS || sh->sh_type == SHT_NOBITS ||
	    sh->sh_type == SHT_X86_UNWIND));
}

static int
is_symtab(const Elf32_Shdr *sh)
{
	return (sh->sh_type == SHT_SYMTAB);
}

static int
is_relocation(const Elf32_Shdr *sh)
{
	return (sh->sh_type == SHT_REL || sh->sh_type == SHT_RELA);
}

/* The string table that the index stands for, or NULL. */
static Elf32_Shdr *
strings(struct elf_file *ef, uint32_t index)
{
	if (index == 0 || index >= ef->ehdr->e_shnum || ef->shdr[index].sh_type != SHT_STRTAB)
		return (NULL);
	return (&ef->shdr[index]);
}

/* Give each section its address: 0, or ENOEXEC after a message. */
static int
lay_out(struct elf_file *ef)
{
	Elf32_Shdr *names, *sh, *symbol_names, *symtab;
	int nsymtab;

	symtab = NULL;
	nsymtab = 0;
	for (sh = ef->shdr; sh < ef->shdr + ef->ehdr->e_shnum; sh++) {
		sh->sh_addr = 0;
		if (is_symtab(sh)) {
			symtab = sh;
			nsymtab++;
		}
	}
	if (nsymtab != 1)
		return (elf_refuse("obj_loadimage", "file has no valid symbol table"));
	if ((symbol_names = strings(ef, symtab->sh_link)) == NULL)
		return (elf_refuse("obj_loadimage", "file has invalid symbol strings"));
	if ((names = strings(ef, ef->ehdr->e_shstrndx)) == NULL)
		return (elf_refuse("obj_loadimage", "file has no section names"));
	if (place_all(ef, is_program) != 0 || place(ef, symtab) != 0 ||
	    place(ef, symbol_names) != 0 || (names != symbol_names && place(ef, names) != 0) ||
	    place_all(ef, is_relocation) != 0)
		return (elf_refuse("obj_loadimage", "section outside of the file or of memory"));
	return (0);
}

/* Fill the sections: 0 or an errno value. */
static int
load_sections(struct elf_file *ef)
{
	const Elf32_Shdr *sh;
	int error;

	if (i386_bzero(ef->first, ef->last - ef->first) < 0)
		return (errno);
	for (sh = ef->shdr; sh < ef->shdr + ef->ehdr->e_shnum; sh++) {
		if (sh->sh_addr == 0 || sh->sh_type == SHT_NOBITS)
			continue;
		if ((error = elf_pread(ef, sh->sh_addr, sh->sh_size, sh->sh_offset)) != 0)
			return (error);
	}
	return (0);
}

static int
load_object(struct elf_file *ef, struct preloaded_file *fp)
{
	int error;

	if ((error = load_sections(ef)) != 0) {
		elf_refuse("obj_loadimage", "read failed");
		return (error);
	}
	fp->f_addr = ef->first;
	fp->f_size = ef->last - ef->first;
	printf("%s size 0x%lx at 0x%lx\n", fp->f_name, (unsigned long)fp->f_size,
	    (unsigned long)fp->f_addr);
	if ((error = file_addmetadata(fp, MODINFOMD_SHDR, ef->ehdr->e_shnum * sizeof(Elf32_Shdr),
	    ef->shdr)) == 0)
		error = file_addmetadata(fp, MODINFOMD_ELFHDR, sizeof(*ef->ehdr), ef->ehdr);
	return (error);
}

/* l_load of relocatable objects. */
static int
elf32_obj_loadfile(const char *path, uint32_t dest, struct preloaded_file **result)
{
	struct preloaded_file *fp;
	struct elf_file ef;
	int error;

	fp = NULL;
	error = elf_open(&ef, path);
	if (error == 0 && (ef.ehdr->e_type != ET_REL || elf_read_sections(&ef) != 0))
		error = EFTYPE;
	if (error == 0 && file_findfile(NULL, KERNEL_TYPE) == NULL) {
		elf_refuse("obj_loadfile", "can't load module before kernel");
		error = EPERM;
	}
	ef.first = ef.last = dest;
	if (error == 0 && (error = lay_out(&ef)) == 0) {
		if ((fp = file_alloc(path, OBJECT_TYPE)) == NULL)
			error = ENOMEM;
		else
			error = load_object(&ef, fp);
	}
	elf_close(&ef);
	if (error == 0)
		*result = fp;
	else
		file_discard(fp);
	return (error);
}

/* An object is never the kernel: it cannot be started. */
const struct file_format i386_elf_obj = { elf32_obj_loadfile, NULL };
