/*
 * db_disasm_tab: what each instruction is called and what it works on, up to
 * the Pentium with its FPU, and CMOVcc.  See db_disasm.h.
 *
 * FreeBSD's names: jz, not je; jnb, not jae.
 */
#include <i386/db_disasm.h>

#include <stddef.h>

/* The eight ways to write an operation of two operands, six of them here. */
#define	ALU(name)							\
	name "b Gb,Eb", name "? Gv,Ev", name "b Eb,Gb", name "? Ev,Gv",	\
	name "b Ib,Ab", name "? Iv,Av"
/* Sixteen conditions. */
#define	CONDITIONS(name, operand)					\
	name "o " operand, name "no " operand, name "b " operand,	\
	name "nb " operand, name "z " operand, name "nz " operand,	\
	name "be " operand, name "nbe " operand, name "s " operand,	\
	name "ns " operand, name "p " operand, name "np " operand,	\
	name "l " operand, name "nl " operand, name "le " operand,	\
	name "nle " operand
#define	EIGHT(text)	text, text, text, text, text, text, text, text
#define	ALU_GROUP(rest)							\
	{ "add" rest, "or" rest, "adc" rest, "sbb" rest,		\
	  "and" rest, "sub" rest, "xor" rest, "cmp" rest }
#define	SHIFT_GROUP(rest)						\
	{ "rol" rest, "ror" rest, "rcl" rest, "rcr" rest,		\
	  "shl" rest, "shr" rest, "shl" rest, "sar" rest }

const char *const db_inst[256] = {
	/* 00 */ ALU("add"), "push? %es", "pop? %es",
	/* 08 */ ALU("or"), "push? %cs", NULL,
	/* 10 */ ALU("adc"), "push? %ss", "pop? %ss",
	/* 18 */ ALU("sbb"), "push? %ds", "pop? %ds",
	/* 20 */ ALU("and"), NULL, "daa",
	/* 28 */ ALU("sub"), NULL, "das",
	/* 30 */ ALU("xor"), NULL, "aaa",
	/* 38 */ ALU("cmp"), NULL, "aas",
	/* 40 */ EIGHT("inc? Zv"), EIGHT("dec? Zv"),
	/* 50 */ EIGHT("push? Zv"), EIGHT("pop? Zv"),
	/* 60 */ "pusha?", "popa?", "bound? Gv,Mv", "arpl Gw,Ew",
	/* 64: prefixes */ NULL, NULL, NULL, NULL,
	/* 68 */ "push? Iv", "imul? Iv,Ev,Gv", "push? Is", "imul? Is,Ev,Gv",
	/* 6c */ "insb %dx,Y", "ins? %dx,Y", "outsb X,%dx", "outs? X,%dx",
	/* 70 */ CONDITIONS("j", "Jb"),
	/* 80 */ "=A", "=B", "=A", "=C",
	/* 84 */ "testb Gb,Eb", "test? Gv,Ev", "xchgb Gb,Eb", "xchg? Gv,Ev",
	/* 88 */ "movb Gb,Eb", "mov? Gv,Ev", "movb Eb,Gb", "mov? Ev,Gv",
	/* 8c */ "mov Sw,Ev", "lea? Mv,Gv", "mov Ev,Sw", "=N",
	/* 90 */ "nop", "xchg? Av,Zv", "xchg? Av,Zv", "xchg? Av,Zv",
	/* 94 */ "xchg? Av,Zv", "xchg? Av,Zv", "xchg? Av,Zv", "xchg? Av,Zv",
	/* 98 */ "cbtw|cwtl", "cwtd|cltd", "lcall P", "wait",
	/* 9c */ "pushf?", "popf?", "sahf", "lahf",
	/* a0 */ "movb Ob,Ab", "mov? Ov,Av", "movb Ab,Ob", "mov? Av,Ov",
	/* a4 */ "movsb X,Y", "movs? X,Y", "cmpsb Y,X", "cmps? Y,X",
	/* a8 */ "testb Ib,Ab", "test? Iv,Av", "stosb Ab,Y", "stos? Av,Y",
	/* ac */ "lodsb X,Ab", "lods? X,Av", "scasb Y,Ab", "scas? Y,Av",
	/* b0 */ EIGHT("movb Ib,Zb"), EIGHT("mov? Iv,Zv"),
	/* c0 */ "=D", "=E", "ret Iw", "ret", "les? Mv,Gv", "lds? Mv,Gv",
	/* c6 */ "=O", "=P", "enter Iw,Ib", "leave", "lret Iw", "lret",
	/* cc */ "int3", "int Ib", "into", "iret",
	/* d0 */ "=F", "=G", "=H", "=I", "aam Ib", "aad Ib", NULL, "xlat",
	/* d8: FPU */ EIGHT(NULL),
	/* e0 */ "loopnz Jb", "loopz Jb", "loop Jb", "jcxz^jecxz Jb",
	/* e4 */ "inb Ib,Ab", "in? Ib,Av", "outb Ab,Ib", "out? Av,Ib",
	/* e8 */ "call Jv", "jmp Jv", "ljmp P", "jmp Jb",
	/* ec */ "inb %dx,Ab", "in? %dx,Av", "outb Ab,%dx", "out? Av,%dx",
	/* f0: prefixes */ NULL, "int1", NULL, NULL,
	/* f4 */ "hlt", "cmc", "=J", "=K",
	/* f8 */ "clc", "stc", "cli", "sti", "cld", "std", "=L", "=M",
};

