"""Lab 2: is BTX a kernel under the BIOS? Its tables, its system calls; grade/checks/lab_2_v86.py asks the rest.

Every check runs a client of its own, with registers, stacks, code and tables drawn anew, and reads the machine from
outside: descriptor tables and registers where the code of an exercise ends, memory when the client is done. Hardware
interrupts stay masked until exercise 2.6 is asked for, so that each exercise is judged by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from grade.bench import Bench, below_bios, stub_reached
from grade.bochs import Machine
from grade.check import check
from grade.checks.btx import (
    CLIENT_SIZE, SCRIPT_BUDGET, SOME_FLAGS, START_BUDGET, Case, Client, boot, cases, dump_hint, dump_lines,
    dumped_address, expect_reboot, expect_registers, instead, near, random_registers, run_to, selectors, table_words,
    words)
from grade.checks.lab_2_v86 import (     # pytest finds them here
    back, bios, entry, flag_instructions, from_client, from_v86, int_instructions, iret, service, skip, stack, vector)
from grade.checks.v86code import INT30, POPF32, RET, SPIN, load_all, push
from grade.debugger import Descriptor, parse_gate
from grade.failure import StudentFailure, expect, show
from grade.models import btx as model

__all__ = ["back", "bios", "entry", "exceptions", "execute", "flag_instructions", "from_client", "from_v86", "gates",
           "int_instructions", "iret", "leave", "returned", "segments", "service", "skip", "stack", "table", "tables",
           "task", "vector"]

# Garbage for BTX to start with: a stack and segments that lead nowhere.
DIRT = {"ss": 0x3000, "esp": 0x77778000, "ds": 0x2345, "es": 0x4321,
        "eax": 0xA0A0A0A0, "ebx": 0xB0B0B0B0, "ecx": 0xC0C0C0C0, "edx": 0xDDDDDD80,
        "esi": 0x51515151, "edi": 0xD1D1D1D1, "ebp": 0xB9B9B9B9}


WITH_PAGING = "BTX is built with PAGING"

UNSEEN_HINT = ("Is `.code32' right behind the jump? Without it the CPU sees other instructions than the assembler,\n"
               "and the last one of 2.1 ends somewhere in `start_client'.")


# ---------------------------------------------------------------- 2.1 to protected mode

def starts(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "BTX is started as boot1 starts it", "registers and segments are garbage", WITH_PAGING)


def program_of(case: Case) -> str:
    return "btx-paging" if WITH_PAGING in case.about else "btx"


def to_client_start(bench: Bench, machine: Machine, case: Case) -> None:
    """Run BTX to the end of exercise 2.1. The stub of 2.2 is stepped over: an empty IDT does no harm so far."""
    for name, value in DIRT.items() if "garbage" in case.about else ():
        machine.set_register(name, value)
    program = program_of(case)
    goal = bench.symbol(program, "start_client")
    number = machine.break_at(goal)
    machine.run(START_BUDGET)
    if stub_reached(machine).startswith("LAB 2.2"):
        machine.set_register("eip", bench.symbol(program, "behind_idt"))
        machine.run(START_BUDGET)
    if machine.stop.address != goal:
        missed = passed_unseen(machine, goal)
        got = instead(machine) + (",\nand `start_client' was never executed as an instruction" if missed else "")
        raise StudentFailure("the way to `start_client', in protected mode", f"a stop at {goal:#x}", got,
                             UNSEEN_HINT if missed else dump_hint(machine))
    machine.unbreak(number)


def passed_unseen(machine: Machine, goal: int) -> bool:
    """Has the machine come by `start_client` without the start of an instruction there? It must be in the client then,
    or have faulted there."""
    lines = dump_lines(machine)
    state = machine.last_registers()
    address = dumped_address(lines) if lines else state and state[1] + state[0].eip
    return address is not None and (goal < address < goal + 0x40 or
                                    model.CLIENT <= address < model.CLIENT + CLIENT_SIZE)


@check("2.1", "tables", points=1, title="GDTR and IDTR lead to BTX' own tables", cases=starts,
       hint="LGDT and LIDT take the address of six bytes, the limit first; 16-bit code loads 24 bits of the base.")
def tables(bench: Bench, case: Case) -> None:
    with boot(bench, Client(bench, case.draw), program=program_of(case)) as machine:
        to_client_start(bench, machine, case)
        found = machine.segments()
        expect("GDTR", f"base {bench.symbol(program_of(case), 'gdt'):#x}, limit 0x3f", table_words(found.gdtr))
        expect("IDTR", f"base {model.IDT:#x}, limit {model.TSS - model.IDT - 1:#x}", table_words(found.idtr))
        for (name, expected), descriptor in zip(model.gdt(), machine.descriptors(found.gdtr)):
            if expected is not None and isinstance(descriptor, Descriptor):
                expect(f"the GDT's descriptor {name}", _words(expected), _words(descriptor))


def _words(descriptor: Descriptor) -> str:
    """A descriptor without what the processor changes: a segment's accessed bit, a TSS' busy bit."""
    kind = descriptor.type & ~(2 if descriptor.system else 1)
    return (f"base {descriptor.base:#x}, limit {descriptor.limit:#x}, "
            f"{'system ' if descriptor.system else ''}type {kind:#x}, DPL {descriptor.dpl}, "
            f"{'present' if descriptor.present else 'absent'}, {32 if descriptor.big else 16} bits")


@check("2.1", "segments", points=1, title="protected mode, with the flat ring 0 segments", cases=starts,
       hint="The far jump loads CS; SS, DS and ES each need a MOV, or their base and limit stay what they were.")
def segments(bench: Bench, case: Case) -> None:
    with boot(bench, Client(bench, case.draw), program=program_of(case)) as machine:
        to_client_start(bench, machine, case)
        control = machine.control()
        expect("CR0: PE and PG", f"1, {int(WITH_PAGING in case.about)}", f"{control.cr0 & 1}, {control.cr0 >> 31}")
        found = machine.segments()
        flat = "base 0x0, limit 0xffffffff"
        for name, selector in (("cs", model.SCODE), ("ss", model.SDATA), ("ds", model.SDATA), ("es", model.SDATA)):
            segment = getattr(found, name)
            expect(name.upper(), f"{selector:#x}: {flat}", f"{segment.selector:#x}: {table_words(segment)}")
        expect("SP", f"{model.STACK0:#x}", f"{machine.registers().sp:#x}")


@check("2.1", "task", points=1, title="the task register has the TSS", cases=starts,
       hint="LTR takes the selector. Without a TSS the CPU finds no stack for what comes out of ring 3.")
def task(bench: Bench, case: Case) -> None:
    with boot(bench, Client(bench, case.draw), program=program_of(case)) as machine:
        to_client_start(bench, machine, case)
        found = machine.segments()
        expect("TR", f"{model.TASK:#x}: base {model.TSS:#x}, limit {model.IOMAP_END - model.TSS - 1:#x}",
               f"{found.tr.selector:#x}: {table_words(found.tr)}")
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
    expect("the gates of the vectors that are wrong",
           [f"{vector:02x}: {model.expected_gate(vector)}" for vector in wrong[:8]],
           [f"{vector:02x}: {found[vector]}" for vector in wrong[:8]])


def other_tables(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "another table, of one row", "another table, with rows of 16", "another table",
                     "yet another table")


@check("2.2", "table", points=2, title="the gates are those that the table asks for", cases=other_tables,
       hint="Only a set bit takes a stub, STUB_SIZE bytes long. A row begins with its own first vector.")
def table(bench: Bench, case: Case) -> None:
    rows = model.draw_rows(case.draw, 1 if "one row" in case.about else case.draw.randint(2, 5), full="of 16" in case.about)
    at = bench.symbol("btx", "idt_rows") - model.HOME
    idt = built_idt(bench, case, {at: model.pack_rows(rows)})
    expected = model.idt(rows)
    for at in range(0, len(expected), 8):
        if idt[at:at + 8] != expected[at:at + 8]:
            raise StudentFailure(f"vector {at // 8:02x} of the IDT. Its table is\n{'; '.join(map(str, rows))}",
                                 show(expected[at:at + 8]), show(idt[at:at + 8]))


def built_idt(bench: Bench, case: Case, header: Mapping[int, bytes]) -> bytes:
    """The IDT's bytes where exercise 2.2 ends."""
    with boot(bench, Client(bench, case.draw), header=header) as machine:
        run_to(machine, bench.symbol("btx", "behind_idt"), START_BUDGET, "the way to `behind_idt`, behind the IDT")
        return machine.memory(model.IDT, 8 * model.VECTORS)


