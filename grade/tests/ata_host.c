/*
 * The kernel's disks as a program of the host, around drives of a model.
 * test_ata_host.py builds it under the sanitizers and runs it:
 *
 *	ata_host faults SEED COUNT PERCENT RESETS	transfers on drawn drives,
 *			of whose commands and resets so many go wrong
 *	ata_host tables SEED COUNT	disks whose tables and labels are drawn
 *
 * A tick passes whenever somebody sleeps.  Interrupts come at the level that
 * lets them, and some of them for nothing.  The kernel's names that the host
 * has too are given another by the build.
 */
#include "grade/tests/ata_host.h"

#include <dev/ata/ata-all.h>
#include <i386/intr.h>
#include <sys/disk.h>
#include <sys/disklabel.h>
#include <sys/diskmbr.h>
#include <sys/errno.h>
#include <sys/eventhandler.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/systm.h>

int	host_printf(const char *fmt, ...) __asm__("printf");
int	host_vprintf(const char *fmt, va_list ap) __asm__("vprintf");
void	*host_calloc(size_t n, size_t size) __asm__("calloc");
void	host_free(void *p) __asm__("free");
int	atoi(const char *text);
void	exit(int status) __dead2;

#define	TICKS_MAX	2000000		/* of a run: nothing may take for ever */
#define	BATCHES		12
#define	BATCH		10		/* transfers at once */
#define	SECTORS_MAX	300

int	hz = 100, cold, bootverbose;
volatile int ticks;
const char *panicstr;
int	registers_checked;

static uint32_t	state;			/* draw()'s */
static unsigned	run_seed;		/* of this run, for fail() */
static int	level;
static const void *asleep_on;	/* what the only process sleeps on, or NULL */
static struct callout *callouts[8];	/* those that were ever set */
static driver_intr_t *handlers[2];
static void	*handler_args[2];
static struct intr_config_hook *config_hook;

uint32_t
draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return ((uint64_t)state * below >> 32);
}

void
fail(const char *what, ...)
{
	va_list ap;

	host_printf("run %u, tick %d: ", run_seed, ticks);
	va_start(ap, what);
	host_vprintf(what, ap);
	va_end(ap);
	host_printf("\n");
	exit(1);
}

/* ---------------------------------------------------------------- the machine */

int
printf(const char *fmt __unused, ...)
{
	return (0);
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	host_printf("run %u: panic: ", run_seed);
	va_start(ap, fmt);
	host_vprintf(fmt, ap);
	va_end(ap);
	host_printf("\n");
	exit(2);
}

void *
malloc(unsigned long size, struct malloc_type *type __unused, int flags __unused)
{
	return (host_calloc(1, size));
}

void
free(void *addr, struct malloc_type *type __unused)
{
	host_free(addr);
}

void
malloc_init(const void *type __unused)
{
}

void
malloc_uninit(const void *type __unused)
{
}

eventhandler_tag
eventhandler_register(const char *name __unused, void (*func)(void) __unused,
    void *arg __unused, int priority __unused)
{
	return (NULL);
}

int
intr_create(const char *name __unused, int irq, int ipl __unused,
    driver_intr_t *handler, void *arg)
{
	handlers[irq - 14] = handler;
	handler_args[irq - 14] = arg;
	return (0);
}

int
config_intrhook_establish(struct intr_config_hook *hook)
{
	config_hook = hook;
	return (0);
}

void
config_intrhook_disestablish(struct intr_config_hook *hook __unused)
{
	config_hook = NULL;
}

void
callout_init(struct callout *c, int mpsafe __unused)
{
	memset(c, 0, sizeof(*c));
}

void
callout_reset(struct callout *c, int to_ticks, timeout_t *func, void *arg)
{
	size_t i;

	for (i = 0; callouts[i] != NULL && callouts[i] != c; i++)
		;
	callouts[i] = c;
	c->c_time = ticks + MAX(to_ticks, 1);
	c->c_func = func;
	c->c_arg = arg;
	c->c_flags |= CALLOUT_PENDING;
}

