/*
 * db_vm: address maps, and what is behind their entries.
 *
 *	show vmspace (ADDR)	a process' memory in numbers, and its map
 *	show map[/t] (ADDR)	a map's entries; with /t as they stand in the tree
 *	show object ADDR	an object, its pages, and the objects behind it
 *	show page (ADDR)	one page; without an address, how many there are
 *
 * Without an address, the first two show those of the process that runs.  What
 * an address leads to is copied before it is looked at: it may be wrong, or be
 * what somebody has written over.
 *
 * [vm/vm_map.c, vm/vm_object.c, vm/vm_page.c: DDB]
 */
#include <ddb/ddb.h>

#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>

#define	MOST	100000			/* links that are followed: a list may be a ring */

/* Copy a structure; an error if it is not there. */
static void
fetch(const void *from, void *to, size_t size)
{
	if (db_read_bytes((db_addr_t)(uintptr_t)from, size, to) != 0)
		db_error("Bad address %p\n", from);
}

/* The map that is meant: the one at `addr', or the running process'. */
static const struct vmspace *
vmspace_meant(db_expr_t addr, int have_addr)
{
	const void *vm = have_addr ? (const void *)addr : curproc->p_vmspace;

	if (vm == NULL)
		db_error("Process %d has no memory of its own\n", curproc->p_pid);
	return (vm);
}

/* ---------------------------------------------------------------- maps */

static void
print_prot(vm_prot_t prot)
{
	db_printf("%c%c%c ", prot & VM_PROT_READ ? 'r' : '-',
	    prot & VM_PROT_WRITE ? 'w' : '-',
	    prot & VM_PROT_EXECUTE ? 'x' : '-');
}

/* What an entry is, beside its numbers. */
static void
print_eflags(const struct vm_map_entry *entry)
{
	static const struct {
		vm_eflags_t	flag;
		const char	*name;
	} names[] = {
		{ MAP_ENTRY_IS_SUB_MAP,		"submap" },
		{ MAP_ENTRY_COW,		"cow" },
		{ MAP_ENTRY_NEEDS_COPY,		"needs-copy" },
		{ MAP_ENTRY_NOFAULT,		"nofault" },
		{ MAP_ENTRY_NOSYNC,		"nosync" },
		{ MAP_ENTRY_BEHAV_SEQUENTIAL,	"sequential" },
		{ MAP_ENTRY_BEHAV_RANDOM,	"random" },
		{ MAP_ENTRY_IN_TRANSITION,	"in-transition" },
		{ MAP_ENTRY_NOCOREDUMP,		"nocore" },
		{ MAP_ENTRY_GROWS_DOWN,		"grows-down" },
		{ MAP_ENTRY_GROWS_UP,		"grows-up" },
	};
	unsigned int i;

	for (i = 0; i < nitems(names); i++)
		if (entry->eflags & names[i].flag)
			db_printf(" %s", names[i].name);
	if (entry->wired_count != 0)
		db_printf(" wired %d%s", entry->wired_count,
		    entry->eflags & MAP_ENTRY_USER_WIRED ? ", by its user" : "");
}

static void
print_entry(const struct vm_map_entry *entry)
{
	static const char *const inherit[] = { "share", "copy", "none", "zero" };

	db_printf("%08x %08x ", entry->start, entry->end);
	print_prot(entry->protection);
	print_prot(entry->max_protection);
	db_printf("%-5s ", (unsigned)entry->inheritance < nitems(inherit) ?
	    inherit[(unsigned)entry->inheritance] : "?");
	if (entry->object.vm_object == NULL)
		db_printf("   (none)");
	else
		db_printf("%p %llx", (void *)entry->object.vm_object,
		    (unsigned long long)entry->offset);
	print_eflags(entry);
	db_printf("\n");
}

/*
 * A tree in preorder: each node stands further right than the one above it, and
 * before its left, then its right.
 */
static void
print_tree(const struct vm_map_entry *node, int depth, int *left)
{
	struct vm_map_entry entry;

	if (node == NULL)
		return;
	if ((*left)-- == 0)
		db_error("The tree has no end\n");
	fetch(node, &entry, sizeof(entry));
	db_printf("%*s%08x %08x  free behind %x, at most %x\n",
	    2 * MIN(depth, 20), "", entry.start, entry.end, entry.adj_free,
	    entry.max_free);
	print_tree(entry.left, depth + 1, left);
	print_tree(entry.right, depth + 1, left);
}

static void
print_map(const struct vm_map *where, int as_tree)
{
	struct vm_map map;
	struct vm_map_entry entry;
	const struct vm_map_entry *at;
	int left;

	fetch(where, &map, sizeof(map));
	if (map.header.start >= map.header.end || map.nentries > (int)MOST)
		db_error("%p is no map\n", (const void *)where);
	db_printf("map %p: %x to %x, %d entries, %x bytes, timestamp %u, pmap %p\n",
	    (const void *)where, map.header.start, map.header.end, map.nentries,
	    map.size, map.timestamp, (void *)map.pmap);
	left = MOST;
	if (as_tree) {
		/* Each level is a frame of the debugger's stack. */
		if (map.nentries > 500)
			db_error("The tree may be too deep to be shown\n");
		left = map.nentries;
		print_tree(map.root, 0, &left);
		return;
	}
	db_printf("   start      end now max child     object offset\n");
	for (at = map.header.next; at != &where->header; at = entry.next) {
		if (left-- == 0)
			db_error("The list has no end\n");
		fetch(at, &entry, sizeof(entry));
		print_entry(&entry);
	}
}

