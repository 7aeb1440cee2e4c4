"""What init386's tables must hold and what a trap must mean, predicted from the challenge alone.

An independent model of proc0's lab 3: descriptors and gates as the CPU reads them ([IA32-3A] 3.4.5, 6.11), the kernel's
tables by the contracts of machdep.c, and the decisions about traps by trap.c's. It has no line of the kernel in it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from grade.debugger import parse_gate

KERNBASE = 0xC0000000
USER_END = 0xBFC00000           # where the user's part of an address space ends

KCSEL, KDSEL, KPSEL, UCSEL, UDSEL = 0x08, 0x10, 0x18, 0x1F, 0x2F
TSS_SELECTOR, LDT_SELECTOR, PANIC_SELECTOR, SPARE_SELECTOR = 0x20, 0x28, 0x48, 0x78
TSS_SIZE, IDT_SIZE, PAGE = 104, 8 * 256, 4096
GDT_ENTRIES, LDT_ENTRIES = 16, 17

CF, ALWAYS, PF, AF, ZF, SF, TF, IF, DF, OF, NT, RF, VM = (
    1 << bit for bit in (0, 1, 2, 4, 6, 7, 8, 9, 10, 11, 14, 16, 17))
ARITHMETIC = CF | PF | AF | ZF | SF | DF | OF


# ---------------------------------------------------------------- descriptors

@dataclass(frozen=True)
class Soft:
    """A segment in soft form. type: five bits, the S bit among them."""

    base: int
    limit: int
    type: int
    dpl: int = 0
    present: int = 1
    wide: int = 1
    pages: int = 1

    def __str__(self) -> str:
        return (f"base {self.base:#x}, limit {self.limit:#x}, type {self.type:#x}, DPL {self.dpl}, "
                f"present {self.present}, def32 {self.wide}, gran {self.pages}")

    def pack(self, dirt: int = 0) -> bytes:
        """struct soft_segment_descriptor; dirt: what the bits hold that belong to nothing."""
        bits = self.type | self.dpl << 5 | self.present << 7 | self.wide << 8 | self.pages << 9
        return struct.pack("<III", self.base, self.limit, bits | dirt << 10 & 0xFFFFFFFF)

    def descriptor(self) -> bytes:
        """The CPU's form."""
        low = self.limit & 0xFFFF | (self.base & 0xFFFF) << 16
        high = (self.base >> 16 & 0xFF | self.type << 8 | self.dpl << 13 | self.present << 15 | self.limit & 0xF0000
                | self.wide << 22 | self.pages << 23 | self.base & 0xFF000000)
        return struct.pack("<II", low, high)


def unpack_descriptor(raw: bytes) -> tuple[Soft, int]:
    """A descriptor's soft form, and its two bits that must be 0."""
    low, high = struct.unpack("<II", raw)
    return Soft(low >> 16 | (high & 0xFF) << 16 | high & 0xFF000000, low & 0xFFFF | high & 0xF0000, high >> 8 & 0x1F,
                high >> 13 & 3, high >> 15 & 1, high >> 22 & 1, high >> 23 & 1), high >> 20 & 3


def draw_soft(draw: Random) -> Soft:
    return Soft(draw.getrandbits(32), draw.getrandbits(20), *(draw.getrandbits(bits) for bits in (5, 2, 1, 1, 1)))


# Where every field is alone, or all but it.
CORNERS = (Soft(0, 0, 0, 0, 0, 0, 0), Soft(0xFFFFFFFF, 0xFFFFF, 31, 3, 1, 1, 1), Soft(0xFFFFFF, 0xFFFF, 0, 0, 0, 0, 0),
           Soft(0xFF000000, 0xF0000, 0, 0, 0, 0, 0), Soft(0x00FF0000, 0x10000, 16, 0, 1, 0, 1),
           Soft(0xFFFF, 0x0FFFF, 2, 3, 0, 1, 0))


