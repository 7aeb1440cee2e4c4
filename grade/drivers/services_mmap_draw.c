/*
 * Drawn operations of processes that map two files and zeros in the same few
 * pages: what each reads then is for a model outside (grade/tests/test_mmap.py).
 *
 *	ARENA		 16 pages: FIXED mappings, in one another's way
 *	DATA_END	 where mmap(2) itself places them
 *
 * A process is an address space; three may be there, and the test's thread is
 * one of them at a time.  Each operation is printed before it is done:
 *
 *	@op vm=0 call=write a=268435456 b=17 e=0
 */
#include "services.h"
#include "services_mapper.h"

#include <sys/errno.h>
#include <sys/fcntl.h>
#include <sys/mman.h>
#include <sys/sysproto.h>
#include <sys/systm.h>
#include <vm/vm_extern.h>

#define	ARENA		0x10000000
#define	ARENA_PAGES	16
#define	SPACES		3
#define	FILES		2

static struct memfile files[FILES];
static struct vmspace *spaces[SPACES];
static int	now;			/* which of them we are */

static const int prots[] = {
	PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE, PROT_READ | PROT_EXEC,
	PROT_READ | PROT_WRITE | PROT_EXEC
};

static vm_offset_t
draw_addr(void)
{
	return (ARENA + services_draw(ARENA_PAGES) * PAGE_SIZE);
}

static size_t
draw_len(void)
{
	return ((services_draw(6) + 1) * PAGE_SIZE - services_draw(2) * 100);
}

/* 0: file 0, 1: the same to read, 2: file 1; -1: zeros. */
static void
op_mmap(void)
{
	int fd = (int)services_draw(4) - 1;
	int flags = (services_draw(2) ? MAP_SHARED : MAP_PRIVATE) |
	    (fd == -1 ? MAP_ANON : 0) | (services_draw(5) ? MAP_FIXED : 0) |
	    (services_draw(4) ? 0 : MAP_NOCORE) |
	    (services_draw(4) ? 0 : MAP_PREFAULT_READ);
	int prot = prots[services_draw(nitems(prots))], error;
	int64_t pos = fd == -1 ? 0 : services_draw(6) * PAGE_SIZE;
	vm_offset_t addr = flags & MAP_FIXED ? draw_addr() : 0;
	size_t len = draw_len();

	printf("call=mmap a=%u l=%u p=%d f=%d d=%d o=%d", addr, len, prot, flags,
	    fd, (int)pos);
	error = mapper_mmap(&addr, len, prot, flags, fd, pos);
	printf(" e=%d r=%u\n", error, addr);
}

static void
op_munmap(void)
{
	vm_offset_t addr = draw_addr() + services_draw(2) * 77;
	size_t len = draw_len();

	printf("call=munmap a=%u l=%u", addr, len);
	printf(" e=%d\n", mapper_munmap(addr, len));
}

static void
op_mprotect(void)
{
	struct mprotect_args args = {
		(void *)draw_addr(), draw_len(), prots[services_draw(nitems(prots))]
	};

	printf("call=mprotect a=%u l=%u p=%d", (vm_offset_t)args.addr, args.len,
	    args.prot);
	printf(" e=%d\n", sys_mprotect(curthread, &args));
}

static void
op_minherit(void)
{
	struct minherit_args args = {
		(void *)draw_addr(), draw_len(), (int)services_draw(6) - 1
	};

	printf("call=minherit a=%u l=%u i=%d", (vm_offset_t)args.addr, args.len,
	    args.inherit);
	printf(" e=%d\n", sys_minherit(curthread, &args));
}

static void
op_madvise(void)
{
	struct madvise_args args = {
		(void *)draw_addr(), draw_len(), (int)services_draw(12) - 1
	};

	printf("call=madvise a=%u l=%u b=%d", (vm_offset_t)args.addr, args.len,
	    args.behav);
	printf(" e=%d\n", sys_madvise(curthread, &args));
}

static void
op_msync(void)
{
	struct msync_args args = {
		(void *)draw_addr(), services_draw(4) ? draw_len() : 0,
		(int)services_draw(4)
	};

	printf("call=msync a=%u l=%u f=%d", (vm_offset_t)args.addr, args.len,
	    args.flags);
	printf(" e=%d\n", sys_msync(curthread, &args));
}

/* Byte `at' of a file as it is on the disk. */
static void
op_disk(void)
{
	int file = services_draw(FILES);
	uint32_t at = services_draw(MEMFILE_MAX / 2);

	printf("call=disk d=%d a=%u r=%d\n", file, at, files[file].data[at]);
}

