/*
 * stand.h: the library that stands alone, in small.  It gives the loader
 * what a C program expects of an operating system and what there is none to
 * give: files on a disk's file systems, an environment, a heap, a console, a
 * clock.  Names are those of FreeBSD's libstand and of the C library.
 *
 * A path may begin with a device, "disk0s1a:/boot/loader.conf"; without one
 * it is on the device that the variable `currdev' names.  There are no
 * processes and no current directory: "boot/x" is "/boot/x".
 *
 * Where not said otherwise, a function that can fail returns -1 or NULL and
 * leaves the reason in `errno'.  Nothing here is called from an interrupt.
 */
#ifndef _STAND_H_
#define	_STAND_H_

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t		off_t;
typedef intptr_t	ssize_t;
typedef int64_t		daddr_t;	/* a sector's number on a device */

/* ---------------------------------------------------------------- errno */

#define	EPERM		1
#define	ENOENT		2
#define	EIO		5
#define	ENXIO		6
#define	ENOEXEC		8
#define	EBADF		9
#define	ENOMEM		12
#define	EEXIST		17
#define	ENODEV		19
#define	ENOTDIR		20
#define	EISDIR		21
#define	EINVAL		22
#define	EMFILE		24
#define	EFBIG		27
#define	EROFS		30
#define	ERANGE		34
#define	ELOOP		62
#define	ENAMETOOLONG	63
#define	EFTYPE		79
/* Only here: what a disk's tables may say. */
#define	EUNIT		100		/* no such disk */
#define	ESLICE		101		/* no such slice */
#define	EPART		102		/* no such partition, or a bad label */
#define	EOFFSET		103		/* a sector outside the partition */

extern int	errno;

/* A few words for an error number, in static memory. */
const char	*strerror(int error);

/* ---------------------------------------------------------------- files */

#define	O_RDONLY	0		/* there is no other */

#define	SEEK_SET	0
#define	SEEK_CUR	1
#define	SEEK_END	2

#define	SOPEN_MAX	8		/* files open at once */
#define	MAXPATHLEN	1024		/* with the NUL, after links */

#define	S_IFMT		0170000
#define	S_IFDIR		0040000
#define	S_IFREG		0100000
#define	S_ISDIR(m)	(((m) & S_IFMT) == S_IFDIR)
#define	S_ISREG(m)	(((m) & S_IFMT) == S_IFREG)

struct stat {
	uint16_t	st_mode;
	uint16_t	st_nlink;
	uint32_t	st_ino;
	uint32_t	st_uid;
	uint32_t	st_gid;
	int32_t		st_mtime;
	uint64_t	st_size;
};

/* What readdirfd() returns; d_type is one of the DT_ of <sys/ufs/dir.h>. */
struct dirent {
	uint32_t	d_fileno;
	uint16_t	d_reclen;
	uint8_t		d_type;
	uint8_t		d_namlen;
	char		d_name[256];	/* ends in NUL */
};

/*
 * Open a regular file or a directory for reading; symbolic links are
 * followed, 20 at most (ELOOP).  Returns a descriptor from 0 up.
 * ENXIO/ENODEV/EUNIT/ESLICE/EPART: the device; EINVAL: no file system that
 * we know, or a corrupt one; EIO: the disk; ENOENT, ENOTDIR, EMFILE, ENOMEM.
 */
int		open(const char *path, int mode);
/* Close it.  -1 with EBADF where it is not open. */
int		close(int fd);
/*
 * Read up to `len' bytes at the file's offset and move it on.  Returns the
 * count, less than `len' only at the end of the file; -1 on an error (EIO,
 * EINVAL for a corrupt file, EISDIR, EBADF).  `buf' may lie above 1 MB.
 */
ssize_t		read(int fd, void *buf, size_t len);
/* Set the offset; returns it.  EINVAL for a negative one.  May lie past the end. */
off_t		lseek(int fd, off_t offset, int whence);
int		fstat(int fd, struct stat *sb);
/* As open(), fstat() and close() would say together. */
int		stat(const char *path, struct stat *sb);
/*
 * The next entry of an open directory, in static memory; NULL at its end
 * (errno 0) or on an error (errno not 0).  "." and ".." are among them.
 */
struct dirent	*readdirfd(int fd);

/* ---------------------------------------------------------------- devices */

/*
 * A kind of block device: the row of them is devsw[] (conf.c), which ends in
 * NULL.  Functions return 0 or an errno value.
 */
