/*
 * An open file: what a descriptor leads to.
 *
 *	p_fd->fd_ofiles[fd] --+
 *	another's  -----------+--> struct file --> f_ops: what can be done with it
 *	a mapping being made -+      f_count  \--> f_vnode: what it is
 *
 * Descriptors and those who work with the file at the moment count; the last
 * one to drop it closes it.
 *
 * [sys/file.h, kern/kern_descrip.c]
 */
#ifndef _SYS_FILE_H_
#define	_SYS_FILE_H_

#include <vm/vm.h>

struct file;
struct filedesc;
struct thread;
struct vnode;

typedef int	fo_close_t(struct file *fp, struct thread *td);
typedef int	fo_mmap_t(struct file *fp, vm_map_t map, vm_offset_t *addr,
		    vm_size_t size, vm_prot_t prot, vm_prot_t cap_maxprot,
		    int flags, vm_ooffset_t foff, struct thread *td);

/* What a type of file can do; NULL where it cannot. */
struct fileops {
	fo_close_t	*fo_close;	/* the last one has dropped it; 0 or an errno */
	fo_mmap_t	*fo_mmap;	/* into `map', as vm_mmap_object() does it */
};

struct file {
	short		f_type;		/* DTYPE_ */
	int		f_flag;		/* FREAD, FWRITE */
	int		f_count;	/* who holds it */
	const struct fileops *f_ops;
	struct vnode	*f_vnode;	/* DTYPE_VNODE: its reference is ours */
};

#define	DTYPE_VNODE	1		/* f_type */
#define	DTYPE_PIPE	3

extern const struct fileops badfileops;	/* of a file that is not open yet */
extern const struct fileops vnops;	/* of a vnode: kern/vfs_vnops.c */

/* Their contracts stand in kern/kern_descrip.c. */
int	falloc(struct thread *td, struct file **resultfp, int *resultfd);
int	fget(struct thread *td, int fd, struct file **fpp);
int	fget_mmap(struct thread *td, int fd, vm_prot_t *maxprotp,
	    struct file **fpp);
void	fhold(struct file *fp);
int	fdrop(struct file *fp, struct thread *td);

/* Map it; ENODEV where its type cannot be. */
int	fo_mmap(struct file *fp, vm_map_t map, vm_offset_t *addr, vm_size_t size,
	    vm_prot_t prot, vm_prot_t cap_maxprot, int flags, vm_ooffset_t foff,
	    struct thread *td);

#endif /* !_SYS_FILE_H_ */
