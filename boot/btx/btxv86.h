/*
 * The BIOS, for a BTX client in C: fill in `v86', call v86int().
 *
 *	v86.ctl = V86_FLAGS;
 *	v86.addr = 0x13;
 *	v86.eax = 0x4200;  ...
 *	v86int();
 *	if (V86_CY(v86.efl)) ...
 *
 * Whatever the BIOS is to read or write must be below 1 MB.  The call runs
 * on the client's stack.
 *
 * [btxv86.h]
 */
#ifndef _BTX_BTXV86_H_
#define	_BTX_BTXV86_H_

#include <stdint.h>

/* v86.ctl */
#define	V86_ADDR	0x10000		/* addr is segment:offset, no interrupt */
#define	V86_CALLF	0x20000		/* a far call: it ends by RETF */
#define	V86_FLAGS	0x40000		/* efl gets the flags */

#define	V86_CY(x)	((x) & 1)	/* carry */
#define	V86_ZR(x)	((x) & 0x40)	/* zero */

/* Between physical addresses and the client's own, which count from A000h. */
#define	MEM_USR_BASE	0xa000
#define	PTOV(pa)	((void *)((uint32_t)(pa) - MEM_USR_BASE))
#define	VTOP(va)	((uint32_t)(va) + MEM_USR_BASE)

/* A client's pointer below 1 MB, as segment and offset. */
#define	VTOPSEG(va)	((uint16_t)(VTOP(va) >> 4))
#define	VTOPOFF(va)	((uint16_t)(VTOP(va) & 0xf))

/* What the names are to the linker. */
#define	v86	__v86
#define	v86int	__v86int

struct v86 {
	uint32_t	ctl;		/* V86_ADDR ... */
	uint32_t	addr;		/* interrupt, or segment << 16 | offset */
	uint32_t	es;
	uint32_t	ds;
	uint32_t	fs;
	uint32_t	gs;
	uint32_t	eax;
	uint32_t	ecx;
	uint32_t	edx;
	uint32_t	ebx;
	uint32_t	efl;
	uint32_t	ebp;
	uint32_t	esi;
	uint32_t	edi;
};

_Static_assert(sizeof(struct v86) == 0x38, "struct v86 is 38h bytes");

extern struct v86 v86;

/* The client's linear base, and the client's address of its arguments. */
extern uint32_t __base;
extern uint32_t *__args;

/*
 * Run what `v86' says, with its registers; they are what the BIOS left when
 * this returns.  efl changes with V86_FLAGS only in so far as it then is the
 * BIOS': without it, it is whatever the flags were.
 */
void	v86int(void);

/* Reboot; and call the program at a linear address (btxsys.S). */
void	__exit(int status) __attribute__((noreturn));
void	__exec(uint32_t target, ...) __attribute__((noreturn, regparm(0), cdecl));

#endif /* !_BTX_BTXV86_H_ */
