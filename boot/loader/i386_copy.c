/*
 * i386_copy.c: into the memory that the loader loads into.
 *
 * The loader's segments reach all of memory, so these are plain copies.
 * What they add is the check that the kernel's part of memory, and no other,
 * is touched: a file's headers may ask for any address.
 */
#include "bootstrap.h"

/*
 * Does the range lie where things are loaded?
 */
static int
range_valid(uint32_t address, size_t len)
{
	if (address >= KERNEL_LOAD_MIN && address <= memtop_copyin &&
	    len <= memtop_copyin - address)
		return (1);
	errno = EFBIG;
	return (0);
}

ssize_t
i386_copyin(const void *src, uint32_t dest, size_t len)
{
	if (!range_valid(dest, len))
		return (-1);
	memcpy(PTOV(dest), src, len);
	return (len);
}

ssize_t
i386_readin(int fd, uint32_t dest, size_t len)
{
	if (!range_valid(dest, len))
		return (-1);
	return (read(fd, PTOV(dest), len));
}

ssize_t
i386_bzero(uint32_t dest, size_t len)
{
	if (!range_valid(dest, len))
		return (-1);
	memset(PTOV(dest), 0, len);
	return (len);
}

int
i386_autoload(void)
{
	return (0);
}
