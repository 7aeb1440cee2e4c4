/*
 * A transfer between memory and a disk, and the queue that transfers wait in.
 *
 *	bio_cmd, bio_dev, bio_offset, bio_bcount, bio_data
 *	      |	   filled in by who wants it
 *	      v
 *	strategy: starts it, and returns at once
 *	      |
 *	      v
 *	biodone(): bio_error, bio_resid; wakes who sleeps in biowait(), or
 *		   calls bio_done
 *
 * What a disk's driver gets is checked and translated: `bio_length' bytes, a
 * multiple of its sectors, from sector bio_pblkno of the disk on.
 *
 * [sys/bio.h]
 */
#ifndef _SYS_BIO_H_
#define	_SYS_BIO_H_

#include <sys/param.h>
#include <sys/queue.h>

#define	DEV_BSIZE	512		/* what sectors are counted in */
#define	DEV_BSHIFT	9

struct cdev;

struct bio {
	/* Whoever wants the transfer sets these. */
	int		bio_cmd;	/* BIO_READ, BIO_WRITE, BIO_FLUSH */
	struct cdev	*bio_dev;	/* of which device */
	int64_t		bio_offset;	/* from which byte of it */
	uint32_t	bio_bcount;	/* so many bytes */
	uint8_t		*bio_data;	/* to or from here: the kernel's memory */
	void		(*bio_done)(struct bio *); /* called by biodone(), or NULL */
	void		*bio_caller1;	/* the caller's own */

	/* He finds these when it is done. */
	volatile int	bio_flags;	/* BIO_DONE, BIO_ERROR */
	int		bio_error;	/* an errno, or 0 */
	uint32_t	bio_resid;	/* bytes that were not transferred */

	/* The disk's: set on the way. */
	int64_t		bio_pblkno;	/* the first sector, from the disk's start */
	uint32_t	bio_length;	/* bytes to transfer: less at the end */
	uint32_t	bio_completed;	/* of those */
	TAILQ_ENTRY(bio) bio_queue;
};

#define	BIO_READ	0x01		/* bio_cmd */
#define	BIO_WRITE	0x02
#define	BIO_FLUSH	0x10		/* let what was written reach the disk */

#define	BIO_ERROR	0x01		/* bio_flags */
#define	BIO_DONE	0x02

/* Their contracts stand in kern/subr_bio.c. */
void	biodone(struct bio *bp);
void	biofinish(struct bio *bp, int error);
int	biowait(struct bio *bp, const char *wmesg);

/*
 * The queue: a lift that only carries upwards.  What lies ahead of the last
 * one taken is served in this sweep, in ascending order; the rest in the next.
 */
TAILQ_HEAD(bio_sweep, bio);

struct bio_queue_head {
	struct bio_sweep sweep;		/* ascending, all above last_pblkno */
	struct bio_sweep next;		/* ascending: after that */
	int64_t		last_pblkno;	/* of the one that was taken last */
	unsigned int	length;
};

void	bioq_init(struct bio_queue_head *head);
void	bioq_disksort(struct bio_queue_head *head, struct bio *bp);
struct bio *bioq_first(struct bio_queue_head *head);
struct bio *bioq_takefirst(struct bio_queue_head *head);
void	bioq_flush(struct bio_queue_head *head, int error);

#endif /* !_SYS_BIO_H_ */
