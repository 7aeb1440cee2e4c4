"""What memory reads as, whoever shares it: without objects, pages that are copied, or page tables.

An independent model of what lab 5's faults are for. Memory is layers of pages: who writes, writes to his own layer; who
reads looks through to the layers behind, and where there is nothing reads zeros. That a kernel copies late, moves a
page where nobody else has it, or shortens a chain of shadows must make no difference to this.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PAGE = 4096


@dataclass(frozen=True)
class Page:
    """A page's contents: the value that it began with (0: zeros), and the word that is written by accesses."""

    value: int = 0
    written: int = 0


ZEROS = Page()
WRITTEN = 5         # which word that is


def page_of(value: int) -> Page:
    """One whose words count up from a value."""
    return Page(value, value + WRITTEN)


@dataclass(eq=False)
class Layer:
    """Pages by number; the others are those of the layer behind, from page `shift` of it on."""

    pages: dict[int, Page] = field(default_factory=dict)
    behind: Layer | None = None
    shift: int = 0

    def read(self, number: int) -> Page:
        layer: Layer | None = self
        while layer and number not in layer.pages:
            number += layer.shift
            layer = layer.behind
        return layer.pages[number] if layer else ZEROS

    def write(self, number: int, word: int) -> None:
        self.pages[number] = Page(self.read(number).value, word)


@dataclass
class Spot:
    """A range of a space, which shows a layer from a page on. private: a child gets a copy of what it looks like."""

    start: int
    end: int
    layer: Layer
    first: int = 0
    writable: bool = True
    private: bool = True

    def page(self, address: int) -> int:
        return self.first + (address - self.start) // PAGE


@dataclass
class Memory:
    """An address space."""

    spots: list[Spot] = field(default_factory=list)

    def find(self, address: int) -> Spot | None:
        return next((spot for spot in self.spots if spot.start <= address < spot.end), None)

    def fork(self) -> Memory:
        """A child's: what is private neither sees of the other from now on."""
        child = Memory()
        for spot in self.spots:
            layer, first = spot.layer, spot.first
            if spot.private:
                spot.layer, spot.first = Layer({}, layer, first), 0
                layer, first = Layer({}, layer, first), 0
            child.spots.append(Spot(spot.start, spot.end, layer, first, spot.writable, spot.private))
        return child
