"""A kernel with one file of a student's, under a script of the check's own.

A check writes a `Script` for grade/drivers/script.c, boots a kernel in which that stands for the machine-independent
part, stops it where something is to be seen, and reads the machine from outside: tables and registers, or what the
script has left in memory. What the checks expect is never in the machine.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from grade.bench import BIOS_ROM, Bench, Guide, describe, plain, printable, stub_reached
from grade.bochs import Machine, MachineFault
from grade.checks.cases import Case
from grade.failure import StudentFailure, expect
from grade.kerneldisk import fill, settings
from grade.models.init386 import KERNBASE, PAGE

BOOT_BUDGET = 10_000_000     # from sector 0 to init386() the way needs 900,000
INIT_BUDGET = 1_000_000      # init386() needs 20,000
SCRIPT_BUDGET = 5_000_000    # a script needs 40,000, and 120,000 more for each fatal trap, which prints

SCRATCH_WORDS, RESULT_WORDS = 8192, 65536      # script_scratch, script_results
CHALLENGE_SIZE = 48 << 10    # the file's room on the disk
SCRIPT_TYPE = "check_script"

_DONE, _POKE, _SAVE, _CALL, OTHERS = range(5)

TRAPPED = "The kernel's own code has trapped, at the line that is told; handouts/panic.md reads the rest."
STUCK = ("It has not come back: a loop that does not advance, or a list that has become a ring. The line says where it "
         "is.")
SHOWN_ENTRIES = 6            # of a table, in a report
SHOWN_LINES = 6              # on COM1
ENDS = ("script_done + 0", "lab4_end + 0")      # of drivers
ENDS_WELL = "it has come to the end of what the check had it do"


def boots(*abouts: str) -> Callable[[Random], Iterator[Case]]:
    """Cases: a boot for each line."""
    def cases(draw: Random) -> Iterator[Case]:
        for about in abouts:
            yield Case(about, draw.getrandbits(64))
    return cases


class Script:
    """What the driver is to do. Each result that is asked for gets a number, by which `Results` has it."""

    def __init__(self, bench: Bench, program: str) -> None:
        self._bench, self.program = bench, program
        self._words: list[int] = []
        self.calls: list[str] = []
        self.sizes: list[int] = []
        self._scratch, self._free = self.symbol("script_scratch"), 0

    def symbol(self, name: str) -> int:
        return self._bench.symbol(self.program, name)

    def say(self, *words: int) -> None:
        """Add words to the script: an operation and what it needs."""
        self._words += [word & 0xFFFFFFFF for word in words]

    def result(self, words: int) -> int:
        """An operation that was said has so many words of results."""
        self.sizes.append(words)
        return len(self.sizes) - 1

    def pack(self) -> bytes:
        return struct.pack(f"<{len(self._words) + 1}I", *self._words, _DONE)

    def poke(self, address: int, data: bytes) -> None:
        """Write to memory, whole words of it."""
        self.say(_POKE, address, len(data) // 4, *struct.unpack(f"<{len(data) // 4}I", data))

    def room(self, size: int) -> int:
        """The address of so many bytes where nothing else is; it divides by 4."""
        at, self._free = self._scratch + self._free, self._free + size + -size % 4
        if self._free > 4 * SCRATCH_WORDS:
            raise MachineFault("a check's data is larger than its driver has room for")
        return at

    def place(self, data: bytes) -> int:
        """Put data where nothing else is; its address."""
        data += bytes(-len(data) % 4)
        at = self.room(len(data))
        self.poke(at, data)
        return at

    def call(self, function: int, *arguments: int, about: str = "") -> None:
        """Call a function; about: what that is, for who reads that it has not come back."""
        self.calls.append(about)
        self.say(_CALL, function, len(arguments), *arguments)

    def save(self, address: int, size: int) -> int:
        """Keep memory as it is now."""
        self.say(_SAVE, address, size // 4)
        return self.result(size // 4)

    def stopped_at(self, machine: Machine) -> tuple[str, str]:
        """What a machine that has not come to the script's end has done instead, and the function that it was in."""
        if called := null_call(self._bench, self.program, machine):
            return called, ""
        at = trapped_at(trapped(machine))
        at = machine.registers().eip if at is None else at
        return instead(machine), self._bench.function(self.program, at).partition(" ")[0]


