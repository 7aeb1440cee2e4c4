"""Runs of lab 5's functions that make, melt and cut a map's entries: what is called, and what the map is after each call.

The maps begin with entries that the reference's vm_map_insert() has made; only what is judged is the student's. The
model (grade/models/vm.py) goes along, call by call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from grade.bench import Bench
from grade.checks.cases import Case
from grade.checks.maps import MAP, NONE, PAGE, Listed, MapScript, ran
from grade.checks.scripts import Results
from grade.checks.trees import Seen, expect_free, expect_same, expect_tree, read_tree
from grade.failure import StudentFailure, expect
from grade.models import splay
from grade.models import vm as model
from grade.models.splay import Node
from grade.models.vm import Entry, Map, Object

MINIMUM, PAGES = 0x1000, 64         # of a map
MAPS, CALLS = 5, 9                  # in a boot, on a map
OBJECTS = 8
ONE_MAPPING = 0x2000                # OBJ_ONEMAPPING
FLAGS = {0x1: "nosync", 0x2: "submap", 0x4: "cow", 0x8: "needs-copy", 0x10: "nofault", 0x20: "user-wired",
         0x100: "in-transition", 0x400: "nocoredump", 0x1000: "grows-down", 0x2000: "grows-up"}
INHERITANCE = ("share", "copy", "none")
RW, RWX = model.READ | model.WRITE, model.READ | model.WRITE | model.EXECUTE
FUNCTIONS = ("vm_map_insert", "vm_map_simplify_entry", "vm_map_clip_start", "vm_map_clip_end")


def rights(protection: int) -> str:
    return "".join(letter if protection & bit else "-" for letter, bit in zip("rwx", (1, 2, 4)))


def entry_words(entry: Entry, object: str) -> str:
    """An entry in a line. object: what is said of its object, or ""."""
    told = [f"{entry.start:x}-{entry.end:x} {rights(entry.protection)}/{rights(entry.maximum)}"]
    told += [f"{object} from {entry.offset:x}" if object else "no object"]
    told += [name for bit, name in FLAGS.items() if entry.eflags & bit]
    told += [INHERITANCE[entry.inheritance] if entry.inheritance < 3 else f"inheritance {entry.inheritance}"] * (
        entry.inheritance != model.COPY)
    told += [f"wired {entry.wired}"] * (entry.wired != 0)
    return ", ".join(told)


def object_words(name: str, size: int, references: int, one_mapping: bool) -> str:
    return f"{name} ({size} page{'s' * (size != 1)}, {references} ref{'s' * (references != 1)}{', 1 mapping' * one_mapping})"


class Names:
    """Objects that a call has made, by the order in which a list has them."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, key: int) -> str:
        return self._known.setdefault(key, f"new object {chr(ord('A') + len(self._known))}")


def expected_list(map: Map) -> list[str]:
    names, lines = Names(), [f"nentries {len(map.entries)}, size {map.size:x}"]
    for entry in map.entries:
        object, words = entry.object, ""
        if object:
            words = object_words(object.name or names.of(id(object)), object.size, map.references(object),
                                 bool(object.name) and object.one_mapping)
        lines.append(entry_words(entry, words))
    return lines


def found_list(listed: Listed) -> list[str]:
    names, lines = Names(), [f"nentries {listed.nentries}, size {listed.size:x}"]
    for told in listed.entries:
        own = told.object < OBJECTS
        words = object_words(f"object {told.object}" if own else names.of(told.object), told.object_size,
                             told.object_refs, own and bool(told.object_flags & ONE_MAPPING)) if told.object else ""
        entry = Entry(told.start, told.end, None, told.offset, told.eflags, told.protection, told.maximum,
                      told.inheritance, told.wired)
        lines.append(entry_words(entry, words) + ", whose prev is not the one before" * (not told.links_back))
    if listed.count != len(listed.entries) or listed.count == len(listed.told):
        lines.append("and further, or to no entry")
    return lines


@dataclass(frozen=True)
class Step:
    """A call that was made, and the map before and after it: as the model has it, and as it was found."""

    call: str
    before: list[str]
    expected: list[str]
    found: list[str]
    nodes: Sequence[Node]           # the model's tree
    seen: Seen
    answers: tuple[str, str] = ("", "")

    @property
    def what(self) -> str:
        """For a report."""
        return "\n".join([self.call, "in a map that was", *(f"  {line}" for line in self.before)])

    def judge(self, *, exact: bool = False) -> None:
        """What was returned, the list, and that the tree has the same. exact: it is the model's."""
        expect(f"what is returned by {self.what}", *self.answers)
        expect(f"the map after {self.what}", self.expected, self.found)
        about = f"the tree after {self.what}"
        expect_tree(about, self.nodes, self.seen)
        expect_free(about, self.seen, {node.start: node.adj_free for node in self.nodes})
        if exact:
            expect_same(about, self.nodes, self.seen)


