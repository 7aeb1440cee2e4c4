/*
 * swap_pager: the pager of anonymous memory.
 *
 * An object of memory that is nobody's but its processes' begins as OBJT_DEFAULT
 * and has no pager.  The first time that one of its pages is to be written it
 * becomes OBJT_SWAP, and that is the pager.
 *
 *	page in memory	slot	it is
 *	dirty		none	not in swap: written since, or never was
 *	dirty		one	the slot is old: the next putpages() frees it
 *	clean		one	the same in both places: the page may go
 *	none		one	in swap
 *
 * So a page that is read keeps its slot, and if it is not changed costs nothing
 * when it has to go again.  Whoever knows that it is changed frees the slot
 * at once, by pageunswapped().
 *
 * A slot is not tied to a page: each time pages are written they get new ones,
 * in a row.  So what is written at one time, stands together and is read at one
 * time, whatever it was before.
 *
 * No slot to be had means no harm to what is in memory: it stays there.  Who
 * wants memory then waits until somebody gives some back.
 *
 * [vm/swap_pager.c]
 */
#include <vm/swap_var.h>

#include <sys/errno.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pageout.h>
#include <vm/vm_pager.h>

static struct pagerlst swap_pager_object_list;	/* those with a handle */

static void
swap_pager_init(void)
{
	TAILQ_INIT(&swap_pager_object_list);
}

void
swap_pager_swap_init(void)
{
	swp_pager_meta_init();
	swp_pager_io_init();
}

/*
 * An object that is swapped from the beginning; who comes with the same handle,
 * but NULL, gets the same one.
 */
static vm_object_t
swap_pager_alloc(void *handle, vm_ooffset_t size, vm_prot_t prot __unused,
    vm_ooffset_t offset)
{
	vm_pindex_t pages = OFF_TO_IDX(offset + PAGE_MASK + size);

	if (handle == NULL)
		return (vm_object_allocate(OBJT_SWAP, pages));
	return (vm_pager_object_get(&swap_pager_object_list, OBJT_SWAP, handle,
	    pages));
}

static void
swap_pager_dealloc(vm_object_t object)
{
	vm_pager_object_forget(&swap_pager_object_list, object);
	vm_object_pip_wait(object, "swpdea");
	swp_pager_meta_free_all(object);
}

/* ---------------------------------------------------------------- in */

/*
 * How many pages behind `pindex' in the direction of `step', up to `most', are
 * in slots that continue blk's.
 */
static int
slots_in_a_row(vm_object_t object, vm_pindex_t pindex, swblk_t blk, int step,
    int most)
{
	int i;

	for (i = 0; i < most; i++) {
		pindex += step;
		blk += step;
		if (swp_pager_meta_lookup(object, pindex) != blk)
			break;
	}
	return (i);
}

static int
swap_pager_haspage(vm_object_t object, vm_pindex_t pindex, int *before,
    int *after)
{
	swblk_t blk = swp_pager_meta_lookup(object, pindex);

	if (before != NULL)
		*before = 0;
	if (after != NULL)
		*after = 0;
	if (blk == SWAPBLK_NONE)
		return (0);
	if (before != NULL)
		*before = slots_in_a_row(object, pindex, blk, -1,
		    MIN(pindex, SWB_NPAGES / 2));
	if (after != NULL)
		*after = slots_in_a_row(object, pindex, blk, 1, SWB_NPAGES / 2);
	return (1);
}

/*
 * A page that was to be read has been, well or not.  `wanted' is the caller's:
 * it stays busy.  The others are for later, or go.
 */
static void
page_read(vm_page_t m, int error, int wanted)
{
	vm_page_flag_clear(m, PG_ZERO);
	if (error != 0) {
		m->valid = 0;
		if (!wanted)
			vm_page_free(m);
		return;
	}
	m->valid = VM_PAGE_BITS_ALL;
	vm_page_undirty(m);
	if (!wanted) {
		vm_page_deactivate(m);
		vm_page_wakeup(m);
	}
}

/*
 * Read m[reqpage], and around it what is in slots that continue its own, as far
 * as one transfer goes.  If that fails it is tried alone: it is not to suffer
 * for its neighbours.
 */
static int
swap_pager_getpages(vm_object_t object, vm_page_t *m, int count, int reqpage)
{
	swblk_t blk = swp_pager_meta_lookup(object, m[reqpage]->pindex);
	int error, error_alone, first = reqpage, last = reqpage, i;

	if (blk != SWAPBLK_NONE) {
		first -= slots_in_a_row(object, m[reqpage]->pindex, blk, -1,
		    MIN(reqpage, SWB_NPAGES / 2 - 1));
		last += slots_in_a_row(object, m[reqpage]->pindex, blk, 1,
		    MIN(count - 1 - reqpage, SWB_NPAGES / 2));
	}
	for (i = 0; i < count; i++)
		if ((i < first || i > last) && i != reqpage)
			vm_page_free(m[i]);
	if (blk == SWAPBLK_NONE)
		return (VM_PAGER_FAIL);
	error = swp_pager_read(&m[first], last - first + 1,
	    blk - (reqpage - first));
	error_alone = error;
	if (error != 0 && first != last)
		error_alone = swp_pager_read(&m[reqpage], 1, blk);
	for (i = first; i <= last; i++)
		page_read(m[i], i == reqpage ? error_alone : error, i == reqpage);
	return (error_alone == 0 ? VM_PAGER_OK : VM_PAGER_ERROR);
}

