"""What BTX must do, predicted from the challenge alone.

An independent model of BTX 1.01: the tables that it builds, the words that it prints, and a v86 task as it sees
itself. It has no instruction of BTX in it. A v86 program is a sequence of `Step`s; `run` says what each of them
leaves in the slots, on the stack and in the flags; grade/checks/v86code.py makes machine code of the same steps.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from grade.debugger import Descriptor, Gate

# Where things are, and the header's fields.
STACK0, IDT, TSS, IOMAP, IOMAP_END = 0x1800, 0x1E00, 0x1F98, 0x2000, 0x4000
HOME, CLIENT = 0x9000, 0xA000
HEADER_FLAGS, HEADER_ENTRY = 7, 12

SCODE, SDATA, RCODE, RDATA, UCODE, UDATA, TASK = 0x08, 0x10, 0x18, 0x20, 0x2B, 0x33, 0x38

# v86 calls.
V86_ADDR, V86_CALLF, V86_FLAGS = 0x10000, 0x20000, 0x40000
V86_STACK = 0x400
V86_FLG = 0x208EFF

CF, ALWAYS, PF, AF, ZF, SF, TF, IF, DF, OF, RF, VM = (1 << bit for bit in (0, 1, 2, 4, 6, 7, 8, 9, 10, 11, 16, 17))


# ---------------------------------------------------------------- tables

def gdt() -> tuple[tuple[str, Descriptor | None], ...]:
    """The eight descriptors and their names. A data or code segment's accessed bit, and the TSS' busy bit, are set."""
    def segment(base: int, limit: int, kind: int, *, dpl: int = 0, wide: bool = True) -> Descriptor:
        return Descriptor(base, limit, kind, False, dpl, True, False, wide, wide)
    flat, real, code, data = 0xFFFFFFFF, 0xFFFF, 0xB, 0x3
    return (("null", None),
            ("SCODE", segment(0, flat, code)), ("SDATA", segment(0, flat, data)),
            ("RCODE", segment(0, real, code, wide=False)), ("RDATA", segment(0, real, data, wide=False)),
            ("UCODE", segment(CLIENT, flat, code, dpl=3)), ("UDATA", segment(CLIENT, flat, data, dpl=3)),
            ("TSS", Descriptor(TSS, IOMAP_END - TSS - 1, 0xB, True, 0, True, False, False, False)))


VECTORS = 0x33          # in the IDT; the last one is null
_EXCEPTIONS = 0x7DFB    # of the first sixteen, those that have a gate


def gate_dpl(vector: int) -> int | None:
    """The privilege that a vector's gate may be used with by an INT instruction; None: there is no gate."""
    if vector < 0x10:
        return 0 if _EXCEPTIONS >> vector & 1 else None
    if vector == 0x10 or 0x20 <= vector < 0x30:
        return 0
    return 3 if vector in (0x30, 0x31) else None


def expected_gate(vector: int) -> str:
    """A vector's gate in words, without its offset."""
    dpl = gate_dpl(vector)
    return "null" if dpl is None else f"{SCODE:#x}, 32-bit interrupt gate, DPL {dpl}"


def gate_words(gate: Gate) -> str:
    """A gate that was found, in the same words."""
    kinds = {0xE: "32-bit interrupt gate", 0xF: "32-bit trap gate", 0x6: "16-bit interrupt gate", 0x7: "16-bit trap gate",
             0x5: "task gate"}
    if not gate.present:
        return "null" if not gate.offset and not gate.selector and not gate.type else "not present, but not null"
    return f"{gate.selector:#x}, {kinds.get(gate.type, f'type {gate.type:#x}')}, DPL {gate.dpl}"


STUB_SIZE = 4


@dataclass(frozen=True)
class Row:
    """A row of the table that the IDT is built from."""

    first: int
    count: int
    type: int
    mask: int
    stub: int

    def __str__(self) -> str:
        return f"{self.count} from {self.first:02x}, type {self.type:02x}, mask {self.mask:04x}, stubs at {self.stub:04x}"

    def pack(self) -> bytes:
        return struct.pack("<BBBHH", self.first, self.count, self.type, self.mask, self.stub)


def pack_rows(rows: Sequence[Row]) -> bytes:
    """The table, with the count of 0 at its end."""
    return b"".join(row.pack() for row in rows) + bytes(2)


