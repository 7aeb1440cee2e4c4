/*
 * bcache.c: the block cache.
 *
 * A file system's metadata is read in small pieces that lie close together:
 * an inode, the next inode, a directory's sector.  The cache reads what is
 * around them too, a chunk of CHUNK bytes, and keeps the last used ones.
 * Nothing is ever written, so a chunk is good until bcache_flush().
 *
 * A chunk that cannot be read as a whole, at the disk's end or on a bad spot,
 * has no data: what was asked for is then read by itself.  The one on a bad
 * spot is remembered, for each try to read it takes a disk seconds, and ends
 * in a message.
 */
#include "bootstrap.h"

#define	CHUNK		8192		/* bytes; a power of two */
#define	CHUNK_SECTORS	(CHUNK / 512)
#define	NCHUNKS		16

struct chunk {
	struct devdesc	c_dev;		/* d_dev NULL: unused */
	daddr_t		c_block;	/* its first sector there */
	uint32_t	c_used;		/* when it was used last */
	int		c_bad;		/* cannot be read */
	char		*c_data;	/* from malloc(), once needed */
};

static struct chunk	chunks[NCHUNKS];
static uint32_t		clock_hand;	/* counts uses */
static uint32_t		hits, misses, failures;

static int
same_place(const struct devdesc *a, const struct devdesc *b)
{
	return (a->d_dev == b->d_dev && a->d_unit == b->d_unit &&
	    a->d_start == b->d_start);
}

/*
 * The chunk that holds `block', from the cache or from the disk.  NULL where
 * it cannot be had now, or at all.
 */
static struct chunk *
chunk_get(struct devdesc *dev, daddr_t block)
{
	struct chunk *c, *oldest = chunks;

	for (c = chunks; c < chunks + NCHUNKS; c++) {
		if (c->c_dev.d_dev != NULL && c->c_block == block &&
		    same_place(&c->c_dev, dev)) {
			c->c_used = ++clock_hand;
			*(c->c_bad ? &failures : &hits) += 1;
			return (c->c_bad ? NULL : c);
		}
		if (c->c_used < oldest->c_used)
			oldest = c;
	}
	misses++;
	c = oldest;
	c->c_dev.d_dev = NULL;
	c->c_used = 0;
	if (c->c_data == NULL && (c->c_data = malloc(CHUNK)) == NULL)
		return (NULL);
	if ((uint64_t)block + CHUNK_SECTORS > dev->d_size) {
		failures++;
		return (NULL);
	}
	c->c_bad = dev->d_dev->dv_strategy(dev, block, CHUNK, c->c_data) != 0;
	c->c_dev = *dev;
	c->c_block = block;
	c->c_used = ++clock_hand;
	failures += c->c_bad;
	return (c->c_bad ? NULL : c);
}

int
bcache_read(struct devdesc *dev, daddr_t blk, size_t size, void *buf)
{
	struct chunk *c;
	size_t skip, piece;
	int error;

	for (; size > 0; size -= piece) {
		skip = (blk & (CHUNK_SECTORS - 1)) * 512;
		piece = min(size, CHUNK - skip);
		c = chunk_get(dev, blk & ~(daddr_t)(CHUNK_SECTORS - 1));
		if (c != NULL)
			memcpy(buf, c->c_data + skip, piece);
		else {
			error = dev->d_dev->dv_strategy(dev, blk, piece, buf);
			if (error != 0)
				return (error);
		}
		blk += piece / 512;
		buf = (char *)buf + piece;
	}
	return (0);
}

void
bcache_flush(void)
{
	struct chunk *c;

	for (c = chunks; c < chunks + NCHUNKS; c++) {
		c->c_dev.d_dev = NULL;
		c->c_used = 0;
	}
}

void
bcache_stats(void)
{
	printf("%u hits  %u misses  %u past the cache for errors or the end\n",
	    hits, misses, failures);
}
