/*
 * The loader's library and file system as a program of the host, around a
 * disk that is a file in memory.  test_loader_host.py builds it under the
 * sanitizers and runs it:
 *
 *	loader_host IMAGE cat PATH [OFFSET LENGTH]	the bytes, to standard output
 *	loader_host IMAGE ls PATH	a line an entry: inode, type, name
 *	loader_host IMAGE stat PATH	mode and size
 *	loader_host IMAGE walk		the whole tree, read in odd pieces
 *	loader_host IMAGE fuzz SEED COUNT	the same, COUNT times, each time
 *					with other bytes of the image changed
 *	loader_host IMAGE self		printf, environment, heap, numbers
 *	loader_host IMAGE heap WRONG	a wrong use of the heap, which panics
 *
 * An error is a line "error: what", and exit status 1.
 *
 * The loader's names that the host has too are given another by the build,
 * and so are the same names here; what is declared below is the host's.
 */
#include "boot/loader/bootstrap.h"

#include <sys/ufs/dinode.h>
#include <sys/ufs/dir.h>
#include <sys/ufs/fs.h>

extern void	*fopen(const char *path, const char *mode);
extern size_t	fread(void *p, size_t size, size_t n, void *stream);
extern int	fseek(void *stream, long offset, int whence);
extern long	ftell(void *stream);
extern int	fclose(void *stream);
extern int	fflush(void *stream);
extern void	abort(void) __attribute__((noreturn));
extern void	_exit(int status) __attribute__((noreturn));

#define	CALLS_MAX	200000		/* disk reads in one walk: more is a hang */
#define	WALK_MAX	4096		/* entries of one walk */
#define	FILE_MAX	(1 << 20)	/* bytes read of one file */
#define	DEPTH_MAX	8


static char	*image;
static size_t	image_size;
static long	calls;			/* of the disk */
static long	opened, refused;	/* files of all walks */

/* ---------------------------------------------------------------- the machine */

static int
host_init(void)
{
	return (0);
}

static int
host_open(struct devdesc *dev)
{
	dev->d_start = 0;
	dev->d_size = image_size / 512;
	return (0);
}

static int
host_strategy(struct devdesc *dev, daddr_t blk, size_t size, void *buf)
{
	if (++calls > CALLS_MAX) {
		printf("error: too many reads\n");
		abort();
	}
	if (blk < 0 || (uint64_t)blk > dev->d_size || size % 512 != 0 ||
	    size / 512 > dev->d_size - blk)
		return (EOFFSET);
	memcpy(buf, image + blk * 512, size);
	return (0);
}

static struct devsw host_disk = {
	.dv_name = "disk",
	.dv_type = DEVT_DISK,
	.dv_init = host_init,
	.dv_open = host_open,
	.dv_strategy = host_strategy,
};

struct devsw	*devsw[] = { &host_disk, NULL };
struct fs_ops	*file_system[] = { &ufs_fsops, NULL };

void
__exit(int status)
{
	fflush(NULL);
	_exit(status);
}

/* ---------------------------------------------------------------- commands */

static int
fail(const char *what)
{
	printf("error: %s: %s\n", what, strerror(errno));
	return (1);
}

static int
command_cat(const char *path, const char *offset, const char *length)
{
	static char buf[100000];
	long left = length != NULL ? strtol(length, NULL, 0) : 0;
	ssize_t n, i;
	int fd;

	if ((fd = open(path, O_RDONLY)) < 0)
		return (fail(path));
	if (offset != NULL)
		lseek(fd, strtol(offset, NULL, 0), SEEK_SET);
	while ((n = read(fd, buf, length == NULL ? sizeof(buf) :
	    min(sizeof(buf), (size_t)left))) > 0) {
		for (i = 0; i < n; i++)
			putchar(buf[i]);
		left -= n;
	}
	close(fd);
	return (n < 0 ? fail(path) : 0);
}

static int
command_ls(const char *path)
{
	struct dirent *d;
	int fd;

	if ((fd = open(path, O_RDONLY)) < 0)
		return (fail(path));
	while ((d = readdirfd(fd)) != NULL)
		printf("%u %u %s\n", d->d_fileno, d->d_type, d->d_name);
	close(fd);
	return (errno != 0 ? fail(path) : 0);
}

