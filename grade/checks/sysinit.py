"""What lab 4's checks put into a machine, and what they read there: entries, lists, sets, and who was called.

Entries lie in the memory of grade/drivers/lab4.c's kernel, in no order, with dirt between them and in their links;
each leads to code that was drawn and that tells the driver a number of its own. So nothing that a student's file could
know in advance says who is to be called, and nothing but calling it has what it does as a consequence.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from grade.bochs import Machine
from grade.checks.scripts import Results, Script, word
from grade.failure import StudentFailure, expect
from grade.models.sysinit import Entry

SYSINIT = "kernel-sysinit"

ENTRY = struct.Struct("<5I")       # struct sysinit: subsystem, order, func, udata, the link
UDATA, LINK = 12, 16                # their offsets
RECORD = struct.Struct("<4I")      # struct lab4_record
INSERTED = struct.Struct("<2I")    # struct lab4_inserted
PLAN = struct.Struct("<5I")        # struct lab4_plan
_MSGBUF = struct.Struct("<5I")      # struct msgbuf: magic, size, where the next character goes, the first not read, text
FUNCTIONS, CODE = 6, 12               # in a kernel; bytes of one
SHOWN_BEFORE, SHOWN = 2, 6          # of a list that is wrong, about the first difference
RING = "The list has become a ring: whoever goes through it never comes to its end. The last entry leads to NULL."


class Functions:
    """Code that tells the driver its own number, some of it."""

    def __init__(self, script: Script, draw: Random) -> None:
        self.numbers: dict[int, int] = {}       # by address
        for number in draw.sample(range(1 << 12, 1 << 32), FUNCTIONS):
            at = script.room(CODE + 4 * draw.randrange(4))
            script.poke(at, code_of(number, at, script.symbol("lab4_called")))
            self.numbers[at] = number


def code_of(number: int, at: int, called: int) -> bytes:
    """mov $number, %eax; jmp lab4_called, at this address."""
    return struct.pack("<BIBi", 0xB8, number, 0xE9, called - (at + 10)) + b"\x90\x90"


class Field:
    """Entries in memory, by a script."""

    def __init__(self, script: Script, draw: Random, functions: Functions, entries: Sequence[Entry]) -> None:
        self._script, self._draw = script, draw
        self.functions = functions
        self.entries = tuple(entries)
        offsets, size = {}, 0
        for entry in draw.sample(self.entries, len(self.entries)):
            offsets[entry] = size + 4 * draw.randrange(4)
            size = offsets[entry] + ENTRY.size
        self._base, self._size = script.room(size + 4), size + 4
        self.at = {entry: self._base + offset for entry, offset in offsets.items()}
        self.by_address = {at: entry for entry, at in self.at.items()}
        self.function = {entry: draw.choice(list(functions.numbers)) if entry.runs else 0 for entry in self.entries}
        self.udata = dict(zip(self.entries, draw.sample(range(1, 1 << 32), len(self.entries))))
        self.by_udata = {udata: entry for entry, udata in self.udata.items()}
        words = bytearray(draw.randbytes(self._size))
        dirt = (0, draw.getrandbits(32), *self.at.values())
        for entry, offset in offsets.items():
            ENTRY.pack_into(words, offset, entry.subsystem, entry.order, self.function[entry], self.udata[entry],
                             draw.choice(dirt))
        self.before = bytes(words)
        script.poke(self._base, self.before)

    def number_of(self, entry: Entry) -> int:
        """What its function tells; 0 if it has none."""
        return self.functions.numbers.get(self.function[entry], 0)

    def set_udata(self, entry: Entry, udata: int) -> None:
        self.udata[entry] = udata
        self._script.poke(self.at[entry] + UDATA, struct.pack("<I", udata))

    def set(self, entries: Sequence[Entry], beside: Entry | None = None) -> tuple[int, int]:
        """Place pointers to these; where they begin and end. Beside them stands a pointer to another one."""
        beside_at = self.at[beside] if beside else self._draw.getrandbits(32)
        pointers = [beside_at, *(self.at[entry] for entry in entries), beside_at]
        at = self._script.place(struct.pack(f"<{len(pointers)}I", *pointers))
        return at + 4, at + 4 + 4 * len(entries)

    def link(self, entries: Sequence[Entry], last: int = 0) -> None:
        """Have each lead to the next, and the last one to an address."""
        for entry, following in zip(entries, [*(self.at[entry] for entry in entries[1:]), last]):
            self._script.poke(self.at[entry] + LINK, struct.pack("<I", following))

    def list(self, entries: Sequence[Entry] = (), head: int = 0) -> int:
        """Link these to a list, at an address or somewhere; its head's address."""
        head = head or self._script.room(8)
        self.link(entries)
        first = self.at[entries[0]] if entries else 0
        self._script.poke(head, struct.pack("<2I", first, self.end_of(entries, head)))
        return head

    def end_of(self, entries: Sequence[Entry], head: int) -> int:
        """What a list's stqh_last is."""
        return self.at[entries[-1]] + LINK if entries else head

    def link_words(self, at: int, head: int) -> str:
        """The address of a link, in words. head: the list's, whose own link is stqh_first."""
        entry = self.by_address.get(at - LINK)
        return "&stqh_first" if at == head else f"&next of {entry}" if entry else f"{at:#x}, where no link is"

    def save(self) -> int:
        return self._script.save(self._base, self._size)

    def found(self, memory: bytes, head: int, words: Sequence[int], what: str) -> list[Entry]:
        """The entries of a list, by its head's words. A StudentFailure when it is none, or ends elsewhere than it
        says."""
        entries = self.follow(memory, words[0], what)
        expect(f"{what}: stqh_last", self.link_words(self.end_of(entries, head), head), self.link_words(words[1], head))
        return entries

    def others(self, memory: bytes) -> bytes:
        """All that stands there but for the links."""
        clean = bytearray(memory)
        for at in self.by_address:
            clean[at - self._base + LINK:at - self._base + LINK + 4] = bytes(4)
        return bytes(clean)

    def follow(self, memory: bytes, first: int, what: str) -> list[Entry]:
        """The entries that a list leads to. A StudentFailure for a link that leads nowhere, or back."""
        entries: list[Entry] = []
        expected, at, of = "links that lead from entry to entry, and from the last to NULL", first, "stqh_first"
        while at:
            if at not in self.by_address:
                raise StudentFailure(what, expected, f"{of} leads to {at:#x}, where no entry is", "", f"{what}: links")
            if (entry := self.by_address[at]) in entries:
                raise StudentFailure(what, expected, f"{of} leads back to {entry}", RING, f"{what}: links")
            entries.append(entry)
            offset = at - self._base + LINK
            at, of = int.from_bytes(memory[offset:offset + 4], "little"), f"the link of {entry}"
        return entries


