/*
 * A transfer between a file and memory, in pieces.
 *
 *	uio_iov -> { base, len } { base, len } ...	uio_iovcnt of them
 *		     the kernel's memory, or the running process'
 *	uio_offset	where in the file; it moves with what is done
 *	uio_resid	how much is left
 *
 * [sys/uio.h]
 */
#ifndef _SYS_UIO_H_
#define	_SYS_UIO_H_

#include <stddef.h>
#include <stdint.h>

struct thread;

enum uio_rw {
	UIO_READ,			/* into memory */
	UIO_WRITE
};

enum uio_seg {
	UIO_USERSPACE,
	UIO_SYSSPACE			/* the kernel's */
};

struct iovec {
	void	*iov_base;
	size_t	iov_len;
};

struct uio {
	struct iovec	*uio_iov;
	int		uio_iovcnt;
	int64_t		uio_offset;
	size_t		uio_resid;
	enum uio_seg	uio_segflg;
	enum uio_rw	uio_rw;
	struct thread	*uio_td;	/* whose memory it is, and who asks */
};

/*
 * Transfer `n' bytes, or what is left of `uio', between `cp' and its memory,
 * and move it on by so many.  Returns 0 or EFAULT.  (kern/kern_subr.c)
 */
int	uiomove(void *cp, size_t n, struct uio *uio);

#endif /* !_SYS_UIO_H_ */