struct devdesc;
struct devsw {
	const char	*dv_name;	/* "disk" */
	int		dv_type;	/* DEVT_ */
	int		(*dv_init)(void);
	/* Find the unit, slice and partition: set d_start and d_size. */
	int		(*dv_open)(struct devdesc *dev);
	/* Read `size' bytes (whole sectors of 512) from sector `blk' of `dev'. */
	int		(*dv_strategy)(struct devdesc *dev, daddr_t blk,
			    size_t size, void *buf);
	/* List what there is by pager_output(); 1 when the reader has enough. */
	int		(*dv_print)(int verbose);
};
#define	DEVT_NONE	0
#define	DEVT_DISK	1

extern struct devsw *devsw[];

/* A device that a name like "disk0s1a:" or "disk1a:" means. */
struct devdesc {
	struct devsw	*d_dev;
	int		d_type;		/* DEVT_ */
	int		d_unit;
	int		d_slice;	/* 0: none named or whole disk, from 1 */
	int		d_partition;	/* 0 is 'a', -1: none named */
	uint64_t	d_start;	/* once it is open: its sectors on the disk */
	uint64_t	d_size;
};

/* ---------------------------------------------------------------- environment */

/*
 * A variable.  They hang in a list, `environ', in the order of the alphabet.
 * A hook may refuse a change or put it into effect: it returns 0 to let the
 * change happen after it, or an errno value to refuse it.
 */
struct env_var;
typedef int	(ev_sethook_t)(struct env_var *ev, int flags, const void *value);
typedef int	(ev_unsethook_t)(struct env_var *ev);

struct env_var {
	char		*ev_name;
	int		ev_flags;	/* EV_DYNAMIC */
	void		*ev_value;	/* a string, or NULL */
	ev_sethook_t	*ev_sethook;
	ev_unsethook_t	*ev_unsethook;
	struct env_var	*ev_prev, *ev_next;
};

#define	EV_DYNAMIC	1		/* the value is from malloc() and is freed */
#define	EV_VOLATILE	2		/* setting: take a copy of the value */
#define	EV_NOHOOK	4		/* setting: do not ask the hook */

extern struct env_var *environ;

/* The variable's value, or NULL. */
char		*getenv(const char *name);
struct env_var	*env_getenv(const char *name);
/*
 * Set a variable to a copy of `value'.  Where it has one already and
 * `overwrite' is 0, do nothing.  0, or -1 with the hook's errno or ENOMEM.
 */
int		setenv(const char *name, const char *value, int overwrite);
/* Set from "name=value"; "name" alone gives it "". */
int		putenv(const char *string);
/* Take it away.  -1 with ENOENT where there is none, or the hook's errno. */
int		unsetenv(const char *name);
/*
 * Set a variable with hooks.  Where it is there already the old hooks stay
 * and judge (but with EV_NOHOOK).  0 or an errno value, which is in errno too.
 */
int		env_setenv(const char *name, int flags, const void *value,
		    ev_sethook_t *sethook, ev_unsethook_t *unsethook);
/* A hook that refuses each change, with EPERM; one for unsetting. */
ev_sethook_t	env_noset;
ev_unsethook_t	env_nounset;

/* ---------------------------------------------------------------- heap */

/* Give malloc() the memory base..top; called once, before anything else. */
void		setheap(void *base, void *top);
/*
 * As in C; NULL and ENOMEM when there is no room.  Blocks are aligned to 16
 * bytes.  free(NULL) does nothing; a block freed twice, or written past its
 * end, is a panic() that says which address.
 */
void		*malloc(size_t size);
void		*calloc(size_t n, size_t size);
void		*realloc(void *p, size_t size);
void		free(void *p);
/* Print what the `heap' command shows: bounds, in use, free, largest, peak. */
void		mallocstats(void);

/* ---------------------------------------------------------------- strings */

void		*memcpy(void *dst, const void *src, size_t len);
void		*memmove(void *dst, const void *src, size_t len);
void		*memset(void *dst, int c, size_t len);
int		memcmp(const void *a, const void *b, size_t len);
void		*memchr(const void *s, int c, size_t len);

size_t		strlen(const char *s);
char		*strcpy(char *dst, const char *src);
/* Both end in NUL where `size' is not 0 and return the length they wanted. */
size_t		strlcpy(char *dst, const char *src, size_t size);
size_t		strlcat(char *dst, const char *src, size_t size);
char		*strcat(char *dst, const char *src);
int		strcmp(const char *a, const char *b);
int		strncmp(const char *a, const char *b, size_t n);
int		strcasecmp(const char *a, const char *b);
int		strncasecmp(const char *a, const char *b, size_t n);
char		*strchr(const char *s, int c);
char		*strstr(const char *s, const char *find);
size_t		strspn(const char *s, const char *set);
size_t		strcspn(const char *s, const char *set);
char		*strsep(char **sp, const char *delim);
/* A copy from malloc(), or NULL. */
char		*strdup(const char *s);

