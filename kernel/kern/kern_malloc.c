/*
 * kern_malloc: malloc(9).
 *
 * Small pieces are of sizes that are powers of two: 16 to 2048 bytes, a bucket
 * each.  A page of kmem_map is cut into pieces of one size.  What is larger
 * has whole pages to itself.  Each page has an entry in `kmemusage':
 *
 *	kmemusage	|   | 64 |   | 8192 |    |   | 1024 |   |   |
 *	kmem_map	|   |page|   | one piece |   | page |   |   |
 *			   /      \__________________
 *			  | owners | piece | free | piece | free | ...
 *	ku_free	------------------------------^--------------^
 *
 * A byte a piece says whose it is: the type's number, or 0 if it is free.  The
 * bytes stand at the page's beginning if the pieces are small, in the entry if
 * they are few.  So free() needs no search to know that an address is that of
 * a piece, and the caller's.
 *
 * A bucket lists its pages that have free pieces.  One of which all are free is
 * given back, unless it is the only one in the list.
 *
 * The lists are touched with interrupts disabled, for some 20 instructions: to
 * raise the level and to lower it again would take longer.
 *
 * [kern/kern_malloc.c]
 */
#include <sys/malloc.h>

#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>
#include <vm/pmap.h>
#include <vm/vm_kern.h>
#include <vm/vm_map.h>

#define	MIN_SHIFT	4
#define	MAX_SHIFT	11
#define	MIN_SIZE	(1 << MIN_SHIFT)
#define	MAX_SIZE	(1 << MAX_SHIFT)	/* of a small piece */
#define	NTYPES		256
#define	FEW_PIECES	8		/* then the owners stand in the entry */

#define	KMEM_SCALE	3		/* kmem_map is so large a part of memory, */
#define	KMEM_MIN	(256 * 1024)	/* but not smaller */

/* A free piece. */
struct piece {
	struct piece	*next;		/* in its page */
};

/* A page; of a large piece, the first. */
struct kmemusage {
	LIST_ENTRY(kmemusage) ku_link;	/* in its bucket, if it has free pieces */
	struct piece	*ku_free;	/* of them, the first */
	uint8_t		*ku_owner;	/* a byte a piece; NULL: none begins here */
	uint32_t	ku_size;	/* of a piece */
	uint16_t	ku_count;	/* of them, in use */
	uint8_t		ku_shift;	/* a small one has 2^n bytes; a large one: 0 */
	uint8_t		ku_few[FEW_PIECES];
};

LIST_HEAD(kmemusage_list, kmemusage);

MALLOC_DEFINE(M_TEMP, "temp", "misc temporary data buffers");
MALLOC_DEFINE(M_DEVBUF, "devbuf", "device driver memory");

struct kmemstatistics kmemstatistics = STAILQ_HEAD_INITIALIZER(kmemstatistics);

static struct kmemusage_list buckets[MAX_SHIFT + 1];	/* by n of 2^n bytes */
/* That n, by the size in units of MIN_SIZE, rounded up. */
static const int size_shift[MAX_SIZE / MIN_SIZE + 1] = {
	[0 ... 1] = MIN_SHIFT, [2] = 5, [3 ... 4] = 6, [5 ... 8] = 7, [9 ... 16] = 8,
	[17 ... 32] = 9, [33 ... 64] = 10, [65 ... 128] = MAX_SHIFT
};

static struct malloc_type *types[NTYPES];	/* by number; there is no 0 */
/* Stands for those that have gone away while pieces were in use. */
static struct malloc_type lost = { .ks_shortdesc = "one that is gone" };
static struct kmemusage *kmemusage;
static vm_offset_t kmembase;
static vm_size_t kmemused;		/* bytes from there on that have entries */

/* ---------------------------------------------------------------- start */

/*
 * kmem_map is a part of memory, but no more than half of the kernel's
 * addresses; vm.kmem_size asks for another size.
 */
