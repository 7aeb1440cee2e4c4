"""What lab 5's checks put into a machine, and what they read there: maps whose trees were drawn.

grade/drivers/lab5.c makes the maps and calls what a student has written, which stands in its kernel under other names,
beside the reference's that the kernel itself runs on. Entries lie in its memory in an order that was drawn.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import NamedTuple

from grade.bench import Bench
from grade.bochs import Machine
from grade.checks.scripts import OTHERS, Results, Script, boot, run_script
from grade.checks.trees import NODE, Seen, read_tree
from grade.models.splay import Range, Tree, nodes

SPLAY, MAP, FAULT, WHOLE = "kernel-splay", "kernel-map", "kernel-fault", "kernel-vm"

_PLANT, _SPLAY, _LOOKUP, _LINK, _UNLINK, _FIND, _INSERT, _AT, _TREE, _LIST, _START, _OBJECT, _SET = (
    range(OTHERS, OTHERS + 13))
ENTRIES = 1536                 # lab5_entries
VM_IS_UP = 0x1FFFFFF           # SI_SUB_KMEM, and what comes before the CPU
LISTED = struct.Struct("<8IqI4BI")
NONE = 0xFFFFFFFF
PAGE = 4096


class Entry(NamedTuple):
    """What the driver tells of an entry: struct lab5_entry."""

    entry: int
    start: int
    end: int
    adj_free: int
    object: int             # its number, if it is one of the driver's; else its address
    object_size: int
    object_refs: int
    object_flags: int
    offset: int
    eflags: int
    protection: int
    maximum: int
    inheritance: int
    links_back: int
    wired: int


class Listed(NamedTuple):
    """A map's list: how many entries there are, at least; what the map says of that and of their size."""

    count: int
    nentries: int
    size: int
    told: tuple[Entry, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.told[:self.count]

    def spans(self) -> list[str]:
        """In words: nentries, and the entries by the list."""
        lines = [f"nentries {self.nentries}"]
        for entry in self.entries:
            back = "" if entry.links_back else ", whose prev is not the one before"
            lines.append(f"{entry.start:x}-{entry.end:x}{back}")
        whole = self.count == len(self.entries) and self.count < len(self.told)
        return lines + [] if whole else [*lines, "and further, or to no entry"]


class MapScript(Script):
    """A script with what lab 5's driver has of its own. Students' functions go by their names."""

    def __init__(self, bench: Bench, program: str, draw: Random) -> None:
        super().__init__(bench, program)
        self._free_entries = draw.sample(range(ENTRIES), ENTRIES)
        self._maps = 0
        self.entry_of: dict[Range, int] = {}            # its number

    def own(self, function: str) -> int:
        """The address of a student's function."""
        return self.symbol(f"lab_{function}")

    def given(self, *functions: str) -> None:
        """Let the reference's stand in the place of these functions of the student's file."""
        for function in functions:
            at = self.own(function)
            self.poke(at, struct.pack("<Bi", 0xE9, self.symbol(function) - (at + 5)) + b"\x90\x90\x90")

    def enter(self, item: Range) -> int:
        """A number for an entry; it has one from then on."""
        if item not in self.entry_of:
            self.entry_of[item] = self._free_entries.pop()
        return self.entry_of[item]

    def known(self) -> dict[int, Range]:
        """All entries that were planted, by their numbers."""
        return {number: item for item, number in self.entry_of.items()}

    # -- operations

    def start(self) -> None:
        """Have virtual memory come up."""
        self.say(_START, VM_IS_UP)

    def plant(self, tree: Tree | None, minimum: int, maximum: int, *, listed: bool = True) -> int:
        """A map with this tree, and with a list or with none; its number."""
        number, self._maps = self._maps, self._maps + 1
        found = nodes(tree, maximum)
        by_start = {item.start: item for item in tree or ()}
        by_path = {node.path: self.enter(by_start[node.start]) for node in found}
        self.say(_PLANT, number, minimum, maximum, listed, len(found))
        for node in found:
            self.say(by_path[node.path], node.start, node.end, node.adj_free, node.max_free,
                     *(by_path.get(node.path + way, NONE) for way in "LR"))
        return number

    def splay(self, of: int, address: int, about: str) -> None:
        self.calls.append(about)
        self.say(_SPLAY, self.own("vm_map_entry_splay"), of, address)

    def lookup(self, of: int, address: int, about: str) -> int:
        self.calls.append(about)
        self.say(_LOOKUP, self.own("vm_map_lookup_entry"), of, address)
        return self.result(2)

    def link(self, of: int, after: Range | None, new: Range, about: str) -> None:
        self.calls.append(about)
        self.say(_LINK, self.own("vm_map_entry_link"), of, NONE if after is None else self.entry_of[after],
                 self.enter(new), new.start, new.end)

    def unlink(self, of: int, old: Range, about: str) -> None:
        self.calls.append(about)
        self.say(_UNLINK, self.own("vm_map_entry_unlink"), of, self.entry_of[old])

    def find(self, of: int, start: int, length: int, about: str) -> int:
        self.calls.append(about)
        self.say(_FIND, self.own("vm_map_findspace"), of, start, length)
        return self.result(2)

    def object(self, number: int, pages: int) -> None:
        """Make an object; the driver has a reference."""
        self.say(_OBJECT, number, pages)

    def insert(self, function: int, of: int, object: int, own: bool, offset: int, start: int, end: int, protection: int,
               maximum: int, cow: int, about: str) -> int:
        """function: the student's or the reference's. own: it gets the driver's reference to the object."""
        self.calls.append(about)
        self.say(_INSERT, function, of, object, own, offset, start, end, protection, maximum, cow)
        return self.result(1)

    def set(self, of: int, where: int, eflags: int, protection: int, maximum: int, inheritance: int, wired: int) -> None:
        """Change what the entry at an address says."""
        self.say(_SET, of, where, eflags, protection, maximum, inheritance, wired)

    def at(self, function: int, of: int, where: int, address: int, about: str) -> None:
        """Call a function with the entry that is at an address, and with another address."""
        self.calls.append(about)
        self.say(_AT, function, of, where, address)

    def list(self, of: int, most: int) -> tuple[int, int]:
        """Look at a list of at most so many entries."""
        self.say(_LIST, of, most)
        return self.result(3 + most * LISTED.size // 4), most

    def listed(self, results: Results, asked: tuple[int, int], what: str) -> Listed:
        """The list that was looked at."""
        data = results.memory(asked[0], what)
        return Listed(*struct.unpack_from("<3I", data), tuple(map(Entry._make, LISTED.iter_unpack(data[12:]))))

    def tree(self, of: int, most: int) -> tuple[int, int]:
        """Look at a tree of at most so many nodes."""
        self.say(_TREE, of, most)
        return self.result(1 + most * NODE.size // 4), most


def seen(script: MapScript, results: Results, asked: tuple[int, int], what: str) -> Seen:
    """The tree that was looked at."""
    return read_tree(results.memory(asked[0], what), script.known())


@contextmanager
def ran(bench: Bench, script: Script) -> Iterator[tuple[Machine, Results]]:
    """Boot the script's kernel, and run it to its end."""
    with boot(bench, script.program, script, goal="mi_startup") as machine:
        yield machine, run_script(machine, script, at_once=False)


# ---------------------------------------------------------------- drawing lots


class Span:
    """A range of addresses, and nothing else."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end

    def __str__(self) -> str:
        return f"{self.start:x}-{self.end:x}"


def draw_spans(draw: Random, count: int, minimum: int, maximum: int, *, full: bool = False) -> list[Span]:
    """So many ranges of whole pages, by address, with gaps between some of them; full: up to both ends of the map."""
    pages = (maximum - minimum) // PAGE
    cuts = sorted(draw.sample(range(pages + 1), 2 * count))
    if full and count:
        cuts[0], cuts[-1] = 0, pages
    for each in range(2, 2 * count, 2):
        if draw.random() < 0.3:
            cuts[each] = cuts[each - 1]         # it begins where the one before ends
    return [Span(minimum + start * PAGE, minimum + end * PAGE) for start, end in zip(cuts[::2], cuts[1::2])]


def draw_tree(draw: Random, ranges: Sequence[Range], lean: float) -> Tree | None:
    """A tree of these, of any shape. lean: 0 a chain to the right, 1 one to the left, between: as it comes; 2: a zigzag."""
    if not ranges:
        return None
    if lean == 2:
        at = draw.choice((0, len(ranges) - 1))
    else:
        at = round(lean * (len(ranges) - 1)) if lean in (0, 1) else draw.randrange(len(ranges))
    return Tree(ranges[at], draw_tree(draw, ranges[:at], lean), draw_tree(draw, ranges[at + 1:], lean))


def addresses(draw: Random, ranges: Iterable[Range], minimum: int, maximum: int) -> list[int]:
    """Addresses at the edges of ranges, in them and beside them, and at the map's ends."""
    edges = {0, minimum, maximum - 1, maximum, NONE}
    for each in ranges:
        edges |= {each.start - 1, each.start, each.start + draw.randrange(each.end - each.start), each.end - 1, each.end}
    return sorted(edge & NONE for edge in edges)