MOV_DS_AX = b"\x8e\xd8"

# Instructions that ring 3 may not execute, or that fault: the bytes, the vector, the error code.
FAULTS: Mapping[str, tuple[tuple[bytes, int, int], ...]] = {
    "division by zero": ((b"\xf7\xf1", 0x00, 0),),
    "an undefined instruction": ((b"\x0f\x0b", 0x06, 0), (b"\x0f\xff", 0x06, 0), (b"\xf0\x90", 0x06, 0)),
    "an index out of bounds": ((b"\x62\x04\x24", 0x05, 0),),
    "a privileged instruction": tuple((code, 0x0D, 0) for code in (     # cli sti hlt; mov cr0; lgdt lidt; clts
        b"\xfa", b"\xfb", b"\xf4", b"\x0f\x22\xc0", b"\x0f\x01\x14\x24", b"\x0f\x01\x1c\x24", b"\x0f\x06")),
    "a selector of ring 0": ((b"\xea\0\x90\0\0\x08\0", 0x0D, 0x08), (MOV_DS_AX, 0x0D, 0x10), (b"\x0f\x00\xd8", 0x0D, 0)),
    "INT with a vector of BTX' own": ((b"\xcd\x08", 0x0D, 0x42), (b"\xcd\x20", 0x0D, 0x102), (b"\xcc", 0x0D, 0x1A)),
    "INT with a vector without a gate": ((b"\xcd\x02", 0x0D, 0x12), (b"\xcd\x32", 0x0D, 0x192), (b"\xcd\x80", 0x0D, 0x402)),
}