static void
kmeminit(const void *dummy __unused)
{
	vm_size_t most = (vm_map_max(kernel_map) - virtual_avail) / 2;
	unsigned long asked = (uint64_t)physmem * PAGE_SIZE / KMEM_SCALE;
	vm_offset_t limit;

	TUNABLE_ULONG_FETCH("vm.kmem_size", &asked);
	kmem_map = kmem_suballoc(kernel_map, &kmembase, &limit,
	    MAX(MIN(asked, most), KMEM_MIN));
	kmemusage = (struct kmemusage *)kmem_malloc(kernel_map,
	    atop(limit - kmembase) * sizeof(*kmemusage), M_NOWAIT);
	if (kmemusage == NULL)
		panic("kmeminit: no memory for the table of %u pages",
		    atop(limit - kmembase));
}
SYSINIT(kmem, SI_SUB_KMEM, SI_ORDER_FIRST, kmeminit, NULL);

void
malloc_init(const void *udata)
{
	struct malloc_type *type = (struct malloc_type *)(uintptr_t)udata;
	unsigned int number;

	for (number = 1; number < NTYPES && types[number] != NULL; number++)
		;
	if (number == NTYPES)
		panic("malloc_init: no number for type %s", type->ks_shortdesc);
	types[number] = type;
	type->ks_number = number;
	STAILQ_INSERT_TAIL(&kmemstatistics, type, ks_next);
}

/* What is left of a type that goes away stays lost; its number, too. */
void
malloc_uninit(const void *udata)
{
	struct malloc_type *type = (struct malloc_type *)(uintptr_t)udata;
	uint32_t pieces, bytes;

	STAILQ_REMOVE(&kmemstatistics, type, malloc_type, ks_next);
	malloc_usage(type, &pieces, &bytes);
	types[type->ks_number] = pieces == 0 ? NULL : &lost;
	if (pieces != 0)
		printf("Warning: memory type %s leaked memory on destroy "
		    "(%u allocations, %u bytes leaked).\n", type->ks_shortdesc,
		    pieces, bytes);
	type->ks_number = 0;
}

void
malloc_usage(const struct malloc_type *type, uint32_t *pieces, uint32_t *bytes)
{
	const struct kmemusage *ku;
	uint32_t count, i;

	*pieces = *bytes = 0;
	for (ku = kmemusage; ku < &kmemusage[atop(kmemused)]; ku++) {
		if (ku->ku_owner == NULL)
			continue;
		count = ku->ku_size > MAX_SIZE ? 1 : PAGE_SIZE / ku->ku_size;
		for (i = 0; i < count; i++)
			if (ku->ku_owner[i] == type->ks_number) {
				*pieces += 1;
				*bytes += ku->ku_size;
			}
	}
}

/* ---------------------------------------------------------------- pages */

/* The entry of an address in kmem_map. */
static struct kmemusage *
btokup(vm_offset_t addr)
{
	return (&kmemusage[atop(addr - kmembase)]);
}

/*
 * Pages of kmem_map, and in *ku the entry of the first.  Returns their address, or
 * 0.  Entries are set up as far as there have ever been pages: of the others none
 * is read.  What else is in an entry is only read if it has owners.
 */
static vm_offset_t
pages_get(unsigned long size, int flags, struct kmemusage **ku)
{
	vm_offset_t addr;
	uint32_t ef;

	addr = kmem_malloc(kmem_map, size, flags);
	if (addr == 0)
		return (0);
	ef = intr_disable();
	for (; kmemused < addr + size - kmembase; kmemused += PAGE_SIZE)
		btokup(kmembase + kmemused)->ku_owner = NULL;
	intr_restore(ef);
	*ku = btokup(addr);
	return (addr);
}

/*
 * Cut a page, whose entry is `ku', into free pieces.  Of the smallest some make
 * room for the owners.
 */
