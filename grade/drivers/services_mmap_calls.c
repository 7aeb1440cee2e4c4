/*
 * The calls around mmap(2), one thing at a time, for grade/tests/test_mmap.py:
 * locks, break(2), mincore(2), page i/o that fails or takes its time, devices.
 *
 * A step is "@step n=... r=...", in order: what was done says the test.
 */
#include "services.h"
#include "services_mapper.h"

#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/fcntl.h>
#include <sys/filedesc.h>
#include <sys/mman.h>
#include <sys/priority.h>
#include <sys/resourcevar.h>
#include <sys/sysproto.h>
#include <sys/systm.h>
#include <sys/uio.h>
#include <sys/vmmeter.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pageout.h>

#define	AT		0x10000000
#define	RW		(PROT_READ | PROT_WRITE)
#define	ANON_HERE	(MAP_ANON | MAP_PRIVATE | MAP_FIXED)

static int	steps;

static void
step(int result)
{
	printf("@step n=%d r=%d\n", steps++, result);
}

/* Map `pages' pages at AT; panics if that fails. */
static void
map(int pages, int prot, int flags, int fd)
{
	vm_offset_t addr = AT;
	int error = mapper_mmap(&addr, ptoa(pages), prot, flags | MAP_FIXED, fd, 0);

	KASSERT(error == 0, ("services_mmap_calls: mmap: %d", error));
}

static int
lock(vm_offset_t addr, size_t len)
{
	struct mlock_args args = { (void *)addr, len };

	return (sys_mlock(curthread, &args));
}

static int
unlock(vm_offset_t addr, size_t len)
{
	struct munlock_args args = { (void *)addr, len };

	return (sys_munlock(curthread, &args));
}

static int
lockall(int how)
{
	struct mlockall_args args = { how };

	return (sys_mlockall(curthread, &args));
}

static int
unlockall(void)
{
	struct munlockall_args args = { 0 };

	return (sys_munlockall(curthread, &args));
}

static int
wired(void)
{
	return (pmap_wired_count(curproc->p_vmspace->vm_map.pmap));
}

static struct rlimit *
limit(int which)
{
	return (&curproc->p_limit->pl_rlimit[which]);
}

/* A process of its own, with limits of its own. */
static void
begin(struct census *census)
{
	struct plimit *mine;

	census_take(census);
	mine = lim_alloc();
	lim_copy(mine, proc0.p_limit);
	lim_free(curproc->p_limit);
	curproc->p_limit = mine;
	steps = 0;
	mapper_begin();
}

static void
end(const char *name, const struct census *census)
{
	mapper_end();
	census_compare(name, census);
}

/* ---------------------------------------------------------------- locks */

SERVICE_TEST(mmap_lock)
{
	struct census census;
	int max;

	begin(&census);
	map(4, RW, MAP_ANON | MAP_PRIVATE, -1);
	step(lock(AT + 100, 2 * PAGE_SIZE));		/* 3 pages */
	step(wired());
	step(lock(AT + 3 * PAGE_SIZE, 2 * PAGE_SIZE));	/* a hole */
	step(wired());
	step(lock(0xfffff000, PAGE_SIZE + 1));		/* wraps */
	step(lock(0xffffffff, 1));
	step(unlock(AT + PAGE_SIZE, PAGE_SIZE));
	step(wired());
	step(unlock(AT + PAGE_SIZE, PAGE_SIZE));	/* is not locked */
	limit(RLIMIT_MEMLOCK)->rlim_cur = 3 * PAGE_SIZE;
	step(lock(AT + PAGE_SIZE, PAGE_SIZE));		/* the third page */
	step(lock(AT + 3 * PAGE_SIZE, PAGE_SIZE));	/* over the limit */
	limit(RLIMIT_MEMLOCK)->rlim_cur = RLIM_INFINITY;
	max = vm_page_max_wired;
	vm_page_max_wired = cnt.v_wire_count;
	step(lock(AT + 3 * PAGE_SIZE, PAGE_SIZE));	/* not at the moment */
	vm_page_max_wired = 1;
	step(lock(AT, 2 * PAGE_SIZE));			/* never */
	vm_page_max_wired = max;
	step(mapper_munmap(AT, 4 * PAGE_SIZE));
	step(wired());
	step(lockall(0));
	step(lockall(4));
	step(lockall(MCL_FUTURE));
	map(2, RW, MAP_ANON | MAP_PRIVATE, -1);
	step(wired());
	step(lockall(MCL_CURRENT));
	limit(RLIMIT_MEMLOCK)->rlim_cur = 3 * PAGE_SIZE;
	{
		vm_offset_t addr = AT + 0x100000;

		step(mapper_mmap(&addr, 2 * PAGE_SIZE, RW, ANON_HERE, -1, 0));
		addr = AT + 0x100000;
		step(mapper_mmap(&addr, PAGE_SIZE, RW, ANON_HERE, -1, 0));
	}
	step(wired());
	limit(RLIMIT_MEMLOCK)->rlim_cur = PAGE_SIZE;
	step(lockall(MCL_CURRENT));
	step(unlockall());
	step(wired());
	map(2, RW, MAP_ANON | MAP_PRIVATE, -1);
	step(wired());
	end("lock", &census);
}

