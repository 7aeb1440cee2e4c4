"""A look-up in an address map costs what it may, among few entries and among many (grade/lookups.py)."""

from __future__ import annotations

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


@pytest.mark.long
def test_it_grows_as_the_logarithm(tmp_path: Path) -> None:
    """Four times as many entries: each time the same is added, or nearly."""
    costs = []
    for entries in GROWTH:
        folder = tmp_path / str(entries)
        folder.mkdir()
        costs.append(measure(folder, entries))
    steps = [after - before for before, after in zip(costs, costs[1:])]
    assert max(steps) < 1.3 * min(steps), costs
