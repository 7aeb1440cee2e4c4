"""Lab 2: is BTX a kernel under the BIOS?

Every check runs a client of its own, with registers, stacks, code and tables drawn anew, and reads the machine from
outside: descriptor tables and registers where the code of an exercise ends, memory when the client is done. Hardware
interrupts stay masked until exercise 2.6 is asked for, so that each exercise is judged by itself.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from grade.bench import Bench, below_bios, describe, stub_reached
from grade.bochs import Machine
from grade.check import check
from grade.checks.btx import (
    BDA_KEYS, BDA_WARM, INTERRUPT_BUDGET, PIC_MASTER, PIC_SLAVE, REGISTERS, RESET, SCRIPT_BUDGET, SEGMENT_FIELDS,
    SESSION_BUDGET, START_BUDGET, Case, Client, answer, boot, cases, dump_lines, expect_registers, far, far_address, general,
    near, random_registers, run_client, run_to, selectors, words)
from grade.checks.session import Session
from grade.checks.v86code import (
    BEYOND_LIMIT, INT30, OUT_MASK, POPF32, RET, RETF, RETF_FLAGS, SPIN, V86Program, interrupt_handler, load, load_all, push, store,
    wait_for_byte, waiting_loop)
from grade.debugger import Descriptor, parse_gate
from grade.failure import StudentFailure, expect, show
from grade.models import btx as model
from grade.models.btx import Step

# Garbage for BTX to start with: a stack and segments that lead nowhere.
DIRT = {"ss": 0x3000, "esp": 0x77778000, "ds": 0x2345, "es": 0x4321, "eax": 0xA0A0A0A0, "ebx": 0xB0B0B0B0, "ecx": 0xC0C0C0C0,
        "edx": 0xDDDDDD80, "esi": 0x51515151, "edi": 0xD1D1D1D1, "ebp": 0xB9B9B9B9}


# ---------------------------------------------------------------- 2.1 to protected mode

def starts(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "BTX is started as boot1 starts it", "registers and segments are garbage")


def to_client_start(bench: Bench, machine: Machine, case: Case) -> None:
    """Run BTX to the end of exercise 2.1. The stub of 2.2 is stepped over: an empty IDT does no harm so far."""
    for name, value in DIRT.items() if "garbage" in case.way else ():
        machine.set_register(name, value)
    goal = bench.symbol("btx", "start_client")
    number = machine.break_at(goal)
    machine.run(START_BUDGET)
    if stub_reached(machine).startswith("LAB 2.2"):
        machine.set_register("eip", bench.symbol("btx", "set_vectors"))
        machine.run(START_BUDGET)
    if machine.stop.address != goal:
        raise StudentFailure("the way to `start_client`, in protected mode", f"a stop at {goal:#x}",
                             f"the stub of {stub}" if (stub := stub_reached(machine)) else describe(machine.stop))
    machine.unbreak(number)


@check("2.1", "tables", points=1, title="GDTR and IDTR lead to BTX' own tables", cases=starts,
       hint="LGDT and LIDT take the address of six bytes, the limit first; in 16-bit code the base is 24 bits, which is enough.")
def tables(bench: Bench, case: Case) -> None:
    with boot(bench, Client(bench, case.draw)) as machine:
        to_client_start(bench, machine, case)
        found = machine.segments()
        expect("GDTR", f"base {bench.symbol('btx', 'gdt'):#x}, limit {8 * 8 - 1:#x}", _register(found.gdtr))
        expect("IDTR", f"base {model.IDT:#x}, limit {model.TSS - model.IDT - 1:#x}", _register(found.idtr))
        for (name, expected), descriptor in zip(model.gdt(), machine.descriptors(found.gdtr)):
            if expected is not None and isinstance(descriptor, Descriptor):
                expect(f"the GDT's descriptor {name}", _words(expected), _words(descriptor))


def _register(table: object) -> str:
    return f"base {table.base:#x}, limit {table.limit:#x}"


def _words(descriptor: Descriptor) -> str:
    """A descriptor without what the processor changes: a segment's accessed bit, a TSS' busy bit."""
    kind = descriptor.type & ~(2 if descriptor.system else 1)
    return (f"base {descriptor.base:#x}, limit {descriptor.limit:#x}, {'system ' if descriptor.system else ''}type {kind:#x}, "
            f"DPL {descriptor.dpl}, {'present' if descriptor.present else 'absent'}, {32 if descriptor.big else 16} bits")


@check("2.1", "segments", points=1, title="protected mode, with the flat ring 0 segments", cases=starts,
       hint="The far jump loads CS; SS, DS and ES each need a MOV. What a segment register held before, its base and limit stay.")
def segments(bench: Bench, case: Case) -> None:
    with boot(bench, Client(bench, case.draw)) as machine:
        to_client_start(bench, machine, case)
        expect("CR0: PE and PG", "1, 0", f"{machine.control().cr0 & 1}, {machine.control().cr0 >> 31}")
        found = machine.segments()
        flat = "base 0x0, limit 0xffffffff"
        for name, selector in (("cs", model.SCODE), ("ss", model.SDATA), ("ds", model.SDATA), ("es", model.SDATA)):
            segment = getattr(found, name)
            expect(name.upper(), f"{selector:#x}: {flat}", f"{segment.selector:#x}: {_register(segment)}")
        expect("SP", f"{model.STACK0:#x}", f"{machine.registers().sp:#x}")


@check("2.1", "task", points=1, title="the task register has the TSS", cases=starts,
       hint="LTR takes the selector, marks the TSS busy, and faults when it is not there. Without it no ring 0 stack is found.")
def task(bench: Bench, case: Case) -> None:
    with boot(bench, Client(bench, case.draw)) as machine:
        to_client_start(bench, machine, case)
        found = machine.segments()
        expect("TR", f"{model.TASK:#x}: base {model.TSS:#x}, limit {model.IOMAP_END - model.TSS - 1:#x}",
               f"{found.tr.selector:#x}: {_register(found.tr)}")
        state = machine.task_state()
        expect("the TSS: SS0:ESP0", f"{model.SDATA:#x}:{model.STACK0:#x}", f"{state.ss0:#x}:{state.esp0:#x}")
        expect("the TSS: where its I/O bitmap is", model.IOMAP - model.TSS, state.iomap)
        expect("ports that the I/O bitmap keeps from the client", 0, sum(map(bool, machine.memory(model.IOMAP, 0x2000))))


# ---------------------------------------------------------------- 2.2 the IDT

def the_table(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "the table as it stands")


@check("2.2", "gates", points=1, title="a gate for each vector that BTX has a use for, and no other", cases=the_table,
       hint="A bit of the mask that is clear leaves its vector null. The type byte stands at offset 5, the selector at 2.")
def gates(bench: Bench, case: Case) -> None:
    idt = built_idt(bench, case, {})
    found = [model.gate_words(parse_gate(idt[8 * vector:8 * vector + 8])) for vector in range(model.VECTORS)]
    wrong = [vector for vector in range(model.VECTORS) if found[vector] != model.expected_gate(vector)]
    expect("the gates of the vectors that are wrong", [f"{vector:02x}: {model.expected_gate(vector)}" for vector in wrong[:8]],
           [f"{vector:02x}: {found[vector]}" for vector in wrong[:8]])


def other_tables(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "another table, of one row", "another table, with rows of 16", "another table", "yet another table")


@check("2.2", "table", points=2, title="the gates are those that the table asks for", cases=other_tables,
       hint="Only a set bit takes a stub; the next one's address is STUB_SIZE further on. A row begins with its own first vector.")
def table(bench: Bench, case: Case) -> None:
    rows = model.draw_rows(case.draw, 1 if "one row" in case.way else case.draw.randint(2, 5), full="of 16" in case.way)
    at = bench.symbol("btx", "idt_rows") - model.HOME
    idt = built_idt(bench, case, {at: model.pack_rows(rows)})
    expected = model.idt(rows)
    wrong = next((vector for vector in range(model.VECTORS) if idt[8 * vector:8 * vector + 8] != expected[8 * vector:8 * vector + 8]),
                 None)
    if wrong is not None:
        told = "; ".join(map(str, rows))
        raise StudentFailure(f"vector {wrong:02x} of the IDT, its table being {told}", show(expected[8 * wrong:8 * wrong + 8]),
                             show(idt[8 * wrong:8 * wrong + 8]))


def built_idt(bench: Bench, case: Case, header: Mapping[int, bytes]) -> bytes:
    """The IDT's bytes where exercise 2.2 ends."""
    with boot(bench, Client(bench, case.draw), header=header) as machine:
        run_to(machine, bench.symbol("btx", "set_vectors"), START_BUDGET, "the way to `set_vectors`, behind the IDT")
        return machine.memory(model.IDT, 8 * model.VECTORS)


