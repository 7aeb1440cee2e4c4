/*
 * COM1, 115200 8N1, by its ports.
 */
#ifndef _BOOT2_SIO_H_
#define	_BOOT2_SIO_H_

#include <stdint.h>

int	sio_init(void);
void	sio_putc(uint8_t c);
int	sio_ischar(void);
uint8_t	sio_getc(void);

#endif /* !_BOOT2_SIO_H_ */
