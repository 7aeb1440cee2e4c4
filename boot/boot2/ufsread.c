/*
 * Reading files from a UFS1 file system.
 *
 * How a path becomes bytes:
 *
 *	fs_open()	the superblock: how large blocks, fragments and
 *			cylinder groups are
 *	lookup()	from the root's inode, 2, name by name: a directory
 *			is a file of names and inode numbers
 *	read_inode()	an inode number is a place on the disk
 *	block_address()	a block of a file is found by the inode's addresses:
 *			12 direct ones, then one block of addresses, then a
 *			block of blocks of addresses.  Address 0 is a hole.
 *	fsread()	blocks that lie side by side on the disk are read at
 *			once, through dskread()'s buffer
 *
 * A block has up to 64 KB, more than there is room for.  So blocks are never
 * read as such, but as the sectors that are needed.  The inode has a third
 * level of addresses, which no file below 2 GB reaches.  Symbolic links are
 * the loader's business.
 */
#include "ufsread.h"

#include <stddef.h>
#include <sys/ufs/dir.h>
#include <sys/ufs/fs.h>
#include "cons.h"
#include "string.h"

#define	NINDIR_SECTOR	(DEV_BSIZE / sizeof(uint32_t))
#define	INODES_SECTOR	(DEV_BSIZE / sizeof(struct ufs1_dinode))

/* A sector of addresses, and which one it is; sector 0 never is one. */
struct addresses {
	uint32_t	sector;
	uint32_t	address[NINDIR_SECTOR];
};

uint32_t fs_off;
struct ufs1_dinode fs_inode;
uint8_t ls;

static struct fs fs;
/*
 * The sectors of addresses that were read last: of the outer block of a
 * double indirection, and of the block that has the data's addresses.
 */
static struct addresses outer, inner;

/*
 * Returns whether the numbers of the superblock that are used here fit each
 * other and the partition.  Computes shifts and mask from the sizes: those of
 * the superblock may differ.
 */
static int
fs_valid(void)
{
	uint32_t bsize, fsize;

	bsize = fs.fs_bsize;
	fsize = fs.fs_fsize;
	if (bsize == 0 || fsize == 0)
		return (0);
	fs.fs_bshift = __builtin_ctz(bsize);
	fs.fs_bmask = -bsize;
	fs.fs_fsbtodb = __builtin_ctz(fsize) - DEV_BSHIFT;
	fs.fs_fragshift = fs.fs_bshift - DEV_BSHIFT - fs.fs_fsbtodb;
	return (bsize == 1U << fs.fs_bshift &&
	    bsize >= MINBSIZE && bsize <= MAXBSIZE &&
	    (uint32_t)fs.fs_fsbtodb <= 7 && (uint32_t)fs.fs_fragshift <= 3 &&
	    fsize == bsize >> fs.fs_fragshift &&
	    (uint32_t)fs.fs_size <= dsk_size >> fs.fs_fsbtodb &&
	    fs.fs_ipg > 0);
}

/*
 * Begins to use the file system of the partition that dskread() reads.
 * Returns 0, or -1 after a message.
 */
int
fs_open(void)
{
	const void *sector;

	inner.sector = outer.sector = 0;
	sector = dskread(SBLOCK_UFS1 / DEV_BSIZE, 3);
	if (sector == NULL)
		return (-1);
	memcpy(&fs, sector, sizeof(fs));
	if (fs.fs_magic != FS_UFS1_MAGIC) {
		printf("Not ufs\n");
		return (-1);
	}
	if (!fs_valid())
		return (invalid("superblock"));
	return (0);
}

/*
 * Returns the sector of the partition that is `sector' sectors behind the
 * fragment at `address', or one that dskread() refuses.
 */
static uint32_t
sector_of(uint32_t address, uint32_t sector)
{
	if (address >= (uint32_t)fs.fs_size)
		return (UINT32_MAX);
	return (fsbtodb(&fs, address) + sector);
}

/* Reads inode `ino' to fs_inode.  Returns 0, or -1 after a message. */
static int
read_inode(uint32_t ino)
{
	const struct ufs1_dinode *inodes;
	uint32_t group, index;

	fs_off = 0;
	group = ino / fs.fs_ipg;
	index = ino % fs.fs_ipg;
	if (group >= (uint32_t)fs.fs_ncg)
		return (invalid("inode"));
	inodes = dskread(sector_of(cgimin(&fs, group), index / INODES_SECTOR),
	    1);
	if (inodes == NULL)
		return (-1);
	fs_inode = inodes[index % INODES_SECTOR];
	if (fs_inode.di_size > INT32_MAX)
		return (invalid("inode"));
	return (0);
}

/*
 * Replaces the address of a block of addresses by its entry `index', 0 if it
 * is a hole itself.  Returns 0, or -1 after a message.
 */
static int
indirect(struct addresses *cache, uint32_t *address, uint32_t index)
{
	const void *sector;
	uint32_t place;

	if (*address == 0)
		return (0);
	place = sector_of(*address, index / NINDIR_SECTOR);
	if (cache->sector != place) {
		sector = dskread(place, 1);
		if (sector == NULL)
			return (-1);
		memcpy(cache->address, sector, DEV_BSIZE);
		cache->sector = place;
	}
	*address = cache->address[index % NINDIR_SECTOR];
	return (0);
}

