/*
 * module.c: the list of loaded files, and the commands that change it.
 *
 * The kernel comes first and says itself where it wants to be; each file
 * after it goes to the next free page.  What kld(4) calls dependencies is
 * not looked at: a module is loaded alone.
 */
#include "loader.h"

#include <sys/linker.h>

#define	DEFAULT_PATH	"/;/boot;/boot/kernel;/boot/modules"

const struct file_format *const file_formats[] = { &i386_elf, &i386_elf_obj, NULL };

struct preloaded_file *preloaded_files;

/* The end of what is loaded. */
static uint32_t	loadaddr;

/* ---------------------------------------------------------------- files */

/* The first file of that name and type; NULL stands for any. */
struct preloaded_file *
file_findfile(const char *name, const char *type)
{
	struct preloaded_file *fp;

	for (fp = preloaded_files; fp != NULL; fp = fp->f_next)
		if ((name == NULL || strcmp(name, fp->f_name) == 0) &&
		    (type == NULL || strcmp(type, fp->f_type) == 0))
			return (fp);
	return (NULL);
}

/* A new, empty one, not in the list yet; NULL: no memory. */
struct preloaded_file *
file_alloc(const char *name, const char *type)
{
	struct preloaded_file *fp;

	if ((fp = calloc(1, sizeof(*fp))) == NULL)
		return (NULL);
	fp->f_name = strdup(name);
	fp->f_type = strdup(type);
	if (fp->f_name == NULL || fp->f_type == NULL) {
		file_discard(fp);
		return (NULL);
	}
	return (fp);
}

void
file_discard(struct preloaded_file *fp)
{
	struct file_metadata *md, *next;

	if (fp == NULL)
		return;
	for (md = fp->f_metadata; md != NULL; md = next) {
		next = md->md_next;
		free(md);
	}
	free(fp->f_name);
	free(fp->f_type);
	free(fp->f_args);
	free(fp);
}

/* Put a file at the end of the list; what is loaded next goes behind it. */
static void
file_insert_tail(struct preloaded_file *fp)
{
	struct preloaded_file **tail;

	for (tail = &preloaded_files; *tail != NULL; tail = &(*tail)->f_next)
		;
	*tail = fp;
	loadaddr = fp->f_addr + fp->f_size;
}

/* Add a copy of `size' bytes at `data'; 0 or ENOMEM. */
int
file_addmetadata(struct preloaded_file *fp, int type, size_t size, const void *data)
{
	struct file_metadata *md;

	if ((md = malloc(sizeof(*md) + size)) == NULL)
		return (ENOMEM);
	md->md_type = type;
	md->md_size = size;
	memcpy(md->md_data, data, size);
	md->md_next = fp->f_metadata;
	fp->f_metadata = md;
	return (0);
}

struct file_metadata *
file_findmetadata(struct preloaded_file *fp, int type)
{
	struct file_metadata *md;

	for (md = fp->f_metadata; md != NULL; md = md->md_next)
		if (md->md_type == type)
			return (md);
	return (NULL);
}

/* Forget all that was loaded. */
void
unload(void)
{
	struct preloaded_file *fp;

	while ((fp = preloaded_files) != NULL) {
		preloaded_files = fp->f_next;
		file_discard(fp);
	}
	loadaddr = 0;
	unsetenv("kernelname");
}

/* ---------------------------------------------------------------- searching */

/*
 * Look for a regular file of that name in one directory ("": the name is a
 * path), with each suffix in turn.  Its path from malloc(), or NULL.
 */
static char *
search_directory(const char *directory, const char *name, const char *const suffixes[])
{
	struct stat sb;
	char path[MAXPATHLEN];
	const char *slash;
	int i;

	slash = *directory == '\0' || directory[strlen(directory) - 1] == '/' ? "" : "/";
	for (i = 0; suffixes[i] != NULL; i++) {
		if (snprintf(path, sizeof(path), "%s%s%s%s", directory, slash, name,
		    suffixes[i]) >= (int)sizeof(path))
			continue;
		if (stat(path, &sb) == 0 && S_ISREG(sb.st_mode))
			return (strdup(path));
	}
	return (NULL);
}

/* Find a file on module_path, unless its name is a path or has a device. */
static char *
file_search(const char *name, const char *const suffixes[])
{
	const char *value;
	char *directory, *found, *path, *rest;

	if (*name == '\0')
		return (NULL);
	if (strchr(name, '/') != NULL || strchr(name, ':') != NULL)
		return (search_directory("", name, suffixes));
	if ((value = getenv("module_path")) == NULL)
		value = DEFAULT_PATH;
	if ((rest = path = strdup(value)) == NULL)
		return (NULL);
	found = NULL;
	while (found == NULL && (directory = strsep(&rest, ";")) != NULL)
		if (*directory != '\0')
			found = search_directory(directory, name, suffixes);
	free(path);
	return (found);
}

/* ---------------------------------------------------------------- loading */

