/*
 * kern_linker.c: the files that the kernel is made of, at run time.
 *
 *	linker_files -> kernel (1) -> hello.ko (2) -> clockwork.ko (3) -> 0
 *	                   ^              |                  |
 *	                   +---- deps ----+------------------+
 *
 * What the loader has left is linked while the subsystem KLD runs: each file
 * is looked at by its class (kern/link_elf_obj.c), symbols are resolved, and
 * its linker sets do what the kernel's own do.  SYSINITs join sysinit_list:
 * those that are earlier than KLD come next.
 *
 * A file may use the symbols of another only when that one is linked already;
 * so those that miss some are tried again as long as anything changes.
 *
 * Nothing here trusts a file: what is wrong is told with its name, nothing of
 * it stays registered, and the boot goes on without it.
 *
 * [kern/kern_linker.c]
 */
#include <sys/linker_file.h>

#include <sys/errno.h>
#include <sys/kdb.h>
#include <sys/kernel.h>
#include <sys/linker.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/preload.h>
#include <sys/systm.h>

MALLOC_DEFINE(M_LINKER, "linker", "kernel linker");

SET_DECLARE(moduledata_set, moduledata_t);

struct linker_file_list linker_files;
struct linker_file *linker_kernel_file;

static STAILQ_HEAD(, linker_class) classes;
static int last_file_id;

/* ---------------------------------------------------------------- classes, files */

static void
linker_init(const void *dummy __unused)
{
	STAILQ_INIT(&linker_files);
	STAILQ_INIT(&classes);
}
SYSINIT(linker, SI_SUB_KLD, SI_ORDER_FIRST, linker_init, NULL);

void
linker_add_class(struct linker_class *class)
{
	STAILQ_INSERT_TAIL(&classes, class, link);
}

void
linker_file_init(struct linker_file *file, const struct linker_class *class,
    const char *pathname)
{
	const char *slash = strrchr(pathname, '/');

	file->class = class;
	file->pathname = pathname;
	file->filename = slash != NULL ? slash + 1 : pathname;
	file->refs = 1;
	STAILQ_INIT(&file->deps);
	TAILQ_INIT(&file->modules);
}

void
linker_file_enter(struct linker_file *file)
{
	file->id = ++last_file_id;
	STAILQ_INSERT_TAIL(&linker_files, file, link);
}

struct linker_file *
linker_find_file_by_name(const char *name)
{
	struct linker_file *file;

	STAILQ_FOREACH(file, &linker_files, link)
		if (strcmp(file->filename, name) == 0)
			return (file);
	return (NULL);
}

int
linker_file_foreach(linker_predicate_t *predicate, void *context)
{
	struct linker_file *file;
	int result;

	STAILQ_FOREACH(file, &linker_files, link)
		if ((result = predicate(file, context)) != 0)
			return (result);
	return (0);
}

int
linker_file_holds(const struct linker_file *file, const void *p, size_t size)
{
	uintptr_t at = (uintptr_t)p - (uintptr_t)file->address;

	return (at <= file->size && size <= file->size - at);
}

int
linker_file_holds_string(const struct linker_file *file, const char *p)
{
	size_t left;

	if (!linker_file_holds(file, p, 1))
		return (0);
	left = file->address + file->size - p;
	return (strnlen(p, left) < left);
}

/* ---------------------------------------------------------------- symbols */

/* `file' uses `other' from now on. */
static void
add_dependency(struct linker_file *file, struct linker_file *other)
{
	struct linker_dependency *dep;

	STAILQ_FOREACH(dep, &file->deps, link)
		if (dep->file == other)
			return;
	dep = malloc(sizeof(*dep), M_LINKER, M_WAITOK);
	dep->file = other;
	other->refs++;
	STAILQ_INSERT_TAIL(&file->deps, dep, link);
}

static void
drop_dependencies(struct linker_file *file)
{
	struct linker_dependency *dep;

	while ((dep = STAILQ_FIRST(&file->deps)) != NULL) {
		STAILQ_REMOVE_HEAD(&file->deps, link);
		dep->file->refs--;
		free(dep, M_LINKER);
	}
}

int
linker_file_lookup_symbol(struct linker_file *file, const char *name,
    uintptr_t *value)
{
	struct linker_file *other;

	STAILQ_FOREACH(other, &linker_files, link) {
		if (other->class->lookup_symbol(other, name, value)) {
			add_dependency(file, other);
			return (1);
		}
	}
	return (0);
}

