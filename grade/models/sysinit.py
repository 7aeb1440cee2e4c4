"""What SYSINIT's engine must do, predicted from the challenge alone.

An independent model of proc0's lab 4, by the contracts of kernel/kern/subr_sysinit.c: entries are values here, a list
is a Python list, and nothing is linked. It has no line of the kernel in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

DUMMY, COPYRIGHT, LAST = 0x0000000, 0x0800001, 0xFFFFFFF        # subsystems
ANY = 0xFFFFFFF                                                 # the last order
MASK = 0xFFFFFFFF


@dataclass(frozen=True)
class Entry:
    """A struct sysinit. number: its own, by which reports name it, if it has no name; runs: it has a function."""

    number: int
    subsystem: int
    order: int
    runs: bool = True
    name: str = ""

    @property
    def key(self) -> tuple[int, int]:
        return self.subsystem, self.order

    @property
    def dummy(self) -> bool:
        return self.subsystem == DUMMY

    @property
    def wrong(self) -> bool:
        """Has it no function, although it needs one?"""
        return not self.runs and not self.dummy

    def __str__(self) -> str:
        return f"{self.name or f'entry {self.number}'} (subsystem {self.subsystem:x}, order {self.order:x})"


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """As they stand in a list after they were inserted in this order: sorted() leaves equals as they are."""
    return sorted(entries, key=lambda entry: entry.key)


def refused(entries: Iterable[Entry]) -> Entry | None:
    """The first that has no function and needs one."""
    return next((entry for entry in entries if entry.wrong), None)


def run(pending: Iterable[Entry], add: Callable[[Entry, list[Entry]], list[Entry]] = lambda entry, rest: rest
        ) -> tuple[list[Entry], list[Entry | None]]:
    """Run a list to its end; add: what is pending after an entry's function has run. Returns what is done, in order,
    and for each of that the one that was the next when its turn came."""
    rest, done, following = list(pending), [], []
    while rest:
        entry, *rest = rest
        done.append(entry)
        following.append(rest[0] if rest else None)
        if not entry.dummy:
            rest = add(entry, rest)
    return done, following


def undo(entries: Iterable[Entry]) -> list[Entry]:
    """Which are called by sysuninit_run(), and in which order."""
    return [entry for entry in reversed(in_order(entries)) if not entry.dummy]


# ---------------------------------------------------------------- what is said


def pointer(value: int) -> str:
    """As %p has it."""
    return f"{value:#x}" if value else "0"


def announced(entries: Sequence[tuple[Entry, int, int]], names: Mapping[int, str]) -> list[tuple[str, int]]:
    """For each entry, with the addresses of its function and its udata: what sysinit_announce() prints, and returns."""
    said, largest = [], COPYRIGHT
    for entry, function, udata in entries:
        text = ""
        if entry.subsystem > largest:
            largest = entry.subsystem
            text = f"subsystem {largest:x}\n"
        if largest == COPYRIGHT:
            said.append(("", 0))
            continue
        if function not in names:
            text += f"   {pointer(function)}({pointer(udata)})... "
        elif udata in names:
            text += f"   {names[function]}(&{names[udata]})... "
        else:
            text += f"   {names[function]}({pointer(udata)})... "
        said.append((text, 1))
    return said


def no_function(entry: Entry, address: int, name: str | None) -> str:
    """The panic about an entry that cannot be run."""
    return (f"SYSINIT: {name or 'an entry'} at {pointer(address)} (subsystem {entry.subsystem:x}, order {entry.order:x}) "
            f"has no function")


# ---------------------------------------------------------------- draws

# Keys that stand in order: subsystem, then order, as numbers without a sign.
CORNERS = ((DUMMY, 0), (DUMMY, ANY), (1, 0), (1, 1), (1, ANY), (2, 0), (0x0FFFFFF, 0x1000000), (0x1000000, 0),
           (0x7FFFFFFF, 5), (0x80000000, 4), (0x80000001, 0x7FFFFFFF), (0x80000001, 0x80000000), (MASK, 0), (MASK, MASK))


def draw_keys(draw: Random, count: int, *, subsystems: int, dummies: bool = True, wide: bool = False
              ) -> list[tuple[int, int]]:
    """Keys of so many subsystems, most of which several entries have, and some all of the key. wide: of all 32 bits,
    which only a list must be able to sort."""
    bits = 32 if wide else 28
    pool = [draw.choice((draw.randrange(1, LAST), draw.randrange(1, 16) << 24, draw.getrandbits(bits) | 1))
            for _ in range(subsystems)] + [DUMMY] * dummies
    orders = [0, 1, 2, 0x1000000, ANY, draw.getrandbits(28), draw.getrandbits(bits)]
    return [(draw.choice(pool), draw.choice(orders)) for _ in range(count)]