static int
command_stat(const char *path)
{
	struct stat sb;

	if (stat(path, &sb) != 0)
		return (fail(path));
	printf("%o %llu\n", sb.st_mode, (unsigned long long)sb.st_size);
	return (0);
}

/*
 * Read a file in pieces of changing size, and once far behind its start.
 */
static void
read_all(int fd)
{
	static char buf[70000];
	static const size_t sizes[] = { 1, 511, 70000, 4096, 13, 8192 };
	size_t total = 0, turn = 0;
	ssize_t n;

	do {
		n = read(fd, buf, sizes[turn++ % nitems(sizes)]);
		total += n > 0 ? n : 0;
	} while (n > 0 && total < FILE_MAX);
	lseek(fd, (off_t)1 << 33, SEEK_SET);
	(void)read(fd, buf, sizeof(buf));
}

/*
 * Open whatever is at `path', read it, and walk into it.
 */
static void
walk(const char *path, int depth, int *left)
{
	char name[MAXPATHLEN];
	struct dirent *d;
	struct stat sb;
	int fd;

	if ((*left)-- <= 0)
		return;
	if ((fd = open(path, O_RDONLY)) < 0) {
		refused++;
		return;
	}
	opened++;
	(void)fstat(fd, &sb);
	read_all(fd);
	lseek(fd, 0, SEEK_SET);
	while (depth < DEPTH_MAX && *left > 0 && (d = readdirfd(fd)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, d->d_name);
		walk(name, depth + 1, left);
	}
	close(fd);
}

static void
walk_all(void)
{
	int left = WALK_MAX;

	calls = 0;
	bcache_flush();
	walk("", 0, &left);
}

/* ---------------------------------------------------------------- fuzzing */

static uint64_t	random_state;

static uint32_t
random_next(void)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (random_state >> 33);
}

/* Where damage does most: superblock, inodes in use, directories, addresses. */
#define	TARGETS_MAX	4096
static struct {
	size_t	where, size;
} targets[TARGETS_MAX];
static size_t	ntargets;

static void
target_add(size_t where, size_t size)
{
	if (ntargets < TARGETS_MAX && where + size <= image_size) {
		targets[ntargets].where = where;
		targets[ntargets++].size = size;
	}
}

static void
targets_find(void)
{
	struct fs *fs = (struct fs *)(image + SBLOCK_UFS1);
	struct ufs1_dinode *di;
	uint32_t ino, i;
	size_t where;

	for (i = 0; i < 64; i++)
		target_add(SBLOCK_UFS1, sizeof(struct fs));
	for (ino = UFS_ROOTINO; ino < (uint32_t)fs->fs_ipg; ino++) {
		where = (size_t)ino_to_fsba(fs, ino) * fs->fs_fsize +
		    ino_to_fsbo(fs, ino) * sizeof(*di);
		di = (struct ufs1_dinode *)(image + where);
		if (di->di_mode == 0)
			continue;
		target_add(where, sizeof(*di));
		if ((di->di_mode & IFMT) == IFDIR)
			target_add((size_t)di->di_db[0] * fs->fs_fsize, 512);
		for (i = 0; i < UFS_NIADDR; i++)
			if (di->di_ib[i] != 0)
				target_add((size_t)di->di_ib[i] * fs->fs_fsize,
				    256);
	}
}

/*
 * Change one to eight places; the old bytes go to `saved'.
 */
static void
damage(void)
{
	static const uint32_t values[] = { 0, 1, 0xffffffff, 0x7fffffff,
	    0x80000000, 2, 3, 0xffff, 0x10000 };
	uint32_t places = 1 + random_next() % 8, t, value;
	size_t where;

	while (places-- > 0) {
		t = random_next() % ntargets;
		where = (targets[t].where +
		    random_next() % targets[t].size) & ~(size_t)3;
		switch (random_next() % 4) {
		case 0:
			value = random_next() << 1;
			break;
		case 1:
			value = values[random_next() % nitems(values)];
			break;
		case 2:
			value = random_next() % 5000;
			break;
		default:
			memcpy(&value, image + where, sizeof(value));
			value ^= 1U << random_next() % 32;
		}
		memcpy(image + where, &value, sizeof(value));
	}
}

