/*
 * Flags of rfork(), which kthread_create() takes too.
 *
 * [sys/unistd.h]
 */
#ifndef _SYS_UNISTD_H_
#define	_SYS_UNISTD_H_

#define	RFSTOPPED	(1 << 17)	/* does not run until it is told to */

#endif /* !_SYS_UNISTD_H_ */