/*
 * Finds the address of logical block `lbn' of the file, 0 for a hole.
 * Returns 0, or -1 after a message.
 */
static int
block_address(uint32_t lbn, uint32_t *address)
{
	uint32_t nindir;

	if (lbn < UFS_NDADDR) {
		*address = fs_inode.di_db[lbn];
		return (0);
	}
	lbn -= UFS_NDADDR;
	nindir = fs.fs_bsize / sizeof(uint32_t);
	*address = fs_inode.di_ib[0];
	if (lbn >= nindir) {
		lbn -= nindir;
		*address = fs_inode.di_ib[1];
		if (indirect(&outer, address, lbn / nindir) != 0)
			return (-1);
	}
	return (indirect(&inner, address, lbn % nindir));
}

/*
 * Returns how many of the `nbyte' bytes at fs_off can be had at once: those
 * of one hole or block, and of the blocks that follow it on the disk.
 * `address' is that of the block that fs_off is in.  Returns 0 after a
 * message.
 */
static uint32_t
run_length(uint32_t address, uint32_t nbyte)
{
	uint32_t lbn, length, next;

	lbn = lblkno(&fs, fs_off);
	length = fs.fs_bsize - blkoff(&fs, fs_off);
	while (address != 0 && length < nbyte &&
	    length < (DSK_MAX - 1) * DEV_BSIZE) {
		if (block_address(++lbn, &next) != 0)
			return (0);
		address += 1 << fs.fs_fragshift;
		if (next != address)
			break;
		length += fs.fs_bsize;
	}
	if (length > (DSK_MAX - 1) * DEV_BSIZE)
		length = (DSK_MAX - 1) * DEV_BSIZE;
	return (length < nbyte ? length : nbyte);
}

/*
 * Reads up to `nbyte' bytes of the file from fs_off on to `buf', and moves
 * fs_off behind them.  Returns how many there were, fewer only at the end of
 * the file, or -1 after a message.
 */
int32_t
fsread(void *buf, uint32_t nbyte)
{
	uint32_t address, end, length, skip, start;
	const char *data;
	char *to;

	to = buf;
	start = fs_off;
	end = fs_inode.di_size;
	if (start >= end)
		return (0);
	if (nbyte < end - start)
		end = start + nbyte;
	while (fs_off < end) {
		if (block_address(lblkno(&fs, fs_off), &address) != 0)
			return (-1);
		length = run_length(address, end - fs_off);
		if (length == 0)
			return (-1);
		if (address == 0)
			memset(to, 0, length);
		else {
			skip = fs_off % DEV_BSIZE;
			data = dskread(sector_of(address,
			    blkoff(&fs, fs_off) / DEV_BSIZE),
			    (skip + length + DEV_BSIZE - 1) / DEV_BSIZE);
			if (data == NULL)
				return (-1);
			memcpy(to, data + skip, length);
		}
		to += length;
		fs_off += length;
	}
	return (end - start);
}

/*
 * Looks for a name in the directory whose inode was read last; with ls set,
 * prints all names instead.  Returns the name's inode number, 0 if it is not
 * there, or -1 after a message.
 */
static int32_t
search_directory(const char *name, uint32_t length)
{
	/* The last word stays 0, and ends a name that nothing else ends. */
	static uint32_t chunk[DIRBLKSIZ / sizeof(uint32_t) + 1];
	const struct direct *entry;
	uint32_t offset;
	int32_t got;

	while ((got = fsread(chunk, DIRBLKSIZ)) == DIRBLKSIZ) {
		for (offset = 0; offset < DIRBLKSIZ; offset += entry->d_reclen) {
			entry = (const void *)((const char *)chunk + offset);
			if (entry->d_reclen < DIRSIZ(entry->d_namlen) ||
			    entry->d_reclen % 4 != 0 ||
			    entry->d_reclen > DIRBLKSIZ - offset ||
			    entry->d_ino > INT32_MAX)
				return (invalid("directory"));
			if (entry->d_ino == 0)
				continue;
			if (ls)
				printf("%s ", entry->d_name);
			else if (entry->d_namlen == length &&
			    memcmp(entry->d_name, name, length) == 0)
				return (entry->d_ino);
		}
	}
	return (got < 0 ? -1 : 0);
}

/*
 * Reads the inode of the file that `path' names to fs_inode, and begins at
 * its first byte.  A `?' in the place of the last name lists the directory
 * and sets ls.  Returns 1, 0 if there is no such file (or ls is set), or -1
 * after a message.
 */
int
lookup(const char *path)
{
	const char *name;
	int32_t ino;

	ls = 0;
	ino = UFS_ROOTINO;
	for (;;) {
		if (read_inode(ino) != 0)
			return (-1);
		while (*path == '/')
			path++;
		if (*path == '\0')
			return (1);
		if ((fs_inode.di_mode & IFMT) != IFDIR)
			return (0);
		ls = path[0] == '?' && path[1] == '\0';
		name = path;
		while (*path != '\0' && *path != '/')
			path++;
		ino = search_directory(name, path - name);
		if (ino <= 0)
			return (ino);
	}
}