def faults(draw: Random) -> Iterator[Case]:
    yield from cases(draw, *FAULTS)


@check("2.2", "faults", points=1, title="an exception of the client's is told, to the character", cases=faults,
       hint="Each vector must lead to its own stub. The gates of exceptions are for ring 0, so that INT n cannot use them.")
def exceptions(bench: Bench, case: Case) -> None:
    draw = case.draw
    client = Client(bench, draw)
    code, vector, error = draw.choice(FAULTS[case.about])
    registers = {**random_registers(draw), "eax": 0x80000000, "ecx": 0}
    if code == MOV_DS_AX:
        registers["eax"] = error
    flags = draw.getrandbits(32) & SOME_FLAGS
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

def system_call(client: Client, stack: Sequence[int], eax: int) -> None:
    """The client pushes these words, the last one first, and executes INT 0x30."""
    client.run(b"".join(push(word) for word in reversed(stack)) + load_all({**random_registers(client.draw), "eax": eax})
               + INT30 + SPIN)


def targets(draw: Random) -> Iterator[Case]:
    yield from cases(draw, "exec with 4 arguments", f"exec with {draw.randint(5, 12)} arguments",
                     f"exec with 1 argument; {WITH_PAGING}")


@check("2.3", "exec", points=2, title="exec calls its target: flat memory, arguments on the stack", cases=targets,
       hint="12(%esp) is the client's ESP, from A000 on. A return address stands there; behind it stands the target.")
def execute(bench: Bench, case: Case) -> None:
    draw = case.draw
    client = Client(bench, draw)
    target = client.place(SPIN, align=1 << draw.randrange(5))
    arguments = [draw.getrandbits(32) for _ in range(int(case.about.split()[2]))]
    system_call(client, [draw.getrandbits(32), target, *arguments], 1)
    with boot(bench, client, program=program_of(case)) as machine:
        run_to(machine, target, START_BUDGET, "the target of exec")
        control = machine.control()
        expect("CR0: PE and PG, and CR3", "1, 0, 0", f"{control.cr0 & 1}, {control.cr0 >> 31}, {control.cr3:x}")
        expect_registers("the target's segments", {**dict.fromkeys(("ds", "es", "fs", "gs", "ss"), model.SDATA),
                                                   "cs": model.SCODE}, selectors(machine.segments()))
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
    yield from cases(draw, "EAX = 00000000", f"EAX = {draw.randint(2, 0xFF):08x}",
                     f"EAX = {draw.randint(1, 0xFFFF) << 16 | 1:08x}")


@check("2.3", "exit", points=1, title="every other call ends the client, and the machine reboots", cases=exits,
       hint="All 32 bits of EAX count. It is the header's flag that makes `exit' end in a reboot, not in a loop.")
def leave(bench: Bench, case: Case) -> None:
    client = Client(bench, case.draw)
    target = client.place(SPIN)
    system_call(client, [case.draw.getrandbits(32), target], int(case.about.split()[2], 16))
    with boot(bench, client) as machine:
        expect_reboot(machine)
