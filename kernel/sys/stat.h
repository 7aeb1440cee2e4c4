/*
 * Files' flags: what chflags(2) sets.
 *
 * [sys/stat.h]
 */
#ifndef _SYS_STAT_H_
#define	_SYS_STAT_H_

#define	UF_IMMUTABLE	0x00000002	/* its owner: nobody changes it */
#define	UF_APPEND	0x00000004	/* it only grows */
#define	SF_IMMUTABLE	0x00020000	/* the same, and root alone takes it back */
#define	SF_APPEND	0x00040000

#endif /* !_SYS_STAT_H_ */