int
callout_stop(struct callout *c)
{
	int pending = callout_pending(c) != 0;

	c->c_flags &= ~CALLOUT_PENDING;
	return (pending);
}

/* Let interrupts in, if the level allows it. */
static void
deliver(int channel)
{
	if (handlers[channel] == NULL || level >= IPL_BIO)
		return;
	level = IPL_BIO;
	handlers[channel](handler_args[channel]);
	level = IPL_NONE;
}

/* Time passes for the drives; one in a hundred times an interrupt is for nothing. */
static void
drives_go_on(void)
{
	static int waiting[2];
	int channel;

	for (channel = 0; channel < 2; channel++) {
		waiting[channel] |= drive_step(channel) | (draw(100) == 0);
		if (waiting[channel] && level < IPL_BIO) {
			waiting[channel] = 0;
			deliver(channel);
		}
	}
}

void
DELAY(int microseconds __unused)
{
	drives_go_on();
}

static void
pass_tick(void)
{
	size_t i;

	if (++ticks > TICKS_MAX)
		fail("it does not come to an end");
	drives_go_on();
	for (i = 0; i < nitems(callouts) && callouts[i] != NULL; i++)
		if (callout_pending(callouts[i]) && callouts[i]->c_time == ticks) {
			callouts[i]->c_flags &= ~CALLOUT_PENDING;
			level = IPL_SOFTCLOCK;
			callouts[i]->c_func(callouts[i]->c_arg);
			level = IPL_NONE;
		}
}

int
tsleep(const void *chan, int pri __unused, const char *wmesg __unused,
    int timo __unused)
{
	int old = level;

	level = IPL_NONE;
	asleep_on = chan;
	while (asleep_on != NULL)
		pass_tick();
	level = old;
	return (0);
}

void
wakeup(const void *chan)
{
	if (asleep_on == chan)
		asleep_on = NULL;
}

int
splbio(void)
{
	int old = level;

	if (level < IPL_BIO)
		level = IPL_BIO;
	return (old);
}

void
splx(int old)
{
	level = old;
}

/* Switch the machine on: find the disks. */
static void
start(void)
{
	static struct ata_channel fresh[ATA_CHANNELS];

	if (fresh[0].name == NULL)
		memcpy(fresh, ata_channels, sizeof(fresh));
	memcpy(ata_channels, fresh, sizeof(fresh));
	memset(callouts, 0, sizeof(callouts));
	memset(handlers, 0, sizeof(handlers));
	TAILQ_INIT(&disk_list);
	TAILQ_INIT(&cdev_list);
	ticks = 0;
	registers_checked = 0;
	ata_attach();
	registers_checked = 1;
	if (config_hook != NULL)
		config_hook->ich_func(config_hook->ich_arg);
	if (config_hook != NULL)
		fail("the configuration hook was not taken back");
}

/* Give back what the driver keeps for ever. */
static void
stop(void)
{
	struct disk *dp;
	struct cdev *dev;

	while ((dev = TAILQ_FIRST(&cdev_list)) != NULL)
		destroy_dev(dev);
	while ((dp = TAILQ_FIRST(&disk_list)) != NULL) {
		TAILQ_REMOVE(&disk_list, dp, d_list);
		host_free(dp->d_slice);
		host_free(dp->d_drv1);
	}
}

/* ---------------------------------------------------------------- faults */

struct transfer {
	struct bio	bio;
	struct drive	*drive;
	int		ended;
	uint8_t		data[SECTORS_MAX * 512];
};

static struct transfer transfers[BATCH];
static int	ended;

static void
transfer_end(struct bio *bp)
{
	struct transfer *t = bp->bio_caller1;

	if (t->ended++)
		fail("a transfer ended twice");
	if (++ended == BATCH)
		wakeup(&ended);
}

static struct disk *
drawn_disk(void)
{
	struct disk *dp;
	uint32_t count = 0;

	TAILQ_FOREACH(dp, &disk_list, d_list)
		count++;
	count = draw(count);
	TAILQ_FOREACH(dp, &disk_list, d_list)
		if (count-- == 0)
			break;
	return (dp);
}