class Results:
    """What a script has left. A StudentFailure for what it did not come to, which says what the machine did instead."""

    def __init__(self, machine: Machine, script: Script) -> None:
        used = min(word(machine, script.symbol("script_used")), RESULT_WORDS)
        self._data = machine.memory(script.symbol("script_results"), 4 * used) if used else b""
        self._machine, self._script = machine, script

    def memory(self, number: int, what: str, expected: object = "an answer to each call") -> bytes:
        at, size = 4 * sum(self._script.sizes[:number]), 4 * self._script.sizes[number]
        if at + size > len(self._data):
            calls = word(self._machine, self._script.symbol("script_calls"))
            about = self._script.calls[calls - 1] if 0 < calls <= len(self._script.calls) else ""
            got, place = self._script.stopped_at(self._machine)
            raise StudentFailure(about or what, "that it returns" if about else str(expected), got, why(self._machine),
                                 f"{got.partition(', at ')[0]}, {place}")
        return self._data[at:at + size]

    def words(self, number: int, what: str) -> tuple[int, ...]:
        data = self.memory(number, what)
        return struct.unpack(f"<{len(data) // 4}I", data)

    def word(self, number: int, what: str) -> int:
        """Of a result of one word."""
        return self.words(number, what)[0]


# ---------------------------------------------------------------- booting


@contextmanager
def boot(bench: Bench, program: str, script: Script | None = None, *, goal: str = "gdt_build") -> Iterator[Machine]:
    """Switch on a PC with this kernel and the script on its disk, and stop at a function of init386()'s: the first of
    what a student writes."""
    challenge = script.pack() if script else b""
    with boot_with(bench, program, bench.program(program), challenge, SCRIPT_TYPE) as machine:
        run_to(machine, bench.symbol(program, goal), f"the boot, from sector 0 to {goal}()", budget=BOOT_BUDGET)
        yield machine


@contextmanager
def boot_with(bench: Bench, program: str, kernel: bytes, challenge: bytes, type: str) -> Iterator[Machine]:
    """Switch on a PC with this kernel, which is the program but for some data, and a file that the loader leaves for it,
    of a type or (type is "") a module; stop at sector 0."""
    if len(challenge) > CHALLENGE_SIZE:
        raise MachineFault("a check's challenge is larger than its disk has room for")
    try:
        image = fill(bench.program("disk"), {"kernel": kernel, "challenge": challenge, "settings": settings({
            "autoboot_delay": "-1", "challenge_load": "YES", "challenge_name": "/challenge",
            **({"challenge_type": type} if type else {})})})
    except ValueError as error:
        raise StudentFailure("the kernel's size", "one that fits the disk", str(error)) from None
    path = bench.folder / "disk0.img"
    path.write_bytes(image)
    with bench.power_on([(path, "")], guide=_guide(bench, program)) as machine:
        yield machine


def _guide(bench: Bench, program: str) -> Guide:
    """What stands where while the kernel runs."""
    def place(machine: Machine, address: int) -> list[str]:
        if bench.symbol(program, "btext") <= address < bench.symbol(program, "etext"):
            return [f"in {bench.function(program, address)}, at {bench.line(program, address)}"]
        if BIOS_ROM <= address <= 0xFFFFF:
            return ["at the BIOS"]
        if address < PAGE:
            return ["at address 0, or near it: a null pointer was called"]
        return ["at an address outside of the kernel's code"]
    return Guide(place, lambda machine: _at_its_end(bench, program, machine) or _fatal_trap(bench, program, machine))


