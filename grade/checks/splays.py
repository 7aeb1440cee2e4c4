"""Runs of lab 5's functions on a tree: what is set up, what is called, and what came of each call.

Trees are drawn in all shapes, and each is used for several calls, one after the other. What the checks expect of a
call is theirs (grade/checks/lab_5_vm.py); the model's tree goes along with it here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from grade.bench import Bench
from grade.checks.cases import Case
from grade.checks.maps import MAP, NONE, PAGE, SPLAY, MapScript, Span, addresses, draw_spans, draw_tree, ran, seen
from grade.checks.scripts import Results
from grade.checks.trees import Seen, draw
from grade.failure import expect
from grade.models import splay as model
from grade.models.splay import Node, Tree

MINIMUM = 0x1000
ANY = 0.5           # a tree that leans as it comes
# How many entries the trees have, and how they lean (draw_tree()): small ones come first, for reports to be short.
SHAPES = (*((count, ANY) for count in (0, 1, 2, 3, 4, 5, 7, 9)), (8, 0), (8, 1), (15, 2), (15, 2), *((16, ANY),) * 3)
CALLS = 12          # on one tree, at most


class Planted(NamedTuple):
    """A map in the machine, and the model's tree of it."""

    number: int
    tree: Tree | None
    maximum: int


@dataclass(frozen=True)
class Step:
    """A call that was made, and the tree before and after it: as the model has it, and as it was seen."""

    call: str
    before: Sequence[Node]
    expected: Sequence[Node]
    seen: Seen
    answers: tuple[str, str] = ("", "")     # what it must say, what it said
    lists: tuple[list[str], list[str]] = ([], [])
    address: int = 0

    @property
    def what(self) -> str:
        """For a report."""
        return "\n".join([f"the tree after {self.call}; before, it was", *(f"  {line}" for line in draw(self.before))])

    @property
    def adj_free(self) -> dict[int, int]:
        return {node.start: node.adj_free for node in self.expected}

    def expect_top(self) -> None:
        """The root has the address, or is a neighbour of it."""
        if not self.expected:
            return
        order = sorted(self.expected, key=lambda node: node.start)
        before = [node for node in order if node.start <= self.address]
        near = before[-1:] + order[len(before):len(before) + 1]
        if before and self.address < before[-1].end:
            near = before[-1:]
        words = [f"{node.start:x}-{node.end:x}" for node in near]
        root = self.seen.nodes[0]
        got = f"{root.start:x}-{root.end:x}"
        expect(f"{self.what}\nits root", got if got in words else " or ".join(words), got)


class Run:
    """Calls that are said first, then made in one boot, and looked at."""

    program = SPLAY
    listed = True           # the maps have lists, too

    def __init__(self, bench: Bench, case: Case) -> None:
        self._bench, self._draw = bench, case.draw
        self.script = MapScript(bench, self.program, self._draw)
        self._later: list[Callable[[Results], Step]] = []
        for count, lean in SHAPES:
            self._use(self._plant(count, lean))

    def steps(self) -> Iterator[Step]:
        """Boot, and look at the calls in turn."""
        with ran(self._bench, self.script) as (_, results):
            for later in self._later:
                yield later(results)

    def _plant(self, count: int, lean: float) -> Planted:
        maximum = MINIMUM + PAGE * self._draw.randint(3 * count + 2, 6 * count + 9)
        if self._draw.random() < 0.25:
            maximum = NONE + 1 - PAGE       # the largest that a map can have
        low = max(MINIMUM, maximum - (8 * count + 9) * PAGE)
        spans = draw_spans(self._draw, count, low, maximum, full=self._draw.random() < 0.4)
        tree = draw_tree(self._draw, spans, lean)
        return Planted(self.script.plant(tree, MINIMUM, maximum, listed=self.listed), tree, maximum)

    def _draw_addresses(self, planted: Planted) -> list[int]:
        """Some of those that count, and the farthest."""
        spans = list(planted.tree or ())
        some = addresses(self._draw, spans, MINIMUM, planted.maximum)
        picked = self._draw.sample(some, min(len(some), CALLS - 2))
        return [*picked, spans[0].start, spans[-1].start] if spans else picked

    def _use(self, planted: Planted) -> None:
        """Say the calls for a map."""
        raise NotImplementedError

    def _then(self, call: str, before: Planted, after: Tree | None, **more: object) -> Planted:
        """A call was said that makes this of the tree. more: fields of its step, or what gives them of the results."""
        was, expected = model.nodes(before.tree, before.maximum), model.nodes(after, before.maximum)
        asked = self.script.tree(before.number, max(len(expected), len(was)) + 1)

        def later(results: Results) -> Step:
            told = {name: value(results) if callable(value) else value for name, value in more.items()}
            return Step(call, was, expected, seen(self.script, results, asked, call), **told)
        self._later.append(later)
        return before._replace(tree=after)


class Splays(Run):
    """Trees that are splayed at addresses."""

    def _use(self, planted: Planted) -> None:
        for address in self._draw_addresses(planted):
            call = f"vm_map_entry_splay() at {address:x}"
            self.script.splay(planted.number, address, call)
            planted = self._then(call, planted, model.splay(planted.tree, address), address=address)


