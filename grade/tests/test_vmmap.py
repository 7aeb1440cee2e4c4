"""Whole address spaces in the kernel, drawn: grade/drivers/services_vmmap.c has the operations, and the model."""

from __future__ import annotations

import pytest

from grade.tests.services import Fact, parse, run


def drawn(*, seed: int, count: int, fails: int = 0) -> Fact:
    """What so many operations came to. What a page should not be, or a wrong code, has stopped the kernel."""
    facts = {fact.name: fact for fact in parse(run("vmmap", seed=seed, vmmap_count=str(count), vmmap_fails=str(fails)))}
    assert facts["census"]["same"] == 1, facts["census"]
    assert facts["vmmap"]["leaked"] == 0, facts["vmmap"]
    return facts["vmmap"]


def test_drawn_operations() -> None:
    """Contents, codes, and all given back: pages, objects, entries, wirings."""
    done = drawn(seed=1, count=3000)
    assert min(done["reads"], done["writes"]) > 1000 and min(done["forks"], done["wires"]) > 50


def test_memory_that_fails() -> None:
    """One request for memory in every third operation finds none: nothing differs."""
    assert drawn(seed=2, count=1500, fails=3)["failures"] > 100


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 8))
def test_many_drawn_operations(seed: int) -> None:
    """100,000 of them, in five boots."""
    drawn(seed=seed, count=20_000)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8, 14))
def test_much_memory_that_fails(seed: int) -> None:
    """In every operation."""
    drawn(seed=seed, count=4000, fails=1)


def sweep(*, count: int, step: int) -> int:
    """The same operations, and each time another of their requests for memory fails. How many there are, about."""
    serial = run("vmmap_sweep", vmmap_count=str(count), vmmap_step=str(step))
    facts = {fact.name: fact for fact in parse(serial)}
    assert facts["census"]["same"] == 1 and facts["vmmap_sweep"]["bad"] == 0, facts
    return facts["vmmap_sweep"]["requests"]


def test_requests_fail_one_by_one() -> None:
    assert sweep(count=60, step=4) > 60


@pytest.mark.long
def test_each_request_fails_once() -> None:
    assert sweep(count=150, step=1) > 150
