/*
 * link_elf.c: the kernel itself as a file of the linker's.
 *
 * Its symbols are those that the debugger has (kern/subr_symtab.c), well over
 * a thousand.  A module asks for dozens, so they are hashed, once, when the
 * first is asked for: without a module that never happens.
 *
 *	buckets[hash(name)] -> number of a symbol -> next[] -> next[] -> 0
 *
 * Symbol 0 of a table is never one, so 0 ends a chain.
 *
 * [kern/link_elf.c]
 */
#include <sys/linker_file.h>

#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/systm.h>
#include <i386/md_var.h>

#define	BUCKETS	512		/* a power of 2 */

MALLOC_DECLARE(M_LINKER);

static uint32_t	*buckets, *next;

static uint32_t
hash(const char *name)
{
	uint32_t h = 0;

	while (*name != '\0')
		h = h * 33 + (unsigned char)*name++;
	return (h & (BUCKETS - 1));
}

/* The symbols that a module may use go into the buckets. */
static void
hash_symbols(const struct symtab *table)
{
	uint32_t *bucket, i;

	buckets = malloc(BUCKETS * sizeof(*buckets), M_LINKER, M_WAITOK | M_ZERO);
	next = malloc((table->nsyms + 1) * sizeof(*next), M_LINKER, M_WAITOK);
	for (i = 1; i < table->nsyms; i++) {
		if (!symtab_is_exported(&table->syms[i]))
			continue;
		bucket = &buckets[hash(table->strings + table->syms[i].st_name)];
		next[i] = *bucket;
		*bucket = i;
	}
}

/* lookup_symbol of the kernel. */
static int
link_elf_lookup_symbol(struct linker_file *file, const char *name, uintptr_t *value)
{
	const struct symtab *table = file->symtab;
	uint32_t i;

	if (buckets == NULL)
		hash_symbols(table);
	for (i = buckets[hash(name)]; i != 0; i = next[i])
		if (strcmp(table->strings + table->syms[i].st_name, name) == 0) {
			*value = table->syms[i].st_value;
			return (1);
		}
	return (0);
}

/* The kernel is not to be linked, and never unloaded. */
static const struct linker_class link_elf_class = {
	.lookup_symbol = link_elf_lookup_symbol,
};

static struct linker_file kernel_file;

static void
link_elf_init(const void *dummy __unused)
{
	linker_file_init(&kernel_file, &link_elf_class, kernelname);
	kernel_file.address = btext;
	kernel_file.size = end - btext;
	kernel_file.symtab = &kernel_symtab;
	linker_file_enter(&kernel_file);
	linker_kernel_file = &kernel_file;
}
SYSINIT(link_elf, SI_SUB_KLD, SI_ORDER_SECOND, link_elf_init, NULL);
