"""Typed values for what Bochs' debugger says, and for the tables that the processor reads.

The debugger prints registers and selectors as text, which is parsed here. Descriptors, TSS and page entries are
decoded from the bytes in the guest's memory instead, as the manuals lay them out ([IA32-3A] 3.4.5, 3.5, 4.3, 6.11,
7.2): the debugger's own wording hides some of their fields.

Every parser raises `Unreadable` when the text is not what Bochs 2.7 prints: a fault of the harness, never of a
student.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass


class Unreadable(Exception):
    """The debugger said something that this module does not understand."""


@dataclass(frozen=True)
class Registers:
    """The 32-bit registers; the 16-bit halves by their names."""

    eax: int
    ebx: int
    ecx: int
    edx: int
    esp: int
    ebp: int
    esi: int
    edi: int
    eip: int
    eflags: int

    def __getattr__(self, name: str) -> int:
        """`ax`, `sp` ...: the low 16 bits; `al`, `dh` ...: a byte."""
        if len(name) == 2 and name[1] in "xpi" and (wide := self.__dict__.get(f"e{name}")) is not None:
            return wide & 0xFFFF
        if len(name) == 2 and name[1] in "lh" and (wide := self.__dict__.get(f"e{name[0]}x")) is not None:
            return wide >> (8 if name[1] == "h" else 0) & 0xFF
        raise AttributeError(name)

    @property
    def carry(self) -> bool:
        return bool(self.eflags & 1)

    @property
    def interrupts(self) -> bool:
        """Are interrupts enabled?"""
        return bool(self.eflags & 0x200)


@dataclass(frozen=True)
class Segment:
    """A segment register, or LDTR or TR, as the processor has it loaded."""

    selector: int
    base: int
    limit: int
    valid: bool


@dataclass(frozen=True)
class TableRegister:
    """GDTR or IDTR."""

    base: int
    limit: int


@dataclass(frozen=True)
class Segments:
    """All of the processor's selectors."""

    cs: Segment
    ds: Segment
    es: Segment
    ss: Segment
    fs: Segment
    gs: Segment
    ldtr: Segment
    tr: Segment
    gdtr: TableRegister
    idtr: TableRegister


@dataclass(frozen=True)
class ControlRegisters:
    """CR0, CR2, CR3 and CR4."""

    cr0: int
    cr2: int
    cr3: int
    cr4: int


@dataclass(frozen=True)
class Descriptor:
    """An entry of a GDT or LDT that is no gate ([IA32-3A] 3.4.5)."""

    base: int
    limit: int       # in bytes: scaled where the granularity bit says so
    type: int
    system: bool     # the S bit is clear
    dpl: int
    present: bool
    available: bool
    big: bool        # D/B
    granular: bool


@dataclass(frozen=True)
class Gate:
    """A call, task, interrupt or trap gate ([IA32-3A] 5.8.3, 6.11)."""

    selector: int
    offset: int
    type: int
    count: int       # a call gate's parameters
    dpl: int
    present: bool


@dataclass(frozen=True)
class TaskState:
    """The fields of a 32-bit TSS that an operating system sets ([IA32-3A] 7.2.1)."""

    link: int
    esp0: int
    ss0: int
    cr3: int
    eip: int
    eflags: int
    esp: int
    cs: int
    ss: int
    ds: int
    es: int
    fs: int
    gs: int
    ldt: int
    trap: bool
    iomap: int


@dataclass(frozen=True)
class PageEntry:
    """A page-directory or page-table entry ([IA32-3A] 4.3)."""

    address: int
    present: bool
    writable: bool
    user: bool
    accessed: bool
    dirty: bool
    large: bool
    is_global: bool


# What a gate's type field may hold: 16 and 32 bit call, interrupt and trap gates, and the task gate.
GATE_TYPES = frozenset({4, 5, 6, 7, 12, 14, 15})


def parse_registers(text: str) -> Registers:
    """The reply to `reg`."""
    values = {name: int(value, 16) for name, value in re.findall(r"\br(\w\w)\s*: [0-9a-f]{8}_([0-9a-f]{8})", text)}
    flags = re.search(r"^eflags 0x([0-9a-f]{8})", text, re.MULTILINE)
    try:
        return Registers(**{f"e{name}": values[name] for name in "ax bx cx dx sp bp si di ip".split()},
                         eflags=int(flags[1], 16))
    except (KeyError, TypeError):
        raise Unreadable(f"no registers in {text!r}") from None


