/*
 * kern_malloc: malloc(9).
 *
 * Small pieces are of sizes that are powers of two: 16 to 2048 bytes, a bucket
 * each.  A page of kmem_map is cut into pieces of one size.  What is larger
 * has whole pages to itself.  Each page has an entry in `kmemusage':
 *
 *	kmemusage	[   ][ 64 ][   ][ 3 pages ][   ][   ][ 1024 ] ...
 *	kmem_map	|    |  |  |    | one piece        |  |     |
 *			   +----+
 *	a page of 64's	   | owner bytes | piece | piece | free | piece | free ...
 *				 	    	   ku_free --^ ------------^
 *
 * A byte a piece says whose it is: the type's number, or 0 if it is free.  The
 * bytes stand at the page's beginning if the pieces are small, in the entry if
 * they are few.  So free() needs no search to know that an address is that of
 * a piece, and the caller's.
 *
 * A bucket lists its pages that have free pieces.  One that has nothing else is
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

#define	MIN_SHIFT	4
#define	MAX_SHIFT	11
#define	MIN_SIZE	(1 << MIN_SHIFT)
#define	MAX_SIZE	(1 << MAX_SHIFT)	/* of a small piece */
#define	NBUCKETS	(MAX_SHIFT - MIN_SHIFT + 1)
#define	NTYPES		256
#define	FEW_PIECES	16		/* then the owners stand in the entry */

#define	KMEM_SCALE	3		/* kmem_map is so large a part of memory */
#define	KMEM_MIN	(256 * 1024)

/* A free piece. */
struct piece {
	struct piece	*next;		/* in its page */
};

enum usage_kind {
	KU_NONE,			/* nobody's, or not a piece's first page */
	KU_LARGE,
	KU_SMALL
};

struct kmemusage {
	LIST_ENTRY(kmemusage) ku_link;	/* pages with free pieces */
	struct piece	*ku_free;	/* of them, the first */
	uint8_t		*ku_owner;	/* a byte a piece */
	uint16_t	ku_count;	/* pieces in use; or pages of a large one */
	uint8_t		ku_kind;	/* KU_ */
	uint8_t		ku_shift;	/* 2^n is a piece's size */
	uint8_t		ku_few[FEW_PIECES];
};

LIST_HEAD(kmemusage_list, kmemusage);

MALLOC_DEFINE(M_TEMP, "temp", "misc temporary data buffers");
MALLOC_DEFINE(M_DEVBUF, "devbuf", "device driver memory");

struct kmemstatistics kmemstatistics = STAILQ_HEAD_INITIALIZER(kmemstatistics);

static struct kmemusage_list buckets[NBUCKETS];
static struct malloc_type *types[NTYPES];	/* by number; not 0 */
static struct kmemusage *kmemusage;
static vm_offset_t kmembase;
static vm_size_t kmemsize;

/* ---------------------------------------------------------------- start */

/*
 * kmem_map is a part of memory, but no more than half of the kernel's
 * addresses; vm.kmem_size asks for another size.
 */
static void
kmeminit(const void *dummy __unused)
{
	vm_size_t most = (virtual_end - virtual_avail) / 2;
	unsigned long asked = (uint64_t)physmem * PAGE_SIZE / KMEM_SCALE;
	vm_offset_t limit;

	TUNABLE_ULONG_FETCH("vm.kmem_size", &asked);
	kmem_map = kmem_suballoc(kernel_map, &kmembase, &limit,
	    MAX(MIN(asked, most), KMEM_MIN));
	kmemsize = limit - kmembase;
	kmemusage = (struct kmemusage *)kmem_alloc(kernel_map,
	    atop(kmemsize) * sizeof(*kmemusage));
	if (kmemusage == NULL)
		panic("kmeminit: no memory for the table of %u pages",
		    atop(kmemsize));
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

	STAILQ_REMOVE(&kmemstatistics, type, malloc_type, ks_next);
	if (type->ks_inuse == 0)
		types[type->ks_number] = NULL;
	else
		printf("Warning: memory type %s leaked memory on destroy "
		    "(%u allocations, %u bytes leaked).\n", type->ks_shortdesc,
		    type->ks_inuse, type->ks_memuse);
	type->ks_number = 0;
}

/* ---------------------------------------------------------------- statistics */

