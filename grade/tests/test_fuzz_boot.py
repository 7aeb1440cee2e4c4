"""Random corruptions of a disk's structures: none may hang the machine, restart it or lead it into garbage.

The cases, and what counts as good, are grade/tests/fuzzing.py's. Each test prints how many came to what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from grade.tests.fuzzing import describe, run_cases

FEW, MANY, PARTS = 60, 2000, 4


def check_cases(seeds: range, show: Callable[[str, object], None]) -> None:
    """Run the cases; the counts go to the end of the test's report."""
    counts: Counter[str] = Counter()
    failed = []
    for seed, changes, outcome in run_cases(seeds):
        counts[outcome.kind] += 1
        if not outcome.good:
            failed.append(f"{describe(seed, changes, outcome)}\n{outcome.serial[-1000:]}\n{outcome.screen}")
    show("shown", f"{len(seeds)} corruptions: " + ", ".join(f"{count} {kind}" for kind, count in counts.most_common()))
    assert not failed, "\n\n".join(failed[:5])
    assert counts["the kernel's report"] and counts["the loader's prompt"] and sum(
        count for kind, count in counts.items() if kind.startswith("boot2's prompt"))


def test_a_few_corruptions(record_property: Callable[[str, object], None]) -> None:
    check_cases(range(FEW), record_property)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_many_corruptions(part: int, record_property: Callable[[str, object], None]) -> None:
    check_cases(range(FEW + part * MANY // PARTS, FEW + (part + 1) * MANY // PARTS), record_property)
