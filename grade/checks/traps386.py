"""Code that traps, and what must come of it: snippets for ring 3 and ring 0, as bytes.

Each snippet is put somewhere, run with registers and flags that were drawn, and has a prediction: what the kernel calls
in the end, and the frame that it hands over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from grade.checks.init386 import (
    PG_RW, PG_U, PG_V, PUSHA, Event, TrapScript, event_of, expect_fields, expect_frame, random_registers)
from grade.checks.scripts import Results, Script
from grade.failure import expect
from grade.models import init386 as model
from grade.models.init386 import ALWAYS, ARITHMETIC, IF, NT, OF, PAGE, RF, TF

NOP, INT3, INTO, IRET = b"\x90", b"\xcc", b"\xce", b"\xcf"
INT_80 = b"\xcd\x80"
DIV_ECX, IDIV_ECX = b"\xf7\xf1", b"\xf7\xf9"
BOUND = b"\x62\x03"                                      # of EAX, by the limits at EBX
LOAD, STORE, JUMP_EBX = b"\x8b\x03", b"\x89\x03", b"\xff\xe3"      # mov (%ebx), %eax and back; jmp *%ebx
PUSH_RETURN = b"\x9c\x0e\x68"                            # pushf; push %cs; push with what comes next
# mov %eax, a segment register
MOV_TO = {"es": b"\x8e\xc0", "ss": b"\x8e\xd0", "ds": b"\x8e\xd8", "fs": b"\x8e\xe0", "gs": b"\x8e\xe8"}
# hlt cli sti clts; mov from and to cr0; lgdt lidt invd; in out
PRIVILEGED = (b"\xf4", b"\xfa", b"\xfb", b"\x0f\x06", b"\x0f\x20\xc0", b"\x0f\x22\xc0", b"\x0f\x01\x13",
              b"\x0f\x01\x1b", b"\x0f\x08", b"\xec", b"\xe6\x80")
UNDEFINED = (b"\x0f\x0b", b"\xf0\x90", b"\x0f\xff\xc0", b"\x8e\xc8")     # ud2; lock nop; ud0; mov %eax, %cs
OUT_OF_RANGE = 0x3F8        # a selector that no table of ours reaches, but for its last bits

FRAME_SIZE = 4 * len(model.FRAME_FIELDS)


def far_call(entry: int, draw: Random) -> bytes:
    """lcall to an entry of the LDT; the offset means nothing."""
    return b"\x9a" + struct.pack("<IH", draw.choice((0, draw.getrandbits(32))), entry << 3 | 7)


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

    def __init__(self, script: TrapScript, draw: Random) -> None:
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
        words = bytes(offset - start) + code + bytes(-(offset + len(code)) % 4)
        self.script.poke(self.script.symbol("lab3_pages") + start, words)
        return self.code + offset


def faults(name: str, code: bytes, number: int, error: int = 0, **registers: int) -> Snippet:
    """Code that faults at its first byte, with these registers."""
    return Snippet(name, code, number, error, registers=registers)


def traps(name: str, code: bytes, number: int, flags: int = 0) -> Snippet:
    """An instruction behind which there is a trap, with these flags."""
    return Snippet(name, code, number, length=len(code), fault=False, flags=flags)


def returns(name: str, code: bytes, onfault: str = "lab3_returned", **registers: int) -> Snippet:
    """Code of ring 0 whose fault is expected, or whose last instruction is a jump to the end."""
    return Snippet(name, code, registers=registers, onfault=onfault, ends="returned")


def user_snippets(space: UserSpace) -> Iterator[Snippet]:
    """What ring 3 may do wrong."""
    draw = space.draw
    selector = (OUT_OF_RANGE + 8 * draw.randrange(4)) | draw.randrange(4)
    segment = draw.choice(["es", "ds", "fs"])
    absent = model.SPARE_SELECTOR
    kernel_address = model.KERNBASE + draw.randrange(0x1000, 0x100000)
    hole = space.nothing + draw.randrange(PAGE - 4)
    vector = draw.choice([number for number in range(256) if number not in (3, 4, model.SYSCALL)])
    yield faults("division by zero", DIV_ECX, model.T_DIVIDE, ecx=0)
    yield faults("a quotient that is too large", IDIV_ECX, model.T_DIVIDE, eax=1 << 31, edx=0xFFFFFFFF, ecx=0xFFFFFFFF)
    yield traps("int3", INT3, model.T_BPTFLT)
    yield traps("int 3", b"\xcd\x03", model.T_BPTFLT)
    yield traps("into", INTO, model.T_OFLOW, OF)
    yield traps("int 4", b"\xcd\x04", model.T_OFLOW)
    yield faults("bound", BOUND, model.T_BOUND, ebx=space.read_only, eax=draw.randrange(1, 1 << 31))
    yield faults("an undefined instruction", draw.choice(UNDEFINED), model.T_PRIVINFLT)
    yield faults("a privileged instruction", draw.choice(PRIVILEGED), model.T_PROTFLT, ebx=space.read_only)
    yield faults(f"{segment} beyond the table", MOV_TO[segment], model.T_PROTFLT, selector & ~3, eax=selector)
    yield faults("the kernel's data segment", MOV_TO["ds"], model.T_PROTFLT, model.KDSEL, eax=model.KDSEL)
    yield faults(f"int {vector:02x}h", b"\xcd" + bytes([vector]), model.T_PROTFLT, vector << 3 | 2)
    yield faults("a segment that is not present", MOV_TO[segment], model.T_SEGNPFLT, absent, eax=absent | 3)
    yield faults("a stack that is not present", MOV_TO["ss"], model.T_STKFLT, absent, eax=absent | 3)
    yield faults("read where nothing is", LOAD, model.T_PAGEFLT, 4, ebx=hole)
    yield faults("write where nothing is", STORE, model.T_PAGEFLT, 6, ebx=hole)
    yield faults("read the kernel's memory", LOAD, model.T_PAGEFLT, 5, ebx=kernel_address)
    yield faults("write to a page that is to be read", STORE, model.T_PAGEFLT, 7, ebx=space.read_only)
    yield Snippet("jump to where nothing is", JUMP_EBX, model.T_PAGEFLT, 4, registers={"ebx": hole}, eip=hole)
    yield traps("a single step", NOP, model.T_TRCTRAP, TF)
    yield Snippet("lcall, in single steps", far_call(0, draw), error=7, length=7, flags=TF, ends="syscall")
    for name in ("fs", "es", "ds", "ss"):
        yield Snippet(f"a bad {name} on the way out", NOP, model.T_PROTFLT, fault=False, frame={name: selector})


def calls(draw: Random) -> Mapping[str, tuple[Snippet, ...]]:
    """The user's ways into the kernel."""
    entries = (*model.CALL_GATES, 0)
    return {"int": (Snippet("int 80h", INT_80, error=2, length=2, ends="syscall"),) * 4,
            "lcall": tuple(Snippet(f"lcall ${entry << 3 | 7:#x}", far_call(entry, draw), error=7, length=7,
                                   ends="syscall") for entry in entries)}


