/*
 * What the parts of kern_host share: the host's library, by other names where
 * the kernel has the same, and the draws.
 */
#ifndef _KERN_HOST_H_
#define	_KERN_HOST_H_

#include <sys/systm.h>

int	host_printf(const char *fmt, ...) __asm__("printf");
int	host_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
	    __asm__("vsnprintf");
void	*host_malloc(size_t size) __asm__("malloc");
void	*host_realloc(void *p, size_t size) __asm__("realloc");
void	host_free(void *p) __asm__("free");
void	exit(int status) __dead2;

/* A number from 0 to below - 1; the same ones after the same seed(). */
unsigned int draw(unsigned int below);
void	seed(const char *text);
char	*unhex(const char *hex, size_t *size);

/* Each is a command, and returns the exit status. */
int	draw_formats(char **argv);	/* kern_host_draws.c */
int	draw_numbers(char **argv);
int	draw_strings(char **argv);
int	draw_divisions(char **argv);
int	queues(char **argv);		/* kern_host_sets.c */
int	bitsets(char **argv);
int	events(char **argv);		/* kern_host_events.c */
void	start_event_handlers(void);
int	config_hooks(char **argv);	/* kern_host_hooks.c */

extern int	host_level;		/* 1: splhigh() */
/* Called by malloc(), which others do something in, as if it slept; or NULL. */
extern void	(*host_asleep)(void);

#endif /* !_KERN_HOST_H_ */
