/*
 * A process' descriptors: a table of open files.
 *
 *	p_fd -> fd_ofiles[0 .. fd_nfiles - 1] -> struct file or NULL
 *
 * It grows by doubling, up to RLIMIT_NOFILE.
 *
 * [sys/filedesc.h, kern/kern_descrip.c]
 */
#ifndef _SYS_FILEDESC_H_
#define	_SYS_FILEDESC_H_

struct file;
struct thread;

#define	NDFILE		20		/* slots of a new table */

struct filedesc {
	struct file	**fd_ofiles;
	int		fd_nfiles;	/* slots */
	int		fd_freefile;	/* below it none is free */
	int		fd_refcnt;	/* processes that share it */
};

/* Their contracts stand in kern/kern_descrip.c. */
struct filedesc *fdinit(void);
void	fdfree(struct thread *td);

#endif /* !_SYS_FILEDESC_H_ */
