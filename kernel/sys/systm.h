/*
 * What every part of the kernel may call: printing, panicking, memory and
 * strings, the user's memory, interrupt levels.
 *
 * [sys/systm.h]
 */
#ifndef _SYS_SYSTM_H_
#define	_SYS_SYSTM_H_

#include <sys/param.h>
#include <stdarg.h>

extern int	boothowto;		/* RB_ flags, from the loader */
extern uint32_t	bootdev;		/* MAKEBOOTDEV word, from the loader */
extern int	bootverbose;		/* boot -v */
extern int	cold;			/* still starting: nobody may sleep */
extern char	kernelname[MAXPATHLEN];	/* as it was booted */
extern const char *panicstr;		/* the first panic's text, or NULL */
extern int	hz;			/* clock ticks a second */
extern volatile int ticks;		/* of those, since the start */
extern uint32_t	physmem;		/* pages of memory */

/* ---------------------------------------------------------------- panic */

/*
 * Print `panic: ...', enter the debugger, say how long the system was up, and
 * reboot.  A second panic, of the first one's handling, reboots at once.
 * (kern/kern_shutdown.c)
 */
void	panic(const char *fmt, ...) __dead2 __printflike(1, 2);

/* An assertion: constant time, always on.  `msg' is a printf()'s arguments. */
#define	KASSERT(exp, msg) do {						\
	if (__builtin_expect(!(exp), 0))				\
		panic msg;						\
} while (0)

/* Reboot or halt, as RB_ bits say. */
void	kern_reboot(int howto) __dead2;

/* ---------------------------------------------------------------- printing */

/*
 * To the console and the message buffer.  Beside C's own:
 *
 *	%b	an int and a string "\20\1NAME\2NAME...": the base (octal 20 is
 *		hex), then for each bit, counted from 1, its name
 *	%D	a pointer to bytes and a separator: hex, width many of them
 *	%r	an int in the current radix (DDB)	%z  the same, signed hex
 */
int	printf(const char *fmt, ...);
int	vprintf(const char *fmt, va_list ap);
/* To the message buffer only. */
void	log(int level, const char *fmt, ...);
int	sprintf(char *buf, const char *fmt, ...);
int	snprintf(char *buf, size_t size, const char *fmt, ...);
int	vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
/*
 * The engine: `func(c, arg)' gets each character, or with NULL for func they
 * go to the buffer `arg'.  Returns how many there were.
 */
int	kvprintf(const char *fmt, void (*func)(int, void *), void *arg,
	    int radix, va_list ap);

/* ---------------------------------------------------------------- memory and strings */

void	*memcpy(void *to, const void *from, size_t len);
void	*memmove(void *to, const void *from, size_t len);
void	*memset(void *to, int c, size_t len);
int	memcmp(const void *a, const void *b, size_t len);
void	bcopy(const void *from, void *to, size_t len);	/* may overlap */
void	bzero(void *to, size_t len);
int	bcmp(const void *a, const void *b, size_t len);
size_t	strlen(const char *s);
size_t	strnlen(const char *s, size_t max);
size_t	strlcpy(char *to, const char *from, size_t size);
size_t	strlcat(char *to, const char *from, size_t size);
int	strcmp(const char *a, const char *b);
int	strncmp(const char *a, const char *b, size_t len);
char	*strchr(const char *s, int c);
char	*strrchr(const char *s, int c);
char	*strstr(const char *s, const char *find);
unsigned long strtoul(const char *s, char **end, int base);
long	strtol(const char *s, char **end, int base);
uint64_t strtouq(const char *s, char **end, int base);

/* ---------------------------------------------------------------- the user's memory */

/*
 * Between the kernel and the running process.  All return 0 or EFAULT where
 * the user's addresses are not his, copyinstr() ENAMETOOLONG where no NUL came
 * within `len'; `done' (or NULL) gets how many bytes were copied, the NUL
 * among them.  fu*() return -1 and su*() -1 for a fault.
 * (i386/support.S)
 */
int	copyin(const void *udaddr, void *kaddr, size_t len);
int	copyout(const void *kaddr, void *udaddr, size_t len);
int	copyinstr(const void *udaddr, void *kaddr, size_t len, size_t *done);
int32_t	fuword(const void *base);
int	fubyte(const void *base);
int	suword(void *base, int32_t word);
int	subyte(void *base, int byte);

/* ---------------------------------------------------------------- interrupt levels */

/*
 * Raise the level, so that handlers of that level and below wait; each returns
 * what splx() sets again.  They nest.  (i386/intr.c)
 */
int	spltty(void);
int	splbio(void);
int	splclock(void);
int	splsoftclock(void);
int	splvm(void);			/* whoever allocates pages and memory */
int	splhigh(void);
void	splx(int level);
void	spl0(void);			/* to NONE */

/* ---------------------------------------------------------------- sleeping */

/*
 * Give up the CPU until wakeup(chan), or for `timo' ticks at most (0: for
 * ever).  `pri' is the priority at which it will run again, with PCATCH where
 * a signal may end the sleep; `wmesg' is what ps shows.  The interrupt level
 * is NONE meanwhile and is set again.  Returns 0, EWOULDBLOCK, EINTR or
 * ERESTART.  While `cold' it only lets interrupts in.  (kern/kern_synch.c)
 */
int	tsleep(const void *chan, int pri, const char *wmesg, int timo);
#define	PRIMASK		0x0ff		/* of `pri' */
#define	PCATCH		0x100
/* All who sleep on `chan', or the one who did first.  From anywhere. */
void	wakeup(const void *chan);
void	wakeup_one(const void *chan);
/* Let others run, of the same priority or better, and come back in turn. */
void	uio_yield(void);

/* ---------------------------------------------------------------- time */

/* Wait, busily, for at least so many microseconds, by the i8254. */
void	DELAY(int microseconds);

#endif /* !_SYS_SYSTM_H_ */
