"""Memory that several address spaces have in common, for lab 5's checks: what one writes, who sees?

The model (grade/models/memory.py) knows nothing of objects or page tables: only of layers of pages. At the end page tables
and pages are read from outside, by Bochs' debugger.
"""

from __future__ import annotations

from grade.bench import Bench
from grade.bochs import Machine
from grade.checks.cases import Case
from grade.checks.faults import RUBBISH, RW, Faults
from grade.checks.maps import PAGE
from grade.checks.scripts import Results
from grade.checks.spaces import PRESENT, held, seen_from_outside, value_words
from grade.failure import expect
from grade.models import vm as model
from grade.models.memory import ZEROS, Layer, Memory, Page, Spot, page_of


class Shared(Faults):
    """Address spaces that are forked, with memory that is shared, and private, new or a view of what is shared."""

    SPACES, CALLS = 5, 90

    def __init__(self, bench: Bench, case: Case, *own: str) -> None:
        super().__init__(bench, case, *own or ("vm_fault_copy_on_write",))
        self.script.dirt(RUBBISH)
        self._layers = {self.object(12): Layer() for _ in range(3)}
        for object, layer in self._layers.items():
            # All pages: one that nobody has written comes to be where it is looked at, and what is written to the object
            # later is not seen there.
            for page in range(12):
                layer.pages[page] = page_of(self.value())
                self.script.page(object, page, layer.pages[page].value)
        self.memories = {self.space(): Memory()}
        for kind in ("new", "shared", "private", "private"):
            self._map(0, kind)
        self._touched: dict[tuple[int, int], None] = {}
        for spot in self.memories[0].spots:
            self._read_then_write(0, spot)
        for call in range(self.CALLS):
            if len(self.memories) < self.SPACES and call % 15 == 10:
                self._fork()
            elif call % 5 == 0:
                space = self.draw.choice(list(self.memories))
                self._read_then_write(space, self.draw.choice(self.memories[space].spots))
            else:
                self._touch()
        self._objects_stay()
        self._last.append(self._look)

    def _map(self, space: int, kind: str) -> None:
        """Memory of nobody's, an object that all who map it share, or private memory that begins as an object."""
        draw, pages, at = self.draw, self.draw.randint(3, 6), self.room(6)
        object = draw.choice(list(self._layers))
        first = draw.randrange(12 - pages)
        layer = Layer() if kind == "new" else self._layers[object]
        if kind == "new":
            self.script.map(space, 0, 0, at, at + pages * PAGE, RW, RW)
        else:
            self.script.map(space, object, first * PAGE, at, at + pages * PAGE, RW, RW,
                            {"shared": model.INHERIT_SHARE, "private": 0x2}[kind])
        if kind == "private":
            layer, first = Layer({}, layer, first), 0
        self.memories[space].spots.append(Spot(at, at + pages * PAGE, layer, 0 if kind == "new" else first,
                                               private=kind != "shared"))

    def _fork(self) -> None:
        parent, child = self.draw.choice(list(self.memories)), len(self.memories)
        self.script.fork(parent, child)
        self.memories[child] = self.memories[parent].fork()

    def _touch(self) -> None:
        space = self.draw.choice(list(self.memories))
        spot = self.draw.choice(self.memories[space].spots)
        self._use(space, spot, self.draw.randrange(spot.start, spot.end, PAGE), write=self.draw.random() < 0.45)

    def _read_then_write(self, space: int, spot: Spot) -> None:
        """Where an object of its own was made for a write already, another page is read first, then written: such as others
        have, if there is one; and whoever has that address looks at it."""
        pages = range(spot.start, spot.end, PAGE)
        others = [at for at in pages if spot.page(at) not in spot.layer.pages and spot.layer.read(spot.page(at)) != ZEROS]
        other = self.draw.choice(others or pages)
        one = self.draw.choice([at for at in pages if at != other])
        self._use(space, spot, one, write=True)
        self._use(space, spot, other, write=False)
        self._use(space, spot, other, write=True)
        for number, memory in self.memories.items():
            if number != space and (shown := memory.find(other)):
                self._use(number, shown, other, write=False)

    def _use(self, space: int, spot: Spot, address: int, *, write: bool) -> None:
        page, word = spot.layer.read(spot.page(address)), self.draw.getrandbits(31)
        self.access(space, address, write=write, value=word, holds=page.value, written=page.written,
                    about=f"in space {space} of {len(self.memories)}")
        if write:
            spot.layer.write(spot.page(address), word)
        self._touched[space, address] = None

    def _objects_stay(self) -> None:
        """Their pages have what was written by those who share them, and nothing else."""
        for object, layer in self._layers.items():
            for number, page in sorted(layer.pages.items()):
                self._holds(object, number, page)

    def _holds(self, object: int, number: int, page: Page) -> None:
        what = f"page {number} of object {object}, which some share and some have a private view of"
        found = self.script.held(object, number)

        def judge(results: Results) -> None:
            got = held(results, found, what)
            expect(what, value_words(page.value), got.words)
            expect(f"the word that was written last, in {what}", page.written, got.written)
        self.then(judge)

    def _look(self, machine: Machine, results: Results) -> None:
        """At the end what a page table leads to, if it leads anywhere, is the right page."""
        for space, address in list(self._touched)[-12:]:
            if space >= len(self.script.directories):
                continue
            directory = results.word(self.script.directories[space], "where a directory is")
            entry, word = seen_from_outside(machine, directory, address)
            spot = self.memories[space].find(address)
            if entry & PRESENT:
                what = f"the first word of the page that the page table has at {address:x}, seen from outside"
                expect(what, spot.layer.read(spot.page(address)).value, word)
        for space, number in enumerate(self.script.directories):
            entry, _ = seen_from_outside(machine, results.word(number, "where a directory is"), 0)
            expect(f"the page table's entry for address 0 in space {space}, seen from outside", "not present",
                   "present" if entry & PRESENT else "not present")
