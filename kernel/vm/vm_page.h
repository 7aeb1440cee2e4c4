/*
 * Physical pages: what each one is, and whose.
 *
 * Each page that is the kernel's for the taking, those of phys_avail, has a
 * struct vm_page.  Two things are said of it: the object whose page it is, with
 * its number there, and the queue that it waits in.
 *
 *			object		queue
 *	free		none		FREE; zeroed ones at its end
 *	in use		one		ACTIVE or INACTIVE, as the page daemon sees it
 *	kept		one		CACHE: clean and unmapped, free for the asking
 *	wired		one or none	none: it cannot be taken away
 *	being filled	one		none: PG_BUSY
 *	held		none		HOLD: freed, while somebody still looks at it
 *
 * A page that is busy belongs to who has made it so, across sleeps.  PG_BUSY is
 * for one alone, `busy' counts those who only write it out; who wants it sleeps
 * by vm_page_sleep_if_busy().
 *
 * Of the eight 512-byte pieces of a page `valid' says which hold what they
 * should, `dirty' which differ from what the pager has.  The bits that the MMU
 * sets reach `dirty' by vm_page_test_dirty().
 *
 * Handlers of interrupts take and give pages, and end transfers.  So queues and
 * flags are changed at splvm(), and functions here see to that themselves.  But
 * handlers do not touch a page's object: what is in one changes between sleeps,
 * or all who use it do so at splvm (the kernel's own are such).
 *
 * [vm/vm_page.h, vm/vm_page.c]
 */
#ifndef _VM_VM_PAGE_H_
#define	_VM_VM_PAGE_H_

#include <sys/queue.h>
#include <sys/systm.h>
#include <i386/atomic.h>
#include <i386/pmap.h>
#include <vm/vm.h>

TAILQ_HEAD(pglist, vm_page);

struct vm_page {
	/* Where it is to be found. */
	TAILQ_ENTRY(vm_page) pageq;	/* in its queue */
	TAILQ_ENTRY(vm_page) listq;	/* of its object's, by number */
	struct vm_page	*left, *right;	/* in its object's splay tree */
	vm_object_t	object;		/* whose it is, or NULL */
	vm_pindex_t	pindex;		/* its number there */

	vm_paddr_t	phys_addr;
	struct md_page	md;		/* pmap's: who maps it */

	uint16_t	queue;		/* PQ_ */
	uint16_t	flags;		/* PG_ */
	uint16_t	wire_count;	/* not to be taken away */
	uint16_t	hold_count;	/* not to be used anew, for a moment */
	uint8_t		act_count;	/* how much it is used: 0 to ACT_MAX */
	uint8_t		busy;		/* so many write it out */
	uint8_t		valid, dirty;	/* a bit for each DEV_BSIZE bytes */
};

#define	VM_PAGE_BITS_ALL	0xff

/* queue */
#define	PQ_NONE		0
#define	PQ_FREE		1
#define	PQ_INACTIVE	2
#define	PQ_ACTIVE	3
#define	PQ_CACHE	4
#define	PQ_HOLD		5
#define	PQ_COUNT	6

struct vpgqueues {
	struct pglist	pl;
	uint32_t	*cnt;		/* of struct vmmeter, or PQ_HOLD's own */
};
extern struct vpgqueues vm_page_queues[PQ_COUNT];

/* flags */
#define	PG_BUSY		0x0001		/* somebody's, across sleeps */
#define	PG_WANTED	0x0002		/* and another waits for it */
#define	PG_WINATCFLS	0x0004		/* dirty; the page daemon passes it once */
#define	PG_FICTITIOUS	0x0008		/* of no memory: a device's */
#define	PG_WRITEABLE	0x0010		/* some mapping may write it */
#define	PG_ZERO		0x0040		/* full of zeros */
#define	PG_REFERENCED	0x0080		/* used since it was looked at */
#define	PG_SWAPINPROG	0x0200		/* on its way to or from swap */
#define	PG_NOSYNC	0x0400		/* not to be written for its own sake */
#define	PG_UNMANAGED	0x0800		/* pmap does not list its mappings */
#define	PG_MARKER	0x1000		/* no page: the page daemon's place in a queue */

/* act_count */
#define	ACT_DECLINE	1
#define	ACT_ADVANCE	3
#define	ACT_INIT	5
#define	ACT_MAX		64

/* vm_page_alloc()'s request: whose need it is, and how it may be met. */
#define	VM_ALLOC_NORMAL		0
#define	VM_ALLOC_INTERRUPT	1	/* may take the last ones */
#define	VM_ALLOC_SYSTEM		2	/* may take all but the last ones */
#define	VM_ALLOC_CLASS_MASK	3
#define	VM_ALLOC_WIRED		0x0020
#define	VM_ALLOC_ZERO		0x0040	/* zeroed, if such a one is at hand */
#define	VM_ALLOC_RETRY		0x0080	/* vm_page_grab() never returns NULL */
#define	VM_ALLOC_NOOBJ		0x0100	/* of no object */
#define	VM_ALLOC_NOBUSY		0x0200	/* not busy when it is returned */