/* Load a file by the first format that knows it: 0 or an errno value. */
static int
file_load(const char *path, struct preloaded_file **result)
{
	int error, i;

	error = EFTYPE;
	for (i = 0; file_formats[i] != NULL && error == EFTYPE; i++) {
		error = file_formats[i]->l_load(path, roundup(loadaddr, PAGE_SIZE), result);
		if (error == 0)
			(*result)->f_format = file_formats[i];
	}
	if (error == EFTYPE)
		command_error("don't know how to load module '%s'", path);
	else if (error != 0)
		command_error("can't load file '%s': %s", path, strerror(error));
	return (error);
}

/*
 * Find a kernel or module on module_path and load it, behind what is there.
 * 0, or an errno value and command_errbuf; EEXIST: it is there already.
 */
int
mod_loadkld(const char *name, int argc, char *argv[])
{
	static const char *const suffixes[] = { ".ko", "", NULL };
	struct preloaded_file *fp;
	char *path;
	int error;

	if ((path = file_search(name, suffixes)) == NULL) {
		command_error("can't find '%s'", name);
		return (ENOENT);
	}
	if (file_findfile(path, NULL) != NULL) {
		command_error("warning: KLD '%s' already loaded", path);
		error = EEXIST;
	} else if ((error = file_load(path, &fp)) == 0) {
		fp->f_args = unargv(argc, argv);
		file_insert_tail(fp);
	}
	free(path);
	return (error);
}

/* Read a whole file to the next free page and put it into the list. */
static int
load_data(const char *path, const char *type)
{
	struct preloaded_file *fp;
	struct stat sb;
	int error, fd;

	if ((fd = open(path, O_RDONLY)) < 0)
		return (errno);
	error = 0;
	if ((fp = file_alloc(path, type)) == NULL)
		error = ENOMEM;
	else {
		fp->f_addr = roundup(loadaddr, PAGE_SIZE);
		if (fstat(fd, &sb) != 0)
			error = errno;
		else if (sb.st_size > memtop_copyin)
			error = EFBIG;
		else if (i386_readin(fd, fp->f_addr, sb.st_size) != (ssize_t)sb.st_size)
			error = errno != 0 ? errno : EIO;
		fp->f_size = sb.st_size;
	}
	close(fd);
	if (error == 0)
		file_insert_tail(fp);
	else
		file_discard(fp);
	return (error);
}

/* Load a file as it is, as data of that type.  As mod_loadkld(). */
int
file_loadraw(const char *name, const char *type)
{
	static const char *const suffixes[] = { "", NULL };
	char *path;
	int error;

	if (file_findfile(NULL, NULL) == NULL) {
		command_error("can't load file before kernel");
		return (EPERM);
	}
	if ((path = file_search(name, suffixes)) == NULL) {
		command_error("can't find '%s'", name);
		return (ENOENT);
	}
	if (file_findfile(path, type) != NULL) {
		command_error("warning: file '%s' already loaded", path);
		error = EEXIST;
	} else if ((error = load_data(path, type)) != 0)
		command_error("can't load file '%s': %s", path, strerror(error));
	free(path);
	return (error);
}

/* ---------------------------------------------------------------- commands */

COMMAND_SET(load, "load", "load a kernel or module", command_load);

static int
command_load(int argc, char *argv[])
{
	char *type;
	int c, error;

	type = NULL;
	optind = optreset = 1;
	while ((c = getopt(argc, argv, "kt:")) != -1) {
		if (c == 't')
			type = optarg;
		else if (c != 'k')	/* -k: a kernel or module, as without it */
			return (command_error("usage is 'load [-t type] file [arguments]'"));
	}
	argc -= optind;
	argv += optind;
	if (argc == 0)
		return (command_error("no filename specified"));
	if (type == NULL)
		error = mod_loadkld(argv[0], argc - 1, argv + 1);
	else if (argc != 1 || *type == '\0')
		return (command_error("invalid load type"));
	else
		error = file_loadraw(argv[0], type);
	return (error == 0 ? CMD_OK : CMD_ERROR);
}

COMMAND_SET(unload, "unload", "unload all modules", command_unload);

static int
command_unload(int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	unload();
	return (CMD_OK);
}

/* Show one file; 1 when the user has had enough. */
static int
list_file(const struct preloaded_file *fp, int verbose)
{
	const struct file_metadata *md;

	if (pager_printf(" 0x%lx: %s (%s, 0x%lx)\n", (unsigned long)fp->f_addr, fp->f_name,
	    fp->f_type, (unsigned long)fp->f_size))
		return (1);
	if (fp->f_args != NULL && pager_printf("    args: %s\n", fp->f_args))
		return (1);
	for (md = fp->f_metadata; verbose && md != NULL; md = md->md_next)
		if (pager_printf("      0x%04x, 0x%lx\n", md->md_type, (unsigned long)md->md_size))
			return (1);
	return (0);
}

COMMAND_SET(lsmod, "lsmod", "list loaded modules", command_lsmod);

static int
command_lsmod(int argc, char *argv[])
{
	struct preloaded_file *fp;
	int flags;

	if ((flags = command_flags(argc, argv, "v")) < 0)
		return (CMD_ERROR);
	pager_open();
	for (fp = preloaded_files; fp != NULL && !list_file(fp, flags); fp = fp->f_next)
		;
	pager_close();
	return (CMD_OK);
}