class Changes:
    """Calls that change maps, said first, then made in one boot, and looked at. own: which of the functions are the
    student's; the others are the reference's."""

    own: tuple[str, ...] = FUNCTIONS

    def __init__(self, bench: Bench, case: Case) -> None:
        self._bench, self._draw = bench, case.draw
        self.script = MapScript(bench, MAP, self._draw)
        self.script.start()
        self.script.given("vm_map_findspace", *(name for name in FUNCTIONS if name not in self.own))
        self._later: list[Callable[[Results], Step]] = []
        self._objects = [Object(f"object {number}", self._draw.randint(4, 40), others=1) for number in range(1, OBJECTS)]
        for number, object in enumerate(self._objects, 1):
            self.script.object(number, object.size)
        for _ in range(MAPS):
            self._number = self.script.plant(None, MINIMUM, MINIMUM + PAGES * PAGE)
            self.map = Map(MINIMUM, MINIMUM + PAGES * PAGE)
            self._prepare()
            for _ in range(CALLS):
                self._change()
            for object in self._objects:        # this map's entries keep their references
                object.others = self._references(object)

    def steps(self) -> Iterator[Step]:
        """Boot, and look at the calls in turn."""
        with ran(self._bench, self.script) as (_, results):
            for later in self._later:
                yield later(results)

    def judge(self) -> None:
        for step in self.steps():
            step.judge()

    def _prepare(self) -> None:
        """Put entries into a new map."""
        for _ in range(self._draw.randint(0, 5)):
            self._insert(*self._draw_range(), quiet=True)

    def _change(self) -> None:
        """Say a call."""
        raise NotImplementedError

    # -- calls

    def _references(self, object: Object) -> int:
        return self.map.references(object)

    def _insert(self, start: int, end: int, *, object: Object | None = None, offset: int = 0, own: bool = False,
                protection: int = RW, maximum: int = RWX, cow: int = 0, quiet: bool = False) -> None:
        """quiet: it is the reference that does it, to prepare a map. own: it gets the last reference."""
        words = f"object {self._objects.index(object) + 1}, {offset:x}" if object else "NULL, 0"
        call = (f"vm_map_insert(map, {words}, {start:x}, {end:x}, {rights(protection)}, {rights(maximum)}, cow {cow:#x})")
        before = expected_list(self.map)
        function = self.script.symbol("vm_map_insert") if quiet else self.script.own("vm_map_insert")
        answer = self.script.insert(function, self._number, self._objects.index(object) + 1 if object else 0, own, offset,
                                    start, end, protection, maximum, cow, call)
        returned = self.map.insert(object, offset, start, end, protection, maximum, cow)
        if object and own and returned == model.SUCCESS:
            object.others -= 1
        if object and returned == model.SUCCESS and self._references(object) > 1:
            object.one_mapping = False
        if not quiet:
            self._then(call, before, lambda results: (
                model.code(returned), model.code(results.word(answer, call))))

    def _at(self, function: str, entry: Entry, address: int, change: Callable[[Entry, int], None]) -> None:
        call = f"{function}(map, {entry}{f', {address:x}' if 'clip' in function else ''})"
        before = expected_list(self.map)
        self.script.at(self.script.own(function), self._number, entry.start, address, call)
        change(entry, address)
        self._then(call, before)

    def _set(self, entry: Entry, **changes: int) -> None:
        """Another part of the kernel changes what an entry says."""
        for name, value in changes.items():
            setattr(entry, name, value)
        self.script.set(self._number, entry.start, entry.eflags, entry.protection, entry.maximum, entry.inheritance,
                        entry.wired)

    def _then(self, call: str, before: list[str], answers: Callable[[Results], tuple[str, str]] | None = None) -> None:
        expected, nodes = expected_list(self.map), splay.nodes(self.map.tree, self.map.maximum)
        most = len(expected) + 1
        listed, tree = self.script.list(self._number, most), self.script.tree(self._number, most)

        def later(results: Results) -> Step:
            return Step(call, before, expected, found_list(self.script.listed(results, listed, call)), nodes,
                        read_tree(results.memory(tree[0], call)), answers(results) if answers else ("", ""))
        self._later.append(later)

    # -- drawing lots

    def _draw_range(self, *, apart: bool = False) -> tuple[int, int]:
        """A free range; apart: with a page between it and others. Where there is none, one that overlaps."""
        margin = PAGE if apart else 0
        ends = [MINIMUM - margin, *(entry.end for entry in self.map.entries)]
        starts = [*(entry.start for entry in self.map.entries), self.map.maximum + margin]
        gaps = [(low + margin, high - margin) for low, high in zip(ends, starts) if high - low > 2 * margin]
        low, high = self._draw.choice(gaps) if gaps else (MINIMUM, self.map.maximum)
        start, end = sorted(self._draw.sample(range(low, high + 1, PAGE), 2))
        return start, min(end, start + 12 * PAGE)

    def _draw_cow(self, *, stacks: bool = True) -> int:
        flags = [0x1, 0x2, 0x4, 0x20, 0x100] + [0x1000, 0x2000] * stacks
        return sum(flag for flag in flags if self._draw.random() < 0.25)

    def _draw_rights(self) -> dict[str, int]:
        maximum = self._draw.choice((RWX, RWX, RW, 5, 1))
        return {"maximum": maximum, "protection": maximum & self._draw.choice((RWX, RW, 5, 1, 0))}


