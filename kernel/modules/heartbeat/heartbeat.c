/*
 * heartbeat: a callout that counts, and a function for other modules.
 *
 * It beats every `heartbeat.ticks' clock ticks, once a second if the loader
 * does not say, and tells the first beat and, at the end, how many there were:
 * so it shows that interrupts, the clock and softclock() all do their work.
 *
 * One of its SYSINITs is for a time that was over before any module came: it
 * is run as soon as the file is linked, before anything else.
 */
#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/systm.h>

unsigned	heartbeat_beats(void);

static int	interval;
TUNABLE_INT("heartbeat.ticks", &interval);

static struct callout beat_callout;
static int	started;		/* the tick at which it was */
static unsigned	beats;

/* How often it has beaten.  For other modules. */
unsigned
heartbeat_beats(void)
{
	return (beats);
}

/* Runs from softclock(). */
static void
beat(void *arg __unused)
{
	if (++beats == 1)
		printf("heartbeat: the first, after %d ticks\n", ticks - started);
	callout_reset(&beat_callout, interval, beat, NULL);
}

/* TUNABLEs come before this, for a module as for the kernel. */
static void
heartbeat_init(const void *dummy __unused)
{
	if (interval <= 0)
		interval = hz;
	printf("heartbeat: every %d ticks\n", interval);
}
SYSINIT(heartbeat, SI_SUB_LOCK, SI_ORDER_ANY, heartbeat_init, NULL);

static int
heartbeat_event(module_t mod __unused, int what, void *arg __unused)
{
	switch (what) {
	case MOD_LOAD:
		callout_init(&beat_callout, 0);
		started = ticks;
		callout_reset(&beat_callout, interval, beat, NULL);
		break;
	case MOD_UNLOAD:
	case MOD_SHUTDOWN:
		callout_stop(&beat_callout);
		printf("heartbeat: %u in %d ticks\n", beats, ticks - started);
		break;
	}
	return (0);
}

static moduledata_t heartbeat_data = { "heartbeat", heartbeat_event, NULL };
DECLARE_MODULE(heartbeat, heartbeat_data, SI_SUB_CLOCKS, SI_ORDER_ANY);
