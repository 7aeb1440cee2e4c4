/*
 * mmap(2) and its kin: what each call answers to drawn arguments, and what
 * processes read then, for a model outside (grade/tests/test_mmap.py).
 *
 * Each call is printed with its arguments and its answer:
 *
 *	@call vm=0 call=mmap a=... b=... e=errno r=result
 */
#include "services.h"
#include "services_mapper.h"

#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/fcntl.h>
#include <sys/mman.h>
#include <sys/resourcevar.h>
#include <sys/sysproto.h>
#include <sys/systm.h>
#include <vm/vm_extern.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define	FILE_SIZE	(5 * PAGE_SIZE - 1700)

/* ---------------------------------------------------------------- one of each */

#define	DEVICE_PAGES	3		/* of the device that is memory */

static vm_page_t device_page;

static int
device_mmap(struct cdev *dev __unused, vm_offset_t offset, vm_paddr_t *paddr,
    int nprot __unused)
{
	if (atop(offset) >= DEVICE_PAGES)
		return (-1);
	*paddr = VM_PAGE_TO_PHYS(device_page);
	return (0);
}

static struct cdevsw zero_cdevsw = { .d_name = "tzero", .d_flags = D_MMAP_ANON };
static struct cdevsw mem_cdevsw = { .d_name = "tmem", .d_mmap = device_mmap };
static struct cdevsw plain_cdevsw = { .d_name = "tplain" };

/* What the descriptors 0, 1, ... are. */
enum {
	FD_RW, FD_RO, FD_WO, FD_IMMUTABLE, FD_APPEND, FD_NOEXEC, FD_DIR, FD_PIPE,
	FD_ZERO, FD_MEM, FD_MEM_RO, FD_PLAIN, FD_COUNT
};

struct zoo {
	struct memfile	file, immutable, append, noexec, dir, zero, mem, plain;
	struct cdev	*devices[3];
	struct mount	no_programs;
};

static void
open_device(struct memfile *mf, struct cdevsw *devsw, struct cdev **dev)
{
	memfile_create(mf, VCHR, 0, 0);
	*dev = mf->vnode->v_rdev = make_dev(devsw, 0, UID_ROOT, GID_OPERATOR, 0600,
	    "%s", devsw->d_name);
}

/* Open one of each, in the order of the descriptors. */
static void
zoo_open(struct zoo *zoo)
{
	bzero(zoo, sizeof(*zoo));
	zoo->no_programs.mnt_flag = MNT_NOEXEC;
	memfile_create(&zoo->file, VREG, FILE_SIZE, 1);
	memfile_create(&zoo->immutable, VREG, FILE_SIZE, 2);
	zoo->immutable.flags = SF_IMMUTABLE;
	memfile_create(&zoo->append, VREG, FILE_SIZE, 3);
	zoo->append.flags = UF_APPEND;
	memfile_create(&zoo->noexec, VREG, FILE_SIZE, 4);
	zoo->noexec.vnode->v_mount = &zoo->no_programs;
	memfile_create(&zoo->dir, VDIR, FILE_SIZE, 5);
	open_device(&zoo->zero, &zero_cdevsw, &zoo->devices[0]);
	open_device(&zoo->mem, &mem_cdevsw, &zoo->devices[1]);
	open_device(&zoo->plain, &plain_cdevsw, &zoo->devices[2]);
	device_page = vm_page_alloc(NULL, 0, VM_ALLOC_NOOBJ | VM_ALLOC_WIRED |
	    VM_ALLOC_ZERO);
	KASSERT(device_page != NULL, ("zoo_open: no page"));
	(void)mapper_open(zoo->file.vnode, FREAD | FWRITE);
	(void)mapper_open(zoo->file.vnode, FREAD);
	(void)mapper_open(zoo->file.vnode, FWRITE);
	(void)mapper_open(zoo->immutable.vnode, FREAD | FWRITE);
	(void)mapper_open(zoo->append.vnode, FREAD | FWRITE);
	(void)mapper_open(zoo->noexec.vnode, FREAD | FWRITE);
	(void)mapper_open(zoo->dir.vnode, FREAD | FWRITE);
	(void)mapper_open(NULL, FREAD | FWRITE);
	(void)mapper_open(zoo->zero.vnode, FREAD | FWRITE);
	(void)mapper_open(zoo->mem.vnode, FREAD | FWRITE);
	(void)mapper_open(zoo->mem.vnode, FREAD);
	(void)mapper_open(zoo->plain.vnode, FREAD | FWRITE);
}

