"""What lab 3's checks can do to a machine besides calling functions: run code that traps, and see what came of it.

grade/drivers/lab3.c does it. Scripts and booting are grade/checks/scripts.py's.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from random import Random

from grade.checks.scripts import OTHERS, Results, Script
from grade.debugger import Segment, TableRegister
from grade.failure import expect
from grade.models.init386 import FRAME_FIELDS, signal_words, trap_words

MACHDEP, TRAP = "kernel-machdep", "kernel-trap"

SIGNAL, DEBUGGER = 0, 3      # of the events
EVENTS = ("a signal", "a system call", "an AST", "the debugger", "the end of the code")
_MAP, _ONFAULT, _USER, _KERNEL = range(OTHERS, OTHERS + 4)
PUSHA = ("edi", "esi", "ebp", "esp", "ebx", "edx", "ecx", "eax")        # from low addresses to high ones
_EVENT_WORDS = 6 + len(FRAME_FIELDS)

PG_V, PG_RW, PG_U = 1, 2, 4
SEGMENTS = ("cs", "ds", "es", "fs", "ss")


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


class TrapScript(Script):
    """A script with what lab 3's driver has of its own."""

    def map(self, address: int, page: int, flags: int) -> None:
        self.say(_MAP, address, page, flags)

    def onfault(self, address: int) -> None:
        self.say(_ONFAULT, address)

    def user(self, frame: Mapping[str, int]) -> int:
        """Leave for user mode with this frame."""
        self.say(_USER, *(frame.get(name, 0) for name in FRAME_FIELDS))
        return self.result(_EVENT_WORDS)

    def kernel(self, below: int, eip: int, registers: Mapping[str, int]) -> int:
        """Jump to code of the kernel's with these registers, so far below the top of the stack."""
        self.say(_KERNEL, below, eip, *(registers.get(name, 0) for name in PUSHA))
        return self.result(_EVENT_WORDS)


def event_of(results: Results, number: int, what: str, expected: object) -> Event:
    """What USER or KERNEL came to; a StudentFailure when the script did not come to that."""
    return Event(struct.unpack(f"<{_EVENT_WORDS}I", results.memory(number, what, expected)))


def table_words(table: Segment | TableRegister) -> str:
    return f"base {table.base:#x}, limit {table.limit:#x}"


def expect_fields(what: str, expected: Mapping[str, int], got: Mapping[str, int]) -> None:
    """The fields are these; shows those that differ."""
    wrong = [name for name in expected if got[name] != expected[name]]
    expect(what, *(", ".join(f"{name} = {trap_words(fields[name]) if name == 'trapno' else f'{fields[name]:x}'}"
                             for name in wrong) for fields in (expected, got)))


def expect_frame(what: str, expected: Mapping[str, int], event: Event) -> None:
    """An event's frame is this, where it is told; of segments the low 16 bits count."""
    got = {name: value & 0xFFFF if name in SEGMENTS else value for name, value in event.frame.items()}
    expect_fields(f"{what}: the frame", expected, got)


def random_registers(draw: Random) -> dict[str, int]:
    return {name: draw.getrandbits(32) for name in PUSHA if name != "esp"}