static int
command_fuzz(uint32_t seed, int count)
{
	char *sound = malloc(image_size);
	int i;

	memcpy(sound, image, image_size);
	targets_find();
	for (i = 0; i < count; i++) {
		random_state = (uint64_t)seed << 32 | i;
		random_next();
		damage();
		walk_all();
		memcpy(image, sound, image_size);
	}
	free(sound);
	printf("%d corruptions: %ld files opened, %ld refused\n", count, opened,
	    refused);
	return (0);
}

/* ---------------------------------------------------------------- the library */

static int	wrong;

static void
expect(const char *got, const char *want)
{
	if (strcmp(got, want) != 0) {
		printf("error: got \"%s\", expected \"%s\"\n", got, want);
		wrong = 1;
	}
}

#define	EXPECT_PRINTF(want, ...)	do {				\
	snprintf(text, sizeof(text), __VA_ARGS__);			\
	expect(text, want);						\
} while (0)

static void
self_printf(void)
{
	char text[64], small[4];

	EXPECT_PRINTF("-5 5 0", "%d %u %i", -5, 5U, 0);
	EXPECT_PRINTF("[   42][42   ][00042]", "[%5d][%-5d][%05d]", 42, 42, 42);
	EXPECT_PRINTF("[  -42][-0042]", "[%5d][%05d]", -42, -42);
	EXPECT_PRINTF("ff FF 0xff 0 377", "%x %X %#x %#x %o", 255, 255, 255, 0,
	    255);
	EXPECT_PRINTF("18446744073709551615", "%llu", ~0ULL);
	EXPECT_PRINTF("-9223372036854775808", "%lld", (long long)INT64_MIN);
	EXPECT_PRINTF("0x100", "%p", (void *)0x100);
	EXPECT_PRINTF("[abc][ab][  abc][abc  ]", "[%s][%.2s][%5s][%-5s]", "abc",
	    "abc", "abc", "abc");
	EXPECT_PRINTF("[  ab]x%", "[%*.*s]%c%%", 4, 2, "abc", 'x');
	EXPECT_PRINTF("123456789 123456789a", "%ld %lxa", 123456789L,
	    0x123456789L);
	if (snprintf(small, sizeof(small), "%s", "abcdef") != 6)
		expect("another length", "6");
	expect(small, "abc");
	(void)snprintf(NULL, 0, "abc");
}

static int
hook_refuses(struct env_var *ev, int flags, const void *value)
{
	(void)ev, (void)flags;
	return (strcmp(value, "good") == 0 ? 0 : EINVAL);
}

static void
self_environment(void)
{
	struct env_var *ev;
	char all[128] = "";

	setenv("b", "2", 1);
	setenv("a", "1", 1);
	putenv("c=3=4");
	setenv("b", "5", 0);
	env_setenv("hooked", EV_VOLATILE, "good", hook_refuses, env_nounset);
	if (setenv("hooked", "bad", 1) == 0 || errno != EINVAL)
		expect("accepted", "refused");
	if (unsetenv("hooked") == 0 || errno != EPERM)
		expect("unset", "refused");
	if (setenv("hooked", "good", 1) != 0)
		expect("refused", "accepted");
	unsetenv("a");
	for (ev = environ; ev != NULL; ev = ev->ev_next) {
		strlcat(all, ev->ev_name, sizeof(all));
		strlcat(all, "=", sizeof(all));
		strlcat(all, ev->ev_value, sizeof(all));
		strlcat(all, ";", sizeof(all));
	}
	expect(all, "b=2;c=3=4;currdev=disk0:;hooked=good;");
	if (unsetenv("a") == 0 || errno != ENOENT)
		expect("unset twice", "refused");
}

/*
 * Numbers, and strings where the C library is easily got wrong.
 */
static void
self_strings(void)
{
	char text[64], copy[] = "a,,b", *p = copy, *end;

	EXPECT_PRINTF("-12 255 83 0", "%ld %ld %ld %ld", strtol(" -12x", &end, 0),
	    strtol("0xff", NULL, 0), strtol("0123", NULL, 0),
	    strtol("0x", NULL, 16));
	expect(end, "x");
	errno = 0;
	if (strtol("99999999999999999999999", NULL, 10) != INT64_MAX ||
	    errno != ERANGE)
		expect("a number", "ERANGE");
	expect(strsep(&p, ","), "a");
	expect(strsep(&p, ","), "");
	expect(strsep(&p, ","), "b");
	if (strsep(&p, ",") != NULL)
		expect("a field", "none");
	expect(strstr("boot/kernel", "t/k"), "t/kernel");
	strcpy(text, "abcdef");
	memmove(text + 2, text, 4);
	expect(text, "ababcd");
	memmove(text, text + 1, 6);
	expect(text, "babcd");
}

