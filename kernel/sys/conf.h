/*
 * Devices, by name: what a driver offers under /dev.
 *
 * A driver's cdevsw says how its devices are used; make_dev() makes one of
 * them known.  si_drv1 is the driver's own.
 *
 * [sys/conf.h]
 */
#ifndef _SYS_CONF_H_
#define	_SYS_CONF_H_

#include <sys/param.h>
#include <sys/queue.h>
#include <vm/vm.h>

#define	SPECNAMELEN	31		/* of a device's name */

#define	UID_ROOT	0
#define	GID_OPERATOR	5

struct bio;

struct cdev;

typedef void	d_strategy_t(struct bio *bp);
/* Which physical page is at byte `offset' of it?  0, or -1: none, or not so. */
typedef int	d_mmap_t(struct cdev *dev, vm_offset_t offset,
		    vm_paddr_t *paddr, int nprot);

struct cdevsw {
	const char	*d_name;	/* the driver's */
	int		d_maj;		/* its number: of MAKEBOOTDEV's type */
	int		d_flags;	/* D_ */
	d_strategy_t	*d_strategy;	/* start a transfer; NULL: no disk */
	d_mmap_t	*d_mmap;	/* NULL: it is no memory */
};

#define	D_MMAP_ANON	0x00100000	/* mapping it is mapping zeros */

struct cdev {
	TAILQ_ENTRY(cdev) si_list;	/* of all, in the order they were made in */
	char		si_name[SPECNAMELEN + 1];
	struct cdevsw	*si_devsw;
	int		si_minor;	/* which of the driver's */
	uint32_t	si_uid, si_gid;	/* whose */
	int		si_mode;	/* who may read and write */
	void		*si_drv1;
};

TAILQ_HEAD(cdev_list, cdev);
extern struct cdev_list cdev_list;

/* Their contracts stand in kern/kern_conf.c. */
struct cdev *make_dev(struct cdevsw *devsw, int minor, uint32_t uid,
	    uint32_t gid, int mode, const char *fmt, ...) __printflike(6, 7);
void	destroy_dev(struct cdev *dev);
struct cdev *dev_lookup(const char *name);
void	dev_strategy(struct bio *bp);

#endif /* !_SYS_CONF_H_ */
