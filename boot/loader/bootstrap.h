/*
 * bootstrap.h: what the parts of /boot/loader know of each other.
 *
 * The loader is a BTX client: 32-bit code in ring 3 whose segments begin at
 * linear 0xA000.  PTOV() makes of a physical address a pointer that we can
 * follow, VTOP() goes back [btxv86.h].
 *
 *	physical
 *	000000	vectors, BIOS data, BTX
 *	00A000	the loader: text, data, bss; from `end' up the heap
 *	.....	the stack, downwards from 1000h below the top of base memory
 *	0A0000	video memory and ROMs
 *	100000	what we load: the kernel, modules, environment, metadata
 *	memtop	no memory, or memory that is not ours
 */
#ifndef _BOOTSTRAP_H_
#define	_BOOTSTRAP_H_

#include "stand.h"

#include <btx/btxv86.h>
#include <sys/bootinfo.h>

/* ---------------------------------------------------------------- machine: start */

/* What boot2 told us, taken over by main() before all else. */
extern uint32_t	initial_howto;		/* RB_ flags */
extern uint32_t	initial_bootdev;	/* MAKEBOOTDEV word */
extern struct bootinfo *initial_bootinfo; /* a copy of ours; NULL: none came */

/* The banner's "(...)" line and "Revision ..." */
extern const char bootprog_name[];	/* "FreeBSD/i386 bootstrap loader" */
extern const char bootprog_rev[];	/* "1.1" */
extern const char bootprog_maker[];	/* "proc0@localhost" */

/*
 * The end of main(): the user's side takes over and never returns.  It reads
 * loader.rc and loader.conf, counts down, prompts.  (interp.c)
 */
void		interact(void) __attribute__((noreturn));

/* ---------------------------------------------------------------- machine: memory */

/* Set by bios_getmem(), in bytes. */
extern uint32_t	bios_basemem;		/* below 1 MB, int 12h */
extern uint32_t	bios_extmem;		/* above 1 MB, without a hole */
extern uint32_t	memtop;			/* the end of that, 3 GB at most */
extern uint32_t	memtop_copyin;		/* where what we load must end */
extern uint32_t	heap_bottom, heap_top;	/* client addresses */

#define	KERNEL_LOAD_MIN	0x100000	/* nothing is loaded below */

/* A range of the E820 map, as the BIOS gives it and MODINFOMD_SMAP wants it. */
struct bios_smap {
	uint64_t	base;
	uint64_t	length;
	uint32_t	type;		/* SMAP_TYPE_MEMORY, or something else */
} __attribute__((packed));
#define	SMAP_TYPE_MEMORY	1

#define	SMAP_MAX	64
extern struct bios_smap smap[SMAP_MAX];
extern int	smaplen;		/* entries; 0: the BIOS has no E820 */

void		bios_getmem(void);

/*
 * Copy into the physical memory that is loaded into.  The whole range must lie
 * in KERNEL_LOAD_MIN..memtop_copyin.  Returns `len', or -1 with errno EFBIG
 * and nothing copied.
 */
ssize_t		i386_copyin(const void *src, uint32_t dest, size_t len);
/*
 * Read a file straight into physical memory.  Returns what read() did, which
 * may be less than `len' at the end of the file; -1 with EFBIG or its errno.
 */
ssize_t		i386_readin(int fd, uint32_t dest, size_t len);
/* Fill with zeroes, under the same rule. */
ssize_t		i386_bzero(uint32_t dest, size_t len);
/* Load what this machine wants by itself: nothing.  0. */
int		i386_autoload(void);

/* ---------------------------------------------------------------- machine: devices */

/*
 * Make a device of a name: "disk0s1a:" with or without what follows, or, for
 * a path without a device, of `currdev'.  0 and a device from malloc() in
 * *dev (which may be NULL: only check); *path, where not NULL, is set to the
 * rest.  Otherwise ENODEV (no device of that name), EUNIT, ESLICE, EPART,
 * EINVAL (the form), ENOMEM.  The disk itself is not asked.
 */
int		i386_getdev(struct devdesc **dev, const char *devspec,
		    const char **path);
/* The name of a device, "disk0s1a:", in static memory. */
char		*i386_fmtdev(const struct devdesc *dev);
/* The hook of `currdev': refuses what i386_getdev() does not know. */
ev_sethook_t	i386_setcurrdev;

/* The device we came from, made of initial_bootdev and bi_bios_dev: main.c. */
struct devdesc	*i386_bootdev(void);

/* biosdisk.c.  Disks are numbered from 0 in the order of the BIOS' 80h... */
extern struct devsw biosdisk;
int		bd_bios2unit(int biosdev);	/* -1: no such disk */
int		bd_unit2bios(int unit);		/* -1 */
/* The MAKEBOOTDEV word for the kernel (type from `root_disk_unit' unit's 80h); 0 if none. */
uint32_t	bd_getdev(const struct devdesc *dev);
/* cylinders << 16 | last head << 8 | sectors by int 13h AH=08h, or BIOS_GEOM_UNKNOWN. */
uint32_t	bd_getbigeom(int unit);

/*
 * bcache.c: the block cache.  Metadata comes through it; file data in large
 * pieces goes past it.  0 or an errno value.
 */
int		bcache_read(struct devdesc *dev, daddr_t blk, size_t size,
		    void *buf);
/* Forget everything: a device may hold another disk. */
void		bcache_flush(void);
/* Print what the `bcachestat' command shows. */
void		bcache_stats(void);

/* ---------------------------------------------------------------- machine: console */

/*
 * A console.  The active ones are a set: the variable `console' holds their
 * names, "vidconsole", "comconsole", or both with a comma; its hook switches
 * and refuses an unknown name with EINVAL.
 */
struct console {
	const char	*c_name;	/* "vidconsole" */
	const char	*c_desc;	/* "internal video/keyboard" */
	int		c_flags;	/* C_PRESENT, C_ACTIVE */
	int		(*c_init)(void);	/* 0: it is there */
	void		(*c_out)(int c);
	int		(*c_in)(void);		/* -1: nothing typed */
	int		(*c_ready)(void);	/* something was typed */
};
#define	C_PRESENT	1
#define	C_ACTIVE	2

extern struct console *consoles[];	/* conf.c; ends in NULL */
extern struct console vidconsole, comconsole;

/*
 * Start the consoles that `howto' asks for: RB_MULTIPLE both, RB_SERIAL the
 * serial line, otherwise the screen; set `console'.  Prints "Consoles: ...".
 */
void		cons_probe(uint32_t howto);

#endif /* !_BOOTSTRAP_H_ */
