/*
 * lab5_fault: address spaces for lab 5's checks, what memory holds, and what
 * becomes of an access.
 *
 *	SPACE space			an empty one; results: where its directory
 *					is in memory
 *	FORK space, child		vmspace_fork()
 *	SHADOW object, of, page, pages, own	make one, a shadow of another from there
 *					on; own: nobody else refers to that
 *	PAGE object, number, value, how	give an object a page that holds a value
 *	DIRT pages			write rubbish into pages that are free
 *	ZEROED pages			have so many free ones that are known as zeroed
 *	SHORT pages			memory is short with fewer than that
 *	FAULT function, space, address, type, flags	results: struct lab5_outcome
 *	ACCESS function, space, address, write, value	the same
 *	HELD object, number		what a page holds; results: struct lab5_held
 *	SUBMAP space, address, other	let another space's map stand for an entry
 *	STEP function, space, address, object, number, first, number, asked, type, prot
 *					one step of a fault, by itself, with the walk at
 *					a page of object; results: struct lab5_step
 *
 * A space's numbers, as a map, begin at MAPS.  ACCESS does what the CPU does: it
 * asks the page tables, calls the function for a fault until they allow it, and
 * then reads the page, and writes a word of it, where the tables lead.  Nothing
 * of the user's is ever mapped in the kernel but through a window.
 *
 * What a page holds is told by its first word: the others count up from that, but
 * for the one that ACCESS writes.
 *
 * The functions below a line stand in the place of the kernel's where the check
 * has written a jump over its first bytes.
 */
#include "lab5.h"

#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <i386/pmap.h>
#include <i386/spl.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_fault.h>
#include <vm/vm_page.h>

#define	SPACES		32
#define	WORDS		(PAGE_SIZE / 4)
#define	WRITTEN		5		/* the word that ACCESS writes */
#define	TRIES		4
#define	NEVER		99		/* a code: the tables do not allow it, whatever is said */
#define	NONE		0xffffffffU

enum {
	OP_SPACE = OP_FAULTS, OP_FORK, OP_SHADOW, OP_PAGE, OP_DIRT, OP_ZEROED,
	OP_FAULT, OP_ACCESS, OP_KERNEL, OP_HELD, OP_SHORT, OP_SUBMAP, OP_STEP,
};

/* PAGE's how */
#define	NOT_VALID	0x1
#define	BUSY		0x2		/* somebody's, and nobody will give it back */
#define	WRITTEN_OUT	0x4		/* m->busy */
#define	CACHED		0x8
#define	HALF_VALID	0x10

/* What a page holds, and whose it is. */
struct lab5_held {
	uint32_t	first, ramp, zeros, written;	/* words, and how many of which kind */
	uint32_t	object, pindex;		/* NONE: no page */
	uint32_t	state;			/* valid, queue, wire_count, PG_BUSY or busy */
};

/* What came of a fault or an access. */
struct lab5_outcome {
	uint32_t	code, faults;
	uint32_t	entry;			/* of the page table */
	struct lab5_held held;
	uint32_t	zfod, ozfod, copied, moved;	/* counted in cnt */
	uint32_t	waits[4];		/* calls of what stands in others' place */
};

/* What one step has left, in its faultstate and beside it. */
struct lab5_step {
	uint32_t	code;
	uint32_t	asked_map, map;		/* spaces; NONE: no such map */
	uint32_t	type, prot, made, copied;
	uint32_t	raised;			/* calls of splvm() */
	uint32_t	level;			/* how much higher it is now */
	uint32_t	waits[4];
	struct lab5_held held;			/* fs->m */
};

typedef int	fault_t(vm_map_t, vm_offset_t, vm_prot_t, int);

uint32_t	lab5_answers[4];	/* of what stands in others' place */
uint32_t	lab5_answered;		/* how often */

static struct vmspace *spaces[SPACES];
static uint32_t waits[4], raised;
static vm_offset_t window;

struct vmspace *
lab5_space(uint32_t number)
{
	return (spaces[number]);
}

/* ---------------------------------------------------------------- memory */

/* See a page of memory. */
static uint32_t *
see(vm_paddr_t pa)
{
	if (window == 0)
		window = kmem_alloc_nofault(kernel_map, PAGE_SIZE);
	pmap_kenter(window, trunc_page(pa));
	return ((uint32_t *)window);
}