static void
op_truncate(void)
{
	int file = services_draw(FILES);
	uint32_t size = services_draw(7 * PAGE_SIZE);

	if (services_draw(4) == 0)
		size = trunc_page(size);
	printf("call=truncate d=%d l=%u\n", file, size);
	memfile_truncate(&files[file], size);
}

static void
op_read(void)
{
	vm_offset_t addr = draw_addr() + services_draw(PAGE_SIZE);

	printf("call=read a=%u", addr);
	printf(" r=%d\n", mapper_read(addr));
}

static void
op_write(void)
{
	vm_offset_t addr = draw_addr() + services_draw(PAGE_SIZE);
	int byte = services_draw(256);

	printf("call=write a=%u b=%d", addr, byte);
	printf(" e=%d\n", mapper_write(addr, byte));
}

/* A child in another place, instead of who was there. */
static void
op_fork(void)
{
	int child = (now + 1 + services_draw(SPACES - 1)) % SPACES;

	printf("call=fork c=%d\n", child);
	if (spaces[child] != NULL)
		vmspace_free(spaces[child]);
	spaces[child] = vmspace_fork(spaces[now]);
}

static void
op_switch(void)
{
	int next = services_draw(SPACES);

	if (spaces[next] == NULL)
		next = now;
	printf("call=switch c=%d\n", next);
	now = next;
	(void)mapper_switch(spaces[now]);
}

static const struct {
	void	(*op)(void);
	int	weight;
} ops[] = {
	{ op_read, 30 }, { op_write, 30 }, { op_mmap, 20 }, { op_munmap, 4 },
	{ op_mprotect, 4 }, { op_minherit, 3 }, { op_madvise, 3 }, { op_msync, 5 },
	{ op_disk, 10 }, { op_truncate, 2 }, { op_fork, 3 }, { op_switch, 4 }
};

/* With `fail' some of the memory that it asks for is not there at once: no matter. */
static void
draw_op(int fail)
{
	size_t i;
	int left = 0;

	for (i = 0; i < nitems(ops); i++)
		left += ops[i].weight;
	left = services_draw(left);
	for (i = 0; left >= ops[i].weight; i++)
		left -= ops[i].weight;
	printf("@op vm=%d ", now);
	if (fail)
		vm_fail_alloc = services_draw(20) + 1;
	ops[i].op();
	vm_fail_alloc = 0;
}

/* All files on the disk, a sum of each page. */
static void
print_disks(void)
{
	uint32_t at, sum;
	int file;

	for (file = 0; file < FILES; file++) {
		sum = 0;
		for (at = 0; at < MEMFILE_MAX; at++)
			sum = sum * 31 + files[file].data[at];
		printf("@disk d=%d r=%u size=%u\n", file, sum,
		    (uint32_t)files[file].size);
	}
}

static void
draw_all(int count, int fail)
{
	int i;

	for (i = 0; i < FILES; i++)
		memfile_create(&files[i], VREG, (4 + i) * PAGE_SIZE - 1000 * i,
		    i * 100);
	mapper_begin();
	(void)mapper_open(files[0].vnode, FREAD | FWRITE);
	(void)mapper_open(files[0].vnode, FREAD);
	(void)mapper_open(files[1].vnode, FREAD | FWRITE);
	bzero(spaces, sizeof(spaces));
	now = 0;
	spaces[0] = curproc->p_vmspace;
	while (count-- > 0)
		draw_op(fail);
	for (i = 0; i < SPACES; i++)
		if (i != now && spaces[i] != NULL)
			vmspace_free(spaces[i]);
	mapper_end();
	for (i = 0; i < FILES; i++) {
		printf("@uses d=%d r=%d\n", i, vrefcnt(files[i].vnode));
		(void)vn_lock(files[i].vnode, LK_EXCLUSIVE, curthread);
		vgone(files[i].vnode);
		VOP_UNLOCK(files[i].vnode, 0, curthread);
	}
	print_disks();
	for (i = 0; i < FILES; i++)
		memfile_destroy(&files[i]);
}

SERVICE_TEST(mmap_draw)
{
	struct census before;
	int count = 1500, fail = 0;

	TUNABLE_INT_FETCH("mmap.count", &count);
	TUNABLE_INT_FETCH("mmap.fail", &fail);
	census_take(&before);
	draw_all(count, fail);
	census_compare("draw", &before);
}
