/*
 * ls.c: looking at files: the commands ls and more.
 */
#include "loader.h"

#include <sys/ufs/dir.h>

/* A directory entry's type as a letter, by its DT_ value. */
static const char	type_letters[] = "?fc?d?b? ?l?s?w";

static int
type_letter(int type)
{
	return (type < (int)sizeof(type_letters) - 1 ? type_letters[type] : '?');
}

/* The size of a file in a directory; 0 for what cannot be looked at. */
static unsigned long
size_of(const char *directory, const char *name)
{
	struct stat sb;
	char path[MAXPATHLEN];

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path) ||
	    stat(path, &sb) != 0)
		return (0);
	return (sb.st_size);
}

/* List an open directory.  0, or an errno value. */
static int
list(int fd, const char *path, int with_size)
{
	struct dirent *d;
	int enough;

	pager_printf("%s\n", path);
	errno = 0;
	while ((d = readdirfd(fd)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (with_size)
			enough = pager_printf(" %c %8lu %s\n", type_letter(d->d_type),
			    size_of(path, d->d_name), d->d_name);
		else
			enough = pager_printf(" %c  %s\n", type_letter(d->d_type), d->d_name);
		if (enough)
			return (0);
		errno = 0;
	}
	return (errno);
}

COMMAND_SET(ls, "ls", "list files", command_ls);

static int
command_ls(int argc, char *argv[])
{
	struct stat sb;
	const char *path;
	int error, fd, flags;

	if ((flags = command_flags(argc, argv, "l")) < 0)
		return (CMD_ERROR);
	path = optind < argc ? argv[optind] : "/";
	if ((fd = open(path, O_RDONLY)) < 0)
		return (command_error("can't open '%s': %s", path, strerror(errno)));
	if (fstat(fd, &sb) != 0)
		error = errno;
	else if (!S_ISDIR(sb.st_mode))
		error = ENOTDIR;
	else {
		pager_open();
		error = list(fd, path, flags);
		pager_close();
	}
	close(fd);
	if (error != 0)
		return (command_error("%s: %s", path, strerror(error)));
	return (CMD_OK);
}

COMMAND_SET(more, "more", "show contents of a file", command_more);

static int
command_more(int argc, char *argv[])
{
	int i, result;

	result = 0;
	pager_open();
	for (i = 1; i < argc && result == 0; i++) {
		if (pager_printf("*** FILE %s BEGIN ***\n", argv[i]))
			break;
		if ((result = pager_file(argv[i])) < 0)
			command_error("error showing %s: %s", argv[i], strerror(errno));
		else if (result == 0)
			result = pager_printf("*** FILE %s END ***\n", argv[i]);
	}
	pager_close();
	return (result < 0 ? CMD_ERROR : CMD_OK);
}
