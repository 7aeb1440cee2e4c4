/*
 * What uma_core.c and uma_slab.c share: zones and slabs.
 *
 * [vm/uma_int.h]
 */
#ifndef _VM_UMA_INT_H_
#define	_VM_UMA_INT_H_

#include <vm/uma.h>

#define	TAKEN		0xff		/* in next[] */
#define	MAX_ITEMS	0xfe		/* of a slab: as a number it ends the free ones */

struct uma_slab {
	uma_zone_t	zone;
	vm_map_t	map;		/* whose page it is; NULL: it stays */
	TAILQ_ENTRY(uma_slab) link;	/* in the zone's list, if `free' is not 0 */
	uint32_t	free;		/* items */
	uint32_t	first;		/* of those */
	uint8_t		next[];		/* by item */
};

TAILQ_HEAD(slab_list, uma_slab);

struct uma_zone {
	struct slab_list slabs;
	uint32_t	size;		/* of an item, as it is aligned */
	uint32_t	offset;		/* of a slab's first one */
	uint32_t	per_slab;	/* how many there are */
	uint32_t	flags;		/* UMA_ZONE_ */
	uma_ctor	ctor;
	uma_dtor	dtor;
	uma_init	init;
	uma_fini	fini;

	uint32_t	pages;		/* slabs */
	uint32_t	max_pages;	/* their limit; 0: none */
	int		waiting;	/* somebody sleeps until an item is free */
	vm_offset_t	kva;		/* its own addresses, or 0 */
	uint32_t	kva_pages;	/* of those, in use */

	const char	*name;
	uint32_t	failures;
	uint64_t	requests;
	STAILQ_ENTRY(uma_zone) link;
};

static inline void *
uma_slab_item(const struct uma_zone *zone, const struct uma_slab *slab, uint32_t index)
{
	return ((char *)(uintptr_t)slab + zone->offset + index * zone->size);
}

/*
 * A slab for the zone, whose items are all free, in no list; or NULL if there
 * is no page, or uminit has failed.  Sleeps with M_WAITOK.
 */
struct uma_slab *uma_slab_new(uma_zone_t zone, int flags);
/* Undo uminit of its first `count' items, and give the page back. */
void	uma_slab_free(struct uma_slab *slab, uint32_t count);

#endif /* !_VM_UMA_INT_H_ */