/* ---------------------------------------------------------------- break */

static int
set_break(vm_offset_t addr)
{
	struct obreak_args args = { (char *)addr };

	return (sys_obreak(curthread, &args));
}

SERVICE_TEST(mmap_break)
{
	struct census census;
	struct vmspace *vm;
	struct sbrk_args sbrk = { 4096 };
	struct sstk_args sstk = { 4096 };

	begin(&census);
	vm = curproc->p_vmspace;
	vm->vm_daddr = AT + 100;			/* as exec leaves it: */
	step(set_break(AT + 100));			/* data begin in a page */
	step(set_break(AT));				/* before them */
	step(set_break(0));
	step(set_break(AT + 2 * PAGE_SIZE + 1));
	step(vm->vm_dsize);
	step(mapper_write(AT + PAGE_SIZE, 7));		/* the first page of the heap */
	step(mapper_write(AT + 3 * PAGE_SIZE - 1, 8));
	step(mapper_write(AT + 3 * PAGE_SIZE, 9));
	step(set_break(AT + PAGE_SIZE + 1));
	step(vm->vm_dsize);
	step(mapper_read(AT + PAGE_SIZE));
	step(mapper_read(AT + 2 * PAGE_SIZE));
	limit(RLIMIT_DATA)->rlim_cur = 4 * PAGE_SIZE;
	step(set_break(AT + 6 * PAGE_SIZE));		/* over the limit */
	step(set_break(AT + 5 * PAGE_SIZE));		/* 4 pages from the second on */
	step(vm->vm_dsize);
	step(mapper_read(AT + 2 * PAGE_SIZE));		/* zeros, again */
	limit(RLIMIT_DATA)->rlim_cur = 0;
	step(set_break(AT + 3 * PAGE_SIZE));		/* less is allowed */
	limit(RLIMIT_DATA)->rlim_cur = RLIM_INFINITY;
	step(set_break(0xbfc00001));
	step(set_break(0xffffffff));
	limit(RLIMIT_VMEM)->rlim_cur = 3 * PAGE_SIZE;
	step(set_break(AT + 5 * PAGE_SIZE));
	limit(RLIMIT_VMEM)->rlim_cur = RLIM_INFINITY;
	step(lockall(MCL_FUTURE));
	limit(RLIMIT_MEMLOCK)->rlim_cur = PAGE_SIZE;
	step(set_break(AT + 5 * PAGE_SIZE));
	step(set_break(AT + 4 * PAGE_SIZE));
	step(wired());
	step(set_break(AT + PAGE_SIZE));
	step(wired());
	step(vm->vm_dsize);
	step(sys_sbrk(curthread, &sbrk));
	step(sys_sstk(curthread, &sstk));
	end("break", &census);
}

/* ---------------------------------------------------------------- descriptors, vnodes */

