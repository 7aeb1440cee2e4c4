/*
 * What all parts of boot2 know.
 */
#ifndef _BOOT2_BOOT2_H_
#define	_BOOT2_BOOT2_H_

#include <stdint.h>

/* How to boot: RB_ bits of sys/reboot.h, toggled by the options. */
extern uint32_t howto;

#endif /* !_BOOT2_BOOT2_H_ */
