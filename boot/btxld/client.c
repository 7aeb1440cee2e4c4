/*
 * What is known of a client: its format, the size of its parts, its first
 * address and its entry.
 *
 * An ELF or an a.out file says so in its first bytes; all else is a binary,
 * of which we know but the size.  Files are believed in nothing: whatever a
 * header claims must lie inside the file, and what is to be loaded inside
 * the client's 4 GiB.  (Whether it fits the memory is btxld.c's question.)
 *
 * btxldr loads ELF clients alone; the other formats are for loaders that
 * know in advance where the client's parts stand, as boot1 knows boot2's.
 */
#include "btxld.h"

#include <elf.h>
#include <string.h>

#include "btx.h"

/* An a.out header: eight words of 32 bits, of which these matter to us. */
#define AOUT_HDRSIZE	32
#define AOUT_MIDMAG	0	/* machine << 16 | magic, and six flags */
#define AOUT_TEXT	4
#define AOUT_DATA	8
#define AOUT_BSS	12
#define AOUT_ENTRY	20

/* Its magics. */
#define OMAGIC		0407	/* text may be written, data follows it */
#define NMAGIC		0410	/* as OMAGIC, but data starts a page */
#define ZMAGIC		0413	/* text starts a page, in the file too */
#define QMAGIC		0314	/* text starts with the header */

#define MID_ZERO	0	/* machines: any, and the i386 */
#define MID_I386	134

#define EHDR(field)	offsetof(Elf32_Ehdr, field)
#define PHDR(field)	offsetof(Elf32_Phdr, field)

/* Whether SIZE bytes from OFFSET on lie inside the file. */
static bool
inside(const struct file *file, uint32_t offset, uint32_t size)
{
	return (offset <= file->size && size <= file->size - offset);
}

/* Whether the file starts as an i386's a.out does. */
static bool
is_aout(const struct file *file)
{
	uint32_t magic, machine;

	if (file->size < AOUT_HDRSIZE)
		return (false);
	magic = get16(file->data + AOUT_MIDMAG);
	machine = get16(file->data + AOUT_MIDMAG + 2) & 0x3ff;
	return ((machine == MID_ZERO || machine == MID_I386) &&
	    (magic == OMAGIC || magic == NMAGIC || magic == ZMAGIC ||
	    magic == QMAGIC));
}

/*
 * Fills in CLIENT from an a.out header.  Text starts at 0, or at 1000h when
 * the entry lies there; fails when the parts are not all in the file.
 */
static void
examine_aout(const struct file *file, struct client *client)
{
	const uint8_t *header = file->data;
	uint32_t magic = get16(header + AOUT_MIDMAG);
	uint32_t start;
	uint64_t loaded, end;

	if (magic == NMAGIC)
		warn(file->name, "NMAGIC is taken as OMAGIC");
	client->impure = magic == OMAGIC || magic == NMAGIC;
	client->text = get32(header + AOUT_TEXT);
	client->data = get32(header + AOUT_DATA);
	client->bss = get32(header + AOUT_BSS);
	client->entry = get32(header + AOUT_ENTRY);
	client->org = client->entry >= BTX_PGSIZE ? BTX_PGSIZE : 0;

	start = magic == QMAGIC ? 0 :
	    magic == ZMAGIC ? BTX_PGSIZE : AOUT_HDRSIZE;
	loaded = (uint64_t)client->text + client->data;
	if (start + loaded > file->size)
		fail(file->name, "a.out file is truncated");
	if (client->entry < client->org ||
	    client->entry - client->org >= client->text)
		fail(file->name, "entry 0x%x is not in the text",
		    client->entry);
	end = client->org + loaded + client->bss;
	if (end > UINT32_MAX)
		fail(file->name, "bss of 0x%x bytes", client->bss);
	client->end = (uint32_t)end;
}

/*
 * Fails unless the file is a 32-bit little-endian i386 program of which the
 * header and the program headers are there.
 */
