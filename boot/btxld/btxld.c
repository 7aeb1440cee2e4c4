/*
 * btxld: joins a loader, a BTX kernel and a client into one file that the
 * stage before can start.  FreeBSD's btxld(8) has the same options.
 *
 *	loader	what runs first: btxldr, or for boot2 the 276 zeros that a
 *		disk label is written over
 *	kernel	BTX; its header gets the client's entry, and says which of
 *		the client's pages are mapped, and which may be written
 *	client	the program that runs on BTX, as it is, headers and all
 *
 * The steps: read the three, learn what the client is (client.c), patch the
 * kernel's header, put the parts together and write them (output.c), tell.
 *
 * Every error is one line, `btxld: FILE: what', and exit status 1, as is a
 * wrong usage.  The same input gives the same bytes.
 */
#include "btxld.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btx.h"

#define BASE_MEMORY	0xa0000u	/* 640 KiB, where the client must fit */
#define CLIENT_STACK	0x1000u		/* BTX keeps so much for arguments */

const char *const format_name[FORMATS] = { "bin", "aout", "elf" };

/* What the user asked for. */
struct options {
	const char *kernel;
	const char *loader;
	const char *client;
	const char *output;
	enum format format;
	uint32_t entry;		/* -e: the loader's */
	bool has_client_entry;	/* -E was given */
	uint32_t client_entry;
	int present;		/* -P, or -1 */
	int writable;		/* -W, or -1 */
	bool verbose;
};

static bool quiet;		/* -q */

