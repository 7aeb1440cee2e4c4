"""Lab 3: does init386 build the tables that the CPU reads, and is a trap understood?

Exercises 3.1 to 3.5 are judged with the student's machdep.c and our trap.c, 3.6 with the student's trap.c and our
machdep.c. The machine is stopped in init386() where the function of an exercise begins or ends, and its tables are read
from outside; or a script calls functions with arguments that were drawn, and lets code trap.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from grade.bench import Bench
from grade.bochs import Machine
from grade.check import check
from grade.checks.init386 import (
    MACHDEP, PG_RW, PG_V, TRAP, TrapScript, expect_fields, random_registers, table_words)
from grade.checks.scripts import (
    Case, Results, Script, boot, boots, com1, expect_table, run_out, run_script, run_to, word)
from grade.checks.traps386 import (
    Snippet, UserSpace, calls, judge_kernel, judge_user, kernel_snippets, make_absent, run_kernel, run_user,
    user_snippets)
from grade.failure import expect
from grade.models import init386 as model


# ---------------------------------------------------------------- 3.1 descriptors

DESCRIPTORS = 60


@dataclass(frozen=True)
class Made:
    """A soft descriptor, and what stood and stands where ssdtosd() was to write, a word more on both sides."""

    soft: model.Soft
    before: bytes
    after: bytes


def made_descriptors(bench: Bench, case: Case) -> list[Made]:
    """Let ssdtosd() make descriptors of many soft ones, over garbage."""
    draw = case.draw
    script = Script(bench, MACHDEP)
    softs = [*model.CORNERS, *(model.draw_soft(draw) for _ in range(DESCRIPTORS))]
    dirt = [draw.randbytes(16) for _ in softs]
    sources = script.place(b"".join(soft.pack(draw.getrandbits(22)) for soft in softs))
    targets = script.place(b"".join(dirt))
    for number in range(len(softs)):
        script.call(script.symbol("ssdtosd"), sources + 12 * number, targets + 16 * number + 4)
    saved = script.save(targets, 16 * len(softs))
    with boot(bench, MACHDEP, script) as machine:
        after = run_script(machine, script).memory(saved, "ssdtosd(), called for some descriptors")
    return [Made(soft, dirt[number], after[16 * number:16 * number + 16]) for number, soft in enumerate(softs)]


def found(one: Made) -> tuple[model.Soft, int]:
    return model.unpack_descriptor(one.after[4:12])


@check("3.1", "base", points=1, title="the base, in its three places", cases=boots("random descriptors"),
       hint="24 bits of it are in sd_lobase, the last 8 in sd_hibase.")
def base(bench: Bench, case: Case) -> None:
    for one in made_descriptors(bench, case):
        expect(f"the base of the descriptor for {one.soft}", f"{one.soft.base:#x}", f"{found(one)[0].base:#x}")


@check("3.1", "limit", points=1, title="the limit, in its two places", cases=boots("random descriptors"),
       hint="20 bits: 16 in sd_lolimit, 4 in sd_hilimit.")
def limit(bench: Bench, case: Case) -> None:
    for one in made_descriptors(bench, case):
        expect(f"the limit of the descriptor for {one.soft}", f"{one.soft.limit:#x}", f"{found(one)[0].limit:#x}")


@check("3.1", "bits", points=2, title="type, DPL and the bits, over whatever stood there",
       cases=boots("random descriptors"),
       hint="Write every field, sd_xx too: the memory is not zero. Nothing beside the eight bytes may change.")
def bits(bench: Bench, case: Case) -> None:
    def words(soft: model.Soft, zero: int) -> str:
        return (f"type {soft.type:#x}, DPL {soft.dpl}, present {soft.present}, def32 {soft.wide}, gran {soft.pages}, "
                f"xx {zero}")
    for one in made_descriptors(bench, case):
        expect(f"the bits of the descriptor for {one.soft}", words(one.soft, 0), words(*found(one)))
        for side in (slice(0, 4), slice(12, 16)):
            expect("a word beside the descriptor", one.before[side], one.after[side])


# ---------------------------------------------------------------- 3.2 the GDT


def to_gdt(bench: Bench, machine: Machine, case: Case) -> bytes:
    """Let gdt_build() make the GDT over garbage. Returns its bytes."""
    at = bench.symbol(MACHDEP, "gdt")
    machine.poke(at - model.KERNBASE, case.draw.randbytes(8 * model.GDT_ENTRIES))
    run_out(machine, "gdt_build", hint="What lgdt() loads does not hold: both fields of the region_descriptor, and KCSEL's, "
            "KDSEL's and KPSEL's entries.")
    return machine.memory(at, 8 * model.GDT_ENTRIES)


def expect_descriptor(name: str, expected: model.Soft, raw: bytes) -> None:
    got, zero = model.unpack_descriptor(raw)
    expect(f"the GDT's {name}", f"{expected}", f"{got}" + (f", xx {zero}" if zero else ""))


@check("3.2", "segments", points=2, title="the segments of gdt_segs[]", cases=boots("as init386() builds them"),
       hint="All entries come from the table, the empty ones too; those of run time are put over theirs.")
def segments(bench: Bench, case: Case) -> None:
    with boot(bench, MACHDEP) as machine:
        gdt = to_gdt(bench, machine, case)
    for entry, (name, soft) in model.SEGMENTS.items():
        expect_descriptor(name, soft, gdt[8 * entry:8 * entry + 8])


@check("3.2", "own", points=2, title="the entries made at run time: TSSes, LDT, the CPU's data",
       cases=boots("as init386() builds them"),
       hint="A limit is a size less 1, in bytes. The system descriptors have D = 0, G = 0; of the LDT's two, one has DPL 3.")
def own(bench: Bench, case: Case) -> None:
    with boot(bench, MACHDEP) as machine:
        gdt = to_gdt(bench, machine, case)
    for entry, (name, symbol, soft) in model.OWN.items():
        expected = model.Soft(bench.symbol(MACHDEP, symbol), soft.limit, soft.type, soft.dpl, 1, soft.wide, soft.pages)
        expect_descriptor(name, expected, gdt[8 * entry:8 * entry + 8])


@check("3.2", "load", points=1, title="GDTR, and the segment registers anew", cases=boots("as init386() builds them"),
       hint="lgdt() does both. It takes the address of a region_descriptor: the last offset, then the address.")
def load(bench: Bench, case: Case) -> None:
    with boot(bench, MACHDEP) as machine:
        to_gdt(bench, machine, case)
        there = machine.segments()
        at, last = bench.symbol(MACHDEP, "gdt"), 8 * model.GDT_ENTRIES - 1
        expect("GDTR", f"base {at:#x}, limit {last:#x}", table_words(there.gdtr))
        flat, own_data = "base 0x0, limit 0xffffffff", f"base {bench.symbol(MACHDEP, 'pcpu'):#x}, limit 0x3"
        for name, selector, words in (("cs", model.KCSEL, flat), ("ds", model.KDSEL, flat), ("es", model.KDSEL, flat),
                                      ("ss", model.KDSEL, flat), ("fs", model.KPSEL, own_data)):
            segment = getattr(there, name)
            expect(name.upper(), f"{selector:#x}: {words}", f"{segment.selector:#x}: {table_words(segment)}")


# ---------------------------------------------------------------- 3.3 gates

GATES = 80


@check("3.3", "gate", points=2, title="a gate, over whatever stood there", cases=boots("random gates"),
       hint="Write every field, gd_xx and the count of words too: the memory is not zero.")
def gate(bench: Bench, case: Case) -> None:
    draw = case.draw
    script = Script(bench, MACHDEP)
    idt = bytearray(draw.randbytes(model.IDT_SIZE))
    script.poke(script.symbol("idt"), bytes(idt))
    for number in draw.sample(range(256), GATES):
        offset, type, dpl, selector = (draw.getrandbits(bits) for bits in (32, 5, 2, 16))
        script.call(script.symbol("setidt"), number, offset, type, dpl, selector)
        idt[8 * number:8 * number + 8] = model.gate(offset, selector, type, dpl)
    saved = script.save(script.symbol("idt"), model.IDT_SIZE)
    with boot(bench, MACHDEP, script) as machine:
        got = run_script(machine, script).memory(saved, "setidt(), called for some vectors")
    expect_gates(bench, "gates that setidt() was asked for, or was not", bytes(idt), got)


def expect_gates(bench: Bench, what: str, expected: bytes, got: bytes) -> None:
    """Gates by their bytes, told in words."""
    names = {bench.symbol(MACHDEP, name): name for name in [model.vector(number)[0] for number in range(256)] + [
        "Xint0x80_syscall", "Xlcall_syscall"]}
    def words(table: bytes) -> Callable[[int], str]:
        return lambda number: model.gate_words(table[8 * number:8 * number + 8], names)
    expect_table(what, len(expected) // 8, words(expected), words(got))
    expect(what, expected, got)


@check("3.3", "vectors", points=2, title="all 256 vectors, and IDTR", cases=boots("as idt_build() sets them"),
       hint="The table is right when setgate() is: both halves of the offset, the type's five bits, DPL, present.")
def vectors(bench: Bench, case: Case) -> None:
    with boot(bench, MACHDEP) as machine:
        machine.set_register("eip", bench.symbol(MACHDEP, "idt_build"))
        run_out(machine, "idt_build")
        idtr = machine.segments().idtr
        expect("IDTR", f"base {bench.symbol(MACHDEP, 'idt'):#x}, limit {model.IDT_SIZE - 1:#x}", table_words(idtr))
        got = machine.memory(idtr.base, model.IDT_SIZE)
    expected = b"".join(model.gate(bench.symbol(MACHDEP, entry), model.KCSEL, type, dpl)
                        for entry, type, dpl in map(model.vector, range(256)))
    expect_gates(bench, "vectors of the IDT that are wrong", expected, got)


# ---------------------------------------------------------------- 3.4 tasks


def to_tasks(bench: Bench, machine: Machine, draw: Random) -> int:
    """Run init386() to the end of tss_build(), which is told another stack. Returns that."""
    run_to(machine, bench.symbol(MACHDEP, "tss_build"), "init386(), to tss_build()")
    esp0 = draw.getrandbits(30) << 2
    machine.write(machine.registers().esp + 4, struct.pack("<I", esp0))
    run_out(machine, "tss_build")
    return esp0


@check("3.4", "task", points=2, title="the task register has common_tss, which has the kernel's stack",
       cases=boots("with one stack", "with another stack"),
       hint="LTR takes the selector and makes the TSS busy. tss_ioopt has the bitmap's offset in its high half.")
def task(bench: Bench, case: Case) -> None:
    at, gdt = bench.symbol(MACHDEP, "common_tss"), bench.symbol(MACHDEP, "gdt")
    with boot(bench, MACHDEP) as machine:
        esp0 = to_tasks(bench, machine, case.draw)
        there = machine.segments()
        expect("TR", f"{model.TSS_SELECTOR:#x}: base {at:#x}, limit {model.TSS_SIZE - 1:#x}",
               f"{there.tr.selector:#x}: {table_words(there.tr)}")
        state = model.unpack_tss(machine.memory(at, model.TSS_SIZE))
        descriptor, _ = model.unpack_descriptor(machine.memory(gdt + model.TSS_SELECTOR, 8))
        expect("the type of common_tss' descriptor: a busy TSS", model.SYSTSS | 2, descriptor.type)
        expect_fields("common_tss", {"esp0": esp0, "ss0": model.KDSEL, "ioopt": model.TSS_SIZE << 16}, state)


@check("3.4", "double-fault", points=2, title="the double fault's task, and its gate",
       cases=boots("as tss_build() makes them"),
       hint="A task gets nothing from the one before it: stacks, segments, CR3 and flags must all be there.")
def double_fault(bench: Bench, case: Case) -> None:
    with boot(bench, MACHDEP) as machine:
        to_tasks(bench, machine, case.draw)
        state = model.unpack_tss(machine.memory(bench.symbol(MACHDEP, "dblfault_tss"), model.TSS_SIZE))
        idt = bench.symbol(MACHDEP, "idt")
        got = machine.memory(idt + 8 * model.DOUBLE_FAULT, 8)
        directory = word(machine, bench.symbol(MACHDEP, "IdlePTD"))
    top = bench.symbol(MACHDEP, "dblfault_stack") + model.PAGE
    handler = bench.symbol(MACHDEP, "dblfault_handler")
    expect_fields("dblfault_tss", model.double_fault_task(handler, top, directory), state)
    expect_gates(bench, "vector 8", model.gate(0, model.PANIC_SELECTOR, model.TASK_GATE, 0), got)


# Loops whose first instruction uses up the stack: thread0's own, or a page with nothing below it.
OWN_STACK = "by calls, on thread0's stack"
OVERFLOWS = {OWN_STACK: b"\xe8\xfb\xff\xff\xff", "by pushes": b"\x51\xeb\xfd", "by PUSHA": b"\x60\xeb\xfd"}


@check("3.4", "overflow", points=1, title="a kernel stack that overflows ends in `Fatal double fault'",
       cases=boots(*OVERFLOWS),
       hint="A triple fault means that the CPU could not switch to the task: gate, TSS, its CR3, its stack.")
def overflow(bench: Bench, case: Case) -> None:
    draw = case.draw
    script = TrapScript(bench, MACHDEP)
    stack = draw.randrange(1 << 10, model.USER_END >> 12) << 12
    script.map(stack, 0, PG_V | PG_RW)
    registers = random_registers(draw)
    code = b""
    if case.about != OWN_STACK:
        code = b"\xbc" + struct.pack("<I", stack + 32 * draw.randrange(2, 100))         # mov to ESP
    at = script.place(code + OVERFLOWS[case.about])
    script.kernel(64, at, registers)
    with boot(bench, MACHDEP, script) as machine:
        run_to(machine, bench.symbol(MACHDEP, "syscall_gates_build"), "init386(), to behind tss_build()")
        run_script(machine, script, what=f"a stack that overflows {case.about}", expected="`Fatal double fault' on COM1")
        expect("TR, after a stack overflow", f"{model.PANIC_SELECTOR:#x}", f"{machine.segments().tr.selector:#x}")
        state = model.unpack_tss(machine.memory(bench.symbol(MACHDEP, "common_tss"), model.TSS_SIZE))
        if case.about == OWN_STACK:
            stack = word(machine, bench.symbol(MACHDEP, "proc0kstack"))
        expected = {**registers, "eip": at + len(code), "esp": stack, "cs": model.KCSEL, "ss": model.KDSEL}
        expect_fields("common_tss, where the CPU left the task that overflowed", expected, state)
        said = com1(machine)
        first = said.index("Fatal double fault:") if "Fatal double fault:" in said else len(said)
        expect("on COM1", ["Fatal double fault:", f"eip = {at + len(code):#x}", f"esp = {stack:#x}",
                           f"ebp = {registers['ebp']:#x}"], said[first:first + 4])


# ---------------------------------------------------------------- 3.5 the user's ways in


@check("3.5", "call-gates", points=1, title="the gates for users: three in the LDT, one in the IDT",
       cases=boots("as syscall_gates_build() makes them"),
       hint="A call gate, SDT_SYS386CGT, copies one word; INT 80h's is a trap gate. Both lead to KCSEL (RPL 0), from ring 3.")
def call_gates(bench: Bench, case: Case) -> None:
    with boot(bench, MACHDEP) as machine:
        machine.set_register("eip", bench.symbol(MACHDEP, "syscall_gates_build"))
        at, size = bench.symbol(MACHDEP, "ldt"), 8 * model.LDT_ENTRIES
        before = machine.memory(at, size)
        run_out(machine, "syscall_gates_build")
        ldt = machine.memory(at, size)
        got = machine.memory(bench.symbol(MACHDEP, "idt") + 8 * model.SYSCALL, 8)
    way_in = model.gate(bench.symbol(MACHDEP, "Xlcall_syscall"), model.KCSEL, model.CALL_GATE, 3, 1)
    for entry, name in model.CALL_GATES.items():
        expect_gates(bench, f"the LDT's {name}", way_in, ldt[8 * entry:8 * entry + 8])
    for entry in set(range(model.LDT_ENTRIES)) - set(model.CALL_GATES):
        at = slice(8 * entry, 8 * entry + 8)
        expect(f"the LDT's entry {entry}, which is no gate", before[at], ldt[at])
    way_in = model.gate(bench.symbol(MACHDEP, "Xint0x80_syscall"), model.KCSEL, model.TRAP_GATE, 3)
    expect_gates(bench, "vector 80h", way_in, got)


def user_calls(bench: Bench, case: Case, way: str) -> None:
    """Have code in ring 3 call the kernel so; the frames are what they must be."""
    script = TrapScript(bench, MACHDEP)
    judge_users(bench, MACHDEP, script, UserSpace(script, case.draw), calls(case.draw)[way])


def judge_users(bench: Bench, program: str, script: TrapScript, space: UserSpace, snippets: Sequence[Snippet]) -> None:
    """Run snippets in ring 3, in one boot, and judge them."""
    runs = [(snippet, *run_user(space, snippet)) for snippet in snippets]
    with boot(bench, program, script) as machine:
        results = through_init386(bench, program, machine, script)
        for snippet, number, entered in runs:
            judge_user(results, number, snippet, entered)


def through_init386(bench: Bench, program: str, machine: Machine, script: Script) -> Results:
    """Run all of init386(), then the script."""
    run_to(machine, bench.symbol(program, "mi_startup"), "init386(), to its end")
    return run_script(machine, script, at_once=False)


@check("3.5", "int", points=1, title="INT 80h from ring 3", cases=boots("random registers"),
       hint="The gate's DPL says who may use it by an INT instruction.")
def int_80(bench: Bench, case: Case) -> None:
    user_calls(bench, case, "int")


@check("3.5", "lcall", points=1, title="lcall $7, $0 from ring 3, and by the two other gates",
       cases=boots("random registers"),
       hint="The word that the gate copies makes room for the flags: without it the frame is a word short.")
def lcall(bench: Bench, case: Case) -> None:
    user_calls(bench, case, "lcall")


# ---------------------------------------------------------------- 3.6 traps

FRAMES = 140


DECIDED_BY_MORE = (model.T_PROTFLT, model.T_SEGNPFLT, model.T_TRCTRAP, model.T_TSSFLT)     # than their number


def draw_frame(draw: Random, labels: Mapping[str, int], *, user: bool) -> tuple[dict[str, int], int]:
    """A frame, and pcb_onfault: as likely as not with something to decide."""
    frame = {name: draw.getrandbits(32) for name in model.FRAME_FIELDS}
    frame["trapno"] = draw.choice((draw.randrange(32), *draw.choices(DECIDED_BY_MORE, k=2), frame["trapno"]))
    frame["err"] = draw.choice((0, draw.getrandbits(16), draw.getrandbits(32)))
    vm86 = user and draw.random() < 0.3
    frame["eflags"] = draw.getrandbits(17) | (model.VM if vm86 else 0)
    frame["cs"] = draw.getrandbits(16) if vm86 else draw.getrandbits(16) & ~3 | (3 if user else 0)
    near_label = draw.choice(list(labels.values())) + draw.choice((0, 0, 0, 0, 1, 1, -1, 2))
    frame["eip"] = draw.choice((frame["eip"], near_label, near_label))
    return frame, draw.choice((0, draw.getrandbits(32)))


def corner_frames(labels: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Fields of frames that are decided about by a label, a flag, or nothing but their number."""
    for number in range(32):
        yield {"trapno": number}
    for at in labels.values():
        for number in (model.T_PROTFLT, model.T_SEGNPFLT):
            yield {"trapno": number, "eip": at}
    for step in (-1, 0, 1, 2):
        yield {"trapno": model.T_TRCTRAP, "eip": labels["Xlcall_syscall"] + step}
    for flags in (0, model.NT, ~model.NT & 0xFFFF, 0xFFFF):
        yield {"trapno": model.T_TSSFLT, "eflags": flags}


