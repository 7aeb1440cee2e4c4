/*
 * ata-disk.c: ad0 to ad3, the ATA disks: transfers become requests.
 *
 *	bioq_disksort()		ad_start()	     ata_queue_request()
 *	queue of bios	--->	`bio', in work	--->  `request': its next command
 *
 * One request of a disk is on its way at a time, and moves as much as a command
 * can.  When it has ended, ad_done() counts what it moved, and ad_start() goes
 * on: with the rest of this bio, or with the next one.  So a command that
 * failed or was lost is simply begun again, behind what had been moved, a
 * sector an interrupt, so that all that can be read is.  AD_RETRIES failures
 * in a row end the bio.
 *
 * A reset makes a disk forget its geometry and its sectors an interrupt.
 * ad_start() sees that one happened, and sets them first.
 *
 * [ATA-6] 8, [dev/ata/ata-disk.c]
 */
#include <dev/ata/ata-all.h>

#include <sys/disk.h>
#include <sys/errno.h>
#include <sys/eventhandler.h>
#include <sys/malloc.h>
#include <sys/systm.h>
#include <i386/intr.h>

#define	AD_MAJOR	30
#define	AD_RETRIES	3
#define	AD_SILENT_MAX	4		/* time-outs in a row: it is given up */
#define	AD_SECONDS	5		/* for a block */
#define	AD_FLUSH_SECONDS 30
#define	AD_COUNT28	256		/* most sectors a command */
#define	AD_COUNT48	65536

/* What it must still be told. */
enum ad_setup { AD_SET_PARAMS, AD_SET_MULTI, AD_READY };

struct ad_softc {
	struct ata_device *device;
	struct disk	disk;
	char		name[8];
	struct ata_ability can;		/* but for `multi' never changed */

	/* What it does; at splbio(). */
	struct bio_queue_head queue;
	struct bio	*bio;		/* in work, or NULL */
	int		retries;	/* left */
	int		silent;		/* time-outs since it last answered */
	int		gone;		/* and that has been told */
	enum ad_setup	setup;
	int		resets;		/* of the device's, as setup knows */
	int		busy;		/* `request' is on its way */
	struct ata_request request;
};

static MALLOC_DEFINE(M_AD, "AD driver", "ATA disks");

static struct cdevsw ad_cdevsw = {
	.d_name = "ad",
	.d_maj = AD_MAJOR,
	.d_strategy = diskstrategy,
};

static void	ad_start(struct ad_softc *adp);

/* ---------------------------------------------------------------- requests */

/* A command without data, to set the disk up. */
static void
ad_setup_request(struct ad_softc *adp)
{
	struct ata_request *request = &adp->request;

	if (adp->setup == AD_SET_PARAMS) {
		request->command = ATA_INIT_PARAMS;
		request->count = adp->can.sectors;
		request->lba = ATA_CHS(0, adp->can.heads - 1, 0);
	} else {
		request->command = ATA_SET_MULTI;
		request->count = adp->can.multi;
	}
	request->timeout = AD_SECONDS;
}

/* Where a sector is by cylinder, head and sector, as the registers have it. */
static uint32_t
ad_chs(const struct ad_softc *adp, uint32_t lba)
{
	uint32_t track = lba / adp->can.sectors;

	return (ATA_CHS(track / adp->can.heads, track % adp->can.heads,
	    lba % adp->can.sectors + 1));
}

/* The command that moves data, by what is wanted. */
static int
ad_command(int write, int multi, int lba48)
{
	static const uint8_t commands[2][2][2] = {
		{ { ATA_READ, ATA_READ48 }, { ATA_READ_MUL, ATA_READ_MUL48 } },
		{ { ATA_WRITE, ATA_WRITE48 }, { ATA_WRITE_MUL, ATA_WRITE_MUL48 } },
	};

	return (commands[write][multi][lba48]);
}

/* As much as one command can move of what is left of the bio. */
static void
ad_transfer_request(struct ad_softc *adp)
{
	struct ata_request *request = &adp->request;
	struct bio *bp = adp->bio;
	uint64_t lba = bp->bio_pblkno + (bp->bio_completed >> DEV_BSHIFT);
	uint32_t left = (bp->bio_length - bp->bio_completed) >> DEV_BSHIFT;
	uint32_t multi = adp->retries == AD_RETRIES ? adp->can.multi : 1;
	uint32_t count = MIN(left, AD_COUNT28);
	int lba48, write = bp->bio_cmd == BIO_WRITE;

	lba48 = adp->can.lba48 && (left > count || lba + count > ATA_LBA28_SECTORS);
	if (lba48)
		count = MIN(left, AD_COUNT48);
	request->command = ad_command(write, multi > 1, lba48);
	request->flags = write ? ATA_R_WRITE : ATA_R_READ;
	request->flags |= lba48 ? ATA_R_48BIT : adp->can.lba ? ATA_R_LBA : 0;
	request->lba = adp->can.lba ? lba : ad_chs(adp, lba);
	request->count = count;
	request->data = bp->bio_data + bp->bio_completed;
	request->bytecount = count << DEV_BSHIFT;
	request->transfersize = multi << DEV_BSHIFT;
	request->timeout = AD_SECONDS;
}

