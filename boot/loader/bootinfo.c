/*
 * bootinfo.c: what the kernel is told.  Behind the last loaded file, each
 * part from a page's start:
 *
 *	+---------------+------------------------+
 *	| environment   | name=value NUL ... NUL |
 *	+---------------+------------------------+
 *	| module records| <sys/linker.h>         |
 *	+---------------+------------------------+
 *	^ kernend: the first page that is free
 *
 * The records are the kernel's first, and its metadata stands in the order of
 * FreeBSD's list, the latest first: SMAP, KERNEND, ENVP, HOWTO, then what the
 * ELF loader noted.  A bootinfo of the old kind has the same addresses in it.
 */
#include "loader.h"

#include <sys/linker.h>
#include <sys/reboot.h>

/* ---------------------------------------------------------------- howto */

/* Variables that stand for a flag, unless they are "NO". */
static const struct {
	const char	*name;
	uint32_t	flag;
} howto_names[] = {
	{ "boot_askname",	RB_ASKNAME },
	{ "boot_cdrom",		RB_CDROM },
	{ "boot_ddb",		RB_KDB },
	{ "boot_dfltroot",	RB_DFLTROOT },
	{ "boot_gdb",		RB_GDB },
	{ "boot_multicons",	RB_MULTIPLE },
	{ "boot_mute",		RB_MUTE },
	{ "boot_pause",		RB_PAUSE },
	{ "boot_serial",	RB_SERIAL },
	{ "boot_single",	RB_SINGLE },
	{ "boot_verbose",	RB_VERBOSE },
};

/* The same as letters of the kernel's arguments. */
static const struct {
	char		letter;
	uint32_t	flag;
} howto_letters[] = {
	{ 'a', RB_ASKNAME }, { 'C', RB_CDROM }, { 'd', RB_KDB }, { 'D', RB_MULTIPLE },
	{ 'g', RB_GDB }, { 'h', RB_SERIAL }, { 'm', RB_MUTE }, { 'p', RB_PAUSE },
	{ 'r', RB_DFLTROOT }, { 's', RB_SINGLE }, { 'v', RB_VERBOSE },
};

/* The flags of words like "-sv"; a letter that is no flag ends its word. */
static uint32_t
howto_of_args(const char *args)
{
	uint32_t howto;
	unsigned int i;
	int active;

	howto = 0;
	active = 0;
	for (; *args != '\0'; args++) {
		if (!active) {
			active = *args == '-';
			continue;
		}
		for (i = 0; i < nitems(howto_letters); i++)
			if (howto_letters[i].letter == *args)
				break;
		if (i < nitems(howto_letters))
			howto |= howto_letters[i].flag;
		else
			active = 0;
	}
	return (howto);
}

/*
 * Add the flags that the variable `console' stands for: the first console that
 * it names is the main one.
 */
static uint32_t
howto_of_console(uint32_t howto)
{
	const char *console, *serial, *video;

	if ((console = getenv("console")) == NULL)
		return (howto);
	video = strstr(console, "vidconsole");
	serial = strstr(console, "comconsole");
	if (strstr(console, "nullconsole") != NULL)
		howto |= RB_MUTE;
	if (serial != NULL)
		howto |= RB_SERIAL;
	if (video != NULL && (howto & RB_SERIAL) != 0)
		howto |= RB_MULTIPLE;
	if (video != NULL && (serial == NULL || video < serial))
		howto &= ~RB_SERIAL;
	return (howto);
}

/* RB_ flags from a kernel's arguments (or NULL) and from the variables. */
uint32_t
bi_getboothowto(const char *args)
{
	const char *value;
	uint32_t howto;
	unsigned int i;

	howto = args != NULL ? howto_of_args(args) : 0;
	for (i = 0; i < nitems(howto_names); i++)
		if ((value = getenv(howto_names[i].name)) != NULL && strcasecmp(value, "NO") != 0)
			howto |= howto_names[i].flag;
	return (howto_of_console(howto));
}

