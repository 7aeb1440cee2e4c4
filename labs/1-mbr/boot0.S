/*
 * boot0: the boot manager with a menu.  It lists the partitions, takes a
 * key, remembers the choice in its own sector and starts the partition's
 * boot sector, or the next disk's sector 0.
 *
 * Loaded by: the BIOS, or another boot manager, at 0:7C00.
 * On entry:  DL = the BIOS drive that we came from.
 * Memory:    0600..07FF  this sector, once it has moved out of the way
 *            0800..080F  scratch, at BP: see "Run-time data" below
 *            ....7BFF    the stack, downwards
 *            7C00..7DFF  first ourselves, then the sector that we start
 * Ends at:   0:7C00 in the chosen sector, with DL = its drive, DS:SI -> its
 *            entry in the table (for F5, an entry for a whole disk),
 *            DS = ES = SS = 0, SP = 7C00.
 *
 * Steps: 1 relocate, 2 choose the drive, 3 list the menu, 4 take a choice,
 * remember it and start it.
 *
 * At most 432 bytes of code.  From 1B0h on stand a magic word, the bytes
 * that boot0cfg(8) edits, at its offsets, the table and the signature.
 *
 * With SIO defined it is boot0sio: the same on COM1, at 115200 8N1.
 */
#include "lab_stub.h"

	.set	LOAD, 0x7c00		/* where the BIOS puts a boot sector */

	/* A partition entry. */
	.set	PT_FLAG, 0		/* 0x80: active */
	.set	PT_HEAD, 1		/* first sector by CHS: DH */
	.set	PT_CYLSEC, 2		/* first sector by CHS: CX */
	.set	PT_TYPE, 4
	.set	PT_LBA, 8
	.set	PT_SIZE, 16
	.set	NPART, 4
	.set	TABLE_END, 0xfe		/* low byte of the address behind it */

	.set	TYPE_UNUSED, 0x00
	.set	TYPE_EXTENDED, 0x05
	.set	TYPE_EXTENDED_LBA, 0x0f
	.set	NSKIPPED, 3		/* those: the menu leaves them out */
	.set	NTYPES, 13		/* all that `types' lists */

	.set	MAGIC, 0xaa55		/* the last word of a boot sector */
	.set	MAGIC_OFF, 510
	.set	LAYOUT, 0xbb66		/* at 1B0h: "these bytes stand here" */

	/* Flags, byte 1BBh.  Bits 0 to 3 enable F1 to F4. */
	.set	FL_PACKET, 0x80		/* disk I/O by EDD packets */
	.set	FL_NOUPDATE, 0x40	/* never write the sector back */
	.set	FL_SETDRV, 0x20		/* use byte 1BAh for the drive */

	.set	TICKS, 182		/* 10 s, at 18.2 BIOS ticks a second */

	.set	BDA_NHRDRV, 0x475	/* BIOS data: number of hard disks */

	.set	CHOICE_F5, 4		/* choices count from 0 */
	.set	NCHOICE, 5
	.set	BEL, 7
	.set	KEY_ENTER, 0x1c		/* scan codes */
	.set	KEY_F1, 0x3b
	.set	KEY_1, 0x02

/*
 * Run-time data, at BP = 0800h, just behind this sector.  The first 16
 * bytes have the form of a partition entry for the whole disk (LBA 0, CHS
 * 0/0/1), so that disk_io can use them like any other; fields that it does
 * not look at hold ours.  The bytes of .config lie below BP.
 */
	.set	DRIVE, 0		/* the drive that we run from */
	.set	WHOLE_SECTOR, 2		/* the entry's CHS sector: 1 */
	.set	MENU, 12		/* bit n: choice n stands in the menu */

	.set	NXTDRV, -0x48		/* digit of the next drive, bit 7 set */
	.set	OPT, -0x47		/* the default choice, from 0 */
	.set	SETDRV, -0x46		/* the drive, if FL_SETDRV */
	.set	FLAGS, -0x45
	.set	TIMEOUT, -0x44		/* in BIOS ticks, 16 bits */

/*
 * key_pressed: clears ZF if a key waits.  Changes AX (and DX on COM1).
 * get_choice enter: takes the key; AL = the choice from 0, above 4 for a key
 * that is none; jumps to `enter' for Enter.  Changes AX.  (On COM1 DX must
 * be as key_pressed left it.)
 */
