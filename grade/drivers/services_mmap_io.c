/*
 * Page i/o that sleeps, while others look at the same pages or cut the file off;
 * and what is no file: devices, stacks, guards (grade/tests/test_mmap.py).
 *
 * Steps are printed as in services_mmap_calls.c.
 */
#include "services.h"
#include "services_mapper.h"

#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/fcntl.h>
#include <sys/mman.h>
#include <sys/priority.h>
#include <sys/sysproto.h>
#include <sys/systm.h>
#include <vm/vm_extern.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define	AT		0x10000000
#define	RW		(PROT_READ | PROT_WRITE)
#define	READERS		9

static int	steps;
static struct memfile file;

static void
step(int result)
{
	printf("@step n=%d r=%d\n", steps++, result);
}

static int
map_at(vm_offset_t addr, int pages, int prot, int flags, int fd, int page)
{
	return (mapper_mmap(&addr, ptoa(pages), prot, flags | MAP_FIXED, fd,
	    ptoa(page)));
}

/* ---------------------------------------------------------------- at the same time */

/* One of READERS: a page of the file, by a mapping of its own. */
static void
reader(void *arg)
{
	int n = (int)(intptr_t)arg;

	mapper_begin();
	(void)map_at(AT, 3, RW, MAP_SHARED, mapper_open(file.vnode, FREAD | FWRITE), 0);
	if (mapper_read(AT + ptoa(n % 3) + n) != ((int)ptoa(n % 3) + n) / 7 % 256)
		printf("@wrong reader=%d\n", n);
	mapper_end();
	services_leave();
}

/* Each of many faults at the same page: it is read once. */
SERVICE_TEST(mmap_readers)
{
	struct census census;
	int i;

	census_take(&census);
	steps = 0;
	memfile_create(&file, VREG, 3 * PAGE_SIZE, 0);
	file.slow = 3;
	for (i = 0; i < READERS; i++)
		(void)services_start(reader, (void *)(intptr_t)i, PUSER, "reader");
	services_join(READERS);
	step(file.reads);
	step(file.vnode->v_usecount);
	memfile_destroy(&file);
	census_compare("readers", &census);
}

/* One of READERS: a file of its own, so that windows are short. */
static void
lonely_reader(void *arg __unused)
{
	struct memfile mine;
	int i;

	memfile_create(&mine, VREG, 20 * PAGE_SIZE, 0);
	mine.slow = 2;
	mapper_begin();
	(void)map_at(AT, 20, RW, MAP_SHARED, mapper_open(mine.vnode, FREAD | FWRITE), 0);
	for (i = 0; i < 20; i++) {
		if (mapper_read(AT + ptoa(i)) != (int)ptoa(i) / 7 % 256 ||
		    mapper_write(AT + ptoa(i), 200 + i) != 0)
			printf("@wrong page=%d\n", i);
	}
	mapper_end();
	(void)vn_lock(mine.vnode, LK_EXCLUSIVE, curthread);
	vgone(mine.vnode);
	VOP_UNLOCK(mine.vnode, 0, curthread);
	for (i = 0; i < 20; i++)
		if (mine.data[ptoa(i)] != 200 + i)
			printf("@wrong disk=%d\n", i);
	memfile_destroy(&mine);
	services_leave();
}

SERVICE_TEST(mmap_windows)
{
	struct census census;
	int i;

	census_take(&census);
	steps = 0;
	for (i = 0; i < READERS; i++)
		(void)services_start(lonely_reader, NULL, PUSER, "reader");
	services_join(READERS);
	step(0);
	census_compare("windows", &census);
}

/* ---------------------------------------------------------------- cut off */

static void
cut(void *arg)
{
	(void)tsleep(&file, PUSER, "cut", 1);
	memfile_truncate(&file, (uint32_t)(intptr_t)arg);
	services_leave();
}

/* A process that maps all of a file of so many pages, shared; and not any more. */
static void
file_begin(struct census *census, int pages)
{
	census_take(census);
	steps = 0;
	mapper_begin();
	memfile_create(&file, VREG, ptoa(pages), 0);
	step(map_at(AT, pages, RW, MAP_SHARED,
	    mapper_open(file.vnode, FREAD | FWRITE), 0));
}

static void
file_end(const char *name, const struct census *census)
{
	mapper_end();
	memfile_destroy(&file);
	census_compare(name, census);
}

