/*
 * What the programs of hostprogram.py have of this computer: its library, by
 * other names where the kernel has the same, and an end for what goes wrong.
 */
#ifndef _HOSTLIB_H_
#define	_HOSTLIB_H_

#include <sys/param.h>
#include <stdarg.h>

int	host_printf(const char *fmt, ...) __asm__("printf");
int	host_vprintf(const char *fmt, va_list ap) __asm__("vprintf");
int	host_fflush(void *stream) __asm__("fflush");
unsigned long host_strtoul(const char *s, char **end, int base) __asm__("strtoul");
int	host_strcmp(const char *a, const char *b) __asm__("strcmp");
void	*host_memset(void *to, int c, size_t len) __asm__("memset");
void	*host_memmove(void *to, const void *from, size_t len) __asm__("memmove");
void	*host_calloc(size_t count, size_t size) __asm__("calloc");
void	host_free(void *at) __asm__("free");
void	host_exit(int status) __asm__("exit") __dead2;

#define	HOST_PANICKED	42		/* exit status: hostprogram.py knows it */

/* panic() prints and exits with that (hostlib.c); CHECK() traps. */
#define	CHECK(exp) do {							\
	if (!(exp)) {							\
		host_printf("%s, line %d: %s\n", __FILE__, __LINE__, #exp); \
		host_fflush(NULL);					\
		__builtin_trap();					\
	}								\
} while (0)

#endif /* !_HOSTLIB_H_ */
