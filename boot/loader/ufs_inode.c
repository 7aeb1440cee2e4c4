/*
 * ufs_inode.c: UFS1, from an inode's number to a file's bytes.
 *
 * The superblock says where each cylinder group's inodes are; an inode holds
 * the addresses of its first twelve blocks and of three trees of addresses
 * (ufs_bmap).
 *
 * Nothing that comes from the disk is believed: the superblock's sizes must
 * agree with each other, inode and block numbers must lie inside the file
 * system.  What does not is EINVAL, or EIO for an address.
 *
 * Metadata comes through the block cache; file data in runs of blocks that
 * follow each other on the disk, straight to where they are wanted.
 */
#include "ufs.h"

#define	RUN_MAX		(1U << 20)	/* bytes read in one call at most */
#define	DIRECT_MIN	4096		/* a run shorter goes by the cache */

static int
power_of_two(int32_t n)
{
	return (n > 0 && (n & (n - 1)) == 0);
}

/*
 * Do the superblock's sizes agree with each other?  All that is used below
 * is settled here, so that no shift is too wide and no division is by 0.
 */
static int
superblock_valid(const struct fs *fs)
{
	if (fs->fs_magic != FS_UFS1_MAGIC ||
	    !power_of_two(fs->fs_bsize) || fs->fs_bsize < MINBSIZE ||
	    fs->fs_bsize > MAXBSIZE || !power_of_two(fs->fs_fsize) ||
	    fs->fs_fsize < DEV_BSIZE || fs->fs_fsize > fs->fs_bsize)
		return (0);
	if (fs->fs_frag != fs->fs_bsize / fs->fs_fsize ||
	    fs->fs_frag > MAXFRAG || fs->fs_bshift < 0 ||
	    fs->fs_bshift > 16 || fs->fs_bsize != 1 << fs->fs_bshift ||
	    fs->fs_fshift < 0 || fs->fs_fshift > 16 ||
	    fs->fs_fsize != 1 << fs->fs_fshift)
		return (0);
	if (fs->fs_bmask != -fs->fs_bsize || fs->fs_fmask != -fs->fs_fsize ||
	    fs->fs_fragshift != fs->fs_bshift - fs->fs_fshift ||
	    fs->fs_fsbtodb != fs->fs_fshift - DEV_BSHIFT ||
	    fs->fs_nindir != fs->fs_bsize / (int32_t)sizeof(int32_t) ||
	    fs->fs_inopb !=
	    fs->fs_bsize / (int32_t)sizeof(struct ufs1_dinode))
		return (0);
	return (fs->fs_size > 0 && fs->fs_ncg > 0 && fs->fs_ipg > 0 &&
	    fs->fs_fpg > 0 && fs->fs_iblkno > 0 &&
	    fs->fs_iblkno < fs->fs_fpg &&
	    (uint32_t)fs->fs_ncg <= UINT32_MAX / (uint32_t)fs->fs_ipg);
}

int
ufs_superblock(struct open_file *f, struct fs *fs)
{
	union {
		char		bytes[(sizeof(*fs) + DEV_BSIZE - 1) &
				    ~(DEV_BSIZE - 1)];
		struct fs	fs;
	} *sb;
	int error;

	if ((sb = malloc(sizeof(*sb))) == NULL)
		return (ENOMEM);
	error = bcache_read(&f->f_dev, SBLOCK_UFS1 / DEV_BSIZE, sizeof(*sb), sb);
	if (error == 0 && !superblock_valid(&sb->fs))
		error = EINVAL;
	if (error == 0)
		*fs = sb->fs;
	free(sb);
	return (error == EOFFSET ? EINVAL : error);
}

/*
 * Does the file system have `count' fragments from address `addr' on?
 */
static int
address_valid(const struct fs *fs, int32_t addr, uint32_t count)
{
	return (addr > 0 && count <= (uint32_t)fs->fs_size &&
	    (uint32_t)addr <= (uint32_t)fs->fs_size - count);
}

int
ufs_inode(struct open_file *f, uint32_t ino)
{
	struct file *fp = f->f_fsdata;
	struct fs *fs = &fp->f_fs;
	uint32_t addr, byte;
	int error;

	if (ino < UFS_ROOTINO ||
	    ino >= (uint32_t)fs->fs_ncg * (uint32_t)fs->fs_ipg)
		return (EINVAL);
	addr = ino_to_fsba(fs, ino);
	if (!address_valid(fs, addr, fs->fs_frag))
		return (EINVAL);
	byte = ino_to_fsbo(fs, ino) * sizeof(struct ufs1_dinode);
	fp->f_sector = -1;
	error = bcache_read(&f->f_dev,
	    (daddr_t)addr * (1 << fs->fs_fsbtodb) + byte / DEV_BSIZE,
	    DEV_BSIZE, fp->f_buf);
	if (error != 0)
		return (error);
	memcpy(&fp->f_di, fp->f_buf + byte % DEV_BSIZE, sizeof(fp->f_di));
	fp->f_ino = ino;
	f->f_offset = 0;
	return ((fp->f_di.di_mode & IFMT) == 0 ||
	    fp->f_di.di_size > (uint64_t)INT64_MAX ? EINVAL : 0);
}

/*
 * Entry `index' of the block of addresses at `addr'.
 */