/* How many files can be opened, up to the limit, or that of all tables. */
static int
open_all(rlim_t most)
{
	struct file *fp;
	int fd, error, count = 0;

	limit(RLIMIT_NOFILE)->rlim_cur = most;
	while ((error = falloc(curthread, &fp, &fd)) == 0) {
		KASSERT(fd == count, ("services_mmap_calls: descriptor %d", fd));
		(void)fdrop(fp, curthread);
		count++;
	}
	KASSERT(error == EMFILE, ("services_mmap_calls: falloc: %d", error));
	for (fd = 0; fd < count; fd++) {
		struct close_args args = { fd };

		(void)sys_close(curthread, &args);
	}
	return (count);
}

/* A transfer with a piece of no length, which is nowhere. */
static int
move_two(void)
{
	char from[] = "abcd", to[4] = "";
	struct iovec iov[] = { { to, 2 }, { (void *)0xfffff000, 0 }, { to + 2, 2 } };
	struct uio uio = {
		.uio_iov = iov, .uio_iovcnt = 3, .uio_resid = 4,
		.uio_segflg = UIO_SYSSPACE, .uio_rw = UIO_READ, .uio_td = curthread
	};
	int error = uiomove(from, 4, &uio);

	return (error != 0 || memcmp(from, to, 4) != 0 || uio.uio_resid != 0 ||
	    uio.uio_offset != 4);
}

/* The object of a file that nobody maps. */
static int
create_object(struct memfile *file, uint64_t size)
{
	int error;

	(void)vn_lock(file->vnode, LK_EXCLUSIVE, curthread);
	error = vnode_create_vobject(file->vnode, size, curthread);
	VOP_UNLOCK(file->vnode, 0, curthread);
	return (error);
}

SERVICE_TEST(mmap_files)
{
	struct memfile file;
	struct census census;
	vm_object_t object;

	begin(&census);
	step(open_all(0));
	step(open_all(NDFILE + 5));
	step(open_all(RLIM_INFINITY));
	step(move_two());
	memfile_create(&file, VREG, 3 * PAGE_SIZE + 1, 0);
	step(create_object(&file, (uint64_t)1 << 44));	/* a page too large */
	step(file.vnode->v_object != NULL);
	step(create_object(&file, 0));
	object = file.vnode->v_object;
	step(object->size);
	step(object->ref_count);
	step(file.vnode->v_usecount);
	map(4, RW, MAP_SHARED, mapper_open(file.vnode, FREAD | FWRITE));
	step(mapper_read(AT + 7));
	step(create_object(&file, 0));			/* it has one */
	step(file.vnode->v_object == object);
	step(mapper_munmap(AT, 4 * PAGE_SIZE));
	step(object->ref_count);
	mapper_end();
	memfile_destroy(&file);
	mapper_begin();
	end("files", &census);
}

/* ---------------------------------------------------------------- mincore */

static int
mincore(vm_offset_t addr, size_t len, vm_offset_t vec)
{
	struct mincore_args args = { (void *)addr, len, (char *)vec };

	return (sys_mincore(curthread, &args));
}

/* What mincore(2) says of so many pages from AT on, a digit each: vec is in the last. */
static void
step_mincore(int pages)
{
	vm_offset_t vec = AT + 0x100000;
	int i, error = mincore(AT, ptoa(pages), vec);

	printf("@step n=%d r=%d v=b", steps++, error);
	for (i = 0; i < pages; i++)
		printf("%02x", mapper_read(vec + i) & 0xff);
	printf("\n");
}