/* ---------------------------------------------------------------- linker sets */

/* A linker set of a file: pointers. */
struct set {
	void	**start, **stop;
};

/* Is the element at `p' the same as another before it, or does it overlap one? */
static int
is_in_another(const struct set *set, void **p, size_t size)
{
	void **other;

	for (other = set->start; other < p; other++)
		if ((uintptr_t)*p - (uintptr_t)*other + size - 1 < 2 * size - 1)
			return (1);
	return (0);
}

/*
 * Find a set whose elements have `size' bytes.  Returns 0 and the set, which
 * may be empty; or EINVAL after a message if one of them is outside of the
 * file, or overlaps another: one that stood in a list twice would make it a
 * ring.
 */
static int
find_set(struct linker_file *file, const char *name, size_t size, struct set *set)
{
	void **p;

	set->start = set->stop = NULL;
	if (!file->class->lookup_set(file, name, &set->start, &set->stop))
		return (0);
	for (p = set->start; p < set->stop; p++) {
		if (linker_file_holds(file, *p, size) && (uintptr_t)*p % 4 == 0 &&
		    !is_in_another(set, p, size))
			continue;
		printf("%s: element %d of %s, %p, is no place for one\n",
		    file->filename, (int)(p - set->start), name, *p);
		return (EINVAL);
	}
	return (0);
}

/* An entry without a function is told.  Returns EINVAL, or 0 for NULL. */
static int
tell_bad(const struct linker_file *file, const char *kind, const struct sysinit *bad)
{
	const char *name;

	if (bad == NULL)
		return (0);
	name = kdb_symbol_name((uintptr_t)bad);
	printf("%s: %s: %s at %p (subsystem %x, order %x) has no function\n",
	    file->filename, kind, name != NULL ? name : "an entry", bad,
	    bad->subsystem, bad->order);
	return (EINVAL);
}

/* The first entry of a set of SYSUNINITs that cannot be run, or NULL. */
static const struct sysinit *
first_bad(const struct set *set)
{
	const struct sysinit *entry;
	void **p;

	for (p = set->start; p < set->stop; p++) {
		entry = *p;
		if (entry->subsystem != SI_SUB_DUMMY && entry->func == NULL)
			return (entry);
	}
	return (NULL);
}

/* Make the modules known that a file declares.  Returns 0 or an errno value. */
static int
register_modules(struct linker_file *file)
{
	struct set set;
	void **p;
	int error;

	error = find_set(file, "set_moduledata_set", sizeof(moduledata_t), &set);
	for (p = set.start; error == 0 && p < set.stop; p++)
		error = module_register(*p, file);
	return (error);
}

/*
 * A file's SYSINITs join what is pending, all or none; its SYSUNINITs are
 * looked at, for nobody could do anything about them later.  Returns 0, or
 * EINVAL after a message.
 */
static int
add_sysinits(struct linker_file *file)
{
	struct set init, uninit;
	int error;

	error = find_set(file, "set_sysinit_set", sizeof(struct sysinit), &init);
	if (error == 0)
		error = find_set(file, "set_sysuninit_set",
		    sizeof(struct sysinit), &uninit);
	if (error == 0)
		error = tell_bad(file, "SYSUNINIT", first_bad(&uninit));
	if (error == 0)
		error = tell_bad(file, "SYSINIT", sysinit_add(
		    (struct sysinit **)init.start, (struct sysinit **)init.stop));
	return (error);
}

/* ---------------------------------------------------------------- the end of a file */

/* Nothing of a file is to be found any more, and its class frees it. */
static void
forget_file(struct linker_file *file)
{
	module_t mod;

	while ((mod = TAILQ_FIRST(&file->modules)) != NULL)
		module_release(mod);
	drop_dependencies(file);
	file->class->unload(file);
}

/* What of a file's SYSINITs has not been run never will be. */
static void
drop_pending(const struct set *set)
{
	struct sysinit *sip;
	void **p;

	for (p = set->start; p < set->stop; p++)
		STAILQ_FOREACH(sip, &sysinit_list, next)
			if (sip == *p) {
				STAILQ_REMOVE(&sysinit_list, sip, sysinit, next);
				break;
			}
}

