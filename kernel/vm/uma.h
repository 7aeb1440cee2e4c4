/*
 * UMA: zones, of which each gives out items of one size and kind.
 *
 *	zone = uma_zcreate("FILES", sizeof(struct file), NULL, NULL, NULL, NULL,
 *	    UMA_ALIGN_PTR, 0);
 *	fp = uma_zalloc(zone, M_WAITOK | M_ZERO);
 *	...
 *	uma_zfree(zone, fp);
 *
 * Beside malloc(9): an item takes no more room than it needs, it can stay half
 * made while it is free (uminit), a zone can have a limit, and one can be had
 * that takes no addresses from a map: the map's own entries are such.
 *
 * Usable from uma_startup() on, before there are maps and malloc(9).
 *
 * A handler of an interrupt, up to splvm's level, may allocate with M_NOWAIT,
 * and free.  Whoever makes or destroys a zone, or reclaims, is a process (or
 * the start).
 *
 * [vm/uma.h, vm/uma_core.c]
 */
#ifndef _VM_UMA_H_
#define	_VM_UMA_H_

#include <sys/malloc.h>
#include <vm/vm.h>

struct uma_zone;
typedef struct uma_zone *uma_zone_t;

/*
 * What is done to an item when it is given out and when it comes back, and
 * when its page comes and goes.  `arg' and `flags' are uma_zalloc_arg()'s.
 * The first and third return 0, or an errno: then there is no item.
 */
typedef int	(*uma_ctor)(void *item, int size, void *arg, int flags);
typedef void	(*uma_dtor)(void *item, int size, void *arg);
typedef int	(*uma_init)(void *item, int size, int flags);
typedef void	(*uma_fini)(void *item, int size);

/* uma_zcreate()'s align: the bits that are 0 in an item's address. */
#define	UMA_ALIGN_PTR	(sizeof(void *) - 1)

/* Its flags. */
#define	UMA_ZONE_NOFREE	0x0020		/* items stay items: pages are not given back */

#define	UMA_MAX_ITEM	2024		/* bytes: a page has two of them at least */

/*
 * A zone of items of `size' bytes, 1 to UMA_MAX_ITEM.  Each of the functions
 * may be NULL; the name is not copied.  Always succeeds; may sleep.
 */
uma_zone_t uma_zcreate(const char *name, int size, uma_ctor ctor, uma_dtor dtor,
	    uma_init uminit, uma_fini fini, int align, uint32_t flags);
/* All of its items are back, and it has no addresses of its own.  Its pages go. */
void	uma_zdestroy(uma_zone_t zone);

/*
 * An item: with M_WAITOK always, unless the constructor or uminit fails; with
 * M_NOWAIT or NULL.  M_ZERO zeros it before it is constructed.  M_USE_RESERVE: it
 * has been reserved, vm.fail_alloc does not touch it.
 */
void	*uma_zalloc_arg(uma_zone_t zone, void *arg, int flags);
/* What is not the zone's, or free, panics.  Sleeps only if the destructor does. */
void	uma_zfree_arg(uma_zone_t zone, void *item, void *arg);

static inline void *
uma_zalloc(uma_zone_t zone, int flags)
{
	return (uma_zalloc_arg(zone, NULL, flags));
}

static inline void
uma_zfree(uma_zone_t zone, void *item)
{
	uma_zfree_arg(zone, item, NULL);
}

/* No more than `nitems' at a time, rounded up to whole pages of them: then wait. */
void	uma_zone_set_max(uma_zone_t zone, int nitems);
/*
 * The same limit, and the addresses for so many items are reserved now; pages
 * for them come one by one, and stay.  No map is asked again.  Returns 1, or 0
 * if there are no such addresses.  The zone has no items yet, and its uminit does
 * not fail.  [10.4]
 */
int	uma_zone_reserve_kva(uma_zone_t zone, int nitems);
/*
 * See to it that at least `nitems' are free.  Returns 0, ENOMEM if there is no page
 * for them, or ENOSPC if the limit does not allow them.  Does not sleep; at splvm
 * they stay until they are asked for.
 */
int	uma_zone_reserve(uma_zone_t zone, uint32_t nitems);

/* From vm_mem_init(), when there are pages. */
void	uma_startup(void);
/* Give back the pages of which all items are free; from the page daemon. */
void	uma_reclaim(void);

/* For DDB and tests: each zone in turn, first NULL; NULL behind the last. */
struct uma_stat {
	const char	*name;
	uint32_t	size;		/* of an item */
	uint32_t	limit;		/* items; 0: none */
	uint32_t	used, free;	/* items */
	uint32_t	pages;
	uint64_t	requests;	/* so far */
	uint32_t	failures;
};
uma_zone_t uma_zone_next(uma_zone_t zone, struct uma_stat *stat);

#endif /* !_VM_UMA_H_ */
