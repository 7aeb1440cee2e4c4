/*
 * vm_meter: where the marks stand that say how much free memory is little.
 *
 * What must be left at any time is what the page daemon needs to make more: the
 * pages of a cluster, those that its pagers take, and one for each 3 MB that
 * there are.  The other marks lie above that, by the amount of memory.
 *
 * [vm/vm_meter.c, vm/vm_pageout.c]
 */
#include <sys/vmmeter.h>

#include <sys/param.h>
#include <vm/vm_pageout.h>

#define	MAXBSIZE	65536		/* the largest transfer to a pager */

int vm_page_max_wired;

/* v_free_reserved, and what is a bit more than that. */
static void
set_reserved(void)
{
	uint32_t more = 4;

	if (cnt.v_page_count > 1024)
		more += (cnt.v_page_count - 1024) / 200;
	cnt.v_pageout_free_min = 2 * MAXBSIZE / PAGE_SIZE +
	    cnt.v_interrupt_free_min;
	cnt.v_free_reserved = vm_pageout_page_count + cnt.v_pageout_free_min +
	    cnt.v_page_count / 768;
	cnt.v_free_severe = cnt.v_free_reserved + more / 2;
	cnt.v_free_min = cnt.v_free_reserved + more;
}

/* How far the daemon goes when it has begun: so it has a rest afterwards. */
static void
set_targets(void)
{
	cnt.v_free_target = (cnt.v_free_count > 6144 ? 4 : 2) * cnt.v_free_min +
	    cnt.v_free_reserved;
	if (cnt.v_free_count > 2048) {
		cnt.v_cache_min = cnt.v_free_target;
		cnt.v_cache_max = 2 * cnt.v_cache_min;
		cnt.v_inactive_target = 3 * cnt.v_free_target / 2;
	} else {
		cnt.v_cache_min = 0;
		cnt.v_cache_max = 0;
		cnt.v_inactive_target = cnt.v_free_count / 4;
	}
	cnt.v_inactive_target = MIN(cnt.v_inactive_target, cnt.v_free_count / 3);
}

void
vm_pageout_set_marks(void)
{
	if (cnt.v_page_count < 2000)
		vm_pageout_page_count = 8;
	set_reserved();
	set_targets();
	vm_page_max_wired = cnt.v_free_count / 3;
}