class Insertions(Changes):
    """New entries that touch no others."""

    own = ("vm_map_insert",)

    def _change(self) -> None:
        draw = self._draw
        start, end = self._draw_range(apart=True)
        object = draw.choice([None, *self._objects])
        own = bool(object) and object.others == 1 and self._references(object) == 1 and draw.random() < 0.6
        if object and not own and not object.others:
            object = None
        self._insert(start, end, object=object, own=own, offset=draw.randrange(0, 64) * PAGE if object else 0,
                     cow=self._draw_cow(), **self._draw_rights())


class Refusals(Changes):
    """Ranges that are none, or are in use."""

    own = ("vm_map_insert",)

    def _change(self) -> None:
        draw, top = self._draw, self.map.maximum
        some = draw.choice(self.map.entries) if self.map.entries else Entry(MINIMUM, MINIMUM + PAGE)
        start, end = draw.choice((
            (0, PAGE), (0, MINIMUM + PAGE), (MINIMUM, top + PAGE), (top, top + PAGE), (top - PAGE, NONE + 1 - PAGE),
            (MINIMUM + 4 * PAGE, MINIMUM + 4 * PAGE), (MINIMUM + 5 * PAGE, MINIMUM + 4 * PAGE), (top - PAGE, 0),
            (top, top), (NONE + 1 - PAGE, PAGE), (PAGE, NONE + 1 - PAGE), (some.start, some.end),
            (some.start, some.start + PAGE), (some.end - PAGE, some.end), (max(MINIMUM, some.start - PAGE), some.end),
            (some.start - 2 * PAGE, some.start - PAGE), (max(MINIMUM, some.start - PAGE), some.start + PAGE), (MINIMUM, top),
            (some.end - PAGE, min(top, some.end + 3 * PAGE)), (some.start, some.start), (some.end, some.start)))
        object = draw.choice([None, *self._objects])
        self._insert(start & NONE, end & NONE, object=object, offset=PAGE if object else 0)


class Coalescings(Changes):
    """Memory without an object, behind other memory; some of it may continue that."""

    own = ("vm_map_insert",)

    def _prepare(self) -> None:
        """Stretches of memory, some cut in two, so that they have an object."""
        for _ in range(3):
            start, end = self._draw_range(apart=True)
            self._insert(start, end, cow=self._draw_cow(stacks=False), quiet=True, **self._draw_rights())
        for entry in list(self.map.entries):
            if entry.end - entry.start > PAGE and self._draw.random() < 0.5:
                cut = self._draw.randrange(entry.start + PAGE, entry.end, PAGE)
                self.script.at(self.script.symbol("vm_map_clip_end"), self._number, entry.start, cut, "vm_map_clip_end()")
                self.map.clip_end(entry, cut)
        if self._draw.random() < 0.6:
            start, end = self._draw_range()
            object = self._draw.choice(self._objects)
            self._insert(start, end, object=object, quiet=True,
                         offset=self._draw.choice((0, max(0, object.size * PAGE - (end - start)))))

    def _change(self) -> None:
        """Behind an entry, mostly, with the same flags and rights, mostly; or an entry that fills a gap of an object."""
        draw = self._draw
        behind = [entry for entry, following in zip(self.map.entries, [*self.map.entries[1:], None])
                  if entry.end < (following.start if following else self.map.maximum)]
        if not behind or draw.random() < 0.1:
            self._insert(*self._draw_range())
            return
        entry = draw.choice(behind)
        place = self.map.entries.index(entry) + 1
        limit = self.map.entries[place].start if place < len(self.map.entries) else self.map.maximum
        end = draw.choice((limit, entry.end + PAGE, min(limit, entry.end + draw.randint(1, 6) * PAGE)))
        cow = sum(asked for asked, flags in model.ASKED.items() if entry.eflags & flags) | (entry.inheritance == 0)
        same = {"protection": entry.protection, "maximum": entry.maximum, "cow": cow}
        change = draw.random()
        if change < 0.2:
            same["protection"] = draw.choice((0, 1, 5))
        elif change < 0.3:
            same["maximum"] = draw.choice((RW, 5))
        elif change < 0.4:
            same["cow"] ^= draw.choice((0x1, 0x20, 0x100))
        elif change < 0.5:
            self._set(entry, wired=draw.choice((1, 2)))
        elif change < 0.55:
            same["cow"] |= draw.choice((0x1000, 0x2000))
        self._insert(entry.end, end, **same)


