"""Lab 2's second half, v86.S: does the BIOS run in v86 mode as if the machine were its own?

Each exercise is judged from the state that it begins with, so that a fault of the way in costs nothing on the way on.
The checks are found by way of grade/checks/lab_2_btx.py, which has the first half.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from grade.bench import Bench
from grade.bochs import Machine
from grade.check import check
from grade.checks.btx import (
    BDA_KEYS, INTERRUPT_BUDGET, PIC_MASTER, PIC_SLAVE, REGISTERS, SCRIPT_BUDGET, SEGMENT_FIELDS, SESSION_BUDGET,
    SOME_FLAGS, START_BUDGET, Case, Client, answer, boot, cases, dump_lines, expect_reboot, expect_registers, far,
    far_address, general, near, random_registers, run_client, run_to, selectors, words)
from grade.checks.session import Session
from grade.checks.v86code import (
    BEYOND_LIMIT, CARRY_TO_BX, OUT_MASK, RET, RETF, RETF_FLAGS, V86Program, interrupt_handler, load, load_all,
    load_segments, store, wait_for_byte, waiting_loop)
from grade.failure import StudentFailure, expect
from grade.models import btx as model
from grade.models.btx import Step


# ---------------------------------------------------------------- 2.4 enter v86

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


def make_call(client: Client, body: bytes | Callable[[int], bytes] = b"", *, far_call: bool = True,
              vector: int | None = None, control: int = 0, stack: int = 0, trap: bool = False,
              al: int | None = None) -> Call:
    """A call of `body`, which may depend on its segment, and of the return that fits: by its address, or by a vector
    that is hooked for it. stack: a linear address (0: drawn); trap: TF is set in the client; al: what AL has."""
    draw = client.draw
    at = client.next_address
    segment, offset = far(at, draw)
    client.place((body if isinstance(body, bytes) else body(segment)) + (RETF if far_call else RETF_FLAGS), align=1)
    registers, values = random_registers(draw), {name: draw.getrandbits(16) for name in SEGMENT_FIELDS}
    flags = draw.getrandbits(32) & SOME_FLAGS | model.ALWAYS | (model.TF if trap else 0)
    if al is not None:
        registers["eax"] = registers["eax"] & ~0xFF | al
    stack = stack or 0x40000 + 4 * draw.randrange(0x10000)
    control |= (model.V86_CALLF if far_call else 0) | (model.V86_ADDR if vector is None else 0)
    if vector is not None:
        client.hook(vector, struct.pack("<HH", offset, segment))
    address = segment << 16 | offset if vector is None else vector
    handle = client.v86(stack=near(stack), flags=flags, ctl=control, addr=address, **values, **registers)
    return Call(handle, at, segment, offset, registers, values, flags, stack, 4 if far_call else 6)


def entries(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "a far call of an address", "an address, with flags", "a far call, the client's TF being set")


@check("2.4", "entry", points=2, title="v86 code starts where it should, with its registers", cases=entries,
       hint="The frame that the IRET at v86_resume pops must be whole: EIP, CS, EFLAGS with VM, ESP, SS, ES, DS, FS, GS.")
def entry(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    call = make_call(client, far_call="far call" in case.about, trap="TF" in case.about, control=model.V86_FLAGS)
    with boot(bench, client) as machine:
        run_to(machine, call.at, START_BUDGET, "the first instruction of the v86 code")
        registers, found = machine.registers(), machine.segments()
        interrupts = model.IF if call.frame == 4 else 0
        expect("EFLAGS", f"{call.flags & ~model.TF | model.VM | interrupts:08x}", f"{registers.eflags:08x}")
        expect("CS:IP", f"{call.segment:04x}:{call.offset:04x}", f"{found.cs.selector:04x}:{registers.eip:04x}")
        expect_registers("the general registers", call.registers, general(registers))
        expect_registers("ES, DS, FS and GS", call.segments, selectors(found))


def vectors(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "INT n, through its vector", "two vectors, one after the other")


@check("2.4", "vector", points=1, title="a number leads through the BIOS' vectors", cases=vectors,
       hint="Without V86_ADDR the address field is a number; the vector at 4 * number has offset, then segment.")
def vector(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    numbers = case.draw.sample(range(0x80, 0xF0), 2 if "two" in case.about else 1)
    calls = [make_call(client, far_call=False, vector=number) for number in numbers]
    with boot(bench, client) as machine:
        for number, call in enumerate(calls):
            run_to(machine, call.at, START_BUDGET, "the v86 code that the vector leads to", hint=number * (
                "The first call was entered; what came back? ESP0 must be at C_ARGS before, below the client's frame."))
            expect("CS:IP", f"{call.segment:04x}:{call.offset:04x}",
                   f"{machine.segments().cs.selector:04x}:{machine.registers().eip:04x}")


def stacks(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "a far call", "an interrupt's frame", "a stack below V86_STK", "a far call from another stack")


@check("2.4", "stack", points=1, title="SS:SP, and what is pushed there", cases=stacks,
       hint="Flags first, unless it is a far call; then segment 0 and v86_end. SS leaves V86_STK bytes below SP.")
def stack(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    low = 0x3D0 + 4 * case.draw.randrange(8) if "below" in case.about else 0      # vectors F4 to FB: nobody uses them
    call = make_call(client, far_call="far call" in case.about, stack=low)
    with boot(bench, client) as machine:
        run_to(machine, call.at, START_BUDGET, "the first instruction of the v86 code")
        segment, pointer = call.first_stack
        found = machine.segments().ss.selector, machine.registers().esp
        expect("SS:ESP", f"{segment:04x}:{pointer:08x}", f"{found[0]:04x}:{found[1]:08x}")
        pushed = struct.unpack("<3H", machine.memory(call.stack - call.frame, 6))
        code = machine.memory(pushed[1] * 16 + pushed[0], 1)
        right = code == b"\xf4" and pushed[1] == 0 and model.HOME <= pushed[0] < model.CLIENT
        expect("what stands at the return address", "a HLT of BTX",
               "a HLT of BTX" if right else f"{code[0]:02x}, at {pushed[1]:04x}:{pushed[0]:04x}")
        if call.frame == 6:
            expect("the flags on the stack", f"{call.flags | model.IF:04x}", f"{pushed[2]:04x}")


def ways_back(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "a far call", "an interrupt", "three calls from three stacks")


@check("2.4", "back", points=1, title="the client goes on: its own stack, the v86 code's registers", cases=ways_back,
       hint="While v86 code runs ESP0 points at C_ARGS, which has the popped word. C_ESP stays as it is:\n"
            "v86_return puts that word back there.")
def back(bench: Bench, case: Case) -> None:
    draw = case.draw
    client = Client(bench, draw)
    made = []
    for _ in range(3 if "three" in case.about else 1):
        after, own = random_registers(draw), {name: draw.getrandbits(16) for name in SEGMENT_FIELDS}
        code = load_segments(own) + b"".join(b"\x66" + load(name, value) for name, value in after.items())
        made.append((make_call(client, code, far_call=case.about != "an interrupt"), after, own))
    with boot(bench, client) as machine:
        memory = run_client(machine, client)
    for call, after, own in made:
        got = answer(memory, call.handle)
        expect_registers("the registers after the call", after, got.registers)
        expect_registers("the structure's segments", own, got.segments)
        expect("ESP after the call", near(call.stack), got.esp)
        expect("EFLAGS after the call", call.flags | model.IF, got.eflags)
        expect_registers("the client's segments", {"cs": model.UCODE, **dict.fromkeys(("ds", "es", "ss"), model.UDATA)},
                         got.selectors)


# ---------------------------------------------------------------- 2.5 the monitor

@dataclass(frozen=True)
class Program:
    """A v86 program in a client: its first instruction, and its slots."""

    steps: Sequence[Step]
    at: int
    slots: int


def make_program(client: Client, steps: Sequence[Step]) -> Program:
    """Put a program into a client, and call it; its INTs' vectors are hooked."""
    draw = client.draw
    slots = client.reserve(4 * len(model.run(steps, flags=0, stack=0)))
    segment = (model.CLIENT >> 4) - draw.randrange(0x100)
    code = V86Program(segment, client.next_address - 16 * segment, slots - 16 * segment)
    address = code.segment << 16 | code.offset
    code.add(steps)
    at = client.place(bytes(code.code) + RETF, align=1)
    for number, handler in code.handlers.items():
        client.hook(number, handler)
    client.v86(stack=near(0x40000 + 4 * draw.randrange(0x10000)), flags=draw.getrandbits(32) & SOME_FLAGS | model.ALWAYS,
               ctl=model.V86_ADDR | model.V86_CALLF, addr=address)
    return Program(steps, at, slots)