/*
 * Transfers at once, all reads or all writes.  The i-th of the writes has a
 * part of the disk of its own, so that the order makes no difference.
 */
static void
begin_batch(int cmd)
{
	struct transfer *t;
	struct disk *dp;
	uint32_t part = DRIVE_SECTORS / BATCH, first, count, i;

	ended = 0;
	for (t = transfers; t < &transfers[BATCH]; t++) {
		dp = drawn_disk();
		count = 1 + draw(cmd == BIO_WRITE ? part : SECTORS_MAX);
		first = cmd == BIO_WRITE ?
		    (t - transfers) * part + draw(part - count + 1) :
		    draw(DRIVE_SECTORS - count);
		memset(&t->bio, 0, sizeof(t->bio));
		t->bio.bio_cmd = draw(20) == 0 ? BIO_FLUSH : cmd;
		t->bio.bio_dev = dp->d_dev;
		t->bio.bio_offset = first * 512;
		t->bio.bio_bcount = count * 512;
		t->bio.bio_data = t->data;
		t->bio.bio_done = transfer_end;
		t->bio.bio_caller1 = t;
		t->drive = &drives[dp->d_unit / 2][dp->d_unit % 2];
		t->ended = 0;
		for (i = 0; i < count * 512; i++)
			t->data[i] = draw(256);
		dev_strategy(&t->bio);
	}
}

/*
 * What has become of it: what was transferred is right, and what was not has
 * a reason: a bad sector, or a number of faults.
 */
static void
check_transfer(const struct transfer *t, int faults)
{
	const struct bio *bp = &t->bio;
	uint32_t first = bp->bio_offset / 512, count = bp->bio_bcount / 512;
	uint32_t done = bp->bio_bcount - bp->bio_resid;

	if (bp->bio_cmd == BIO_FLUSH)
		return;
	if ((bp->bio_error == 0) != (bp->bio_resid == 0))
		fail("error %d and %u left", bp->bio_error, bp->bio_resid);
	if (memcmp(t->data, t->drive->content[first], done) != 0)
		fail("%s %u, %u: the data is not right",
		    bp->bio_cmd == BIO_READ ? "read" : "write", first, count);
	if (bp->bio_error == EIO && !drive_is_bad(t->drive, first, count) &&
	    faults < 4)
		fail("%u, %u failed after %d faults", first, count, faults);
	if (bp->bio_error == 0 && drive_is_bad(t->drive, first, count))
		fail("%u, %u: a bad sector", first, count);
	if (bp->bio_error == EIO && drive_is_bad(t->drive, first + done / 512, 1))
		return;
	if (bp->bio_error != 0 && faults == 0)
		fail("error %d for nothing", bp->bio_error);
}

static void
faults(int percent, int resets)
{
	struct transfer *t;
	int batch, before;

	fault_percent = percent;
	reset_percent = resets;
	fault_count = 0;
	drives_draw();
	start();
	if (percent == 0 && resets == 0 && TAILQ_EMPTY(&disk_list))
		fail("no disk");
	for (batch = 0; batch < BATCHES && !TAILQ_EMPTY(&disk_list); batch++) {
		before = fault_count;
		begin_batch(draw(2) ? BIO_READ : BIO_WRITE);
		while (ended < BATCH)
			tsleep(&ended, 0, "batch", 0);
		for (t = transfers; t < &transfers[BATCH]; t++)
			check_transfer(t, percent == 0 && resets == 0 ? 0 :
			    batch == 0 ? fault_count : fault_count - before +
			    8 * (t->bio.bio_error == ENXIO));
	}
	stop();
}

/* ---------------------------------------------------------------- tables */

/* A number that somebody could have written there, or any. */
static uint32_t
odd_number(void)
{
	switch (draw(5)) {
	case 0:
		return (draw(4));
	case 1:
		return (DRIVE_SECTORS - 2 + draw(5));
	case 2:
		return (UINT32_MAX - draw(DRIVE_SECTORS));
	default:
		return (draw(DRIVE_SECTORS));
	}
}

