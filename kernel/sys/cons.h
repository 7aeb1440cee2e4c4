/*
 * The console: one or two of the devices that can be one.
 *
 * [sys/cons.h]
 */
#ifndef _SYS_CONS_H_
#define	_SYS_CONS_H_

#include <sys/param.h>

struct consdev {
	const char	*cn_name;		/* "vga", "sio0" */
	/* Is it there?  Sets cn_pri.  May not print. */
	void		(*cn_probe)(struct consdev *cn);
	void		(*cn_init)(struct consdev *cn);
	void		(*cn_putc)(struct consdev *cn, int c);
	/* A character, or -1 if none is there: by polling, interrupts or not. */
	int		(*cn_checkc)(struct consdev *cn);
	int		cn_pri;			/* CN_ */
};

#define	CN_DEAD		0	/* not there */
#define	CN_NORMAL	1
#define	CN_INTERNAL	2	/* the PC's own screen and keyboard */
#define	CN_REMOTE	3	/* the serial line, asked for */

extern struct consdev vga_consdev;	/* dev/vga.c, dev/kbd.c */
extern struct consdev sio_consdev;	/* dev/sio.c */

/*
 * Choose and start the console: by RB_SERIAL, RB_MULTIPLE, RB_MUTE and the
 * environment's console=.  Printing works from here on.  (kern/tty_cons.c)
 */
void	cninit(void);
void	cnputc(int c);
/*
 * A character, `\n' for the Enter key, from whichever console has one.
 * cngetc() waits; it returns -1 where there is no console or a muted one,
 * cncheckc() also when no key was pressed.
 */
int	cngetc(void);
int	cncheckc(void);
extern int	cn_started;	/* cninit() has begun */

#endif /* !_SYS_CONS_H_ */