def run_steps(bench: Bench, case: Case, kinds: Sequence[str], *, length: int = 14) -> None:
    """Three programs of these kinds of steps."""
    client = Client(bench, case.draw)
    run_programs(bench, client, [make_program(client, model.draw_steps(case.draw, kinds, length)) for _ in range(3)])


def run_programs(bench: Bench, client: Client, programs: Sequence[Program]) -> None:
    """Run them, and compare what they have stored with what the model makes of the flags and the SP that each began
    with: whether those were right is another check's question."""
    predictions = []
    with boot(bench, client) as machine:
        for program in programs:
            run_to(machine, program.at, SCRIPT_BUDGET, "the v86 code's first instruction")
            registers = machine.registers()
            predictions.append(model.run(program.steps, flags=registers.eflags & 0xFFFF, stack=registers.sp))
        memory = run_client(machine, client)
        expect("exceptions told on COM1", "none", "; ".join(dump_lines(machine)[1:2]) or "none")
    for program, prediction in zip(programs, predictions):
        at = program.slots - model.CLIENT
        for number, (slot, got) in enumerate(zip(prediction, words(memory[at:at + 4 * len(prediction)]))):
            if got & slot.mask != slot.value:
                raise StudentFailure(f"what v86 code has stored, number {number + 1}: {slot.what}. The code is\n"
                                     f"{'; '.join(map(str, program.steps))}", *(
                    f"{value:0{8 if slot.mask >> 16 else 4}x}" for value in (slot.value, got & slot.mask)))


