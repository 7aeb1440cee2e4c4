"""Code that traps, and what must come of it: snippets for ring 3 and ring 0, as bytes.

Each snippet is put somewhere, run with registers and flags that were drawn, and has a prediction: what the kernel calls
in the end, and the frame that it hands over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from grade.checks.init386 import (
    PG_RW, PG_U, PG_V, Event, Results, Script, expect_fields, expect_frame, random_registers)
from grade.failure import expect
from grade.models import init386 as model
from grade.models.init386 import ALWAYS, ARITHMETIC, IF, NT, OF, PAGE, RF, TF

NOP, INT3, INTO, IRET = b"\x90", b"\xcc", b"\xce", b"\xcf"
INT_80 = b"\xcd\x80"
DIV_ECX, IDIV_ECX = b"\xf7\xf1", b"\xf7\xf9"
BOUND_EAX_AT_EBX = b"\x62\x03"
LOAD, STORE, JUMP_EBX = b"\x8b\x03", b"\x89\x03", b"\xff\xe3"      # mov (%ebx), %eax and back; jmp *%ebx
MOV_TO = {"es": b"\x8e\xc0", "ss": b"\x8e\xd0", "ds": b"\x8e\xd8", "fs": b"\x8e\xe0", "gs": b"\x8e\xe8"}      # mov %eax, %es
PRIVILEGED = (b"\xf4", b"\xfa", b"\xfb", b"\x0f\x06", b"\x0f\x20\xc0", b"\x0f\x22\xc0", b"\x0f\x01\x13", b"\x0f\x01\x1b", b"\x0f\x08",
              b"\xec", b"\xe6\x80")         # hlt cli sti clts; mov to and from cr0; lgdt lidt invd; in out
UNDEFINED = (b"\x0f\x0b", b"\xf0\x90", b"\x0f\xff\xc0", b"\x8e\xc8")     # ud2; lock nop; ud0; mov %eax, %cs
OUT_OF_RANGE = 0x3F8        # a selector that no table of ours reaches, but for its last bits

REGISTERS = ("edi", "esi", "ebp", "ebx", "edx", "ecx", "eax")
FRAME_SIZE = 4 * len(model.FRAME_FIELDS)


def lcall(entry: int, offset: int) -> bytes:
    """lcall to an entry of the LDT; the offset means nothing."""
    return b"\x9a" + struct.pack("<IH", offset, entry << 3 | 7)


def with_flags(flags: int) -> bytes:
    """Set EFLAGS."""
    return b"\x68" + struct.pack("<I", flags) + b"\x9d"


@dataclass(frozen=True)
class Snippet:
    """Code, and its trap: number, error code, how far behind its first byte EIP is then (`length`), and whether it is a
    fault, whose frame has RF set. registers: what some of them must be. flags: in EFLAGS, besides what was drawn.
    frame: other fields for the frame that enters user mode. eip: where it is then, for a jump. onfault: a label, for
    pcb_onfault. ends: "syscall" or "returned", for another end than a trap's."""

    name: str
    code: bytes
    number: int = 0
    error: int = 0
    length: int = 0
    fault: bool = True
    registers: Mapping[str, int] = field(default_factory=dict)
    flags: int = 0
    frame: Mapping[str, int] = field(default_factory=dict)
    eip: int | None = None
    onfault: str = ""
    ends: str = ""

    def __str__(self) -> str:
        return self.name


def make_absent(script: Script) -> None:
    """Take the last segment of the GDT away: it is not present then."""
    script.poke(script.symbol("gdt") + model.SPARE_SELECTOR, model.Soft(0, model.FLAT, model.MEMRWA, 3, 0).descriptor())


