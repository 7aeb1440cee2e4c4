/*
 * The output file: loader, kernel and client, one behind the other.
 *
 *	bin	the three, as they are
 *	aout	a ZMAGIC a.out: the header and zeros up to 1000h; the text is
 *		the loader, the data is kernel and client, both padded with
 *		zeros to whole pages
 *	elf	the same, as two PT_LOADs of an ELF32 file
 *
 * In aout and elf the data stands on the page behind the loader's last, in
 * the file and in memory.  There btxldr, which is less than a page long,
 * finds the kernel.  boot2 starts both, and FreeBSD's boot2 does as well.
 * (FreeBSD's btxld puts an ELF file's data right behind the text instead,
 * where its btxldr would not look for it.)
 *
 * A file is written beside its place and then renamed, so it is there whole
 * or not at all; a device or a pipe is simply written to.
 */
#define _POSIX_C_SOURCE 200809L
#include "btxld.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "btx.h"

/* The header of a ZMAGIC a.out for any machine; all else in it is 0. */
#define AOUT_ZMAGIC	0413
#define AOUT_MIDMAG	0
#define AOUT_TEXT	4
#define AOUT_DATA	8
#define AOUT_ENTRY	20

#define EHDR(field)	offsetof(Elf32_Ehdr, field)
#define PHDR(field)	offsetof(Elf32_Phdr, field)

static uint32_t
page_up(uint32_t size)
{
	return ((size + BTX_PGSIZE - 1) & ~(BTX_PGSIZE - 1));
}

static void
put_aout(uint8_t *p, uint32_t entry, const struct output *output)
{
	put32(p + AOUT_MIDMAG, AOUT_ZMAGIC);
	put32(p + AOUT_TEXT, output->text);
	put32(p + AOUT_DATA, output->data);
	put32(p + AOUT_ENTRY, entry);
}

/* One program header: SIZE bytes from OFFSET in the file to ADDRESS. */
static void
put_load(uint8_t *p, uint32_t offset, uint32_t address, uint32_t size,
    uint32_t flags)
{
	put32(p + PHDR(p_type), PT_LOAD);
	put32(p + PHDR(p_offset), offset);
	put32(p + PHDR(p_vaddr), address);
	put32(p + PHDR(p_paddr), address);
	put32(p + PHDR(p_filesz), size);
	put32(p + PHDR(p_memsz), size);
	put32(p + PHDR(p_flags), flags);
	put32(p + PHDR(p_align), BTX_PGSIZE);
}

static void
put_elf(uint8_t *p, uint32_t entry, const struct output *output)
{
	uint32_t text = output->text;

	memcpy(p, ELFMAG, SELFMAG);
	p[EI_CLASS] = ELFCLASS32;
	p[EI_DATA] = ELFDATA2LSB;
	p[EI_VERSION] = EV_CURRENT;
	p[EI_OSABI] = ELFOSABI_FREEBSD;
	put16(p + EHDR(e_type), ET_EXEC);
	put16(p + EHDR(e_machine), EM_386);
	put32(p + EHDR(e_version), EV_CURRENT);
	put32(p + EHDR(e_entry), entry);
	put32(p + EHDR(e_phoff), sizeof(Elf32_Ehdr));
	put16(p + EHDR(e_ehsize), sizeof(Elf32_Ehdr));
	put16(p + EHDR(e_phentsize), sizeof(Elf32_Phdr));
	put16(p + EHDR(e_phnum), 2);
	put16(p + EHDR(e_shentsize), sizeof(Elf32_Shdr));
	p += sizeof(Elf32_Ehdr);
	put_load(p, BTX_PGSIZE, entry, text, PF_R | PF_X);
	put_load(p + sizeof(Elf32_Phdr), BTX_PGSIZE + text, entry + text,
	    output->data, PF_R | PF_W);
}

/* Copies a file's bytes to P, unless there are none. */
static void
put_file(uint8_t *p, const struct file *file)
{
	if (file->size != 0)
		memcpy(p, file->data, file->size);
}

/*
 * Returns the output file NAME.  The three sizes must be at most MAXFILE
 * each.  ENTRY is the loader's first byte in memory, its entry as well; BIN
 * has no place for it.  Fails where an aout or elf file could not be loaded.
 */
struct output
output_build(const char *name, enum format format, uint32_t entry,
    const struct file *loader, const struct file *kernel,
    const struct file *client)
{
	struct output output = { .file.name = name };
	uint32_t start = 0;
	uint8_t *p;

	output.text = loader->size;
	output.data = kernel->size + client->size;
	if (format != FORMAT_BIN) {
		if (loader->size == 0)
			fail(loader->name, "empty file: nothing to enter");
		start = BTX_PGSIZE;
		output.text = page_up(output.text);
		output.data = page_up(output.data);
		if (output.text + output.data > UINT32_MAX - entry)
			fail(name, "nothing can be loaded at 0x%x", entry);
	}
	if (format == FORMAT_ELF && entry % BTX_PGSIZE != 0)
		fail(name, "entry 0x%x does not start a page", entry);
	output.file.size = start + output.text + output.data;
	p = output.file.data = calloc(1, output.file.size);
	if (p == NULL)
		fail(name, "out of memory");
	if (format == FORMAT_AOUT)
		put_aout(p, entry, &output);
	else if (format == FORMAT_ELF)
		put_elf(p, entry, &output);
	put_file(p + start, loader);
	put_file(p + start + output.text, kernel);
	put_file(p + start + output.text + kernel->size, client);
	return (output);
}

/*
 * Writes the bytes to the open file DESCRIPTOR and closes it.  Returns 0, or
 * the first thing that went wrong as an errno.
 */
static int
write_all(int descriptor, const struct file *file)
{
	const uint8_t *p = file->data;
	size_t left = file->size;
	ssize_t written;
	int error = 0;

	while (left != 0 && error == 0) {
		written = write(descriptor, p, left);
		if (written > 0) {
			p += written;
			left -= (size_t)written;
		} else if (written == 0 || errno != EINTR)
			error = written == 0 ? EIO : errno;
	}
	if (close(descriptor) != 0 && error == 0)
		error = errno;
	return (error);
}

/*
 * Writes the file beside its place and renames it there, with the rights of
 * any new file.  Returns 0 or an errno; nothing is left behind then.
 */
static int
replace(const struct file *file)
{
	static const char suffix[] = ".XXXXXX";
	char *beside = malloc(strlen(file->name) + sizeof(suffix));
	mode_t mask = umask(0);
	int descriptor, error;

	umask(mask);
	if (beside == NULL)
		return (ENOMEM);
	strcpy(beside, file->name);
	strcat(beside, suffix);
	descriptor = mkstemp(beside);
	if (descriptor == -1)
		error = errno;
	else {
		error = fchmod(descriptor, 0666 & ~mask) == 0 ? 0 : errno;
		if (error == 0)
			error = write_all(descriptor, file);
		else
			close(descriptor);
		if (error == 0 && rename(beside, file->name) != 0)
			error = errno;
		if (error != 0)
			unlink(beside);
	}
	free(beside);
	return (error);
}

/* Writes the file to where its name says, or fails. */
void
output_write(const struct file *file)
{
	struct stat there;
	int descriptor, error;

	if (stat(file->name, &there) != 0 || S_ISREG(there.st_mode))
		error = replace(file);
	else {
		descriptor = open(file->name, O_WRONLY);
		error = descriptor == -1 ? errno : write_all(descriptor, file);
	}
	if (error != 0)
		fail(file->name, "%s", strerror(error));
}
