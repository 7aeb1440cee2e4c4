/*
 * Loading a kernel, or /boot/loader, and starting it.
 *
 * Two formats: ELF, and the older a.out in its paged form, ZMAGIC, which is
 * that of /boot/loader.  A kernel is linked at 0xC0100000 or the like and
 * loaded at the same place of the first 16 MB: the low 24 bits of an address
 * count.  Everything goes to 1 MB and above, where nothing of ours is.
 *
 * Behind the program come its symbols, for the kernel's debugger:
 *
 *	bi_symtab -> size, symbol table, size, string table <- bi_esymtab
 */
#include "load.h"

#include <stddef.h>
#include <sys/bootinfo.h>
#include <sys/elf32.h>
#include <sys/reboot.h>
#include <btx/btxv86.h>
#include "cons.h"
#include "disk.h"
#include "string.h"
#include "ufsread.h"

#define	ADDRESS_MASK	0xffffff
#define	HIGH_MEMORY	0x100000
#define	PAGE_SIZE	4096
#define	page_round(n)	(((n) + PAGE_SIZE - 1) & -PAGE_SIZE)

#define	MAX_HEADERS	64		/* of a sort, in an ELF file */

#define	BDA_BASEMEM	0x413		/* BIOS data: KB, what INT 12h says */
#define	INT_EXTMEM	0x15

/* The header of an a.out file [sys/imgact_aout.h]. */
struct exec {
	uint32_t	a_midmag;	/* the low half is the format */
	uint32_t	a_text;		/* sizes in bytes */
	uint32_t	a_data;
	uint32_t	a_bss;
	uint32_t	a_syms;
	uint32_t	a_entry;
	uint32_t	a_trsize;
	uint32_t	a_drsize;
};
#define	ZMAGIC		0413		/* text begins at a page of the file */

/*
 * What is being loaded: where it is entered, the end of what is there so far,
 * and whether the entry was part of that.
 */
static struct {
	uint32_t	entry;
	uint32_t	end;
	int		entry_seen;
} image;

static uint32_t memory_end;		/* the first address that is no memory */
static struct bootinfo bootinfo;

/*
 * Reads `size' bytes from byte `offset' of the file on.  Returns 0, or -1
 * after a message; a file that ends before is a message, too.
 */
static int
read_at(uint32_t offset, void *buf, uint32_t size)
{
	int32_t got;

	fs_off = offset;
	got = fsread(buf, size);
	if (got < 0)
		return (-1);
	if ((uint32_t)got != size)
		return (invalid("format"));
	return (0);
}

/*
 * Loads `filesz' bytes of the file to `address', and zeros behind them up to
 * `memsz'.  Returns 0, or -1 after a message: there may be no such memory.
 */
static int
load_at(uint32_t offset, uint32_t address, uint32_t filesz, uint32_t memsz)
{
	address &= ADDRESS_MASK;
	if (address < HIGH_MEMORY || address > memory_end ||
	    memsz > memory_end - address || filesz > memsz)
		return (invalid("format"));
	if (read_at(offset, PTOV(address), filesz) != 0)
		return (-1);
	memset(PTOV(address + filesz), 0, memsz - filesz);
	if (image.end < address + memsz)
		image.end = address + memsz;
	if (image.entry >= address && image.entry < address + filesz)
		image.entry_seen = 1;
	return (0);
}

/*
 * Loads a table of symbols or strings behind what is there, and its size
 * before it.  Returns 0, or -1 after a message.
 */
static int
load_table(uint32_t offset, uint32_t size)
{
	uint32_t *size_place;

	size_place = PTOV(image.end);
	if (load_at(offset, image.end + sizeof(size), size, size) != 0)
		return (-1);
	*size_place = size;
	return (0);
}

/* Loads the symbols of an ELF file, if it has any.  Returns as load_elf(). */
static int
load_elf_symbols(const Elf32_Ehdr *header)
{
	Elf32_Shdr section;
	uint32_t i;

	if (header->e_shnum > MAX_HEADERS)
		return (0);
	for (i = 0; i < header->e_shnum; i++) {
		if (read_at(header->e_shoff + i * sizeof(section), &section,
		    sizeof(section)) != 0)
			return (-1);
		if (section.sh_type != SHT_SYMTAB)
			continue;
		if (load_table(section.sh_offset, section.sh_size) != 0 ||
		    read_at(header->e_shoff + section.sh_link * sizeof(section),
		    &section, sizeof(section)) != 0)
			return (-1);
		return (load_table(section.sh_offset, section.sh_size));
	}
	return (0);
}