# Instructions that ring 3 may not execute, or that fault: the bytes, the vector, the error code.
FAULTS: Mapping[str, tuple[tuple[bytes, int, int], ...]] = {
    "division by zero": ((b"\xf7\xf1", 0x00, 0),),
    "an undefined instruction": ((b"\x0f\x0b", 0x06, 0), (b"\x0f\xff", 0x06, 0), (b"\xf0\x90", 0x06, 0)),
    "an index out of bounds": ((b"\x62\x04\x24", 0x05, 0),),
    "a privileged instruction": ((b"\xfa", 0x0D, 0), (b"\xfb", 0x0D, 0), (b"\xf4", 0x0D, 0), (b"\x0f\x22\xc0", 0x0D, 0),
                                 (b"\x0f\x01\x14\x24", 0x0D, 0), (b"\x0f\x01\x1c\x24", 0x0D, 0), (b"\x0f\x06", 0x0D, 0)),
    "a selector of ring 0": ((b"\xea\0\x90\0\0\x08\0", 0x0D, 0x08), (b"\x8e\xd8", 0x0D, 0x10), (b"\x0f\x00\xd8", 0x0D, 0)),
    "INT with a vector that is not the client's": ((b"\xcd\x08", 0x0D, 0x42), (b"\xcd\x20", 0x0D, 0x102), (b"\xcd\x02", 0x0D, 0x12),
                                                   (b"\xcd\x32", 0x0D, 0x192), (b"\xcc", 0x0D, 0x1A), (b"\xcd\x80", 0x0D, 0x402)),
}


