/*
 * Calls with whatever arguments, from a process that nobody knows the state of:
 * each must come back with an errno that it may have, and when all is over
 * nothing is left (grade/tests/test_mmap.py).
 *
 * Numbers are drawn near the ends of what is valid: of pages, of what is mapped,
 * of the user's addresses, of 2^32.
 */
#include "services.h"
#include "services_mapper.h"

#include <sys/errno.h>
#include <sys/fcntl.h>
#include <sys/mman.h>
#include <sys/resourcevar.h>
#include <sys/sysproto.h>
#include <sys/systm.h>
#include <vm/vm_extern.h>

#define	ARENA		0x10000000
#define	SPACES		4
#define	MAX_SIZE	(64 * PAGE_SIZE)	/* so that memory is not used up */

static struct memfile file;
static struct vmspace *spaces[SPACES];
static int	now;
static uint32_t	answers[96];		/* how often each errno has come */

static const uint32_t bases[] = {
	0, PAGE_SIZE, ARENA, ARENA, ARENA, ARENA, ARENA + 0x8000, 0x20000000,
	0x7fffffff, 0xbfbf0000, 0xbfc00000, 0xc0100000, 0xfffff000, 0xffffffff
};

/* An address, or a number of bytes. */
static uint32_t
number(void)
{
	uint32_t base = bases[services_draw(nitems(bases))];

	switch (services_draw(4)) {
	case 0:
		return (base);
	case 1:
		return (base + services_draw(3) - 1);
	case 2:
		return (base + ptoa(services_draw(24)));
	default:
		return (base + services_draw(PAGE_SIZE * 24));
	}
}

static uint32_t
length(void)
{
	return (services_draw(4) ? services_draw(MAX_SIZE) : number());
}

/* Any bits, but few of them. */
static int
bits(int of)
{
	int all = 0, i;

	for (i = services_draw(4); i > 0; i--)
		all |= 1 << services_draw(of);
	return (services_draw(30) ? all : (int)services_draw(UINT32_MAX));
}

static int
fuzz_mmap(void)
{
	static const int kinds[] = { MAP_SHARED, MAP_PRIVATE, MAP_ANON, MAP_ANON };
	int kind = kinds[services_draw(nitems(kinds))];
	vm_offset_t addr = number();
	int64_t pos = 0;

	if (!(kind & MAP_ANON))
		pos = services_draw(8) ? (int64_t)ptoa(services_draw(8)) :
		    (int64_t)number() << services_draw(32);
	return (mapper_mmap(&addr, services_draw(10) ? services_draw(MAX_SIZE) :
	    number(), services_draw(3) ? PROT_READ | PROT_WRITE : bits(4),
	    kind | (services_draw(2) ? MAP_FIXED : bits(32)),
	    kind & MAP_ANON && services_draw(9) ? -1 : (int)services_draw(5) - 1, pos));
}

static int
fuzz_munmap(void)
{
	return (mapper_munmap(number(), length()));
}

static int
fuzz_mprotect(void)
{
	struct mprotect_args args = { (void *)number(), length(), bits(4) };

	return (sys_mprotect(curthread, &args));
}

static int
fuzz_minherit(void)
{
	struct minherit_args args = { (void *)number(), length(), services_draw(6) };

	return (sys_minherit(curthread, &args));
}

static int
fuzz_madvise(void)
{
	struct madvise_args args = { (void *)number(), length(), services_draw(13) };

	return (sys_madvise(curthread, &args));
}

static int
fuzz_msync(void)
{
	struct msync_args args = { (void *)number(), length(), bits(3) };

	return (sys_msync(curthread, &args));
}

static int
fuzz_mincore(void)
{
	struct mincore_args args = { (void *)number(), length(), (char *)number() };

	return (sys_mincore(curthread, &args));
}

static int
fuzz_mlock(void)
{
	struct mlock_args args = { (void *)number(), services_draw(8 * PAGE_SIZE) };

	return (sys_mlock(curthread, &args));
}

static int
fuzz_munlock(void)
{
	struct munlock_args args = { (void *)number(), length() };

	return (sys_munlock(curthread, &args));
}

static int
fuzz_lockall(void)
{
	struct mlockall_args lock = { services_draw(5) };
	struct munlockall_args unlock = { 0 };

	return (services_draw(3) == 0 ? sys_mlockall(curthread, &lock) :
	    sys_munlockall(curthread, &unlock));
}

static int
fuzz_break(void)
{
	struct obreak_args args = {
		(char *)(services_draw(3) ? 0x8000000 + services_draw(MAX_SIZE) :
		number())
	};

	return (sys_obreak(curthread, &args));
}

static int
fuzz_read(void)
{
	return (mapper_read(number()) == -1 ? EFAULT : 0);
}

static int
fuzz_write(void)
{
	return (mapper_write(number(), 1));
}