static void
zoo_close(struct zoo *zoo)
{
	size_t i;

	memfile_destroy(&zoo->file);
	memfile_destroy(&zoo->immutable);
	memfile_destroy(&zoo->append);
	memfile_destroy(&zoo->noexec);
	memfile_destroy(&zoo->dir);
	memfile_destroy(&zoo->zero);
	memfile_destroy(&zoo->mem);
	memfile_destroy(&zoo->plain);
	for (i = 0; i < nitems(zoo->devices); i++)
		destroy_dev(zoo->devices[i]);
	vm_page_free(device_page);
}

/* ---------------------------------------------------------------- errors and their order */

/* The first of each list is what is drawn every other time and more. */
static const uint32_t error_addrs[] = {
	0x10000000, 0, 0x1000, 0x10000123, 0x40000000, 0x1fffffff, 0x20000000,
	0xbfbff000, 0xbfbffffc, 0xbfc00000, 0xfffff000, 0xffffffff
};
static const uint32_t error_lens[] = {
	0x2000, 0, 1, 0x1000, 0x2001, 0x9000, 0xbfbff000, 0xbfc00000, 0xfffff001,
	0xffffffff
};
static const int error_prots[] = { 1, 0, 3, 3, 3, 2, 4, 5, 7, 8, 11, -1 };
static const int error_kinds[] = {
	MAP_PRIVATE, 0, MAP_SHARED, MAP_SHARED, MAP_SHARED, MAP_ANON, MAP_ANON,
	MAP_ANON | MAP_PRIVATE, MAP_SHARED | MAP_PRIVATE, MAP_STACK, MAP_GUARD,
	MAP_ANON | MAP_SHARED, MAP_PRIVATE | 0x80 | 0x8000
};
static const int error_flags[] = {
	0, MAP_FIXED, MAP_FIXED, MAP_FIXED, MAP_EXCL, MAP_FIXED | MAP_EXCL,
	MAP_FIXED | MAP_EXCL, MAP_ALIGNED(13), MAP_ALIGNED(11), MAP_ALIGNED(32),
	MAP_ALIGNED_SUPER, MAP_NOCORE | MAP_NOSYNC | MAP_PREFAULT_READ
};
static const int64_t error_poss[] = {
	0, 0x1000, 0x2000, 0x123, -1, -0x1000, 0x100000000000, INT64_MAX
};

#define	DRAW(list)							\
	((list)[services_draw(2) ? 0 : services_draw(nitems(list))])

/* The process' limits, its own; each drawn low at times. */
static void
draw_limits(void)
{
	struct rlimit *rl = curproc->p_limit->pl_rlimit;

	rl[RLIMIT_VMEM].rlim_cur = services_draw(8) == 0 ? 0x6000 : RLIM_INFINITY;
}

/* From now on the running process has limits of its own. */
static void
own_limits(void)
{
	struct plimit *mine = lim_alloc();

	lim_copy(mine, curproc->p_limit);
	lim_free(curproc->p_limit);
	curproc->p_limit = mine;
}

/* Calls into a map that has two pages at 40000000h and nothing else. */
SERVICE_TEST(mmap_errors)
{
	struct zoo zoo;
	vm_offset_t addr, there;
	int count = 1500, error, fd, flags, prot;
	int64_t pos;
	size_t len;

	TUNABLE_INT_FETCH("mmap.count", &count);
	mapper_begin();
	own_limits();
	zoo_open(&zoo);
	while (count-- > 0) {
		vm_map_t map = &curproc->p_vmspace->vm_map;

		there = 0x40000000;
		curproc->p_limit->pl_rlimit[RLIMIT_VMEM].rlim_cur = RLIM_INFINITY;
		error = mapper_mmap(&there, 2 * PAGE_SIZE, PROT_READ,
		    MAP_ANON | MAP_FIXED, -1, 0);
		KASSERT(error == 0, ("mmap_errors: %d", error));
		draw_limits();
		addr = DRAW(error_addrs);
		len = DRAW(error_lens);
		prot = DRAW(error_prots);
		flags = DRAW(error_kinds) | DRAW(error_flags);
		fd = (int)services_draw(FD_COUNT + 2) - 1;
		if ((flags & (MAP_ANON | MAP_STACK | MAP_GUARD)) && services_draw(4))
			fd = -1;
		pos = DRAW(error_poss);
		printf("@mmap a=%u l=%u p=%d f=%d d=%d o=%lld v=%d", addr, len, prot,
		    flags, fd, (long long)pos,
		    curproc->p_limit->pl_rlimit[RLIMIT_VMEM].rlim_cur != RLIM_INFINITY);
		error = mapper_mmap(&addr, len, prot, flags, fd, pos);
		printf(" e=%d r=%u\n", error, addr);
		(void)vm_map_remove(map, vm_map_min(map), vm_map_max(map));
	}
	mapper_end();
	zoo_close(&zoo);
}