# ---------------------------------------------------------------- the GDT, the LDT's gates

MEMRWA, MEMERA, SYSTSS, SYSLDT = 0x13, 0x1B, 0x09, 0x02
FLAT = 0xFFFFF
NULL = Soft(0, 0, 0, 0, 0, 0, 0)

SEGMENTS: Mapping[int, tuple[str, Soft]] = {
    0: ("the null descriptor", NULL),
    1: ("GCODE_SEL", Soft(0, FLAT, MEMERA)), 2: ("GDATA_SEL", Soft(0, FLAT, MEMRWA)), 7: ("GTGATE_SEL", NULL),
    8: ("GBIOSLOWMEM_SEL", Soft(0x400, FLAT, MEMRWA)), 10: ("GBIOSCODE32_SEL", Soft(0, FLAT, MEMERA)),
    11: ("GBIOSCODE16_SEL", Soft(0, FLAT, MEMERA, wide=0)), 12: ("GBIOSDATA_SEL", Soft(0, FLAT, MEMRWA)),
    13: ("GBIOSUTIL_SEL", Soft(0, FLAT, MEMRWA, wide=0)), 14: ("GBIOSARGS_SEL", Soft(0, FLAT, MEMRWA, wide=0)),
    15: ("GUGS_SEL", Soft(0, FLAT, MEMRWA, 3)),
}
# Those with a base in the kernel, by the symbol of what is there.
OWN: Mapping[int, tuple[str, str, Soft]] = {
    3: ("GPRIV_SEL", "pcpu", Soft(0, 3, MEMRWA, pages=0)),
    4: ("GPROC0_SEL", "common_tss", Soft(0, TSS_SIZE - 1, SYSTSS, wide=0, pages=0)),
    5: ("GLDT_SEL", "ldt", Soft(0, 8 * LDT_ENTRIES - 1, SYSLDT, 3, wide=0, pages=0)),
    6: ("GUSERLDT_SEL", "ldt", Soft(0, 8 * LDT_ENTRIES - 1, SYSLDT, wide=0, pages=0)),
    9: ("GPANIC_SEL", "dblfault_tss", Soft(0, TSS_SIZE - 1, SYSTSS, wide=0, pages=0)),
}

CALL_GATES: Mapping[int, str] = {0: "LSYS5CALLS_SEL", 4: "LSOL26CALLS_SEL", 16: "LBSDICALLS_SEL"}


# ---------------------------------------------------------------- gates

TASK_GATE, CALL_GATE, INTERRUPT_GATE, TRAP_GATE = 0x5, 0xC, 0xE, 0xF
KINDS = {TASK_GATE: "task gate", CALL_GATE: "32-bit call gate", INTERRUPT_GATE: "32-bit interrupt gate",
         TRAP_GATE: "32-bit trap gate", 0x4: "16-bit call gate", 0x6: "16-bit interrupt gate", 0x7: "16-bit trap gate"}


def gate(offset: int, selector: int, type: int, dpl: int, words: int = 0) -> bytes:
    """The eight bytes of a gate."""
    return struct.pack("<HHBBH", offset & 0xFFFF, selector & 0xFFFF, words, type & 0x1F | dpl << 5 | 0x80, offset >> 16)


def gate_words(raw: bytes, names: Mapping[int, str]) -> str:
    """A gate in words; names: of what stands at an address."""
    found, reserved = parse_gate(raw), raw[4] >> 5
    return (f"{'' if found.present else 'absent, '}{KINDS.get(found.type, f'type {found.type:#x}')}, "
            f"{found.selector:#x}:{names.get(found.offset, f'{found.offset:#x}')}, DPL {found.dpl}, "
            f"{found.count} words" + (f", gd_xx {reserved}" if reserved else ""))


