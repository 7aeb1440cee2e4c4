"""What lab 5's checks have done to maps: new entries, ranges that are refused, entries that melt and that are cut.

For each thing that may keep two entries apart there is a map in which they differ in that alone; where, of what size and
with what is drawn. grade/checks/entries.py makes the calls.
"""

from __future__ import annotations

from grade.checks.entries import MINIMUM, RW, RWX, Changes
from grade.checks.maps import NONE, PAGE
from grade.models import vm as model
from grade.models.vm import Entry


class Insertions(Changes):
    """New entries that touch no others, and some that reach up to the next one."""

    own = ("vm_map_insert",)

    def _say(self) -> None:
        for _ in range(4):
            self._new_map()
            for _ in range(9):
                self.insert_apart()
            self.insert_up_to_next()

    def insert_up_to_next(self) -> None:
        """Into a gap, to its very end, with an object."""
        starts = {entry.start for entry in self.map.entries}
        gaps = [(low, high) for low, high in self._gaps(0) if high in starts]
        if gaps:
            high = self._draw.choice(gaps)[1]
            self._insert(high - PAGE, high, object=self._draw_object(), offset=self._draw.randrange(1, 64) * PAGE)

    def insert_apart(self) -> None:
        """With an object of others, with one that nobody else has, or with none."""
        draw = self._draw
        object = draw.choice((None, self._draw_object(), self._draw_object()))
        left = sum(each.others > 0 for each in self._objects)
        own = bool(object) and self.map.references(object) == 1 and left > 3 and draw.random() < 0.6
        self._insert(*self._draw_range(), object=object, own=own, offset=draw.randrange(1, 64) * PAGE if object else 0,
                     cow=self._draw_cow(), **self._draw_rights())


class Refusals(Changes):
    """Ranges that are none, or are in use."""

    own = ("vm_map_insert",)

    def _say(self) -> None:
        for _ in range(2):
            self._new_map()
            for _ in range(4):
                self._insert(*self._draw_range(), quiet=True)
            self.insert_wrong()

    def insert_wrong(self, count: int | None = None) -> None:
        """So many of them, or all."""
        draw, top, some = self._draw, self.map.maximum, self._draw.choice(self.map.entries)
        ranges = [(0, PAGE), (0, MINIMUM + PAGE), (top - PAGE, top + PAGE), (top, top + PAGE), (top - PAGE, NONE + 1 - PAGE),
                  (MINIMUM + 4 * PAGE, MINIMUM + 4 * PAGE), (MINIMUM + 5 * PAGE, MINIMUM + 4 * PAGE), (top - PAGE, 0),
                  (MINIMUM, MINIMUM), (top, top), (NONE + 1 - PAGE, PAGE), (PAGE, NONE + 1 - PAGE), (MINIMUM, top),
                  (some.start, some.end), (some.start, some.start + PAGE), (some.end - PAGE, some.end),
                  (some.end - PAGE, some.end + PAGE), (some.start - PAGE, some.end), (some.start - PAGE, some.start + PAGE),
                  (some.start, some.start), (some.end, some.start)]
        for start, end in draw.sample(ranges, count or len(ranges)):
            object = draw.choice((None, self._draw_object()))
            self._insert(start & NONE, end & NONE, object=object, offset=PAGE if object else 0)


BASES = ("nothing", "cut", "all of an object", "a part of an object")
CHANGES = ("", "protection", "maximum", "cow", "inheritance", "wired", "stack", "gap", "next")


