/*
 * The functions of C's <string.h> that boot2 uses.
 */
#ifndef _BOOT2_STRING_H_
#define	_BOOT2_STRING_H_

#include <stddef.h>

void	*memcpy(void *to, const void *from, size_t size);
void	*memset(void *to, int byte, size_t size);
int	memcmp(const void *a, const void *b, size_t size);

#endif /* !_BOOT2_STRING_H_ */