def decoded(bench: Bench, case: Case, *, user: bool) -> None:
    """Let trap_decode() decide about frames."""
    draw = case.draw
    script = Script(bench, TRAP)
    labels = {name: script.symbol(name) for name in ("Xlcall_syscall", *sum(model.EXPECTED, ()))}
    drawn = [draw_frame(draw, labels, user=user) for _ in range(FRAMES)]
    for (frame, _), fields in zip(drawn, corner_frames(labels)):
        frame |= {**fields, "eflags": fields.get("eflags", frame["eflags"]) | frame["eflags"] & model.VM}
    packed = b"".join(struct.pack("<18I", *(frame[name] for name in model.FRAME_FIELDS)) for frame, _ in drawn)
    frames, answers = script.place(packed), script.place(draw.randbytes(16 * FRAMES))
    for number, (_, onfault) in enumerate(drawn):
        script.call(script.symbol("trap_decode"), answers + 16 * number, frames + 72 * number, onfault)
    saved, unchanged = script.save(answers, 16 * FRAMES), script.save(frames, len(packed))
    with boot(bench, TRAP, script) as machine:
        results = through_init386(bench, TRAP, machine, script)
        got = results.memory(saved, "trap_decode(), called for some frames")
        expect("the frames, after trap_decode()", packed, results.memory(unchanged, "trap_decode()"))
    for number, (frame, onfault) in enumerate(drawn):
        decision = model.Decision.unpack(struct.unpack_from("<4I", got, 16 * number))
        told = ", ".join([f"trapno {model.trap_words(frame['trapno'])}",
                          *(f"{name} {frame[name]:#x}" for name in ("err", "cs", "eip", "eflags"))])
        near = [f" (eip is {name} + {steps})" for name, at in labels.items() if (steps := frame["eip"] - at) in (0, 1)]
        expect(f"the decision about {told}, onfault {onfault:#x}{''.join(near)}",
               str(model.decide(frame, onfault, labels)), str(decision))


