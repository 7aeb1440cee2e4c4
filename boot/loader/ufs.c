/*
 * ufs.c: UFS1, read only: from a path to an inode, and what open(), read()
 * and their kin do with it.
 *
 * Inode 2 is the root; a directory is a file of entries (name, inode); a
 * symbolic link's target takes the place of what was walked so far.  An
 * entry must lie inside its chunk of 512 bytes; links are counted; so there
 * is no loop that a disk could make endless.
 */
#include "ufs.h"

#define	MAXSYMLINKS	20
#define	MAXDIRSIZE	(4 << 20)	/* a directory larger is corrupt */

/*
 * Read the directory entry at the offset and move to the next; free places
 * are returned with d_ino 0.  ENOENT: the end.
 */
static int
entry_read(struct open_file *f, struct direct *d)
{
	struct file *fp = f->f_fsdata;
	uint32_t left = DIRBLKSIZ - (f->f_offset & (DIRBLKSIZ - 1));
	off_t start = f->f_offset;
	size_t resid, header = offsetof(struct direct, d_name);
	int error;

	if ((uint64_t)f->f_offset >= fp->f_di.di_size)
		return (ENOENT);
	if (fp->f_di.di_size > MAXDIRSIZE)
		return (EINVAL);
	if ((error = ufs_bytes(f, d, header, &resid)) != 0)
		return (error);
	if (resid != 0 || d->d_reclen < header || d->d_reclen % 4 != 0 ||
	    d->d_reclen > left || (d->d_ino != 0 &&
	    (d->d_namlen == 0 || header + d->d_namlen > d->d_reclen)))
		return (EINVAL);
	if (d->d_ino != 0) {
		error = ufs_bytes(f, d->d_name, d->d_namlen, &resid);
		if (error != 0 || resid != 0)
			return (error != 0 ? error : EINVAL);
		d->d_name[d->d_namlen] = '\0';
	}
	f->f_offset = start + d->d_reclen;
	return (0);
}

/*
 * The inode of the name of `len' bytes in the directory that is open.
 */
static int
directory_search(struct open_file *f, const char *name, size_t len,
    uint32_t *ino)
{
	struct file *fp = f->f_fsdata;
	struct direct d;
	int error;

	if ((fp->f_di.di_mode & IFMT) != IFDIR)
		return (ENOTDIR);
	f->f_offset = 0;
	while ((error = entry_read(f, &d)) == 0)
		if (d.d_ino != 0 && d.d_namlen == len &&
		    memcmp(d.d_name, name, len) == 0) {
			*ino = d.d_ino;
			return (0);
		}
	return (error);
}

/*
 * Replace `path' (MAXPATHLEN bytes) by the open link's target and, behind a
 * slash, `rest', which may lie in `path' itself.
 */
static int
link_follow(struct open_file *f, char *path, const char *rest)
{
	struct file *fp = f->f_fsdata;
	size_t len = strlen(rest), resid;
	int32_t most = min(fp->f_fs.fs_maxsymlinklen,
	    (int32_t)(sizeof(fp->f_di.di_db) + sizeof(fp->f_di.di_ib)));
	uint64_t size = fp->f_di.di_size;

	if (size == 0)
		return (EINVAL);
	if (size + 1 + len + 1 > MAXPATHLEN)
		return (ENAMETOOLONG);
	memmove(path + size + 1, rest, len + 1);
	path[size] = '/';
	if (most > 0 && size < (uint32_t)most) {
		memcpy(path, (char *)&fp->f_di +
		    offsetof(struct ufs1_dinode, di_shortlink), size);
		return (memchr(path, '\0', size) != NULL ? EINVAL : 0);
	}
	f->f_offset = 0;
	return (ufs_bytes(f, path, size, &resid));
}

/*
 * Open the inode that `path' names, from the root on.  `path' is MAXPATHLEN
 * bytes and is written over where links are followed.
 */
static int
path_walk(struct open_file *f, char *path)
{
	struct file *fp = f->f_fsdata;
	uint32_t directory = UFS_ROOTINO, ino;
	int links = 0, error;
	char *name = path;
	size_t len;

	if ((error = ufs_inode(f, directory)) != 0)
		return (error);
	for (;;) {
		while (*name == '/')
			name++;
		if (*name == '\0')
			return (0);
		len = strcspn(name, "/");
		directory = fp->f_ino;
		if ((error = directory_search(f, name, len, &ino)) != 0 ||
		    (error = ufs_inode(f, ino)) != 0)
			return (error);
		name += len;
		if ((fp->f_di.di_mode & IFMT) != IFLNK)
			continue;
		if (links++ == MAXSYMLINKS)
			return (ELOOP);
		if ((error = link_follow(f, path, name)) != 0)
			return (error);
		name = path;
		error = ufs_inode(f, *path == '/' ? UFS_ROOTINO : directory);
		if (error != 0)
			return (error);
	}
}

/*
 * Open `path'.  EINVAL: there is no sound UFS1 on the device.
 */
static int
ufs_open(const char *path, struct open_file *f)
{
	struct file *fp;
	char *copy;
	int error;

	if (strlen(path) >= MAXPATHLEN)
		return (ENAMETOOLONG);
	fp = malloc(sizeof(*fp));
	copy = malloc(MAXPATHLEN);
	f->f_fsdata = fp;
	if (fp == NULL || copy == NULL)
		error = ENOMEM;
	else if ((error = ufs_superblock(f, &fp->f_fs)) == 0) {
		strlcpy(copy, path, MAXPATHLEN);
		error = path_walk(f, copy);
	}
	free(copy);
	if (error != 0)
		free(fp);
	f->f_offset = 0;
	return (error);
}

static void
ufs_close(struct open_file *f)
{
	free(f->f_fsdata);
	f->f_fsdata = NULL;
}

static int
ufs_read(struct open_file *f, void *buf, size_t size, size_t *resid)
{
	struct file *fp = f->f_fsdata;

	if ((fp->f_di.di_mode & IFMT) == IFDIR)
		return (EISDIR);
	if ((fp->f_di.di_mode & IFMT) != IFREG)
		return (EINVAL);
	return (ufs_bytes(f, buf, size, resid));
}

static int
ufs_stat(struct open_file *f, struct stat *sb)
{
	struct file *fp = f->f_fsdata;

	sb->st_mode = fp->f_di.di_mode;
	sb->st_nlink = fp->f_di.di_nlink;
	sb->st_ino = fp->f_ino;
	sb->st_uid = fp->f_di.di_uid;
	sb->st_gid = fp->f_di.di_gid;
	sb->st_mtime = fp->f_di.di_mtime;
	sb->st_size = fp->f_di.di_size;
	return (0);
}

static int
ufs_readdir(struct open_file *f, struct dirent *d)
{
	struct file *fp = f->f_fsdata;
	struct direct entry;
	int error;

	if ((fp->f_di.di_mode & IFMT) != IFDIR)
		return (ENOTDIR);
	do {
		if ((error = entry_read(f, &entry)) != 0)
			return (error);
	} while (entry.d_ino == 0);
	d->d_fileno = entry.d_ino;
	d->d_reclen = entry.d_reclen;
	d->d_type = entry.d_type;
	d->d_namlen = entry.d_namlen;
	strlcpy(d->d_name, entry.d_name, sizeof(d->d_name));
	return (0);
}

struct fs_ops ufs_fsops = {
	.fs_name = "ufs",
	.fo_open = ufs_open,
	.fo_close = ufs_close,
	.fo_read = ufs_read,
	.fo_stat = ufs_stat,
	.fo_readdir = ufs_readdir,
};