def _at_its_end(bench: Bench, program: str, machine: Machine) -> list[str]:
    """A Guide's dump, where all that the check wanted has been done: what the kernel has printed."""
    if machine.stop.why != "breakpoint" or bench.function(program, machine.stop.address + KERNBASE) not in ENDS:
        return []
    said = "\n".join(com1(machine)).rpartition("Booting [")[2].split("\n")[1:]
    lines = [printable(plain(line)) for line in said if line.strip()][-SHOWN_LINES:]
    return ["\n".join([ENDS_WELL, *(["COM1's last lines:"] if lines else [])]), *lines]


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
    at = trapped_at(said)
    if at is None:
        return said and ["a fatal trap", *said]
    return ["\n".join(["a fatal trap", *_guide(bench, program).place(machine, at)]), *said]


def trapped_at(said: list[str]) -> int | None:
    """The instruction pointer of a fatal trap in the kernel."""
    return _told(said, "instruction pointer *= 0x8")


def _told(said: list[str], register: str) -> int | None:
    """What a fatal trap has said of a register."""
    found = re.search(rf"^{register}:0x([0-9a-f]{{1,8}})$", "\n".join(said), re.MULTILINE)
    return int(found[1], 16) if found else None


def null_call(bench: Bench, program: str, machine: Machine) -> str:
    """Where a function pointer that was NULL has been called, when that was the kernel's end, or "". A call pushes
    where it would go on, and the trap says where the stack ends."""
    said = trapped(machine)
    at, stack = trapped_at(said), _told(said, "stack pointer *= 0x10")
    if at != 0 or stack is None or not bench.symbol(program, "etext") <= stack < bench.symbol(program, "end"):
        return ""
    back = word(machine, stack) - 1
    if not bench.symbol(program, "btext") <= back < bench.symbol(program, "etext"):
        return ""
    return f"a call of NULL in {bench.function(program, back).partition(' ')[0]}(), at {bench.line(program, back)}"


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
                             why(machine) or (hint if machine.stop.why == "triple fault" else ""))


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


def why(machine: Machine) -> str:
    """A hint from where the machine went, if that is one that says more than the check's own."""
    if said := trapped(machine):
        return TRAPPED if trapped_at(said) != 0 else ""
    return STUCK if instead(machine) == describe(machine.stop) and machine.stop.why == "budget" else ""


def com1(machine: Machine) -> list[str]:
    """The lines on COM1."""
    return machine.serial.decode("ascii", "replace").replace("\r", "").split("\n")


def run_script(machine: Machine, script: Script, *, at_once: bool = True, what: str = "the check's script, to its end",
               expected: str = "a machine that still runs") -> Results:
    """Run the script to its end, or to a panic: from where the machine stands, or in its turn. A StudentFailure that
    says `what` when the machine has ended."""
    if at_once:
        machine.set_register("eip", script.symbol("script_start"))
    _run(machine, script.symbol("script_done"), SCRIPT_BUDGET)
    if machine.stop.gone:
        raise StudentFailure(what, expected, instead(machine), why(machine))
    return Results(machine, script)


# ---------------------------------------------------------------- looking


def word(machine: Machine, address: int) -> int:
    return int.from_bytes(machine.memory(address, 4), "little")


def expect_table(what: str, count: int, expected: Callable[[int], str], got: Callable[[int], str]) -> None:
    """The entries of a table are these, in words; shows the first few that differ, and how many more do."""
    wrong = [number for number in range(count) if expected(number) != got(number)]
    more = [f"and {len(wrong) - SHOWN_ENTRIES} more"] if len(wrong) > SHOWN_ENTRIES else []

    def lines(words: Callable[[int], str]) -> str:
        return "\n".join([*(f"{f'{number:02x}h: ' if count > 1 else ''}{words(number)}" for number in wrong[:SHOWN_ENTRIES]),
                          *more])
    expect(what, lines(expected), lines(got))
