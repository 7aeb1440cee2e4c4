/*
 * services_stress: some processes, each with a part of an address space that it
 * does drawn things to, and more memory together than there is.
 *
 * Each knows what it must find: a word a page.  Beside reading and writing, it
 * unmaps and maps anew, makes copies of its address space, which live for a
 * while and are looked into before they go, and wires and unwires.
 *
 * The loader's variables: stress.processes, stress.pages of each, and
 * stress.steps.
 */
#include "services.h"

#include <sys/malloc.h>
#include <sys/priority.h>
#include <sys/sched.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/pmap.h>
#include <vm/swap_pager.h>
#include <vm/vm_extern.h>
#include <vm/vm_map.h>

#define	AT		0x20000000U
#define	PROCESSES_MAX	8
#define	WIRED_MAX	8		/* pages that one wires at a time */

struct stress {
	int		number, pages, steps;
	uint32_t	*want;
	struct vmspace	*copy;		/* of its address space, or NULL, */
	uint32_t	*copied;	/* and what that holds */
	int		wrong, forks, remaps, wires;
};

static struct stress all[PROCESSES_MAX];

static vm_map_t
own_map(void)
{
	return (&curproc->p_vmspace->vm_map);
}

static uint32_t *
word_of(int page)
{
	return ((uint32_t *)(AT + ptoa(page) + page * 36 % PAGE_SIZE));
}

static void
map_pages(int page, int count)
{
	vm_offset_t at = AT + ptoa(page);

	if (vm_map_find(own_map(), NULL, 0, &at, ptoa(count), 0, VM_PROT_RW,
	    VM_PROT_ALL, 0) != KERN_SUCCESS)
		panic("services_stress: %d pages at %#x", count, at);
}

static void
look(struct stress *st, int page)
{
	st->wrong += fuword(word_of(page)) != (int32_t)st->want[page];
}

static void
change(struct stress *st, int page)
{
	uint32_t value = services_draw(0x7fffffff) << 3 | st->number;

	look(st, page);
	st->wrong += suword(word_of(page), value) != 0;
	st->want[page] = value;
}

static void
remap(struct stress *st, int page, int count)
{
	(void)vm_map_remove(own_map(), AT + ptoa(page), AT + ptoa(page + count));
	bzero(&st->want[page], count * sizeof(uint32_t));
	map_pages(page, count);
	st->remaps++;
}

/* Wire some, and let them go when they have been written. */
static void
wire(struct stress *st, int page, int count)
{
	vm_offset_t at = AT + ptoa(page), end;

	count = MIN(count, WIRED_MAX);
	end = at + ptoa(count);
	if (vm_map_wire(own_map(), at, end, VM_MAP_WIRE_USER) != KERN_SUCCESS) {
		st->wrong++;
		return;
	}
	change(st, page);
	uio_yield();
	look(st, page + count - 1);
	(void)vm_map_unwire(own_map(), at, end, VM_MAP_WIRE_USER);
	st->wires++;
}

/* Live in another address space. */
static void
change_to(struct vmspace *vm)
{
	curproc->p_vmspace = vm;
	pmap_activate(curthread);
}

/* Make a copy, or look into the one there is, change it, and end it. */
static void
copy(struct stress *st)
{
	struct vmspace *own = curproc->p_vmspace;
	uint32_t *want = st->want;
	int i;

	if (st->copy == NULL) {
		st->copy = vmspace_fork(own);
		bcopy(want, st->copied, st->pages * sizeof(uint32_t));
		st->forks++;
		return;
	}
	change_to(st->copy);
	st->want = st->copied;
	for (i = 0; i < 30; i++)
		change(st, services_draw(st->pages));
	st->want = want;
	change_to(own);
	vmspace_free(st->copy);
	st->copy = NULL;
}

static void
step(struct stress *st)
{
	int page = services_draw(st->pages);
	int count = 1 + services_draw(MIN(st->pages - page, 40)), i;

	switch (services_draw(16)) {
	case 0:
		remap(st, page, count);
		break;
	case 1:
		if (services_draw(4) == 0)
			copy(st);
		break;
	case 2:
		wire(st, page, count);
		break;
	case 3: case 4: case 5: case 6:
		for (i = 0; i < count; i++)
			look(st, page + i);
		break;
	default:
		for (i = 0; i < count; i++)
			change(st, page + i);
		break;
	}
	if ((curthread->td_flags & TDF_NEEDRESCHED) || services_draw(8) == 0)
		uio_yield();
}

static void
stress_main(void *arg)
{
	struct stress *st = arg;
	int i;

	services_user_begin();
	map_pages(0, st->pages);
	for (i = 0; i < st->steps; i++)
		step(st);
	if (st->copy != NULL)
		copy(st);
	for (i = 0; i < st->pages; i++)
		look(st, i);
	services_user_end();
	services_leave();
}

SERVICE_TEST(stress)
{
	int processes = 3, pages = 600, steps = 400, i;
	uint32_t total, used, before = cnt.v_wire_count;
	struct stress *st;

	TUNABLE_INT_FETCH("stress.processes", &processes);
	TUNABLE_INT_FETCH("stress.pages", &pages);
	TUNABLE_INT_FETCH("stress.steps", &steps);
	for (i = 0; i < processes; i++) {
		st = &all[i];
		*st = (struct stress){ .number = i, .pages = pages, .steps = steps };
		st->want = malloc(2 * pages * sizeof(uint32_t), M_TEMP,
		    M_WAITOK | M_ZERO);
		st->copied = st->want + pages;
		services_start(stress_main, st, PUSER, "stress");
	}
	services_join(processes);
	for (i = 0; i < processes; i++) {
		st = &all[i];
		printf("@stressed wrong=%d forks=%d remaps=%d wires=%d\n", st->wrong,
		    st->forks, st->remaps, st->wires);
		free(st->want, M_TEMP);
	}
	(void)tsleep(&all, PWAIT, "settle", hz);
	swap_pager_status(&total, &used);
	printf("@stress used=%u swapin=%u swapout=%u pgsin=%u pgsout=%u optim=%u "
	    "left=%d wired=%d\n", used, cnt.v_swapin, cnt.v_swapout,
	    cnt.v_swappgsin, cnt.v_swappgsout, cnt.v_cow_optim,
	    cnt.v_page_count - cnt.v_free_count - cnt.v_cache_count,
	    cnt.v_wire_count - before);
}