/* ---------------------------------------------------------------- all pages */

/* A range of memory, and the part of the array that describes it. */
struct vm_page_seg {
	uint32_t	first, count;	/* page numbers */
	vm_page_t	pages;		/* of the array */
};

/* What there is; sys/vmmeter.h's struct vmmeter `cnt' has the counts. */
extern struct vm_page *vm_page_array;	/* by address, without what lies between ranges */
extern uint32_t	vm_page_array_size;
extern struct vm_page_seg vm_page_largest;
extern uint32_t	vm_page_zero_count;	/* zeroed ones at the free queue's end */

#define	VM_PAGE_TO_PHYS(m)	((m)->phys_addr)

vm_page_t vm_page_lookup_seg(uint32_t page);

/* The page at a physical address; NULL: none of ours. */
static inline vm_page_t
PHYS_TO_VM_PAGE(vm_paddr_t pa)
{
	uint32_t index = atop(pa) - vm_page_largest.first;

	if (__builtin_expect(index < vm_page_largest.count, 1))
		return (&vm_page_largest.pages[index]);
	return (vm_page_lookup_seg(index + vm_page_largest.first));
}

/* Make the array of phys_avail's pages, all free; from vm_mem_init(). */
void	vm_page_startup(void);

/* ---------------------------------------------------------------- taking and giving */

/*
 * A page, or NULL if there is none to be had.  With an object it is page
 * `pindex' of it, which is not there yet, and busy (but for NOBUSY); its
 * `valid' is 0.  With NOOBJ the object is NULL.
 *
 * With ZERO it may be full of zeros: PG_ZERO is set, if it is; with NOOBJ it
 * always is.  Without ZERO PG_ZERO is never set.
 *
 * Does not sleep.  But for INTERRUPT's class, it may free pages of the cache
 * queue, of any object.  That class is for handlers of interrupts, up to
 * splvm's level; they may name an object only if all use it at splvm.
 */
vm_page_t vm_page_alloc(vm_object_t object, vm_pindex_t pindex, int req);
/*
 * Give it back: it leaves its object and its queue.  It is mapped nowhere and
 * not `busy'; it may be PG_BUSY, the caller's, and be wired once (as NOOBJ
 * pages are).  Whoever waits for it is woken.
 */
void	vm_page_free(vm_page_t m);
void	vm_page_free_zero(vm_page_t m);	/* one that is full of zeros */
/*
 * Nobody will find it any more: unmap it, and give it back, wired or not.  A
 * wiring outlives its mapping: protection takes that away, another who shares
 * the page copies it, and who had wired it finds the copy.
 */
void	vm_page_discard(vm_page_t m);
/*
 * Page `pindex' of an object, busy (but for NOBUSY), allocated if it is not
 * there.  Sleeps while it is busy, and for memory: with RETRY until it has it,
 * without returns NULL after having slept.
 */
vm_page_t vm_page_grab(vm_object_t object, vm_pindex_t pindex, int req);
/* The first page of the cache queue that is free for the taking, or NULL. */
vm_page_t vm_page_select_cache(void);
/* Free one that nobody uses and that is clean.  Returns whether it did. */
int	vm_page_try_to_free(vm_page_t m);
int	vm_page_try_to_cache(vm_page_t m);	/* the same, to the cache queue */

/*
 * Sleep until the page daemon has made some pages free, at least v_free_min
 * with those of the cache.  vm_waitpfault() is a fault's, at the user's priority.
 */
void	vm_wait(void);
#define	VM_WAIT	vm_wait()
void	vm_waitpfault(void);
/* Sleep until a request of this class could have `pages' pages. */
void	vm_wait_pages(uint32_t pages, int req);
/* Free pages came up: wake those who wait for as many; the page daemon's, too. */
void	vm_page_free_wakeup(void);

/* ---------------------------------------------------------------- of an object */

/* vm_page_lookup(), which stands in vm_object.h, where it has to look further. */
vm_page_t vm_page_search(vm_object_t object, vm_pindex_t pindex);
/*
 * Make a page of no object page `pindex' of one, which has none of that number;
 * take it out of its object; move it to another.  The last two end its being
 * busy, and wake whoever waits for it; a move makes it dirty, since the new
 * object's pager does not have it.
 */
void	vm_page_insert(vm_page_t m, vm_object_t object, vm_pindex_t pindex);
void	vm_page_remove(vm_page_t m);
void	vm_page_rename(vm_page_t m, vm_object_t object, vm_pindex_t pindex);
/*
 * Splay a tree of pages, which may be empty, at `pindex': returns the new root,
 * which is page `pindex' or a neighbour of it.
 */