class UserSpace:
    """Four pages of a user's, one of which is not there."""

    def __init__(self, script: Script, draw: Random) -> None:
        self.script, self.draw = script, draw
        base = draw.randrange(1, model.USER_END >> 22) << 22
        pages = draw.sample(range(1, 1023), 4)
        self.code, self.stack, self.read_only, self.nothing = (base + PAGE * page for page in pages)
        for page, (address, flags) in enumerate([(self.code, 0), (self.stack, PG_RW), (self.read_only, 0)]):
            script.map(address, page, PG_V | PG_U | flags)
        make_absent(script)
        self._used = 0

    def put(self, code: bytes) -> int:
        """Place code in the code page; its address there."""
        offset = self._used + self.draw.randrange(16)
        self._used = offset + len(code) + 16 & ~3
        start = offset & ~3
        self.script.poke(self.script.symbol("lab3_pages") + start, bytes(offset - start) + code + bytes(-(offset + len(code)) % 4))
        return self.code + offset


def user_snippets(space: UserSpace) -> Iterator[Snippet]:
    """What ring 3 may do wrong."""
    draw = space.draw
    selector = (OUT_OF_RANGE + 8 * draw.randrange(4)) | draw.randrange(4)
    data = draw.choice(["es", "ds", "fs"])
    kernel_address = model.KERNBASE + draw.randrange(0x1000, 0x100000)
    hole = space.nothing + draw.randrange(PAGE - 4)
    vector = draw.choice([n for n in range(256) if n not in (3, 4, 0x80)])
    yield Snippet("division by zero", DIV_ECX, model.T_DIVIDE, registers={"ecx": 0})
    yield Snippet("a quotient that is too large", IDIV_ECX, model.T_DIVIDE, registers={"eax": 1 << 31, "edx": 0xFFFFFFFF, "ecx": 0xFFFFFFFF})
    yield Snippet("int3", INT3, model.T_BPTFLT, length=1, fault=False)
    yield Snippet("int 3", b"\xcd\x03", model.T_BPTFLT, length=2, fault=False)
    yield Snippet("into", INTO, model.T_OFLOW, length=1, fault=False, flags=OF)
    yield Snippet("int 4", b"\xcd\x04", model.T_OFLOW, length=2, fault=False)
    yield Snippet("bound", BOUND_EAX_AT_EBX, model.T_BOUND, registers={"ebx": space.read_only, "eax": draw.randrange(1, 1 << 31)})
    yield Snippet("an undefined instruction", draw.choice(UNDEFINED), model.T_PRIVINFLT)
    yield Snippet("a privileged instruction", draw.choice(PRIVILEGED), model.T_PROTFLT, registers={"ebx": space.read_only})
    yield Snippet(f"a selector beyond the table in {data}", MOV_TO[data], model.T_PROTFLT, selector & ~3, registers={"eax": selector})
    yield Snippet("the kernel's data segment", MOV_TO["ds"], model.T_PROTFLT, model.KDSEL, registers={"eax": model.KDSEL})
    yield Snippet(f"int {vector:02x}h", b"\xcd" + bytes([vector]), model.T_PROTFLT, vector << 3 | 2)
    yield Snippet("a segment that is not present", MOV_TO[data], model.T_SEGNPFLT, model.SPARE_SELECTOR, registers={"eax": model.SPARE_SELECTOR | 3})
    yield Snippet("a stack that is not present", MOV_TO["ss"], model.T_STKFLT, model.SPARE_SELECTOR, registers={"eax": model.SPARE_SELECTOR | 3})
    yield Snippet("read where nothing is", LOAD, model.T_PAGEFLT, 4, registers={"ebx": hole})
    yield Snippet("write where nothing is", STORE, model.T_PAGEFLT, 6, registers={"ebx": hole})
    yield Snippet("read the kernel's memory", LOAD, model.T_PAGEFLT, 5, registers={"ebx": kernel_address})
    yield Snippet("write to a page that is to be read", STORE, model.T_PAGEFLT, 7, registers={"ebx": space.read_only})
    yield Snippet("jump to where nothing is", JUMP_EBX, model.T_PAGEFLT, 4, registers={"ebx": hole}, eip=hole)
    yield Snippet("a single step", NOP, model.T_TRCTRAP, length=1, fault=False, flags=TF)
    yield Snippet("lcall, in single steps", lcall(0, draw.getrandbits(32)), error=7, length=7, flags=TF, ends="syscall")
    yield Snippet("leaving for user mode with a bad fs", NOP, model.T_PROTFLT, fault=False, frame={"fs": selector})
    yield Snippet("leaving for user mode with a bad es", NOP, model.T_PROTFLT, fault=False, frame={"es": selector})
    yield Snippet("leaving for user mode with a bad ds", NOP, model.T_PROTFLT, fault=False, frame={"ds": selector})
    yield Snippet("leaving for user mode with a bad ss", NOP, model.T_PROTFLT, fault=False, frame={"ss": selector})


