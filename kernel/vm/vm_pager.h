/*
 * Pagers: where the pages of objects come from and go to.
 *
 * Each type of object has a table of functions; what is here calls them.
 * getpages() and putpages() are given pages that are busy, of one object and
 * one behind the other; the object is paging_in_progress meanwhile.
 *
 * [vm/vm_pager.h, vm/vm_pager.c]
 */
#ifndef _VM_VM_PAGER_H_
#define	_VM_VM_PAGER_H_

#include <sys/queue.h>
#include <vm/vm.h>
#include <vm/vm_object.h>

struct pagerops {
	/* Once, at the start. */
	void	(*pgo_init)(void);
	/* The object of `handle', made if there is none, referenced; or NULL. */
	vm_object_t (*pgo_alloc)(void *handle, vm_ooffset_t size, vm_prot_t prot,
		    vm_ooffset_t offset);
	/* Its object ends. */
	void	(*pgo_dealloc)(vm_object_t object);
	int	(*pgo_getpages)(vm_object_t object, vm_page_t *m, int count,
		    int reqpage);
	void	(*pgo_putpages)(vm_object_t object, vm_page_t *m, int count,
		    int flags, int *rtvals);
	int	(*pgo_haspage)(vm_object_t object, vm_pindex_t pindex,
		    int *before, int *after);
	/* The page is dirty: what is kept of it is of no use.  Or NULL. */
	void	(*pgo_pageunswapped)(vm_page_t m);
};

extern struct pagerops defaultpagerops, swappagerops, vnodepagerops,
    devicepagerops, physpagerops, deadpagerops;

TAILQ_HEAD(pagerlst, vm_object);

/* What came of a transfer. */
#define	VM_PAGER_OK	0
#define	VM_PAGER_BAD	1	/* the page is outside of the object */
#define	VM_PAGER_FAIL	2	/* the pager does not have it */
#define	VM_PAGER_PEND	3	/* it has begun, and ends by itself */
#define	VM_PAGER_ERROR	4	/* the device failed */
#define	VM_PAGER_AGAIN	5	/* not now: try later */

/* putpages()'s flags. */
#define	VM_PAGER_PUT_SYNC	0x1	/* return when it is done */

/* Calls each pager's init; from vm_mem_init(). */
void	vm_pager_init(void);
/*
 * An object of this type for `handle', at least `size' bytes long, with one
 * reference more; NULL if that cannot be.  May sleep.
 */
vm_object_t vm_pager_allocate(objtype_t type, void *handle, vm_ooffset_t size,
	    vm_prot_t prot, vm_ooffset_t offset);
/* From vm_object_terminate(): its pager forgets it. */
void	vm_pager_deallocate(vm_object_t object);
/*
 * Fill page m[reqpage], and others of m[0 .. count - 1] if that is convenient.
 * All are busy.  Returns VM_PAGER_OK, and m[reqpage] is busy and all valid (the
 * pager may have put another page there); or FAIL, BAD, ERROR, and it is busy.
 * In both cases the other pages are done with: freed, or valid and not busy.
 * Sleeps.
 */
int	vm_pager_get_pages(vm_object_t object, vm_page_t *m, int count,
	    int reqpage);
/*
 * Write pages, which are PG_BUSY no more but vm_page_io_start()ed; rtvals[] gets
 * what came of each.  Where that is not PEND the caller calls
 * vm_page_io_finish(); otherwise the pager does, when it is done.
 */
void	vm_pager_put_pages(vm_object_t object, vm_page_t *m, int count,
	    int flags, int *rtvals);
/*
 * Has the pager this page?  If so, *before and *after (where not NULL) are how
 * many others it could bring along.  May sleep.
 */
int	vm_pager_has_page(vm_object_t object, vm_pindex_t pindex, int *before,
	    int *after);
void	vm_pager_page_unswapped(vm_page_t m);
/* The object of a pager's list that has this handle, or NULL. */
vm_object_t vm_pager_object_lookup(struct pagerlst *list, void *handle);
/*
 * For pagers: the object of a handle, at least so many pages long and with one
 * reference more, made and listed if there is none; may sleep.  And its end.
 */
vm_object_t vm_pager_object_get(struct pagerlst *list, objtype_t type,
	    void *handle, vm_pindex_t pages);
void	vm_pager_object_forget(struct pagerlst *list, vm_object_t object);

#endif /* !_VM_VM_PAGER_H_ */
