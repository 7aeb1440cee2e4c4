/*
 * What all of the kernel shares: sizes, limits, and the machine's own part.
 *
 * [sys/param.h]
 */
#ifndef _SYS_PARAM_H_
#define	_SYS_PARAM_H_

#include <stddef.h>
#include <stdint.h>

#define	MAXPATHLEN	1024
#define	MAXCOMLEN	19		/* of a command's name */

#define	nitems(a)	(sizeof(a) / sizeof((a)[0]))
#define	howmany(x, y)	(((x) + ((y) - 1)) / (y))
#define	rounddown(x, y)	((x) / (y) * (y))
#define	roundup(x, y)	(howmany(x, y) * (y))
#define	MIN(a, b)	((a) < (b) ? (a) : (b))
#define	MAX(a, b)	((a) > (b) ? (a) : (b))

#define	__unused	__attribute__((unused))
#define	__dead2		__attribute__((noreturn))
#define	__printflike(fmtarg, first) __attribute__((__format__(__printf__, fmtarg, first)))

#include <i386/param.h>

#endif /* !_SYS_PARAM_H_ */
