/*
 * malloc(9): the kernel's memory, in pieces, each with a type that says whose
 * it is.
 *
 * Usable from SI_SUB_KMEM, SI_ORDER_SECOND on.  With M_WAITOK it may sleep and
 * always returns memory; an interrupt's handler must use M_NOWAIT.
 *
 * [sys/malloc.h, kern/kern_malloc.c]
 */
#ifndef _SYS_MALLOC_H_
#define	_SYS_MALLOC_H_

#include <sys/kernel.h>

#define	M_NOWAIT	0x0001		/* NULL rather than sleep */
#define	M_WAITOK	0x0002
#define	M_ZERO		0x0100		/* zeroed */
#define	M_USE_RESERVE	0x0400		/* uma_zalloc(): of what uma_zone_reserve() has kept */

struct malloc_type {
	STAILQ_ENTRY(malloc_type) ks_next;
	const char	*ks_shortdesc;	/* what `show malloc' prints */
	const char	*ks_longdesc;
	uint64_t	ks_calls;	/* pieces that were asked for so far */
	uint8_t		ks_number;	/* by which a piece says whose it is */
};

STAILQ_HEAD(kmemstatistics, malloc_type);
extern struct kmemstatistics kmemstatistics;	/* all of them */

#define	MALLOC_DEFINE(type, shortdesc, longdesc)			\
	struct malloc_type type[1] = {					\
		{ .ks_shortdesc = (shortdesc), .ks_longdesc = (longdesc) }	\
	};								\
	SYSINIT(type##_init, SI_SUB_KMEM, SI_ORDER_SECOND, malloc_init, type);	\
	SYSUNINIT(type##_uninit, SI_SUB_KMEM, SI_ORDER_ANY, malloc_uninit, type)
#define	MALLOC_DECLARE(type)	extern struct malloc_type type[1]

MALLOC_DECLARE(M_TEMP);			/* for the moment */
MALLOC_DECLARE(M_DEVBUF);		/* drivers' */

void	malloc_init(const void *type);
void	malloc_uninit(const void *type);
/* How much of a type is in use, as it was rounded: looks at every piece there is. */
void	malloc_usage(const struct malloc_type *type, uint32_t *pieces,
	    uint32_t *bytes);

/* At least `size' bytes, aligned to 8; size 0 is one byte. */
void	*malloc(unsigned long size, struct malloc_type *type, int flags);
/* NULL is nothing.  A wrong address, or one that is free, panics. */
void	free(void *addr, struct malloc_type *type);
/* As C's; reallocf() frees `addr' where it fails. */
void	*realloc(void *addr, unsigned long size, struct malloc_type *type, int flags);
void	*reallocf(void *addr, unsigned long size, struct malloc_type *type, int flags);

#endif /* !_SYS_MALLOC_H_ */
