/*
 * boot2's console: the screen and keyboard by the BIOS, COM1 by its ports, or
 * both.
 */
#ifndef _BOOT2_CONS_H_
#define	_BOOT2_CONS_H_

#include <stdint.h>

#define	TICKS_SECOND	18		/* of the BIOS' clock, nearly */

void	bios(uint32_t interrupt, uint32_t eax);
void	cons_init(void);
void	xputc(int c);
int	printf(const char *format, ...);
int	invalid(const char *what);
int	keyhit(uint32_t ticks);
void	getstr(char *line, uint32_t size, uint8_t c);

#endif /* !_BOOT2_CONS_H_ */
