/*
 * load_elf.c: loading ELF kernels and shared objects.
 *
 * A kernel is linked at C0100000h and loaded at 100000h: the bits 31..24 of
 * its entry point are taken off from every address.  Behind its last segment
 * go its symbols:
 *
 *	+------+--------------+------+---------------+
 *	| size | symbol table | size | string table  |	each part begins at a
 *	+------+--------------+------+---------------+	multiple of 4
 *	^ MODINFOMD_SSYM                             ^ MODINFOMD_ESYM
 *
 * A module (ET_DYN) is linked at 0 and loaded behind what is there.
 *
 * Nothing is written before all program headers have been looked at: a file
 * with a segment that is not in it, or would not lie in the memory that is
 * free for it, is refused with a message, and memory is as before.  Symbols
 * that cannot be had are left out.
 */
#include "load_elf.h"

#define	SEGMENT_MASK	0xff000000	/* the part of an address that is taken off */

/* ---------------------------------------------------------------- the file */

int
elf_open(struct elf_file *ef, const char *path)
{
	struct stat sb;
	ssize_t got;
	const Elf32_Ehdr *eh;

	*ef = (struct elf_file){ .fd = open(path, O_RDONLY) };
	if (ef->fd < 0 || fstat(ef->fd, &sb) != 0)
		return (errno);
	if ((ef->firstpage = malloc(PAGE_SIZE)) == NULL)
		return (ENOMEM);
	if ((got = read(ef->fd, ef->firstpage, PAGE_SIZE)) < 0)
		return (errno);
	ef->firstlen = got;
	ef->size = sb.st_size;
	ef->ehdr = (Elf32_Ehdr *)ef->firstpage;
	eh = ef->ehdr;
	if (ef->firstlen < sizeof(*eh) || !IS_ELF(*eh) || eh->e_ident[EI_CLASS] != ELFCLASS32 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_ident[EI_VERSION] != EV_CURRENT ||
	    eh->e_version != EV_CURRENT || eh->e_machine != EM_386)
		return (EFTYPE);
	return (0);
}

void
elf_close(struct elf_file *ef)
{
	free(ef->firstpage);
	free(ef->shdr);
	if (ef->fd >= 0)
		close(ef->fd);
}

int
elf_refuse(const char *function, const char *why)
{
	printf(ELF_NAME "_%s: %s\n", function, why);
	return (ENOEXEC);
}

int
elf_within(const struct elf_file *ef, uint32_t offset, uint32_t size)
{
	return (offset <= ef->size && size <= ef->size - offset);
}

int
elf_read_sections(struct elf_file *ef)
{
	uint32_t size;

	size = ef->ehdr->e_shnum * sizeof(Elf32_Shdr);
	if (size == 0 || ef->ehdr->e_shentsize != sizeof(Elf32_Shdr) || ef->ehdr->e_shoff == 0 ||
	    !elf_within(ef, ef->ehdr->e_shoff, size))
		return (-1);
	if ((ef->shdr = malloc(size)) == NULL)
		return (-1);
	if (lseek(ef->fd, ef->ehdr->e_shoff, SEEK_SET) >= 0 &&
	    read(ef->fd, ef->shdr, size) == (ssize_t)size)
		return (0);
	free(ef->shdr);
	ef->shdr = NULL;
	return (-1);
}

int
elf_pread(const struct elf_file *ef, uint32_t dest, uint32_t size, uint32_t offset)
{
	ssize_t got;

	if (lseek(ef->fd, offset, SEEK_SET) < 0)
		return (errno);
	if ((got = i386_readin(ef->fd, dest, size)) < 0)
		return (errno);
	return ((uint32_t)got == size ? 0 : EIO);
}

/* ---------------------------------------------------------------- segments */

static int
is_loaded(const Elf32_Phdr *ph)
{
	return (ph->p_type == PT_LOAD && ph->p_memsz != 0);
}

/* Look at one segment: NULL, or what is wrong with it. */
static const char *
check_segment(const struct elf_file *ef, const Elf32_Phdr *ph)
{
	uint32_t start;

	start = ph->p_vaddr + ef->offset;
	if (ph->p_filesz > ph->p_memsz)
		return ("segment larger in the file than in memory");
	if (!elf_within(ef, ph->p_offset, ph->p_filesz))
		return ("segment not within the file");
	if (start < ef->lowest || start > memtop_copyin || ph->p_memsz > memtop_copyin - start)
		return ("segment outside of memory");
	return (NULL);
}

