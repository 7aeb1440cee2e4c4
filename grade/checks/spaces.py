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

_SPACE, _FORK, _SHADOW, _PAGE, _DIRT, _ZEROED, _FAULT, _ACCESS, _KERNEL, _HELD, _SHORT, _SUBMAP, _STEP = (
    range(OTHERS + 13, OTHERS + 26))
MAPS, OBJECTS = 48, 64          # spaces are maps from there on; the driver's objects
NEVER = 99                      # a code of the driver's
WORDS = PAGE // 4
NOT_VALID, BUSY, WRITTEN_OUT, CACHED, HALF_VALID = 1, 2, 4, 8, 16      # how a page is
PRESENT, WRITABLE, USER = 1, 2, 4                       # of a page table's entry
STEPS = ("vm_fault_lookup", "vm_fault_resident", "vm_fault_zero_fill", "vm_fault_copy_on_write")
OUTCOME = struct.Struct("<3I7I4I4I")
STEP = struct.Struct("<9I4I7I")
VALID = 0xFF
QUEUES = ("in no queue", "free", "inactive", "active", "in the cache")       # PQ_


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


class Stepped(NamedTuple):
    """What one step of a fault has left: struct lab5_step."""

    code: int
    asked_map: int
    map: int
    type: int
    prot: int
    made: int
    copied: int
    raised: int
    level: int
    waits: tuple[int, int, int, int]
    held: Held

    @property
    def told(self) -> dict[str, str]:
        """In words, each by what it is about."""
        held = self.held
        return {
            "what is returned": {-1: "FAULT_RETRY", -2: "FAULT_ABSENT"}.get(self.code - (self.code >> 31 << 32))
            or model.code(self.code),
            "fs->asked_map": map_words(self.asked_map), "fs->map": map_words(self.map),
            "fs->type": f"{self.type:03b}b (xwr)", "fs->prot": f"{self.prot:03b}b (xwr)",
            "fs->made": str(self.made), "fs->copied": str(self.copied),
            "splvm()": "called" if self.raised else "not called",
            "the level of interrupts": "as before" if self.level == 0 else "not as before: it was not set again",
            "fs->m": "no page" if held.object == NONE else ", ".join((
                "valid" if held.valid else "not valid", "busy" if held.busy else "not busy", QUEUES[held.state >> 8 & 0xFF])),
        }


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


def map_words(space: int) -> str:
    return "no map" if space == NONE else f"the map of space {space}"


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

    def submap(self, space: int, address: int, other: int) -> None:
        """Let another space's map stand for an entry without an object."""
        self.say(_SUBMAP, space, address, other)

    def step(self, function: str, space: int, address: int, object: int, number: int, first: int, first_number: int,
             asked: int, type: int, prot: int, about: str) -> int:
        """One step by itself, with the walk at a page of object."""
        self.calls.append(about)
        self.say(_STEP, self.own(function), space, address, object, number, first, first_number, asked, type, prot)
        return self.result(STEP.size // 4)

    def held(self, object: int, number: int) -> int:
        self.say(_HELD, object, number)
        return self.result(7)


def outcome(results: Results, number: int, what: str) -> Outcome:
    words = OUTCOME.unpack(results.memory(number, what))
    return Outcome(*words[:3], Held(*words[3:10]), *words[10:14], words[14:])


def stepped(results: Results, number: int, what: str) -> Stepped:
    words = STEP.unpack(results.memory(number, what))
    return Stepped(*words[:9], words[9:13], Held(*words[13:]))


def held(results: Results, number: int, what: str) -> Held:
    return Held(*results.words(number, what))


def seen_from_outside(machine: Machine, directory: int, address: int) -> tuple[int, int]:
    """A page table's entry for an address, and the first word of the page that it leads to: out of physical memory."""
    def word(at: int) -> int:
        return int.from_bytes(machine.physical(at, 4), "little")
    table = word(directory + (address >> 22) * 4)
    entry = word((table & -PAGE) + (address >> 12) % 1024 * 4) if table & PRESENT else 0
    return entry, word(entry & -PAGE) if entry & PRESENT else 0