def faults(draw: Random) -> Iterator[Case]:
    yield from cases(draw, *FAULTS)


@check("2.2", "faults", points=1, title="an exception of the client's is told, to the character", cases=faults,
       hint="Each vector must lead to its own stub. The gates of exceptions are for ring 0, so that INT n cannot use them.")
def exceptions(bench: Bench, case: Case) -> None:
    draw = case.draw
    client = Client(bench, draw)
    code, vector, error = draw.choice(FAULTS[case.way])
    registers = {**random_registers(draw), "eax": draw.choice((0x10, 0x20, 0x38)) if code == b"\x8e\xd8" else 0x10, "ecx": 0, "ebp": 0}
    if code == b"\x8e\xd8":
        error = registers["eax"]
    if case.way == "an index out of bounds":
        registers["eax"] = 0x80000000
    flags = draw.getrandbits(32) & (model.CF | model.PF | model.AF | model.ZF | model.SF | model.DF | model.OF)
    before = load_all(registers) + push(flags) + POPF32
    at = client.run(before + code + draw.randbytes(32))
    eip = near(at) + len(before)
    with boot(bench, client) as machine:
        run_to(machine, at, START_BUDGET, "the client's first instruction")
        esp = machine.registers().esp
        machine.run(SCRIPT_BUDGET)
        stack = machine.memory(model.CLIENT + esp, 32)
        frame = model.Frame({**registers, "esp": esp, "eip": eip, "efl": flags | model.ALWAYS | model.IF | model.RF},
                            {"cs": model.UCODE, **dict.fromkeys(("ds", "es", "fs", "gs", "ss"), model.UDATA)},
                            bytes(client.image[eip:eip + 32]), stack)
        expected = [*model.dump(vector, error, frame), model.HALTED, ""]
        expect("on COM1", expected, dump_lines(machine))
        rows = below_bios(machine.screen())
        expect("on the screen", expected[1:-1], [row for row in rows if row])


# ---------------------------------------------------------------- 2.3 system calls

def system_call(client: Client, stack: Sequence[int], eax: int, **registers: int) -> None:
    """The client pushes these words, the last one first, and executes INT 0x30."""
    client.run(b"".join(push(word) for word in reversed(stack)) + load_all({**random_registers(client.draw), **registers, "eax": eax})
               + INT30 + SPIN)


def targets(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "exec with 4 arguments", "exec with 9 arguments")


@check("2.3", "exec", points=2, title="exec calls its target: flat memory, arguments on the stack", cases=targets,
       hint="The client's ESP stands at 12(%esp) and counts from A000. The word there is a return address; the next one is the target.")
def execute(bench: Bench, case: Case) -> None:
    draw = case.draw
    client = Client(bench, draw)
    target = client.place(SPIN, align=1 << draw.randrange(5))
    arguments = [draw.getrandbits(32) for _ in range(int(case.way.split()[2]))]
    system_call(client, [draw.getrandbits(32), target, *arguments], 1)
    with boot(bench, client) as machine:
        run_to(machine, target, START_BUDGET, "the target of exec")
        expect("CR0: PE and PG", "1, 0", f"{machine.control().cr0 & 1}, {machine.control().cr0 >> 31}")
        expect_registers("the target's segments", {"cs": model.SCODE, **dict.fromkeys(("ds", "es", "fs", "gs", "ss"), model.SDATA)},
                         selectors(machine.segments()))
        registers = machine.registers()
        expect("IF in the target's EFLAGS", False, registers.interrupts)
        found = words(machine.memory(registers.esp, 4 * (1 + len(arguments))))
        expect("the words at the target's ESP, behind the return address", [f"{word:08x}" for word in arguments],
               [f"{word:08x}" for word in found[1:]])
        expect("the return address", "in BTX", "in BTX" if model.HOME <= found[0] < model.CLIENT else f"{found[0]:#x}")


def returns(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "the target of exec returns")