@dataclass(frozen=True)
class Call:
    """A call that the driver has kept. first: of what is pending; last: the end of what is done."""

    number: int
    udata: int
    first: int
    last: int


class Calls:
    """Ask a script for the calls so far."""

    def __init__(self, script: Script, most: int) -> None:
        self._used = script.save(script.symbol("lab4_used"), 4)
        self._records = script.save(script.symbol("lab4_records"), RECORD.size * (most + 1))
        self._most = most

    def read(self, results: Results, what: str) -> list[Call]:
        """All of them, or one more than there should be at most."""
        count = min(results.word(self._used, what), self._most + 1)
        return [Call(*fields) for fields in RECORD.iter_unpack(results.memory(self._records, what)[:RECORD.size * count])]


class Insertions:
    """Ask a script for what lab4_insert() was asked for."""

    def __init__(self, script: Script, most: int) -> None:
        self._used = script.save(script.symbol("lab4_insertions"), 4)
        self._records = script.save(script.symbol("lab4_inserted"), INSERTED.size * (most + 1))
        self._most = most

    def read(self, results: Results, what: str) -> list[tuple[int, int]]:
        """The lists' and the entries' addresses."""
        count = min(results.word(self._used, what), self._most + 1)
        return list(INSERTED.iter_unpack(results.memory(self._records, what)[:INSERTED.size * count]))