static void
ad_flush_request(struct ad_softc *adp)
{
	adp->request.command = adp->can.lba48 ? ATA_FLUSHCACHE48 : ATA_FLUSHCACHE;
	adp->request.timeout = AD_FLUSH_SECONDS;
}

/* ---------------------------------------------------------------- what came of it */

/* End the bio in work. */
static void
ad_finish(struct ad_softc *adp, int error)
{
	struct bio *bp = adp->bio;

	adp->bio = NULL;
	if (error != 0)
		adp->disk.d_errors++;
	biofinish(bp, error);
}

/* The disk is no longer there, or has been silent for too long. */
static void
ad_gone(struct ad_softc *adp)
{
	if (!adp->gone)
		printf("%s: WARNING - removed from configuration\n", adp->name);
	adp->gone = 1;
	adp->device->kind = ATA_NONE;
	if (adp->bio != NULL)
		ad_finish(adp, ENXIO);
	adp->disk.d_errors += adp->queue.length;
	bioq_flush(&adp->queue, ENXIO);
}

/* Say what went wrong, and whether it will be tried again. */
static void
ad_tell(const struct ad_softc *adp, int again)
{
	const struct ata_request *request = &adp->request;
	const struct bio *bp = adp->bio;

	printf("%s: %s - %s", adp->name, !again ? "FAILURE" :
	    request->result == ETIMEDOUT ? "TIMEOUT" : "WARNING",
	    ata_cmd2str(request->command));
	if (request->result == EIO)
		printf(" status=%b error=%b", request->status, ATA_S_BITS,
		    request->error, ATA_E_BITS);
	else if (!again)
		printf(" timed out");
	if (again)
		printf(" retrying (%d retr%s left)", adp->retries,
		    adp->retries == 1 ? "y" : "ies");
	printf(" LBA=%llu\n", (unsigned long long)bp->bio_pblkno +
	    (bp->bio_completed >> DEV_BSHIFT));
}

/*
 * A transfer's request has ended.  If that is the end of the bio, returns 1
 * and its error; else ad_start() goes on with it.
 */
static int
ad_transfer_done(struct ad_softc *adp, int *error)
{
	struct ata_request *request = &adp->request;
	struct bio *bp = adp->bio;

	bp->bio_completed += request->donecount;
	*error = 0;
	if (request->result == 0) {
		adp->retries = AD_RETRIES;
		return (bp->bio_completed == bp->bio_length);
	}
	if (adp->retries > 0) {
		adp->retries--;
		ad_tell(adp, 1);
		return (0);
	}
	ad_tell(adp, 0);
	*error = EIO;
	return (1);
}

/*
 * A command that sets the disk up has ended.  A disk that does not want many
 * sectors an interrupt gets one; its geometry it should know itself.  After a
 * time-out all is to be set anew: ad_next_setup() sees to it.
 */
static void
ad_setup_done(struct ad_softc *adp)
{
	if (adp->request.result == ETIMEDOUT)
		printf("%s: TIMEOUT - %s\n", adp->name,
		    ata_cmd2str(adp->request.command));
	if (adp->setup == AD_SET_MULTI && adp->request.result == EIO)
		adp->can.multi = 1;
	adp->setup++;
}

/*
 * The request has ended: its callback.  What was not begun, because there was
 * a reset, begins anew.
 */
static void
ad_done(struct ata_request *request)
{
	struct ad_softc *adp = request->driver;
	int error;

	adp->busy = 0;
	if (request->result == EAGAIN) {
		ad_start(adp);
		return;
	}
	adp->silent = request->result == ETIMEDOUT ? adp->silent + 1 : 0;
	if (request->result == ENXIO || adp->silent >= AD_SILENT_MAX)
		ad_gone(adp);
	else if (adp->setup != AD_READY)
		ad_setup_done(adp);
	else if (ad_transfer_done(adp, &error))
		ad_finish(adp, error);
	ad_start(adp);
}

/* ---------------------------------------------------------------- what comes next */

