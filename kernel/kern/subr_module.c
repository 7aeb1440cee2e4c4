/*
 * subr_module.c: finding what the loader has left in memory.
 *
 * <sys/linker.h> draws the records.  They come from outside the kernel, and a
 * size that lies would lead every walk astray: so preload_check() goes through
 * all of them once, and only records that it has passed are ever looked at.
 * After it, each walk ends at MODINFO_END.
 */
#include <sys/systm.h>
#include <sys/linker.h>
#include <sys/preload.h>

/* GRUB puts them where it likes: they need not be aligned. */
struct record {
	uint32_t	type;		/* MODINFO_ */
	uint32_t	size;		/* of data */
	char		data[];
} __attribute__((packed));

typedef uint32_t unaligned_uint32_t __attribute__((aligned(1)));

char	*preload_metadata;
const char *preload_end;

/* preload_metadata, once it has been checked. */
static struct record *first_record;

/* ---------------------------------------------------------------- checking */

/* How many bytes a record takes, with its padding. */
static uint32_t
record_length(const struct record *r)
{
	return (sizeof(*r) + roundup(r->size, (uint32_t)sizeof(uint32_t)));
}

static int
is_string(uint32_t type)
{
	return (type == MODINFO_NAME || type == MODINFO_TYPE ||
	    type == MODINFO_ARGS);
}

/* Does its data begin with an address, a size, or flags? */
static int
is_word(uint32_t type)
{
	switch (type) {
	case MODINFO_ADDR:
	case MODINFO_SIZE:
	case MODINFO_METADATA | MODINFOMD_SSYM:
	case MODINFO_METADATA | MODINFOMD_ESYM:
	case MODINFO_METADATA | MODINFOMD_DYNAMIC:
	case MODINFO_METADATA | MODINFOMD_ENVP:
	case MODINFO_METADATA | MODINFOMD_HOWTO:
	case MODINFO_METADATA | MODINFOMD_KERNEND:
		return (1);
	}
	return (0);
}

/* What is wrong with a record that has `left' bytes to be in, or NULL. */
static const char *
record_fault(const struct record *r, size_t left)
{
	if (left < sizeof(*r))
		return ("there is no end");
	if (r->size > left - sizeof(*r) || record_length(r) > left)
		return ("longer than what is left");
	if (is_string(r->type) && r->size == 0)
		return ("an empty string");
	if (is_word(r->type) && r->size < sizeof(uint32_t))
		return ("too short for a word");
	return (NULL);
}

/*
 * Give a string its end, in the padding behind it if there is some: GRUB
 * leaves it out behind a module's arguments.
 */
static void
end_string(struct record *r)
{
	if (r->data[r->size - 1] == '\0')
		return;
	if (r->size % sizeof(uint32_t) != 0)
		r->size++;
	r->data[r->size - 1] = '\0';
}

int
preload_check(const char *end)
{
	char *p = preload_metadata;
	const char *fault = NULL;
	struct record *r;
	int number;

	first_record = NULL;
	preload_end = end;
	if (p == NULL)
		return (0);
	if (p > end)
		fault = "not where records can be";
	for (number = 1; fault == NULL; number++, p += record_length(r)) {
		r = (struct record *)(void *)p;
		fault = record_fault(r, end - p);
		if (fault == NULL && r->type == MODINFO_END) {
			first_record = (struct record *)(void *)preload_metadata;
			return (0);
		}
		if (fault == NULL && number == 1 && r->type != MODINFO_NAME &&
		    r->type != MODINFO_EMPTY)
			fault = "before the first name";
		if (fault != NULL)
			break;
		if (is_string(r->type))
			end_string(r);
	}
	printf("The loader's metadata is ignored: record %d at %p: %s\n",
	    number, p, fault);
	preload_metadata = NULL;
	return (-1);
}

/* ---------------------------------------------------------------- walking */

/* The record behind `r', or NULL. */
static struct record *
record_next(struct record *r)
{
	r = (struct record *)(void *)((char *)r + record_length(r));
	return (r->type == MODINFO_END ? NULL : r);
}

/* The first record, or NULL. */
static struct record *
record_first(void)
{
	return (first_record == NULL || first_record->type == MODINFO_END ?
	    NULL : first_record);
}

/* The record `info' of the file that begins at `mod', or NULL. */
static struct record *
record_of_file(char *mod, uint32_t info)
{
	struct record *first = (struct record *)(void *)mod, *r;

	for (r = first; r != NULL; r = record_next(r)) {
		if (r != first && r->type == MODINFO_NAME)
			return (NULL);
		if (r->type == info)
			return (r);
	}
	return (NULL);
}

char *
preload_search_next_name(char *base)
{
	struct record *r;

	if (base == NULL)
		r = record_first();
	else
		r = record_next((struct record *)(void *)base);
	for (; r != NULL; r = record_next(r))
		if (r->type == MODINFO_NAME)
			return ((char *)r);
	return (NULL);
}

/* The first file whose record `info' is this string, or NULL. */
static char *
search_by(uint32_t info, const char *string)
{
	char *mod, *value;

	for (mod = preload_search_next_name(NULL); mod != NULL;
	    mod = preload_search_next_name(mod)) {
		value = preload_search_info(mod, info);
		if (value != NULL && strcmp(value, string) == 0)
			return (mod);
	}
	return (NULL);
}

char *
preload_search_by_name(const char *name)
{
	return (search_by(MODINFO_NAME, name));
}

char *
preload_search_by_type(const char *type)
{
	return (search_by(MODINFO_TYPE, type));
}

char *
preload_search_info(char *mod, int info)
{
	struct record *r = record_of_file(mod, info);

	return (r != NULL ? r->data : NULL);
}

size_t
preload_search_info_size(char *mod, int info)
{
	struct record *r = record_of_file(mod, info);

	return (r != NULL ? r->size : 0);
}

void
preload_bootstrap_relocate(uint32_t offset)
{
	struct record *r;

	for (r = record_first(); r != NULL; r = record_next(r)) {
		switch (r->type) {
		case MODINFO_ADDR:
		case MODINFO_METADATA | MODINFOMD_SSYM:
		case MODINFO_METADATA | MODINFOMD_ESYM:
			*(unaligned_uint32_t *)(void *)r->data += offset;
		}
	}
}
