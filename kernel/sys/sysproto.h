/*
 * System calls, as the kernel sees them: for each its function, and its
 * arguments as the user has pushed them.
 *
 * A function gets the calling thread and the arguments; it returns 0 or an
 * errno, and leaves the call's result in td_retval[].  An argument is a
 * multiple of four bytes, so the structures have the layout of the user's
 * stack.
 *
 * The table that leads here comes with the files: what is here now is called by
 * name.
 *
 * [sys/sysproto.h, kern/syscalls.master]
 */
#ifndef _SYS_SYSPROTO_H_
#define	_SYS_SYSPROTO_H_

#include <stddef.h>
#include <stdint.h>

struct thread;

/* ---------------------------------------------------------------- vm/vm_mmap.c */

struct mmap_args {
	void	*addr;
	size_t	len;
	int	prot;
	int	flags;
	int	fd;
	int	pad;			/* 64-bit arguments stand at a multiple of 8 */
	int64_t	pos;
};
_Static_assert(offsetof(struct mmap_args, pos) == 24 &&
    sizeof(struct mmap_args) == 32, "mmap's arguments");

struct munmap_args {
	void	*addr;
	size_t	len;
};
struct mprotect_args {
	const void *addr;
	size_t	len;
	int	prot;
};
struct minherit_args {
	void	*addr;
	size_t	len;
	int	inherit;
};
struct sbrk_args {
	int	incr;
};
struct sstk_args {
	int	incr;
};

int	sys_mmap(struct thread *td, struct mmap_args *uap);
int	sys_munmap(struct thread *td, struct munmap_args *uap);
int	sys_mprotect(struct thread *td, struct mprotect_args *uap);
int	sys_minherit(struct thread *td, struct minherit_args *uap);
int	sys_sbrk(struct thread *td, struct sbrk_args *uap);
int	sys_sstk(struct thread *td, struct sstk_args *uap);

/* ---------------------------------------------------------------- vm/vm_mmap_advice.c */

struct msync_args {
	void	*addr;
	size_t	len;
	int	flags;
};
struct madvise_args {
	void	*addr;
	size_t	len;
	int	behav;
};
struct mincore_args {
	const void *addr;
	size_t	len;
	char	*vec;
};

int	sys_msync(struct thread *td, struct msync_args *uap);
int	sys_madvise(struct thread *td, struct madvise_args *uap);
int	sys_mincore(struct thread *td, struct mincore_args *uap);

/* ---------------------------------------------------------------- vm/vm_mmap_lock.c */

struct mlock_args {
	const void *addr;
	size_t	len;
};
struct munlock_args {
	const void *addr;
	size_t	len;
};
struct mlockall_args {
	int	how;
};
struct munlockall_args {
	int	dummy;			/* it has none */
};

int	sys_mlock(struct thread *td, struct mlock_args *uap);
int	sys_munlock(struct thread *td, struct munlock_args *uap);
int	sys_mlockall(struct thread *td, struct mlockall_args *uap);
int	sys_munlockall(struct thread *td, struct munlockall_args *uap);

/* ---------------------------------------------------------------- vm/vm_unix.c */

struct obreak_args {
	char	*nsize;
};

int	sys_obreak(struct thread *td, struct obreak_args *uap);

/* ---------------------------------------------------------------- kern/kern_descrip.c */

struct close_args {
	int	fd;
};

int	sys_close(struct thread *td, struct close_args *uap);

#endif /* !_SYS_SYSPROTO_H_ */
