/*
 * How much a line of log() matters.  It stands before the text, as `<3>'.
 *
 * [sys/syslog.h]
 */
#ifndef _SYS_SYSLOG_H_
#define	_SYS_SYSLOG_H_

#define	LOG_EMERG	0	/* the system is of no use any more */
#define	LOG_ALERT	1	/* something must be done at once */
#define	LOG_CRIT	2
#define	LOG_ERR		3
#define	LOG_WARNING	4
#define	LOG_NOTICE	5	/* as it should be, but worth a look */
#define	LOG_INFO	6
#define	LOG_DEBUG	7

#endif /* !_SYS_SYSLOG_H_ */
