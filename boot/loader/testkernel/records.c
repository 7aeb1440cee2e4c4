/*
 * The metadata: what the loader has loaded, and what it knows about it.
 */
#include <sys/elf32.h>
#include <sys/linker.h>

#include "testkernel.h"

#define	MAX_RECORDS	1000
#define	MAX_RECORD	0x10000
#define	OUR_ADDRESS	0x100000	/* our own file needs no summing up */

struct record {
	uint32_t	type;
	uint32_t	size;
	uint8_t		data[];		/* padded to 4 bytes */
};

struct smap {
	uint32_t	base[2];	/* low word first */
	uint32_t	length[2];
	uint32_t	type;
};

_Static_assert(sizeof(struct smap) == 20, "an E820 range is 20 bytes");

static const struct {
	uint32_t	type;
	const char	*name;
} names[] = {
	{ MODINFO_NAME, "NAME" },
	{ MODINFO_TYPE, "TYPE" },
	{ MODINFO_ADDR, "ADDR" },
	{ MODINFO_SIZE, "SIZE" },
	{ MODINFO_EMPTY, "EMPTY" },
	{ MODINFO_ARGS, "ARGS" },
	{ MODINFO_METADATA | MODINFOMD_AOUTEXEC, "MD_AOUTEXEC" },
	{ MODINFO_METADATA | MODINFOMD_ELFHDR, "MD_ELFHDR" },
	{ MODINFO_METADATA | MODINFOMD_SSYM, "MD_SSYM" },
	{ MODINFO_METADATA | MODINFOMD_ESYM, "MD_ESYM" },
	{ MODINFO_METADATA | MODINFOMD_DYNAMIC, "MD_DYNAMIC" },
	{ MODINFO_METADATA | MODINFOMD_ENVP, "MD_ENVP" },
	{ MODINFO_METADATA | MODINFOMD_HOWTO, "MD_HOWTO" },
	{ MODINFO_METADATA | MODINFOMD_KERNEND, "MD_KERNEND" },
	{ MODINFO_METADATA | MODINFOMD_SHDR, "MD_SHDR" },
	{ MODINFO_METADATA | MODINFOMD_SMAP, "MD_SMAP" },
};

static const char *
name_of(uint32_t type)
{
	uint32_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return (names[i].name);
	return ("OTHER");
}

static uint32_t
word_of(const struct record *r)
{
	return (r->size >= 4 ? *(const uint32_t *)r->data : 0);
}

static void
report_smap(const struct record *r)
{
	const struct smap *s = (const struct smap *)r->data;
	uint32_t i;

	for (i = 0; i < r->size / sizeof(*s); i++, s++)
		report("smap 0x%x%x 0x%x%x %u", s->base[1], s->base[0],
		    s->length[1], s->length[0], s->type);
}

static void
report_record(const struct record *r)
{
	const Elf32_Ehdr *eh = (const Elf32_Ehdr *)r->data;

	switch (r->type) {
	case MODINFO_NAME:
	case MODINFO_TYPE:
	case MODINFO_ARGS:
		report("record %s %u %q", name_of(r->type), r->size, r->data,
		    r->size);
		break;
	case MODINFO_METADATA | MODINFOMD_ELFHDR:
		report("record %s %u entry=0x%x shnum=%u", name_of(r->type),
		    r->size, eh->e_entry, eh->e_shnum);
		break;
	case MODINFO_METADATA | MODINFOMD_SMAP:
		report("record %s %u", name_of(r->type), r->size);
		report_smap(r);
		break;
	case MODINFO_ADDR:
	case MODINFO_SIZE:
	default:
		report("record %s %u type=0x%x word=0x%x", name_of(r->type),
		    r->size, r->type, word_of(r));
		break;
	}
}

/*
 * What must be known of a file before more can be said; 0 where it is not.
 * The records of a file come in any order.
 */
struct file {
	uint32_t	addr, size;
	uint32_t	ssym, esym;
};

/*
 * Take in a record.  When a file's address and size are known, its content
 * is summed up; when both ends of its symbols are, they are looked at.
 */
static void
file_add(struct file *f, const struct record *r)
{
	uint32_t word = word_of(r);

	switch (r->type) {
	case MODINFO_NAME: *f = (struct file){ 0 }; return;
	case MODINFO_ADDR: f->addr = word; break;
	case MODINFO_SIZE: f->size = word; break;
	case MODINFO_METADATA | MODINFOMD_SSYM: f->ssym = word; break;
	case MODINFO_METADATA | MODINFOMD_ESYM: f->esym = word; break;
	}
	if (f->addr > OUR_ADDRESS && f->size != 0) {
		report("content sum=0x%x",
		    checksum(PHYS_TO_VIRT(f->addr), f->size));
		f->addr = f->size = 0;
	}
	if (f->ssym != 0 && f->esym != 0) {
		report_symbols("record", f->ssym, f->esym);
		f->ssym = f->esym = 0;
	}
}

/*
 * Report all records.
 */
void
report_records(uint32_t modulep)
{
	const struct record *r = PHYS_TO_VIRT(modulep);
	struct file file = { 0 };
	uint32_t count;

	if (modulep == 0) {
		report("records absent");
		return;
	}
	for (count = 0; count < MAX_RECORDS; count++) {
		if (r->type == MODINFO_END && r->size == 0) {
			report("records %u", count);
			return;
		}
		if (r->size > MAX_RECORD)
			break;
		report_record(r);
		file_add(&file, r);
		r = (const void *)(r->data + ((r->size + 3) & ~3U));
	}
	report("records endless");
}