class Lookups(Run):
    """Maps in which addresses are looked up, each twice now and then."""

    def _use(self, planted: Planted) -> None:
        self.script.given("vm_map_entry_splay")
        for address in self._draw_addresses(planted):
            for _ in range(self._draw.choice((1, 1, 2))):
                planted = self._look_up(planted, address)

    def _look_up(self, planted: Planted, address: int) -> Planted:
        call = f"vm_map_lookup_entry() of {address:x}"
        answer = self.script.lookup(planted.number, address, call)
        tree = planted.tree
        if tree and tree.side(address):
            tree = model.splay(tree, address)
        before = [each for each in tree or () if each.start <= address]
        inside = bool(before) and address < before[-1].end
        expected = (1 if inside else 0, self.script.entry_of[before[-1]] if before else NONE)
        return self._then(call, planted, tree, address=address, answers=lambda results: (
            self._words(expected), self._words(results.words(answer, call))))

    def _words(self, answer: tuple[int, ...]) -> str:
        found, entry = answer
        known = self.script.known()
        return f"{found}, and " + ("the header" if entry == NONE else str(known[entry]) if entry in known
                                   else f"{entry:#x}, which is no entry")


class Links(Run):
    """Maps to which entries are linked, or from which they are unlinked."""

    def __init__(self, bench: Bench, case: Case, *, unlink: bool) -> None:
        self._unlink = unlink
        super().__init__(bench, case)

    def _use(self, planted: Planted) -> None:
        self.script.given("vm_map_entry_splay")
        for _ in range(8):
            spans = list(planted.tree or ())
            if self._unlink and spans:
                planted = self._unlink_one(planted, self._draw.choice((spans[0], spans[-1], *spans)))
            elif not self._unlink:
                planted = self._link_one(planted, spans)

    def _link_one(self, planted: Planted, spans: list[Span]) -> Planted:
        """In a gap, all of it or a part."""
        ends, starts = [MINIMUM, *(each.end for each in spans)], [*(each.start for each in spans), planted.maximum]
        gaps = [(place, end, start) for place, (end, start) in enumerate(zip(ends, starts)) if start > end]
        if not gaps:
            return planted
        place, low, high = self._draw.choice((gaps[0], gaps[-1], *gaps))
        high = min(high, low + 40 * PAGE) if self._draw.random() < 0.5 else high
        start, end = sorted(self._draw.sample(range(low, high + 1, PAGE), 2))
        new, after = Span(low if self._draw.random() < 0.3 else start, end), spans[place - 1] if place else None
        call = f"vm_map_entry_link() of {new} behind {after or 'the header'}"
        self.script.link(planted.number, after, new, call)
        return self._listed(call, planted, model.link(planted.tree, new, after), [*spans[:place], new, *spans[place:]])

    def _unlink_one(self, planted: Planted, old: Span) -> Planted:
        call = f"vm_map_entry_unlink() of {old}"
        self.script.unlink(planted.number, old, call)
        rest = [each for each in planted.tree if each is not old]
        return self._listed(call, planted, model.unlink(planted.tree, old), rest)

    def _listed(self, call: str, planted: Planted, tree: Tree | None, entries: list[Span]) -> Planted:
        """Look at the list as well."""
        asked = self.script.list(planted.number, len(entries) + 1)
        return self._then(call, planted, tree, lists=lambda results: (
            [f"nentries {len(entries)}", *map(str, entries)], self.script.listed(results, asked, call).spans()))


class Finds(Run):
    """Maps in which space is looked for. Of gaps the sizes count, and a page more or less; hostile: what is asked for
    wraps, is as large as the map or larger, or lies outside of it."""

    program = MAP

    def __init__(self, bench: Bench, case: Case, *, hostile: bool = False, listed: bool = True) -> None:
        self._hostile, self.listed = hostile, listed
        super().__init__(bench, case)

    def _use(self, planted: Planted) -> None:
        asked = self._hostile_ones(planted) if self._hostile else [self._draw_wanted(planted) for _ in range(10)]
        for start, length in self._draw.sample(asked, len(asked)):
            call = (f"vm_map_findspace() of {length:x} bytes from {start:x} on, in a map from {MINIMUM:x} to "
                    f"{planted.maximum:x}")
            answer = self.script.find(planted.number, start, length, call)
            place, tree = model.findspace(planted.tree, MINIMUM, planted.maximum, start, length)
            planted = self._then(call, planted, tree, answers=lambda results, place=place, answer=answer, call=call: (
                self._words(0 if place is not None else 1, place or 0), self._words(*results.words(answer, call))))

    @staticmethod
    def _words(returned: int, place: int) -> str:
        return f"{returned}, and {place:x}" if returned == 0 else f"{returned}"

    def _sizes(self, planted: Planted) -> list[int]:
        spans = list(planted.tree or ())
        return model.gaps([Span(MINIMUM, MINIMUM), *spans], planted.maximum)

    def _draw_wanted(self, planted: Planted) -> tuple[int, int]:
        """Something that fits somewhere, mostly."""
        size = self._draw.choice([each for each in self._sizes(planted) if each] or [PAGE])
        length = self._draw.choice((size, size, size + PAGE, max(PAGE, size - PAGE), PAGE))
        starts = addresses(self._draw, planted.tree or (), MINIMUM, planted.maximum)
        pages = [start & -PAGE for start in starts if start + length < NONE]
        return self._draw.choice((0, MINIMUM, *pages)), length

    def _hostile_ones(self, planted: Planted) -> list[tuple[int, int]]:
        room, top = planted.maximum - MINIMUM, planted.maximum
        last = self._sizes(planted)[-1]
        return [(0, NONE), (MINIMUM, NONE + 1 - MINIMUM), (MINIMUM, NONE - MINIMUM + 1 - PAGE), (NONE + 1 - PAGE, PAGE),
                (top, PAGE), (top, 0), (top - PAGE, 2 * PAGE), (0, room), (0, room + PAGE), (top - last, last),
                (top - last, last + PAGE), (top - PAGE, PAGE), (top - 2 * PAGE, PAGE), (0x80000000, 0x80000000),
                (PAGE, NONE + 1 - 2 * PAGE), (0, 0),
                (self._draw.randrange(0, top, PAGE), self._draw.randrange(0x80000000, NONE, PAGE))]