SERVICE_TEST(mmap_mincore)
{
	struct memfile file;
	struct census census;
	vm_offset_t vec = AT + 0x100000;
	int fd, i;

	begin(&census);
	memfile_create(&file, VREG, 4 * PAGE_SIZE, 1);
	fd = mapper_open(file.vnode, FREAD | FWRITE);
	step(mapper_mmap(&vec, PAGE_SIZE, RW, ANON_HERE, -1, 0));
	map(4, RW, MAP_ANON | MAP_PRIVATE, -1);
	step_mincore(4);				/* nothing was touched */
	step(mapper_read(AT));
	step(mapper_write(AT + PAGE_SIZE, 1));
	step_mincore(4);
	step(mincore(AT, 5 * PAGE_SIZE, vec));		/* a hole behind */
	step(mincore(AT - 1, 2, vec));			/* and before */
	step(mincore(0xbfc00000, 1, vec));
	step(mincore(0xffffffff, 2, vec));
	step(mincore(AT, 0, 0));
	step(mapper_write(vec + 1, 99));
	step(mincore(AT + 100, PAGE_SIZE, vec));	/* one byte, */
	step(mapper_read(vec));
	step(mapper_read(vec + 1));			/* and no more */
	step(mincore(AT, PAGE_SIZE, 0));		/* the first page is nobody's */
	step(mincore(AT, PAGE_SIZE, 0xc0000000));
	map(4, RW, MAP_SHARED, fd);
	step_mincore(4);				/* nothing in memory */
	step(mapper_write(AT + PAGE_SIZE, 2));
	for (i = 0; i < 4; i++)
		(void)mapper_read(AT + i * PAGE_SIZE);
	step_mincore(4);
	mapper_end();
	mapper_begin();
	step(mapper_mmap(&vec, PAGE_SIZE, RW, ANON_HERE, -1, 0));
	(void)mapper_open(file.vnode, FREAD | FWRITE);
	map(4, RW, MAP_SHARED, fd);
	step_mincore(4);				/* others' pages are there */
	mapper_end();
	memfile_destroy(&file);
	mapper_begin();
	end("mincore", &census);
}

/* ---------------------------------------------------------------- page i/o */

static int
sync_all(int pages, int flags)
{
	struct msync_args args = { (void *)AT, ptoa(pages), flags };

	return (sys_msync(curthread, &args));
}

SERVICE_TEST(mmap_io)
{
	struct memfile file;
	struct census census;
	int fd;

	begin(&census);
	memfile_create(&file, VREG, 3 * PAGE_SIZE + 10, 0);
	file.data[3 * PAGE_SIZE + 10] = 99;		/* of nobody's */
	fd = mapper_open(file.vnode, FREAD | FWRITE);
	map(6, RW, MAP_SHARED, fd);
	step(file.vnode->v_usecount);			/* the test, a file, a mapping */
	file.fails = 1;
	step(mapper_read(AT));				/* the disk fails, once */
	step(mapper_read(AT + 7));
	step(file.reads);				/* all four came together */
	step(mapper_read(AT + 3 * PAGE_SIZE + 10));	/* a zero, not 99 */
	step(mapper_read(AT + 4 * PAGE_SIZE));		/* behind the end */
	step(file.reads);
	step(mapper_write(AT + 2 * PAGE_SIZE, 77));
	step(file.data[2 * PAGE_SIZE]);
	file.fails = 1;
	step(sync_all(6, MS_SYNC));
	step(file.data[2 * PAGE_SIZE]);
	step(sync_all(6, MS_SYNC));			/* it is dirty still */
	step(file.data[2 * PAGE_SIZE]);
	step(file.writes);
	step(sync_all(6, MS_SYNC));			/* now it is not */
	step(file.writes);
	file.data[0] = 55;				/* the page is older */
	step(mapper_read(AT));
	step(sync_all(6, MS_INVALIDATE));
	step(mapper_read(AT));
	step(lock(AT, PAGE_SIZE));
	step(sync_all(6, MS_INVALIDATE));
	step(unlock(AT, PAGE_SIZE));
	step(mapper_write(AT + 5, 66));
	(void)vn_lock(file.vnode, LK_EXCLUSIVE, curthread);
	vgone(file.vnode);				/* as umount -f would */
	VOP_UNLOCK(file.vnode, 0, curthread);
	step(file.data[5]);
	step(mapper_read(AT));				/* there is nothing behind it */
	step(file.vnode->v_usecount);
	step(mapper_munmap(AT, 6 * PAGE_SIZE));
	{
		vm_offset_t addr = AT;

		step(mapper_mmap(&addr, PAGE_SIZE, RW, MAP_SHARED, fd, 0));
	}
	fdfree(curthread);
	step(file.inactive);
	step(file.reclaimed);
	step(file.vnode->v_usecount);
	memfile_destroy(&file);
	end("io", &census);
}