/* ---------------------------------------------------------------- out */

/* Slots in a row for *npages pages, or for as many as there are.  SWAPBLK_NONE: none. */
static swblk_t
get_slots(int *npages)
{
	swblk_t blk;

	while ((blk = swp_pager_getswapspace(*npages)) == SWAPBLK_NONE && *npages > 1)
		*npages /= 2;
	return (blk);
}

/*
 * Give pages new slots, in a row.  Returns the first slot, and in *npages for
 * how many pages; or SWAPBLK_NONE.  Does not sleep.
 */
static swblk_t
assign_slots(vm_object_t object, vm_page_t *m, int *npages)
{
	swblk_t blk = get_slots(npages);
	int i;

	if (blk == SWAPBLK_NONE)
		return (SWAPBLK_NONE);
	for (i = 0; i < *npages; i++)
		if (swp_pager_meta_build(object, m[i]->pindex, blk + i) != 0)
			break;
	if (i < *npages)
		swp_pager_freeswapspace(blk + i, *npages - i);
	*npages = i;
	return (i > 0 ? blk : SWAPBLK_NONE);
}

/*
 * The page daemon does not wait for the device, whatever it says; everybody
 * else does, since the windows are kept for it.  What cannot be written, for
 * want of a slot or of a block to note it in, has failed; nobody waits for those,
 * since it may be for this very page that somebody would have to give them back.
 */
static void
swap_pager_putpages(vm_object_t object, vm_page_t *m, int count, int flags,
    int *rtvals)
{
	int sync = curproc != pageproc || (flags & VM_PAGER_PUT_SYNC) != 0;
	int i, j, npages;
	swblk_t blk;

	for (i = 0; i < count; i += npages) {
		npages = MIN(count - i, SWB_NPAGES);
		blk = assign_slots(object, &m[i], &npages);
		if (blk == SWAPBLK_NONE) {
			rtvals[i] = VM_PAGER_FAIL;
			npages = 1;
			continue;
		}
		for (j = i; j < i + npages; j++) {
			vm_page_dirty(m[j]);	/* until it is written */
			rtvals[j] = VM_PAGER_PEND;
		}
		swp_pager_write(&m[i], npages, blk, sync);
	}
}

/* ---------------------------------------------------------------- slots go */

static void
swap_pager_unswapped(vm_page_t m)
{
	swp_pager_meta_free(m->object, m->pindex, m->pindex + 1);
}

void
swap_pager_freespace(vm_object_t object, vm_pindex_t start, vm_size_t size)
{
	swp_pager_meta_free(object, start, start + size);
}

/* Has the object its own of this page?  A page that is not valid does not count. */
static int
has_its_own(vm_object_t object, vm_pindex_t pindex)
{
	vm_page_t m = vm_page_lookup(object, pindex);

	return ((m != NULL && m->valid != 0) ||
	    swp_pager_meta_lookup(object, pindex) != SWAPBLK_NONE);
}

/*
 * A slot is noted for the one object before the other forgets it, and nothing
 * here sleeps: at no time is the page nowhere, where a fault would find zeros.
 */
int
swap_pager_copy(vm_object_t srcobject, vm_object_t dstobject, vm_pindex_t offset)
{
	vm_pindex_t end = offset + dstobject->size, src;
	swblk_t blk;

	for (src = swp_pager_meta_next(srcobject, offset, end); src < end;
	    src = swp_pager_meta_next(srcobject, src + 1, end)) {
		blk = swp_pager_meta_lookup(srcobject, src);
		if (has_its_own(dstobject, src - offset))
			swp_pager_freeswapspace(blk, 1);
		else if (swp_pager_meta_build(dstobject, src - offset, blk) != 0)
			return (ENOMEM);
		(void)swp_pager_meta_pop(srcobject, src);
	}
	swp_pager_meta_free_all(srcobject);
	srcobject->type = OBJT_DEFAULT;
	return (0);
}

struct pagerops swappagerops = {
	.pgo_init = swap_pager_init,
	.pgo_alloc = swap_pager_alloc,
	.pgo_dealloc = swap_pager_dealloc,
	.pgo_getpages = swap_pager_getpages,
	.pgo_putpages = swap_pager_putpages,
	.pgo_haspage = swap_pager_haspage,
	.pgo_pageunswapped = swap_pager_unswapped,
};