def draw_rows(draw: Random, count: int, *, full: bool) -> tuple[Row, ...]:
    """A table of at most five rows, in no order, that has no vector twice; full: some of 16 vectors."""
    rows: list[Row] = []
    first = draw.randint(0, 3)
    for _ in range(count):
        size = 16 if full and first <= VECTORS - 16 else draw.randint(1, 9)
        if first + size > VECTORS:
            break
        rows.append(Row(first, size, draw.randint(1, 0xFF), draw.getrandbits(16) | 1 << draw.randrange(size),
                        draw.randrange(HOME, CLIENT - 0x100)))
        first += size + draw.randint(0, 3)
    draw.shuffle(rows)
    return tuple(rows)


def idt(rows: Sequence[Row]) -> bytes:
    """The IDT that a table asks for."""
    built = bytearray(8 * VECTORS)
    for row in rows:
        taken = 0
        for number in range(row.count):
            if row.mask >> number & 1:
                at = 8 * (row.first + number)
                built[at:at + 8] = struct.pack("<HHBBH", row.stub + STUB_SIZE * taken, SCODE, 0, row.type, 0)
                taken += 1
    return bytes(built)


def irq_vector(irq: int) -> int:
    """The real-mode vector that a hardware interrupt is reflected to."""
    return 0x08 + irq if irq < 8 else 0x70 + irq - 8


def client_stack(base_memory_kb: int) -> int:
    """The client's first ESP, in its own segment."""
    return base_memory_kb * 1024 - 0x1000 - CLIENT


# ---------------------------------------------------------------- the dump

@dataclass(frozen=True)
class Frame:
    """The registers of a task at an exception; code and stack: 32 bytes at CS:EIP and at SS:ESP."""

    registers: Mapping[str, int]      # eax ... esp, eip, efl
    selectors: Mapping[str, int]
    code: bytes
    stack: bytes


def dump(vector: int, error: int, frame: Frame) -> list[str]:
    """The lines of the register dump, from the empty one before it to its last."""
    word = frame.registers
    part = frame.selectors
    return ["",
            f"int={vector:08x}  err={error:08x}  efl={word['efl']:08x}  eip={word['eip']:08x}",
            "  ".join(f"{name}={word[name]:08x}" for name in ("eax", "ebx", "ecx", "edx")),
            "  ".join(f"{name}={word[name]:08x}" for name in ("esi", "edi", "ebp", "esp")),
            f"cs={part['cs']:04x}  ds={part['ds']:04x}  es={part['es']:04x}    fs={part['fs']:04x}  "
            f"gs={part['gs']:04x}  ss={part['ss']:04x}",
            f"cs:eip={_row(frame.code[:16])}", f"       {_row(frame.code[16:])}",
            f"ss:esp={_row(frame.stack[:16])}", f"       {_row(frame.stack[16:])}"]


HALTED = "BTX halted"


def _row(data: bytes) -> str:
    return f"{data[:8].hex(' ')}-{data[8:].hex(' ')}"


# ---------------------------------------------------------------- a v86 task

@dataclass(frozen=True)
class Step:
    """An instruction, or a few: see `_Task`. width is 16 or 32. body: of an INT's handler."""

    name: str
    value: int = 0
    width: int = 16
    body: tuple[Step, ...] = ()

    def __str__(self) -> str:
        wide = "" if self.width == 16 else "d"
        return {"arith": f"sahf of {self.value & 0xFF:02x}",
                "popf": f"push{wide} {self.value:x}; popf{wide}", "flags": f"pushf{wide}", "sp": "SP",
                "int": f"int {self.value:02x}h",
                "iret": f"push{wide} {self.value:x}, CS, IP; iret{wide}", "push": f"push {self.value:x}",
                "ax": f"mov ax, {self.value:x}",
                "cr0": "mov eax, cr0"}.get(self.name, self.name)


@dataclass(frozen=True)
class Slot:
    """What a step stores, in words and as a value; mask: the bits of it that count."""

    what: str
    value: int
    mask: int


# What a 32-bit PUSHF shows: VM and RF never ([IA32-2B] PUSHFD).
_PUSHFD = 0xFFFFFFFF & ~(VM | RF)


def as_loaded(flags: int) -> int:
    """Flags as the processor has them once they are loaded: bit 1 is set, bits 3, 5 and 15 are clear."""
    return (flags | ALWAYS) & ~0x8028


