/*
 * How to boot: the flag bits that travel from boot2's prompt through the
 * loader into the kernel, and the word that names the boot device.
 *
 * [sys/reboot.h]
 */
#ifndef _SYS_REBOOT_H_
#define	_SYS_REBOOT_H_

#define	RB_AUTOBOOT	0		/* flags for an ordinary boot */
#define	RB_ASKNAME	0x1		/* ask for the root device */
#define	RB_SINGLE	0x2		/* single user */
#define	RB_NOSYNC	0x4		/* no sync before the reboot */
#define	RB_HALT		0x8		/* stop instead of rebooting */
#define	RB_INITNAME	0x10		/* (unused) */
#define	RB_DFLTROOT	0x20		/* the root device compiled in */
#define	RB_KDB		0x40		/* enter the debugger early */
#define	RB_RDONLY	0x80		/* mount root read-only */
#define	RB_DUMP		0x100		/* dump memory before the reboot */
#define	RB_MINIROOT	0x200		/* (unused) */
#define	RB_CONFIG	0x400		/* userconfig */
#define	RB_VERBOSE	0x800		/* tell all that is found */
#define	RB_SERIAL	0x1000		/* console on COM1 */
#define	RB_CDROM	0x2000		/* root on a CD-ROM */
#define	RB_POWEROFF	0x4000		/* switch off after the halt */
#define	RB_GDB		0x8000		/* the debugger is a remote gdb */
#define	RB_MUTE		0x10000		/* no console output */
#define	RB_SELFTEST	0x20000		/* (unused) */
#define	RB_PAUSE	0x100000	/* pause after each line while probing */
#define	RB_QUIET	0x200000	/* boot2 itself says nothing */
#define	RB_NOINTR	0x10000000	/* boot2: no key stops the boot */
#define	RB_MULTIPLE	0x20000000	/* both consoles */
#define	RB_PROBEKBD	0x40000000	/* boot2: serial if there is no keyboard */
#define	RB_BOOTINFO	0x80000000U	/* a bootinfo is among the arguments */

/*
 * The boot device, a word:
 *
 *   31   28 27     24 23        20 19   16 15        8 7       0
 *  +-------+---------+------------+-------+-----------+---------+
 *  | magic | adaptor | controller | unit  | partition |  type   |
 *  +-------+---------+------------+-------+-----------+---------+
 *   0xA     slice 7..4  slice 3..0         0 is 'a'    major number
 *
 * The slice is 0 for "find one", 1 for the whole disk, 2 for the BIOS'
 * slice 1 and so on.
 */
#define	B_DEVMAGIC		0xA0000000U
#define	B_ADAPTORSHIFT		24
#define	B_CONTROLLERSHIFT	20
#define	B_SLICESHIFT		20
#define	B_UNITSHIFT		16
#define	B_PARTITIONSHIFT	8
#define	B_TYPESHIFT		0

#define	MAKEBOOTDEV(type, slice, unit, partition)			\
	(B_DEVMAGIC | (uint32_t)(type) << B_TYPESHIFT |			\
	(uint32_t)(slice) << B_SLICESHIFT |				\
	(uint32_t)(unit) << B_UNITSHIFT |				\
	(uint32_t)(partition) << B_PARTITIONSHIFT)

#define	WHOLE_DISK_SLICE	1
#define	BASE_SLICE		2	/* the BIOS' slice 1 */

/* Types: major numbers of 4.x. */
#define	MAJ_WD		0
#define	MAJ_FD		2
#define	MAJ_DA		4
#define	MAJ_AD		30

#endif /* !_SYS_REBOOT_H_ */