def put_in_place(script: Script, function: str, by: str) -> None:
    """Write a jump to one of the driver's functions over the first bytes of a student's."""
    at = script.symbol(function)
    script.poke(at, struct.pack("<Bi", 0xE9, script.symbol(by) - (at + 5)) + b"\x90\x90\x90")


def plan(script: Script, plans: Iterable[tuple[int, int, int, int, int]]) -> None:
    """Tell the driver what functions are to add: udata, then an entry and the one before it, or a set's ends."""
    words = b"".join(PLAN.pack(*fields) for fields in plans)
    script.poke(script.symbol("lab4_plans"), words + bytes(PLAN.size))


def name(script: Script, names: Mapping[int, str]) -> None:
    """Give addresses names, for kdb_symbol_name()."""
    table = b"".join(struct.pack("<2I", at, script.place(text.encode("ascii") + b"\0")) for at, text in names.items())
    script.poke(script.symbol("script_names"), struct.pack("<I", script.place(table + bytes(8))))


class Printed:
    """What a part of a script prints, to the character."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._begin = self._position()

    def _position(self) -> int:
        return self._script.save(self._script.symbol("script_text"), 4)

    def over(self) -> None:
        """The part ends."""
        self._end = self._position()

    def text(self, machine: Machine, results: Results) -> str:
        begin, end = (results.word(position, "a part of the script") for position in (self._begin, self._end))
        return message_buffer(machine, self._script)[begin:end]


def message_buffer(machine: Machine, script: Script) -> str:
    """All that the kernel has printed."""
    _, size, end, _, text = _MSGBUF.unpack(machine.memory(word(machine, script.symbol("msgbufp")), _MSGBUF.size))
    return machine.memory(text, min(end, size)).decode("latin1") if end else ""


# ---------------------------------------------------------------- judging


def expect_lines(what: str, expected: Sequence[str], got: Sequence[str], *, hint: str = "", cause: str = "") -> None:
    """The lines are these; shows a few about the first that is another."""
    if list(expected) == list(got):
        return
    first = next((number for number, (one, other) in enumerate(zip(expected, got)) if one != other),
                 min(len(expected), len(got)))
    start = max(0, first - SHOWN_BEFORE)

    def part(lines: Sequence[str]) -> list[str]:
        shown = [line or "(an empty line)" for line in lines[start:start + SHOWN]]
        return shown + (["..."] if len(lines) > start + SHOWN else ["(the end)"])
    place = f" (shown: from number {start + 1} of {len(expected)} on)" if start else ""
    expect(f"{what}{place}", part(expected), part(got), hint=hint, cause=cause)


def expect_entries(what: str, expected: Iterable[Entry], got: Iterable[Entry], *, hint: str = "") -> None:
    expect_lines(what, [str(entry) for entry in expected], [str(entry) for entry in got], hint=hint)


class Known(Protocol):
    """Who knows entries by their udata, and the numbers of their functions."""

    by_udata: dict[int, Entry]

    def number_of(self, entry: Entry) -> int:
        """What its function tells."""


ENDED_EARLY = "it ended early"      # a cause


def expect_calls(what: str, known: Known, expected: Sequence[Entry], calls: Sequence[Call], *, early: str = "") -> None:
    """Functions were called for these entries, in this order: theirs, with their udata. early: a hint for calls that
    are right as far as they go, but end before the others."""
    def words(call: Call) -> str:
        entry = known.by_udata.get(call.udata)
        if entry is None:
            return f"a function with udata {call.udata:#x}, which no entry has"
        return str(entry) if known.number_of(entry) == call.number else f"another's function, with the udata of {entry}"
    lines, got = list(map(str, expected)), list(map(words, calls))
    ended = len(got) < len(lines) and lines[:len(got)] == got
    strange = not any(call.udata in known.by_udata for call in calls)
    expect_lines(what, lines, got, hint=early * ended, cause=ENDED_EARLY if ended else "no entry's udata" * strange)