@dataclass
class _Task:
    """The flags and the stack pointer of a v86 task, and the words that it has pushed."""

    flags: int
    stack: int
    pushed: list[int] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)

    def do(self, step: Step) -> None:
        getattr(self, f"_{step.name}")(step)

    def _change(self, value: int, within: int) -> None:
        """POPF and IRET: only what a v86 task may change, changes."""
        self.flags = as_loaded(self.flags & ~(V86_FLG & within) | value & V86_FLG & within)

    def _store(self, what: str, value: int, mask: int = 0xFFFFFFFF) -> None:
        self.slots.append(Slot(what, value & mask, mask))

    def _cli(self, _: Step) -> None:
        self.flags &= ~IF

    def _sti(self, _: Step) -> None:
        self.flags |= IF

    def _std(self, _: Step) -> None:
        self.flags |= DF

    def _cld(self, _: Step) -> None:
        self.flags &= ~DF

    def _arith(self, step: Step) -> None:
        five = SF | ZF | AF | PF | CF
        self.flags = self.flags & ~five | step.value & five

    def _popf(self, step: Step) -> None:
        self._change(step.value, 0xFFFF if step.width == 16 else 0xFFFFFFFF)

    def _iret(self, step: Step) -> None:
        self._popf(step)

    def _flags(self, step: Step) -> None:
        mask = 0xFFFF if step.width == 16 else 0xFFFFFFFF
        self._store(f"{step}: the flags", self.flags & _PUSHFD, mask)

    def _sp(self, _: Step) -> None:
        self._store("SP", self.stack & 0xFFFF, 0xFFFF)

    def _push(self, step: Step) -> None:
        self.stack -= 2
        self.pushed.append(step.value)

    def _pop(self, _: Step) -> None:
        self.stack += 2
        self._store("the word popped", self.pushed.pop(), 0xFFFF)

    def _int(self, step: Step) -> None:
        """The handler finds flags, CS and IP on the stack, and IF and TF clear; its IRET brings the flags back."""
        before = self.flags
        self.stack -= 6
        self.flags &= ~(IF | TF)
        self._store(f"{step}: the flags on its stack", before, 0xFFFF)
        for inner in step.body:
            self.do(inner)
        self.stack += 6
        self._change(before, 0xFFFF)

    def _ax(self, _: Step) -> None:
        """Nothing that is looked at."""

    def _hlt(self, _: Step) -> None:
        """Skipped."""

    def _int3(self, _: Step) -> None:
        """Ignored."""

    def _cr0(self, _: Step) -> None:
        """EAX gets CR0: protected mode without paging."""
        self._store("mov eax, cr0: bits PE and PG", 1, 0x80000001)


def run(steps: Sequence[Step], *, flags: int, stack: int) -> tuple[Slot, ...]:
    """What a v86 program stores, in this order, that starts with these flags and this SP."""
    task = _Task(as_loaded(flags), stack)
    for step in steps:
        task.do(step)
    return tuple(task.slots)


_KINDS: Mapping[str, tuple[str, int]] = {"popfd": ("popf", 32), "flagsd": ("flags", 32), "iretd": ("iret", 32)}


def draw_steps(draw: Random, kinds: Sequence[str], length: int) -> tuple[Step, ...]:
    """A program of these kinds of steps, each of them at least once, that ends by showing its flags. popfd, flagsd and
    iretd are the 32-bit forms; nested is an INT in the handler of an INT."""
    names = [*kinds, *draw.choices(kinds, k=max(0, length - len(kinds)))]
    draw.shuffle(names)
    vectors = draw.sample(range(0x80, 0xF0), 2 * length)
    steps = []
    for name in names:
        if name == "pop":       # a word that is pushed for it
            steps.append(Step("push", draw.getrandbits(16)))
        steps.append(_draw_step(draw, name, vectors))
    return (*steps, Step("flags"))


def _draw_step(draw: Random, name: str, vectors: list[int]) -> Step:
    if name in ("int", "nested"):
        inner = [Step("flags"), Step(draw.choice(("std", "cld"))), Step("sp")]
        if name == "nested":
            inner.insert(draw.randrange(3), _draw_step(draw, "int", vectors))
        return Step("int", vectors.pop(), body=tuple(inner))
    plain, width = _KINDS.get(name, (name, 16))
    return Step(plain, draw.getrandbits(width), width)


def block_descriptor(address: int) -> bytes:
    """What INT 15h AH=87h reads of a descriptor is its base; the rest is what AT BIOSes want there."""
    return struct.pack("<HHBBBB", 0xFFFF, address & 0xFFFF, address >> 16 & 0xFF, 0x93, 0, address >> 24)


def v86_stack(linear: int) -> tuple[int, int]:
    """SS and ESP that a v86 task starts from, before anything is pushed, when the client's stack is at `linear`."""
    segment = max(0, linear - V86_STACK) >> 4
    return segment, linear - (segment << 4)