/* As in C, base 0 or 2 to 36; out of range gives the nearest and ERANGE. */
long		strtol(const char *s, char **end, int base);
int		atoi(const char *s);

/* One option; state in these four, as in C.  '?' or ':' for a bad one. */
extern char	*optarg;
extern int	optind, optopt, optreset;	/* set optind = optreset = 1 first */
int		getopt(int argc, char *const argv[], const char *options);

static inline int
isdigit(int c)
{
	return (c >= '0' && c <= '9');
}

static inline int
isupper(int c)
{
	return (c >= 'A' && c <= 'Z');
}

static inline int
islower(int c)
{
	return (c >= 'a' && c <= 'z');
}

static inline int
isalpha(int c)
{
	return (isupper(c) || islower(c));
}

static inline int
isalnum(int c)
{
	return (isalpha(c) || isdigit(c));
}

static inline int
isxdigit(int c)
{
	return (isdigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
}

static inline int
isspace(int c)
{
	return (c == ' ' || (c >= '\t' && c <= '\r'));
}

static inline int
isprint(int c)
{
	return (c >= ' ' && c <= '~');
}

static inline int
toupper(int c)
{
	return (islower(c) ? c - 'a' + 'A' : c);
}

static inline int
tolower(int c)
{
	return (isupper(c) ? c - 'A' + 'a' : c);
}

/* ---------------------------------------------------------------- output */

/*
 * %c %s %d %i %u %o %x %X %p %%, with l, ll, h, z, a width or *, a precision
 * for %s, the flags 0 - # and blank-free; nothing else.  All return what
 * they wrote or would have written, without the NUL.
 */
int		printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int		vprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
int		snprintf(char *buf, size_t size, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));
int		vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
		    __attribute__((format(printf, 3, 0)));

/* One character on each active console; '\n' is sent as CR LF. */
int		putchar(int c);
/*
 * Wait for a character of an active console.  Keys without one arrive as a
 * terminal sends them: ESC [ A up, B down, C right, D left, H home, F end,
 * ESC [ 3 ~ delete.  Enter is '\r' from either; Backspace 8, or 127.
 */
int		getchar(void);
/* 1 when getchar() would not wait. */
int		ischar(void);
/* Turn the spinner by a quarter, at most once in some calls. */
void		twiddle(void);

/* Print a message, wait for a key, leave. */
void		panic(const char *fmt, ...)
		    __attribute__((format(printf, 1, 2), noreturn));
/* Leave: back to BTX, which restarts the machine. */
void		exit(int status) __attribute__((noreturn));

/* ---------------------------------------------------------------- time */

/* BIOS clock ticks, 18.2 a second, since the day began; counts on past midnight. */
uint32_t	ticks(void);
/* Seconds by that clock; only differences mean something. */
uint32_t	getsecs(void);
/* Wait this many microseconds, 54,925 a tick, rounded up to a tick. */
void		delay(uint32_t us);

/* ---------------------------------------------------------------- inside */

#define	nitems(a)	(sizeof(a) / sizeof((a)[0]))
#define	min(a, b)	((a) < (b) ? (a) : (b))
#define	max(a, b)	((a) > (b) ? (a) : (b))

/* An open file: its file system, its device, and what the former keeps. */
struct open_file {
	int		f_flags;	/* F_OPEN */
	struct fs_ops	*f_ops;
	struct devdesc	f_dev;
	void		*f_fsdata;
	off_t		f_offset;
};
#define	F_OPEN		1

/* A file system.  Functions return 0 or an errno value. */
struct fs_ops {
	const char	*fs_name;
	/* `path' is without its device; EINVAL: not a file system of this kind. */
	int		(*fo_open)(const char *path, struct open_file *f);
	void		(*fo_close)(struct open_file *f);
	/* Read at f_offset and move it; *resid is what was not read. */
	int		(*fo_read)(struct open_file *f, void *buf, size_t size,
			    size_t *resid);
	int		(*fo_stat)(struct open_file *f, struct stat *sb);
	/* ENOENT at the end. */
	int		(*fo_readdir)(struct open_file *f, struct dirent *d);
};

extern struct fs_ops ufs_fsops;
extern struct fs_ops *file_system[];	/* conf.c; ends in NULL */

/*
 * Take the device off the front of a name and open it into f->f_dev; *file
 * is the rest.  0 or an errno value.
 */
int		devopen(struct open_file *f, const char *name, const char **file);

#endif /* !_STAND_H_ */