class Coalescings(Changes):
    """Memory without an object, behind other memory that it may continue; and an object's parts that touch."""

    own = ("vm_map_insert",)

    def _say(self) -> None:
        for base in BASES:
            for change in self._draw.sample(CHANGES, len(CHANGES)):
                self._new_map()
                self.insert_behind(self._lay(base), change)
        for _ in range(3):
            self._new_map()
            self.insert_between()

    def _lay(self, base: str) -> Entry:
        """An entry that others may continue, in the middle of the map: with no object; with one of its own; with one that
        others have, to its end or not."""
        draw = self._draw
        start, cow = MINIMUM + draw.randrange(8, 30) * PAGE, self._draw_cow(stacks=False)
        end = start + draw.randint(3, 8) * PAGE
        object = self._draw_object() if "object" in base else None
        offset = 0
        if object:
            end = min(end, start + object.size * PAGE)
            offset = object.size * PAGE - (end - start) if base.startswith("all") else 64 * PAGE
        self._insert(start, end, object=object, offset=offset, cow=cow, quiet=True, **self._draw_rights())
        if base == "cut":
            self._cut(self.map.entries[0], draw.randrange(start + PAGE, end, PAGE))
        return self.map.entries[-1]

    def insert_behind(self, entry: Entry, change: str) -> None:
        """Memory that is as an entry is, but for one thing."""
        draw = self._draw
        cow = sum(asked for asked, flags in model.ASKED.items() if entry.eflags & flags == flags) | (entry.inheritance == 0)
        same = {"protection": entry.protection, "maximum": entry.maximum, "cow": cow}
        start, end = entry.end, entry.end + draw.randint(1, 6) * PAGE
        if change in ("protection", "maximum"):
            same[change] ^= draw.choice((1, 2, 4))
        elif change == "cow":
            same["cow"] ^= draw.choice((0x4, 0x20, 0x100))
        elif change == "inheritance":
            same["cow"] ^= model.INHERIT_SHARE
        elif change == "wired":
            self._set(entry, wired=draw.choice((1, 2)))
        elif change == "stack":
            same["cow"] |= draw.choice((0x1000, 0x2000))
        elif change == "gap":
            start, end = start + PAGE, end + PAGE
        elif change == "next":          # what comes fills the gap up to an entry that is like it
            self._insert(end, end + 2 * PAGE, quiet=True, **same)
        self._insert(start, end, **same)

    def insert_between(self) -> None:
        """The middle part of an object, between the two others."""
        object, draw = self._draw_object(), self._draw
        start, sizes = MINIMUM + draw.randrange(40) * PAGE, [draw.randint(1, 6) * PAGE for _ in range(3)]
        starts = [start, start + sizes[0], start + sizes[0] + sizes[1]]
        for part, quiet in ((0, True), (2, True), (1, False)):
            self._insert(starts[part], starts[part] + sizes[part], object=object, offset=starts[part] - start + PAGE,
                         quiet=quiet)


DIFFERENCES = ("", "nothing", "protection", "maximum", "inheritance", "wired", "eflags", "in transition", "grows down",
               "grows up", "object", "offset", "gap")
BUSY = {"in transition": 0x100, "grows down": 0x1000, "grows up": 0x2000}


class Simplifications(Changes):
    """Entries that touch, and differ in nothing or in one thing."""

    own = ("vm_map_simplify_entry",)

    def _say(self) -> None:
        for difference in self._draw.sample(DIFFERENCES, len(DIFFERENCES)) * 2:
            self._new_map()
            entries = self._lay(difference)
            for entry in self._draw.sample(entries, len(entries)):
                if entry in self.map.entries:
                    self._at("vm_map_simplify_entry", entry, 0, lambda entry, _: self.map.simplify(entry))

    def _lay(self, difference: str) -> list[Entry]:
        """Three entries; one of them differs from both others."""
        draw, other = self._draw, self._draw.randrange(3)
        object = None if difference == "nothing" or draw.random() < 0.2 and difference not in ("object", "offset") \
            else self._draw_object()
        start, offset = MINIMUM + draw.randrange(1, 40) * PAGE, draw.randrange(8) * PAGE
        if draw.random() < 0.5:
            self._insert(MINIMUM, MINIMUM + PAGE, quiet=True)
        begin, said = len(self.map.entries), []
        for number in range(3):         # the rights keep them apart at first
            if number == other and difference == "gap":
                start += PAGE
                offset += PAGE
            end = start + draw.randint(1, 5) * PAGE
            shown, at = object, offset
            if number == other and difference == "object":
                shown = next(each for each in self._objects if each.others and each is not object)
            if number == other and difference == "offset":
                at += PAGE
            said.append((start, end, shown, at if shown else 0, number))
            start, offset = end, offset + end - start
        # Without an object from behind: where one continues the other their offsets would, too.
        for start, end, shown, at, number in said if object else reversed(said):
            self._insert(start, end, object=shown, offset=at, protection=number, maximum=RWX, quiet=True)
        entries = self.map.entries[begin:]
        flags = BUSY.get(difference, 0)
        for number, entry in enumerate(entries):
            changes = {"protection": RW, "eflags": flags}
            if number == other:
                changes |= {"protection": {"protection": 1}, "maximum": {"maximum": RW}, "inheritance": {"inheritance": 2},
                            "wired": {"wired": 1}, "eflags": {"eflags": 1}}.get(difference, {})
            self._set(entry, **changes)
        return entries


