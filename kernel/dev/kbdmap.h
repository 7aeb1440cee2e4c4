/*
 * From a keyboard's scan codes to characters: US layout, set 1.
 */
#ifndef _DEV_KBDMAP_H_
#define	_DEV_KBDMAP_H_

#include <stdint.h>

#define	KBD_OUT_MAX	3		/* characters of a key: ESC [ H */

/* What is held down and what is locked.  All zero to begin with. */
struct kbdmap {
	uint8_t	shift, ctrl, alt;	/* bit 0 the left one, bit 1 the right */
	uint8_t	caps, num;		/* locked; so are the LEDs */
	uint8_t	caps_down, num_down;	/* their keys, which repeat when held */
	uint8_t	extended;		/* 0xe0 has come */
	uint8_t	skip;			/* codes of Pause still to come */
};

/* What a key asks for, beside characters. */
enum kbd_action {
	KBD_NONE,
	KBD_DEBUG,			/* Ctrl-Alt-Esc */
	KBD_REBOOT,			/* Ctrl-Alt-Del */
};

/*
 * Take a scan code.  Returns how many characters it gives, in `out'; sets
 * *action if the key asks for one, and else leaves it as it is.
 */
int	kbdmap_decode(struct kbdmap *map, uint8_t code, char out[KBD_OUT_MAX],
	    enum kbd_action *action);

#endif /* !_DEV_KBDMAP_H_ */
