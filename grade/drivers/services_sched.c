/*
 * services_sched: tests of processes, sleep and the scheduler.
 * grade/tests/test_sched.py says what is expected.
 */
#include "services.h"

#include <sys/callout.h>
#include <sys/errno.h>
#include <sys/kthread.h>
#include <sys/priority.h>
#include <sys/resource.h>
#include <sys/sched.h>
#include <sys/systm.h>
#include <sys/unistd.h>
#include <sys/vmmeter.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>

#define	SLEEPERS	24
#define	LIVES		200
#define	ROUNDS		1000

/* ---------------------------------------------------------------- to and fro */

static char	balls[2];
static int	hits[2];

static void
player(void *arg)
{
	int me = (char *)arg - balls;

	while (hits[me] < ROUNDS) {
		hits[me]++;
		wakeup(&balls[!me]);
		(void)tsleep(&balls[me], PWAIT, "ball", 0);
	}
	wakeup(&balls[!me]);
	services_leave();
}

/* Two processes wake each other by turns. */
SERVICE_TEST(pingpong)
{
	(void)services_start(player, &balls[0], PWAIT, "ping");
	(void)services_start(player, &balls[1], PWAIT, "pong");
	services_join(2);
	printf("@pingpong hits=%d,%d\n", hits[0], hits[1]);
}

/* ---------------------------------------------------------------- who is woken */

static struct sleeper {
	int	pri;
	int	timo;			/* ticks, or 0 */
	int	start, end;		/* ticks, before and after */
	int	error;
} sleepers[SLEEPERS];

static int	asleep, awake;
static int	woke[SLEEPERS];		/* in this order */
static char	bed;

static void
sleeper(void *arg)
{
	struct sleeper *me = arg;

	asleep++;
	me->start = ticks;
	me->error = tsleep(&bed, me->pri, "bed", me->timo);
	me->end = ticks;
	woke[awake++] = me - sleepers;
	services_leave();
}

/* Start them all, and wait until they are asleep. */
static void
put_to_bed(int timeouts)
{
	struct sleeper *one;
	int i;

	memset(sleepers, 0, sizeof(sleepers));
	for (i = asleep = awake = 0; i < SLEEPERS; i++) {
		one = &sleepers[i];
		one->pri = PSWP + services_draw(PPAUSE - PSWP + 1);
		one->timo = timeouts ? 1 + services_draw(60) : 0;
		(void)services_start(sleeper, one, PSWP, "sleeper");
	}
	while (asleep < SLEEPERS)
		(void)tsleep(&asleep, PPAUSE, "asleep", 1);
}

/* When all have left: who they are, in the order that they ran in. */
static void
tell_sleepers(const char *test)
{
	const struct sleeper *one;
	int i;

	services_join(SLEEPERS);
	for (i = 0; i < SLEEPERS; i++) {
		one = &sleepers[woke[i]];
		printf("@%s n=%d pri=%d timo=%d slept=%d error=%d\n", test,
		    woke[i], one->pri, one->timo, one->end - one->start,
		    one->error);
	}
}

/* All at once: the order is by priority, then that of falling asleep. */
SERVICE_TEST(order)
{
	put_to_bed(0);
	wakeup(&bed);
	tell_sleepers("order");
}

/* One by one: the order is that of falling asleep. */
SERVICE_TEST(one)
{
	int i;

	put_to_bed(0);
	for (i = 0; i < SLEEPERS; i++) {
		wakeup_one(&bed);
		(void)tsleep(&asleep, PPAUSE, "one", 1);
	}
	tell_sleepers("one");
}

/* Nobody wakes them. */
SERVICE_TEST(timeouts)
{
	put_to_bed(1);
	tell_sleepers("timeouts");
}

/*
 * Somebody does, in time: 0 is returned, and a later sleep is not cut short by
 * the old time-out.
 */
SERVICE_TEST(woken)
{
	int start, error;

	put_to_bed(1);
	wakeup(&bed);
	tell_sleepers("woken");
	start = ticks;
	error = tsleep(&bed, PPAUSE, "bed", 70);
	printf("@later slept=%d error=%d\n", ticks - start, error);
}

/* ---------------------------------------------------------------- interrupts that wake */

static volatile int made;		/* by the callout */
static uint64_t	made_at;		/* the last one: the CPU's cycle */
static int	used, slept;
static uint32_t	longest;		/* cycles from wakeup() to running */
static int	wrong;			/* times that the level was not what it had been */
static struct callout maker_callout;

static void
maker(void *arg __unused)
{
	made++;
	made_at = rdtsc();
	wakeup(&bed);
	if (made < ROUNDS)
		callout_reset(&maker_callout, 1, maker, NULL);
}

/*
 * A callout makes something at each tick, wherever the process is that uses
 * it: at work, about to look, about to sleep, asleep.  Nothing waits.
 */
SERVICE_TEST(lost)
{
	volatile uint32_t work;
	int s;

	callout_init(&maker_callout, 1);
	callout_reset(&maker_callout, 1, maker, NULL);
	while (used < ROUNDS) {
		s = splsoftclock();
		while (used == made) {
			slept++;
			(void)tsleep(&bed, PWAIT, "use", 0);
			wrong += cpl != IPL_SOFTCLOCK;
			longest = MAX(longest, (uint32_t)(rdtsc() - made_at));
		}
		used = made;
		splx(s);
		for (work = services_draw(12000); work > 0; work--)
			;
	}
	printf("@lost made=%d used=%d slept=%d longest=%u wrong=%d\n", made, used,
	    slept, longest, wrong);
}

/* ---------------------------------------------------------------- the CPU's time */

#define	SPINNERS	4
#define	SPIN_SECONDS	40

