/*
 * loader.h: the loader as its user sees it: commands, the reader of lines,
 * configuration files, the list of what has been loaded, and the way into
 * the kernel.  What lies below (disks, files, memory, consoles) is offered
 * by bootstrap.h and stand.h.
 */
#ifndef _LOADER_H_
#define	_LOADER_H_

#include "bootstrap.h"

/* ---------------------------------------------------------------- commands */

#define	CMD_OK		0
#define	CMD_ERROR	1	/* command_errmsg says why */

#define	LINE_SIZE	256	/* of a line typed or read, with its NUL */

/*
 * A command: COMMAND_SET puts one into the table, which the linker gathers
 * from all files in the order of their tags (loader.ld).  `function' returns CMD_OK, or
 * CMD_ERROR after command_error(); it may change argv's strings.
 */
struct bootblk_command {
	const char	*c_name;
	const char	*c_desc;
	int		(*c_fn)(int argc, char *argv[]);
};

#define	COMMAND_SET(tag, name, description, function)			\
	static int function(int argc, char *argv[]);			\
	static const struct bootblk_command command_##tag##_entry =	\
	    { name, description, function };				\
	static const struct bootblk_command *const command_##tag##_in_set \
	    __attribute__((section("Xcommand_set." #tag), used)) =		\
	    &command_##tag##_entry

#define	COMMAND_FOREACH(cmdp)						\
	for (cmdp = __start_Xcommand_set; cmdp < __stop_Xcommand_set; cmdp++)
extern const struct bootblk_command *const __start_Xcommand_set[];
extern const struct bootblk_command *const __stop_Xcommand_set[];

/* Why the last command failed. */
extern char	command_errbuf[LINE_SIZE];
/* Set it; returns CMD_ERROR. */
int		command_error(const char *fmt, ...)
		    __attribute__((format(printf, 1, 2)));
/*
 * Read options with getopt(): each letter of `options' that was given sets
 * its bit in the result, the first letter bit 0; -1 after command_error().
 * On return optind is the first argument that is no option.
 */
int		command_flags(int argc, char *argv[], const char *options);

/* ---------------------------------------------------------------- interpreter */

#define	MAXARGS		20	/* words in a line */

/*
 * Cut a line into words (interp_parse.c).  Returns NULL and a vector in one
 * piece for free(), which ends in a null pointer; or the reason why not.
 */
const char	*parse(int *argcp, char ***argvp, const char *line);
/* The words of argv, one blank between them, from malloc(); NULL if none. */
char		*unargv(int argc, char *argv[]);

/* Run one line.  CMD_OK, or CMD_ERROR when a message has been printed. */
int		interp_line(const char *line);
/* Run the commands of a file.  CMD_OK, or CMD_ERROR and its reason. */
int		include(const char *filename);

/* ---------------------------------------------------------------- lines */

/*
 * Read a line from the console into buf, without its end, with editing and
 * history; at most size - 1 characters, what is typed beyond rings the bell.
 */
void		ngets(char *buf, size_t size);
/* Remember a line, for ngets() to recall. */
void		history_add(const char *line);
/*
 * Read a line from a file, without its end and a '\r' before it.  Returns its
 * length, or -1: at the end of the file with errno 0, in what is no text (a
 * NUL, 64 KB without an end) with EFTYPE, otherwise read()'s.  Of a longer
 * line comes what fits, and the length returned is `size' or more.
 */
int		fgetstr(char *buf, size_t size, int fd);

/* Output by the screen: pager_output() is 1 when the user has had enough. */
void		pager_open(void);
void		pager_close(void);
int		pager_output(const char *text);
int		pager_printf(const char *fmt, ...)
		    __attribute__((format(printf, 1, 2)));
/* Show a file: 0, 1 had enough, -1 and errno; EFTYPE: it is no text. */
int		pager_file(const char *path);

/* ---------------------------------------------------------------- loader.conf */

/* Read /boot/defaults/loader.conf and the files that loader_conf_files names. */
void		loader_conf_read(void);
/* Load what the <name>_load="YES" lines ask for. */
void		loader_conf_modules(void);
/*
 * Take a line of loader.conf apart, in place.  Returns NULL, with *name and
 * *value set, or *name NULL for an empty line; or what is wrong with it.
 */
const char	*loader_conf_line(char *line, char **name, char **value);

/* ---------------------------------------------------------------- loaded files */

/* What a loader knows of a file's inside, for the kernel. */
struct file_metadata {
	struct file_metadata *md_next;
	uint16_t	md_type;	/* MODINFOMD_ */
	size_t		md_size;
	uint32_t	md_data[];
};

/* A file in memory: the kernel first, then the others as they came. */
struct preloaded_file {
	char		*f_name;	/* path */
	char		*f_type;	/* "elf kernel", "elf module", -t's word */
	char		*f_args;	/* NULL: none */
	struct file_metadata *f_metadata;	/* the latest first */
	const struct file_format *f_format;	/* NULL: data */
	uint32_t	f_addr;		/* physical */
	size_t		f_size;
	struct preloaded_file *f_next;
};

/* A format that can be loaded. */
struct file_format {
	/*
	 * Load `path' at `dest' or where the file itself says; 0 and a new
	 * *result, or EFTYPE for another's format, or another errno value
	 * when a message has been printed.
	 */
	int		(*l_load)(const char *path, uint32_t dest,
			    struct preloaded_file **result);
	/* Start the kernel `fp'.  Returns only on an error, with its errno value. */
	int		(*l_exec)(struct preloaded_file *fp);
};
extern const struct file_format *const file_formats[];	/* ends in NULL */
extern const struct file_format i386_elf, i386_elf_obj;
/* The l_load of i386_elf. */
int		elf32_loadfile(const char *path, uint32_t dest,
		    struct preloaded_file **result);

extern struct preloaded_file *preloaded_files;

/* The first file of that name and type; NULL stands for any. */
struct preloaded_file *file_findfile(const char *name, const char *type);
/* A new, empty one, not in the list yet; NULL: no memory. */
struct preloaded_file *file_alloc(const char *name, const char *type);
void		file_discard(struct preloaded_file *fp);
/* Add a copy of `size' bytes at `data'; 0 or ENOMEM. */
int		file_addmetadata(struct preloaded_file *fp, int type,
		    size_t size, const void *data);
struct file_metadata *file_findmetadata(struct preloaded_file *fp, int type);

/*
 * Find a kernel or module on module_path and load it, behind what is there.
 * 0, or an errno value and command_errbuf; EEXIST: it is there already.
 */
int		mod_loadkld(const char *name, int argc, char *argv[]);
/* Load a file as it is, as data of that type.  The same. */
int		file_loadraw(const char *name, const char *type);
/* Forget all that was loaded. */
void		unload(void);

/* ---------------------------------------------------------------- booting */

/*
 * Load a kernel of the list in `bootfile', or the one that `kernel' names,
 * and the modules of loader.conf.  0, or ENOENT after messages.
 */
int		load_a_kernel(int argc, char *argv[]);
/* Start what is loaded.  Returns only when that failed: CMD_ERROR. */
int		boot_loaded(void);
/* Count down and boot unless autoboot_delay is NO; returns when stopped. */
void		autoboot_maybe(void);
/* Set vfs.root.mountfrom by the line for / in /etc/fstab of that device. */
void		getrootmount(const char *rootdev);

/* RB_ flags from a kernel's arguments and from the boot_ variables. */
uint32_t	bi_getboothowto(const char *args);
/* Set the boot_ variables by RB_ flags. */
void		bi_setboothowto(uint32_t howto);

/* What the kernel is started with. */
struct kernel_start {
	uint32_t	howto, bootdev, bootinfo, modulep, kernend;
};
/*
 * Write environment, module records and bootinfo behind the loaded files and
 * fill in what the kernel will be handed.  0 or an errno value, after a message.
 */
int		bi_load(struct preloaded_file *kernel, struct kernel_start *start);

/* What f_type says. */
#define	KERNEL_TYPE	"elf kernel"
#define	MODULE_TYPE	"elf module"
#define	OBJECT_TYPE	"elf obj module"

#define	PAGE_SIZE	4096
#define	roundup(x, to)	(((x) + (to) - 1) / (to) * (to))

#endif /* !_LOADER_H_ */
