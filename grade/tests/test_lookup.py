"""A look-up in an address map costs what it may, among few entries and among many (grade/lookups.py)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from grade.lookups import BUDGETS, GROWTH, measure_lookups
from grade.switching import CHECK_DISK, SERVICES_KERNEL
from grade.tests.emulation import TREE, make, tool


def measure(folder: Path, entries: int) -> float:
    make(SERVICES_KERNEL, CHECK_DISK)
    return measure_lookups(TREE, folder, bochs=tool("bochs"), entries=entries)


@pytest.mark.parametrize("entries", BUDGETS)
def test_a_lookup_is_within_its_budget(tmp_path: Path, entries: int) -> None:
    assert measure(tmp_path, entries) <= BUDGETS[entries]


@pytest.fixture(scope="module", name="costs")
def measure_the_growth(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, float]:
    """For the two below, which are long."""
    return {entries: measure(tmp_path_factory.mktemp("lookup"), entries) for entries in GROWTH}


@pytest.mark.long
def test_it_grows_as_the_logarithm(costs: Mapping[int, float]) -> None:
    """Four times as many entries: each time the same is added, or nearly."""
    grown = list(costs.values())
    steps = [after - before for before, after in zip(grown, grown[1:])]
    assert max(steps) < 1.3 * min(steps), costs


@pytest.mark.long
def test_the_handbook_draws_what_is_so(costs: Mapping[int, float]) -> None:
    """The strong line of lab 5's plot, point by point."""
    page = (TREE / "handouts/5-vm.md").read_text(encoding="utf-8")
    drawn = re.search(r"^\*vm_map_lookup_entry\(\): (.*)$", page, re.MULTILINE)
    assert drawn
    points = {int(entries): float(cost) for entries, cost in map(str.split, drawn[1].split(","))}
    assert points == pytest.approx(costs, rel=0.1)
