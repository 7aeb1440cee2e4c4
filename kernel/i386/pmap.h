/*
 * Page tables of the i386, and what pmap keeps beside them.
 *
 *	address		| directory, 10 bits | table, 10 bits | byte, 12 bits |
 *				|		   |
 *	CR3 -> directory [ entry ] -> page table [ entry ] -> page
 *			    \
 *			     PG_PS: no table, but 4 MB of memory
 *
 * One entry of each directory, PTDPTDI, is the directory itself.  So all tables
 * of the address space that runs stand one behind the other at PTmap, an entry
 * for each page that there is, and the directory in their midst at PTD.
 *
 *	BFC00000 PTmap			the table of 0
 *	BFEFF000 PTD	= PTmap + PTDPTDI * PAGE_SIZE
 *	BFF00000			the table of KERNBASE
 *
 * vm/pmap.h has the functions.
 *
 * [IA32-3A] 3.6 to 3.7; [i386/include/pmap.h]
 */
#ifndef _I386_PMAP_H_
#define	_I386_PMAP_H_

#include <i386/param.h>

/* Bits of an entry.  The CPU leaves three to us, of which we use two. */
#define	PG_V		0x001		/* valid */
#define	PG_RW		0x002		/* may be written */
#define	PG_U		0x004		/* may be used by the user */
#define	PG_NC_PWT	0x008		/* write-through */
#define	PG_NC_PCD	0x010		/* not cached */
#define	PG_A		0x020		/* accessed: the CPU's */
#define	PG_M		0x040		/* modified: the CPU's */
#define	PG_PS		0x080		/* of the directory: 4 MB */
#define	PG_G		0x100		/* global: stays when CR3 is loaded */
#define	PG_W		0x200		/* ours: wired */
#define	PG_MANAGED	0x400		/* ours: there is a pv_entry for it */
#define	PG_FRAME	0xfffff000
#define	PG_PS_FRAME	0xffc00000

/* Error code of a page fault. */
#define	PGEX_P		0x01		/* protection, not absence */
#define	PGEX_W		0x02		/* a write */
#define	PGEX_U		0x04		/* from user mode */

/* The page tables as an array of 2^20 entries, and the directory in it. */
#define	PTMAP_ADDRESS	0xbfc00000
#define	PTD_ADDRESS	0xbfeff000

#ifndef LOCORE
#include <sys/queue.h>

typedef uint32_t pd_entry_t;		/* of a directory */
typedef uint32_t pt_entry_t;		/* of a page table */

extern pt_entry_t PTmap[];		/* of the address space that runs */
extern pd_entry_t PTD[];
#define	vtopte(va)	(&PTmap[(uint32_t)(va) >> PAGE_SHIFT])

struct pmap;

/*
 * One of the mappings of a managed page, from two sides: all those of the page,
 * and all those of the pmap, the oldest first.
 */
struct pv_entry {
	struct pmap	*pv_pmap;
	uint32_t	pv_va;
	TAILQ_ENTRY(pv_entry) pv_list;	/* of the page */
	TAILQ_ENTRY(pv_entry) pv_plist;	/* of the pmap */
};

TAILQ_HEAD(pv_head, pv_entry);

/* What pmap has in each struct vm_page. */
struct md_page {
	int		pv_list_count;
	struct pv_head	pv_list;	/* its mappings */
};

/* From vm_page_startup(), and for pages that are no memory's. */
#define	pmap_page_init(m) do {						\
	TAILQ_INIT(&(m)->md.pv_list);					\
	(m)->md.pv_list_count = 0;					\
} while (0)

#define	pmap_page_is_mapped(m)	(!TAILQ_EMPTY(&(m)->md.pv_list))

struct pmap_statistics {
	long		resident_count;	/* pages mapped, and page tables */
	long		wired_count;	/* of the pages mapped, wired */
};

/* An address space, as the CPU sees it. */
struct pmap {
	pd_entry_t	*pm_pdir;	/* its directory, in the kernel's addresses */
	struct pv_head	pm_pvlist;	/* its mappings of managed pages */
	struct pmap_statistics pm_stats;
	TAILQ_ENTRY(pmap) pm_list;	/* of all of them */
};

extern struct pmap kernel_pmap_store;
#define	kernel_pmap	(&kernel_pmap_store)

#define	pmap_resident_count(pmap)	((pmap)->pm_stats.resident_count)
#define	pmap_wired_count(pmap)		((pmap)->pm_stats.wired_count)

extern uint32_t	pgeflag;		/* PG_G where the CPU knows it, else 0 */
#endif /* !LOCORE */

#endif /* !_I386_PMAP_H_ */
