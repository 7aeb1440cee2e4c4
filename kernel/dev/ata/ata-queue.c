/*
 * ata-queue.c: which request a channel works on, until it has ended.
 *
 *	  queue		ata_start()    running	     the request's callback
 *	r -> r -> r	----------->	  r	--------> result 0, EIO
 *					  |		ETIMEDOUT, ENXIO
 *			     no interrupt for too long	     ^
 *					  v		     |
 *				      ata_reset() -----------+
 *
 * Both drives share the registers, so one request runs at a time.  A drive
 * that does not answer gets both of them reset, in steps that callouts take:
 * the line is pulled, let go, and then there is time until neither is busy.
 * A reset makes a drive forget what it was told; `resets' counts that, and a
 * request that waited meanwhile is not begun: EAGAIN.  What is no longer there
 * behind a reset, or is busy for ever, is no drive any more: ATA_NONE, and its
 * requests end with ENXIO.
 *
 * An interrupt means something only if a request runs and the drive is not
 * busy; one more or one less does no harm.
 *
 * All of it runs at splbio().
 *
 * [dev/ata/ata-queue.c]
 */
#include <dev/ata/ata-all.h>

#include <sys/errno.h>
#include <sys/priority.h>
#include <sys/systm.h>

#define	ATA_RESET_SECONDS 31		/* a drive may take that long */

static timeout_t	ata_timeout, ata_reset_step;

/* A hundredth of a second: the least time between a reset's steps. */
static int
ata_reset_ticks(void)
{
	return (hz / 100 + 1);
}

/* Give the drive its next request. */
static void
ata_begin(struct ata_channel *ch, struct ata_request *request)
{
	ch->running = request;
	ch->state = ATA_ACTIVE;
	ch->last_done = 0;
	if (ata_begin_transaction(request) != 0)
		ata_reset(ch);
	else
		callout_reset(&ch->callout, request->timeout * hz, ata_timeout,
		    ch);
}

/* If the channel is free, go on with those that wait. */
static void
ata_start(struct ata_channel *ch)
{
	struct ata_request *request;

	while (ch->state == ATA_IDLE &&
	    (request = TAILQ_FIRST(&ch->queue)) != NULL) {
		TAILQ_REMOVE(&ch->queue, request, chain);
		if (request->device->kind == ATA_NONE)
			request->result = ENXIO;
		else if (request->resets != request->device->resets)
			request->result = EAGAIN;
		else {
			ata_begin(ch, request);
			return;
		}
		request->callback(request);
	}
}

/*
 * The running request has ended.  Whoever had it may bring the next one from
 * within the callback.
 */
static void
ata_completed(struct ata_channel *ch, int result)
{
	struct ata_request *request = ch->running;

	callout_stop(&ch->callout);
	ch->running = NULL;
	ch->state = ATA_IDLE;
	if (request != NULL) {
		request->result = result;
		request->callback(request);
	}
	ata_start(ch);
}

/*
 * Have a request done, after those that wait already.  It is the queue's until
 * its callback is called, which is never done from in here.  The drive is not
 * ATA_NONE.
 */
void
ata_queue_request(struct ata_request *request)
{
	struct ata_channel *ch = request->device->channel;
	int s = splbio();

	KASSERT(request->device->kind != ATA_NONE,
	    ("ata_queue_request: no drive"));
	request->resets = request->device->resets;
	TAILQ_INSERT_TAIL(&ch->queue, request, chain);
	ata_start(ch);
	splx(s);
}

static void
ata_wakeup(struct ata_request *request)
{
	request->driver = NULL;
	wakeup(request);
}

/* Have a request done, and sleep until it is.  Returns its result. */
int
ata_wait_request(struct ata_request *request)
{
	int s = splbio();

	request->callback = ata_wakeup;
	do {
		request->driver = request;
		ata_queue_request(request);
		while (request->driver != NULL)
			tsleep(request, PRIBIO, "ataw", 0);
	} while (request->result == EAGAIN &&
	    request->device->kind != ATA_NONE);
	splx(s);
	return (request->result);
}

/* The channel's interrupt. */
void
ata_interrupt(void *channel)
{
	struct ata_channel *ch = channel;

	if (ch->state != ATA_ACTIVE || ata_busy(ch))
		return;
	if (ata_end_transaction(ch->running) == ATA_OP_FINISHED)
		ata_completed(ch, ch->running->result);
}

/*
 * The request's time is over: if it has come on since it was last looked at,
 * it gets more.
 */
static void
ata_timeout(void *channel)
{
	struct ata_channel *ch = channel;
	struct ata_request *request;
	int over, s = splbio();

	request = ch->running;
	/* It may have ended while the callout was on its way. */
	over = ch->state == ATA_ACTIVE && !callout_pending(&ch->callout);
	if (over && request->donecount == ch->last_done)
		ata_reset(ch);
	else if (over) {
		ch->last_done = request->donecount;
		callout_reset(&ch->callout, request->timeout * hz, ata_timeout,
		    ch);
	}
	splx(s);
}

/* ---------------------------------------------------------------- reset */

/*
 * Begin to reset both drives.  The running request, if there is one, ends by
 * that; requests that come meanwhile wait.
 */
void
ata_reset(struct ata_channel *ch)
{
	int s = splbio();

	ch->state = ATA_RESET_PULLED;
	ch->reset_end = ticks + ATA_RESET_SECONDS * hz;
	ata_reset_line(ch, 1);
	callout_reset(&ch->callout, ata_reset_ticks(), ata_reset_step, ch);
	splx(s);
}

/* Find out what a drive is, now that it has been reset. */
static void
ata_reset_device(struct ata_device *atadev)
{
	enum ata_kind before = atadev->kind;

	atadev->resets++;
	if (before == ATA_NONE)
		return;
	atadev->kind = ata_signature(atadev);
	if (before == ATA_UNKNOWN && ata_busy(atadev->channel))
		printf("%s-%s: busy for %d seconds, left alone\n",
		    atadev->channel->name, ata_position(atadev),
		    ATA_RESET_SECONDS);
}

/* The drives have come back, or will not. */
static void
ata_reset_finish(struct ata_channel *ch)
{
	int i, result = ETIMEDOUT;

	for (i = 0; i < ATA_DEVICES; i++)
		ata_reset_device(&ch->device[i]);
	if (ch->running != NULL && ch->running->device->kind == ATA_NONE)
		result = ENXIO;
	ata_completed(ch, result);
	wakeup(ch);
}

/* Sleep while a channel is being reset. */
void
ata_wait_reset(struct ata_channel *ch)
{
	int s = splbio();

	while (ch->state == ATA_RESET_PULLED || ch->state == ATA_RESET_WAIT)
		tsleep(ch, PRIBIO, "atarst", 0);
	splx(s);
}

static void
ata_reset_step(void *channel)
{
	struct ata_channel *ch = channel;
	int s = splbio();

	if (ch->state == ATA_RESET_PULLED) {
		ata_reset_line(ch, 0);
		ch->state = ATA_RESET_WAIT;
	} else if (!ata_reset_busy(ch) || ticks - ch->reset_end >= 0) {
		ata_reset_finish(ch);
		splx(s);
		return;
	}
	callout_reset(&ch->callout, ata_reset_ticks(), ata_reset_step, ch);
	splx(s);
}
