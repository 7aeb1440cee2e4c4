/*
 * The header of a BTX kernel, at the start of its file and, when it runs, at
 * 9000h.  btxld patches three of its fields; BTX and btxldr read them.
 *
 *	 0	EB 0E		a jump over the header
 *	 2	"BTX"
 *	 5	major, minor	version
 *	 7	flags
 *	 8	pgctl		pages that are writable, see below
 *	10	textsz		bytes of the kernel, this header included
 *	12	entry		the client's entry, in the client's addresses
 *
 * Offset 1, 0Eh, is the header's size too, less the two bytes before it.
 *
 * pgctl is the number of mapped pages from the kernel's own on, FF7h = 1000h - 9,
 * less the client's read-only pages, which btxld takes off.  Pages are mapped by
 * whole tables of 400h, so rounding pgctl up to such a multiple gives back how
 * many there are, and the size of their tables says where the kernel stands:
 * 5000h + 4 * 1000h = 9000h.
 */
#ifndef BTX_H
#define BTX_H

#define BTX_HDRSIZE	16	/* bytes of the header */

#define BTX_MACHID	0	/* offsets of its fields */
#define BTX_HDRSZ	1
#define BTX_MAGIC	2
#define BTX_MAJVER	5
#define BTX_MINVER	6
#define BTX_FLAGS	7
#define BTX_PGCTL	8
#define BTX_TEXTSZ	10
#define BTX_ENTRY	12

#define BTX_I386	0xeb	/* machid */
#define BTX_MAGICSTR	"BTX"
#define BTX_VERSION	1	/* the major version that we know */
#define BTX_MAPONE	0x80	/* flags: the client's page 0 is not mapped */

#define BTX_PGSIZE	0x1000u	/* bytes a page */
#define BTX_PGBASE	0x5000u	/* where the page tables begin */
#define BTX_MAXCWR	0x3bc	/* read-only pages, at most */

/* Pages that are mapped, and where the kernel and the client stand. */
#define BTX_MAPPED(pgctl)	(((pgctl) | (BTX_PGSIZE / 4 - 1)) + 1)
#define BTX_ORIGIN(pgctl)	(BTX_PGBASE + BTX_MAPPED(pgctl) * 4)
#define BTX_CLIENT(pgctl)	(BTX_ORIGIN(pgctl) + BTX_PGSIZE)

#endif /* BTX_H */