static int
fuzz_truncate(void)
{
	memfile_truncate(&file, services_draw(MEMFILE_MAX));
	return (0);
}

/* A child takes a place, or a process goes on in another. */
static int
fuzz_fork(void)
{
	int other = services_draw(SPACES);

	if (other == now)
		return (0);
	if (spaces[other] != NULL && services_draw(2)) {
		now = other;
		(void)mapper_switch(spaces[now]);
		return (0);
	}
	if (spaces[other] != NULL)
		vmspace_free(spaces[other]);
	spaces[other] = vmspace_fork(spaces[now]);
	return (spaces[other] == NULL ? ENOMEM : 0);
}

/* What each may answer, beside 0. */
static const struct {
	const char *name;
	int	(*call)(void);
	int	weight;
	uint8_t	may[6];
} calls[] = {
	{ "mmap", fuzz_mmap, 12, { EINVAL, EBADF, ENOMEM, EACCES, ENODEV } },
	{ "munmap", fuzz_munmap, 5, { EINVAL } },
	{ "mprotect", fuzz_mprotect, 4, { EINVAL, ENOMEM, EACCES } },
	{ "minherit", fuzz_minherit, 3, { EINVAL } },
	{ "madvise", fuzz_madvise, 6, { EINVAL } },
	{ "msync", fuzz_msync, 5, { EINVAL, ENOMEM, EBUSY, EIO } },
	{ "mincore", fuzz_mincore, 3, { ENOMEM, EFAULT } },
	{ "mlock", fuzz_mlock, 4, { EINVAL, ENOMEM, EAGAIN } },
	{ "munlock", fuzz_munlock, 4, { EINVAL, ENOMEM } },
	{ "mlockall", fuzz_lockall, 2, { EINVAL, ENOMEM, EAGAIN } },
	{ "break", fuzz_break, 3, { EINVAL, ENOMEM } },
	{ "read", fuzz_read, 15, { EFAULT } },
	{ "write", fuzz_write, 15, { EFAULT } },
	{ "truncate", fuzz_truncate, 2, { 0 } },
	{ "fork", fuzz_fork, 3, { ENOMEM } }
};

/* One call; with `fail' some of the memory that it asks for is not there at once. */
static void
fuzz(int fail)
{
	int error, left = 0;
	size_t i, k;

	for (i = 0; i < nitems(calls); i++)
		left += calls[i].weight;
	left = services_draw(left);
	for (i = 0; left >= calls[i].weight; i++)
		left -= calls[i].weight;
	if (services_draw(50) == 0)
		file.fails = services_draw(3);
	if (fail)
		vm_fail_alloc = services_draw(2) ? services_draw(30) + 1 : 0;
	error = calls[i].call();
	vm_fail_alloc = 0;
	for (k = 0; k < nitems(calls[i].may); k++)
		if (error == calls[i].may[k])
			break;
	if (error != 0 && (k == nitems(calls[i].may) || error < 0))
		printf("@wrong call=%s e=%d\n", calls[i].name, error);
	answers[error]++;
}

static void
print_answers(void)
{
	size_t i;

	printf("@answers");
	for (i = 0; i < nitems(answers); i++)
		if (answers[i] > 0)
			printf(" e%d=%u", (int)i, answers[i]);
	printf("\n");
}

SERVICE_TEST(mmap_fuzz)
{
	struct plimit *mine = lim_alloc();
	struct census before;
	int count = 4000, fail = 1, i;

	TUNABLE_INT_FETCH("mmap.count", &count);
	TUNABLE_INT_FETCH("mmap.fail", &fail);
	census_take(&before);
	lim_copy(mine, proc0.p_limit);
	mine->pl_rlimit[RLIMIT_VMEM].rlim_cur = 16 * MAX_SIZE;
	mine->pl_rlimit[RLIMIT_MEMLOCK].rlim_cur = 4 * MAX_SIZE;
	lim_free(curproc->p_limit);
	curproc->p_limit = mine;
	memfile_create(&file, VREG, 10 * PAGE_SIZE + 5, 0);
	mapper_begin();
	(void)mapper_open(file.vnode, FREAD | FWRITE);
	(void)mapper_open(file.vnode, FREAD);
	(void)mapper_open(NULL, FREAD);
	bzero(spaces, sizeof(spaces));
	bzero(answers, sizeof(answers));
	now = 0;
	spaces[0] = curproc->p_vmspace;
	spaces[0]->vm_daddr = 0x8000000;
	while (count-- > 0)
		fuzz(fail);
	for (i = 0; i < SPACES; i++)
		if (i != now && spaces[i] != NULL)
			vmspace_free(spaces[i]);
	mapper_end();
	file.fails = 0;
	printf("@uses r=%d\n", vrefcnt(file.vnode));
	memfile_destroy(&file);
	print_answers();
	census_compare("fuzz", &before);
}
