/*
 * lab5: maps for lab 5's checks, and what becomes of them.
 *
 * The kernel that this is linked with runs on the reference's maps.  What a
 * student has written stands beside it under other names (lab_vm_map_insert
 * ...), and works on maps of ours alone.  The check's script says by address
 * which function is called; maps and entries go by their numbers there.
 *
 *	START subsystem			run the SYSINITs up to there
 *	PLANT map, min, max, listed, count, {entry, start, end, adj_free,
 *	    max_free, left, right}	make a map with this tree, the root first;
 *					-1 is no entry; with a list, or with none
 *	OBJECT object, pages		make one, with a reference
 *	SPLAY function, map, addr	the map's tree at addr
 *	LOOKUP function, map, addr	results: what it returns, the entry
 *	LINK function, map, after, entry, start, end
 *	UNLINK function, map, entry
 *	FIND function, map, start, length	results: what it returns, the address
 *	INSERT function, map, object, own, offset, start, end, prot, max, cow
 *					results: what it returns; own: it gets our
 *					reference of the object, not another
 *	SET map, where, eflags, prot, max, inheritance, wired
 *					change what the entry at an address says
 *	AT function, map, where, addr	call it with the entry at an address, and addr
 *	TREE map, most			results: the tree in preorder
 *	LIST map, most			results: the list, and what an entry says
 *
 * A student's tree may lead anywhere, or round in a ring: whoever looks at one
 * believes no pointer before he has asked whether memory is there, and counts.
 */
#include "lab5.h"

#include <sys/kernel.h>
#include <sys/systm.h>
#include <vm/pmap.h>

#define	ENTRIES		1536
#define	USED		384		/* entries of the kernel's, by others before us */
#define	DEEPEST		128		/* of a tree, on the way down it */
#define	NONE		0xffffffffU

/* What TREE tells of a node. */
struct lab5_node {
	uint32_t	entry;
	uint32_t	below;		/* 1: left, 2: right; 4: leads to no entry */
	vm_offset_t	start, end;
	vm_size_t	adj_free, max_free;
};

/* What LIST tells of an entry. */
struct lab5_entry {
	uint32_t	entry;
	vm_offset_t	start, end;
	vm_size_t	adj_free;
	uint32_t	object, object_size, object_refs, object_flags;
	uint32_t	offset[2];
	vm_eflags_t	eflags;
	uint8_t		protection, max_protection, inheritance, links_back;
	uint32_t	wired_count;
};

struct vm_map	lab5_maps[MAPS];
struct vm_map_entry lab5_entries[ENTRIES];
vm_object_t	lab5_objects[OBJECTS];

struct vm_map *
lab5_map(uint32_t number)
{
	return (number < MAPS ? &lab5_maps[number] : &lab5_space(number - MAPS)->vm_map);
}

static struct vm_map_entry *
entry_of(uint32_t number)
{
	return (number == NONE ? NULL : &lab5_entries[number]);
}

/* An entry of ours by its number, any other by its address. */
static uint32_t
number_of(const struct vm_map_entry *entry)
{
	uintptr_t offset = (uintptr_t)entry - (uintptr_t)lab5_entries;

	if (offset < sizeof(lab5_entries) && offset % sizeof(*entry) == 0)
		return (offset / sizeof(*entry));
	return ((uint32_t)entry);
}

/* ---------------------------------------------------------------- making */

/*
 * Entries that come from the kernel are not empty: they have been used before.
 * Some are kept, so that their memory is not given back.
 */
static void
dirty_entries(void)
{
	static struct vm_map_entry *entries[USED];
	uint32_t i;

	for (i = 0; i < USED; i++) {
		entries[i] = vm_map_entry_create(&lab5_maps[0]);
		memset(entries[i], 0xa5, sizeof(*entries[i]));
	}
	for (i = 0; i < USED; i++)
		if (i % 16 != 0)
			vm_map_entry_dispose(&lab5_maps[0], entries[i]);
}

/* What start-up asks for, up to a subsystem. */
static void
start(uint32_t last)
{
	struct sysinitlist early = STAILQ_HEAD_INITIALIZER(early);
	struct sysinitlist done = STAILQ_HEAD_INITIALIZER(done);
	struct sysinit **each;

	SET_FOREACH(each, sysinit_set)
		if ((*each)->subsystem <= last)
			sysinit_insert(&early, *each);
	sysinit_run(&early, &done);
	dirty_entries();
}

/* Put an entry into a map's list, where it belongs by its address. */
static void
list_by_address(struct vm_map *map, struct vm_map_entry *entry)
{
	struct vm_map_entry *later;

	for (later = map->header.next; later != &map->header &&
	    later->start < entry->start; later = later->next)
		;
	entry->next = later;
	entry->prev = later->prev;
	later->prev = later->prev->next = entry;
	map->nentries++;
	map->size += entry->end - entry->start;
}