static void
fill(vm_page_t m, uint32_t value)
{
	uint32_t *words = see(VM_PAGE_TO_PHYS(m)), i;

	for (i = 0; i < WORDS; i++)
		words[i] = value == 0 ? 0 : value + i;
}

static struct lab5_held
held_by(vm_page_t m)
{
	struct lab5_held held = { .object = NONE };
	uint32_t *words, i;

	if (m == NULL)
		return (held);
	words = see(VM_PAGE_TO_PHYS(m));
	held.first = words[0];
	held.written = words[WRITTEN];
	for (i = 0; i < WORDS; i++) {
		held.ramp += i != WRITTEN && words[i] == words[0] + i;
		held.zeros += i != WRITTEN && words[i] == 0;
	}
	held.object = lab5_object_number(m->object);
	held.pindex = m->pindex;
	held.state = m->valid | m->queue << 8 | m->wire_count << 16 |
	    ((m->flags & PG_BUSY) != 0 || m->busy != 0) << 24;
	return (held);
}

static void
make_page(vm_object_t object, vm_pindex_t pindex, uint32_t value, uint32_t how)
{
	vm_page_t m = vm_page_alloc(object, pindex, VM_ALLOC_NORMAL);

	if (m == NULL)
		panic("lab5: no page is left");
	fill(m, value);
	m->valid = how & NOT_VALID ? 0 : how & HALF_VALID ? 0xf : VM_PAGE_BITS_ALL;
	vm_page_activate(m);
	if (how & BUSY)
		return;
	vm_page_wakeup(m);
	if (how & CACHED)
		vm_page_cache(m);
	if (how & WRITTEN_OUT)
		vm_page_io_start(m);
}

/* From both ends of the queue: pages are taken from there. */
static void
write_rubbish(uint32_t count)
{
	struct pglist *list = &vm_page_queues[PQ_FREE].pl;
	vm_page_t first = TAILQ_FIRST(list), last = TAILQ_LAST(list, pglist);

	while (count-- > 0) {
		if ((first->flags & PG_ZERO) == 0)
			fill(first, 0xdead0000 + count);
		if ((last->flags & PG_ZERO) == 0)
			fill(last, 0xbeef0000 + count);
		first = TAILQ_NEXT(first, pageq);
		last = TAILQ_PREV(last, pglist, pageq);
	}
}

static void
make_zeroed(uint32_t count)
{
	vm_page_t pages[32];
	uint32_t i;

	for (i = 0; i < count; i++)
		pages[i] = vm_page_alloc(NULL, 0, VM_ALLOC_NOOBJ);
	for (i = 0; i < count; i++) {
		pmap_zero_page(pages[i]);
		vm_page_free_zero(pages[i]);
	}
}

/* ---------------------------------------------------------------- faults */

/* The page table's entry for an address, 0 if there is no table. */
static pt_entry_t
table_entry(struct vmspace *vm, vm_offset_t va)
{
	pd_entry_t table = vmspace_pmap(vm)->pm_pdir[va >> PDRSHIFT];

	if ((table & PG_V) == 0)
		return (0);
	return (see(table & PG_FRAME)[(va >> PAGE_SHIFT) % NPTEPG]);
}

static int
allowed(struct vmspace *vm, vm_offset_t va, int write)
{
	pt_entry_t needed = PG_V | PG_U | (write ? PG_RW : 0);

	return ((table_entry(vm, va) & needed) == needed);
}

/* What counts events, before something or since. */
static struct lab5_outcome
count_from(const struct lab5_outcome *before)
{
	struct lab5_outcome now = {
		.zfod = cnt.v_zfod - before->zfod,
		.ozfod = cnt.v_ozfod - before->ozfod,
		.copied = cnt.v_cow_faults - before->copied,
		.moved = cnt.v_cow_optim - before->moved,
	};
	unsigned int i;

	for (i = 0; i < 4; i++)
		now.waits[i] = waits[i] - before->waits[i];
	return (now);
}

static void
tell(const struct lab5_outcome *before, uint32_t code, uint32_t faults, pt_entry_t entry)
{
	struct lab5_outcome told = count_from(before);

	told.code = code;
	told.faults = faults;
	told.entry = entry;
	told.held = held_by(told.entry & PG_V ?
	    PHYS_TO_VM_PAGE(told.entry & PG_FRAME) : NULL);
	script_result(&told, sizeof(told) / 4);
}