extern void	*stand_malloc(size_t size);
extern void	*stand_realloc(void *p, size_t size);
extern void	stand_free(void *p);

#define	BLOCKS		64
#define	HEAP		100000

/*
 * Allocate and free at random in a small heap: blocks keep their bytes, and
 * after the last free() there is one block again, as large as the first.
 */
static void
self_malloc(void)
{
	static char heap[HEAP];
	static struct {
		unsigned char	*p;
		size_t		size;
	} b[BLOCKS];
	size_t i, k, n;
	int full = 0;

	setheap(heap, heap + sizeof(heap));
	random_state = 1;
	for (n = 0; n < 20000; n++) {
		i = random_next() % BLOCKS;
		for (k = 0; k < b[i].size; k++)
			if (b[i].p[k] != i)
				abort();
		if (b[i].p == NULL || random_next() % 3 == 0) {
			k = random_next() % 6000;
			b[i].p = b[i].p == NULL ? stand_malloc(k) :
			    (stand_free(b[i].p), stand_malloc(k));
			b[i].size = b[i].p != NULL ? k : 0;
			full += b[i].p == NULL;
			memset(b[i].p, i, b[i].size);
		} else {
			stand_free(b[i].p);
			b[i].p = NULL;
			b[i].size = 0;
		}
	}
	for (i = 0; i < BLOCKS; i++)
		stand_free(b[i].p);
	if (full == 0 || stand_malloc(HEAP) != NULL)
		expect("room", "none");
	if (stand_malloc(HEAP - 64) == NULL)
		expect("pieces", "one free block");
	mallocstats();
}

/*
 * Use the heap wrongly.  Returns only when nobody has noticed.
 */
static int
command_heap(const char *wrong_use)
{
	static char heap[HEAP];
	char *p;

	setheap(heap, heap + sizeof(heap));
	p = stand_malloc(21);
	if (strcmp(wrong_use, "past") == 0)
		p[21] = 0;
	else if (strcmp(wrong_use, "before") == 0)
		memset(p - 32, 0xff, 32);	/* the host's header */
	else if (strcmp(wrong_use, "twice") == 0)
		stand_free(p);
	else if (strcmp(wrong_use, "foreign") == 0)
		p = (char *)&environ;
	else
		p += 16;
	stand_free(p);
	return (0);
}

static int
command_self(void)
{
	self_printf();
	self_environment();
	self_strings();
	self_malloc();
	printf("%s\n", wrong ? "error: see above" : "sound");
	return (wrong);
}

/* ---------------------------------------------------------------- main */

static void
image_read(const char *path)
{
	void *stream = fopen(path, "rb");

	if (stream == NULL)
		abort();
	fseek(stream, 0, SEEK_END);
	image_size = ftell(stream);
	fseek(stream, 0, SEEK_SET);
	image = malloc(image_size);
	if (fread(image, 1, image_size, stream) != image_size)
		abort();
	fclose(stream);
}

int
main(int argc, char *argv[])
{
	if (argc < 3)
		return (2);
	image_read(argv[1]);
	setenv("currdev", "disk0:", 1);
	if (strcmp(argv[2], "cat") == 0)
		return (command_cat(argv[3], argc > 5 ? argv[4] : NULL,
		    argc > 5 ? argv[5] : NULL));
	if (strcmp(argv[2], "ls") == 0)
		return (command_ls(argv[3]));
	if (strcmp(argv[2], "stat") == 0)
		return (command_stat(argv[3]));
	if (strcmp(argv[2], "fuzz") == 0)
		return (command_fuzz(strtol(argv[3], NULL, 10),
		    atoi(argv[4])));
	if (strcmp(argv[2], "self") == 0)
		return (command_self());
	if (strcmp(argv[2], "heap") == 0)
		return (command_heap(argv[3]));
	walk_all();
	printf("%ld files opened, %ld refused, %ld reads\n", opened, refused,
	    calls);
	return (0);
}
