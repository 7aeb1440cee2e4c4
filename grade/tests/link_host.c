/*
 * Linking relocatable objects as a program of the host.  test_link_host.py
 * builds it under the sanitizers, around the kernel's own link_elf_obj.c, and
 * runs it:
 *
 *	link_host CASES [SYMBOLS]
 *
 * CASES is a file of cases, each as the loader would leave it:
 *
 *	u32 address, u32 size of records, u32 size of memory, records, memory
 *
 * For each one: what the kernel says; then, if it is refused, a line
 * `= refused ERRNO', or `= missing ERRNO'; or `= linked', a line `+NAME=VALUE' for
 * each symbol that is exported, and the memory in hex.  Behind the memory nothing may be
 * touched, and nothing before it.
 *
 * SYMBOLS are words `name=value': those of the kernel.
 */
#include <sys/link_elf.h>

#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/preload.h>
#include <sys/systm.h>

int	host_printf(const char *fmt, ...) __asm__("printf");
int	host_vprintf(const char *fmt, va_list ap) __asm__("vprintf");
void	*host_malloc(size_t size) __asm__("malloc");
void	*host_calloc(size_t n, size_t size) __asm__("calloc");
void	host_free(void *p) __asm__("free");
void	*host_fopen(const char *path, const char *mode) __asm__("fopen");
size_t	fread(void *p, size_t size, size_t n, void *stream);
int	putchar(int c);
void	exit(int status) __dead2;
void	*mmap(void *addr, size_t length, int prot, int flags, int fd, long offset);
int	munmap(void *addr, size_t length);
void	__asan_poison_memory_region(void const volatile *addr, size_t size)
	    __attribute__((weak));
void	__asan_unpoison_memory_region(void const volatile *addr, size_t size)
	    __attribute__((weak));

#define	PROT_RW		3
#define	MAP_FIXED_ANON	0x100022	/* private, and nothing may be there yet */

struct malloc_type M_LINKER[1];
struct linker_file_list linker_files;

static struct linker_file kernel = { .address = (char *)0x1000, .size = 0x1000 };
struct linker_file *linker_kernel_file = &kernel;

static const struct linker_class *class;
static char	**kernel_symbols;
static long	pieces;			/* of malloc()'s memory that are in use */

SET_DECLARE(sysinit_set, struct sysinit);

/* ---------------------------------------------------------------- the kernel's part */

int
printf(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = host_vprintf(fmt, ap);
	va_end(ap);
	return (n);
}

int
vprintf(const char *fmt, va_list ap)
{
	return (host_vprintf(fmt, ap));
}

/* Memory of the kernel has an address of 32 bits: as much as one case needs. */
static char	*common;

void *
malloc(unsigned long size, struct malloc_type *type __unused, int flags)
{
	if (flags & M_WAITOK) {
		pieces++;
		return (host_calloc(1, size));
	}
	if (size > 1 << 24)
		return (NULL);
	common = mmap((void *)0x20000000, 1 << 24, PROT_RW, MAP_FIXED_ANON, -1, 0);
	pieces++;
	return (common);
}

void
free(void *p, struct malloc_type *type __unused)
{
	if (p == NULL)
		return;
	pieces--;
	if (p == common)
		munmap(p, 1 << 24);
	else
		host_free(p);
}

void
linker_add_class(struct linker_class *added)
{
	class = added;
}

void
linker_file_init(struct linker_file *file, const struct linker_class *c,
    const char *pathname)
{
	file->class = c;
	file->pathname = file->filename = pathname;
}

int
linker_file_holds(const struct linker_file *file, const void *p, size_t size)
{
	uintptr_t at = (uintptr_t)p - (uintptr_t)file->address;

	return (at <= file->size && size <= file->size - at);
}

int
linker_file_lookup_symbol(struct linker_file *file __unused, const char *name,
    uintptr_t *value)
{
	size_t len = strlen(name);
	char **word;

	for (word = kernel_symbols; *word != NULL; word++)
		if (strncmp(*word, name, len) == 0 && (*word)[len] == '=') {
			*value = strtoul(*word + len + 1, NULL, 0);
			return (1);
		}
	return (0);
}

void
tunable_init(const void *dummy __unused)
{
}

/* ---------------------------------------------------------------- cases */

static void
show_linked(struct linker_file *file)
{
	const struct symtab *table = file->symtab;
	const Elf32_Sym *sym;
	size_t i;

	host_printf("= linked\n");
	for (sym = table->syms; sym < table->syms + table->nsyms; sym++)
		if (symtab_is_exported(sym))
			host_printf("+%s=%#x\n", table->strings + sym->st_name,
			    sym->st_value);
	host_printf("memory ");
	for (i = 0; i < file->size; i++)
		host_printf("%02x", (unsigned char)file->address[i]);
	putchar('\n');
}

static void
link_case(char *mod)
{
	struct linker_file *file;
	int error;

	error = class->link_preload(mod, preload_search_info(mod, 1), &file);
	if (error != 0) {
		host_printf("= refused %d\n", error);
		return;
	}
	error = class->link_preload_finish(file, 0);
	if (error == ENOENT)
		error = class->link_preload_finish(file, 1);
	if (error == 0)
		show_linked(file);
	else
		host_printf("= missing %d\n", error);
	class->unload(file);
}

/* The records and the memory of one case, which are left as they came. */
static void
run_case(void *stream, uint32_t address, uint32_t records_size, uint32_t size)
{
	uint32_t pages = roundup(size, PAGE_SIZE);
	char *memory, *records;

	records = host_malloc(records_size);
	memory = mmap((void *)(uintptr_t)address, pages, PROT_RW, MAP_FIXED_ANON, -1, 0);
	if (memory != (void *)(uintptr_t)address ||
	    fread(records, 1, records_size, stream) != records_size ||
	    fread(memory, 1, size, stream) != size)
		exit(2);
	if (__asan_poison_memory_region != NULL)
		__asan_poison_memory_region(memory + size, pages - size);
	preload_metadata = records;
	if (preload_check(records + records_size) == 0) {
		preload_end = memory + size;
		link_case(preload_search_next_name(NULL));
	}
	if (__asan_unpoison_memory_region != NULL)
		__asan_unpoison_memory_region(memory + size, pages - size);
	munmap(memory, pages);
	host_free(records);
	if (pieces != 0 || !STAILQ_EMPTY(&symtabs)) {
		host_printf("%ld pieces of memory are still in use\n", pieces);
		exit(3);
	}
}

int
main(int argc __unused, char **argv)
{
	struct sysinit **sipp;
	uint32_t sizes[3];
	void *stream;

	kernel_symbols = argv + 2;
	SET_FOREACH(sipp, sysinit_set)
		(*sipp)->func((*sipp)->udata);
	stream = host_fopen(argv[1], "rb");
	if (stream == NULL)
		return (2);
	while (fread(sizes, sizeof(sizes), 1, stream) == 1)
		run_case(stream, sizes[0], sizes[1], sizes[2]);
	return (0);
}
