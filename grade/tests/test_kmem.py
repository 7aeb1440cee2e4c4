"""The kernel's memory, used by processes and interrupts of the kernel (grade/drivers/services_kmem.c), with 8 MB.

mem_host.c has shown the algorithms on the host; here are the page daemon, interrupts and other processes about.
"""

from __future__ import annotations

import pytest

from grade.tests.services import Fact, parse, run


BUCKETS = 8                     # each may keep a page


@pytest.fixture(scope="module", name="facts")
def boot() -> dict[str, Fact]:
    """One boot of all of them."""
    serial = run("kmem_full kmem_limit kmem_grow kmem_interrupts kmem_guards kmem_fail", options=["megs: 8"])
    assert "panic" not in serial and "Fatal" not in serial, serial
    return {fact.name: fact for fact in parse(serial)}


def test_all_of_it(facts: dict[str, Fact]) -> None:
    """The last page is taken, who waits waits, and gets some when it comes back; all of it does."""
    taken, end = facts["kmem_full"], facts["kmem_full_end"]
    assert taken["inner"] > 400 and taken["outer"] > 1000
    assert taken["lowest"] == 0 and taken["early"] == 0
    assert end["late"] == 1 and end["differ"] == 0


def test_page_for_two(facts: dict[str, Fact]) -> None:
    """Who waits for an item of a zone that has its last page gets one when the page comes, not when an item comes back."""
    assert (facts["kmem_limit"]["early"], facts["kmem_limit"]["both"]) == (0, 2)


def test_no_page_tables(facts: dict[str, Fact]) -> None:
    """Where there is no page for a page table there are no addresses; the kernel goes on, and gets them later."""
    assert facts["kmem_grow"].values == {"none": 0, "left": 0, "tables": 1, "kept": 0, "grown": 1, "given": 0}


def test_interrupts(facts: dict[str, Fact]) -> None:
    """Callouts take and give while a process does, and nothing is lost or had by both."""
    end = facts["kmem_interrupts"]
    assert end["callouts"] >= 20
    assert -BUCKETS <= end["kept"] == end["wired"] == end["addresses"] <= BUCKETS


def test_guards(facts: dict[str, Fact]) -> None:
    """Nothing is mapped before and behind what is in kernel_map, nor below a stack."""
    guards = facts["kmem_guards"]
    assert (guards["mapped"], guards["inside"]) == (0, sum(1 + i % 3 for i in range(8)))
    assert (guards["stack"], guards["below"]) == (1, 0)


def test_every_request_fails_once(facts: dict[str, Fact]) -> None:
    """vm.fail_alloc: each of them says so or waits, and all is as before."""
    assert facts["kmem_fail"]["requests"] > 20
    assert facts["kmem_fail"]["failed"] > 15
    assert facts["kmem_fail"]["lost"] == 0