/* The file becomes shorter while a page of it comes, and while one goes. */
SERVICE_TEST(mmap_cut)
{
	struct msync_args sync = { (void *)AT, 4 * PAGE_SIZE, MS_SYNC };
	struct census census;

	file_begin(&census, 4);
	file.slow = 5;
	(void)services_start(cut, (void *)(2 * PAGE_SIZE + 10), PUSER, "cut");
	printf("@first r=%d\n", mapper_read(AT + 3 * PAGE_SIZE));
	services_join(1);
	step(file.reads);
	step(mapper_read(AT + 3 * PAGE_SIZE));		/* cut off */
	step(mapper_read(AT + 2 * PAGE_SIZE + 9));
	step(mapper_read(AT + 2 * PAGE_SIZE + 10));	/* the tail is zeros */
	step(file.vnode->v_object->resident_page_count);
	step(mapper_write(AT + 2 * PAGE_SIZE, 1));
	step(mapper_write(AT + PAGE_SIZE, 2));
	step(mapper_write(AT, 3));
	(void)services_start(cut, (void *)(PAGE_SIZE + 1), PUSER, "cut");
	step(sys_msync(curthread, &sync));
	services_join(1);
	file.slow = 0;
	step(mapper_read(AT));
	step(mapper_read(AT + PAGE_SIZE));
	step(mapper_read(AT + PAGE_SIZE + 1));
	step(mapper_read(AT + 2 * PAGE_SIZE));
	step(file.vnode->v_object->resident_page_count);
	memfile_truncate(&file, 3 * PAGE_SIZE);		/* and longer: zeros */
	step(mapper_read(AT + PAGE_SIZE + 1));
	step(mapper_read(AT + 2 * PAGE_SIZE));
	step(mapper_read(AT + 3 * PAGE_SIZE));
	file_end("cut", &census);
}

/* And within the page that comes: it was read as it was before. */
SERVICE_TEST(mmap_cut_page)
{
	struct census census;

	file_begin(&census, 4);
	file.slow = 5;
	(void)services_start(cut, (void *)(3 * PAGE_SIZE + 10), PUSER, "cut");
	step(mapper_read(AT + 3 * PAGE_SIZE));
	services_join(1);
	step(file.reads);
	step(mapper_read(AT + 3 * PAGE_SIZE + 9));
	step(mapper_read(AT + 3 * PAGE_SIZE + 10));	/* zeros from here on */
	file.slow = 0;
	file_end("cut_page", &census);
}

/* ---------------------------------------------------------------- no files */

static vm_page_t device_page;

static int
device_mmap(struct cdev *dev __unused, vm_offset_t offset, vm_paddr_t *paddr,
    int nprot __unused)
{
	*paddr = VM_PAGE_TO_PHYS(device_page);
	return (atop(offset) < 3 ? 0 : -1);
}

static struct cdevsw device_cdevsw = { .d_name = "tdev", .d_mmap = device_mmap };
static struct cdevsw zeros_cdevsw = { .d_name = "tzeros", .d_flags = D_MMAP_ANON };

/* A descriptor of a device, and its file. */
static int
open_device(struct memfile *mf, struct cdevsw *devsw)
{
	memfile_create(mf, VCHR, 0, 0);
	mf->vnode->v_rdev = make_dev(devsw, 0, UID_ROOT, GID_OPERATOR, 0600, "%s",
	    devsw->d_name);
	return (mapper_open(mf->vnode, FREAD | FWRITE));
}

static void
close_device(struct memfile *mf)
{
	destroy_dev(mf->vnode->v_rdev);
	memfile_destroy(mf);
}