def flag_programs(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "cli, sti, pushf", "popf, pushf", "pushfd, popfd", "all of them")


@check("2.5", "flags", points=2, title="CLI, STI, PUSHF and POPF do to the v86 flags what they say", cases=flag_programs,
       hint="Flags are those of T_EFL. POPF changes the bits of V86_FLG, never IOPL or TF; without 66h, the low 16.\n"
            "Of 32 bits the upper half is pushed first, and popped last.")
def flag_instructions(bench: Bench, case: Case) -> None:
    kinds = {"cli, sti, pushf": ("cli", "sti", "flags", "arith"), "popf, pushf": ("popf", "flags", "sti", "arith"),
             "pushfd, popfd": ("popfd", "flagsd", "cli", "sp")}
    run_steps(bench, case, kinds.get(case.about, (
        "cli", "sti", "std", "cld", "arith", "flags", "flagsd", "popf", "popfd", "sp", "pop")))


def iret_programs(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "iret", "iretd", "both, among others")


@check("2.5", "iret", points=1, title="IRET pops IP, CS and FLAGS, in 16 bits and in 32", cases=iret_programs,
       hint="Behind a 66h prefix each of the three has 32 bits (the upper half is pushed first and popped last).\n"
            "The next instruction is wherever CS:IP say, then.")
def iret(bench: Bench, case: Case) -> None:
    kinds = {"iret": ("iret", "flags", "sp"), "iretd": ("iretd", "flagsd", "sp")}
    run_steps(bench, case, kinds.get(case.about, ("iret", "iretd", "flags", "flagsd", "sp", "arith", "std")))


def skipped(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "hlt and int3 on the way", "an instruction that is none of these")


@check("2.5", "skip", points=1, title="HLT and INT3 are passed by; the unknown is told", cases=skipped,
       hint="v86_next goes on behind the instruction. What the monitor does not know goes to v86_unknown.")
def skip(bench: Bench, case: Case) -> None:
    if "on the way" in case.about:
        run_steps(bench, case, ("hlt", "int3", "cr0", "flags", "sp", "arith"))
        return
    client = Client(bench, case.draw)
    call = make_call(client, BEYOND_LIMIT)
    with boot(bench, client) as machine:
        run_to(machine, call.at, START_BUDGET, "the v86 code's first instruction")
        registers, found = machine.registers(), machine.segments()
        code, stack_ = machine.memory(call.at, 32), machine.memory(found.ss.base + registers.sp, 32)
        frame = model.Frame({**general(registers), "esp": registers.esp, "eip": registers.eip,
                             "efl": registers.eflags | model.RF}, selectors(found), code, stack_)
        machine.run(SCRIPT_BUDGET)
        expect("on COM1", [*model.dump(0x0D, 0, frame), model.HALTED, ""], dump_lines(machine))


