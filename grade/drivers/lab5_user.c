/*
 * lab5_user: the whole kernel with a student's maps and faults, put to work.
 *
 * Before devices are looked for, process 0 gets an address space of its own and
 * does what the check's file says: double words, four for each operation.  What
 * comes of each is a word in lab5_answers, which the check reads from outside at
 * lab5_user_end().
 *
 *	MAP at, pages, prot		zeros there, instead of what was there
 *	FIND from, pages, prot		the same where there is room: answers where
 *	REMOVE at, pages
 *	PROTECT at, pages, prot
 *	FORK space			a child's, of the one that runs
 *	ENTER space			run in that one; 0 is the first
 *	READ at				by ring 3: answers the word, or DEAD0000h +
 *					the signal
 *	WRITE at, value			the same; answers the signal, or 0
 *	COPYIN at			by the kernel: the word, or BAD00000h + errno
 *	COPYOUT at, value		the errno, or 0
 *	LOOK				whether its map and kernel_map are whole:
 *					0, or enum lab5_wrong
 *
 * Others answer a KERN_ code.
 */
#include "services.h"

#include <sys/kernel.h>
#include <sys/linker.h>
#include <sys/preload.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_map.h>

#define	ANSWERS		1024
#define	SPACES		8

enum {
	OP_END, OP_MAP, OP_FIND, OP_REMOVE, OP_PROTECT, OP_FORK, OP_ENTER, OP_READ,
	OP_WRITE, OP_COPYIN, OP_COPYOUT, OP_LOOK,
};

enum lab5_wrong { WRONG_LIST = 1, WRONG_TREE, WRONG_ADJ_FREE, WRONG_MAX_FREE, WRONG_COUNT };

uint32_t	lab5_user_answers[ANSWERS];
uint32_t	lab5_user_used;			/* of them */

static struct vmspace *spaces[SPACES];

void	lab5_user_end(void) __attribute__((noreturn));

/* The check looks now; what comes after is of no interest. */
__attribute__((noinline)) void
lab5_user_end(void)
{
	for (;;)
		__asm__ volatile("");
}

static vm_map_t
own_map(void)
{
	return (&curproc->p_vmspace->vm_map);
}

static uint32_t
find(const uint32_t *w)
{
	vm_offset_t at = w[1];
	int rv;

	rv = vm_map_find(own_map(), NULL, 0, &at, w[2] * PAGE_SIZE, 1, w[3],
	    VM_PROT_ALL, 0);
	return (rv == KERN_SUCCESS ? at : (uint32_t)rv);
}

static uint32_t
enter(uint32_t number)
{
	curproc->p_vmspace = spaces[number];
	pmap_activate(curthread);
	return (0);
}

static uint32_t
fork(uint32_t number)
{
	spaces[number] = vmspace_fork(curproc->p_vmspace);
	return (spaces[number] != NULL);
}

/* By ring 3. */
static uint32_t
user_word(uint32_t at)
{
	struct services_user user = { .esi = at };

	services_user_run(&user, user_read, 0);
	return (user.signo != 0 ? 0xdead0000 + user.signo : user.eax);
}

static uint32_t
user_word_set(uint32_t at, uint32_t value)
{
	struct services_user user = { .esi = at, .eax = value };

	services_user_run(&user, user_write, 0);
	return (user.signo);
}

/* By the kernel. */
static uint32_t
copied_word(uint32_t at)
{
	uint32_t value;
	int error = copyin((void *)at, &value, sizeof(value));

	return (error != 0 ? 0xbad00000 + error : value);
}

static uint32_t
copied_word_set(uint32_t at, uint32_t value)
{
	return (copyout(&value, (void *)at, sizeof(value)));
}

/* ---------------------------------------------------------------- is a map whole? */

