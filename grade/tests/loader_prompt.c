/*
 * The loader's user side as a program of the host: everything between the
 * console and the entry into the kernel, around a file system that is a file
 * in memory, and a few megabytes that stand for the PC's above the first.
 * test_loader_prompt.py builds it under the sanitizers and runs it:
 *
 *	loader_prompt IMAGE MEMORY	talk: standard input and output are the
 *		console.  A byte 1Eh is no key but a second that passes while
 *		the loader looks for one.  At the end of the input the program
 *		ends; when the kernel is entered, it says so by a line
 *		`exec ENTRY WORD...', and MEMORY gets what was in memory, 1 MB
 *		and up, with the bootinfo in front
 *	loader_prompt IMAGE load PATH SEED COUNT OFFSET LENGTH	load a file COUNT
 *		times, each time with other bytes of the image changed between
 *		OFFSET and OFFSET + LENGTH
 *	loader_prompt IMAGE parse SEED COUNT	random lines for the command line,
 *		loader.conf and the help file
 *
 * Names of the loader that the host has too are given another by the build.
 */
#include "boot/loader/loader.h"

#include <sys/linker.h>

extern void	*stdin;
extern void	*fopen(const char *path, const char *mode);
extern size_t	fread(void *p, size_t size, size_t n, void *stream);
extern size_t	fwrite(const void *p, size_t size, size_t n, void *stream);
extern int	fclose(void *stream);
extern int	fflush(void *stream);
extern int	fgetc(void *stream);
extern int	ungetc(int c, void *stream);
extern void	_exit(int status) __attribute__((noreturn));

#define	SECOND		0x1e
#define	IMAGE_MAX	(64 << 20)
#define	MEMORY_SIZE	(4 << 20)
#define	FUZZ_BYTES	6		/* changed in a round, at most */

static char	image[IMAGE_MAX];
static size_t	image_size;
static char	memory[MEMORY_SIZE];
static const char *memory_file;
static uint32_t	seconds;

/* ---------------------------------------------------------------- the machine */

uint32_t	initial_howto, initial_bootdev;
struct bootinfo	*initial_bootinfo;
uint32_t	bios_basemem = 639 << 10, bios_extmem = MEMORY_SIZE;
uint32_t	memtop = KERNEL_LOAD_MIN + MEMORY_SIZE, memtop_copyin = KERNEL_LOAD_MIN + MEMORY_SIZE;
struct bios_smap smap[SMAP_MAX] = {
	{ 0, 639 << 10, SMAP_TYPE_MEMORY },
	{ KERNEL_LOAD_MIN, MEMORY_SIZE, SMAP_TYPE_MEMORY },
};
int		smaplen = 2;

int
getchar(void)
{
	int	c;

	while ((c = fgetc(stdin)) == SECOND)
		seconds++;
	if (c >= 0)
		return (c);
	fflush(NULL);
	_exit(0);
}

int
ischar(void)
{
	int	c;

	if ((c = fgetc(stdin)) == SECOND || c < 0) {
		seconds++;
		return (0);
	}
	ungetc(c, stdin);
	return (1);
}

uint32_t
getsecs(void)
{
	return (seconds);
}

void
delay(uint32_t us)
{
	(void)us;
}

void
twiddle(void)
{
}

void
mallocstats(void)
{
}

void
__exit(int status)
{
	printf("exit %d\n", status);
	fflush(NULL);
	_exit(0);
}

/* Into the kernel: what it would find. */
void
__exec(uint32_t target, ...)
{
	uint32_t	word[8];
	va_list		ap;
	void		*out;
	int		i;

	va_start(ap, target);
	for (i = 0; i < 8; i++)
		word[i] = va_arg(ap, uint32_t);
	va_end(ap);
	printf("exec 0x%x", target);
	for (i = 0; i < 8; i++)
		printf(" 0x%x", word[i]);
	printf("\n");
	fflush(NULL);
	out = fopen(memory_file, "w");
	fwrite((void *)(uintptr_t)(word[5] - MEM_USR_BASE), sizeof(struct bootinfo), 1, out);
	fwrite(memory, word[7] - KERNEL_LOAD_MIN, 1, out);
	fclose(out);
	_exit(0);
}

/* Where an address of the PC's is; NULL with EFBIG when the range is not all ours. */
static char *
at(uint32_t address, size_t len)
{
	if (address >= KERNEL_LOAD_MIN && address <= memtop && len <= memtop - address)
		return (memory + (address - KERNEL_LOAD_MIN));
	errno = EFBIG;
	return (NULL);
}

ssize_t
i386_copyin(const void *src, uint32_t dest, size_t len)
{
	char	*p;

	if ((p = at(dest, len)) == NULL)
		return (-1);
	memcpy(p, src, len);
	return (len);
}

ssize_t
i386_readin(int fd, uint32_t dest, size_t len)
{
	char	*p;

	return ((p = at(dest, len)) != NULL ? read(fd, p, len) : -1);
}

ssize_t
i386_bzero(uint32_t dest, size_t len)
{
	char	*p;

	if ((p = at(dest, len)) == NULL)
		return (-1);
	memset(p, 0, len);
	return (len);
}

int
i386_autoload(void)
{
	return (0);
}

/* ---------------------------------------------------------------- the disk */