def services(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "INT 19h", "INT 15h, AX = 4F53h, with Ctrl and Alt held",
                     "INT 15h, AH = 87h: three block moves")


@check("2.5", "services", points=1, title="the interrupts that the monitor serves itself", cases=services,
       hint="INT 19h never gets to the BIOS. The v86 code's AX and AH are in T_EAX, not in your registers.\n"
            "v86_block_move is written; it wants ESI behind the INT.")
def service(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    if "moves" in case.about:
        move_blocks(bench, client)
        return
    if "Ctrl" in case.about:
        client.poke(BDA_KEYS, 0x0C)
    call = make_call(client, b"\xcd\x19" if case.about == "INT 19h" else b"\xb8\x53\x4f\xcd\x15")
    with boot(bench, client) as machine:
        run_to(machine, call.at, START_BUDGET, "the v86 code's first instruction")
        expect_reboot(machine)


def move_blocks(bench: Bench, client: Client) -> None:
    """Low memory to an odd megabyte, from there beyond 16 MB, and back; the bytes before and behind stay."""
    draw = client.draw
    count = draw.randint(1, 0x100)
    data = draw.randbytes(2 * count)
    places = [client.place(data, align=2), draw.randrange(1, 16, 2) << 20 | draw.getrandbits(18),
              draw.randint(17, 47) << 20 | draw.getrandbits(18), client.reserve(2 * count + 4, align=2)]
    calls = []
    for source, goal in zip(places, places[1:]):
        entries_ = (draw.randbytes(16), model.block_descriptor(source), model.block_descriptor(goal), draw.randbytes(16))
        segment, offset = far(client.place(b"".join(entries_)), draw)
        high = draw.getrandbits(16) << 16
        registers = {**random_registers(draw), "eax": high | 0x8700 | draw.getrandbits(8), "ecx": high | count,
                     "esi": high | offset}
        code = b"\x68" + struct.pack("<H", segment) + b"\x07\xcd\x15" + CARRY_TO_BX + RETF     # push; pop es; int 15h
        calls.append((registers["eax"], client.v86(flags=model.CF, ctl=model.V86_ADDR | model.V86_CALLF,
                                                   addr=far_address(client.place(code), draw), **registers)))
    with boot(bench, client) as machine:
        memory = run_client(machine, client)
        for goal in places[1:]:
            expect(f"{2 * count} bytes at {goal:#x}", data, machine.memory(goal, 2 * count))
    behind = slice(at := places[-1] - model.CLIENT + 2 * count, at + 4)
    expect("the bytes behind the last block", bytes(client.image[behind]), memory[behind])
    for eax, handle in calls:
        got = answer(memory, handle)
        expect("EAX after INT 15h, AH = 87h", eax & ~0xFF00, got.registers["eax"])
        expect("carry after it", 0, got.registers["ebx"] & 1)


# ---------------------------------------------------------------- 2.6 reflect

def int_programs(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "int n", "int n in the handler of int n", "int n, among others",
                     "INT 15h, AX = 4F53h, with one of Ctrl and Alt held")


@check("2.6", "int", points=1, title="INT n goes through the BIOS' vector, and comes back", cases=int_programs,
       hint="Flags, CS and IP are pushed in this order, IP being that behind the INT. IF and TF are clear in the handler.")
def int_instructions(bench: Bench, case: Case) -> None:
    kinds = {"int n": ("int", "sp"), "int n in the handler of int n": ("nested", "flags", "sp"),
             "int n, among others": ("int", "nested", "flags", "sp", "arith", "std", "cld", "pop")}
    if case.about in kinds:
        run_steps(bench, case, kinds[case.about], length=8)
        return
    client = Client(bench, case.draw)
    client.poke(BDA_KEYS, case.draw.choice((0x04, 0x08)))
    steps = (Step("ax", 0x4F53), Step("int", 0x15, body=(Step("flags"), Step("sp"))), Step("flags"))
    run_programs(bench, client, [make_program(client, steps)])


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


@dataclass(frozen=True)
class Moment:
    """The machine at one instruction."""

    registers: Mapping[str, int]
    selectors: Mapping[str, int]
    esp: int
    flags: int


def moment(machine: Machine) -> Moment:
    registers = machine.registers()
    return Moment(general(registers), selectors(machine.segments()), registers.esp, registers.eflags)


def await_interrupt(machine: Machine, device: Hooked, loop: int) -> tuple[Moment, Moment]:
    """Run to the OUT before the loop, have the device interrupt, and run on into its handler: the machine at either."""
    run_to(machine, loop, SCRIPT_BUDGET, "the loop that waits for an interrupt")
    before = moment(machine)
    if device.name == "the keyboard":
        machine.press(b"x")
    run_to(machine, device.handler, INTERRUPT_BUDGET,
           f"the handler of INT {model.irq_vector(DEVICES[device.name][0]):02x}h, for an interrupt of {device.name}")
    after = moment(machine)
    expect("VM, IF and TF in EFLAGS", f"{model.VM:08x}", f"{after.flags & (model.VM | model.IF | model.TF):08x}")
    expect("CS:IP", f"{device.segment:04x}:{device.offset:04x}",
           f"{after.selectors['cs']:04x}:{machine.registers().eip:04x}")
    return before, after


@check("2.6", "v86", points=1, title="an interrupt of v86 code gets to the BIOS' handler", cases=devices,
       hint="What is pushed on the v86 stack is what INT n would push; everything else stays as it is.")
def from_v86(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    device = hook_device(client, case.about)
    call = make_call(client, lambda segment: waiting_loop(device.seen - 16 * segment), al=device.mask)
    with boot(bench, client) as machine:
        before, after = await_interrupt(machine, device, call.at)
        expect("SS:ESP", f"{before.selectors['ss']:04x}:{before.esp - 6:08x}",
               f"{after.selectors['ss']:04x}:{after.esp:08x}")
        back_to, code, flags = struct.unpack("<3H", machine.memory(16 * after.selectors["ss"] + after.esp, 6))
        expect("CS on the stack", before.selectors["cs"], code)
        inside = 0 < back_to - call.offset < len(waiting_loop(0))
        expect("IP on the stack", "in the loop", "in the loop" if inside else f"{back_to:04x}")
        kept = model.IF | model.DF
        expect("IF and DF in the flags on the stack", f"{before.flags & kept:04x}", f"{flags & kept:04x}")
        expect_registers("the general registers", before.registers, after.registers)
        expect_registers("ES, DS, FS and GS", {name: before.selectors[name] for name in SEGMENT_FIELDS}, after.selectors)
        run_client(machine, client)


@check("2.6", "client", points=1, title="so does one of the client, who notices nothing", cases=devices,
       hint="Out of ring 3, `enter' builds the call: the number is where C_VECTOR is, the client's frame right above.\n"
            "VM is bit 17 of EFLAGS: bit 1 of the byte at 14(%esp).")
def from_client(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    device = hook_device(client, case.about)
    registers = random_registers(case.draw)
    registers["eax"] = registers["eax"] & ~0xFF | device.mask
    results = client.reserve(4 * len(REGISTERS))
    stores = b"".join(store(name, near(results) + 4 * number) for number, name in enumerate(REGISTERS))
    loads = load_all(registers)
    loop = len(loads) + client.run(loads + OUT_MASK + wait_for_byte(near(device.seen)) + stores + RET)
    with boot(bench, client) as machine:
        await_interrupt(machine, device, loop)
        memory = run_client(machine, client)
    found = words(memory[results - model.CLIENT:][:4 * len(REGISTERS)])
    expect_registers("the client's registers, behind the interrupt", registers, dict(zip(REGISTERS, found)))


def sessions(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "screen, clock and memory", "the disk", "the disk again, ticks counted", "the memory map")


@check("2.6", "bios", points=1, title="the BIOS serves the client, all interrupts on", cases=sessions,
       hint="This needs the whole monitor. A dump with cs=0008 is about BTX (VM, bit 17, is in the byte at 14(%esp));\n"
            "with another, its cs:eip= shows what the BIOS does that the monitor has not met so far.")
def bios(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    base_memory = client.draw.randint(600, 639)
    session = Session(client, base_memory)
    client.out(PIC_SLAVE, 0x8E)
    client.out(PIC_MASTER, 0xB8)
    if "disk" in case.about:
        session.read_disk()
    elif "map" in case.about:
        session.read_memory_map()
    else:
        session.talk()
    if "ticks" in case.about:
        session.count_ticks(3)
    with boot(bench, client, sectors=session.sectors, base_memory=base_memory) as machine:
        memory = run_client(machine, client, budget=SESSION_BUDGET)
        for question in session.questions:
            question(machine, memory)