def calls(draw: Random) -> Mapping[str, tuple[Snippet, ...]]:
    """The user's ways into the kernel."""
    return {"int": tuple(Snippet("int 80h", INT_80, error=2, length=2, ends="syscall") for _ in range(4)),
            "lcall": tuple(Snippet(f"lcall ${entry << 3 | 7:#x}", lcall(entry, draw.choice([0, draw.getrandbits(32)])), error=7,
                                   length=7, ends="syscall") for entry in (*model.CALL_GATES, 0))}


def kernel_snippets(script: Script, draw: Random) -> Iterator[Snippet]:
    """What ring 0 may do wrong."""
    hole = draw.randrange(1 << 12, 1 << 22)
    back = script.symbol("lab3_returned")
    selector = OUT_OF_RANGE + 8 * draw.randrange(4)
    data = draw.choice(["es", "ds", "fs", "gs"])
    fatal = [
        Snippet("division by zero", DIV_ECX, model.T_DIVIDE, registers={"ecx": 0}),
        Snippet("into", INTO, model.T_OFLOW, length=1, fault=False, flags=OF),
        Snippet("an undefined instruction", draw.choice(UNDEFINED), model.T_PRIVINFLT),
        Snippet("an undefined instruction, where a fault may be", draw.choice(UNDEFINED), model.T_PRIVINFLT, onfault="lab3_returned"),
        Snippet("a selector beyond the table", MOV_TO[data], model.T_PROTFLT, selector, registers={"eax": selector}),
        Snippet("a null pointer", LOAD, model.T_PAGEFLT, 0, registers={"ebx": hole}),
        Snippet("a segment that is not present", MOV_TO[data], model.T_SEGNPFLT, model.SPARE_SELECTOR, registers={"eax": model.SPARE_SELECTOR}),
        Snippet("a vector that is reserved", b"\xcd" + bytes([draw.randrange(0x81, 256)]), model.T_RESERVED, length=2, fault=False),
    ]
    yield from draw.sample(fatal, 4)
    yield Snippet("int3", INT3, model.T_BPTFLT, length=1, fault=False)
    yield Snippet("a single step", NOP, model.T_TRCTRAP, length=1, fault=False, flags=TF)
    yield Snippet("int 2", b"\xcd\x02", model.T_NMI, length=2, fault=False)
    yield Snippet("a selector beyond the table, where a fault may be", MOV_TO[data], registers={"eax": selector},
                  onfault="lab3_returned", ends="returned")
    yield Snippet("a segment that is not present, where a fault may be", MOV_TO[data], registers={"eax": model.SPARE_SELECTOR},
                  onfault="lab3_returned", ends="returned")
    yield Snippet("a null pointer, where a fault may be", draw.choice([LOAD, STORE]), registers={"ebx": hole},
                  onfault="lab3_returned", ends="returned")
    yield Snippet("iret with NT set", b"\x9c\x0e\x68" + struct.pack("<I", back) + with_flags(NT | ALWAYS) + IRET, ends="returned")


# ---------------------------------------------------------------- ring 3


def run_user(space: UserSpace, snippet: Snippet) -> tuple[int, dict[str, int]]:
    """Have the script run a snippet in ring 3. Returns the event's number, and the frame that it is entered with."""
    draw = space.draw
    frame = {**random_registers(draw), "isp": draw.getrandbits(32), "fs": model.UDSEL, "es": model.UDSEL, "ds": model.UDSEL,
             "eip": space.put(snippet.code), "cs": model.UCSEL, "eflags": draw.getrandbits(32) & ARITHMETIC | ALWAYS | IF | snippet.flags,
             "esp": space.stack + draw.randrange(64, PAGE - 8), "ss": model.UDSEL, "trapno": draw.getrandbits(32),
             "err": draw.getrandbits(32), **snippet.registers, **snippet.frame}
    return space.script.user(frame), frame