static void
page_cut(struct kmemusage *ku, vm_offset_t page, int shift)
{
	uint32_t size = 1 << shift, count = PAGE_SIZE / size, owners = 0;
	struct piece *piece;
	vm_offset_t at;

	ku->ku_owner = ku->ku_few;
	if (count > FEW_PIECES) {
		ku->ku_owner = (uint8_t *)page;
		owners = count;
	}
	memset(ku->ku_owner, 0, count);
	ku->ku_size = size;
	ku->ku_shift = shift;
	ku->ku_count = 0;
	ku->ku_free = NULL;
	for (at = page + PAGE_SIZE - size; at >= page + owners; at -= size) {
		piece = (struct piece *)at;
		piece->next = ku->ku_free;
		ku->ku_free = piece;
	}
}

/* There is no free piece of the size: get a page of them, and one of these. */
static void * __attribute__((noinline))
malloc_more(unsigned long size, struct malloc_type *type, int flags, int shift)
{
	struct kmemusage *ku;
	vm_offset_t page;
	uint32_t ef;

	page = pages_get(PAGE_SIZE, flags & ~M_ZERO, &ku);
	if (page == 0)
		return (NULL);
	page_cut(ku, page, shift);
	ef = intr_disable();
	LIST_INSERT_HEAD(&buckets[shift], ku, ku_link);
	intr_restore(ef);
	return (malloc(size, type, flags));
}

/*
 * All pieces of `addr's page are free.  Take the page away from its bucket, if
 * that has another.  Called with interrupts disabled, so that nobody takes a
 * piece of it meanwhile; `ef' says whether to enable them.
 */
static void __attribute__((noinline))
page_release(struct kmemusage *ku, vm_offset_t addr, uint32_t ef)
{
	struct kmemusage_list *bucket = &buckets[ku->ku_shift];

	if (LIST_FIRST(bucket) == ku && LIST_NEXT(ku, ku_link) == NULL) {
		intr_restore(ef);
		return;
	}
	LIST_REMOVE(ku, ku_link);
	ku->ku_owner = NULL;
	intr_restore(ef);
	kmem_free(kmem_map, trunc_page(addr), PAGE_SIZE);
}

/* ---------------------------------------------------------------- large pieces */

static void * __attribute__((noinline))
malloc_large(unsigned long size, struct malloc_type *type, int flags)
{
	struct kmemusage *ku;
	vm_offset_t addr;
	uint32_t ef;

	addr = pages_get(size, flags, &ku);
	if (addr == 0)
		return (NULL);
	ku->ku_size = round_page(size);
	ku->ku_shift = 0;
	ku->ku_few[0] = type->ks_number;
	ku->ku_owner = ku->ku_few;
	ef = intr_disable();
	type->ks_calls++;
	intr_restore(ef);
	return ((void *)addr);
}

static void __attribute__((noinline))
free_large(struct kmemusage *ku, vm_offset_t addr)
{
	ku->ku_owner = NULL;
	kmem_free(kmem_map, addr, ku->ku_size);
}

/* ---------------------------------------------------------------- malloc and free */

/*
 * A free piece whose link leads out of its page has been written to by somebody
 * who has it no more.
 */
void *
malloc(unsigned long size, struct malloc_type *type, int flags)
{
	struct kmemusage *ku;
	struct piece *piece;
	uint32_t ef;
	int shift;

	if (vm_fail_alloc != 0 && vm_fail_request(flags))
		return (NULL);
	KASSERT((flags & M_NOWAIT) || intr_frame == NULL,
	    ("malloc(M_WAITOK) in interrupt context: type %s",
	    type->ks_shortdesc));
	KASSERT(type->ks_number != 0, ("malloc: type %s is not there",
	    type->ks_shortdesc));
	if (size > MAX_SIZE)
		return (malloc_large(size, type, flags));
	shift = size_shift[howmany(size, MIN_SIZE)];
	ef = intr_disable();
	ku = LIST_FIRST(&buckets[shift]);
	if (ku == NULL) {
		intr_restore(ef);
		return (malloc_more(size, type, flags, shift));
	}
	piece = ku->ku_free;
	ku->ku_owner[((uintptr_t)piece & PAGE_MASK) >> shift] = type->ks_number;
	ku->ku_count++;
	ku->ku_free = piece->next;
	if (ku->ku_free == NULL)
		LIST_REMOVE(ku, ku_link);
	else
		KASSERT(atop((uintptr_t)ku->ku_free ^ (uintptr_t)piece) == 0,
		    ("malloc: memory modified after free: %p, %u bytes", piece,
		    ku->ku_size));
	type->ks_calls++;
	intr_restore(ef);
	if (flags & M_ZERO)
		bzero(piece, size);
	return (piece);
}

