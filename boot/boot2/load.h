/*
 * Starting the file that boot2 was told to.
 */
#ifndef _BOOT2_LOAD_H_
#define	_BOOT2_LOAD_H_

#include <stdint.h>

void	load(const char *path, uint32_t howto, uint32_t bootdev);

#endif /* !_BOOT2_LOAD_H_ */