# The kernel's entries: by vector, the name in exception.S, and what is not a trap gate for ring 0.
ENTRIES = ("div", "dbg", "nmi", "bpt", "ofl", "bnd", "ill", "dna", "rsvd", "fpusegm", "tss", "missing", "stk", "prot",
           "page", "rsvd", "fpu", "align", "mchk", "xmm")
_INTERRUPT_GATES = (1, 2, 3, 14)
_FOR_USERS = (3, 4)
DOUBLE_FAULT, SYSCALL = 0x08, 0x80


def vector(number: int) -> tuple[str, int, int]:
    """Of idt_build(): the entry's symbol, the gate's type and its DPL."""
    if 32 <= number < 48:
        return f"Xintr{number - 32}", INTERRUPT_GATE, 0
    name = ENTRIES[number] if number < len(ENTRIES) else "rsvd"
    return f"X{name}", INTERRUPT_GATE if number in _INTERRUPT_GATES else TRAP_GATE, 3 if number in _FOR_USERS else 0


# ---------------------------------------------------------------- tasks

TSS_FIELDS = ("link", "esp0", "ss0", "esp1", "ss1", "esp2", "ss2", "cr3", "eip", "eflags", "eax", "ecx", "edx", "ebx",
              "esp", "ebp", "esi", "edi", "es", "cs", "ss", "ds", "fs", "gs", "ldt", "ioopt")


def unpack_tss(raw: bytes) -> dict[str, int]:
    """All 26 fields of a TSS."""
    return dict(zip(TSS_FIELDS, struct.unpack("<26I", raw)))


def double_fault_task(handler: int, stack_top: int, directory: int) -> dict[str, int]:
    """What dblfault_tss must hold, as far as it is told."""
    return {"esp0": stack_top, "ss0": KDSEL, "esp1": stack_top, "ss1": KDSEL, "esp2": stack_top, "ss2": KDSEL,
            "cr3": directory, "eip": handler, "eflags": ALWAYS, "esp": stack_top, "es": KDSEL, "cs": KCSEL, "ss": KDSEL,
            "ds": KDSEL, "fs": KPSEL, "gs": 0, "ldt": LDT_SELECTOR}


# ---------------------------------------------------------------- traps

T_PRIVINFLT, T_BPTFLT, T_ARITHTRAP, T_PROTFLT, T_TRCTRAP, T_PAGEFLT, T_ALIGNFLT = 1, 3, 6, 9, 10, 12, 14
(T_DIVIDE, T_NMI, T_OFLOW, T_BOUND, T_DNA, T_DOUBLEFLT, T_FPOPFLT, T_TSSFLT, T_SEGNPFLT, T_STKFLT, T_MCHK, T_XMMFLT,
 T_RESERVED) = range(18, 31)
SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV = 4, 5, 8, 10, 11
FPE_INTOVF, FPE_INTDIV, FPE_FLTSUB = 1, 2, 8

SIGNALS = {SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGFPE: "SIGFPE", SIGBUS: "SIGBUS", SIGSEGV: "SIGSEGV"}
TRAPS = {number: name for name, number in list(globals().items()) if name.startswith("T_")}


def trap_words(number: int) -> str:
    """`T_SEGNPFLT (26)`."""
    return f"{TRAPS[number]} ({number})" if number in TRAPS else f"{number}" if number < 32 else f"{number:#x}"


def signal_words(signal: int, code: int) -> str:
    """`SIGFPE, code 0x2`; a SIGBUS' code is taken apart."""
    parts = f" = error code {code - T_RESERVED & 0xFFFFFFFF:#x} + {T_RESERVED}" if signal == SIGBUS else ""
    return f"{SIGNALS.get(signal, f'signal {signal}')}, code {code:#x}{parts}"


ACTIONS = ("TRAP_FATAL", "TRAP_SIGNAL", "TRAP_PAGE", "TRAP_FPU", "TRAP_NMI", "TRAP_DEBUGGER", "TRAP_RESUME",
           "TRAP_CLEAR_NT", "TRAP_CLEAR_T", "TRAP_NOTHING")

