/*
 * boot2's console: the screen and keyboard by the BIOS, COM1 by its ports, or
 * both; and the few functions of a C library that boot2 has.
 */
#ifndef _BOOT2_CONS_H_
#define	_BOOT2_CONS_H_

#include <stddef.h>
#include <stdint.h>

#define	TICKS_SECOND	18		/* ticks of the BIOS' clock, nearly */

void	cons_init(uint32_t howto);
void	xputc(int c);
int	printf(const char *format, ...);
int	keyhit(uint32_t ticks);
void	getstr(char *line, uint32_t size);

void	*memcpy(void *to, const void *from, size_t size);
void	*memset(void *to, int byte, size_t size);
int	memcmp(const void *a, const void *b, size_t size);

#endif /* !_BOOT2_CONS_H_ */