@check("3.6", "user", points=1, title="frames from user mode", cases=boots("random frames", "more frames"),
       hint="vm86 is user mode, whatever its CS. What is in no row is SIGBUS, whose code has the error code in it. "
            "Fields that an action has no use for are 0.")
def user_frames(bench: Bench, case: Case) -> None:
    decoded(bench, case, user=True)


@check("3.6", "kernel", points=1, title="frames from the kernel", cases=boots("random frames", "more frames"),
       hint="An expected fault goes on at its own label, before `onfault' is asked. Only NT makes a T_TSSFLT harmless. "
            "T_TRCTRAP at lcall_syscall is decided by EIP alone, T set or not.")
def kernel_frames(bench: Bench, case: Case) -> None:
    decoded(bench, case, user=False)


@check("3.6", "ring-3", points=1, title="code in ring 3 traps: signals and frames",
       cases=boots("random code", "more code"),
       hint="tf_trapno has the kernel's number, not the vector; a SIGBUS' code is the error code + 30. Look at the snippet.")
def ring_3(bench: Bench, case: Case) -> None:
    script = TrapScript(bench, TRAP)
    space = UserSpace(script, case.draw)
    judge_users(bench, TRAP, script, space, list(user_snippets(space)))


@check("3.6", "ring-0", points=1, title="code in ring 0 traps: what is fatal, what is not",
       cases=boots("random code", "more code"),
       hint="The debugger is asked by breakpoints and steps at once, and by the fatal ones after a message.")
def ring_0(bench: Bench, case: Case) -> None:
    draw = case.draw
    script = TrapScript(bench, TRAP)
    make_absent(script)
    runs = [(snippet, *run_kernel(script, draw, snippet)) for snippet in kernel_snippets(script, draw)]
    with boot(bench, TRAP, script) as machine:
        results = through_init386(bench, TRAP, machine, script)
        for snippet, number, entered in runs:
            judge_kernel(results, script, number, snippet, entered)
