/*
 * The message buffer: what was printed, kept in memory over a warm boot.
 *
 * [sys/msgbuf.h]
 */
#ifndef _SYS_MSGBUF_H_
#define	_SYS_MSGBUF_H_

#include <sys/param.h>

#define	MSG_MAGIC	0x063062
#define	MSGBUF_SIZE	(32 * 1024)	/* with the structure at its end */

struct msgbuf {
	uint32_t	msg_magic;	/* MSG_MAGIC: the rest is to be trusted */
	uint32_t	msg_size;	/* of the text */
	uint32_t	msg_bufx;	/* where the next character goes */
	uint32_t	msg_bufr;	/* the first one not read */
	char		*msg_ptr;	/* the text */
};

extern struct msgbuf *msgbufp;		/* NULL before msgbufinit() */

/*
 * Begin to use `size' bytes at `ptr'.  What stands there from before the last
 * warm boot stays, if its magic and sizes make sense.  What was printed before
 * is added.
 */
void	msgbufinit(void *ptr, size_t size);
void	msgbuf_addchar(int c);
/*
 * Give a console that begins to be one all that was printed before it.
 */
void	msgbuf_show_early(void (*put)(int c));

#endif /* !_SYS_MSGBUF_H_ */
