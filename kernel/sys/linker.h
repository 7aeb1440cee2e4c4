/*
 * The records by which the loader tells the kernel what it has loaded: for
 * each file its name, type, address, size, arguments, and whatever it knows
 * of the inside ("metadata").
 *
 *	+------+------+------------------------+
 *	| type | size | data, padded to 4 bytes |  ... MODINFO_END, 0
 *	+------+------+------------------------+
 *	  u32    u32
 *
 * MODINFO_NAME begins a file.  bi_modulep leads to the first record.
 *
 * [sys/linker.h]
 */
#ifndef _SYS_LINKER_H_
#define	_SYS_LINKER_H_

#define	MODINFO_END		0x0000	/* the list ends; size 0 */
#define	MODINFO_NAME		0x0001	/* path, a string */
#define	MODINFO_TYPE		0x0002	/* type, a string */
#define	MODINFO_ADDR		0x0003	/* load address */
#define	MODINFO_SIZE		0x0004	/* bytes in memory */
#define	MODINFO_EMPTY		0x0005	/* a record taken out */
#define	MODINFO_ARGS		0x0006	/* arguments, a string */
#define	MODINFO_METADATA	0x8000	/* and one of these: */

#define	MODINFOMD_AOUTEXEC	0x0001	/* a.out header */
#define	MODINFOMD_ELFHDR	0x0002	/* ELF header */
#define	MODINFOMD_SSYM		0x0003	/* first byte of the symbols */
#define	MODINFOMD_ESYM		0x0004	/* the byte behind them */
#define	MODINFOMD_DYNAMIC	0x0005	/* address of .dynamic */
#define	MODINFOMD_ENVP		0x0006	/* address of the environment */
#define	MODINFOMD_HOWTO		0x0007	/* RB_ flags */
#define	MODINFOMD_KERNEND	0x0008	/* the first free page */
#define	MODINFOMD_SHDR		0x0009	/* section headers */
#define	MODINFOMD_SMAP		0x1001	/* E820 ranges, 20 bytes each */
#define	MODINFOMD_NOCOPY	0x8000	/* stays in the loader */
#define	MODINFOMD_DEPLIST	(0x4001 | MODINFOMD_NOCOPY)

#endif /* !_SYS_LINKER_H_ */