static int
indirect_read(struct open_file *f, int32_t addr, uint32_t index, int32_t *out)
{
	struct file *fp = f->f_fsdata;
	struct fs *fs = &fp->f_fs;
	int32_t sector[DEV_BSIZE / sizeof(int32_t)];
	int error;

	if (!address_valid(fs, addr, fs->fs_frag))
		return (EIO);
	error = bcache_read(&f->f_dev, (daddr_t)addr * (1 << fs->fs_fsbtodb) +
	    index / nitems(sector), sizeof(sector), sector);
	if (error == 0)
		*out = sector[index % nitems(sector)];
	return (error);
}

/*
 * Where on the disk logical block `lbn' of the file begins; *addr is 0 for a
 * hole.
 *
 * A tree of level n has nindir to the power of n leaves: the block's number
 * among them, written in base nindir, is the way down.
 */
static int
ufs_bmap(struct open_file *f, uint64_t lbn, int32_t *addr)
{
	struct file *fp = f->f_fsdata;
	struct fs *fs = &fp->f_fs;
	int shift = fs->fs_bshift - 2;		/* log2(nindir) */
	int level, error;

	if (lbn < UFS_NDADDR) {
		*addr = fp->f_di.di_db[lbn];
		return (0);
	}
	lbn -= UFS_NDADDR;
	for (level = 0; lbn >> (shift * (level + 1)) != 0; level++) {
		if (level == UFS_NIADDR - 1)
			return (EINVAL);
		lbn -= (uint64_t)1 << (shift * (level + 1));
	}
	*addr = fp->f_di.di_ib[level];
	for (; level >= 0 && *addr != 0; level--) {
		error = indirect_read(f, *addr,
		    (lbn >> (shift * level)) & (fs->fs_nindir - 1), addr);
		if (error != 0)
			return (error);
	}
	return (0);
}

/*
 * Find what is at byte `off' of the file: the sector *sector of the device
 * (-1: a hole), and how many of the next `want' bytes follow each other
 * there, to the end of a block.  The bytes must lie in the file.
 */
static int
ufs_run(struct open_file *f, uint64_t off, size_t want, int64_t *sector,
    size_t *run)
{
	struct file *fp = f->f_fsdata;
	struct fs *fs = &fp->f_fs;
	uint32_t skip = off & (fs->fs_bsize - 1);
	uint64_t lbn = off >> fs->fs_bshift;
	int32_t first, next;
	uint32_t length;
	int error;

	if ((error = ufs_bmap(f, lbn, &first)) != 0)
		return (error);
	*run = fs->fs_bsize - skip;
	*sector = -1;
	if (first == 0)
		return (0);
	length = sblksize(fs, fp->f_di.di_size, lbn);
	if (!address_valid(fs, first, length >> fs->fs_fshift))
		return (EIO);
	*sector = (daddr_t)first * (1 << fs->fs_fsbtodb) + skip / DEV_BSIZE;

	for (next = first; *run < min(want, RUN_MAX); *run += fs->fs_bsize) {
		lbn++;
		next = (int32_t)((uint32_t)next + (uint32_t)fs->fs_frag);
		length = sblksize(fs, fp->f_di.di_size, lbn);
		if (!address_valid(fs, next, length >> fs->fs_fshift))
			break;
		if ((error = ufs_bmap(f, lbn, &first)) != 0)
			return (error);
		if (first != next)
			break;
	}
	return (0);
}

/*
 * Copy `size' bytes from byte `skip' of a sector, by way of f_buf: the next
 * piece is probably of the same sector.
 */
static int
read_part(struct open_file *f, int64_t sector, uint32_t skip, size_t size,
    void *buf)
{
	struct file *fp = f->f_fsdata;
	int error;

	if (fp->f_sector != sector) {
		fp->f_sector = -1;
		error = bcache_read(&f->f_dev, sector, DEV_BSIZE, fp->f_buf);
		if (error != 0)
			return (error);
		fp->f_sector = sector;
	}
	memcpy(buf, fp->f_buf + skip, size);
	return (0);
}

/*
 * Read at most `want' bytes of the file, as many as lie together on the disk
 * or in one sector; *done says how many.  They must be in the file.
 */
static int
read_piece(struct open_file *f, char *buf, size_t want, size_t *done)
{
	uint32_t skip = f->f_offset & (DEV_BSIZE - 1);
	int64_t sector;
	size_t run;
	int error;

	if ((error = ufs_run(f, f->f_offset, want, &sector, &run)) != 0)
		return (error);
	*done = min(want, run);
	if (sector == -1) {
		memset(buf, 0, *done);
		return (0);
	}
	if (skip != 0 || *done < DEV_BSIZE) {
		*done = min(*done, DEV_BSIZE - skip);
		return (read_part(f, sector, skip, *done, buf));
	}
	*done &= ~(size_t)(DEV_BSIZE - 1);
	if (*done < DIRECT_MIN)
		return (bcache_read(&f->f_dev, sector, *done, buf));
	return (f->f_dev.d_dev->dv_strategy(&f->f_dev, sector, *done, buf));
}

int
ufs_bytes(struct open_file *f, void *buf, size_t size, size_t *resid)
{
	struct file *fp = f->f_fsdata;
	uint64_t left;
	size_t done;
	int error;

	left = (uint64_t)f->f_offset < fp->f_di.di_size ?
	    fp->f_di.di_size - f->f_offset : 0;
	*resid = size;
	size = min(size, left);
	while (size > 0) {
		if ((error = read_piece(f, buf, size, &done)) != 0)
			return (error == EOFFSET ? EIO : error);
		buf = (char *)buf + done;
		f->f_offset += done;
		size -= done;
		*resid -= done;
	}
	return (0);
}