class Clips(Changes):
    """Entries that are cut: inside, at their ends, and beside them."""

    own = ("vm_map_clip_start", "vm_map_clip_end")

    def _say(self) -> None:
        for _ in range(4):
            self._new_map()
            self._lay()
            self._clip_submap()
            for number in self._draw.sample(range(14), 14):
                self.clip(number)

    def _clip_submap(self) -> None:
        """A submap is no object, and is not referenced; a number of ours stands for one."""
        large = [entry for entry in self.map.entries if entry.object and entry.object.name
                 and entry.end - entry.start > PAGE]
        if not large:
            return
        entry = self._draw.choice(large)
        entry.object.others += 1
        self._set(entry, eflags=entry.eflags | model.SUBMAP)
        function, change = self._draw.choice((("vm_map_clip_start", self.map.clip_start),
                                              ("vm_map_clip_end", self.map.clip_end)))
        self._at(function, entry, self._draw.randrange(entry.start + PAGE, entry.end, PAGE), change)

    def _lay(self) -> None:
        for number in range(3):
            object = self._draw_object() if number else None
            self._insert(*self._draw_range(), object=object, offset=self._draw.randrange(1, 32) * PAGE if object else 0,
                         cow=self._draw_cow(), quiet=True, **self._draw_rights())

    def clip(self, number: int) -> None:
        """number: which function, and where."""
        draw = self._draw
        entry = max(draw.sample(self.map.entries, min(3, len(self.map.entries))), key=lambda entry: entry.end - entry.start)
        if draw.random() < 0.3:
            self._set(entry, wired=draw.choice((0, 1)), inheritance=draw.choice((0, 1, 2)))
        middle = draw.randrange(entry.start, entry.end, PAGE)
        address = (middle, middle, entry.start, entry.end, entry.start - PAGE, entry.end + PAGE, 0)[number % 7]
        function, change = (("vm_map_clip_start", self.map.clip_start), ("vm_map_clip_end", self.map.clip_end))[number // 7]
        self._at(function, entry, address & NONE, change)


class Everything(Insertions, Refusals, Coalescings, Clips):
    """All of these calls on the same maps, in any order, all of them the student's: a trace for each map."""

    own = ("vm_map_insert", "vm_map_simplify_entry", "vm_map_clip_start", "vm_map_clip_end")
    TRACES, CALLS = 15, 12

    def _say(self) -> None:
        for _ in range(self.TRACES):
            self._new_map()
            for _ in range(self.CALLS):
                self._any()

    def _any(self) -> None:
        draw, choice = self._draw, self._draw.random()
        if not self.map.entries or choice < 0.3 and self._gaps(PAGE):
            self.insert_apart()
        elif choice < 0.35:
            self.insert_wrong(2)
        elif choice < 0.6:
            self.insert_behind(draw.choice(self.map.entries), draw.choice(CHANGES[:-1]))
        elif choice < 0.85:
            self.clip(draw.randrange(14))
        else:
            self._at("vm_map_simplify_entry", draw.choice(self.map.entries), 0, lambda entry, _: self.map.simplify(entry))
