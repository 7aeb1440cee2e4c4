/*
 * kern_descrip: descriptors and open files.
 *
 *	falloc()	a slot, and a file in it that is not open yet (badfileops)
 *	   |		the caller opens it: f_type, f_flag, f_vnode, f_ops
 *	   v
 *	fget(), fdrop()	for as long as somebody works with it
 *	   |
 *	   v
 *	close(), or the end of the process: the slot is free; when the last one
 *	has dropped the file, fo_close() ends it
 *
 * A slot is emptied before its file is dropped: dropping may sleep, and nobody
 * must find the file meanwhile.
 *
 * [kern/kern_descrip.c]
 */
#include <sys/file.h>
#include <sys/filedesc.h>

#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/resourcevar.h>
#include <sys/sysproto.h>
#include <sys/systm.h>

static MALLOC_DEFINE(M_FILE, "file", "open files");
static MALLOC_DEFINE(M_FILEDESC, "filedesc", "tables of descriptors");

#define	NDFILE_MAX	32767		/* slots of a table, whatever the limit is */

static int
badfo_close(struct file *fp __unused, struct thread *td __unused)
{
	return (0);
}

const struct fileops badfileops = { .fo_close = badfo_close };

/* A table of nothing, of one process.  May sleep. */
struct filedesc *
fdinit(void)
{
	struct filedesc *fdp = malloc(sizeof(*fdp), M_FILEDESC, M_WAITOK | M_ZERO);

	fdp->fd_ofiles = malloc(NDFILE * sizeof(*fdp->fd_ofiles), M_FILEDESC,
	    M_WAITOK | M_ZERO);
	fdp->fd_nfiles = NDFILE;
	fdp->fd_refcnt = 1;
	return (fdp);
}

/* The process has no descriptors from now on; the last of a table closes all. */
void
fdfree(struct thread *td)
{
	struct filedesc *fdp = td->td_proc->p_fd;
	int fd;

	td->td_proc->p_fd = NULL;
	if (fdp == NULL || --fdp->fd_refcnt > 0)
		return;
	for (fd = 0; fd < fdp->fd_nfiles; fd++)
		if (fdp->fd_ofiles[fd] != NULL)
			(void)fdrop(fdp->fd_ofiles[fd], td);
	free(fdp->fd_ofiles, M_FILEDESC);
	free(fdp, M_FILEDESC);
}

/*
 * Twice as many slots, or `limit' of them, which is more.  May sleep, and another
 * who shares the table may have made it grow meanwhile.
 */
static void
fd_grow(struct filedesc *fdp, int limit)
{
	int new = MIN(2 * fdp->fd_nfiles, limit);
	struct file **files, **given_back;

	files = malloc(new * sizeof(*files), M_FILEDESC, M_WAITOK | M_ZERO);
	given_back = files;
	if (fdp->fd_nfiles < new) {
		memcpy(files, fdp->fd_ofiles,
		    fdp->fd_nfiles * sizeof(*files));
		given_back = fdp->fd_ofiles;
		fdp->fd_ofiles = files;
		fdp->fd_nfiles = new;
	}
	free(given_back, M_FILEDESC);
}

/* The lowest free slot, in *result.  0 or EMFILE.  May sleep. */
static int
fdalloc(struct thread *td, int *result)
{
	struct filedesc *fdp = td->td_proc->p_fd;
	int limit = MIN(lim_cur(td->td_proc, RLIMIT_NOFILE), NDFILE_MAX), fd;

	for (;;) {
		for (fd = fdp->fd_freefile; fd < fdp->fd_nfiles; fd++)
			if (fdp->fd_ofiles[fd] == NULL)
				break;
		if (fd >= limit)
			return (EMFILE);
		if (fd < fdp->fd_nfiles)
			break;
		fd_grow(fdp, limit);
	}
	fdp->fd_freefile = fd + 1;
	*result = fd;
	return (0);
}

/*
 * A slot, *resultfd, and a file in it that is not open yet: fget() does not find
 * it.  The caller holds the file, too, and drops it when it is set up.  Returns
 * 0 or EMFILE.  May sleep.
 */
int
falloc(struct thread *td, struct file **resultfp, int *resultfd)
{
	struct file *fp;
	int error;

	fp = malloc(sizeof(*fp), M_FILE, M_WAITOK | M_ZERO);
	error = fdalloc(td, resultfd);
	if (error != 0) {
		free(fp, M_FILE);
		return (error);
	}
	fp->f_ops = &badfileops;
	fp->f_count = 2;
	td->td_proc->p_fd->fd_ofiles[*resultfd] = fp;
	*resultfp = fp;
	return (0);
}

/* What is in a slot, open or not; NULL: nothing, or no such slot. */
static struct file **
fd_slot(struct thread *td, int fd)
{
	struct filedesc *fdp = td->td_proc->p_fd;

	if (fdp == NULL || fd < 0 || fd >= fdp->fd_nfiles ||
	    fdp->fd_ofiles[fd] == NULL)
		return (NULL);
	return (&fdp->fd_ofiles[fd]);
}

/* The open file of a descriptor, held.  0 or EBADF. */
int
fget(struct thread *td, int fd, struct file **fpp)
{
	struct file **slot = fd_slot(td, fd);

	if (slot == NULL || (*slot)->f_ops == &badfileops)
		return (EBADF);
	fhold(*slot);
	*fpp = *slot;
	return (0);
}

/*
 * The same for mmap(2).  *maxprotp is what the descriptor, as apart from the
 * file, allows: all, for descriptors have no rights of their own here.
 */
int
fget_mmap(struct thread *td, int fd, vm_prot_t *maxprotp, struct file **fpp)
{
	*maxprotp = VM_PROT_ALL;
	return (fget(td, fd, fpp));
}

void
fhold(struct file *fp)
{
	fp->f_count++;
}

/* One less holds it.  The last one ends it: what fo_close() says.  May sleep. */
int
fdrop(struct file *fp, struct thread *td)
{
	int error;

	KASSERT(fp->f_count > 0, ("fdrop: nobody holds file %p", fp));
	if (--fp->f_count > 0)
		return (0);
	error = fp->f_ops->fo_close(fp, td);
	free(fp, M_FILE);
	return (error);
}

int
fo_mmap(struct file *fp, vm_map_t map, vm_offset_t *addr, vm_size_t size,
    vm_prot_t prot, vm_prot_t cap_maxprot, int flags, vm_ooffset_t foff,
    struct thread *td)
{
	if (fp->f_ops->fo_mmap == NULL)
		return (ENODEV);
	return (fp->f_ops->fo_mmap(fp, map, addr, size, prot, cap_maxprot,
	    flags, foff, td));
}

/* Returns 0, EBADF, or what the end of the file says, which is closed then, too. */
int
sys_close(struct thread *td, struct close_args *uap)
{
	struct file **slot = fd_slot(td, uap->fd);
	struct file *fp;

	if (slot == NULL)
		return (EBADF);
	fp = *slot;
	*slot = NULL;
	td->td_proc->p_fd->fd_freefile =
	    MIN(td->td_proc->p_fd->fd_freefile, uap->fd);
	return (fdrop(fp, td));
}
