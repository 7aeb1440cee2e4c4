/*
 * The kernel's environment: the loader's, `name=value' strings, each ended by
 * a NUL, the last by two.
 *
 * [sys/kernel.h, kern/kern_environment.c]
 */
#ifndef _SYS_KENV_H_
#define	_SYS_KENV_H_

#include <sys/param.h>

extern char	*kern_envp;

/*
 * Take the strings at `envp' (NULL: none), which go on up to `end' at most.
 * Returns 0, or -1 after a message if they do not end there: then only those
 * that are whole count.
 */
int	init_static_kenv(char *envp, const char *end);

/* The value of a name, or NULL. */
char	*getenv(const char *name);
/* Each returns 1 and sets *value if the name is there and makes sense, or 0. */
int	getenv_int(const char *name, int *value);
int	getenv_ulong(const char *name, unsigned long *value);
/* The same with k, m or g behind the number. */
int	getenv_quad(const char *name, uint64_t *value);
int	getenv_string(const char *name, char *value, size_t size);
/* Go through all of them: NULL begins; returns NULL at the end. */
const char *kenv_next(const char *string);

#define	TUNABLE_INT_FETCH(path, var)	getenv_int((path), (var))
#define	TUNABLE_ULONG_FETCH(path, var)	getenv_ulong((path), (var))
#define	TUNABLE_QUAD_FETCH(path, var)	getenv_quad((path), (var))
#define	TUNABLE_STR_FETCH(path, var, size) getenv_string((path), (var), (size))

/* Basic tunables: hz and maxusers; then those that depend on memory. */
void	init_param1(void);
void	init_param2(uint32_t physpages);

/* What they set; hz is in sys/systm.h.  (kern/subr_param.c) */
extern int	tick;			/* microseconds from one clock tick to the next */
extern int	maxusers;		/* what the rest is derived from */
extern int	maxproc;		/* processes */
extern int	maxprocperuid;		/* of one user */
extern int	maxfiles;		/* open files */
extern int	maxfilesperproc;	/* of one process */
extern int	ncallout;		/* timeouts that wait */
extern int	nbuf;			/* disk buffers; 0: by the memory there is */

#endif /* !_SYS_KENV_H_ */