vm_page_t vm_page_splay(vm_pindex_t pindex, vm_page_t root);
/* The first page of an object that is not before `pindex', or NULL. */
vm_page_t vm_page_find_least(vm_object_t object, vm_pindex_t pindex);

/* ---------------------------------------------------------------- queues */

void	vm_page_wire(vm_page_t m);	/* off its queue while it is wired */
void	vm_page_unwire(vm_page_t m, int activate);
/* Unmap it everywhere.  Mappings that were wired do not keep it any more. */
void	vm_page_unmap(vm_page_t m);
void	vm_page_activate(vm_page_t m);	/* it is used */
void	vm_page_settle(vm_page_t m);	/* the same, and it is busy no more */
void	vm_page_deactivate(vm_page_t m); /* it is not, lately */
/* Clean and mapped nowhere (this unmaps it): to be had for the asking. */
void	vm_page_cache(vm_page_t m);
/* Nobody will want it soon: to where it goes first. */
void	vm_page_dontneed(vm_page_t m);
void	vm_pageq_enqueue(int queue, vm_page_t m); /* at the end, from none; not FREE */
void	vm_pageq_remove(vm_page_t m);	/* off the one it is in, if any */
/* The same of one that is in a queue, at splvm; the page daemon is not called. */
static inline void
vm_pageq_remove_nowakeup(vm_page_t m)
{
	struct vpgqueues *pq = &vm_page_queues[m->queue];

	TAILQ_REMOVE(&pq->pl, m, pageq);
	(*pq->cnt)--;
	m->queue = PQ_NONE;
}

void	vm_pageq_requeue(vm_page_t m);	/* to the end of its own */

/* ---------------------------------------------------------------- busy, held, flags */

void	vm_page_flash(vm_page_t m);	/* wakes whoever waits */
void	vm_page_io_start(vm_page_t m);	/* one more writes it out */
void	vm_page_io_finish(vm_page_t m);
/*
 * If it is busy (or `also_m_busy' and being written out) sleep until that may
 * have changed, and return 1: what was known of the page is so no more.
 */
int	vm_page_sleep_busy(vm_page_t m, int also_m_busy, const char *wmesg);

static inline int
vm_page_sleep_if_busy(vm_page_t m, int also_m_busy, const char *wmesg)
{
	if (!(m->flags & PG_BUSY) && !(also_m_busy && m->busy != 0))
		return (0);
	return (vm_page_sleep_busy(m, also_m_busy, wmesg));
}

void	vm_page_hold(vm_page_t m);
void	vm_page_unhold(vm_page_t m);	/* the last one frees it if it is to be */

static inline void
vm_page_flag_set(vm_page_t m, uint16_t bits)
{
	atomic_set_short(&m->flags, bits);
}

static inline void
vm_page_flag_clear(vm_page_t m, uint16_t bits)
{
	atomic_clear_short(&m->flags, bits);
}

/* It is one's own, across sleeps. */
static inline void
vm_page_busy(vm_page_t m)
{
	KASSERT(!(m->flags & PG_BUSY), ("vm_page_busy: %p is busy already", m));
	vm_page_flag_set(m, PG_BUSY);
}

/* Not any more; wakes whoever waits. */
static inline void
vm_page_wakeup(vm_page_t m)
{
	KASSERT(m->flags & PG_BUSY, ("vm_page_wakeup: %p is not busy", m));
	vm_page_flag_clear(m, PG_BUSY);
	if (m->flags & PG_WANTED)
		vm_page_flash(m);
}

/* ---------------------------------------------------------------- valid and dirty */

/* The bits of `size' bytes from `base' on, of a page, where they touch a piece. */
int	vm_page_bits(int base, int size);
void	vm_page_undirty(vm_page_t m);	/* all of it; mappings are not asked */
void	vm_page_test_dirty(vm_page_t m); /* dirty, if a mapping has written it */
/* What is there is good, and as the pager has it; mapped or not. */
void	vm_page_set_validclean(vm_page_t m, int base, int size);
/* What is there is not good any more. */
void	vm_page_set_invalid(vm_page_t m, int base, int size);
/* Fill what is not valid with zeros; with `setvalid' it is then. */
void	vm_page_zero_invalid(vm_page_t m, int setvalid);
/* Is all of that valid?  A page with nothing valid is not, even for size 0. */
int	vm_page_is_valid(vm_page_t m, int base, int size);

/* All of it differs from what the pager has, from now on. */
static inline void
vm_page_dirty(vm_page_t m)
{
	KASSERT(m->queue != PQ_CACHE && m->queue != PQ_FREE,
	    ("vm_page_dirty: %p is in queue %u", m, m->queue));
	m->dirty = VM_PAGE_BITS_ALL;
}

#endif /* !_VM_VM_PAGE_H_ */