static void
draw_table(uint8_t *sector)
{
	static const uint8_t types[] = { 0, 5, 0x0f, 5, 0xa5, 0xa5, 0x83, 0xff };
	struct dos_partition table[NDOSPART];
	int i;

	for (i = 0; i < NDOSPART; i++) {
		memset(&table[i], draw(256), sizeof(table[i]));
		table[i].dp_typ = types[draw(nitems(types))];
		table[i].dp_start = odd_number();
		table[i].dp_size = odd_number();
	}
	memcpy(sector + DOSPARTOFF, table, sizeof(table));
	sector[DOSMAGICOFFSET] = 0x55;
	sector[DOSMAGICOFFSET + 1] = draw(30) == 0 ? 0 : 0xaa;
}

static void
draw_label(uint8_t *sector)
{
	union { struct disklabel label; uint16_t words[138]; } u;
	size_t i, words;
	uint16_t sum = 0;

	memset(&u, 0, sizeof(u));
	u.label.d_magic = u.label.d_magic2 = DISKMAGIC;
	u.label.d_secsize = draw(10) == 0 ? draw(4096) : 512;
	u.label.d_npartitions = draw(6) == 0 ? draw(65536) : 1 + draw(8);
	for (i = 0; i < MAXPARTITIONS; i++) {
		u.label.d_partitions[i].p_size = odd_number();
		u.label.d_partitions[i].p_offset = odd_number();
	}
	words = 74 + MIN(u.label.d_npartitions, 8) * 8;
	for (i = 0; i < words; i++)
		sum ^= u.words[i];
	u.label.d_checksum = draw(6) == 0 ? draw(65536) : sum;
	memcpy(sector, &u.label, sizeof(u.label));
}

/* All devices lie on the disk, and can be read at both ends. */
static void
check_devices(struct disk *dp)
{
	static uint8_t data[512];
	struct cdev *dev;
	uint64_t first, last;

	TAILQ_FOREACH(dev, &cdev_list, si_list) {
		struct bio bio = { .bio_cmd = BIO_READ, .bio_dev = dev,
		    .bio_bcount = UINT32_MAX / 512 * 512, .bio_data = data };

		if (dscheck(dp, &bio) != 0 || bio.bio_length == 0)
			fail("%s has no first sector", dev->si_name);
		first = bio.bio_pblkno;
		last = first + bio.bio_length / 512 - 1;
		if (last >= DRIVE_SECTORS)
			fail("%s ends beyond the disk", dev->si_name);
		bio.bio_offset = bio.bio_length;
		if (dscheck(dp, &bio) != 0 || bio.bio_length != 0)
			fail("%s does not end", dev->si_name);
		bio.bio_offset += 512;
		if (dscheck(dp, &bio) != EINVAL)
			fail("%s goes on behind its end", dev->si_name);
	}
}

static void
tables(void)
{
	struct drive *d = &drives[0][0];
	uint32_t i;

	fault_percent = draw(4) == 0 ? 2 : 0;
	reset_percent = 0;
	drives_draw();
	drives[0][1].present = drives[1][0].present = drives[1][1].present = 0;
	for (i = 0; i < DRIVE_SECTORS; i++)
		if (draw(2))
			draw_table(d->content[i]);
		else
			draw_label(d->content[i]);
	draw_table(d->content[0]);
	if (draw(2))
		draw_label(d->content[1]);
	start();
	if (!TAILQ_EMPTY(&disk_list))
		check_devices(TAILQ_FIRST(&disk_list));
	stop();
}

int
main(int argc, char **argv)
{
	int seed = argc > 2 ? atoi(argv[2]) : 1, count = argc > 3 ? atoi(argv[3]) : 1;

	for (; count > 0; count--) {
		run_seed = state = seed++;
		(void)draw(2);
		if (argc == 6 && strcmp(argv[1], "faults") == 0)
			faults(atoi(argv[4]), atoi(argv[5]));
		else
			tables();
	}
	return (0);
}