/* Both with interrupts disabled. */
static void
count_malloc(struct malloc_type *type, uint32_t size, int shift)
{
	type->ks_calls++;
	type->ks_inuse++;
	type->ks_memuse += size;
	type->ks_size |= 1 << shift;
	if (type->ks_memuse > type->ks_maxused)
		type->ks_maxused = type->ks_memuse;
}

static void
count_free(struct malloc_type *type, uint32_t size)
{
	type->ks_inuse--;
	type->ks_memuse -= size;
}

/* ---------------------------------------------------------------- pages */

/* The entry of an address in kmem_map. */
static struct kmemusage *
btokup(vm_offset_t addr)
{
	return (&kmemusage[atop(addr - kmembase)]);
}

/* n, where 2^n is the least that is not below `size', which is not 0. */
static int
size_shift(unsigned long size)
{
	return (size <= 1 ? 0 : 32 - __builtin_clz(size - 1));
}

/*
 * Give a bucket a page.  Returns 0, or -1 if there is none.  Of the smallest
 * pieces some make room for the owners.
 */
static int
bucket_grow(int shift, int flags)
{
	struct kmemusage_list *bucket = &buckets[shift - MIN_SHIFT];
	uint32_t size = 1 << shift, count = PAGE_SIZE >> shift, at;
	struct kmemusage *ku;
	struct piece *piece;
	vm_offset_t page;
	uint32_t ef;

	page = kmem_malloc(kmem_map, PAGE_SIZE, flags & ~M_ZERO);
	if (page == 0)
		return (-1);
	ku = btokup(page);
	ku->ku_owner = count <= FEW_PIECES ? ku->ku_few : (uint8_t *)page;
	memset(ku->ku_owner, 0, count);
	ku->ku_free = NULL;
	for (at = PAGE_SIZE; at > 0 && at - size >= (count <= FEW_PIECES ? 0 : count);) {
		at -= size;
		piece = (struct piece *)(page + at);
		piece->next = ku->ku_free;
		ku->ku_free = piece;
	}
	ku->ku_count = 0;
	ku->ku_shift = shift;
	ef = intr_disable();
	ku->ku_kind = KU_SMALL;
	LIST_INSERT_HEAD(bucket, ku, ku_link);
	intr_restore(ef);
	return (0);
}

static void *
malloc_large(unsigned long size, struct malloc_type *type, int flags)
{
	struct kmemusage *ku;
	vm_offset_t addr;
	uint32_t ef;

	addr = kmem_malloc(kmem_map, size, flags);
	if (addr == 0)
		return (NULL);
	size = round_page(size);
	ku = btokup(addr);
	ku->ku_count = atop(size);
	ku->ku_few[0] = type->ks_number;
	ef = intr_disable();
	ku->ku_kind = KU_LARGE;
	count_malloc(type, size, size_shift(size));
	intr_restore(ef);
	return ((void *)addr);
}

/* ---------------------------------------------------------------- malloc */

static void __dead2
malloc_panic(const char *what, const void *addr, const struct malloc_type *type)
{
	panic("%s: %p, type %s", what, addr, type->ks_shortdesc);
}

/*
 * Smallest sizes have one bucket; a free piece whose link leads out of its page
 * has been written to by somebody who has it no more.
 */
void *
malloc(unsigned long size, struct malloc_type *type, int flags)
{
	struct kmemusage *ku;
	struct piece *piece;
	uint32_t ef;
	int shift;

	KASSERT((flags & M_NOWAIT) == 0 || (flags & M_WAITOK) == 0,
	    ("malloc: flags %#x, type %s", flags, type->ks_shortdesc));
	if (flags & M_WAITOK)
		KASSERT(intr_frame == NULL,
		    ("malloc(M_WAITOK) in interrupt context: type %s",
		    type->ks_shortdesc));
	if (size > MAX_SIZE)
		return (malloc_large(size, type, flags));
	shift = size <= MIN_SIZE ? MIN_SHIFT : size_shift(size);
	ef = intr_disable();
	while ((ku = LIST_FIRST(&buckets[shift - MIN_SHIFT])) == NULL) {
		intr_restore(ef);
		if (bucket_grow(shift, flags) != 0)
			return (NULL);
		ef = intr_disable();
	}
	piece = ku->ku_free;
	ku->ku_free = piece->next;
	if (ku->ku_free == NULL)
		LIST_REMOVE(ku, ku_link);
	else if (trunc_page((uintptr_t)ku->ku_free ^ (uintptr_t)piece) != 0)
		malloc_panic("malloc: memory modified after free", piece, type);
	ku->ku_count++;
	ku->ku_owner[((uintptr_t)piece & PAGE_MASK) >> shift] = type->ks_number;
	count_malloc(type, 1 << shift, shift);
	intr_restore(ef);
	if (flags & M_ZERO)
		bzero(piece, 1 << shift);
	return (piece);
}