static void
check_elf(const struct file *file)
{
	const uint8_t *header = file->data;
	uint32_t number, offset;

	if (file->size < sizeof(Elf32_Ehdr))
		fail(file->name, "ELF file is truncated");
	if (header[EI_CLASS] != ELFCLASS32 || header[EI_DATA] != ELFDATA2LSB ||
	    get16(header + EHDR(e_machine)) != EM_386)
		fail(file->name, "ELF file is not for the i386");
	if (header[EI_VERSION] != EV_CURRENT ||
	    get32(header + EHDR(e_version)) != EV_CURRENT)
		fail(file->name, "ELF file of an unknown version");
	if (get16(header + EHDR(e_type)) != ET_EXEC)
		fail(file->name, "ELF file is not an executable");
	number = get16(header + EHDR(e_phnum));
	offset = get32(header + EHDR(e_phoff));
	if (number == 0)
		fail(file->name, "ELF file has no program headers");
	if (get16(header + EHDR(e_phentsize)) != sizeof(Elf32_Phdr))
		fail(file->name, "ELF file's program headers are not of "
		    "%zu bytes", sizeof(Elf32_Phdr));
	if (!inside(file, offset, number * sizeof(Elf32_Phdr)))
		fail(file->name, "ELF file is truncated");
}

/*
 * Adds one PT_LOAD to CLIENT: the first is its text, the second its data and
 * bss, as ld makes them of a BTX client.  Fails when what is to be loaded is
 * not in the file, or wraps around the end of the address space.
 */
static void
add_segment(const struct file *file, const uint8_t *header, unsigned int which,
    struct client *client)
{
	uint32_t address = get32(header + PHDR(p_vaddr));
	uint32_t filesz = get32(header + PHDR(p_filesz));
	uint32_t memsz = get32(header + PHDR(p_memsz));

	if (!inside(file, get32(header + PHDR(p_offset)), filesz))
		fail(file->name, "segment %u is truncated", which);
	if (filesz > memsz)
		fail(file->name, "segment %u is larger in the file than in "
		    "memory", which);
	if (memsz > UINT32_MAX - address)
		fail(file->name, "segment %u wraps around", which);
	if (which == 0) {
		client->text = filesz;
		client->org = address;
		client->impure = get32(header + PHDR(p_flags)) & PF_W;
		client->bss = memsz - filesz;
	} else if (which == 1) {
		client->data = filesz;
		client->bss = memsz - filesz;
	} else if (which == 2)
		warn(file->name, "more than two segments; text, data and bss "
		    "are those of the first two");
	if (address + memsz > client->end)
		client->end = address + memsz;
}

/* Fills in CLIENT from an ELF file's headers. */
static void
examine_elf(const struct file *file, struct client *client)
{
	const uint8_t *header;
	uint32_t address;
	unsigned int i, loads;
	bool entered = false;

	check_elf(file);
	client->entry = get32(file->data + EHDR(e_entry));
	header = file->data + get32(file->data + EHDR(e_phoff));
	loads = 0;
	for (i = get16(file->data + EHDR(e_phnum)); i > 0; i--) {
		if (get32(header + PHDR(p_type)) == PT_LOAD) {
			add_segment(file, header, loads++, client);
			address = get32(header + PHDR(p_vaddr));
			if (client->entry >= address && client->entry -
			    address < get32(header + PHDR(p_filesz)))
				entered = true;
		}
		header += sizeof(Elf32_Phdr);
	}
	if (loads == 0)
		fail(file->name, "ELF file has nothing to load");
	if (!entered)
		fail(file->name, "entry 0x%x is in no segment", client->entry);
}

/*
 * Fills in all of CLIENT from the file, or fails.  A binary is taken to start
 * at 0 and to have its entry there.
 */
void
client_examine(const struct file *file, struct client *client)
{
	memset(client, 0, sizeof(*client));
	if (file->size == 0)
		fail(file->name, "empty file");
	if (file->size >= SELFMAG && memcmp(file->data, ELFMAG, SELFMAG) == 0) {
		client->format = FORMAT_ELF;
		examine_elf(file, client);
	} else if (is_aout(file)) {
		client->format = FORMAT_AOUT;
		examine_aout(file, client);
	} else {
		client->format = FORMAT_BIN;
		client->end = file->size;
	}
}