/* Loads an ELF file.  Returns 0, or -1 after a message. */
static int
load_elf(const Elf32_Ehdr *header)
{
	Elf32_Phdr segment;
	uint32_t i;

	if (header->e_ident[EI_CLASS] != ELFCLASS32 ||
	    header->e_type != ET_EXEC || header->e_machine != EM_386 ||
	    header->e_phentsize != sizeof(segment) ||
	    header->e_phnum > MAX_HEADERS)
		return (invalid("format"));
	image.entry = header->e_entry & ADDRESS_MASK;
	for (i = 0; i < header->e_phnum; i++) {
		if (read_at(header->e_phoff + i * sizeof(segment), &segment,
		    sizeof(segment)) != 0)
			return (-1);
		if (segment.p_type == PT_LOAD &&
		    load_at(segment.p_offset, segment.p_paddr,
		    segment.p_filesz, segment.p_memsz) != 0)
			return (-1);
	}
	return (0);
}

/*
 * Loads an a.out file of type ZMAGIC, without its symbols.  Returns 0, or -1
 * after a message.
 */
static int
load_aout(const struct exec *header)
{
	image.entry = header->a_entry & ADDRESS_MASK;
	if (load_at(PAGE_SIZE, image.entry, header->a_text,
	    header->a_text) != 0)
		return (-1);
	return (load_at(PAGE_SIZE + header->a_text, page_round(image.end),
	    header->a_data, header->a_data + header->a_bss));
}

/*
 * Loads the file that lookup() has found.  Returns 0, or -1 after a message.
 */
static int
load_file(void)
{
	union {
		struct exec aout;
		Elf32_Ehdr elf;
	} header;
	int failed;

	image.end = image.entry_seen = 0;
	if ((fs_inode.di_mode & IFMT) != IFREG)
		return (invalid("format"));
	if (read_at(0, &header, sizeof(header)) != 0)
		return (-1);
	if (IS_ELF(header.elf))
		failed = load_elf(&header.elf);
	else if ((header.aout.a_midmag & 0xffff) == ZMAGIC)
		failed = load_aout(&header.aout);
	else
		return (invalid("format"));
	if (failed)
		return (-1);
	if (!image.entry_seen)
		return (invalid("format"));
	image.end = bootinfo.bi_symtab = page_round(image.end);
	return (IS_ELF(header.elf) ? load_elf_symbols(&header.elf) : 0);
}

/* Asks the BIOS how much memory there is, for us and for the kernel. */
static void
size_memory(void)
{
	bootinfo.bi_basemem = *(const uint16_t *)PTOV(BDA_BASEMEM);
	bios(INT_EXTMEM, 0x8800);
	bootinfo.bi_extmem = (uint16_t)v86.eax;
	bootinfo.bi_memsizes_valid = 1;
	memory_end = HIGH_MEMORY + (bootinfo.bi_extmem << 10);
	if (memory_end > ADDRESS_MASK)
		memory_end = ADDRESS_MASK + 1;
}

/*
 * Loads the file and starts it; returns, after a message, if that cannot be
 * done.  A path that ends in `?' lists a directory instead.
 */
void
load(const char *path, uint32_t howto, uint32_t bootdev)
{
	int found;

	if (dsk_open() != 0)
		return;
	found = lookup(path);
	if (ls)
		xputc('\n');
	else if (found == 0)
		printf("No %s\n", path);
	if (found <= 0)
		return;
	size_memory();
	if (load_file() != 0)
		return;
	bootinfo.bi_version = BOOTINFO_VERSION;
	bootinfo.bi_size = sizeof(bootinfo);
	bootinfo.bi_kernelname = VTOP(path);
	bootinfo.bi_bios_dev = dsk.drive;
	bootinfo.bi_esymtab = image.end;
	__exec(image.entry, howto | RB_BOOTINFO, bootdev, 0, 0, 0,
	    VTOP(&bootinfo));
}
