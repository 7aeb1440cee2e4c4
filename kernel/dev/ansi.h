/*
 * The control sequences of a terminal of type cons25, done to a screen.
 */
#ifndef _DEV_ANSI_H_
#define	_DEV_ANSI_H_

#include <dev/screen.h>

#define	ANSI_MAXPARAMS	8		/* further ones are dropped */

/* The sequence that is coming in. */
struct ansi {
	uint8_t	state;			/* STATE_ of ansi.c; 0 to begin with */
	uint8_t	private;		/* '?', '=' or the like behind the bracket */
	int	nparams;
	int	params[ANSI_MAXPARAMS];	/* -1 where none was given */
};

/* Take one character of text, or the next one of a sequence. */
void	ansi_putc(struct ansi *ansi, struct screen *screen, int c);

#endif /* !_DEV_ANSI_H_ */
