/*
 * kern_subr: moving bytes between the kernel and whoever wants them.
 *
 * [kern/kern_subr.c]
 */
#include <sys/uio.h>

#include <sys/errno.h>
#include <sys/proc.h>
#include <sys/systm.h>

/* `n' bytes between `cp' and one piece of memory.  0 or EFAULT; none may be anywhere. */
static int
move(void *cp, void *base, size_t n, const struct uio *uio)
{
	if (n == 0)
		return (0);
	if (uio->uio_segflg == UIO_USERSPACE)
		return (uio->uio_rw == UIO_READ ? copyout(cp, base, n) :
		    copyin(base, cp, n));
	if (uio->uio_rw == UIO_READ)
		bcopy(cp, base, n);
	else
		bcopy(base, cp, n);
	return (0);
}

int
uiomove(void *cp, size_t n, struct uio *uio)
{
	struct iovec *iov;
	size_t part;
	int error;

	KASSERT(uio->uio_segflg == UIO_SYSSPACE || uio->uio_td == curthread,
	    ("uiomove: another process' memory"));
	while (n > 0 && uio->uio_resid > 0) {
		KASSERT(uio->uio_iovcnt > 0, ("uiomove: no memory for %u bytes",
		    uio->uio_resid));
		iov = uio->uio_iov;
		part = MIN(n, iov->iov_len);
		error = move(cp, iov->iov_base, part, uio);
		if (error != 0)
			return (error);
		iov->iov_base = (char *)iov->iov_base + part;
		iov->iov_len -= part;
		if (iov->iov_len == 0) {
			uio->uio_iov++;
			uio->uio_iovcnt--;
		}
		uio->uio_resid -= part;
		uio->uio_offset += part;
		cp = (char *)cp + part;
		n -= part;
	}
	return (0);
}