class Simplifications(Changes):
    """Entries that touch, and differ in nothing or in one thing."""

    own = ("vm_map_simplify_entry",)

    def _prepare(self) -> None:
        """One object's memory, or memory without one, in several pieces."""
        for _ in range(2):
            start, end = self._draw_range()
            end = max(end, start + 4 * PAGE)
            object = self._draw.choice([None, *self._objects])
            self._insert(start, end, object=object, offset=self._draw.randrange(8) * PAGE if object else 0,
                         maximum=RWX, cow=self._draw.choice((0, 0, 2)), quiet=True)
        self._cut()

    def _cut(self) -> None:
        for _ in range(5):
            wide = [entry for entry in self.map.entries if entry.end - entry.start > PAGE]
            if wide:
                entry = self._draw.choice(wide)
                cut = self._draw.randrange(entry.start + PAGE, entry.end, PAGE)
                self.script.at(self.script.symbol("vm_map_clip_start"), self._number, entry.start, cut, "vm_map_clip_start()")
                self.map.clip_start(entry, cut)

    def _change(self) -> None:
        draw = self._draw
        if not self.map.entries:
            return
        if len(self.map.entries) < 4:
            self._cut()
        entry = draw.choice(self.map.entries)
        change = draw.random()
        if change < 0.35:
            self._set(draw.choice(self.map.entries), **draw.choice((
                {"protection": 1}, {"maximum": RW}, {"inheritance": 2}, {"wired": 1}, {"eflags": entry.eflags ^ 1},
                {"eflags": 0x100}, {"eflags": 0x1000}, {"eflags": 0x2000})))
        elif change < 0.5:
            for each in self.map.entries:
                self._set(each, protection=RW, maximum=RWX, inheritance=1, wired=0, eflags=draw.choice((0x100, 0x1000, 0, 0)))
        self._at("vm_map_simplify_entry", entry, 0, lambda entry, _: self.map.simplify(entry))


class Clips(Changes):
    """Entries that are cut: inside, at their ends, and beside them."""

    own = ("vm_map_clip_start", "vm_map_clip_end")

    def _prepare(self) -> None:
        for _ in range(3):
            start, end = self._draw_range()
            object = self._draw.choice([None, *self._objects])
            self._insert(start, end, object=object, offset=self._draw.randrange(32) * PAGE if object else 0,
                         cow=self._draw_cow(), quiet=True, **self._draw_rights())

    def _change(self) -> None:
        draw = self._draw
        entry = draw.choice(self.map.entries)
        if draw.random() < 0.3:
            self._set(entry, wired=draw.choice((0, 1)), inheritance=draw.choice((0, 1, 2)))
        inside = draw.randrange(entry.start, entry.end, PAGE)
        address = draw.choice((inside, inside, inside, entry.start, entry.end, entry.start - PAGE, entry.end + PAGE, 0))
        function, change = draw.choice((("vm_map_clip_start", self.map.clip_start), ("vm_map_clip_end", self.map.clip_end)))
        self._at(function, entry, address & NONE, change)


class Everything(Changes):
    """All of these calls on the same maps, all the student's."""

    def _prepare(self) -> None:
        for _ in range(3):
            Coalescings._prepare(self) if self._draw.random() < 0.3 else Clips._prepare(self)

    def _change(self) -> None:
        if not self.map.entries:
            self._insert(*self._draw_range())
            return
        self._draw.choice((Insertions, Refusals, Coalescings, Simplifications, Clips, Clips))._change(self)

    def _cut(self) -> None:
        return