/* ---------------------------------------------------------------- free */

/*
 * Find the piece at `addr', which must be the type's.  `who' is told in the
 * panic if there is none.  Returns its page's entry.
 */
static struct kmemusage *
piece_usage(const char *who, vm_offset_t addr, struct malloc_type *type)
{
	struct kmemusage *ku;
	uint8_t owner;

	if (addr - kmembase >= kmemsize)
		panic("%s: %#x, type %s: not malloc's", who, addr,
		    type->ks_shortdesc);
	ku = btokup(addr);
	if (ku->ku_kind == KU_SMALL && (addr & ((1 << ku->ku_shift) - 1)) == 0)
		owner = ku->ku_owner[(addr & PAGE_MASK) >> ku->ku_shift];
	else if (ku->ku_kind == KU_LARGE && (addr & PAGE_MASK) == 0)
		owner = ku->ku_few[0];
	else if (ku->ku_kind == KU_NONE)
		owner = 0;
	else
		panic("%s: %#x, type %s: in the midst of a piece", who, addr,
		    type->ks_shortdesc);
	if (owner == 0)
		panic("%s: %#x, type %s: free already", who, addr,
		    type->ks_shortdesc);
	if (owner != type->ks_number)
		panic("%s: %#x, type %s: it is of type %s", who, addr,
		    type->ks_shortdesc, types[owner]->ks_shortdesc);
	return (ku);
}

static void
free_large(struct kmemusage *ku, vm_offset_t addr, struct malloc_type *type)
{
	uint32_t size = ptoa(ku->ku_count), ef;

	ef = intr_disable();
	ku->ku_kind = KU_NONE;
	count_free(type, size);
	intr_restore(ef);
	kmem_free(kmem_map, addr, size);
}

void
free(void *addr, struct malloc_type *type)
{
	struct kmemusage_list *bucket;
	struct kmemusage *ku;
	struct piece *piece = addr;
	uint32_t ef;
	int empty = 0;

	if (addr == NULL)
		return;
	ku = piece_usage("free", (vm_offset_t)addr, type);
	if (ku->ku_kind == KU_LARGE) {
		free_large(ku, (vm_offset_t)addr, type);
		return;
	}
	bucket = &buckets[ku->ku_shift - MIN_SHIFT];
	ef = intr_disable();
	ku->ku_owner[((uintptr_t)addr & PAGE_MASK) >> ku->ku_shift] = 0;
	if (ku->ku_free == NULL)
		LIST_INSERT_HEAD(bucket, ku, ku_link);
	piece->next = ku->ku_free;
	ku->ku_free = piece;
	count_free(type, 1 << ku->ku_shift);
	if (--ku->ku_count == 0 &&
	    (LIST_FIRST(bucket) != ku || LIST_NEXT(ku, ku_link) != NULL)) {
		LIST_REMOVE(ku, ku_link);
		ku->ku_kind = KU_NONE;
		empty = 1;
	}
	intr_restore(ef);
	if (empty)
		kmem_free(kmem_map, trunc_page((vm_offset_t)addr), PAGE_SIZE);
}

/* ---------------------------------------------------------------- realloc */

void *
realloc(void *addr, unsigned long size, struct malloc_type *type, int flags)
{
	struct kmemusage *ku;
	unsigned long room;
	void *new;

	if (addr == NULL)
		return (malloc(size, type, flags));
	ku = piece_usage("realloc", (vm_offset_t)addr, type);
	room = ku->ku_kind == KU_LARGE ? ptoa(ku->ku_count) : 1UL << ku->ku_shift;
	/* As long as it fits and uses more than half, it may stay. */
	if (size <= room && (size > room / 2 || room == MIN_SIZE))
		return (addr);
	new = malloc(size, type, flags);
	if (new == NULL)
		return (NULL);
	memcpy(new, addr, MIN(size, room));
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