@check("2.3", "return", points=1, title="a target that returns ends in a reboot", cases=returns,
       hint="CALL the target, so that it can return: behind the call stands what any other system call does.")
def returned(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    target = client.place(RET)
    system_call(client, [case.draw.getrandbits(32), target, case.draw.getrandbits(32)], 1)
    with boot(bench, client) as machine:
        run_to(machine, target, START_BUDGET, "the target of exec")
        expect_reboot(machine)


def exits(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "EAX = 00000000", f"EAX = {draw.randint(2, 0xFF):08x}", f"EAX = {draw.randint(1, 0xFFFF) << 16 | 1:08x}")


@check("2.3", "exit", points=1, title="every other call ends the client, and the machine reboots", cases=exits,
       hint="All 32 bits of EAX count. The header's flag says that the way to real mode ends in a reboot, not in a loop.")
def leave(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    target = client.place(SPIN)
    system_call(client, [case.draw.getrandbits(32), target], int(case.way.split()[2], 16))
    with boot(bench, client) as machine:
        expect_reboot(machine)


def expect_reboot(machine: Machine) -> None:
    """The machine comes to F000:FFF0 as a warm boot, in real mode."""
    run_to(machine, RESET, START_BUDGET, "the reboot, F000:FFF0")
    expect("the header's flags, bit 0", 1, machine.memory(model.HOME + model.HEADER_FLAGS, 1)[0] & 1)
    expect("CR0: PE", 0, machine.control().cr0 & 1)
    expect("IDTR", "base 0x0, limit 0x3ff", _register(machine.segments().idtr))
    expect("the word at 0472h", 0x1234, int.from_bytes(machine.memory(BDA_WARM, 2), "little"))


# ---------------------------------------------------------------- 2.4 enter v86

SOME_FLAGS = model.CF | model.PF | model.AF | model.ZF | model.SF | model.DF | model.OF


@dataclass(frozen=True)
class Call:
    """A v86 call that a check has made up: where its code is, what it gets, and from which stack (linear)."""

    handle: int
    at: int
    segment: int
    offset: int
    registers: Mapping[str, int]
    segments: Mapping[str, int]
    flags: int
    stack: int
    frame: int        # bytes that BTX pushes: 4 for a far call, 6 otherwise

    @property
    def first_stack(self) -> tuple[int, int]:
        return model.v86_stack(self.stack - self.frame)


def make_call(client: Client, body: bytes | Callable[[int], bytes] = b"", *, far_call: bool = True, vector: int | None = None, control: int = 0,
              stack: int = 0, trap: bool = False, al: int | None = None) -> Call:
    """A call of `body`, which may depend on its segment, and of the return that fits: by its address, or by a vector
    that is hooked for it."""
    draw = client.draw
    at = client.next_address
    segment, offset = far(at, draw)
    client.place((body if isinstance(body, bytes) else body(segment)) + (RETF if far_call else RETF_FLAGS), align=1)
    registers, flags = random_registers(draw), draw.getrandbits(32) & SOME_FLAGS | model.ALWAYS | (model.TF if trap else 0)
    if al is not None:
        registers["eax"] = registers["eax"] & ~0xFF | al
    values = {name: draw.getrandbits(16) for name in SEGMENT_FIELDS}
    stack = stack or 0x40000 + 4 * draw.randrange(0x10000)
    control |= (model.V86_CALLF if far_call else 0) | (model.V86_ADDR if vector is None else 0)
    if vector is not None:
        client.hook(vector, struct.pack("<HH", offset, segment))
    handle = client.v86(stack=near(stack), flags=flags, ctl=control, addr=segment << 16 | offset if vector is None else vector,
                        **values, **registers)
    return Call(handle, at, segment, offset, registers, values, flags, stack, 4 if far_call else 6)


def expect_entered(machine: Machine, call: Call) -> None:
    """The machine comes to the call's first instruction, in v86 mode, with the registers that it was given."""
    run_to(machine, call.at, START_BUDGET, "the first instruction of the v86 code")
    registers, found = machine.registers(), machine.segments()
    interrupts = model.IF if call.frame == 4 else 0
    expect("EFLAGS", f"{call.flags & ~model.TF | model.VM | interrupts:08x}", f"{registers.eflags:08x}")
    expect("CS:IP", f"{call.segment:04x}:{call.offset:04x}", f"{found.cs.selector:04x}:{registers.eip:04x}")
    expect_registers("the general registers", call.registers, general(registers))
    expect_registers("ES, DS, FS and GS", call.segments, selectors(found))


def entries(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "a far call of an address", "an address, with flags", "a far call, the client's TF being set")


@check("2.4", "entry", points=2, title="v86 code starts where it should, with its registers", cases=entries,
       hint="The frame that the IRET at v86_resume pops must be whole: EIP, CS, EFLAGS with VM, ESP, SS, ES, DS, FS, GS.")
def entry(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    call = make_call(client, far_call="far call" in case.way, trap="TF" in case.way, control=model.V86_FLAGS)
    with boot(bench, client) as machine:
        expect_entered(machine, call)


def vectors(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "INT n, through its vector", "two vectors, one after the other")


@check("2.4", "vector", points=1, title="a number leads through the BIOS' vectors", cases=vectors,
       hint="Without V86_ADDR the address field is a number; the vector at 4 * number has the offset first, then the segment.")
def vector(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    numbers = case.draw.sample(range(0x80, 0xF0), 2 if "two" in case.way else 1)
    calls = [make_call(client, far_call=False, vector=number) for number in numbers]
    with boot(bench, client) as machine:
        for call in calls:
            expect_entered(machine, call)


def stacks(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "a far call", "an interrupt's frame", "a stack below V86_STK", "a far call from another stack")


@check("2.4", "stack", points=1, title="SS:SP, and what is pushed there", cases=stacks,
       hint="Flags first, unless it is a far call; then segment 0 and the address of v86_end. SS leaves V86_STK bytes below SP.")
def stack(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    low = 0x3D0 + 4 * case.draw.randrange(8) if "below" in case.way else 0      # in the vectors F4 to FB, which nobody uses
    call = make_call(client, far_call="far call" in case.way, stack=low)
    with boot(bench, client) as machine:
        run_to(machine, call.at, START_BUDGET, "the first instruction of the v86 code")
        segment, pointer = call.first_stack
        found = machine.segments().ss.selector, machine.registers().esp
        expect("SS:ESP", f"{segment:04x}:{pointer:08x}", f"{found[0]:04x}:{found[1]:08x}")
        pushed = struct.unpack("<3H", machine.memory(call.stack - call.frame, 6))
        back = machine.memory(pushed[1] * 16 + pushed[0], 1)
        expect("what stands at the return address", "a HLT of BTX", "a HLT of BTX" if back == b"\xf4" and pushed[1] == 0
               and model.HOME <= pushed[0] < model.CLIENT else f"{back[0]:02x}, at {pushed[1]:04x}:{pushed[0]:04x}")
        if call.frame == 6:
            expect("the flags on the stack", f"{call.flags | model.IF:04x}", f"{pushed[2]:04x}")


def ways_back(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "a far call", "an interrupt", "three calls from three stacks")


@check("2.4", "back", points=1, title="the client goes on: its own stack, the v86 code's registers", cases=ways_back,
       hint="ESP0 must point at C_ARGS while v86 code runs: what comes out of it is pushed below. C_ARGS has the popped word.")
def back(bench: Bench, case: Case) -> None:
    draw = case.draw
    client = Client(bench, draw)
    made = []
    for _ in range(3 if "three" in case.way else 1):
        after = random_registers(draw)
        code = b"".join(b"\x66" + load(name, value) for name, value in after.items())
        made.append((make_call(client, code, far_call=case.way != "an interrupt"), after))
    with boot(bench, client) as machine:
        memory = run_client(machine, client)
    for call, after in made:
        got = answer(memory, call.handle)
        expect_registers("the registers after the call", after, got.registers)
        expect_registers("the structure's segments", call.segments, got.segments)
        expect("ESP after the call", near(call.stack), got.esp)
        expect("EFLAGS after the call", call.flags | model.IF, got.eflags)
        expect_registers("the client's segments", {"cs": model.UCODE, "ds": model.UDATA, "es": model.UDATA, "ss": model.UDATA},
                         got.selectors)


# ---------------------------------------------------------------- 2.5 the monitor

@dataclass(frozen=True)
class Program:
    """A v86 program in a client, and where its slots are in the client's memory."""

    steps: Sequence[Step]
    prediction: model.Prediction
    slots: int
    handle: int
    flags: int


def make_program(client: Client, steps: Sequence[Step]) -> Program:
    """Put a program into a client, and call it; its INTs' vectors are hooked."""
    draw = client.draw
    flags = draw.getrandbits(32) & SOME_FLAGS | model.ALWAYS
    stack = 0x40000 + 4 * draw.randrange(0x10000)
    prediction = model.run(steps, flags=flags | model.IF, stack=model.v86_stack(stack - 4)[1])
    slots = client.reserve(4 * len(prediction.slots))
    code = V86Program(segment := (model.CLIENT >> 4) - draw.randrange(0x100), client.next_address - 16 * segment, slots - 16 * segment)
    code.add(steps)
    client.place(bytes(code.code) + RETF, align=1)
    for number, handler in code.handlers.items():
        client.hook(number, handler)
    handle = client.v86(stack=near(stack), flags=flags, ctl=model.V86_ADDR | model.V86_CALLF | model.V86_FLAGS,
                        addr=code.segment << 16 | code.offset)
    return Program(steps, prediction, slots, handle, flags)


def run_programs(bench: Bench, case: Case, kinds: Sequence[str], *, length: int = 14) -> None:
    """Three programs of these kinds of steps, and their predictions."""
    client = Client(bench, case.draw)
    programs = [make_program(client, model.draw_steps(case.draw, kinds, length)) for _ in range(3)]
    with boot(bench, client) as machine:
        memory = run_client(machine, client)
    for program in programs:
        expect_program(memory, program)


def expect_program(memory: bytes, program: Program) -> None:
    """Everything that a program has stored is what the model says, and so are the flags that it ends with."""
    at = program.slots - model.CLIENT
    for number, ((what, expected, mask), got) in enumerate(zip(program.prediction.slots, words(memory[at:]))):
        if got & mask != expected:
            told = "; ".join(map(str, program.steps))
            raise StudentFailure(f"what v86 code has stored, number {number + 1}, {what}\nthe code: {told}", f"{expected:x}", f"{got & mask:x}")
    expect("the flags that v86 code ends with, IF left out", f"{program.prediction.flags & 0xFFFF & ~model.IF:04x}",
           f"{answer(memory, program.handle).eflags & 0xFFFF & ~model.IF:04x}")


def flag_programs(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "cli, sti, pushf", "popf, pushf", "pushfd, popfd", "all of them")


@check("2.5", "flags", points=2, title="CLI, STI, PUSHF and POPF do to the v86 flags what they say", cases=flag_programs,
       hint="Flags are those of T_EFL. POPF changes the bits of V86_FLG only: never IOPL, TF, NT or VM, and without 66h the low 16.")
def flag_instructions(bench: Bench, case: Case) -> None:
    kinds = {"cli, sti, pushf": ("cli", "sti", "flags", "arith"), "popf, pushf": ("popf", "flags", "sti", "arith"),
             "pushfd, popfd": ("popfd", "flagsd", "cli", "sp")}
    run_programs(bench, case, kinds.get(case.way, ("cli", "sti", "std", "cld", "arith", "flags", "flagsd", "popf", "popfd", "sp", "push", "pop")))


def iret_programs(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "iret", "iretd", "both, among others")


@check("2.5", "iret", points=1, title="IRET pops IP, CS and FLAGS, in 16 bits and in 32", cases=iret_programs,
       hint="Behind a 66h prefix each of the three has 32 bits, and CS and IP use the low half. What follows is not the next instruction.")
def iret(bench: Bench, case: Case) -> None:
    kinds = {"iret": ("iret", "flags", "sp"), "iretd": ("iretd", "flagsd", "sp")}
    run_programs(bench, case, kinds.get(case.way, ("iret", "iretd", "flags", "flagsd", "sp", "popf", "cli")))


def skipped(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "hlt and int3 on the way", "an instruction that is none of these")


@check("2.5", "skip", points=1, title="HLT and INT3 are passed by; the unknown is told", cases=skipped,
       hint="v86_next goes on behind the instruction. What the monitor does not know goes to v86_unknown.")
def skip(bench: Bench, case: Case) -> None:
    if "on the way" in case.way:
        run_programs(bench, case, ("hlt", "int3", "flags", "sp", "cli", "sti"))
        return
    client = Client(bench, case.draw)
    call = make_call(client, BEYOND_LIMIT)
    with boot(bench, client) as machine:
        expect_entered(machine, call)
        machine.run(SCRIPT_BUDGET)
        segment, pointer = call.first_stack
        code, stack_ = machine.memory(call.at, 32), machine.memory(call.stack - call.frame, 32)
        flags = call.flags | model.IF | model.VM | model.RF
        frame = model.Frame({**call.registers, "esp": pointer, "eip": call.offset, "efl": flags},
                            {**call.segments, "cs": call.segment, "ss": segment}, code, stack_)
        expect("on COM1", [*model.dump(0x0D, 0, frame), model.HALTED, ""], dump_lines(machine))


def services(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "INT 19h", "INT 15h, AX = 4F53h, with Ctrl and Alt held", "INT 15h, AH = 87h: three block moves")


@check("2.5", "services", points=1, title="the interrupts that the monitor serves itself", cases=services,
       hint="INT 19h never gets to the BIOS. v86_block_move is written; it wants ESI behind the INT.")
def service(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    if "moves" in case.way:
        move_blocks(bench, client)
        return
    if "Ctrl" in case.way:
        client.poke(BDA_KEYS, 0x0C)
    call = make_call(client, b"\xcd\x19" if case.way == "INT 19h" else b"\xb8\x53\x4f\xcd\x15")
    with boot(bench, client) as machine:
        expect_entered(machine, call)
        expect_reboot(machine)


def move_blocks(bench: Bench, client: Client) -> None:
    """Low memory to an odd megabyte, from there beyond 16 MB, and back; the bytes before and behind stay."""
    draw = client.draw
    count = draw.randint(1, 0x100)
    data = draw.randbytes(2 * count)
    places = [client.place(data, align=2), draw.randrange(1, 16, 2) << 20 | draw.getrandbits(18), draw.randint(17, 47) << 20 | draw.getrandbits(18),
              client.reserve(2 * count + 4, align=2)]
    calls = []
    for source, goal in zip(places, places[1:]):
        table_ = bytearray(draw.randbytes(48))
        for entry_, address in ((2, source), (3, goal)):
            table_[8 * entry_:8 * entry_ + 8] = model.block_descriptor(address)
        at = client.place(bytes(table_))
        segment, offset = far(at, draw)
        eax, ecx = draw.getrandbits(32) & ~0xFF00 | 0x8700, draw.getrandbits(16) << 16 | count
        calls.append((eax, client.v86(**{**random_registers(draw), "eax": eax, "ecx": ecx, "esi": draw.getrandbits(16) << 16 | offset}, es=segment,
                                      flags=model.CF, ctl=model.V86_ADDR | model.V86_CALLF | model.V86_FLAGS,
                                      addr=far_address(client.place(b"\xcd\x15" + RETF), draw))))
    with boot(bench, client) as machine:
        memory = run_client(machine, client)
        for goal in places[1:]:
            expect(f"{2 * count} bytes at {goal:#x}", data, machine.memory(goal, 2 * count))
    at = places[-1] - model.CLIENT
    expect("the bytes behind the last block", bytes(client.image[at + 2 * count:at + 2 * count + 4]), memory[at + 2 * count:at + 2 * count + 4])
    for eax, handle in calls:
        got = answer(memory, handle)
        expect("EAX after INT 15h, AH = 87h", eax & ~0xFF00, got.registers["eax"])
        expect("carry after it", 0, got.eflags & model.CF)


# ---------------------------------------------------------------- 2.6 reflect

def int_programs(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "int n", "int n in the handler of int n", "int n, among others", "INT 15h, AX = 4F53h, with Alt alone held")


@check("2.6", "int", points=1, title="INT n goes through the BIOS' vector, and comes back", cases=int_programs,
       hint="Flags, CS and IP are pushed in this order, IP being that behind the INT. IF and TF are clear in the handler.")
def int_instructions(bench: Bench, case: Case) -> None:
    kinds = {"int n": ("int", "sp"), "int n in the handler of int n": ("nested", "flags", "sp")}
    if "Alt" not in case.way:
        run_programs(bench, case, kinds.get(case.way, ("int", "flags", "popf", "popfd", "iret", "cli", "sti", "sp", "arith")), length=8)
        return
    client = Client(bench, case.draw)
    client.poke(BDA_KEYS, case.draw.choice((0x04, 0x08)))
    program = make_program(client, [Step("ax", 0x4F53), Step("int", 0x15, body=(Step("flags"), Step("sp"))), Step("flags")])
    with boot(bench, client) as machine:
        expect_program(run_client(machine, client), program)


# How to have a device interrupt: its line, writes to ports that prepare it, and the mask of the first controller that
# lets it through at last.
DEVICES: Mapping[str, tuple[int, tuple[tuple[int, int], ...], int]] = {
    "the timer": (0, (), 0xFE),
    "the keyboard": (1, (), 0xFD),
    "COM1": (4, ((0x3FB, 0x03), (0x3FC, 0x08), (0x3F9, 0x02)), 0xEF),
    "the clock": (8, ((0x70, 0x0B), (0x71, 0x42), (PIC_SLAVE, 0xFE)), 0xFB),
}


def devices(draw: Random) -> Iterator[Case]:
    yield from cases(draw, *DEVICES)


@dataclass(frozen=True)
class Hooked:
    """A device whose interrupt is hooked: the handler's linear address and vector, the byte that it makes 1, and the
    mask that lets the interrupt through."""

    name: str
    handler: int
    segment: int
    offset: int
    seen: int
    mask: int


def hook_device(client: Client, name: str) -> Hooked:
    """Prepare a device, and hook its interrupt."""
    irq, writes, mask = DEVICES[name]
    seen = client.place(bytes(1))
    at = client.next_address
    segment, offset = far(at, client.draw)
    client.place(interrupt_handler(seen - 16 * segment), align=1)
    client.hook(model.irq_vector(irq), struct.pack("<HH", offset, segment))
    for port, value in writes:
        client.out(port, value)
    return Hooked(name, at, segment, offset, seen, mask)


def await_interrupt(machine: Machine, device: Hooked, loop: int) -> int:
    """Run to the OUT before the loop, have the device interrupt, and run on into its handler. Returns ESP as it was
    at the OUT."""
    run_to(machine, loop, SCRIPT_BUDGET, "the loop that waits for an interrupt")
    esp = machine.registers().esp
    if device.name == "the keyboard":
        machine.press(b"x")
    run_to(machine, device.handler, INTERRUPT_BUDGET,
           f"the handler of INT {model.irq_vector(DEVICES[device.name][0]):02x}h, for an interrupt of {device.name}")
    registers, found = machine.registers(), machine.segments()
    expect("VM, IF and TF in EFLAGS", f"{model.VM:08x}", f"{registers.eflags & (model.VM | model.IF | model.TF):08x}")
    expect("CS:IP", f"{device.segment:04x}:{device.offset:04x}", f"{found.cs.selector:04x}:{registers.eip:04x}")
    return esp


@check("2.6", "v86", points=1, title="an interrupt of v86 code gets to the BIOS' handler", cases=devices,
       hint="What is pushed on the v86 stack is what INT n would push; everything else stays as it is.")
def from_v86(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    device = hook_device(client, case.way)
    call = make_call(client, lambda segment: waiting_loop(device.seen - 16 * segment), al=device.mask)
    segment, pointer = call.first_stack
    with boot(bench, client) as machine:
        await_interrupt(machine, device, call.at)
        registers, found = machine.registers(), machine.segments()
        expect("SS:ESP", f"{segment:04x}:{pointer - 6:08x}", f"{found.ss.selector:04x}:{registers.esp:08x}")
        back_to, code, flags = struct.unpack("<3H", machine.memory(call.stack - call.frame - 6, 6))
        expect("CS on the stack", call.segment, code)
        expect("IP on the stack", "in the loop", "in the loop" if 0 < back_to - call.offset < len(waiting_loop(0)) else f"{back_to:04x}")
        expect("IF and DF in the flags on the stack", f"{(call.flags | model.IF) & (model.IF | model.DF):04x}",
               f"{flags & (model.IF | model.DF):04x}")
        expect_registers("the general registers", call.registers, general(registers))
        expect_registers("ES, DS, FS and GS", call.segments, selectors(found))
        memory = run_client(machine, client)
    expect_registers("the registers after the call", call.registers, answer(memory, call.handle).registers)


@check("2.6", "client", points=1, title="so does one of the client, who notices nothing", cases=devices,
       hint="Out of ring 3, `enter' builds the call: the number is where C_VECTOR is, the client's frame right above it.")
def from_client(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    device = hook_device(client, case.way)
    registers = random_registers(case.draw)
    registers["eax"] = registers["eax"] & ~0xFF | device.mask
    results = client.reserve(4 * len(REGISTERS))
    stores = b"".join(store(name, near(results) + 4 * number) for number, name in enumerate(REGISTERS))
    loop = len(loads := load_all(registers)) + client.run(loads + OUT_MASK + wait_for_byte(near(device.seen)) + stores + RET)
    with boot(bench, client) as machine:
        linear = await_interrupt(machine, device, loop) + model.CLIENT
        segment, pointer = model.v86_stack(linear - 6)
        expect("SS:ESP", f"{segment:04x}:{pointer:08x}", f"{machine.segments().ss.selector:04x}:{machine.registers().esp:08x}")
        pushed = struct.unpack("<3H", machine.memory(linear - 6, 6))
        expect("what stands at the return address", b"\xf4", machine.memory(16 * pushed[1] + pushed[0], 1))
        expect("IF in the flags on the stack", model.IF, pushed[2] & model.IF)
        memory = run_client(machine, client)
    found = words(memory[results - model.CLIENT:][:4 * len(REGISTERS)])
    expect_registers("the client's registers, behind the interrupt", registers, dict(zip(REGISTERS, found)))


def sessions(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "screen, clock and memory", "the disk", "the disk again, ticks counted", "the memory map")


@check("2.6", "bios", points=1, title="the BIOS serves the client, all interrupts on", cases=sessions,
       hint="This needs the whole monitor. What does the BIOS do that your monitor has not met so far? The dump shows its code.")
def bios(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    base_memory = client.draw.randint(600, 639)
    session = Session(client, base_memory)
    client.out(PIC_SLAVE, 0x8E)
    client.out(PIC_MASTER, 0xB8)
    if "disk" in case.way:
        session.read_disk()
    elif "map" in case.way:
        session.read_memory_map()
    else:
        session.talk()
    if "ticks" in case.way:
        session.count_ticks(3)
    with boot(bench, client, sectors=session.sectors, base_memory=base_memory) as machine:
        memory = run_client(machine, client, budget=SESSION_BUDGET)
        for question in session.questions:
            question(machine, memory)
