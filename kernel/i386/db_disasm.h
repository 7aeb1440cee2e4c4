/*
 * The disassembler's tables: a text for each instruction.
 *
 *	addb Gb,Eb	the name, a blank, operands in AT&T's order
 *	add? Gv,Ev	?: w or l, by the size of the operands
 *	cbtw|cwtl	the first with 16-bit operands, the second with 32
 *	jcxz^jecxz Jb	the same, by the size of addresses
 *	=A		bits 5 to 3 of the next byte choose from db_groups['A']
 *	~A		bits 2 to 0 do, from db_fpu_groups['A']
 *	NULL		no instruction
 *
 * An operand is written as it stands if it begins with no capital.  Else the
 * capital says what it is and the letter behind it its size:
 *
 *	E	register or memory, by the ModRM byte	b	byte
 *	M	memory, by the ModRM byte		w	word
 *	R	register, by its low bits		v	word or long
 *	G S C D T  general, segment, control, debug, test register, by its
 *		middle bits
 *	Z	general register, by the opcode's low bits
 *	A	accumulator				F	%st(n)
 *	I	immediate, not extended; s: a byte, sign-extended
 *	J	place to go to, relative		P	far pointer
 *	O	place in memory, no ModRM
 *	X Y	(%esi), %es:(%edi)
 *
 * [IA32-2] A.2
 */
#ifndef _I386_DB_DISASM_H_
#define	_I386_DB_DISASM_H_

extern const char *const db_inst[256];		/* by the first byte */
extern const char *const db_inst_0f[256];	/* by the one behind 0F */
extern const char *const db_groups[][8];
extern const char *const db_fpu_memory[8][8];	/* D8 to DF, bits 5 to 3 */
extern const char *const db_fpu_register[8][8];
extern const char *const db_fpu_groups[][8];

#endif /* !_I386_DB_DISASM_H_ */