def parse_log_dump(log: str) -> tuple[Registers, int] | None:
    """The last register dump in Bochs' log, and CS's base there; None when there is none."""
    dump = "\n".join(re.findall(r"^\d{11}i\[CPU\d\s*\] (\|.*)", log, re.MULTILINE))
    values = {name.lower(): int(value, 16) for name, value in re.findall(r"\b(E[A-DSI][XPI])=([0-9a-f]{8})", dump)}
    flags = re.search(r"eflags[^\n]*?0x([0-9a-f]{8})|EFLAGS=([0-9a-f]{8})", log)
    base = re.findall(r"CS:[0-9a-f]{4}\([^)]*\) ([0-9a-f]{8})", dump)
    if len(values) < 9 or not base:
        return None
    return Registers(**values, eflags=int(flags[1] or flags[2], 16) if flags else 0), int(base[-1], 16)


def parse_segments(text: str) -> Segments:
    """The reply to `sreg`."""
    found: dict[str, Segment | TableRegister] = {}
    for name, selector, high, low, valid in re.findall(
            r"^(\w+):0x([0-9a-f]{4}), dh=0x([0-9a-f]{8}), dl=0x([0-9a-f]{8}), valid=(\d+)", text, re.MULTILINE):
        shape = parse_descriptor(struct.pack("<II", int(low, 16), int(high, 16)))
        found[name] = Segment(int(selector, 16), shape.base, shape.limit, valid != "0")
    for name, base, limit in re.findall(r"^(gdtr|idtr):base=0x([0-9a-f]+), limit=0x([0-9a-f]+)", text, re.MULTILINE):
        found[name] = TableRegister(int(base, 16), int(limit, 16))
    try:
        return Segments(**found)
    except TypeError:
        raise Unreadable(f"no segment registers in {text!r}") from None


def parse_control(text: str) -> ControlRegisters:
    """The reply to `creg`."""
    found = re.findall(r"^(CR[0234])=(?:page fault laddr=)?0x([0-9a-f]+)", text, re.MULTILINE)
    values = {name.lower(): int(value, 16) for name, value in found}
    try:
        return ControlRegisters(**values)
    except TypeError:
        raise Unreadable(f"no control registers in {text!r}") from None


def parse_bytes(text: str) -> bytes:
    """The reply to `x /Nbx ADDRESS` or `xp /Nbx ADDRESS`."""
    rows = re.findall(r"^0x[0-9a-f]+ <[^>]*>:((?:\t0x[0-9a-f]{2})+)", text, re.MULTILINE)
    if not rows:
        raise Unreadable(f"no memory in {text!r}")
    return bytes(int(value, 16) for row in rows for value in row.split())


def parse_descriptor(raw: bytes) -> Descriptor:
    """8 bytes of a GDT or LDT."""
    low, high = struct.unpack("<II", raw)
    limit = low & 0xFFFF | high & 0xF0000
    granular = bool(high >> 23 & 1)
    return Descriptor(
        base=low >> 16 | (high & 0xFF) << 16 | high & 0xFF000000,
        limit=limit << 12 | 0xFFF if granular else limit,
        type=high >> 8 & 0xF, system=not high >> 12 & 1, dpl=high >> 13 & 3, present=bool(high >> 15 & 1),
        available=bool(high >> 20 & 1), big=bool(high >> 22 & 1), granular=granular)


def parse_gate(raw: bytes) -> Gate:
    """8 bytes of an IDT, or of a GDT or LDT where they hold a gate."""
    low, high = struct.unpack("<II", raw)
    return Gate(selector=low >> 16, offset=low & 0xFFFF | high & 0xFFFF0000, type=high >> 8 & 0x1F,
                count=high & 0x1F, dpl=high >> 13 & 3, present=bool(high >> 15 & 1))


def parse_table(raw: bytes) -> tuple[Descriptor | Gate, ...]:
    """The whole of a GDT or LDT."""
    entries = (raw[at:at + 8] for at in range(0, len(raw) - 7, 8))
    return tuple(parse_gate(entry) if not entry[5] & 0x10 and entry[5] & 0xF in GATE_TYPES else parse_descriptor(entry)
                 for entry in entries)


def parse_tss(raw: bytes) -> TaskState:
    """104 bytes of a 32-bit TSS."""
    word = struct.unpack("<26I", raw[:104])
    half = tuple(value & 0xFFFF for value in word)
    return TaskState(link=half[0], esp0=word[1], ss0=half[2], cr3=word[7], eip=word[8], eflags=word[9], esp=word[14],
                     es=half[18], cs=half[19], ss=half[20], ds=half[21], fs=half[22], gs=half[23], ldt=half[24],
                     trap=bool(word[25] & 1), iomap=word[25] >> 16)


def parse_page_entry(raw: bytes) -> PageEntry:
    """4 bytes of a page directory or page table."""
    entry, = struct.unpack("<I", raw)
    present, writable, user, accessed, dirty, large, is_global = (bool(entry >> bit & 1) for bit in (0, 1, 2, 5, 6, 7, 8))
    return PageEntry(entry & 0xFFFFF000, present, writable, user, accessed, dirty, large, is_global)