int
linker_file_unload(struct linker_file *file)
{
	struct set init, uninit;
	module_t mod;
	int error;

	if (file->refs > 1 || file == linker_kernel_file)
		return (EBUSY);
	TAILQ_FOREACH(mod, &file->modules, flink)
		if ((error = module_unload(mod)) != 0)
			return (error);
	find_set(file, "set_sysinit_set", sizeof(struct sysinit), &init);
	find_set(file, "set_sysuninit_set", sizeof(struct sysinit), &uninit);
	drop_pending(&init);
	sysuninit_run((struct sysinit **)uninit.start,
	    (struct sysinit **)uninit.stop);
	STAILQ_REMOVE(&linker_files, file, linker_file, link);
	forget_file(file);
	return (0);
}

/* ---------------------------------------------------------------- the loader's files */

static void
tell_skipped(const char *pathname)
{
	printf("KLD file %s - could not finalize loading\n", pathname);
}

/* The class of a type of the loader's files, or NULL. */
static const struct linker_class *
find_class(const char *type)
{
	const struct linker_class *class;

	STAILQ_FOREACH(class, &classes, link)
		if (strcmp(class->type, type) == 0)
			return (class);
	return (NULL);
}

/* Is there a file of this name, linked or among those that wait? */
static int
is_taken(const struct linker_file_list *waiting, const char *filename)
{
	struct linker_file *file;

	STAILQ_FOREACH(file, waiting, link)
		if (strcmp(file->filename, filename) == 0)
			return (1);
	return (linker_find_file_by_name(filename) != NULL);
}

/*
 * Look at the file of the records `mod', and put it into the list unless it
 * is no code, or not as it should be.
 */
static void
preload_file(char *mod, struct linker_file_list *waiting)
{
	const char *pathname = preload_search_info(mod, MODINFO_NAME);
	const char *type = preload_search_info(mod, MODINFO_TYPE);
	const struct linker_class *class;
	struct linker_file *file;

	if (type == NULL) {
		printf("Preloaded module at %p does not have a type!\n", mod);
		return;
	}
	class = find_class(type);
	if (class == NULL) {
		if (strcmp(type, "elf module") == 0) {
			printf("%s is a shared object: modules are relocatable "
			    "ones\n", pathname);
			tell_skipped(pathname);
		}
		return;
	}
	if (bootverbose)
		printf("Preloaded %s \"%s\" at %p.\n", type, pathname, mod);
	if (class->link_preload(mod, pathname, &file) != 0) {
		tell_skipped(pathname);
		return;
	}
	if (is_taken(waiting, file->filename)) {
		printf("KLD file %s: there is a %s already\n", pathname,
		    file->filename);
		tell_skipped(pathname);
		forget_file(file);
		return;
	}
	STAILQ_INSERT_TAIL(waiting, file, link);
}

/* Use a file that has been linked.  Returns 0 or an errno value. */
static int
start_file(struct linker_file *file)
{
	int error;

	error = register_modules(file);
	if (error == 0)
		error = add_sysinits(file);
	if (error == 0)
		linker_file_enter(file);
	return (error);
}

/*
 * Try all files that wait once; missing symbols are printed if `tell'.
 * Returns how many do not wait any more.
 */
static int
try_waiting(struct linker_file_list *waiting, int tell)
{
	struct linker_file *file, *next;
	int error, gone = 0;

	STAILQ_FOREACH_SAFE(file, waiting, link, next) {
		error = file->class->link_preload_finish(file, tell);
		if (error == ENOENT && !tell)
			continue;
		gone++;
		STAILQ_REMOVE(waiting, file, linker_file, link);
		if (error == 0)
			error = start_file(file);
		if (error != 0) {
			tell_skipped(file->pathname);
			forget_file(file);
		}
	}
	return (gone);
}

static void
linker_preload(const void *dummy __unused)
{
	struct linker_file_list waiting = STAILQ_HEAD_INITIALIZER(waiting);
	char *mod = NULL;

	while ((mod = preload_search_next_name(mod)) != NULL)
		preload_file(mod, &waiting);
	while (try_waiting(&waiting, 0) > 0)
		;
	try_waiting(&waiting, 1);
}
SYSINIT(preload, SI_SUB_KLD, SI_ORDER_MIDDLE, linker_preload, NULL);

/* The modules that are linked into the kernel. */
static void
linker_init_kernel_modules(const void *dummy __unused)
{
	moduledata_t **data;

	SET_FOREACH(data, moduledata_set)
		module_register(*data, linker_kernel_file);
}
SYSINIT(kernel_modules, SI_SUB_KLD, SI_ORDER_ANY, linker_init_kernel_modules, NULL);
