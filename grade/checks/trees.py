"""A map's tree as a driver has found it: whether it is one, how it is drawn, and what it is compared with.

grade/drivers/lab5.c tells of a tree in preorder, each node with whether something hangs below it; so it can be put
together here whatever it looks like. What it should look like is the model's (grade/models/splay.py).
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from grade.failure import StudentFailure, expect
from grade.models.splay import Node

NODE = struct.Struct("<6I")             # struct lab5_node
LEFT, RIGHT, NOWHERE = 1, 2, 4          # its `below'
TREE = "that each entry stands in the tree once, by its address"
RING = "The pointers lead round in a ring, or an entry hangs at two places."
COLUMN = 34                             # of a drawing beside another


@dataclass(frozen=True)
class Seen:
    """A tree that was found: its nodes in preorder, and what was wrong with its pointers."""

    nodes: tuple[Node, ...]
    wrong: str = ""

    @property
    def by_address(self) -> list[Node]:
        """The nodes as the tree has them in order."""
        return in_order(self.nodes)


def in_order(nodes: Sequence[Node]) -> list[Node]:
    """The nodes of a tree, the leftmost first: as texts, their paths compare so when what is above comes in between."""
    return sorted(nodes, key=lambda node: node.path.replace("L", "1").replace("R", "3") + "2")


def read_tree(data: bytes, known: Collection[int] | None = None) -> Seen:
    """What TREE has told. known: the numbers of the entries that may be in it; None: whichever there are."""
    count, = struct.unpack_from("<I", data)
    told = list(NODE.iter_unpack(data[4:]))
    waiting, nodes, met = [("", "the root")], [], set()
    for entry, below, start, end, adj_free, max_free in told[:count]:
        path, pointer = waiting.pop()
        if below & NOWHERE or known is not None and entry not in known:
            return Seen(tuple(nodes), f"{pointer} leads to {entry:#x}, where no entry is")
        if entry in met:
            return Seen(tuple(nodes), f"{pointer} leads to {start:x}-{end:x}, which stands elsewhere in the tree, too")
        met.add(entry)
        nodes.append(Node(path, start, end, adj_free, max_free))
        name = f"{start:x}-{end:x}"
        waiting += [(path + way, f"{words} of {name}") for way, bit, words in (("R", RIGHT, "right"), ("L", LEFT, "left"))
                    if below & bit]
    more = f"there are more than the {len(told)} entries" if count > len(told) else ""
    return Seen(tuple(nodes), more)


# ---------------------------------------------------------------- drawing


def draw(nodes: Sequence[Node], *, free: bool = True) -> list[str]:
    """A line for each node, by address, its root at the left margin; free: with what is free behind it and below it."""
    lines = []
    for node in in_order(nodes):
        stem = "".join("|  " if node.path[depth - 1] != node.path[depth] else "   " for depth in range(1, len(node.path)))
        branch = {"L": ".- ", "R": "'- "}[node.path[-1]] if node.path else ""
        space = f"  {node.adj_free:x}/{node.max_free:x}" if free else ""
        lines.append(f"{stem}{branch}{node.start:x}-{node.end:x}{space}")
    return lines or ["(empty)"]


def beside(left: Sequence[str], right: Sequence[str]) -> str:
    """What is expected, and the student's, side by side, with > between rows that differ."""
    width = max(COLUMN, *(len(line) + 2 for line in left))
    rows = max(len(left), len(right))
    pairs = zip([*left, *[""] * (rows - len(left))], [*right, *[""] * (rows - len(right))])
    drawn = [f"{one:<{width}}{' ' if one == other else '>'} {other}".rstrip() for one, other in pairs]
    return "\n".join(["the one on the right:", f"{'expected':<{width}}  yours", *drawn])


# ---------------------------------------------------------------- judging


def spans(nodes: Sequence[Node]) -> list[str]:
    return [f"{node.start:x}-{node.end:x}" for node in nodes]


def expect_tree(what: str, expected: Sequence[Node], seen: Seen) -> None:
    """Each entry stands in it once, by its address, whatever the tree's shape."""
    if seen.wrong:
        raise StudentFailure(what, TREE, "\n".join([seen.wrong, *draw(seen.nodes, free=False)]),
                             RING if "too" in seen.wrong or "more" in seen.wrong else "", "no tree")
    in_place = spans(sorted(expected, key=lambda node: node.start))
    if spans(seen.by_address) != in_place:
        lost = sorted(set(in_place) - set(spans(seen.nodes)))
        told = [f"{', '.join(lost)} {'is' if len(lost) == 1 else 'are'} not in it"] if lost else ["not by address"]
        raise StudentFailure(what, "\n".join([TREE, *in_place]), "\n".join([*told, *draw(seen.nodes, free=False)]), "",
                             "no tree")


def expect_free(what: str, seen: Seen, adj_free: Mapping[int, int]) -> None:
    """In a tree of any shape, adj_free is what is free behind each entry, and max_free the largest below it.
    adj_free: by the entries' starts."""
    largest: dict[str, int] = {}
    for node in sorted(seen.nodes, key=lambda node: -len(node.path)):
        largest[node.path] = max(adj_free[node.start], *(largest.get(node.path + way, 0) for way in "LR"))
    right = [Node(node.path, node.start, node.end, adj_free[node.start], largest[node.path]) for node in seen.nodes]
    if list(seen.nodes) != right:
        raise StudentFailure(f"{what}: adj_free/max_free", "those of the drawing on the left",
                             beside(draw(right), draw(seen.nodes)), cause="free space")


def expect_shape(what: str, expected: Sequence[Node], seen: Seen) -> None:
    """It is the very tree that the contract's rule gives; what is free is another matter."""
    wanted, got = ([(node.path, node.start, node.end) for node in nodes] for nodes in (expected, seen.nodes))
    if wanted != got:
        raise StudentFailure(what, "the tree that is drawn on the left",
                             beside(draw(expected, free=False), draw(seen.nodes, free=False)), cause="shape")


def expect_same(what: str, expected: Sequence[Node], seen: Seen) -> None:
    """The model's tree, to the last number."""
    expect_tree(what, expected, seen)
    expect_shape(what, expected, seen)
    expect(what, draw(expected), draw(seen.nodes))