#ifdef SIO
	.macro	key_pressed
	xor	%dx, %dx
	mov	$0x03, %ah		/* COM1's status: bit 8 is data ready */
	int	$0x14
	test	$0x01, %ah
	.endm
	.macro	get_choice enter
	mov	$0x02, %ah		/* DX is 0 since key_pressed */
	int	$0x14
	cmp	$'\r', %al
	je	\enter
	sub	$'1', %al
	.endm
#else
	.macro	key_pressed
	mov	$0x01, %ah
	int	$0x16
	.endm
	.macro	get_choice enter
	mov	$0x00, %ah
	int	$0x16			/* AH = scan code */
	mov	%ah, %al
	cmp	$KEY_ENTER, %al
	je	\enter
	sub	$KEY_F1, %al
	cmp	$NCHOICE, %al
	jb	.Lchoice\@
	add	$KEY_F1 - KEY_1, %al
.Lchoice\@:
	.endm
#endif

	.code16
	.text
	.globl	start, main
/*
 * 1. Relocate to 0600h, and make the run-time data.
 */
start:
	cld
	xor	%ax, %ax
	mov	%ax, %ss
	mov	$LOAD, %sp
	mov	%ax, %ds
	mov	%ax, %es
	mov	%sp, %si
	mov	$start, %di
	mov	$512 / 2, %cx
	rep movsw
	mov	%di, %bp
	mov	$PT_SIZE / 2, %cl
	rep stosw
	incb	WHOLE_SECTOR(%bp)
	ljmp	$0, $main
main:
/*
 * 2. Choose the drive: byte 1BAh if FL_SETDRV says so, or if the BIOS named
 * a floppy, on which we then write nothing.
 */
	testb	$FL_SETDRV, FLAGS(%bp)
#ifdef SIO
	jz	2f			/* no room to doubt the BIOS */
#else
	jnz	1f
	test	%dl, %dl
	js	2f
	orb	$FL_NOUPDATE, FLAGS(%bp)
#endif
1:	mov	SETDRV(%bp), %dl
2:	mov	%dl, DRIVE(%bp)
#ifdef SIO
	/* 115200 8N1: divisor 1, which INT 14h cannot set. */
	mov	$COM1_LCR, %dx
	mov	$0x83, %al		/* DLAB: the divisor shows at 3F8h */
	out	%al, %dx
	mov	$COM1_DATA & 0xff, %dl
	mov	$1, %ax
	out	%ax, %dx
	mov	$COM1_LCR & 0xff, %dl
	mov	$3, %al
	out	%al, %dx
#endif

/*
 * 3. List the menu.
 *
 * A line (put_choice) for each of the table's entries that FLAGS enables and
 * that is neither unused nor an extended partition; its name goes by its
 * type, with the help of `types' and `names'.  Then, as F5, the next drive:
 * our own number plus one if there is such a disk, the first disk if not,
 * and no line if that is ourselves.  Put its digit, with bit 7 set, in
 * NXTDRV; `drive' is then its name.  At last the text `prompt' and the
 * default's digit (put_key).  On entry CX = 0.  BP must survive.
 */
/* LAB 1.5: your code goes here, in place of the stub. */
lab_stub "LAB 1.5: list the menu"

/*
 * 4. Take a choice, remember it, start it.
 *
 * Wait for a key (the macro key_pressed) or for TIMEOUT ticks of INT 1Ah
 * AH=0; no key in time, or Enter, is the default, OPT.  The macro get_choice
 * turns a key into AL = 0 for F1 or 1, up to 4 for F5 or 5, anything above
 * for other keys, and jumps to its argument on Enter.
 *
 * A choice that is not in MENU goes to `beep': the wait starts again.
 * Otherwise store it in OPT and give the chosen entry the flag 80h and all
 * others 0; for F5, all are 0.  Unless FLAGS has FL_NOUPDATE, write this
 * sector back to sector 0 of the drive that we run from: the entry at BP
 * leads there.
 *
 * Then read the chosen entry's sector (for F5 the next drive's sector 0) to
 * 0:7C00.  A read error or a sector without MAGIC goes to `beep'.  Jump to
 * 0:7C00 with DL = the drive and SI -> the entry (for F5, BP).
 */
choose:
/* LAB 1.6: your code goes here, in place of the stub. */
lab_stub "LAB 1.6: choose, time out, remember"
beep:	mov	$BEL, %al
	call	put_char
	jmp	choose

