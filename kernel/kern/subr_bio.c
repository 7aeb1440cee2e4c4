/*
 * subr_bio.c: the end of a transfer, and the order of those that wait.
 *
 * A disk's arm that followed the order of arrival would spend its time on the
 * way.  So a queue is a lift that only goes up: it serves what lies ahead of
 * it, lowest first, goes back to the lowest of all, and begins anew.
 *
 *	last_pblkno = 500	sweep: 510 700 2000	next: 20 499 500
 *
 * What comes for sector 500 or below has missed it, and waits for the next
 * sweep, even if the lift has just been there: else one who reads the same
 * sector again and again would keep all others waiting.  So nobody waits for
 * longer than two sweeps.  Of equals, the first to come is the first served.
 *
 * All but biowait() may be called by interrupts' handlers.  Whoever shares a
 * queue with one calls the bioq functions at splbio().
 *
 * [kern/subr_disk.c, kern/vfs_bio.c]
 */
#include <sys/bio.h>

#include <sys/errno.h>
#include <sys/priority.h>
#include <sys/systm.h>

/*
 * The transfer has ended, well if bio_error is 0: work out what is left of
 * it and tell whoever waits.  If it has a bio_done function, that owns it now.
 */
void
biodone(struct bio *bp)
{
	KASSERT(!(bp->bio_flags & BIO_DONE), ("biodone: %p is done", bp));
	bp->bio_resid = bp->bio_bcount - bp->bio_completed;
	bp->bio_flags |= BIO_DONE;
	if (bp->bio_error != 0)
		bp->bio_flags |= BIO_ERROR;
	if (bp->bio_done != NULL)
		bp->bio_done(bp);
	else
		wakeup(bp);
}

/* The same, with this error, or 0. */
void
biofinish(struct bio *bp, int error)
{
	bp->bio_error = error;
	biodone(bp);
}

/*
 * Sleep until a transfer without a bio_done function has ended.  Returns its
 * error, or 0; bio_resid says how much is missing.
 */
int
biowait(struct bio *bp, const char *wmesg)
{
	int s = splbio();

	while (!(bp->bio_flags & BIO_DONE))
		tsleep(bp, PRIBIO, wmesg, 0);
	splx(s);
	return (bp->bio_error);
}

/* ---------------------------------------------------------------- the queue */

void
bioq_init(struct bio_queue_head *head)
{
	TAILQ_INIT(&head->sweep);
	TAILQ_INIT(&head->next);
	head->last_pblkno = -1;
	head->length = 0;
}

/* Into an ascending list, behind its equals. */
static void
sweep_insert(struct bio_sweep *sweep, struct bio *bp)
{
	struct bio *before;

	TAILQ_FOREACH_REVERSE(before, sweep, bio_sweep, bio_queue)
		if (before->bio_pblkno <= bp->bio_pblkno)
			break;
	if (before == NULL)
		TAILQ_INSERT_HEAD(sweep, bp, bio_queue);
	else
		TAILQ_INSERT_AFTER(sweep, before, bp, bio_queue);
}

/* Have it wait for its turn. */
void
bioq_disksort(struct bio_queue_head *head, struct bio *bp)
{
	sweep_insert(bp->bio_pblkno > head->last_pblkno ?
	    &head->sweep : &head->next, bp);
	head->length++;
}

/* Which is the next?  It stays; NULL if nothing waits. */
struct bio *
bioq_first(struct bio_queue_head *head)
{
	if (TAILQ_EMPTY(&head->sweep)) {
		/* Up there is nothing more: back to the lowest. */
		TAILQ_CONCAT(&head->sweep, &head->next, bio_queue);
		head->last_pblkno = -1;
	}
	return (TAILQ_FIRST(&head->sweep));
}

/* Take the next one; NULL if nothing waits. */
struct bio *
bioq_takefirst(struct bio_queue_head *head)
{
	struct bio *bp = bioq_first(head);

	if (bp == NULL)
		return (NULL);
	TAILQ_REMOVE(&head->sweep, bp, bio_queue);
	head->length--;
	head->last_pblkno = bp->bio_pblkno;
	return (bp);
}

/* All of them end with this error. */
void
bioq_flush(struct bio_queue_head *head, int error)
{
	struct bio *bp;

	while ((bp = bioq_takefirst(head)) != NULL)
		biofinish(bp, error);
}