const char *const db_inst_0f[256] = {
	[0x00] = "=Q", "=R", "lar? Ev,Gv", "lsl? Ev,Gv",
	[0x06] = "clts",
	[0x08] = "invd", "wbinvd", NULL, "ud2",
	[0x1f] = "nop? Ev",
	[0x20] = "mov C,R", "mov D,R", "mov R,C", "mov R,D", "mov T,R",
	[0x26] = "mov R,T",
	[0x30] = "wrmsr", "rdtsc", "rdmsr", "rdpmc", "sysenter", "sysexit",
	[0x40] = CONDITIONS("cmov", "Ev,Gv"),
	[0x80] = CONDITIONS("j", "Jv"),
	[0x90] = CONDITIONS("set", "Eb"),
	[0xa0] = "push? %fs", "pop? %fs", "cpuid", "bt? Gv,Ev",
	[0xa4] = "shld? Ib,Gv,Ev", "shld? %cl,Gv,Ev",
	[0xa8] = "push? %gs", "pop? %gs", "rsm", "bts? Gv,Ev",
	[0xac] = "shrd? Ib,Gv,Ev", "shrd? %cl,Gv,Ev", "=U", "imul? Ev,Gv",
	[0xb0] = "cmpxchgb Gb,Eb", "cmpxchg? Gv,Ev", "lss? Mv,Gv",
	[0xb3] = "btr? Gv,Ev", "lfs? Mv,Gv", "lgs? Mv,Gv",
	[0xb6] = "movzb? Eb,Gv", "movzw? Ew,Gv",
	[0xba] = "=S", "btc? Gv,Ev", "bsf? Ev,Gv", "bsr? Ev,Gv",
	[0xbe] = "movsb? Eb,Gv", "movsw? Ew,Gv",
	[0xc0] = "xaddb Gb,Eb", "xadd? Gv,Ev",
	[0xc7] = "=T",
	[0xc8] = EIGHT("bswap Zv"),
};

const char *const db_groups[][8] = {
	/* A: 80 */ ALU_GROUP("b Ib,Eb"),
	/* B: 81 */ ALU_GROUP("? Iv,Ev"),
	/* C: 83 */ ALU_GROUP("? Is,Ev"),
	/* D: C0 */ SHIFT_GROUP("b Ib,Eb"),
	/* E: C1 */ SHIFT_GROUP("? Ib,Ev"),
	/* F: D0 */ SHIFT_GROUP("b Eb"),
	/* G: D1 */ SHIFT_GROUP("? Ev"),
	/* H: D2 */ SHIFT_GROUP("b %cl,Eb"),
	/* I: D3 */ SHIFT_GROUP("? %cl,Ev"),
	/* J: F6 */ { "testb Ib,Eb", NULL, "notb Eb", "negb Eb",
	    "mulb Eb", "imulb Eb", "divb Eb", "idivb Eb" },
	/* K: F7 */ { "test? Iv,Ev", NULL, "not? Ev", "neg? Ev",
	    "mul? Ev", "imul? Ev", "div? Ev", "idiv? Ev" },
	/* L: FE */ { "incb Eb", "decb Eb" },
	/* M: FF */ { "inc? Ev", "dec? Ev", "call *Ev", "lcall *Mv",
	    "jmp *Ev", "ljmp *Mv", "push? Ev" },
	/* N: 8F */ { "pop? Ev" },
	/* O: C6 */ { "movb Ib,Eb" },
	/* P: C7 */ { "mov? Iv,Ev" },
	/* Q: 0F00 */ { "sldt Ev", "str Ev", "lldt Ew", "ltr Ew",
	    "verr Ew", "verw Ew" },
	/* R: 0F01 */ { "sgdt Mv", "sidt Mv", "lgdt Mv", "lidt Mv",
	    "smsw Ev", NULL, "lmsw Ew", "invlpg Mv" },
	/* S: 0FBA */ { NULL, NULL, NULL, NULL,
	    "bt? Ib,Ev", "bts? Ib,Ev", "btr? Ib,Ev", "btc? Ib,Ev" },
	/* T: 0FC7 */ { NULL, "cmpxchg8b Mv" },
	/* U: 0FAE */ { "fxsave Mv", "fxrstor Mv" },
};