/* Whether the kernel will be entered in what a segment has in the file. */
static int
holds_entry(const struct elf_file *ef, const Elf32_Phdr *ph)
{
	uint32_t start;

	start = ph->p_vaddr + ef->offset;
	return (ef->ehdr->e_entry + ef->offset - start < ph->p_filesz);
}

/* Look at all program headers, and find the bounds: 0 or ENOEXEC. */
static int
check_segments(struct elf_file *ef)
{
	const Elf32_Ehdr *eh = ef->ehdr;
	const Elf32_Phdr *ph;
	const char *error;
	uint32_t end, start;
	int entered;

	if (eh->e_phnum == 0 || eh->e_phentsize != sizeof(*ph))
		return (elf_refuse("loadimage", "no program headers"));
	if (eh->e_phoff % sizeof(Elf32_Word) != 0)
		return (elf_refuse("loadimage", "program header misaligned"));
	if (eh->e_phoff > ef->firstlen || eh->e_phnum * sizeof(*ph) > ef->firstlen - eh->e_phoff)
		return (elf_refuse("loadimage", "program header not within first page"));
	ef->phdr = (Elf32_Phdr *)(ef->firstpage + eh->e_phoff);
	ef->first = UINT32_MAX;
	ef->last = 0;
	entered = !ef->kernel;
	for (ph = ef->phdr; ph < ef->phdr + eh->e_phnum; ph++) {
		if (!is_loaded(ph))
			continue;
		if ((error = check_segment(ef, ph)) != NULL)
			return (elf_refuse("loadimage", error));
		start = ph->p_vaddr + ef->offset;
		end = start + ph->p_memsz;
		ef->first = min(ef->first, start);
		ef->last = max(ef->last, end);
		entered |= holds_entry(ef, ph);
	}
	if (ef->last == 0)
		return (elf_refuse("loadimage", "nothing to load"));
	if (!entered)
		return (elf_refuse("loadimage", "entry point not within a segment"));
	return (0);
}

static int
load_segment(const struct elf_file *ef, const Elf32_Phdr *ph)
{
	uint32_t dest;
	int error;

	if ((ph->p_flags & PF_W) == 0)
		printf("text=0x%lx ", (unsigned long)ph->p_filesz);
	else {
		printf("data=0x%lx", (unsigned long)ph->p_filesz);
		if (ph->p_filesz < ph->p_memsz)
			printf("+0x%lx", (unsigned long)(ph->p_memsz - ph->p_filesz));
		printf(" ");
	}
	dest = ph->p_vaddr + ef->offset;
	if ((error = elf_pread(ef, dest, ph->p_filesz, ph->p_offset)) != 0)
		return (error);
	return (i386_bzero(dest + ph->p_filesz, ph->p_memsz - ph->p_filesz) < 0 ? errno : 0);
}

/* ---------------------------------------------------------------- symbols */

/* Whether a segment that has been loaded holds the section. */
static int
is_in_segment(const struct elf_file *ef, const Elf32_Shdr *sh)
{
	const Elf32_Phdr *ph;

	for (ph = ef->phdr; ph < ef->phdr + ef->ehdr->e_phnum; ph++)
		if (ph->p_type == PT_LOAD && sh->sh_offset >= ph->p_offset &&
		    sh->sh_offset - ph->p_offset <= ph->p_filesz &&
		    sh->sh_size <= ph->p_filesz - (sh->sh_offset - ph->p_offset))
			return (1);
	return (0);
}

/* The symbol table that is to be loaded, or NULL. */
static const Elf32_Shdr *
find_symtab(const struct elf_file *ef)
{
	const Elf32_Shdr *sh;

	for (sh = ef->shdr; sh < ef->shdr + ef->ehdr->e_shnum; sh++)
		if (sh->sh_type == SHT_SYMTAB && sh->sh_size != 0 && !is_in_segment(ef, sh) &&
		    sh->sh_link < ef->ehdr->e_shnum &&
		    ef->shdr[sh->sh_link].sh_type == SHT_STRTAB)
			return (sh);
	return (NULL);
}

/* Load one table behind its size to *addr, and move that on: 0 or an errno value. */
static int
load_table(const struct elf_file *ef, const Elf32_Shdr *sh, uint32_t *addr)
{
	int error;

	if (i386_copyin(&sh->sh_size, *addr, sizeof(sh->sh_size)) < 0)
		return (errno);
	*addr += sizeof(sh->sh_size);
	if ((error = elf_pread(ef, *addr, sh->sh_size, sh->sh_offset)) != 0)
		return (error);
	*addr = roundup(*addr + sh->sh_size, sizeof(uint32_t));
	return (0);
}

