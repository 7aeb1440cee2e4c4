/*
 * open.c: file descriptors.  A descriptor is an index into a table of open
 * files; each belongs to the first file system of file_system[] that accepts
 * the device it is on.
 */
#include "bootstrap.h"

static struct open_file	files[SOPEN_MAX];

/*
 * The open file of a descriptor, or NULL and EBADF.
 */
static struct open_file *
file_of(int fd)
{
	if (fd < 0 || fd >= SOPEN_MAX || !(files[fd].f_flags & F_OPEN)) {
		errno = EBADF;
		return (NULL);
	}
	return (&files[fd]);
}

/*
 * 0, or -1 with the error in errno.
 */
static int
result(int error)
{
	errno = error;
	return (error == 0 ? 0 : -1);
}

int
devopen(struct open_file *f, const char *name, const char **file)
{
	struct devdesc *dev;
	int error;

	if ((error = i386_getdev(&dev, name, file)) != 0)
		return (error);
	f->f_dev = *dev;
	free(dev);
	return (f->f_dev.d_dev->dv_open(&f->f_dev));
}

int
open(const char *path, int mode)
{
	struct open_file *f;
	const char *file;
	int fd, i, error;

	if (mode != O_RDONLY)
		return (result(EROFS));
	for (fd = 0; fd < SOPEN_MAX && files[fd].f_flags != 0; fd++)
		;
	if (fd == SOPEN_MAX)
		return (result(EMFILE));
	f = &files[fd];
	memset(f, 0, sizeof(*f));
	if ((error = devopen(f, path, &file)) != 0)
		return (result(error));
	for (i = 0, error = EINVAL; file_system[i] != NULL && error == EINVAL;
	    i++) {
		f->f_ops = file_system[i];
		error = f->f_ops->fo_open(file, f);
	}
	if (error != 0)
		return (result(error));
	f->f_flags = F_OPEN;
	return (fd);
}

int
close(int fd)
{
	struct open_file *f = file_of(fd);

	if (f == NULL)
		return (-1);
	f->f_ops->fo_close(f);
	f->f_flags = 0;
	return (0);
}

ssize_t
read(int fd, void *buf, size_t len)
{
	struct open_file *f = file_of(fd);
	size_t resid;
	int error;

	if (f == NULL)
		return (-1);
	if ((error = f->f_ops->fo_read(f, buf, len, &resid)) != 0)
		return (result(error));
	return (len - resid);
}

off_t
lseek(int fd, off_t offset, int whence)
{
	struct open_file *f = file_of(fd);
	struct stat sb;
	int error;

	if (f == NULL)
		return (-1);
	if (whence == SEEK_CUR)
		offset += f->f_offset;
	else if (whence == SEEK_END) {
		if ((error = f->f_ops->fo_stat(f, &sb)) != 0)
			return (result(error));
		offset += sb.st_size;
	} else if (whence != SEEK_SET)
		return (result(EINVAL));
	if (offset < 0)
		return (result(EINVAL));
	f->f_offset = offset;
	return (offset);
}

int
fstat(int fd, struct stat *sb)
{
	struct open_file *f = file_of(fd);

	if (f == NULL)
		return (-1);
	return (result(f->f_ops->fo_stat(f, sb)));
}

int
stat(const char *path, struct stat *sb)
{
	int fd, n, error;

	if ((fd = open(path, O_RDONLY)) < 0)
		return (-1);
	n = fstat(fd, sb);
	error = errno;
	close(fd);
	errno = error;
	return (n);
}

struct dirent *
readdirfd(int fd)
{
	static struct dirent entry;
	struct open_file *f = file_of(fd);
	int error;

	if (f == NULL)
		return (NULL);
	error = f->f_ops->fo_readdir(f, &entry);
	errno = error == ENOENT ? 0 : error;
	return (error == 0 ? &entry : NULL);
}