static void
fault(const uint32_t *w)
{
	fault_t *function = (fault_t *)w[1];
	struct vmspace *vm = spaces[w[2]];
	struct lab5_outcome nothing = {}, before = count_from(&nothing);
	int rv;

	lab5_answered = 0;
	rv = function(&vm->vm_map, w[3], w[4], w[5]);
	tell(&before, rv, 1, table_entry(vm, w[3]));
}

/* The kernel's own pages are good, whatever `valid' says. */
static void
fault_of_kernel(const uint32_t *w)
{
	fault_t *function = (fault_t *)w[1];
	struct lab5_outcome nothing = {}, before = count_from(&nothing);
	vm_offset_t va = kmem_alloc(kernel_map, PAGE_SIZE);
	vm_page_t m = PHYS_TO_VM_PAGE(vtophys(va));
	int rv;

	fill(m, w[2]);
	m->valid = 0;
	rv = function(kernel_map, va, VM_PROT_READ, VM_FAULT_NORMAL);
	tell(&before, rv, 1, *vtopte(va));
}

static void
access(const uint32_t *w)
{
	fault_t *function = (fault_t *)w[1];
	struct vmspace *vm = spaces[w[2]];
	vm_offset_t va = w[3];
	struct lab5_outcome nothing = {}, before = count_from(&nothing);
	uint32_t tries, write = w[4];
	int rv = KERN_SUCCESS;

	for (tries = 0; !allowed(vm, va, write) && tries < TRIES; tries++) {
		rv = function(&vm->vm_map, trunc_page(va),
		    write ? VM_PROT_WRITE : VM_PROT_READ,
		    write ? VM_FAULT_DIRTY : VM_FAULT_NORMAL);
		if (rv != KERN_SUCCESS)
			break;
	}
	if (rv == KERN_SUCCESS && !allowed(vm, va, write))
		rv = NEVER;
	tell(&before, rv, tries, table_entry(vm, va));
	if (rv == KERN_SUCCESS && write)
		see(table_entry(vm, va) & PG_FRAME)[WRITTEN] = w[5];
}

static uint32_t
space_of(vm_map_t map)
{
	uint32_t number;

	for (number = 0; number < SPACES; number++)
		if (spaces[number] != NULL && &spaces[number]->vm_map == map)
			return (number);
	return (NONE);
}

static void
tell_step(const struct faultstate *fs, uint32_t code, const struct lab5_step *before)
{
	struct lab5_step told = {
		.code = code,
		.asked_map = space_of(fs->asked_map), .map = space_of(fs->map),
		.type = fs->type, .prot = fs->prot,
		.made = fs->made, .copied = fs->copied,
		.raised = raised - before->raised, .level = cpl - before->level,
		.held = held_by(fs->m),
	};
	unsigned int i;

	for (i = 0; i < 4; i++)
		told.waits[i] = waits[i] - before->waits[i];
	script_result(&told, sizeof(told) / 4);
}

/* With the map not locked but by vm_fault_lookup(), and the objects not held. */
static void
step(const uint32_t *w)
{
	int (*function)(struct faultstate *) = (void *)w[1];
	vm_map_t map = &spaces[w[2]]->vm_map;
	struct faultstate fs = {
		.asked_map = map, .map = map, .vaddr = w[3],
		.object = lab5_objects[w[4]], .pindex = w[5],
		.first_object = lab5_objects[w[6]], .first_pindex = w[7],
		.asked_type = w[8], .type = w[9], .prot = w[10],
	};
	struct lab5_step before = { .raised = raised };
	int rv;

	splx(IPL_NONE);			/* an earlier one may have left it high */
	before.level = cpl;
	memcpy(before.waits, waits, sizeof(waits));
	if (fs.object != NULL) {
		fs.m = vm_page_lookup(fs.object, fs.pindex);
		fs.first_m = vm_page_lookup(fs.first_object, fs.first_pindex);
	}
	rv = function(&fs);
	tell_step(&fs, rv, &before);
	if (fs.entry != NULL && rv == KERN_SUCCESS)
		vm_map_lookup_done(fs.map, fs.entry);
	splx(before.level);
}