FRAME_FIELDS = ("fs", "es", "ds", "edi", "esi", "ebp", "isp", "ebx", "edx", "ecx", "eax", "trapno", "err", "eip", "cs",
                "eflags", "esp", "ss")


@dataclass(frozen=True)
class Decision:
    """What trap_decode() returns: a signal and its code, or where it goes on; else 0."""

    action: str
    signal: int = 0
    code: int = 0
    resume: int = 0

    def __str__(self) -> str:
        words, unused = self.action, {"td_signo": self.signal, "td_code": self.code, "td_resume": self.resume}
        if self.action == "TRAP_SIGNAL":
            words, unused = f"TRAP_SIGNAL {signal_words(self.signal, self.code)}", {"td_resume": self.resume}
        elif self.action == "TRAP_RESUME":
            words = f"TRAP_RESUME at {unused.pop('td_resume'):#x}"
        return words + "".join(f", {name} {value:#x}, which it has no use for" for name, value in unused.items() if value)

    @staticmethod
    def unpack(words: Sequence[int]) -> Decision:
        """struct trap_decision."""
        return Decision(ACTIONS[words[0]] if words[0] < len(ACTIONS) else f"action {words[0]:#x}", *words[1:4])


_USER_SIGNALS = {
    T_PRIVINFLT: (SIGILL, T_PRIVINFLT), T_FPOPFLT: (SIGILL, T_FPOPFLT), T_BPTFLT: (SIGTRAP, T_BPTFLT),
    T_TRCTRAP: (SIGTRAP, T_TRCTRAP), T_ARITHTRAP: (SIGFPE, T_ARITHTRAP), T_DIVIDE: (SIGFPE, FPE_INTDIV),
    T_OFLOW: (SIGFPE, FPE_INTOVF), T_BOUND: (SIGFPE, FPE_FLTSUB), T_XMMFLT: (SIGFPE, 0)}
_USER_OTHERS = {T_PAGEFLT: "TRAP_PAGE", T_NMI: "TRAP_NMI", T_DNA: "TRAP_FPU"}
_KERNEL = {T_PAGEFLT: "TRAP_PAGE", T_NMI: "TRAP_NMI", T_BPTFLT: "TRAP_DEBUGGER", T_TRCTRAP: "TRAP_DEBUGGER"}

# exception.S: where the kernel may fault, and where it goes on.
EXPECTED = tuple((f"doreti_{name}", f"doreti_{name}_fault") for name in ("iret", "popl_ds", "popl_es", "popl_fs"))


def decide(frame: Mapping[str, int], onfault: int, labels: Mapping[str, int]) -> Decision:
    """What is to be done about a trap; labels: exception.S' own."""
    number = frame["trapno"]
    if frame["cs"] & 3 == 3 or frame["eflags"] & VM:
        if number in _USER_OTHERS:
            return Decision(_USER_OTHERS[number])
        return Decision("TRAP_SIGNAL", *_USER_SIGNALS.get(number, (SIGBUS, frame["err"] + T_RESERVED & 0xFFFFFFFF)))
    if number in (T_SEGNPFLT, T_PROTFLT):
        for label, resume in EXPECTED:
            if frame["eip"] == labels[label]:
                return Decision("TRAP_RESUME", resume=labels[resume])
        return Decision("TRAP_RESUME", resume=onfault) if onfault else Decision("TRAP_FATAL")
    if number == T_TSSFLT and frame["eflags"] & NT:
        return Decision("TRAP_CLEAR_NT")
    if number == T_TRCTRAP and (steps := frame["eip"] - labels["Xlcall_syscall"]) in (0, 1):
        return Decision(("TRAP_NOTHING", "TRAP_CLEAR_T")[steps])
    return Decision(_KERNEL.get(number, "TRAP_FATAL"))