static const uint32_t *
plant(const uint32_t *w)
{
	struct vm_map *map = lab5_map(w[1]);
	struct vm_map_entry *entry;
	uint32_t listed = w[4], count = w[5], i;

	vm_map_init(map, w[2], w[3]);
	vm_map_lock(map);
	for (i = 0, w += 6; i < count; i++, w += 7) {
		entry = entry_of(w[0]);
		*entry = (struct vm_map_entry){
			.start = w[1], .end = w[2],
			.adj_free = w[3], .max_free = w[4],
			.left = entry_of(w[5]), .right = entry_of(w[6]),
			.protection = VM_PROT_ALL, .max_protection = VM_PROT_ALL,
			.inheritance = VM_INHERIT_DEFAULT,
		};
		if (listed)
			list_by_address(map, entry);
		if (i == 0)
			map->root = entry;
	}
	return (w);
}

/* ---------------------------------------------------------------- looking */

/* Might an entry be there? */
static int
is_entry(const struct vm_map_entry *entry)
{
	uintptr_t at = (uintptr_t)entry;

	return (at >= KERNBASE && at % sizeof(int) == 0 && pmap_kextract(at) != 0 &&
	    pmap_kextract(at + sizeof(*entry) - 1) != 0);
}

static struct lab5_node
node_of(const struct vm_map_entry *entry)
{
	if (!is_entry(entry))
		return ((struct lab5_node){ .entry = (uint32_t)entry, .below = 4 });
	return ((struct lab5_node){
		.entry = number_of(entry),
		.below = (entry->left != NULL) | (entry->right != NULL) << 1,
		.start = entry->start, .end = entry->end,
		.adj_free = entry->adj_free, .max_free = entry->max_free,
	});
}

/*
 * Tell of at most `most' nodes, which come behind how many there are: one more
 * says that there are too many.
 */
static void
tell_tree(const struct vm_map_entry *root, uint32_t most)
{
	static const struct lab5_node nothing;
	const struct vm_map_entry *later[DEEPEST], *entry = root;
	struct lab5_node node;
	uint32_t count = 0, waiting = 0, *counted = &script_results[script_used];

	script_result(&count, 1);
	for (; count < most && (entry != NULL || waiting > 0); count++) {
		if (entry == NULL)
			entry = later[--waiting];
		node = node_of(entry);
		script_result(&node, sizeof(node) / 4);
		if (node.below & 2 && waiting < DEEPEST)
			later[waiting++] = entry->right;
		entry = node.below & 1 ? entry->left : NULL;
	}
	*counted = count + (entry != NULL || waiting > 0);
	for (; count < most; count++)
		script_result(&nothing, sizeof(nothing) / 4);
}

uint32_t
lab5_object_number(vm_object_t object)
{
	uint32_t i;

	for (i = 0; i < OBJECTS; i++)
		if (lab5_objects[i] == object)
			return (i);
	return ((uint32_t)object);
}

static struct lab5_entry
told_of(const struct vm_map_entry *entry, const struct vm_map_entry *before)
{
	vm_object_t object = entry->object.vm_object;

	return ((struct lab5_entry){
		.entry = number_of(entry), .start = entry->start, .end = entry->end,
		.adj_free = entry->adj_free, .object = lab5_object_number(object),
		.object_size = object == NULL ? 0 : object->size,
		.object_refs = object == NULL ? 0 : object->ref_count,
		.object_flags = object == NULL ? 0 : object->flags,
		.offset = { (uint32_t)entry->offset, (uint32_t)(entry->offset >> 32) },
		.eflags = entry->eflags, .protection = entry->protection,
		.max_protection = entry->max_protection,
		.inheritance = entry->inheritance,
		.links_back = entry->prev == before,
		.wired_count = entry->wired_count,
	});
}

/* The same of a map's list, behind its own counts. */
static void
tell_list(const struct vm_map *map, uint32_t most)
{
	static const struct lab5_entry nothing;
	const struct vm_map_entry *entry, *before = &map->header;
	struct lab5_entry told;
	uint32_t count = 0, *counted = &script_results[script_used];

	script_result(&count, 1);
	script_result(&map->nentries, 1);
	script_result(&map->size, 1);
	for (entry = map->header.next; entry != &map->header && count < most; count++) {
		if (!is_entry(entry))
			break;
		told = told_of(entry, before);
		script_result(&told, sizeof(told) / 4);
		before = entry;
		entry = entry->next;
	}
	*counted = count + (entry != &map->header || map->header.prev != before);
	for (; count < most; count++)
		script_result(&nothing, sizeof(nothing) / 4);
}

