/*
 * Processes with memory and files of their own, for tests: services_mapper.h.
 */
#include "services_mapper.h"
#include "services.h"

#include <sys/fcntl.h>
#include <sys/filedesc.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/sysproto.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/uma.h>
#include <vm/vm_object.h>

struct vmspace *
mapper_switch(struct vmspace *vm)
{
	struct vmspace *old = curproc->p_vmspace;

	curproc->p_vmspace = vm;
	pmap_activate(curthread);
	return (old);
}

void
mapper_begin(void)
{
	services_user_begin();
	curproc->p_fd = fdinit();
}

void
mapper_end(void)
{
	fdfree(curthread);
	services_user_end();
}

/* ---------------------------------------------------------------- files */

static int
pipe_close(struct file *fp __unused, struct thread *td __unused)
{
	return (0);
}

static const struct fileops pipeops = { .fo_close = pipe_close };

int
mapper_open(struct vnode *vp, int flag)
{
	struct file *fp;
	int fd;

	if (falloc(curthread, &fp, &fd) != 0)
		panic("mapper_open: no descriptor");
	fp->f_flag = flag;
	if (vp != NULL) {
		vref(vp);
		fp->f_vnode = vp;
		fp->f_type = DTYPE_VNODE;
		fp->f_ops = &vnops;
	} else {
		fp->f_type = DTYPE_PIPE;
		fp->f_ops = &pipeops;
	}
	(void)fdrop(fp, curthread);
	return (fd);
}

/* ---------------------------------------------------------------- calls */

int
mapper_mmap(vm_offset_t *addr, size_t len, int prot, int flags, int fd, int64_t pos)
{
	struct mmap_args args = {
		.addr = (void *)*addr, .len = len, .prot = prot, .flags = flags,
		.fd = fd, .pos = pos
	};
	int error = sys_mmap(curthread, &args);

	*addr = curthread->td_retval[0];
	return (error);
}

int
mapper_munmap(vm_offset_t addr, size_t len)
{
	struct munmap_args args = { .addr = (void *)addr, .len = len };

	return (sys_munmap(curthread, &args));
}

int
mapper_read(vm_offset_t addr)
{
	uint8_t byte;

	return (copyin((void *)addr, &byte, 1) == 0 ? byte : -1);
}

int
mapper_write(vm_offset_t addr, uint8_t byte)
{
	return (copyout(&byte, (void *)addr, 1));
}

/* ---------------------------------------------------------------- counts */

/* Pieces in use of the type of this name. */
static uint32_t
type_used(const char *name)
{
	struct malloc_type *type;
	uint32_t pieces, bytes;

	STAILQ_FOREACH(type, &kmemstatistics, ks_next)
		if (strcmp(type->ks_shortdesc, name) == 0) {
			malloc_usage(type, &pieces, &bytes);
			return (pieces);
		}
	panic("census: there is no type %s", name);
}

void
census_take(struct census *census)
{
	struct uma_stat stat;
	vm_object_t object;
	uma_zone_t zone;
	int n = 0;

	bzero(census, sizeof(*census));
	for (zone = uma_zone_next(NULL, &stat); zone != NULL && n < CENSUS_ZONES;
	    zone = uma_zone_next(zone, &stat)) {
		if (strcmp(stat.name, "KMAP ENTRY") == 0)
			continue;	/* malloc(9) keeps addresses */
		census->zone[n] = stat.name;
		census->used[n++] = stat.used;
	}
	TAILQ_FOREACH(object, &vm_object_list, object_list)
		if (object != kernel_object && object != kmem_object)
			census->pages += object->resident_page_count;
	census->vnodes = type_used("vnodes");
	census->files = type_used("file") + type_used("filedesc");
}

void
census_compare(const char *name, const struct census *before)
{
	struct census now;
	int i;

	census_take(&now);
	printf("@census name=%s same=%d", name, !memcmp(&now, before, sizeof(now)));
	for (i = 0; i < CENSUS_ZONES && now.zone[i] != NULL; i++)
		if (now.used[i] != before->used[i])
			printf(" %s: %u, %u", now.zone[i], before->used[i],
			    now.used[i]);
	printf(" pages: %u, %u vnodes: %u, %u files: %u, %u wired=%u\n",
	    before->pages, now.pages, before->vnodes, now.vnodes, before->files,
	    now.files, cnt.v_wire_count);
}