/*
 * Put a line in the menu: a new line, "F<n>", three blanks, the text at SI.
 * DX is the choice, from 0; its bit in MENU is set.  Changes AX and SI.
 */
put_choice:
	bts	%dx, MENU(%bp)
	push	%si
	mov	$line, %si
	call	put_key
	call	put_text		/* the blanks behind `line' */
	pop	%si
	/* FALLTHROUGH */

/*
 * Put the text at SI, which ends with the character that has bit 7 set.
 * Changes AX; leaves SI behind the text.
 */
put_text:
	lodsb
	call	put_char
	test	%al, %al
	jns	put_text
	ret

/*
 * Put the text at SI, which ends in "F", and the digit of the choice in DL.
 * Changes AX; leaves SI behind the text.
 */
put_key:
	call	put_text
	mov	%dl, %al
	add	$'1', %al
	/* FALLTHROUGH */

/*
 * Put the character in AL, of which bit 7 does not count.
 */
put_char:
	pusha
	and	$0x7f, %al
#ifdef SIO
	xor	%dx, %dx		/* COM1 */
	mov	$0x01, %ah
	int	$0x14
#else
	mov	$7, %bx			/* page 0, light grey */
	mov	$0x0e, %ah
	int	$0x10
#endif
	popa
	ret

/*
 * Read (AH = 2) or write (AH = 3) the first sector of the entry at SI, on
 * drive DL, to or from ES:BX.  Returns carry on an error.  FL_PACKET alone
 * chooses between the entry's LBA and its CHS fields.  Changes AX, CX, DH
 * and DI.
 */
disk_io:
	mov	PT_HEAD(%si), %dh
	mov	PT_CYLSEC(%si), %cx
	mov	$1, %al
	push	%si
	mov	%sp, %di
	testb	$FL_PACKET, FLAGS(%bp)
	jz	1f
	pushl	$0			/* the packet, from its end [EDD] */
	pushl	PT_LBA(%si)
	push	%es
	push	%bx
	push	$1
	push	$16
	mov	%sp, %si
	or	$0x40, %ah		/* 42h or 43h */
	dec	%ax			/* AL = 0: write without verify */
1:	int	$0x13
	mov	%di, %sp
	pop	%si
	ret

	/* A byte of `names': from behind type number \index to its \text. */
	.macro	name_of text, index
	.byte	\text - (types + NSKIPPED + 1 + \index)
	.endm

/*
 * Names by type: `types' lists the types, those that the menu leaves out
 * first (NSKIPPED of NTYPES).  `names' has a byte for each of the others, in
 * the same order, and one more for a type that is not listed.  It says how
 * many bytes the name lies behind the place that follows the type in `types'
 * (where `repne scasb' leaves DI; a type that is not listed counts as if it
 * stood at the end).
 */
types:	.byte	TYPE_UNUSED, TYPE_EXTENDED, TYPE_EXTENDED_LBA
	.byte	0x01, 0x06, 0x07, 0x0b, 0x0c, 0x0e, 0x83, 0xa5, 0xa6, 0xa9
names:	name_of	dos, 0
	name_of	dos, 1
	name_of	dos, 2
	name_of	dos, 3
	name_of	dos, 4
	name_of	dos, 5
	name_of	linux_name, 6
	name_of	freebsd, 7
	name_of	bsd, 8
	name_of	bsd, 9
	name_of	unknown, 10

	/* A text's last character has bit 7 set: here ? S x D, blank, F. */
unknown:
	.ascii	"?\277"
dos:	.ascii	"DO\323"
linux_name:
	.ascii	"Linu\370"
freebsd:
	.ascii	"Free"
bsd:	.ascii	"BS\304"

line:	.ascii	"\r\n\306"
	.ascii	"  \240"
prompt:	.ascii	"\r\n\nDefault: \306"

/*
 * Bytes 1B0h and on, at boot0cfg's offsets.
 */
	.section .config, "a"
	.word	LAYOUT
drive:	.ascii	"Drive "
	.byte	0			/* NXTDRV */
	.byte	0			/* OPT */
	.byte	0x80			/* SETDRV */
	.byte	FL_PACKET | 0x0f	/* FLAGS */
	.word	TICKS			/* TIMEOUT */
table:	.fill	NPART * PT_SIZE, 1, 0
	.word	MAGIC
