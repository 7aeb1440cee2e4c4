/*
 * The keyboard.
 *
 * Order: kbd_init() with the console, polled from then on; kbd_attach() once
 * the 8259s are set up, by interrupts from then on.
 */
#ifndef _DEV_KBD_H_
#define	_DEV_KBD_H_

/* Empty the controller and let the keyboard send.  May be called again. */
void	kbd_init(void);

/* Find out whether a keyboard is there, say so, and take IRQ 1. */
void	kbd_attach(void);

/* The next character that was typed, or -1; with or without interrupts. */
int	kbd_checkc(void);

#endif /* !_DEV_KBD_H_ */
