/*
 * The kernel linker: files of code in the kernel, and what they know of each
 * other.  The kernel itself is the first; modules that the loader has left
 * come behind it (kern/kern_linker.c).
 *
 * In FreeBSD this is a part of <sys/linker.h>, which holds the loader's
 * records only here.
 *
 * [sys/linker.h]
 */
#ifndef _SYS_LINKER_FILE_H_
#define	_SYS_LINKER_FILE_H_

#include <sys/param.h>
#include <sys/queue.h>
#include <sys/symtab.h>

struct linker_file;
struct module;

/* "I use that file": what keeps it from being unloaded. */
struct linker_dependency {
	struct linker_file *file;
	STAILQ_ENTRY(linker_dependency) link;
};

/* A file of code.  Its class has a larger structure, of which this is the head. */
struct linker_file {
	STAILQ_ENTRY(linker_file) link;	/* in linker_files, or waiting for that */
	const struct linker_class *class;
	const char	*pathname;	/* as it was loaded */
	const char	*filename;	/* the same without its folders */
	int		id;		/* 1 is the kernel */
	int		refs;		/* 1, and one for each file that uses it */
	char		*address;	/* where it is */
	size_t		size;
	struct symtab	*symtab;
	STAILQ_HEAD(, linker_dependency) deps;
	TAILQ_HEAD(, module) modules;	/* those that it declares */
};

STAILQ_HEAD(linker_file_list, linker_file);

/* A kind of files, and how they are dealt with; the kernel's only looks symbols up. */
struct linker_class {
	const char	*type;		/* of the loader's files: MODINFO_TYPE */
	/*
	 * Look at the file of the loader's records `mod', and check all of it.
	 * 0 and the file, not linked yet; or an errno value after a message.
	 */
	int		(*link_preload)(char *mod, const char *pathname,
			    struct linker_file **result);
	/*
	 * Link it.  ENOENT: symbols are missing, which are printed if `tell';
	 * it may be tried again.
	 */
	int		(*link_preload_finish)(struct linker_file *file, int tell);
	/* The value of a symbol that the file exports: 1; 0: there is none. */
	int		(*lookup_symbol)(struct linker_file *file,
			    const char *name, uintptr_t *value);
	/* The elements of a linker set: 1; 0: there is none. */
	int		(*lookup_set)(struct linker_file *file, const char *name,
			    void ***start, void ***stop);
	/* Free what link_preload() made.  The code stays in memory. */
	void		(*unload)(struct linker_file *file);
	STAILQ_ENTRY(linker_class) link;
};

extern struct linker_file_list linker_files;	/* those that are linked, by id */
extern struct linker_file *linker_kernel_file;

/* Files of its type are linked from now on. */
void	linker_add_class(struct linker_class *class);
/* Fill in the head of a file that its class has made.  It is in no list yet. */
void	linker_file_init(struct linker_file *file, const struct linker_class *class,
	    const char *pathname);
/* It is linked: into linker_files, with the next id. */
void	linker_file_enter(struct linker_file *file);
struct linker_file *linker_find_file_by_name(const char *name);
/* Call it for each file until it returns nonzero, and return that; or 0. */
typedef int	linker_predicate_t(struct linker_file *file, void *context);
int	linker_file_foreach(linker_predicate_t *predicate, void *context);
/*
 * What `file' means by a name that it does not define: the kernel's symbol, or
 * that of a file which was linked before; the file then depends on it.
 * Returns 1 and the value; 0: there is none.
 */
int	linker_file_lookup_symbol(struct linker_file *file, const char *name,
	    uintptr_t *value);
/* Are `size' bytes at `p' a part of the file in memory?  Do they hold a string? */
int	linker_file_holds(const struct linker_file *file, const void *p, size_t size);
int	linker_file_holds_string(const struct linker_file *file, const char *p);
/*
 * Tell its modules, run its SYSUNINITs, and forget it.  Returns 0, EBUSY if
 * another file uses it and for the kernel, or the errno value with which a
 * module refused.
 */
int	linker_file_unload(struct linker_file *file);

#endif /* !_SYS_LINKER_FILE_H_ */