/* Ends the program with `btxld: NAME: ...'. */
noreturn void
fail(const char *name, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "btxld: %s: ", name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

/* Prints `btxld: NAME: warning: ...', unless -q was given. */
void
warn(const char *name, const char *format, ...)
{
	va_list arguments;

	if (quiet)
		return;
	fprintf(stderr, "btxld: %s: warning: ", name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

/* Returns the whole file in memory, or fails. */
static struct file
read_file(const char *name)
{
	struct file file = { .name = name };
	FILE *stream = fopen(name, "rb");
	size_t size;

	if (stream == NULL)
		fail(name, "%s", strerror(errno));
	file.data = malloc(MAXFILE + 1);
	if (file.data == NULL)
		fail(name, "out of memory");
	size = fread(file.data, 1, MAXFILE + 1, stream);
	if (ferror(stream))
		fail(name, "%s", strerror(errno));
	if (size > MAXFILE)
		fail(name, "larger than 16 MiB");
	fclose(stream);
	file.size = (uint32_t)size;
	return (file);
}

/*
 * Fails unless the file is a BTX kernel of a version that we know and whole;
 * afterwards its size is what its header says.
 */
static void
check_kernel(struct file *kernel)
{
	const uint8_t *header = kernel->data;
	uint32_t size;

	if (kernel->size < BTX_HDRSIZE || header[BTX_MACHID] != BTX_I386 ||
	    memcmp(header + BTX_MAGIC, BTX_MAGICSTR, 3) != 0)
		fail(kernel->name, "not a BTX kernel");
	if (header[BTX_HDRSZ] + 2 != BTX_HDRSIZE)
		fail(kernel->name, "BTX header of %u bytes, not %u",
		    header[BTX_HDRSZ] + 2, BTX_HDRSIZE);
	if (header[BTX_MAJVER] != BTX_VERSION)
		fail(kernel->name, "BTX version %u.%02u, not %u.x",
		    header[BTX_MAJVER], header[BTX_MINVER], BTX_VERSION);
	size = get16(header + BTX_TEXTSZ);
	if (size > kernel->size)
		fail(kernel->name, "truncated: has 0x%x of 0x%x bytes",
		    kernel->size, size);
	if (size < BTX_HDRSIZE || size > BTX_PGSIZE)
		fail(kernel->name, "size 0x%x is not 0x%x to 0x%x", size,
		    BTX_HDRSIZE, BTX_PGSIZE);
	if (size < kernel->size)
		warn(kernel->name, "0x%x bytes behind its end are left out",
		    kernel->size - size);
	kernel->size = size;
}

/*
 * Fails when the client, running on a kernel of this PGCTL, would reach into
 * its stack.  (BTX maps whole tables, 4 MiB each: more than base memory.)
 * A binary is taken to start at its entry.
 */
static void
check_room(const struct file *file, const struct client *client,
    uint32_t entry, uint32_t pgctl)
{
	uint64_t end = BTX_CLIENT(pgctl) + (uint64_t)client->end;
	uint32_t room = BASE_MEMORY - CLIENT_STACK;

	if (client->format == FORMAT_BIN)
		end += entry;
	if (end > room)
		fail(file->name, "client ends at 0x%llx, above 0x%x",
		    (unsigned long long)end, room);
}

/*
 * Returns how many of the client's pages, from the first on, are read-only:
 * what -W says, else its text, where that is not writable.
 */
static uint32_t
read_only_pages(const struct options *options, const struct client *client)
{
	uint32_t pages = (client->text + BTX_PGSIZE - 1) / BTX_PGSIZE;

	if (options->writable >= 0)
		return ((uint32_t)options->writable);
	if (client->impure)
		return (0);
	return (pages < BTX_MAXCWR ? pages : BTX_MAXCWR);
}

/*
 * Puts the client's entry and its pages into the kernel's header.  Page 0 of
 * the client is left unmapped by -P 1; and without -P, for a client that
 * starts behind it and has read-only pages.  It counts as one of these then.
 */
static void
patch_kernel(struct file *kernel, const struct options *options,
    const struct file *file, const struct client *client)
{
	uint8_t *header = kernel->data;
	uint32_t pgctl = get16(header + BTX_PGCTL);
	uint32_t pages = read_only_pages(options, client);
	uint32_t entry = options->has_client_entry ? options->client_entry :
	    client->entry;

	if (options->present == 1 || (options->present == -1 &&
	    options->writable != 0 && client->org >= BTX_PGSIZE)) {
		header[BTX_FLAGS] |= BTX_MAPONE;
		if (pages == 0)
			pages = 1;
		if (entry < BTX_PGSIZE)
			warn(file->name, "entry 0x%x is on page 0, which is "
			    "not present", entry);
	}
	if (pages > (pgctl & (BTX_PGSIZE / 4 - 1)))
		fail(kernel->name, "pgctl 0x%x leaves no room for %u "
		    "read-only pages", pgctl, pages);
	check_room(file, client, entry, pgctl);
	put16(header + BTX_PGCTL, pgctl - pages);
	put32(header + BTX_ENTRY, entry);
}

/* The three lines of -v, about a kernel that has been patched. */
static void
tell(const struct file *kernel, const struct file *file,
    const struct client *client, const struct options *options,
    const struct output *output)
{
	const uint8_t *header = kernel->data;
	uint32_t pgctl = get16(header + BTX_PGCTL);
	uint32_t mapped = BTX_MAPPED(pgctl);
	uint32_t origin = BTX_ORIGIN(pgctl);

	printf("kernel: ver=%u.%02u size=%x load=%x entry=%x map=%uM "
	    "pgctl=%x:%x\n", header[BTX_MAJVER], header[BTX_MINVER],
	    kernel->size, origin, origin + BTX_HDRSIZE,
	    mapped / (0x100000 / BTX_PGSIZE),
	    (header[BTX_FLAGS] & BTX_MAPONE) != 0,
	    mapped - origin / BTX_PGSIZE - pgctl);
	printf("client: fmt=%s size=%x text=%x data=%x bss=%x entry=%x\n",
	    format_name[client->format], file->size, client->text,
	    client->data, client->bss, client->entry);
	printf("output: fmt=%s size=%x text=%x data=%x org=%x entry=%x\n",
	    format_name[options->format], output->file.size, output->text,
	    output->data, options->entry, options->entry);
	if (fflush(stdout) != 0)
		fail("standard output", "%s", strerror(errno));
}

static void
print_usage(FILE *stream)
{
	fputs(
"usage: btxld [-hqv] [-b kernel] [-E address] [-e address] [-f format]\n"
"             [-l loader] [-o file] [-P page] [-W page] client\n"
"\n"
"Joins a loader, a BTX kernel and a client (ELF, a.out or binary).\n"
"\n"
"  -b kernel   the BTX kernel (build/ref/boot/btx/btx.bin)\n"
"  -E address  where the client is entered (its own entry; a binary: 0)\n"
"  -e address  where the loader stands and is entered; aout, elf (0)\n"
"  -f format   of the output: bin, aout or elf (bin)\n"
"  -l loader   what stands in front (build/ref/boot/btx/btxldr.bin)\n"
"  -o file     the output (a.out)\n"
"  -P page     the first of the client's pages that is present, 0 or 1\n"
"  -W page     the first of the client's pages that may be written, 0 to 956\n"
"  -q          no warnings\n"
"  -v          say what was joined\n"
"  -h, --help  this text\n", stream);
}

/*
 * Returns the number of option -LETTER, in C's notations, or fails when it is
 * none or above MAXIMUM.
 */
static uint32_t
number(char letter, const char *text, uint32_t maximum)
{
	char option[] = { '-', letter, '\0' };
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end != '\0')
		fail(option, "\"%s\" is not a number", text);
	if (errno != 0 || value > maximum)
		fail(option, "%s is above 0x%x", text, maximum);
	return ((uint32_t)value);
}

static enum format
parse_format(const char *text)
{
	unsigned int format;

	for (format = 0; format < FORMATS; format++)
		if (strcmp(text, format_name[format]) == 0)
			return ((enum format)format);
	fail("-f", "\"%s\" is not bin, aout or elf", text);
}

/* Takes one option; returns whether it is one. */
static bool
take_option(int letter, struct options *options)
{
	switch (letter) {
	case 'b':
		options->kernel = optarg;
		break;
	case 'E':
		options->client_entry = number('E', optarg, UINT32_MAX);
		options->has_client_entry = true;
		break;
	case 'e':
		options->entry = number('e', optarg, UINT32_MAX);
		break;
	case 'f':
		options->format = parse_format(optarg);
		break;
	case 'l':
		options->loader = optarg;
		break;
	case 'o':
		options->output = optarg;
		break;
	case 'P':
		options->present = (int)number('P', optarg, 1);
		break;
	case 'q':
		quiet = true;
		break;
	case 'v':
		options->verbose = true;
		break;
	case 'W':
		options->writable = (int)number('W', optarg, BTX_MAXCWR);
		break;
	default:
		return (false);
	}
	return (true);
}

/* Returns what the command line says; ends the program where that is all. */
static struct options
parse_options(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	struct options options = {
		.kernel = "build/ref/boot/btx/btx.bin",
		.loader = "build/ref/boot/btx/btxldr.bin",
		.output = "a.out",
		.present = -1,
		.writable = -1,
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "b:E:e:f:hl:o:P:qvW:", words,
	    NULL)) != -1) {
		if (letter == 'h') {
			print_usage(stdout);
			exit(0);
		}
		if (!take_option(letter, &options)) {
			print_usage(stderr);
			exit(1);
		}
	}
	if (argc - optind != 1) {
		print_usage(stderr);
		exit(1);
	}
	options.client = argv[optind];
	return (options);
}

int
main(int argc, char *argv[])
{
	struct options options = parse_options(argc, argv);
	struct file loader = read_file(options.loader);
	struct file kernel = read_file(options.kernel);
	struct file file = read_file(options.client);
	struct client client;
	struct output output;

	check_kernel(&kernel);
	client_examine(&file, &client);
	if (client.org != 0 && client.org != BTX_PGSIZE)
		warn(file.name, "starts at 0x%x, neither 0 nor 0x%x",
		    client.org, BTX_PGSIZE);
	patch_kernel(&kernel, &options, &file, &client);
	output = output_build(options.output, options.format, options.entry,
	    &loader, &kernel, &file);
	output_write(&output.file);
	if (options.verbose)
		tell(&kernel, &file, &client, &options, &output);
	free(output.file.data);
	free(file.data);
	free(kernel.data);
	free(loader.data);
	return (0);
}
