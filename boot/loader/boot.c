/*
 * boot.c: booting what is loaded, or loading it first.
 *
 * When boot or autoboot load the kernel themselves, they also load the
 * modules of loader.conf; what was loaded by hand is booted as it is.
 */
#include "loader.h"

#define	DEFAULT_KERNELS	"kernel"

/* The names to try: bootfile's, otherwise kernel's. */
static const char *
kernel_list(void)
{
	static const char *const variables[] = { "bootfile", "kernel" };
	const char *value;
	unsigned int i;

	for (i = 0; i < nitems(variables); i++)
		if ((value = getenv(variables[i])) != NULL && *value != '\0')
			return (value);
	return (DEFAULT_KERNELS);
}

/*
 * Load a kernel of the list in `bootfile', or the one that `kernel' names,
 * and the modules of loader.conf.  Without arguments it gets those of
 * kernel_options.  0, or ENOENT after messages.
 */
int
load_a_kernel(int argc, char *argv[])
{
	char *list, *name, *options, *rest;
	int error;

	options = getenv("kernel_options");
	if (argc == 0 && options != NULL && *options != '\0') {
		argc = 1;
		argv = &options;
	}
	if ((rest = list = strdup(kernel_list())) == NULL)
		return (ENOMEM);
	error = ENOENT;
	while (error != 0 && (name = strsep(&rest, ";")) != NULL) {
		if (*name == '\0')
			continue;
		if ((error = mod_loadkld(name, argc, argv)) != 0)
			printf("%s\ncan't load '%s'\n", command_errbuf, name);
	}
	free(list);
	if (error == 0)
		loader_conf_modules();
	return (error);
}

/* Start what is loaded.  Returns only when that failed: CMD_ERROR. */
int
boot_loaded(void)
{
	struct preloaded_file *fp;
	int error;

	if ((fp = file_findfile(NULL, KERNEL_TYPE)) == NULL)
		return (command_error("no bootable kernel"));
	if (i386_autoload() != 0)
		return (CMD_ERROR);
	error = fp->f_format->l_exec(fp);
	return (command_error("can't boot '%s': %s", fp->f_name, strerror(error)));
}

/* Load the kernel that the user names, with the words behind it as its arguments. */
static int
load_named(int argc, char *argv[])
{
	if (file_findfile(NULL, NULL) != NULL)
		return (command_error("can't boot '%s', kernel module already loaded", argv[0]));
	if (mod_loadkld(argv[0], argc - 1, argv + 1) != 0)
		return (CMD_ERROR);
	loader_conf_modules();
	return (CMD_OK);
}

COMMAND_SET(boot, "boot", "boot a file or loaded kernel", command_boot);

static int
command_boot(int argc, char *argv[])
{
	struct preloaded_file *fp;

	if (argc > 1 && argv[1][0] != '-') {
		if (load_named(argc - 1, argv + 1) != CMD_OK)
			return (CMD_ERROR);
	} else if ((fp = file_findfile(NULL, NULL)) == NULL) {
		load_a_kernel(argc - 1, argv + 1);
	} else if (argc > 1) {
		free(fp->f_args);
		fp->f_args = unargv(argc - 1, argv + 1);
	}
	return (boot_loaded());
}

/* ---------------------------------------------------------------- the root file system */

/*
 * Take a line of /etc/fstab apart, in place: device, mount point, type,
 * options.  Returns how many of them there are.
 */
static int
fstab_fields(char *line, char *fields[4])
{
	char *p, *rest;
	int n;

	n = 0;
	for (rest = line; n < 4 && (p = strsep(&rest, " \t")) != NULL; )
		if (*p != '\0')
			fields[n++] = p;
	return (n > 0 && fields[0][0] == '#' ? 0 : n);
}

/*
 * Set vfs.root.mountfrom to "type:device", and vfs.root.mountfrom.options,
 * by the line for / in /etc/fstab of that device.  What the user has set
 * stays.  Without such a line the kernel goes by the boot device.
 */
void
getrootmount(const char *rootdev)
{
	char from[2 * LINE_SIZE], line[LINE_SIZE], *fields[4];
	int fd, n;

	if (getenv("vfs.root.mountfrom") != NULL)
		return;
	snprintf(from, sizeof(from), "%s/etc/fstab", rootdev);
	if ((fd = open(from, O_RDONLY)) < 0)
		return;
	while (fgetstr(line, sizeof(line), fd) >= 0) {
		if ((n = fstab_fields(line, fields)) < 3 || strcmp(fields[1], "/") != 0)
			continue;
		snprintf(from, sizeof(from), "%s:%s", fields[2], fields[0]);
		setenv("vfs.root.mountfrom", from, 0);
		if (n > 3)
			setenv("vfs.root.mountfrom.options", fields[3], 0);
		break;
	}
	close(fd);
}
