"""Runs of lab 5's functions that make, melt and cut a map's entries: what is called, and what the map is then.

The maps begin with entries that the reference's vm_map_insert() has made; only what is judged is the student's. The
model (grade/models/vm.py) goes along, call by call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from grade.bench import Bench
from grade.checks.cases import Case
from grade.checks.maps import MAP, PAGE, Listed, MapScript, ran
from grade.checks.scripts import Results
from grade.checks.trees import Seen, expect_free, expect_same, expect_tree, read_tree
from grade.failure import expect
from grade.models import splay
from grade.models import vm as model
from grade.models.splay import Node
from grade.models.vm import Entry, Map, Object

MINIMUM, PAGES = 0x1000, 96         # of a map
OBJECTS = 8                         # of the driver's, with none
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
    alone = ", 1 mapping" if one_mapping else ""
    return f"{name} ({size} page{'s' * (size != 1)}, {references} ref{'s' * (references != 1)}{alone})"


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
        self.map = Map(MINIMUM, MINIMUM)
        self._say()

    def steps(self) -> Iterator[Step]:
        """Boot, and look at the calls in turn."""
        with ran(self._bench, self.script) as (_, results):
            for later in self._later:
                yield later(results)

    def judge(self) -> None:
        for step in self.steps():
            step.judge()

    def _say(self) -> None:
        """Say all maps and calls."""
        raise NotImplementedError

    # -- calls

    def _new_map(self) -> None:
        """What comes is about a new map; the one before keeps its references."""
        for object in self._objects:
            object.others = self.map.references(object)
        self._number = self.script.plant(None, MINIMUM, MINIMUM + PAGES * PAGE)
        self.map = Map(MINIMUM, MINIMUM + PAGES * PAGE)

    def _insert(self, start: int, end: int, *, object: Object | None = None, offset: int = 0, own: bool = False,
                protection: int = RW, maximum: int = RWX, cow: int = 0, quiet: bool = False) -> None:
        """quiet: it is the reference that does it, to prepare a map. own: it gets the last reference."""
        words = f"object {self._objects.index(object) + 1}, {offset:x}" if object else "NULL, 0"
        call = (f"vm_map_insert(map, {words}, {start:x}, {end:x}, {rights(protection)}, {rights(maximum)}, "
                f"cow {cow:#x})")
        before = expected_list(self.map)
        function = self.script.symbol("vm_map_insert") if quiet else self.script.own("vm_map_insert")
        number = self._objects.index(object) + 1 if object else 0
        answer = self.script.insert(function, self._number, number, own, offset, start, end, protection, maximum, cow,
                                    call)
        returned = self.map.insert(object, offset, start, end, protection, maximum, cow)
        if object and own and returned == model.SUCCESS:
            object.others -= 1
        if object and returned == model.SUCCESS and self.map.references(object) > 1:
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

    def _cut(self, entry: Entry, address: int) -> None:
        """The reference cuts it, to prepare a map."""
        self.script.at(self.script.symbol("vm_map_clip_end"), self._number, entry.start, address, "vm_map_clip_end()")
        self.map.clip_end(entry, address)

    # -- drawing lots

    def _gaps(self, margin: int) -> list[tuple[int, int]]:
        """What is free, but for so much beside entries."""
        ends = [MINIMUM - margin, *(entry.end for entry in self.map.entries)]
        starts = [*(entry.start for entry in self.map.entries), self.map.maximum + margin]
        return [(low + margin, high - margin) for low, high in zip(ends, starts) if high - low > 2 * margin]

    def _draw_range(self, *, margin: int = PAGE, pages: int = 8) -> tuple[int, int]:
        """A free range of a few pages, in one of the largest gaps."""
        low, high = self._draw.choice(sorted(self._gaps(margin), key=lambda gap: gap[0] - gap[1])[:3])
        start = self._draw.randrange(low, high, PAGE)
        return start, min(high, start + self._draw.randint(1, pages) * PAGE)

    def _draw_object(self) -> Object:
        return self._draw.choice([object for object in self._objects if object.others])

    def _draw_cow(self, *, stacks: bool = True) -> int:
        flags = [0x1, 0x2, 0x4, 0x20, 0x100] + [0x1000, 0x2000] * stacks
        return sum(flag for flag in flags if self._draw.random() < 0.25)

    def _draw_rights(self) -> dict[str, int]:
        maximum = self._draw.choice((RWX, RWX, RW, 5, 1))
        return {"maximum": maximum, "protection": maximum & self._draw.choice((RWX, RW, 5, 1, 0))}