static int
host_open(struct devdesc *dev)
{
	if (dev->d_unit != 0)
		return (EUNIT);
	dev->d_start = 0;
	dev->d_size = image_size / 512;
	return (0);
}

static int
host_strategy(struct devdesc *dev, daddr_t blk, size_t size, void *buf)
{
	if (blk < 0 || (uint64_t)blk > dev->d_size || size / 512 > dev->d_size - blk)
		return (EOFFSET);
	memcpy(buf, image + blk * 512, size);
	return (0);
}

static int
host_print(int verbose)
{
	return (pager_printf("    disk0:%s\n", verbose ? " with all its sectors" : ""));
}

struct devsw biosdisk = {
	.dv_name = "disk",
	.dv_type = DEVT_DISK,
	.dv_open = host_open,
	.dv_strategy = host_strategy,
	.dv_print = host_print,
};

struct devsw	*devsw[] = { &biosdisk, NULL };
struct fs_ops	*file_system[] = { &ufs_fsops, NULL };

int
bd_unit2bios(int unit)
{
	return (unit == 0 ? 0x80 : -1);
}

uint32_t
bd_getdev(const struct devdesc *dev)
{
	return (dev->d_unit == 0 ? 0xa020001e : 0);
}

uint32_t
bd_getbigeom(int unit)
{
	return (unit == 0 ? 0x00430f3f : BIOS_GEOM_UNKNOWN);
}

/* ---------------------------------------------------------------- rounds of chance */

static uint32_t	draw_state;

static uint32_t
draw(uint32_t below)
{
	draw_state = draw_state * 1664525 + 1013904223;
	return ((draw_state >> 8) % below);
}

/* Change some bytes of the image; remember what they were. */
static void
damage(uint32_t offset, uint32_t length, uint32_t where[], char was[], int count)
{
	static const char favourites[] = { 0, 1, -1, 0x7f, (char)0x80, 0x10, 4, 8 };
	int	i;

	for (i = 0; i < count; i++) {
		where[i] = offset + draw(length);
		was[i] = image[where[i]];
		image[where[i]] = draw(2) ? (int)draw(256) : favourites[draw(sizeof(favourites))];
	}
}

static int
fuzz_load(const char *path, int count, uint32_t offset, uint32_t length)
{
	struct kernel_start start;
	struct preloaded_file *fp;
	uint32_t	where[FUZZ_BYTES];
	char		was[FUZZ_BYTES];
	int		changed, loaded, round;

	loaded = 0;
	for (round = 0; round < count; round++) {
		changed = 1 + draw(FUZZ_BYTES);
		damage(offset, length, where, was, changed);
		bcache_flush();
		if (strcmp(path, "/kernel") != 0)
			mod_loadkld("/kernel", 0, NULL);
		if (mod_loadkld(path, 0, NULL) == 0 &&
		    (fp = file_findfile(NULL, KERNEL_TYPE)) != NULL) {
			loaded++;
			bi_load(fp, &start);
		}
		unload();
		while (changed-- > 0)
			image[where[changed]] = was[changed];
	}
	printf("%d of %d loaded\n", loaded, count);
	return (0);
}

static void
random_line(char *line, size_t size)
{
	static const char alphabet[] = "ab_$${}\\\\\"\"'= \t#.-0\xe4nT SD";
	size_t	i, len;

	len = draw(size);
	for (i = 0; i < len; i++)
		line[i] = draw(40) == 0 ? 1 + draw(255) : (uint32_t)alphabet[draw(sizeof(alphabet) - 1)];
	line[len] = '\0';
}

static int
fuzz_parse(int count)
{
	char	line[LINE_SIZE], *name, *value, **argv;
	int	argc, round, words;

	setenv("a", "value of a", 1);
	setenv("b", "", 1);
	words = 0;
	for (round = 0; round < count; round++) {
		random_line(line, sizeof(line));
		if (parse(&argc, &argv, line) == NULL) {
			words += argc;
			free(unargv(argc, argv));
			free(argv);
		}
		if (loader_conf_line(line, &name, &value) == NULL && name != NULL)
			words += strlen(name) + strlen(value) > 0;
	}
	printf("%d words\n", words);
	return (0);
}

int
main(int argc, char *argv[])
{
	void	*in;

	if (argc < 3 || (in = fopen(argv[1], "r")) == NULL)
		return (2);
	image_size = fread(image, 1, sizeof(image), in);
	fclose(in);
	env_setenv("currdev", EV_VOLATILE, "disk0s1a:", i386_setcurrdev, env_nounset);
	env_setenv("loaddev", EV_VOLATILE, "disk0s1a:", env_noset, env_nounset);
	setenv("console", "vidconsole", 1);
	if (argc == 8 && strcmp(argv[2], "load") == 0) {
		draw_state = strtol(argv[4], NULL, 0);
		return (fuzz_load(argv[3], atoi(argv[5]), strtol(argv[6], NULL, 0),
		    strtol(argv[7], NULL, 0)));
	}
	if (argc == 5 && strcmp(argv[2], "parse") == 0) {
		draw_state = strtol(argv[3], NULL, 0);
		return (fuzz_parse(atoi(argv[4])));
	}
	memory_file = argv[2];
	memset(memory, 0xa5, sizeof(memory));
	interact();
}
