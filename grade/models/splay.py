"""A map's tree, as lab 5's contracts say that it must look, from the operations alone.

An independent model of kernel/vm/vm_map_splay.c. A tree here is a value: an operation returns another one and writes to
none, so each can be kept and drawn. What the kernel keeps in its entries and mends as it goes (adj_free, max_free) is
counted here anew from what it means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class Range(Protocol):
    """What stands in a tree: it begins at start and ends before end. No two overlap."""

    start: int
    end: int


@dataclass(frozen=True)
class Tree:
    """A range, and the trees of what is below and above it. An empty tree is None."""

    range: Range
    left: Tree | None = None
    right: Tree | None = None

    def __iter__(self) -> Iterator[Range]:
        """By address. (The tree may be a long chain.)"""
        above: list[Tree] = []
        tree: Tree | None = self
        while tree or above:
            while tree:
                above.append(tree)
                tree = tree.left
            tree = above.pop()
            yield tree.range
            tree = tree.right

    def side(self, address: int) -> int:
        """Where an address is: -1 below the range, 1 above it, 0 within."""
        return -1 if address < self.range.start else 1 if address >= self.range.end else 0

    def child(self, side: int) -> Tree | None:
        return self.left if side < 0 else self.right

    def with_child(self, side: int, child: Tree | None) -> Tree:
        return Tree(self.range, child, self.right) if side < 0 else Tree(self.range, self.left, child)


def splay(tree: Tree | None, address: int) -> Tree | None:
    """Bring to the top the range that an address is in, or the last one on the way to where that would be."""
    if tree is None:
        return None
    passed: dict[int, list[Tree]] = {-1: [], 1: []}       # above the address, and below it
    while (side := tree.side(address)) and (child := tree.child(side)):
        if child.side(address) == side and child.child(side):       # twice the same way: the child comes up first
            tree = child.with_child(-side, tree.with_child(side, child.child(-side)))
        passed[side].append(tree)
        tree = tree.child(side)
    for side, trees in passed.items():
        inner = tree.child(-side)
        for each in reversed(trees):
            inner = each.with_child(side, inner)
        tree = tree.with_child(-side, inner)
    return tree


def link(tree: Tree | None, new: Range, after: Range | None) -> Tree:
    """Put a new range behind another (None: before all): that one comes to the top, and goes to the new one's left with
    all that is below it."""
    if after is None:
        return Tree(new, None, tree)
    top = splay(tree, after.start)
    return Tree(new, top.with_child(1, None), top.right)


def unlink(tree: Tree, old: Range) -> Tree | None:
    """Take a range away: it comes to the top; then the last of what is below it does, and gets what is above it."""
    top = splay(tree, old.start)
    if top.left is None:
        return top.right
    return splay(top.left, old.start).with_child(1, top.right)


def gaps(ranges: Sequence[Range], maximum: int) -> list[int]:
    """What is free behind each range, up to the next one or to the map's end."""
    return [(following.start if following else maximum) - each.end
            for each, following in zip(ranges, [*ranges[1:], None])]


@dataclass(frozen=True)
class Node:
    """A node of a tree as it is compared and drawn: where it hangs ("" the root, "RL" the left child of the root's right
    one), its range, and what is free."""

    path: str
    start: int
    end: int
    adj_free: int
    max_free: int


def nodes(tree: Tree | None, maximum: int) -> list[Node]:
    """A tree in preorder. maximum: where its map ends."""
    free = {each.start: gap for ranges in [list(tree or ())] for each, gap in zip(ranges, gaps(ranges, maximum))}
    order: list[tuple[Tree, str]] = []
    below = [(tree, "")] if tree else []
    while below:
        each, path = below.pop()
        order.append((each, path))
        below += [(child, path + way) for child, way in ((each.right, "R"), (each.left, "L")) if child]
    largest: dict[str, int] = {}
    for each, path in reversed(order):
        largest[path] = max(free[each.range.start], *(largest.get(path + way, 0) for way in "LR"))
    return [Node(path, each.range.start, each.range.end, free[each.range.start], largest[path]) for each, path in order]


def findspace(tree: Tree | None, minimum: int, maximum: int, start: int, length: int) -> tuple[int | None, Tree | None]:
    """The first address from `start` on with so much free space behind it, or None; and the tree after that.

    Whoever looks brings `start` to the top, if there is a tree and the space could be in the map at all."""
    start = max(start, minimum)
    if start + length > maximum:
        return None, tree
    tree = splay(tree, start)
    ranges = list(tree or ())
    begins = [minimum, *(each.end for each in ranges)]
    ends = [*(each.start for each in ranges), maximum]
    return next((place for begin, end in zip(begins, ends) if (place := max(start, begin)) + length <= end), None), tree
