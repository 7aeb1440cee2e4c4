/*
 * kern_conf.c: the list of all devices.
 *
 * Drivers put theirs in while they attach them, and nobody looks at the list
 * in an interrupt's handler.  So it needs no level.
 *
 * [kern/kern_conf.c]
 */
#include <sys/conf.h>

#include <sys/bio.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/systm.h>

static MALLOC_DEFINE(M_CDEV, "cdev", "devices");

struct cdev_list cdev_list = TAILQ_HEAD_INITIALIZER(cdev_list);

/*
 * Make a device known by the name that `fmt' says, which nobody else may have.
 * May sleep.
 */
struct cdev *
make_dev(struct cdevsw *devsw, int minor, uint32_t uid, uint32_t gid, int mode,
    const char *fmt, ...)
{
	struct cdev *dev;
	va_list ap;

	dev = malloc(sizeof(*dev), M_CDEV, M_WAITOK | M_ZERO);
	va_start(ap, fmt);
	vsnprintf(dev->si_name, sizeof(dev->si_name), fmt, ap);
	va_end(ap);
	KASSERT(dev_lookup(dev->si_name) == NULL,
	    ("make_dev: there is a %s", dev->si_name));
	dev->si_devsw = devsw;
	dev->si_minor = minor;
	dev->si_uid = uid;
	dev->si_gid = gid;
	dev->si_mode = mode;
	TAILQ_INSERT_TAIL(&cdev_list, dev, si_list);
	return (dev);
}

/* Nobody may use it any more. */
void
destroy_dev(struct cdev *dev)
{
	TAILQ_REMOVE(&cdev_list, dev, si_list);
	free(dev, M_CDEV);
}

/* The device of that name, without "/dev/"; NULL if there is none. */
struct cdev *
dev_lookup(const char *name)
{
	struct cdev *dev;

	TAILQ_FOREACH(dev, &cdev_list, si_list)
		if (strcmp(dev->si_name, name) == 0)
			return (dev);
	return (NULL);
}

/*
 * Start a transfer of bp->bio_dev's.  It ends by biodone(), at once even, and
 * with ENODEV if the device is no disk.
 */
void
dev_strategy(struct bio *bp)
{
	bp->bio_flags = 0;
	bp->bio_error = 0;
	bp->bio_completed = 0;
	if (bp->bio_dev->si_devsw->d_strategy == NULL)
		biofinish(bp, ENODEV);
	else
		bp->bio_dev->si_devsw->d_strategy(bp);
}