const char *const db_fpu_memory[8][8] = {
	{ "fadds Mv", "fmuls Mv", "fcoms Mv", "fcomps Mv",
	  "fsubs Mv", "fsubrs Mv", "fdivs Mv", "fdivrs Mv" },
	{ "flds Mv", NULL, "fsts Mv", "fstps Mv",
	  "fldenv Mv", "fldcw Mv", "fnstenv Mv", "fnstcw Mv" },
	{ "fiaddl Mv", "fimull Mv", "ficoml Mv", "ficompl Mv",
	  "fisubl Mv", "fisubrl Mv", "fidivl Mv", "fidivrl Mv" },
	{ "fildl Mv", NULL, "fistl Mv", "fistpl Mv",
	  NULL, "fldt Mv", NULL, "fstpt Mv" },
	{ "faddl Mv", "fmull Mv", "fcoml Mv", "fcompl Mv",
	  "fsubl Mv", "fsubrl Mv", "fdivl Mv", "fdivrl Mv" },
	{ "fldl Mv", NULL, "fstl Mv", "fstpl Mv",
	  "frstor Mv", NULL, "fnsave Mv", "fnstsw Mv" },
	{ "fiadds Mv", "fimuls Mv", "ficoms Mv", "ficomps Mv",
	  "fisubs Mv", "fisubrs Mv", "fidivs Mv", "fidivrs Mv" },
	{ "filds Mv", NULL, "fists Mv", "fistps Mv",
	  "fbld Mv", "fildll Mv", "fbstp Mv", "fistpll Mv" },
};

const char *const db_fpu_register[8][8] = {
	{ "fadd F,%st", "fmul F,%st", "fcom F", "fcomp F",
	  "fsub F,%st", "fsubr F,%st", "fdiv F,%st", "fdivr F,%st" },
	{ "fld F", "fxch F", "~A", NULL, "~B", "~C", "~D", "~E" },
	{ "fcmovb F,%st", "fcmove F,%st", "fcmovbe F,%st", "fcmovu F,%st",
	  NULL, "~F", NULL, NULL },
	{ "fcmovnb F,%st", "fcmovne F,%st", "fcmovnbe F,%st", "fcmovnu F,%st",
	  "~G", "fucomi F,%st", "fcomi F,%st", NULL },
	{ "fadd %st,F", "fmul %st,F", NULL, NULL,
	  "fsub %st,F", "fsubr %st,F", "fdiv %st,F", "fdivr %st,F" },
	{ "ffree F", NULL, "fst F", "fstp F", "fucom F", "fucomp F",
	  NULL, NULL },
	{ "faddp %st,F", "fmulp %st,F", NULL, "~H",
	  "fsubp %st,F", "fsubrp %st,F", "fdivp %st,F", "fdivrp %st,F" },
	{ NULL, NULL, NULL, NULL, "~I", "fucomip F,%st", "fcomip F,%st", NULL },
};

const char *const db_fpu_groups[][8] = {
	/* A: D9 D0 */ { "fnop" },
	/* B: D9 E0 */ { "fchs", "fabs", NULL, NULL, "ftst", "fxam" },
	/* C: D9 E8 */ { "fld1", "fldl2t", "fldl2e", "fldpi", "fldlg2",
	    "fldln2", "fldz" },
	/* D: D9 F0 */ { "f2xm1", "fyl2x", "fptan", "fpatan", "fxtract",
	    "fprem1", "fdecstp", "fincstp" },
	/* E: D9 F8 */ { "fprem", "fyl2xp1", "fsqrt", "fsincos", "frndint",
	    "fscale", "fsin", "fcos" },
	/* F: DA E8 */ { NULL, "fucompp" },
	/* G: DB E0 */ { NULL, NULL, "fnclex", "fninit" },
	/* H: DE D8 */ { NULL, "fcompp" },
	/* I: DF E0 */ { "fnstsw %ax" },
};
