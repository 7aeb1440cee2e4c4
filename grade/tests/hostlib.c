/*
 * hostlib: the end of a kernel that runs as a program of this computer.
 */
#include "hostlib.h"

#include <sys/systm.h>

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)host_vprintf(fmt, ap);
	va_end(ap);
	host_printf("\n");
	host_exit(HOST_PANICKED);
}