/* Set the boot_ variables by RB_ flags. */
void
bi_setboothowto(uint32_t howto)
{
	unsigned int i;

	for (i = 0; i < nitems(howto_names); i++)
		if ((howto & howto_names[i].flag) != 0)
			setenv(howto_names[i].name, "YES", 1);
}

/* ---------------------------------------------------------------- writing */

/* Where the next byte goes; `error' stays what went wrong first. */
struct writer {
	uint32_t	addr;
	int		error;
};

static void
put(struct writer *w, const void *data, size_t size)
{
	if (w->error == 0 && i386_copyin(data, w->addr, size) < 0)
		w->error = errno;
	w->addr += size;
}

static void
put_string(struct writer *w, const char *text)
{
	put(w, text, strlen(text));
}

/* Write all variables, and move to the next page. */
static void
put_environment(struct writer *w)
{
	const struct env_var *ev;

	for (ev = environ; ev != NULL; ev = ev->ev_next) {
		put_string(w, ev->ev_name);
		put_string(w, "=");
		if (ev->ev_value != NULL)
			put_string(w, ev->ev_value);
		put(w, "", 1);
	}
	put(w, "", 1);
	w->addr = roundup(w->addr, PAGE_SIZE);
}

/* Write one record, with its padding. */
static void
put_record(struct writer *w, uint32_t type, const void *data, uint32_t size)
{
	static const char zeroes[sizeof(uint32_t)];

	put(w, &type, sizeof(type));
	put(w, &size, sizeof(size));
	put(w, data, size);
	put(w, zeroes, roundup(size, sizeof(uint32_t)) - size);
}

/* Write the records of all files, and move to the next page. */
static void
put_modules(struct writer *w)
{
	const struct preloaded_file *fp;
	const struct file_metadata *md;
	uint32_t size;

	for (fp = preloaded_files; fp != NULL; fp = fp->f_next) {
		size = fp->f_size;
		put_record(w, MODINFO_NAME, fp->f_name, strlen(fp->f_name) + 1);
		put_record(w, MODINFO_TYPE, fp->f_type, strlen(fp->f_type) + 1);
		if (fp->f_args != NULL)
			put_record(w, MODINFO_ARGS, fp->f_args, strlen(fp->f_args) + 1);
		put_record(w, MODINFO_ADDR, &fp->f_addr, sizeof(fp->f_addr));
		put_record(w, MODINFO_SIZE, &size, sizeof(size));
		for (md = fp->f_metadata; md != NULL; md = md->md_next)
			if ((md->md_type & MODINFOMD_NOCOPY) == 0)
				put_record(w, MODINFO_METADATA | md->md_type, md->md_data,
				    md->md_size);
	}
	put_record(w, MODINFO_END, "", 0);
	w->addr = roundup(w->addr, PAGE_SIZE);
}

/* ---------------------------------------------------------------- the kernel's metadata */

/* Set a word of metadata, in its place in the list if it is there already. */
static int
set_word(struct preloaded_file *kernel, int type, uint32_t value)
{
	struct file_metadata *md;

	if ((md = file_findmetadata(kernel, type)) == NULL)
		return (file_addmetadata(kernel, type, sizeof(value), &value));
	md->md_data[0] = value;
	return (0);
}

/* A word of metadata, 0 where there is none. */
static uint32_t
get_word(struct preloaded_file *kernel, int type)
{
	struct file_metadata *md;

	md = file_findmetadata(kernel, type);
	return (md != NULL ? md->md_data[0] : 0);
}

static int
set_metadata(struct preloaded_file *kernel, uint32_t howto, uint32_t envp)
{
	int error;

	if ((error = set_word(kernel, MODINFOMD_HOWTO, howto)) != 0 ||
	    (error = set_word(kernel, MODINFOMD_ENVP, envp)) != 0 ||
	    (error = set_word(kernel, MODINFOMD_KERNEND, 0)) != 0)
		return (error);
	if (smaplen == 0 || file_findmetadata(kernel, MODINFOMD_SMAP) != NULL)
		return (0);
	return (file_addmetadata(kernel, MODINFOMD_SMAP, smaplen * sizeof(smap[0]), smap));
}