def kernel_snippets(script: TrapScript, draw: Random) -> Iterator[Snippet]:
    """What ring 0 may do wrong."""
    hole = draw.randrange(1 << 12, 1 << 22)
    selector, absent = OUT_OF_RANGE + 8 * draw.randrange(4), model.SPARE_SELECTOR
    segment = draw.choice(["es", "ds", "fs", "gs"])
    back = struct.pack("<I", script.symbol("lab3_returned"))
    fatal = [
        faults("division by zero", DIV_ECX, model.T_DIVIDE, ecx=0),
        traps("into", INTO, model.T_OFLOW, OF),
        faults("an undefined instruction", draw.choice(UNDEFINED), model.T_PRIVINFLT),
        replace(faults("an undefined instruction, with onfault set", draw.choice(UNDEFINED), model.T_PRIVINFLT),
                onfault="lab3_returned"),
        faults("a selector beyond the table", MOV_TO[segment], model.T_PROTFLT, selector, eax=selector),
        faults("a null pointer", LOAD, model.T_PAGEFLT, 0, ebx=hole),
        faults("a segment that is not present", MOV_TO[segment], model.T_SEGNPFLT, absent, eax=absent),
        traps("a vector that is reserved", b"\xcd" + bytes([draw.randrange(0x81, 256)]), model.T_RESERVED),
    ]
    yield from draw.sample(fatal, 4)        # each prints, and takes its time
    yield traps("int3", INT3, model.T_BPTFLT)
    yield traps("a single step", NOP, model.T_TRCTRAP, TF)
    yield traps("int 2", b"\xcd\x02", model.T_NMI)
    yield returns("a selector beyond the table, with onfault set", MOV_TO[segment], eax=selector)
    yield returns("a segment that is not present, with onfault set", MOV_TO[segment], eax=absent)
    yield returns("a null pointer, with onfault set", draw.choice([LOAD, STORE]), ebx=hole)
    yield returns("iret with NT set", PUSH_RETURN + back + with_flags(NT | ALWAYS) + IRET, "")


# ---------------------------------------------------------------- ring 3


