/*
 * The PC's own screen, in text mode.
 *
 * As a console it works from vga_consdev's cn_init on; vga_attach() only tells
 * of it.
 */
#ifndef _DEV_VGA_H_
#define	_DEV_VGA_H_

void	vga_attach(void);

#endif /* !_DEV_VGA_H_ */