/* ---------------------------------------------------------------- all of it */

/*
 * Where the root is: `rootdev', or `currdev'.  0 and *bootdev, *biosdev; or
 * ENODEV after a message.
 */
static int
find_root(uint32_t *bootdev, int *biosdev)
{
	struct devdesc *dev;
	const char *name;

	name = getenv("rootdev");
	if (name == NULL)
		name = getenv("currdev");
	if (name == NULL || i386_getdev(&dev, name, NULL) != 0) {
		printf("can't determine root device\n");
		return (ENODEV);
	}
	*bootdev = bd_getdev(dev);
	*biosdev = bd_unit2bios(dev->d_unit);
	getrootmount(i386_fmtdev(dev));
	if (*bootdev == 0 || *biosdev < 0)
		printf("root device %s invalid\n", i386_fmtdev(dev));
	free(dev);
	return (*bootdev == 0 || *biosdev < 0 ? ENODEV : 0);
}

static void
fill_bootinfo(struct bootinfo *bi, struct preloaded_file *kernel, int biosdev)
{
	const char *path;
	int unit;

	bi->bi_version = BOOTINFO_VERSION;
	bi->bi_size = sizeof(*bi);
	/* The name is the kernel's to know; the device is rootdev's to tell. */
	if (i386_getdev(NULL, kernel->f_name, &path) == 0)
		bi->bi_kernelname = VTOP(path);
	for (unit = 0; unit < N_BIOS_GEOM; unit++) {
		bi->bi_bios_geom[unit] = bd_getbigeom(unit);
		if (bd_unit2bios(unit) >= 0)
			bi->bi_n_bios_used = unit + 1;
	}
	bi->bi_memsizes_valid = 1;
	bi->bi_bios_dev = biosdev;
	bi->bi_basemem = bios_basemem / 1024;
	bi->bi_extmem = bios_extmem / 1024;
	bi->bi_symtab = get_word(kernel, MODINFOMD_SSYM);
	bi->bi_esymtab = get_word(kernel, MODINFOMD_ESYM);
}

/* The first free page behind all files. */
static uint32_t
loaded_end(void)
{
	const struct preloaded_file *fp;
	uint32_t end;

	end = 0;
	for (fp = preloaded_files; fp != NULL; fp = fp->f_next)
		end = max(end, fp->f_addr + (uint32_t)fp->f_size);
	return (roundup(end, PAGE_SIZE));
}

/*
 * Write environment, module records and bootinfo behind the loaded files and
 * fill in what the kernel will be handed.  0 or an errno value, after a message.
 */
int
bi_load(struct preloaded_file *kernel, struct kernel_start *start)
{
	static struct bootinfo bi;
	struct writer w;
	int biosdev, error;

	memset(&bi, 0, sizeof(bi));
	start->howto = bi_getboothowto(kernel->f_args);
	if ((error = find_root(&start->bootdev, &biosdev)) != 0)
		return (error);
	w = (struct writer){ loaded_end(), 0 };
	bi.bi_envp = w.addr;
	put_environment(&w);
	bi.bi_modulep = w.addr;
	if (set_metadata(kernel, start->howto, bi.bi_envp) != 0)
		w.error = ENOMEM;
	put_modules(&w);
	bi.bi_kernend = w.addr;
	/* Once more, now that the end is known: it is one of the records. */
	set_word(kernel, MODINFOMD_KERNEND, bi.bi_kernend);
	w.addr = bi.bi_modulep;
	put_modules(&w);
	fill_bootinfo(&bi, kernel, biosdev);
	start->howto |= RB_BOOTINFO;
	start->bootinfo = VTOP(&bi);
	start->modulep = bi.bi_modulep;
	start->kernend = bi.bi_kernend;
	if (w.error != 0)
		printf("no room for what the kernel is to be told\n");
	return (w.error);
}