SERVICE_TEST(mmap_device)
{
	struct memfile memory, zeros;
	struct vmspace *parent, *child;
	struct census census;
	int fd;

	census_take(&census);
	steps = 0;
	mapper_begin();
	device_page = vm_page_alloc(NULL, 0, VM_ALLOC_NOOBJ | VM_ALLOC_WIRED |
	    VM_ALLOC_ZERO);
	fd = open_device(&memory, &device_cdevsw);
	step(map_at(AT, 3, RW, MAP_SHARED, fd, 0));
	step(map_at(AT + 0x100000, 1, PROT_READ, MAP_SHARED, fd, 2));
	step(mapper_write(AT, 42));			/* all three are one page */
	step(mapper_read(AT + PAGE_SIZE));
	step(mapper_read(AT + 0x100000));
	step(mapper_write(AT + 0x100000, 1));
	parent = curproc->p_vmspace;
	child = vmspace_fork(parent);
	(void)mapper_switch(child);
	step(mapper_write(AT + 2 * PAGE_SIZE, 43));
	(void)mapper_switch(parent);
	vmspace_free(child);
	step(mapper_read(AT));
	fd = open_device(&zeros, &zeros_cdevsw);
	step(map_at(AT + 0x200000, 2, RW, MAP_PRIVATE, fd, 7));
	step(mapper_read(AT + 0x200000));
	step(mapper_write(AT + 0x201000, 9));
	step(mapper_read(AT + 0x201000));
	mapper_end();
	close_device(&memory);
	close_device(&zeros);
	vm_page_free(device_page);
	census_compare("device", &census);
}

/* Page 0, what is not to be touched, and what grows. */
SERVICE_TEST(mmap_places)
{
	struct mprotect_args prot = { (void *)AT, PAGE_SIZE, PROT_READ };
	struct census census;
	vm_offset_t addr;

	census_take(&census);
	steps = 0;
	mapper_begin();
	step(mapper_read(0));
	step(mapper_write(4, 1));
	step(map_at(0, 1, RW, MAP_ANON | MAP_PRIVATE, -1, 0));
	step(mapper_munmap(0, PAGE_SIZE));
	addr = AT;
	step(mapper_mmap(&addr, PAGE_SIZE, 0, MAP_GUARD | MAP_FIXED, -1, 0));
	step(mapper_read(AT));
	step(sys_mprotect(curthread, &prot));
	step(map_at(AT, 1, RW, MAP_ANON | MAP_EXCL, -1, 0));
	step(map_at(AT, 1, RW, MAP_ANON, -1, 0));
	step(mapper_write(AT, 5));
	step(map_at(AT, 1024, RW, MAP_STACK, -1, 0));	/* 4 MB, from AT on */
	step(mapper_write(AT + ptoa(1024) - 4, 1));	/* where it begins */
	step(curproc->p_vmspace->vm_map.nentries);
	step(mapper_write(AT + ptoa(900), 2));
	step(mapper_write(AT + ptoa(300), 3));		/* far below: it grows to there */
	step(mapper_read(AT + ptoa(900)));
	step(mapper_read(AT + ptoa(1024)));
	addr = AT + 0x1000000;
	step(mapper_mmap(&addr, PAGE_SIZE, RW, MAP_ANON | MAP_ALIGNED(20), -1, 0));
	step((addr & 0xfffff) == 0);
	mapper_end();
	census_compare("places", &census);
}

/* ---------------------------------------------------------------- shared by inheritance */

static int
inherit(int pages, int how)
{
	struct minherit_args args = { (void *)AT, ptoa(pages), how };

	return (sys_minherit(curthread, &args));
}

/*
 * A private mapping that a child shares: a page that one of them copies is the
 * other's, too, who has seen the file's until then, or has it locked.
 */
SERVICE_TEST(mmap_share)
{
	struct mlock_args lock = { (void *)(AT + PAGE_SIZE), PAGE_SIZE };
	struct vmspace *parent, *child;
	struct census census;
	int fd;

	census_take(&census);
	steps = 0;
	mapper_begin();
	memfile_create(&file, VREG, 3 * PAGE_SIZE, 0);
	fd = mapper_open(file.vnode, FREAD);
	step(map_at(AT, 3, RW, MAP_PRIVATE, fd, 0));
	step(inherit(3, INHERIT_SHARE));
	parent = curproc->p_vmspace;
	child = vmspace_fork(parent);
	step(mapper_read(AT));
	step(mapper_read(AT + PAGE_SIZE));
	step(sys_mlock(curthread, &lock));
	(void)mapper_switch(child);
	step(mapper_write(AT, 201));
	step(mapper_write(AT + PAGE_SIZE, 202));
	(void)mapper_switch(parent);
	step(mapper_read(AT));
	step(mapper_read(AT + PAGE_SIZE));
	step(mapper_write(AT, 203));
	(void)mapper_switch(child);
	step(mapper_read(AT));
	(void)mapper_switch(parent);
	vmspace_free(child);
	step(pmap_wired_count(vmspace_pmap(parent)));
	mapper_end();
	memfile_destroy(&file);
	census_compare("share", &census);
}
