/*
 * COM1.
 *
 * As a console it works by polling from sio_consdev's cn_init on;
 * sio_attach(), once the 8259s are set up, has it receive by interrupts.
 */
#ifndef _DEV_SIO_H_
#define	_DEV_SIO_H_

void	sio_attach(void);

#endif /* !_DEV_SIO_H_ */
