"""The models of lab 5 agree with others: the tree with BSD's own macros, shape by shape, and with what is written down."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import pytest

from grade.models import splay
from grade.models.splay import Tree
from grade.tests.emulation import TREE, tool


LIMIT = 4000            # of addresses


class Span:
    """A range that is nothing else."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end


def shape(tree: Tree | None) -> str:
    """As splay_bsd prints it."""
    if tree is None:
        return " ."
    return f" {tree.range.start}-{tree.range.end}{shape(tree.left)}{shape(tree.right)}"


@pytest.fixture(scope="session", name="bsd")
def build_bsd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that splay_bsd.c describes."""
    program = tmp_path_factory.mktemp("splay") / "splay_bsd"
    subprocess.run([tool("cc"), "-std=gnu11", "-O1", "-Wall", "-Wextra", "-o", program, "grade/tests/splay_bsd.c"],
                   cwd=TREE, check=True)
    return program


def operations(draw: Random, count: int) -> tuple[list[str], list[str]]:
    """Drawn ones, and the model's tree after each."""
    tree: Tree | None = None
    said, shapes = [], []
    for _ in range(count):
        ranges = list(tree or ())
        spot = draw.randrange(1, LIMIT)
        before = max((each for each in ranges if each.start <= spot), key=lambda each: each.start, default=None)
        if draw.random() < 0.35:
            said.append(f"s {spot}")
            tree = splay.splay(tree, spot) if tree else None
        elif ranges and draw.random() < len(ranges) / 100:
            gone = draw.choice(ranges)
            said.append(f"r {gone.start}")
            tree = splay.unlink(tree, gone)
        else:
            limit = next((each.start for each in ranges if each.start > spot), LIMIT)
            start = max(spot, before.end if before else 0)
            if start >= limit:
                continue
            new = Span(start, draw.randint(start + 1, min(start + 30, limit)))
            said.append(f"l {new.start} {new.end} {before.start}" if before else f"f {new.start} {new.end}")
            tree = splay.link(tree, new, before)
        shapes.append(shape(tree))
        if tree is None and said[-1][0] == "s":
            said.pop(), shapes.pop()
    return said, shapes


@pytest.mark.parametrize("seed", range(4))
def test_trees_are_those_of_bsd(bsd: Path, seed: int) -> None:
    said, shapes = operations(Random(seed), 1500)
    done = subprocess.run([bsd], input="\n".join(said) + "\n", capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == shapes
    assert max(map(len, shapes)) > 500


def test_a_long_chain_is_no_trouble() -> None:
    """A map that is built by address is a chain; a model that goes down it by calls would end there."""
    tree: Tree | None = None
    spans = [Span(each, each + 1) for each in range(5000)]
    for before, new in zip([None, *spans], spans):
        tree = splay.link(tree, new, before)
    assert len(splay.nodes(tree, 6000)) == 5000
    assert splay.splay(tree, 0).range is spans[0]
