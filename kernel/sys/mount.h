/*
 * A mounted file system, as far as its vnodes' users ask.
 *
 * [sys/mount.h]
 */
#ifndef _SYS_MOUNT_H_
#define	_SYS_MOUNT_H_

struct mount {
	int	mnt_flag;		/* MNT_ */
};

#define	MNT_NOEXEC	0x00000004	/* no programs are run from it */

#endif /* !_SYS_MOUNT_H_ */