def judge_user(results: Results, number: int, snippet: Snippet, entered: Mapping[str, int]) -> None:
    """Did ring 3's snippet end as it must?"""
    trapped = {**entered, "trapno": snippet.number, "err": snippet.error,
               "eip": entered["eip"] + snippet.length if snippet.eip is None else snippet.eip,
               "eflags": entered["eflags"] | (RF if snippet.fault and not snippet.ends else 0)}
    told, signal = _end_of_user(snippet, model.decide(trapped, 0, {}))
    if signal == model.SIGTRAP:
        trapped["eflags"] &= ~TF
    event = results.event(number, f"ring 3: {snippet}", told)
    expect(f"ring 3: {snippet}", told, str(event))
    expect(f"ring 3: {snippet}: where the frame is", event.top - FRAME_SIZE, event.at)
    if not {"ds", "es", "fs"} & set(snippet.frame):
        trapped["isp"] = event.at + 44
    expect_frame(f"ring 3: {snippet}", trapped, event)


def _end_of_user(snippet: Snippet, decision: model.Decision) -> tuple[str, int]:
    """What a snippet in ring 3 ends in, in an event's words; and the signal, if that is one."""
    if snippet.ends == "syscall":
        return "a system call", 0
    signal, code = {"TRAP_PAGE": (model.SIGSEGV, model.T_PAGEFLT)}.get(decision.action, (decision.signal, decision.code))
    return f"signal {signal}, code {code:#x}", signal


# ---------------------------------------------------------------- ring 0


def run_kernel(script: Script, draw: Random, snippet: Snippet) -> tuple[int, dict[str, int]]:
    """Have the script run a snippet in ring 0. Returns the event's number, and the registers at its first byte; below: so
    far is ESP below the stack's top."""
    flags = draw.getrandbits(32) & ARITHMETIC | ALWAYS | snippet.flags
    before = with_flags(flags)
    at = script.place(before + snippet.code)
    registers = {**random_registers(draw), **snippet.registers}
    below = 4 * draw.randrange(4, 256)
    script.onfault(script.symbol(snippet.onfault) if snippet.onfault else 0)
    return script.kernel(below, at, registers), {**registers, "eflags": flags, "eip": at + len(before), "below": below}


def judge_kernel(results: Results, script: Script, number: int, snippet: Snippet, entered: Mapping[str, int]) -> None:
    """Did ring 0's snippet end as it must?"""
    what = f"ring 0: {snippet}"
    trapped = {**{name: entered[name] for name in REGISTERS}, "trapno": snippet.number, "err": snippet.error, "cs": model.KCSEL,
               "eip": entered["eip"] + snippet.length, "eflags": entered["eflags"] | (RF if snippet.fault else 0),
               "ds": model.KDSEL, "es": model.KDSEL, "fs": model.KPSEL}
    if snippet.ends:
        event = results.event(number, what, "the end of the code")
        expect(what, "the end of the code", str(event))
        _judge_return(what, entered, event)
        return
    labels = {name: script.symbol(name) for name in ("Xlcall_syscall", *sum(model.EXPECTED, ()))}
    message = {"TRAP_DEBUGGER": "with nothing printed"}.get(model.decide(trapped, 0, labels).action, "after a message")
    event = results.event(number, what, f"trap {snippet.number}, {message}")
    expect(what, f"trap {snippet.number}, {message}", str(event))
    expect(f"{what}: where the frame is", event.top - entered["below"] - 64, event.at)
    expect_frame(what, {**trapped, "isp": event.at + 44}, event)


def _judge_return(what: str, entered: Mapping[str, int], event: Event) -> None:
    """At lab3_returned: PUSHF and PUSHA."""
    names = ("edi", "esi", "ebp", "esp", "ebx", "edx", "ecx", "eax", "eflags")
    expected = {**entered, "esp": event.top - entered["below"] - 4}
    expect_fields(f"{what}: the registers at the end", {name: expected[name] for name in names}, dict(zip(names, event.words)))
