"""What lab 5's checks of faults put into a machine, and what they read there: address spaces, pages that hold values, and
what came of each access.

grade/drivers/lab5_fault.c plays the CPU: it asks the page tables, calls the student's vm_fault() until they allow what is
wanted, and tells what is in the page that they lead to. A page holds a value if its words count up from that.
"""

from __future__ import annotations

import struct
from random import Random
from typing import NamedTuple

from grade.bench import Bench
from grade.bochs import Machine
from grade.checks.maps import FAULT, NONE, PAGE, MapScript
from grade.checks.scripts import OTHERS, Results
from grade.models import vm as model

_SPACE, _FORK, _SHADOW, _PAGE, _DIRT, _ZEROED, _FAULT, _ACCESS, _KERNEL, _HELD, _SHORT = (
    range(OTHERS + 13, OTHERS + 24))
MAPS, OBJECTS = 48, 64          # spaces are maps from there on; the driver's objects
NEVER = 99                      # a code of the driver's
WORDS = PAGE // 4
NOT_VALID, BUSY, WRITTEN_OUT, CACHED = 1, 2, 4, 8      # how a page is
PRESENT, WRITABLE, USER = 1, 2, 4                       # of a page table's entry
STEPS = ("vm_fault_lookup", "vm_fault_resident", "vm_fault_zero_fill", "vm_fault_copy_on_write")
OUTCOME = struct.Struct("<3I7I4I4I")
VALID = 0xFF


class Held(NamedTuple):
    """What a page holds: struct lab5_held."""

    first: int
    ramp: int
    zeros: int
    written: int
    object: int
    pindex: int
    state: int

    @property
    def words(self) -> str:
        """Its contents, but for the word that ACCESS writes."""
        if self.object == NONE:
            return "no page"
        if self.ramp == WORDS - 1:
            return value_words(self.first)
        return value_words(0) if self.zeros == WORDS - 1 else f"a mixture that begins with {self.first:x}"

    @property
    def valid(self) -> bool:
        return self.state & 0xFF == VALID

    @property
    def busy(self) -> bool:
        return bool(self.state >> 24)


class Outcome(NamedTuple):
    """What came of a fault or an access: struct lab5_outcome."""

    code: int
    faults: int
    entry: int
    held: Held
    zfod: int
    ozfod: int
    copied: int
    moved: int
    waits: tuple[int, int, int, int]

    @property
    def code_words(self) -> str:
        if self.code == NEVER:
            return "KERN_SUCCESS, but the page tables do not allow it"
        return model.code(self.code)

    @property
    def rights(self) -> str:
        """What the page table allows the user."""
        if not self.entry & PRESENT:
            return "not mapped"
        return ("to be written" if self.entry & WRITABLE else "to be read only") + (
            "" if self.entry & USER else ", by the kernel")


def value_words(value: int) -> str:
    return f"the page of {value:x}" if value else "zeros"


class FaultScript(MapScript):
    """A script with what the other half of lab 5's driver has. own: which steps are the student's."""

    def __init__(self, bench: Bench, draw: Random, own: tuple[str, ...]) -> None:
        super().__init__(bench, FAULT, draw)
        self.start()
        self.given(*(step for step in STEPS if step not in own))
        self.call(self.symbol("vmspace0_init"))
        self.directories: list[int] = []        # results: where they are in memory

    def instead(self, function: str, by: str) -> None:
        """Let the driver's stand in the place of one of the kernel's."""
        at = self.symbol(function)
        self.poke(at, struct.pack("<Bi", 0xE9, self.symbol(by) - (at + 5)) + b"\x90\x90\x90")

    def space(self, number: int) -> None:
        self.say(_SPACE, number)
        self.directories.append(self.result(1))

    def fork(self, number: int, child: int) -> None:
        self.say(_FORK, number, child)

    def shadow(self, number: int, of: int, page: int, pages: int, *, own: bool) -> None:
        self.say(_SHADOW, number, of, page, pages, own)

    def page(self, object: int, number: int, value: int, how: int = 0) -> None:
        self.say(_PAGE, object, number, value, how)

    def dirt(self, pages: int) -> None:
        self.say(_DIRT, pages)

    def zeroed(self, pages: int) -> None:
        self.say(_ZEROED, pages)

    def map(self, space: int, object: int, offset: int, start: int, end: int, protection: int, maximum: int, cow: int = 0,
            *, own: bool = False) -> None:
        """An entry, by the reference."""
        self.insert(self.symbol("vm_map_insert"), MAPS + space, object, own, offset, start, end, protection, maximum, cow,
                    "vm_map_insert(), to prepare a map")

    def set_entry(self, space: int, where: int, eflags: int, protection: int, maximum: int, wired: int) -> None:
        self.set(MAPS + space, where, eflags, protection, maximum, model.COPY, wired)

    def short(self, pages: int) -> None:
        """Let memory be short where fewer are free."""
        self.say(_SHORT, pages)

    def answers(self, *codes: int) -> None:
        """What those who stand in others' place answer."""
        self.poke(self.symbol("lab5_answers"), struct.pack("<4i", *codes))

    def fault(self, space: int, address: int, type: int, flags: int, about: str) -> int:
        self.calls.append(about)
        self.say(_FAULT, self.own("vm_fault"), space, address, type, flags)
        return self.result(OUTCOME.size // 4)

    def access(self, space: int, address: int, write: bool, value: int, about: str) -> int:
        self.calls.append(about)
        self.say(_ACCESS, self.own("vm_fault"), space, address, write, value)
        return self.result(OUTCOME.size // 4)

    def kernel(self, value: int, about: str) -> int:
        self.calls.append(about)
        self.say(_KERNEL, self.own("vm_fault"), value)
        return self.result(OUTCOME.size // 4)

    def held(self, object: int, number: int) -> int:
        self.say(_HELD, object, number)
        return self.result(7)


def outcome(results: Results, number: int, what: str) -> Outcome:
    words = OUTCOME.unpack(results.memory(number, what))
    return Outcome(*words[:3], Held(*words[3:10]), *words[10:14], words[14:])


def held(results: Results, number: int, what: str) -> Held:
    return Held(*results.words(number, what))


def seen_from_outside(machine: Machine, directory: int, address: int) -> tuple[int, int]:
    """A page table's entry for an address, and the first word of the page that it leads to: out of physical memory."""
    def word(at: int) -> int:
        return int.from_bytes(machine.physical(at, 4), "little")
    table = word(directory + (address >> 22) * 4)
    entry = word((table & -PAGE) + (address >> 12) % 1024 * 4) if table & PRESENT else 0
    return entry, word(entry & -PAGE) if entry & PRESENT else 0
