/*
 * db_disasm: instructions as text, in AT&T's way.
 *
 *	prefixes | opcode | ModRM | SIB | displacement | immediates
 *
 * What there is, and in which order it is written, say the tables of
 * db_disasm.h.  The bytes are read once, from left to right: so the text is
 * written when those up to the displacement are known, and its immediates are
 * read as it comes to them.
 *
 * [i386/i386/db_disasm.c]
 */
#include <i386/db_disasm.h>

#include <ddb/ddb.h>

#include <sys/ctype.h>
#include <sys/systm.h>

#define	INST_MAX	15		/* bytes; a longer one faults */

struct inst {
	db_addr_t	start, loc;	/* loc: the next byte to be read */
	int		op16, addr16;	/* 16-bit operands, addresses */
	int		segment;	/* of a prefix, or -1; -2: printed */
	int		repeat;		/* 0, or the prefix */
	int		lock;
	uint8_t		opcode, modrm;
	int		base, index, scale;	/* registers; -1: none */
	int32_t		disp;
};

static const char *const regs8[8] =
    { "al", "cl", "dl", "bl", "ah", "ch", "dh", "bh" };
static const char *const regs16[8] =
    { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di" };
static const char *const segments[8] =
    { "es", "cs", "ss", "ds", "fs", "gs", "?", "?" };

/* ---------------------------------------------------------------- reading */

/* The next byte, or more, as a number. */
static uint32_t
take(struct inst *in, int size, int is_signed)
{
	uint32_t value;

	value = db_get_value(in->loc, size, is_signed);
	in->loc += size;
	return (value);
}

/* Prefixes, and the opcode's first byte. */
static void
take_prefixes(struct inst *in)
{
	do {
		in->opcode = take(in, 1, 0);
		switch (in->opcode) {
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
			in->segment = in->opcode < 0x40 ?
			    in->opcode >> 3 & 3 : in->opcode & 7;
			break;
		case 0x66:
			in->op16 = 1;
			break;
		case 0x67:
			in->addr16 = 1;
			break;
		case 0xf0:
			in->lock = 1;
			break;
		case 0xf2: case 0xf3:
			in->repeat = in->opcode;
			break;
		default:
			return;
		}
	} while (in->loc - in->start < INST_MAX);
}

/* 16-bit addresses: pairs of registers, EBX ESI and so on by number. */
static void
take_address16(struct inst *in, int mod, int rm)
{
	static const int8_t pairs[8][2] = { { 3, 6 }, { 3, 7 }, { 5, 6 },
	    { 5, 7 }, { 6, -1 }, { 7, -1 }, { 5, -1 }, { 3, -1 } };

	if (mod == 0 && rm == 6) {
		in->disp = take(in, 2, 0);
		return;
	}
	in->base = pairs[rm][0];
	in->index = pairs[rm][1];
	if (mod != 0)
		in->disp = take(in, mod, 1);
}

/* 32-bit addresses: SIB byte and displacement, as the ModRM byte tells. */
static void
take_address32(struct inst *in, int mod, int rm)
{
	int sib;

	in->base = rm;
	if (rm == 4) {
		sib = take(in, 1, 0);
		in->base = sib & 7;
		in->index = (sib >> 3 & 7) == 4 ? -1 : sib >> 3 & 7;
		in->scale = 1 << (sib >> 6);
	}
	if (mod == 0 && in->base == 5) {
		in->base = -1;
		in->disp = take(in, 4, 0);
	} else if (mod != 0)
		in->disp = take(in, mod == 1 ? 1 : 4, 1);
}

/* The ModRM byte, and the address that it begins. */
static void
take_modrm(struct inst *in)
{
	int mod, rm;

	in->modrm = take(in, 1, 0);
	mod = in->modrm >> 6;
	rm = in->modrm & 7;
	if (mod == 3)
		return;
	if (in->addr16)
		take_address16(in, mod, rm);
	else
		take_address32(in, mod, rm);
}

/* Does the text name an operand of one of these kinds? */
static int
has_operand(const char *text, const char *kinds)
{
	for (; *text != '\0'; text++)
		if (strchr(kinds, *text) != NULL)
			return (1);
	return (0);
}

/*
 * The text for the opcode, and its ModRM byte taken if it has one.  NULL: not
 * known.
 */
static const char *
find_text(struct inst *in)
{
	const char *text;
	int fpu = in->opcode & 7, memory, reg;

	if ((in->opcode & 0xf8) == 0xd8) {
		take_modrm(in);
		memory = in->modrm < 0xc0;
		reg = in->modrm >> 3 & 7;
		text = memory ? db_fpu_memory[fpu][reg] :
		    db_fpu_register[fpu][reg];
		if (text != NULL && *text == '~')
			text = db_fpu_groups[text[1] - 'A'][in->modrm & 7];
		return (text);
	}
	text = db_inst[in->opcode];
	if (in->opcode == 0x0f) {
		in->opcode = take(in, 1, 0);
		text = db_inst_0f[in->opcode];
	}
	if (text == NULL)
		return (NULL);
	if (*text == '=') {
		take_modrm(in);
		return (db_groups[text[1] - 'A'][in->modrm >> 3 & 7]);
	}
	if (has_operand(text, "R"))	/* mov %cr0: always a register */
		in->modrm = take(in, 1, 0) | 0xc0;
	else if (has_operand(text, "EMGS"))
		take_modrm(in);
	return (text);
}

/* ---------------------------------------------------------------- writing */

/* The register of this number and size: b, w, v or l. */
static void
print_register(const struct inst *in, int number, char size)
{
	if (size == 'b')
		db_printf("%%%s", regs8[number]);
	else if (size == 'w' || (size == 'v' && in->op16))
		db_printf("%%%s", regs16[number]);
	else
		db_printf("%%e%s", regs16[number]);
}

/* The segment before an address, if a prefix names one. */
static void
print_segment(struct inst *in)
{
	if (in->segment >= 0)
		db_printf("%%%s:", segments[in->segment]);
	in->segment = -2;
}

/* disp(base,index,scale) */
static void
print_memory(struct inst *in)
{
	const char *e = in->addr16 ? "" : "e";

	print_segment(in);
	if (in->base < 0 && in->index < 0) {
		db_printsym(in->disp, DB_STGY_ANY);
		return;
	}
	if (in->base < 0 && (in->disp >= 0 || in->disp < -PAGE_SIZE))
		db_printsym(in->disp, DB_STGY_ANY);
	else if (in->disp != 0)
		db_printf("%+#r", in->disp);
	db_printf("(");
	if (in->base >= 0)
		db_printf("%%%s%s", e, regs16[in->base]);
	if (in->index >= 0)
		db_printf(",%%%s%s", e, regs16[in->index]);
	if (in->index >= 0 && !in->addr16)
		db_printf(",%d", in->scale);
	db_printf(")");
}

/* $number */
static void
print_immediate(struct inst *in, char size)
{
	int bytes;

	bytes = size == 'b' || size == 's' ? 1 :
	    size == 'w' || in->op16 ? 2 : 4;
	db_printf("$%#r", take(in, bytes, size == 's') &
	    (size == 's' && in->op16 ? 0xffff : 0xffffffff));
}

/* Where a jump leads: counted from the next instruction. */
static void
print_target(struct inst *in, char size)
{
	uint32_t distance;

	distance = take(in, size == 'b' ? 1 : in->op16 ? 2 : 4, 1);
	distance += in->loc;
	if (in->op16)
		distance &= 0xffff;
	db_printsym(distance, DB_STGY_PROC);
}

/* One operand: a capital, and a size that may be missing. */
static void
print_operand(struct inst *in, char kind, char size)
{
	const int reg = in->modrm >> 3 & 7, rm = in->modrm & 7;
	const char *e = in->addr16 ? "" : "e";
	uint32_t offset;

	switch (kind) {
	case 'E': case 'M': case 'R':
		if (in->modrm >= 0xc0)
			print_register(in, rm, size);
		else
			print_memory(in);
		break;
	case 'G':
		print_register(in, reg, size);
		break;
	case 'S':
		db_printf("%%%s", segments[reg]);
		break;
	case 'C': case 'D': case 'T':
		db_printf("%%%cr%d", tolower(kind), reg);
		break;
	case 'Z': case 'A':
		print_register(in, kind == 'Z' ? in->opcode & 7 : 0, size);
		break;
	case 'F':
		db_printf("%%st(%d)", rm);
		break;
	case 'I':
		print_immediate(in, size);
		break;
	case 'J':
		print_target(in, size);
		break;
	case 'P':
		offset = take(in, in->op16 ? 2 : 4, 0);
		db_printf("$%#r,$%#r", take(in, 2, 0), offset);
		break;
	case 'O':
		in->base = in->index = -1;
		in->disp = take(in, in->addr16 ? 2 : 4, 0);
		print_memory(in);
		break;
	case 'X':
		print_segment(in);
		db_printf("(%%%ssi)", e);
		break;
	case 'Y':
		db_printf("%%es:(%%%sdi)", e);
		break;
	}
}

/* Does the instruction repeat so many times, rather than while it finds? */
static int
repeats_by_count(uint8_t opcode)
{
	return ((opcode & 0xfc) == 0x6c ||	/* INS, OUTS */
	    (opcode & 0xfe) == 0xa4 ||		/* MOVS */
	    (opcode >= 0xaa && opcode <= 0xad));	/* STOS, LODS */
}

/* Those that are words of their own. */
static void
print_prefixes(const struct inst *in, const char *text)
{
	if (in->lock)
		db_printf("lock ");
	if (in->repeat == 0xf2)
		db_printf("repnz ");
	else if (in->repeat != 0)
		db_printf(repeats_by_count(in->opcode) ? "rep " : "repz ");
	/* One that no operand will show. */
	if (in->segment >= 0 && !has_operand(text, "OX") &&
	    (in->modrm >= 0xc0 || !has_operand(text, "EM")))
		db_printf("%s ", segments[in->segment]);
}

/*
 * The name: `?' becomes w or l, of alternatives one is chosen.  Returns what
 * stands behind it.
 */
static const char *
print_name(const struct inst *in, const char *text)
{
	const char *end = strchr(text, ' '), *choice = text;

	if (end == NULL)
		end = text + strlen(text);
	for (; choice < end && *choice != '|' && *choice != '^'; choice++)
		;
	if (choice < end && !(*choice == '|' ? in->op16 : in->addr16))
		text = choice + 1;
	else
		end = choice < end ? choice : end;
	for (; text < end; text++)
		db_printf("%c", *text == '?' ? (in->op16 ? 'w' : 'l') : *text);
	text = strchr(end, ' ');
	return (text != NULL ? text + 1 : "");
}

/* All of an instruction, by its text; its immediates are read meanwhile. */
static void
print_text(struct inst *in, const char *text)
{
	print_prefixes(in, text);
	text = print_name(in, text);
	if (*text != '\0')
		db_printf("\t");
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z') {
			print_operand(in, text[0], text[1]);
			if (text[1] != '\0' && text[1] != ',')
				text++;
		} else
			db_printf("%c", *text);
}

/* What is no instruction is shown byte by byte. */
db_addr_t
db_disasm(db_addr_t loc, int with_bytes)
{
	struct inst in = { .start = loc, .loc = loc, .segment = -1,
	    .base = -1, .index = -1, .scale = 1 };
	const char *text;

	take_prefixes(&in);
	text = find_text(&in);
	if (text == NULL || (strchr(text, 'M') != NULL && in.modrm >= 0xc0)) {
		db_printf("???\t%#r", db_get_value(loc, 1, 0));
		in.loc = loc + 1;
	} else
		print_text(&in, text);
	if (with_bytes)
		db_printf("\t\t/*");
	for (; with_bytes && loc < in.loc; loc++)
		db_printf(" %02x", db_get_value(loc, 1, 0));
	db_printf(with_bytes ? " */\n" : "\n");
	return (in.loc);
}