/* `owner' is the byte of the piece at `addr'. */
static void __dead2
free_panic(const char *who, const void *addr, const struct malloc_type *type,
    int owner)
{
	if (owner == 0)
		panic("%s: %p, type %s: free already", who, addr,
		    type->ks_shortdesc);
	panic("%s: %p, type %s: it is of type %s", who, addr,
	    type->ks_shortdesc, types[owner]->ks_shortdesc);
}

/*
 * The entry of the page that the piece at `addr' is in, and in *owner the byte
 * of who has it.  It must be the type's; `who' is told in the panic otherwise.
 */
static inline struct kmemusage *
piece_find(const char *who, const void *addr, const struct malloc_type *type,
    uint8_t **owner)
{
	vm_offset_t va = (vm_offset_t)addr;
	uint32_t offset = va & PAGE_MASK;
	struct kmemusage *ku;

	KASSERT(va - kmembase < kmemused, ("%s: %p, type %s: not malloc's", who,
	    addr, type->ks_shortdesc));
	ku = btokup(va);
	KASSERT(ku->ku_owner != NULL, ("%s: %p, type %s: nothing is there, or no more",
	    who, addr, type->ks_shortdesc));
	KASSERT((offset & (ku->ku_size - 1)) == 0,
	    ("%s: %p, type %s: in the midst of a piece", who, addr,
	    type->ks_shortdesc));
	*owner = &ku->ku_owner[offset >> ku->ku_shift];
	if (**owner != type->ks_number)
		free_panic(who, addr, type, **owner);
	return (ku);
}

void
free(void *addr, struct malloc_type *type)
{
	struct piece *piece = addr;
	struct kmemusage *ku;
	uint8_t *owner;
	uint32_t ef;

	if (addr == NULL)
		return;
	ku = piece_find("free", addr, type, &owner);
	if (ku->ku_shift == 0) {
		free_large(ku, (vm_offset_t)addr);
		return;
	}
	ef = intr_disable();
	*owner = 0;
	if (ku->ku_free == NULL)
		LIST_INSERT_HEAD(&buckets[ku->ku_shift], ku, ku_link);
	piece->next = ku->ku_free;
	ku->ku_free = piece;
	if (--ku->ku_count == 0)
		page_release(ku, (vm_offset_t)addr, ef);
	else
		intr_restore(ef);
}

/* ---------------------------------------------------------------- realloc */

/* A piece may stay where it is while what is asked for fits and fills over a half. */
void *
realloc(void *addr, unsigned long size, struct malloc_type *type, int flags)
{
	struct kmemusage *ku;
	uint8_t *owner;
	void *new;

	if (addr == NULL)
		return (malloc(size, type, flags));
	ku = piece_find("realloc", addr, type, &owner);
	if (size <= ku->ku_size &&
	    (size > ku->ku_size / 2 || ku->ku_size == MIN_SIZE))
		return (addr);
	new = malloc(size, type, flags);
	if (new == NULL)
		return (NULL);
	memcpy(new, addr, MIN(size, ku->ku_size));
	free(addr, type);
	return (new);
}

void *
reallocf(void *addr, unsigned long size, struct malloc_type *type, int flags)
{
	void *new = realloc(addr, size, type, flags);

	if (new == NULL)
		free(addr, type);
	return (new);
}