/* ---------------------------------------------------------------- calling */

struct vm_map_entry *
lab5_entry_at(struct vm_map *map, vm_offset_t addr)
{
	struct vm_map_entry *entry;

	for (entry = map->header.next; entry != &map->header; entry = entry->next)
		if (entry->start <= addr && addr < entry->end)
			return (entry);
	return (NULL);
}

static void
lookup(const uint32_t *w)
{
	int (*function)(vm_map_t, vm_offset_t, vm_map_entry_t *) = (void *)w[1];
	struct vm_map_entry *entry = NULL;
	uint32_t found[2];

	found[0] = function(lab5_map(w[2]), w[3], &entry);
	found[1] = entry == &lab5_map(w[2])->header ? NONE : number_of(entry);
	script_result(found, 2);
}

static void
find(const uint32_t *w)
{
	int (*function)(vm_map_t, vm_offset_t, vm_size_t, vm_offset_t *) = (void *)w[1];
	uint32_t found[2] = { 0, NONE };

	found[0] = function(lab5_map(w[2]), w[3], w[4], &found[1]);
	script_result(found, 2);
}

static void
link_entry(const uint32_t *w)
{
	void (*function)(vm_map_t, vm_map_entry_t, vm_map_entry_t) = (void *)w[1];
	struct vm_map *map = lab5_map(w[2]);
	struct vm_map_entry *entry = entry_of(w[4]);

	entry->start = w[5];
	entry->end = w[6];
	function(map, w[3] == NONE ? &map->header : entry_of(w[3]), entry);
}

static void
insert(const uint32_t *w)
{
	int (*function)(vm_map_t, vm_object_t, vm_ooffset_t, vm_offset_t, vm_offset_t,
	    vm_prot_t, vm_prot_t, int) = (void *)w[1];
	vm_object_t object = lab5_objects[w[3]];
	struct vm_map *map = lab5_map(w[2]);
	uint32_t own = w[4], returned;
	int locked = vm_map_locked(map);

	if (!own)
		vm_object_reference(object);
	if (!locked)
		vm_map_lock(map);
	returned = function(map, object, w[5], w[6], w[7], w[8], w[9], w[10]);
	if (!locked)
		vm_map_unlock(map);
	if (returned != KERN_SUCCESS && !own)
		vm_object_deallocate(object);
	script_result(&returned, 1);
}

/* Change what an entry says, as others do. */
static void
set(const uint32_t *w)
{
	struct vm_map_entry *entry = lab5_entry_at(lab5_map(w[1]), w[2]);

	entry->eflags = w[3];
	entry->protection = w[4];
	entry->max_protection = w[5];
	entry->inheritance = w[6];
	entry->wired_count = w[7];
}

static void
call_at(const uint32_t *w)
{
	void (*function)(vm_map_t, vm_map_entry_t, vm_offset_t) = (void *)w[1];
	struct vm_map *map = lab5_map(w[2]);
	struct vm_map_entry *entry = lab5_entry_at(map, w[3]);

	if (entry != NULL)
		function(map, entry, w[4]);
}

const uint32_t *
script_other(const uint32_t *w)
{
	struct vm_map *map;
	vm_map_entry_t (*splay)(vm_offset_t, vm_map_entry_t) = (void *)w[1];
	void (*unlink)(vm_map_t, vm_map_entry_t) = (void *)w[1];

	if (*w >= OP_FAULTS)
		return (lab5_fault_operation(w));
	script_calls += *w >= OP_SPLAY && *w <= OP_AT;
	switch (*w) {
	case OP_PLANT:
		return (plant(w));
	case OP_SPLAY:
		map = lab5_map(w[2]);
		map->root = splay(w[3], map->root);
		return (w + 4);
	case OP_LOOKUP:
		lookup(w);
		return (w + 4);
	case OP_LINK:
		link_entry(w);
		return (w + 7);
	case OP_UNLINK:
		unlink(lab5_map(w[2]), entry_of(w[3]));
		return (w + 4);
	case OP_FIND:
		find(w);
		return (w + 5);
	case OP_INSERT:
		insert(w);
		return (w + 11);
	case OP_AT:
		call_at(w);
		return (w + 5);
	case OP_TREE:
		tell_tree(lab5_map(w[1])->root, w[2]);
		return (w + 3);
	case OP_LIST:
		tell_list(lab5_map(w[1]), w[2]);
		return (w + 3);
	case OP_START:
		start(w[1]);
		return (w + 2);
	case OP_OBJECT:
		lab5_objects[w[1]] = vm_object_allocate(OBJT_DEFAULT, w[2]);
		return (w + 3);
	case OP_SET:
		set(w);
		return (w + 8);
	default:
		panic("lab5: there is no operation %u", (unsigned)*w);
	}
}
