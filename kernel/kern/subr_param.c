/*
 * subr_param.c: the sizes of the system's tables, and its clock's rate.
 *
 * Most follow from maxusers, which follows from the memory there is; each can
 * be set in the loader.  What is set to nonsense is told and left alone, what
 * is set too low or too high is told and brought to the nearest that will do.
 *
 *	kern.hz		hz		100
 *	kern.maxusers	maxusers	one for 2 MB, but 32 to 384
 *	kern.maxproc	maxproc		20 + 16 * maxusers; 12 pages for each
 *			maxprocperuid	nine tenths of it
 *	kern.maxfiles	maxfiles	2 * maxproc
 *			maxfilesperproc	nine tenths of it
 *	kern.ncallout	ncallout	16 + maxproc + maxfiles; 16 a page at most
 *	kern.nbuf	nbuf		0: the buffer cache chooses
 */
#include <sys/systm.h>
#include <sys/kenv.h>

#define	HZ		100
#define	HZ_MIN		19		/* what 16 bits of the i8254 can count */
#define	HZ_MAX		10000

#define	PAGES_PER_USER	(2 * 1024 * 1024 / PAGE_SIZE)
#define	USERS_MIN	32
#define	USERS_MAX	384
#define	PAGES_PER_PROC	12
#define	CALLOUTS_PER_PAGE 16		/* an eighth of the memory, then */
#define	PROC_MIN	20		/* with fewer the system does not come up */
#define	TABLE_MAX	1000000		/* entries of any table */

int	hz, tick;
int	maxusers, maxproc, maxprocperuid, maxfiles, maxfilesperproc;
int	ncallout, nbuf;

/* The value of the variable `name' between `low' and `high', or `value'. */
static int
tunable(const char *name, int value, int low, int high)
{
	int asked;

	if (getenv(name) == NULL)
		return (value);
	if (!getenv_int(name, &asked)) {
		printf("%s=\"%.40s\" makes no sense: %d is used\n", name,
		    getenv(name), value);
		return (value);
	}
	value = MIN(MAX(asked, low), high);
	if (value != asked)
		printf("%s=%d is not between %d and %d: %d is used\n", name,
		    asked, low, high, value);
	return (value);
}

void
init_param1(void)
{
	hz = tunable("kern.hz", HZ, HZ_MIN, HZ_MAX);
	tick = 1000000 / hz;
}

void
init_param2(uint32_t physpages)
{
	int most;

	maxusers = tunable("kern.maxusers", 0, 0, TABLE_MAX / 32);
	if (maxusers == 0)
		maxusers = MIN(MAX(physpages / PAGES_PER_USER, USERS_MIN),
		    USERS_MAX);
	most = MAX(physpages / PAGES_PER_PROC, PROC_MIN);
	maxproc = tunable("kern.maxproc", MIN(20 + 16 * maxusers, most),
	    PROC_MIN, most);
	maxprocperuid = maxproc * 9 / 10;
	maxfiles = tunable("kern.maxfiles", maxproc * 2, maxproc, TABLE_MAX);
	maxfilesperproc = maxfiles * 9 / 10;
	most = MIN(physpages * CALLOUTS_PER_PAGE, TABLE_MAX);
	ncallout = tunable("kern.ncallout", MIN(16 + maxproc + maxfiles, most),
	    16 + maxproc, most);
	nbuf = tunable("kern.nbuf", 0, 0, TABLE_MAX);
}
