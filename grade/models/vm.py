"""What a map and its objects must be after each operation, predicted from the operations alone.

An independent model of kernel/vm's maps, by the contracts of vm_map.h and the files that lab 5 takes from: entries are
values of their own here, a map's list is a Python list, its tree the model of grade/models/splay.py. Addresses and
sizes are numbers; what wraps round in 32 bits does not here, unless an operation was asked for such a range.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from grade.models import splay
from grade.models.splay import Tree

PAGE = 4096
ADDRESSES = 1 << 32

# KERN_ codes
SUCCESS, INVALID_ADDRESS, PROTECTION_FAILURE, NO_SPACE, INVALID_ARGUMENT, FAILURE = range(6)
CODES = ("KERN_SUCCESS", "KERN_INVALID_ADDRESS", "KERN_PROTECTION_FAILURE", "KERN_NO_SPACE", "KERN_INVALID_ARGUMENT",
         "KERN_FAILURE", "KERN_RESOURCE_SHORTAGE")
READ, WRITE, EXECUTE = 1, 2, 4
SHARE, COPY = 0, 1                                                  # inheritance

# MAP_ENTRY_
NOSYNC, SUBMAP, COW, NEEDS_COPY, NOFAULT, IN_TRANSITION, NOCOREDUMP, GROWS_DOWN, GROWS_UP = (
    0x1, 0x2, 0x4, 0x8, 0x10, 0x100, 0x400, 0x1000, 0x2000)
# MAP_: what an insertion is asked for, and the flags of an entry that come of it
INHERIT_SHARE = 0x1
ASKED = {0x2: COW | NEEDS_COPY, 0x4: NOFAULT, 0x20: NOSYNC, 0x100: NOCOREDUMP, 0x1000: GROWS_DOWN, 0x2000: GROWS_UP}
STACK = 0x3000


def code(number: int) -> str:
    """A KERN_ code by its name."""
    return CODES[number] if number < len(CODES) else f"{number:#x}"


@dataclass(eq=False)
class Object:
    """A memory object. name: how reports call it, "" for what an operation has made; size: in pages; others: references
    that no entry of the map has."""

    name: str
    size: int
    others: int = 0
    anonymous: bool = True
    backing: Object | None = None
    one_mapping: bool = True        # OBJ_ONEMAPPING


@dataclass(eq=False)
class Entry:
    """A range of a map, and what it shows."""

    start: int
    end: int
    object: Object | None = None
    offset: int = 0
    eflags: int = 0
    protection: int = READ | WRITE
    maximum: int = READ | WRITE | EXECUTE
    inheritance: int = COPY
    wired: int = 0

    def like(self, other: Entry) -> bool:
        """May they be one, as far as what is allowed there goes?"""
        return all(getattr(self, name) == getattr(other, name) for name in (
            "eflags", "protection", "maximum", "inheritance", "wired"))

    def __str__(self) -> str:
        return f"{self.start:x}-{self.end:x}"


@dataclass
class Map:
    """A process' map (user: what is clipped gets an object) from minimum to before maximum."""

    minimum: int
    maximum: int
    user: bool = True
    entries: list[Entry] = field(default_factory=list)      # by address
    tree: Tree | None = None

    # -- 5.2 to 5.4

    def lookup(self, address: int) -> tuple[bool, Entry | None]:
        """Is there an entry? That one, or the last before the address; None: there is none."""
        if self.tree is None or self.tree.side(address):
            self.tree = splay.splay(self.tree, address)
        before = [entry for entry in self.entries if entry.start <= address]
        return bool(before) and address < before[-1].end, before[-1] if before else None

    def link(self, new: Entry, after: Entry | None) -> None:
        self.tree = splay.link(self.tree, new, after)
        self.entries.insert(self.entries.index(after) + 1 if after else 0, new)

    def unlink(self, old: Entry) -> None:
        self.tree = splay.unlink(self.tree, old)
        self.entries.remove(old)

    def findspace(self, start: int, length: int) -> int | None:
        found, self.tree = splay.findspace(self.tree, self.minimum, self.maximum, start, length)
        return found

    # -- 5.5

    def insert(self, object: Object | None, offset: int, start: int, end: int, protection: int, maximum: int, cow: int
               ) -> int:
        """As vm_map_insert(). The caller's reference to the object becomes the entry's."""
        if not self.minimum <= start < end <= self.maximum:
            return INVALID_ADDRESS
        found, before = self.lookup(start)
        following = self._next(before)
        if found or following and following.start < end:
            return NO_SPACE
        new = Entry(start, end, object, offset, sum(flags for asked, flags in ASKED.items() if cow & asked), protection,
                    maximum, SHARE if cow & INHERIT_SHARE else COPY)
        if (object is None and before and before.end == start and before.eflags == new.eflags and not cow & STACK
                and not before.wired and self._lengthen(before, end - start)):
            if before.like(new):
                before.end = end
                self._resize(before)
                self.simplify(before)
                return SUCCESS
            new.object, new.offset = before.object, before.offset + before.end - before.start
        self.link(new, before)
        self.simplify(new)
        return SUCCESS

    def simplify(self, entry: Entry) -> None:
        """Make one of it and its neighbours, as far as they may be; it is the one that stays."""
        place = self.entries.index(entry)
        if place and self._joins(before := self.entries[place - 1], entry):
            self.unlink(before)
            entry.start, entry.offset = before.start, before.offset
            if place > 1:
                self._resize(self.entries[place - 2])
        following = self._next(entry)
        if following and self._joins(entry, following):
            self.unlink(following)
            entry.end = following.end
            self._resize(entry)

    def clip_start(self, entry: Entry, address: int) -> None:
        """Have it begin at an address that is inside; what is before becomes a new one."""
        if not entry.start < address < entry.end:
            return
        self._give_object(entry)
        new = replace(entry, end=address)
        entry.offset += address - entry.start
        entry.start = address
        place = self.entries.index(entry)
        self.link(new, self.entries[place - 1] if place else None)

    def clip_end(self, entry: Entry, address: int) -> None:
        """Have it end at an address that is inside; what is behind becomes a new one."""
        if not entry.start < address < entry.end:
            return
        self._give_object(entry)
        new = replace(entry, start=address, offset=entry.offset + address - entry.start)
        entry.end = address
        self.link(new, entry)

    # --

    @property
    def size(self) -> int:
        return sum(entry.end - entry.start for entry in self.entries)

    def references(self, object: Object) -> int:
        return object.others + sum(entry.object is object and not entry.eflags & SUBMAP for entry in self.entries)

    def _next(self, entry: Entry | None) -> Entry | None:
        place = self.entries.index(entry) + 1 if entry else 0
        return self.entries[place] if place < len(self.entries) else None

    def _resize(self, entry: Entry) -> None:
        """What is free behind it is counted anew: for that it comes to the top."""
        self.tree = splay.splay(self.tree, entry.start)

    def _lengthen(self, before: Entry, length: int) -> bool:
        """May its object serve what comes behind, too? Then it does."""
        object = before.object
        if object is None:
            return True
        end = (before.offset + before.end - before.start) // PAGE
        if not object.anonymous or object.backing or self.references(object) > 1 and object.size != end:
            return False
        object.size = max(object.size, end + length // PAGE)
        return True

    @staticmethod
    def _joins(one: Entry, other: Entry) -> bool:
        return (one.end == other.start and one.object is other.object
                and (one.object is None or one.offset + one.end - one.start == other.offset)
                and one.like(other) and not (one.eflags | other.eflags) & (IN_TRANSITION | GROWS_DOWN | GROWS_UP))

    def _give_object(self, entry: Entry) -> None:
        if entry.object is None and self.user:
            entry.object = Object("", (entry.end - entry.start) // PAGE)
            entry.offset = 0
