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

int	hz = 100, cold, bootverbose;
volatile int ticks;
const char *panicstr;
struct intrframe *intr_frame;
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
	c->c_links.link.next = &c->c_links.link;	/* callout_pending() */
}

int
callout_stop(struct callout *c)
{
	int pending = callout_pending(c) != 0;

	c->c_links.link.next = NULL;
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
			callouts[i]->c_links.link.next = NULL;
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
void
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
void
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