/* Is there what should be in a tree whose root is `entry', from *next of the list on? */
static uint32_t
tree_wrong(const struct vm_map *map, const struct vm_map_entry *entry,
    const struct vm_map_entry **next)
{
	vm_offset_t following;
	vm_size_t max;
	uint32_t wrong;

	if (entry == NULL)
		return (0);
	wrong = tree_wrong(map, entry->left, next);
	if (wrong != 0)
		return (wrong);
	if (entry != *next)
		return (WRONG_TREE);
	*next = entry->next;
	wrong = tree_wrong(map, entry->right, next);
	if (wrong != 0)
		return (wrong);
	following = entry->next == &map->header ? vm_map_max(map) : entry->next->start;
	if (entry->adj_free != following - entry->end)
		return (WRONG_ADJ_FREE);
	max = entry->adj_free;
	if (entry->left != NULL)
		max = MAX(max, entry->left->max_free);
	if (entry->right != NULL)
		max = MAX(max, entry->right->max_free);
	return (entry->max_free == max ? 0 : WRONG_MAX_FREE);
}

static uint32_t
map_wrong(const struct vm_map *map)
{
	const struct vm_map_entry *entry, *next = map->header.next;
	vm_offset_t end = vm_map_min(map);
	vm_size_t size = 0;
	int count = 0;
	uint32_t wrong;

	for (entry = next; entry != &map->header; entry = entry->next) {
		if (entry->start < end || entry->end <= entry->start ||
		    entry->prev->next != entry)
			return (WRONG_LIST);
		end = entry->end;
		size += end - entry->start;
		count++;
	}
	if (end > vm_map_max(map) || map->header.prev->next != &map->header)
		return (WRONG_LIST);
	wrong = tree_wrong(map, map->root, &next);
	if (wrong == 0 && next != &map->header)
		wrong = WRONG_TREE;
	return (wrong != 0 ? wrong : count != map->nentries || size != map->size ?
	    WRONG_COUNT : 0);
}

static uint32_t
maps_wrong(void)
{
	uint32_t wrong = map_wrong(own_map());

	return (wrong != 0 ? wrong : map_wrong(kernel_map));
}

/* ---------------------------------------------------------------- operations */

static uint32_t
do_one(const uint32_t *w)
{
	switch (*w) {
	case OP_MAP:
		return (vm_map_fixed(own_map(), NULL, 0, w[1], w[2] * PAGE_SIZE, w[3],
		    VM_PROT_ALL, 0));
	case OP_FIND:
		return (find(w));
	case OP_REMOVE:
		return (vm_map_remove(own_map(), w[1], w[1] + w[2] * PAGE_SIZE));
	case OP_PROTECT:
		return (vm_map_protect(own_map(), w[1], w[1] + w[2] * PAGE_SIZE, w[3], 0));
	case OP_FORK:
		return (fork(w[1]));
	case OP_ENTER:
		return (enter(w[1]));
	case OP_READ:
		return (user_word(w[1]));
	case OP_WRITE:
		return (user_word_set(w[1], w[2]));
	case OP_COPYIN:
		return (copied_word(w[1]));
	case OP_COPYOUT:
		return (copied_word_set(w[1], w[2]));
	case OP_LOOK:
		return (maps_wrong());
	default:
		panic("lab5_user: there is no operation %u", (unsigned)*w);
	}
}

static void
lab5_user_run(const void *dummy __unused)
{
	const uint32_t *w;
	char *file, *at;

	file = preload_search_by_type("check_script");
	at = file == NULL ? NULL : preload_search_info(file, MODINFO_ADDR);
	if (at == NULL)
		panic("lab5_user: there is no script");
	enable_intr();
	services_user_begin();
	services_user_load();
	spaces[0] = curproc->p_vmspace;
	for (w = *(uint32_t **)at; *w != OP_END && lab5_user_used < ANSWERS; w += 4)
		lab5_user_answers[lab5_user_used++] = do_one(w);
	lab5_user_end();
}
SYSINIT(lab5_user, SI_SUB_DRIVERS, SI_ORDER_FIRST, lab5_user_run, NULL);