static void
make_submap(const uint32_t *w)
{
	vm_map_entry_t entry = lab5_entry_at(&spaces[w[1]]->vm_map, w[2]);

	entry->object.sub_map = &spaces[w[3]]->vm_map;
	entry->eflags |= MAP_ENTRY_IS_SUB_MAP;
}

/* ---------------------------------------------------------------- in others' place */

int	lab5_splvm(void);
int	lab5_grow(struct faultstate *fs);
int	lab5_lookup_wire(struct faultstate *fs);
void	lab5_wait_busy(struct faultstate *fs);
void	lab5_wait_memory(struct faultstate *fs);

/* splvm(), counted. */
int
lab5_splvm(void)
{
	raised++;
	return (splvm_here());
}

/* vm_fault_grow(), vm_fault_lookup_wire(): say what the check has said. */
static int
planned(unsigned int who)
{
	waits[who]++;
	return (lab5_answers[lab5_answered++ % 4]);
}

int
lab5_grow(struct faultstate *fs __unused)
{
	return (planned(0));
}

int
lab5_lookup_wire(struct faultstate *fs __unused)
{
	return (planned(1));
}

/* vm_fault_wait_busy(): whoever had the page has given it back by the next try. */
void
lab5_wait_busy(struct faultstate *fs)
{
	vm_page_t m = fs->m;

	waits[2]++;
	vm_fault_let_go(fs);
	if (m->flags & PG_BUSY)
		vm_page_wakeup(m);
	if (m->busy != 0)
		vm_page_io_finish(m);
}

/* vm_fault_wait_memory(): there is memory again. */
void
lab5_wait_memory(struct faultstate *fs)
{
	waits[3]++;
	cnt.v_free_severe = 0;
	vm_fault_let_go(fs);
}

/* ---------------------------------------------------------------- operations */

static void
make_space(uint32_t number)
{
	uint32_t directory;

	curproc->p_vmspace = &vmspace0;
	spaces[number] = vmspace_alloc(PAGE_SIZE, VM_MAXUSER_ADDRESS);
	directory = vtophys(vmspace_pmap(spaces[number])->pm_pdir);
	script_result(&directory, 1);
}

/*
 * Others keep the reference that the shadow would take over: or vm_object_shadow()
 * had nothing to do.  That it is the only one is so for a moment in a kernel, when
 * the last but one goes: then the shadow absorbs the other.
 */
static void
make_shadow(const uint32_t *w)
{
	vm_object_t object = lab5_objects[w[2]];
	vm_ooffset_t offset = IDX_TO_OFF(w[3]);

	vm_object_reference(object);
	vm_object_shadow(&object, &offset, w[4]);
	lab5_objects[w[1]] = object;
	if (w[5])
		lab5_objects[w[2]]->ref_count--;
}

const uint32_t *
lab5_fault_operation(const uint32_t *w)
{
	struct lab5_held held;

	script_calls += (*w >= OP_FAULT && *w <= OP_KERNEL) || *w == OP_STEP;
	switch (*w) {
	case OP_SPACE:
		make_space(w[1]);
		return (w + 2);
	case OP_FORK:
		spaces[w[2]] = vmspace_fork(spaces[w[1]]);
		return (w + 3);
	case OP_SHADOW:
		make_shadow(w);
		return (w + 6);
	case OP_PAGE:
		make_page(lab5_objects[w[1]], w[2], w[3], w[4]);
		return (w + 5);
	case OP_DIRT:
		write_rubbish(w[1]);
		return (w + 2);
	case OP_ZEROED:
		make_zeroed(w[1]);
		return (w + 2);
	case OP_FAULT:
		fault(w);
		return (w + 6);
	case OP_ACCESS:
		access(w);
		return (w + 6);
	case OP_KERNEL:
		fault_of_kernel(w);
		return (w + 3);
	case OP_HELD:
		held = held_by(vm_page_lookup(lab5_objects[w[1]], w[2]));
		script_result(&held, sizeof(held) / 4);
		return (w + 3);
	case OP_SHORT:
		cnt.v_free_severe = w[1];
		return (w + 2);
	case OP_SUBMAP:
		make_submap(w);
		return (w + 4);
	case OP_STEP:
		step(w);
		return (w + 11);
	default:
		panic("lab5: there is no operation %u", (unsigned)*w);
	}
}