/* What must the disk still be told before it can transfer anything? */
static enum ad_setup
ad_next_setup(struct ad_softc *adp)
{
	if (adp->resets != adp->device->resets) {
		adp->resets = adp->device->resets;
		adp->setup = AD_SET_PARAMS;
	}
	if (adp->setup == AD_SET_PARAMS && adp->can.lba)
		adp->setup = AD_SET_MULTI;
	if (adp->setup == AD_SET_MULTI && adp->can.multi == 1)
		adp->setup = AD_READY;
	return (adp->setup);
}

/* If the disk is idle, give it what comes next.  At splbio(). */
static void
ad_start(struct ad_softc *adp)
{
	struct ata_request *request = &adp->request;

	if (adp->busy)
		return;
	if (adp->bio == NULL) {
		if ((adp->bio = bioq_takefirst(&adp->queue)) == NULL)
			return;
		adp->retries = AD_RETRIES;
	}
	if (adp->device->kind == ATA_NONE) {
		ad_gone(adp);
		return;
	}
	*request = (struct ata_request){
		.device = adp->device, .driver = adp, .callback = ad_done,
	};
	if (ad_next_setup(adp) != AD_READY)
		ad_setup_request(adp);
	else if (adp->bio->bio_cmd == BIO_FLUSH)
		ad_flush_request(adp);
	else
		ad_transfer_request(adp);
	adp->busy = 1;
	ata_queue_request(request);
}

/* The disk's strategy. */
static void
ad_strategy(struct bio *bp)
{
	struct disk *dp = bp->bio_dev->si_drv1;
	struct ad_softc *adp = dp->d_drv1;
	int s;

	if (bp->bio_cmd == BIO_FLUSH && !adp->can.flush) {
		biofinish(bp, 0);
		return;
	}
	s = splbio();
	bioq_disksort(&adp->queue, bp);
	ad_start(adp);
	splx(s);
}

/*
 * Before the machine goes off: what was written is to be on the disk.  But a
 * handler, the keyboard's, cannot wait for that; nor can a panic.
 */
static void
ad_shutdown(void *disk, int howto __unused)
{
	struct disk *dp = disk;
	struct bio bio = { .bio_cmd = BIO_FLUSH, .bio_dev = dp->d_dev };

	if (panicstr != NULL || intr_frame != NULL || dp->d_writes == 0)
		return;
	dev_strategy(&bio);
	(void)biowait(&bio, "adflsh");
}

/* ---------------------------------------------------------------- attach */

static void
ad_announce(const struct ad_softc *adp)
{
	const struct ata_device *atadev = adp->device;
	const struct ata_ability *can = &adp->can;
	char model[ATA_MODEL_SIZE], revision[ATA_REVISION_SIZE];

	ata_model(atadev, model);
	ata_revision(atadev, revision);
	printf("%s: %lluMB <%s%s%s> at %s-%s PIO%d\n", adp->name,
	    (unsigned long long)can->size >> 11, model,
	    *revision != '\0' ? " " : "", revision, atadev->channel->name,
	    ata_position(atadev), can->piomode);
	if (bootverbose)
		printf("%s: %llu sectors [%uC/%uH/%uS] %u sectors/interrupt%s\n",
		    adp->name, (unsigned long long)can->size, can->cylinders,
		    can->heads, can->sectors, can->multi,
		    can->lba48 ? " LBA48" : can->lba ? " LBA" : "");
}

/* A disk has been identified: make it known.  Sleeps. */
void
ad_attach(struct ata_device *atadev)
{
	struct ad_softc *adp;
	struct disk *dp;

	adp = malloc(sizeof(*adp), M_AD, M_WAITOK | M_ZERO);
	adp->device = atadev;
	adp->resets = atadev->resets - 1;
	bioq_init(&adp->queue);
	ata_abilities(atadev, &adp->can);
	dp = &adp->disk;
	dp->d_cdevsw = &ad_cdevsw;
	dp->d_unit = ATA_DEVICES * (atadev->channel - ata_channels) + atadev->unit;
	dp->d_mediasize = adp->can.size << DEV_BSHIFT;
	dp->d_sectorsize = DEV_BSIZE;
	dp->d_strategy = ad_strategy;
	dp->d_queue = &adp->queue;
	dp->d_drv1 = adp;
	snprintf(adp->name, sizeof(adp->name), "ad%d", dp->d_unit);
	ad_announce(adp);
	if (adp->can.size == 0) {
		printf("%s: no sectors, left alone\n", adp->name);
		free(adp, M_AD);
		return;
	}
	EVENTHANDLER_REGISTER(shutdown_post_sync, ad_shutdown, dp,
	    SHUTDOWN_PRI_DEFAULT);
	disk_create(dp);
}