/* Load the symbols, where there are any, and note where they are. */
static void
load_symbols(struct elf_file *ef, struct preloaded_file *fp)
{
	const Elf32_Shdr *symtab, *strtab;
	uint32_t esym, ssym;

	if (ef->ehdr->e_shnum == 0)
		return;
	if (elf_read_sections(ef) != 0 || file_addmetadata(fp, MODINFOMD_SHDR,
	    ef->ehdr->e_shnum * sizeof(Elf32_Shdr), ef->shdr) != 0) {
		printf("\n" ELF_NAME "_loadimage: failed to read section headers");
		return;
	}
	if ((symtab = find_symtab(ef)) == NULL)
		return;
	strtab = &ef->shdr[symtab->sh_link];
	ssym = esym = roundup(ef->last, sizeof(uint32_t));
	if (load_table(ef, symtab, &esym) != 0 || load_table(ef, strtab, &esym) != 0 ||
	    file_addmetadata(fp, MODINFOMD_SSYM, sizeof(ssym), &ssym) != 0 ||
	    file_addmetadata(fp, MODINFOMD_ESYM, sizeof(esym), &esym) != 0) {
		printf("\n" ELF_NAME "_loadimage: could not read symbols - skipped!");
		return;
	}
	printf("syms=[0x4+0x%lx+0x4+0x%lx]", (unsigned long)symtab->sh_size,
	    (unsigned long)strtab->sh_size);
	ef->last = esym;
}

/* ---------------------------------------------------------------- loading */

/* What may be loaded now, and where: 0, or an errno value after a message. */
static int
check_type(struct elf_file *ef, uint32_t dest)
{
	int have_kernel;

	have_kernel = file_findfile(NULL, KERNEL_TYPE) != NULL;
	if (ef->ehdr->e_type == ET_EXEC) {
		ef->kernel = 1;
		ef->lowest = KERNEL_LOAD_MIN;
		ef->offset = -(ef->ehdr->e_entry & SEGMENT_MASK);
		if (have_kernel) {
			elf_refuse("loadfile", "kernel already loaded");
			return (EPERM);
		}
		if (ef->ehdr->e_entry < PAGE_SIZE) {
			elf_refuse("loadfile", "not a kernel (maybe static binary?)");
			return (EPERM);
		}
		return (0);
	}
	if (ef->ehdr->e_type != ET_DYN)
		return (EFTYPE);
	ef->lowest = ef->offset = dest;
	if (!have_kernel) {
		elf_refuse("loadfile", "can't load module before kernel");
		return (EPERM);
	}
	return (0);
}

/* Load all of it, and note the metadata in FreeBSD's order: 0 or an errno value. */
static int
load_image(struct elf_file *ef, struct preloaded_file *fp)
{
	const Elf32_Phdr *ph;
	int error;

	printf("%s ", fp->f_name);
	error = 0;
	for (ph = ef->phdr; ph < ef->phdr + ef->ehdr->e_phnum && error == 0; ph++)
		if (is_loaded(ph))
			error = load_segment(ef, ph);
	if (error != 0) {
		printf("\n" ELF_NAME "_loadimage: read failed\n");
		return (error);
	}
	load_symbols(ef, fp);
	printf("\n");
	fp->f_addr = ef->first;
	fp->f_size = roundup(ef->last, sizeof(uint32_t)) - ef->first;
	for (ph = ef->phdr; ph < ef->phdr + ef->ehdr->e_phnum; ph++)
		if (ph->p_type == PT_DYNAMIC) {
			error = file_addmetadata(fp, MODINFOMD_DYNAMIC, sizeof(ph->p_vaddr),
			    &ph->p_vaddr);
			break;
		}
	if (error == 0)
		error = file_addmetadata(fp, MODINFOMD_ELFHDR, sizeof(*ef->ehdr), ef->ehdr);
	return (error);
}

/* l_load of kernels and shared objects. */
int
elf32_loadfile(const char *path, uint32_t dest, struct preloaded_file **result)
{
	struct preloaded_file *fp;
	struct elf_file ef;
	int error;

	fp = NULL;
	if ((error = elf_open(&ef, path)) == 0 && (error = check_type(&ef, dest)) == 0 &&
	    (error = check_segments(&ef)) == 0) {
		if ((fp = file_alloc(path, ef.kernel ? KERNEL_TYPE : MODULE_TYPE)) == NULL)
			error = ENOMEM;
		else
			error = load_image(&ef, fp);
	}
	if (error == 0 && ef.kernel && setenv("kernelname", path, 1) != 0)
		error = errno;
	elf_close(&ef);
	if (error == 0)
		*result = fp;
	else
		file_discard(fp);
	return (error);
}