/* show map[/t] */
void
db_show_map_cmd(db_expr_t addr, int have_addr, db_expr_t count __unused,
    const char *modif)
{
	print_map(&vmspace_meant(addr, have_addr)->vm_map,
	    strchr(modif, 't') != NULL);
}

/* show vmspace */
void
db_show_vmspace_cmd(db_expr_t addr, int have_addr, db_expr_t count __unused,
    const char *modif)
{
	const struct vmspace *where = vmspace_meant(addr, have_addr);
	struct vmspace vm;

	fetch(where, &vm, sizeof(vm));
	db_printf("vmspace %p: %d references\n", (const void *)where, vm.vm_refcnt);
	db_printf("text %u pages from %x, data %u from %x, stack %u down to %x\n",
	    vm.vm_tsize, vm.vm_taddr, vm.vm_dsize, vm.vm_daddr, vm.vm_ssize,
	    vm.vm_maxsaddr);
	db_printf("pmap %p: %ld pages resident, %ld wired\n",
	    (const void *)&where->vm_pmap, pmap_resident_count(&vm.vm_pmap),
	    pmap_wired_count(&vm.vm_pmap));
	print_map(&where->vm_map, strchr(modif, 't') != NULL);
}

/* ---------------------------------------------------------------- objects */

static void
print_object(const struct vm_object *where, const struct vm_object *object)
{
	static const char *const types[] = {
		"default", "swap", "vnode", "device", "phys", "dead"
	};

	db_printf("object %p: %s, %u pages, %d resident, %d references, "
	    "%d shadows\n", (const void *)where,
	    (unsigned)object->type < nitems(types) ? types[object->type] : "?",
	    object->size, object->resident_page_count, object->ref_count,
	    object->shadow_count);
	db_printf("  flags %b, %d transfers, handle %p\n", object->flags,
	    "\20\4DEAD\7PIPWNT\11MIGHTBEDIRTY\16ONEMAPPING", object->paging_in_progress,
	    object->handle);
}

static void
print_pages(const struct vm_object *object)
{
	const struct vm_page *at;
	struct vm_page m;
	int left = MOST;

	for (at = TAILQ_FIRST(&object->memq); at != NULL;
	    at = TAILQ_NEXT(&m, listq)) {
		if (left-- == 0)
			db_error("The list has no end\n");
		fetch(at, &m, sizeof(m));
		db_printf("  page %x at %08x, valid %02x, dirty %02x, wired %u\n",
		    m.pindex, m.phys_addr, m.valid, m.dirty, m.wire_count);
	}
}

/* show object: and those behind it, down to the last. */
void
db_show_object_cmd(db_expr_t addr, int have_addr, db_expr_t count __unused,
    const char *modif __unused)
{
	const struct vm_object *where = (const void *)addr;
	struct vm_object object;
	int left = MOST;

	if (!have_addr)
		db_error("show object ADDR: which one?\n");
	for (;;) {
		fetch(where, &object, sizeof(object));
		print_object(where, &object);
		print_pages(&object);
		if (object.backing_object == NULL)
			break;
		if (left-- == 0)
			db_error("The chain has no end\n");
		db_printf("behind it, from %llx on:\n",
		    (unsigned long long)object.backing_object_offset);
		where = object.backing_object;
	}
}

/* ---------------------------------------------------------------- pages */

static void
print_counts(void)
{
	static const struct {
		const char	*name;
		const uint32_t	*value;
	} counts[] = {
		{ "page_count", &cnt.v_page_count },
		{ "free_count", &cnt.v_free_count },
		{ "cache_count", &cnt.v_cache_count },
		{ "inactive_count", &cnt.v_inactive_count },
		{ "active_count", &cnt.v_active_count },
		{ "wire_count", &cnt.v_wire_count },
		{ "interrupt_free_min", &cnt.v_interrupt_free_min },
		{ "pageout_free_min", &cnt.v_pageout_free_min },
		{ "free_reserved", &cnt.v_free_reserved },
		{ "free_severe", &cnt.v_free_severe },
		{ "free_min", &cnt.v_free_min },
		{ "free_target", &cnt.v_free_target },
		{ "cache_min", &cnt.v_cache_min },
		{ "inactive_target", &cnt.v_inactive_target },
	};
	unsigned int i;

	for (i = 0; i < nitems(counts); i++)
		db_printf("cnt.v_%s: %u\n", counts[i].name, *counts[i].value);
}

/* show page */
void
db_show_page_cmd(db_expr_t addr, int have_addr, db_expr_t count __unused,
    const char *modif __unused)
{
	static const char *const queues[PQ_COUNT] = {
		"none", "free", "inactive", "active", "cache", "hold"
	};
	struct vm_page m;

	if (!have_addr) {
		print_counts();
		return;
	}
	fetch((const void *)addr, &m, sizeof(m));
	db_printf("page %p at %08x: page %x of object %p\n", (const void *)addr,
	    m.phys_addr, m.pindex, (void *)m.object);
	db_printf("  queue %s, flags %b\n",
	    m.queue < PQ_COUNT ? queues[m.queue] : "?", m.flags,
	    "\20\1BUSY\2WANTED\3WINATCFLS\4FICTITIOUS\5WRITEABLE\7ZERO"
	    "\10REFERENCED\12SWAPINPROG\13NOSYNC\14UNMANAGED\15MARKER");
	db_printf("  wired %u, held %u, mapped %d, busy %u, used %u\n",
	    m.wire_count, m.hold_count, m.md.pv_list_count, m.busy, m.act_count);
	db_printf("  valid %02x, dirty %02x\n", m.valid, m.dirty);
}