static struct spinner {
	int	nice;
	uint32_t turns;			/* of its loop */
	int	switches;
	struct proc *proc;
} spinners[SPINNERS] = {
	{ .nice = -5 }, { .nice = 0 }, { .nice = 0 }, { .nice = 5 }
};
static int	spin_end;

/* As a process in user mode: whenever it is to, it lets others run. */
static void
spin(void *arg)
{
	struct spinner *me = arg;
	int s;

	while (ticks - spin_end < 0) {
		me->turns++;
		if ((curthread->td_flags & TDF_NEEDRESCHED) == 0)
			continue;
		me->switches++;
		s = splhigh();
		sched_prio(curthread, curthread->td_user_pri);
		mi_switch();
		splx(s);
	}
	services_leave();
}

static void
print_spinner(const struct spinner *one)
{
	const struct thread *td = &one->proc->p_thread;

	printf("@spinner nice=%d turns=%u switches=%d estcpu=%u user=%d cpu=%u\n",
	    one->nice, one->turns, one->switches, td->td_estcpu,
	    td->td_user_pri, td->td_pctcpu);
}

/* Four that never sleep, of different nice. */
SERVICE_TEST(share)
{
	struct spinner *one;

	spin_end = ticks + SPIN_SECONDS * hz;
	for (one = spinners; one < &spinners[SPINNERS]; one++) {
		one->proc = services_start(spin, one, PUSER, "spin");
		one->proc->p_nice = one->nice;
	}
	(void)tsleep(&spin_end, PWAIT, "share", SPIN_SECONDS * hz - 50);
	for (one = spinners; one < &spinners[SPINNERS]; one++)
		print_spinner(one);
	printf("@load 1=%u 5=%u 15=%u\n", averunnable.ldavg[0],
	    averunnable.ldavg[1], averunnable.ldavg[2]);
	services_join(SPINNERS);
}

/* ---------------------------------------------------------------- taking turns */

#define	TURNS	12

static struct {
	int	who, at;		/* a process, the tick that its turn began at */
} turns[TURNS];
static int	taken;

static void
take_turns(void *arg)
{
	while (taken < TURNS) {
		turns[taken].who = (int)arg;
		turns[taken++].at = ticks;
		while ((curthread->td_flags & TDF_NEEDRESCHED) == 0)
			;
		uio_yield();
	}
	services_leave();
}

/* Three in the same queue, so that none is better than another. */
SERVICE_TEST(turns)
{
	int i;

	for (i = 0; i < 3; i++)
		(void)services_start(take_turns, (void *)i, PPAUSE, "turns");
	services_join(3);
	for (i = 0; i < TURNS; i++)
		printf("@turn who=%d at=%d\n", turns[i].who, turns[i].at);
}

/* ---------------------------------------------------------------- beginning and end */

static int	lived;

static void
life(void *arg)
{
	lived += (int)arg;
	services_leave();
}

static void
live(void)
{
	int i;

	for (i = 0; i < LIVES; i++)
		(void)services_start(life, (void *)i, PWAIT, "life");
	services_join(LIVES);
	/* Process 0, which buries them, has a better priority. */
	(void)tsleep(&lived, PPAUSE, "buried", 1);
}

/* Twice: then malloc() has what it wants to keep. */
SERVICE_TEST(lives)
{
	uint32_t before;

	live();
	before = cnt.v_free_count;
	lived = 0;
	live();
	printf("@lives lived=%d pages=%d procs=%d\n", lived,
	    cnt.v_free_count - before, nprocs);
}

static void
never(void *arg __unused)
{
	printf("@never ran\n");
	services_leave();
}

/* One that is created stopped does not run until it is told to. */
SERVICE_TEST(stopped)
{
	struct proc *p;
	int s;

	if (kthread_create(never, NULL, &p, RFSTOPPED, 0, "never") != 0)
		panic("stopped");
	(void)tsleep(&lived, PPAUSE, "stopped", 3);
	printf("@stopped pfind=%d\n", pfind(p->p_pid) == p);
	s = splhigh();
	sched_add(&p->p_thread);
	splx(s);
	services_join(1);
}

/* More than there may be, and more than there is memory for. */
SERVICE_TEST(limits)
{
	/* Pages of a stack: no addresses are left for so many; no memory is. */
	static const int large[] = { 300000, 20000 };
	int count = 0, error, before = nprocs, i;
	uint32_t pages = cnt.v_free_count;

	for (i = 0; i < 2; i++) {
		error = kthread_create(never, NULL, NULL, RFSTOPPED, large[i],
		    "large");
		printf("@large error=%d pages=%d procs=%d\n", error,
		    cnt.v_free_count - pages, nprocs - before);
	}
	while ((error = kthread_create(life, NULL, NULL, 0, 0, "many")) == 0)
		count++;
	printf("@many error=%d count=%d max=%d\n", error, count, maxproc - before);
	services_join(count);
}

/* Who returns from its function, and from where nobody waits. */
static void
returns(void *arg __unused)
{
}

SERVICE_TEST(returning)
{
	struct proc *p = services_start(returns, NULL, PWAIT, "returns");

	(void)tsleep(p, PPAUSE, "returns", 0);
	printf("@returning procs=%d\n", nprocs);
}

/* ---------------------------------------------------------------- the stack's end */

static int
deeper(int n)
{
	volatile char room[256];

	room[0] = n;
	return (n == lived ? 0 : deeper(n + 1) + room[0]);
}

static void
deep(void *arg __unused)
{
	(void)deeper(lived + 1);
	services_leave();
}

SERVICE_TEST(overflow)
{
	(void)services_start(deep, NULL, PWAIT, "deep");
	services_join(1);
}