def run_user(space: UserSpace, snippet: Snippet) -> tuple[int, dict[str, int]]:
    """Have the script run a snippet in ring 3. Returns the event's number, and the frame that it is entered with."""
    draw = space.draw
    flags = draw.getrandbits(32) & ARITHMETIC | ALWAYS | IF | snippet.flags
    frame = {**random_registers(draw), **{name: draw.getrandbits(32) for name in ("isp", "trapno", "err")},
             **dict.fromkeys(("fs", "es", "ds", "ss"), model.UDSEL), "cs": model.UCSEL, "eip": space.put(snippet.code),
             "eflags": flags, "esp": space.stack + draw.randrange(64, PAGE - 8), **snippet.registers, **snippet.frame}
    return space.script.user(frame), frame


def judge_user(results: Results, number: int, snippet: Snippet, entered: Mapping[str, int]) -> None:
    """Did ring 3's snippet end as it must?"""
    trapped = {**entered, "trapno": snippet.number, "err": snippet.error,
               "eip": entered["eip"] + snippet.length if snippet.eip is None else snippet.eip,
               "eflags": entered["eflags"] | (RF if snippet.fault and not snippet.ends else 0)}
    told, signal = _end_of_user(snippet, model.decide(trapped, 0, {}))
    if signal == model.SIGTRAP:
        trapped["eflags"] &= ~TF
    event = event_of(results, number, f"ring 3: {snippet}", told)
    expect(f"ring 3: {snippet}", told, str(event))
    expect(f"ring 3: {snippet}: where the frame is", event.top - FRAME_SIZE, event.at)
    if not {"ds", "es", "fs"} & set(snippet.frame):
        trapped["isp"] = event.at + 44
    expect_frame(f"ring 3: {snippet}", trapped, event)


def _end_of_user(snippet: Snippet, decision: model.Decision) -> tuple[str, int]:
    """What a snippet in ring 3 ends in, in an event's words; and the signal, if that is one."""
    if snippet.ends == "syscall":
        return "a system call", 0
    signal, code = decision.signal, decision.code
    if decision.action == "TRAP_PAGE":
        signal, code = model.SIGSEGV, model.T_PAGEFLT
    return model.signal_words(signal, code), signal


# ---------------------------------------------------------------- ring 0


def run_kernel(script: TrapScript, draw: Random, snippet: Snippet) -> tuple[int, dict[str, int]]:
    """Have the script run a snippet in ring 0. Returns the event's number, and the registers at its first byte; below:
    so far is ESP below the stack's top."""
    flags = draw.getrandbits(32) & ARITHMETIC | ALWAYS | snippet.flags
    before = with_flags(flags)
    at = script.place(before + snippet.code)
    registers = {**random_registers(draw), **snippet.registers}
    below = 4 * draw.randrange(4, 256)
    script.onfault(script.symbol(snippet.onfault) if snippet.onfault else 0)
    return script.kernel(below, at, registers), {**registers, "eflags": flags, "eip": at + len(before), "below": below}


def judge_kernel(results: Results, script: TrapScript, number: int, snippet: Snippet, entered: Mapping[str, int]) -> None:
    """Did ring 0's snippet end as it must?"""
    what = f"ring 0: {snippet}"
    trapped = {**{name: entered[name] for name in PUSHA if name != "esp"}, "trapno": snippet.number,
               "err": snippet.error, "eip": entered["eip"] + snippet.length,
               "eflags": entered["eflags"] | (RF if snippet.fault else 0),
               "cs": model.KCSEL, "ds": model.KDSEL, "es": model.KDSEL, "fs": model.KPSEL}
    if snippet.ends:
        event = event_of(results, number, what, "the end of the code")
        expect(what, "the end of the code", str(event))
        _judge_return(what, entered, event)
        return
    labels = {name: script.symbol(name) for name in ("Xlcall_syscall", *sum(model.EXPECTED, ()))}
    message = {"TRAP_DEBUGGER": "with nothing printed"}.get(model.decide(trapped, 0, labels).action, "after a message")
    told = f"{model.trap_words(snippet.number)}, {message}"
    event = event_of(results, number, what, told)
    expect(what, told, str(event))
    expect(f"{what}: where the frame is", event.top - entered["below"] - 64, event.at)
    expect_frame(what, {**trapped, "isp": event.at + 44}, event)


def _judge_return(what: str, entered: Mapping[str, int], event: Event) -> None:
    """At lab3_returned: PUSHF and PUSHA."""
    names = (*PUSHA, "eflags")
    entered = {**entered, "esp": event.top - entered["below"] - 4}
    expected = {name: entered[name] for name in names}
    expect_fields(f"{what}: the registers at the end", expected, dict(zip(names, event.words)))
