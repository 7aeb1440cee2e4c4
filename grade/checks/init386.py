"""A kernel with one file of a student's, under a script of the check's own.

A check writes a `Script` for grade/drivers/lab3.c, boots a kernel in which that stands for the machine-independent
part, stops it where something is to be seen, and reads the machine from outside: tables and registers, or what the
script has left in memory. What the checks expect is never in the machine.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random

from grade.bench import BIOS_ROM, Bench, Guide, describe, plain, printable, stub_reached
from grade.bochs import Machine, MachineFault
from grade.debugger import Segment, TableRegister
from grade.failure import StudentFailure, expect
from grade.kerneldisk import fill
from grade.models.init386 import FRAME_FIELDS, KERNBASE, signal_words, trap_words

MACHDEP, TRAP = "kernel-machdep", "kernel-trap"

BOOT_BUDGET = 10_000_000     # from sector 0 to gdt_build() the way needs 900,000
INIT_BUDGET = 1_000_000      # the rest of init386() needs 20,000
SCRIPT_BUDGET = 5_000_000    # a script needs 40,000, and 120,000 more for each fatal trap, which prints

SCRATCH_WORDS = RESULT_WORDS = 8192      # lab3_scratch, lab3_results
CHALLENGE_SIZE = 48 << 10    # the file's room on the disk

SIGNAL, DEBUGGER = 0, 3      # of the events
EVENTS = ("a signal", "a system call", "an AST", "the debugger", "the end of the code")
_DONE, _POKE, _SAVE, _CALL, _MAP, _ONFAULT, _USER, _KERNEL = range(8)
PUSHA = ("edi", "esi", "ebp", "esp", "ebx", "edx", "ecx", "eax")        # from low addresses to high ones
_EVENT_WORDS = 6 + len(FRAME_FIELDS)

PG_V, PG_RW, PG_U = 1, 2, 4
SEGMENTS = ("cs", "ds", "es", "fs", "ss")
TRAPPED = "The kernel's own code has trapped, at the line that is told; handouts/panic.md reads the rest."
SHOWN_ENTRIES = 6            # of a table, in a report


class Event:
    """What USER or KERNEL came to. at: where the frame is; top: of thread0's stack; printed: characters."""

    def __init__(self, words: Sequence[int]) -> None:
        self.kind, self.a, self.b, self.printed, self.top, below = words[:6]
        self.at = self.top - below & 0xFFFFFFFF
        self.frame = dict(zip(FRAME_FIELDS, words[6:]))
        self.words = tuple(words[6:])

    def __str__(self) -> str:
        if self.kind == SIGNAL:
            return signal_words(self.a, self.b)
        if self.kind == DEBUGGER:
            return f"{trap_words(self.a)}, {'with nothing printed' if not self.printed else 'after a message'}"
        return EVENTS[self.kind] if self.kind < len(EVENTS) else f"event {self.kind}"


class Script:
    """What the driver is to do. Each result that is asked for gets a number, by which `Results` has it."""

    def __init__(self, bench: Bench, program: str) -> None:
        self._bench, self._program = bench, program
        self._words: list[int] = []
        self.sizes: list[int] = []
        self._scratch, self._free = self.symbol("lab3_scratch"), 0

    def symbol(self, name: str) -> int:
        return self._bench.symbol(self._program, name)

    def _say(self, *words: int) -> None:
        self._words += [word & 0xFFFFFFFF for word in words]

    def _result(self, words: int) -> int:
        self.sizes.append(words)
        return len(self.sizes) - 1

    def pack(self) -> bytes:
        return struct.pack(f"<{len(self._words) + 1}I", *self._words, _DONE)

    def poke(self, address: int, data: bytes) -> None:
        """Write to memory, whole words of it."""
        self._say(_POKE, address, len(data) // 4, *struct.unpack(f"<{len(data) // 4}I", data))

    def place(self, data: bytes) -> int:
        """Put data where nothing else is; its address, which divides by 4."""
        data += bytes(-len(data) % 4)
        at, self._free = self._scratch + self._free, self._free + len(data)
        if self._free > 4 * SCRATCH_WORDS:
            raise MachineFault("a check's data is larger than its driver has room for")
        self.poke(at, data)
        return at

    def call(self, function: int, *arguments: int) -> None:
        self._say(_CALL, function, len(arguments), *arguments)

    def save(self, address: int, size: int) -> int:
        """Keep memory as it is now."""
        self._say(_SAVE, address, size // 4)
        return self._result(size // 4)

    def map(self, address: int, page: int, flags: int) -> None:
        self._say(_MAP, address, page, flags)

    def onfault(self, address: int) -> None:
        self._say(_ONFAULT, address)

    def user(self, frame: Mapping[str, int]) -> int:
        """Leave for user mode with this frame."""
        self._say(_USER, *(frame.get(name, 0) for name in FRAME_FIELDS))
        return self._result(_EVENT_WORDS)

    def kernel(self, below: int, eip: int, registers: Mapping[str, int]) -> int:
        """Jump to code of the kernel's with these registers, so far below the top of the stack."""
        self._say(_KERNEL, below, eip, *(registers.get(name, 0) for name in PUSHA))
        return self._result(_EVENT_WORDS)


class Results:
    """What a script has left. A StudentFailure for what it did not come to, which says what the machine did instead."""

    def __init__(self, machine: Machine, script: Script) -> None:
        used = min(word(machine, script.symbol("lab3_used")), RESULT_WORDS)
        self._data = machine.memory(script.symbol("lab3_results"), 4 * used) if used else b""
        self._machine, self._script = machine, script

    def _words(self, number: int) -> bytes | None:
        at, size = 4 * sum(self._script.sizes[:number]), 4 * self._script.sizes[number]
        return self._data[at:at + size] if at + size <= len(self._data) else None

    def memory(self, number: int, what: str) -> bytes:
        data = self._words(number)
        if data is None:
            raise StudentFailure(what, "an answer to each call", instead(self._machine))
        return data

    def event(self, number: int, what: str, expected: object) -> Event:
        data = self._words(number)
        if data is None:
            raise StudentFailure(what, str(expected), instead(self._machine))
        return Event(struct.unpack(f"<{_EVENT_WORDS}I", data))


# ---------------------------------------------------------------- booting


@contextmanager
def boot(bench: Bench, program: str, script: Script | None = None) -> Iterator[Machine]:
    """Switch on a PC with this kernel and the script on its disk, and stop at gdt_build(): the first of what a student
    writes."""
    challenge = script.pack() if script else b""
    if len(challenge) > CHALLENGE_SIZE:
        raise MachineFault("a check's script is larger than its disk has room for")
    try:
        image = fill(bench.program("disk"), {"kernel": bench.program(program), "challenge": challenge})
    except ValueError as error:
        raise StudentFailure("the kernel's size", "one that fits the disk", str(error)) from None
    path = bench.folder / "disk0.img"
    path.write_bytes(image)
    goal = bench.symbol(program, "gdt_build")
    with bench.power_on([(path, "")], guide=_guide(bench, program)) as machine:
        run_to(machine, goal, "the boot, from sector 0 to gdt_build()", budget=BOOT_BUDGET)
        yield machine


def _guide(bench: Bench, program: str) -> Guide:
    """What stands where while the kernel runs."""
    def place(machine: Machine, address: int) -> list[str]:
        if bench.symbol(program, "btext") <= address < bench.symbol(program, "etext"):
            return [f"in {bench.function(program, address)}, at {bench.line(program, address)}"]
        if BIOS_ROM <= address <= 0xFFFFF:
            return ["at the BIOS"]
        return ["at an address outside of the kernel's code"]
    return Guide(place, lambda machine: _fatal_trap(bench, program, machine))


def trapped(machine: Machine) -> list[str]:
    """What the kernel's last fatal trap has printed, if that was its end; none at a stop that the check has asked for."""
    lines = machine.serial.decode("ascii", "replace").replace("\r", "").split("\n")
    first = max((number for number, line in enumerate(lines) if line.startswith("Fatal trap ")), default=None)
    if first is None or machine.stop.why == "breakpoint":
        return []
    return [printable(plain(line)) for line in lines[first:] if line]


def _fatal_trap(bench: Bench, program: str, machine: Machine) -> list[str]:
    """A Guide's dump: where the trap was, and what was said of it."""
    said = trapped(machine)
    place = re.search(r"^instruction pointer *= 0x8:0x([0-9a-f]{1,8})$", "\n".join(said), re.MULTILINE)
    if not place:
        return said and ["a fatal trap", *said]
    return ["\n".join(["a fatal trap", *_guide(bench, program).place(machine, int(place[1], 16))]), *said]


def stands_at(machine: Machine, address: int) -> bool:
    """Has it stopped at this address of the kernel's?"""
    return machine.stop.why == "breakpoint" and machine.stop.address == address - KERNBASE


def _run(machine: Machine, address: int, budget: int) -> None:
    number = machine.break_at(address)
    machine.run(budget)
    if not machine.stop.over:
        machine.unbreak(number)


def run_to(machine: Machine, address: int, what: str, *, expected: str = "that it gets there", hint: str = "",
           budget: int = INIT_BUDGET) -> None:
    """Run to an address of the kernel's; a StudentFailure that says `what` when it is not reached, with this hint if
    the end was a triple fault."""
    if stands_at(machine, address):
        return
    _run(machine, address, budget)
    if not stands_at(machine, address):
        raise StudentFailure(what, expected, instead(machine),
                             TRAPPED if trapped(machine) else hint if machine.stop.why == "triple fault" else "")


def run_out(machine: Machine, name: str, *, hint: str = "") -> None:
    """Run the function of this name, at whose first instruction the machine stands, until it returns."""
    back = int.from_bytes(machine.memory(machine.registers().esp, 4), "little")
    run_to(machine, back, f"{name}(), to its end", expected=f"{name}() returns", hint=hint)


def instead(machine: Machine) -> str:
    """Where the machine went in place of where it should have gone, in a few words."""
    if stub := stub_reached(machine):
        return f"the stub of {stub}"
    said = [line for line in com1(machine) if line.startswith(("panic: ", "Fatal "))]
    return said[-1][:72] if said else describe(machine.stop)


def com1(machine: Machine) -> list[str]:
    """The lines on COM1."""
    return machine.serial.decode("ascii", "replace").replace("\r", "").split("\n")


def run_script(machine: Machine, script: Script, start: str = "lab3_start", *,
               what: str = "the check's script, to its end", expected: str = "a machine that still runs") -> Results:
    """Run the script to its end, or to a panic: from where the machine stands (the driver's lab3_start), or in its turn
    (start is ""). A StudentFailure that says `what` when the machine has ended."""
    if start:
        machine.set_register("eip", script.symbol(start))
    _run(machine, script.symbol("lab3_done"), SCRIPT_BUDGET)
    if machine.stop.gone:
        raise StudentFailure(what, expected, instead(machine), TRAPPED if trapped(machine) else "")
    return Results(machine, script)


# ---------------------------------------------------------------- looking


def word(machine: Machine, address: int) -> int:
    return int.from_bytes(machine.memory(address, 4), "little")


def table_words(table: Segment | TableRegister) -> str:
    return f"base {table.base:#x}, limit {table.limit:#x}"


def expect_fields(what: str, expected: Mapping[str, int], got: Mapping[str, int]) -> None:
    """The fields are these; shows those that differ."""
    wrong = [name for name in expected if got[name] != expected[name]]
    expect(what, *(", ".join(f"{name} = {trap_words(fields[name]) if name == 'trapno' else f'{fields[name]:x}'}"
                             for name in wrong) for fields in (expected, got)))


def expect_table(what: str, count: int, expected: Callable[[int], str], got: Callable[[int], str]) -> None:
    """The entries of a table are these, in words; shows the first few that differ, and how many more do."""
    wrong = [number for number in range(count) if expected(number) != got(number)]
    more = [f"and {len(wrong) - SHOWN_ENTRIES} more"] if len(wrong) > SHOWN_ENTRIES else []

    def lines(words: Callable[[int], str]) -> str:
        return "\n".join([*(f"{f'{number:02x}h: ' if count > 1 else ''}{words(number)}" for number in wrong[:SHOWN_ENTRIES]),
                          *more])
    expect(what, lines(expected), lines(got))


def expect_frame(what: str, expected: Mapping[str, int], event: Event) -> None:
    """An event's frame is this, where it is told; of segments the low 16 bits count."""
    got = {name: value & 0xFFFF if name in SEGMENTS else value for name, value in event.frame.items()}
    expect_fields(f"{what}: the frame", expected, got)


def random_registers(draw: Random) -> dict[str, int]:
    return {name: draw.getrandbits(32) for name in PUSHA if name != "esp"}
