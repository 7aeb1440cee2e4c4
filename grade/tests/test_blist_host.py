"""The radix tree of free blocks on this computer, under the sanitizers: blist_host.c says how."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grade.tests.hostprogram import PANICKED, build, run

SOURCES = ("kernel/kern/subr_blist.c", "grade/tests/blist_host.c")


@pytest.fixture(scope="module", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that blist_host.c describes, with the sanitizers where the compiler has them."""
    return build(tmp_path_factory.mktemp("blist-host") / "blist_host", SOURCES, renamed=["malloc"])


@pytest.mark.parametrize(("blocks", "operations"), [
    (1, 200), (2, 200), (31, 500), (32, 500), (33, 500), (511, 2000), (512, 2000), (513, 2000), (8192, 4000),
    (10_239, 4000), (1_000_003, 20_000)])
def test_draws(host: Path, blocks: int, operations: int) -> None:
    """Runs taken and given back, in crumbs and whole, against a table that is searched."""
    told = re.fullmatch(r"taken=(\d+) refused=(\d+) longest=(\d+)", run(host, blocks, blocks, operations))
    assert told is not None
    taken, refused, longest = map(int, told.groups())
    if blocks > 33:
        assert taken > operations // 20 and longest == 32
    if blocks < 600:
        assert refused > 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_many_draws(host: Path, seed: int) -> None:
    """The same, longer; and as many blocks as 64 GB have pages."""
    run(host, seed, 700 + 1000 * seed, 60_000)
    run(host, seed, 16_777_216 - seed, 1_000_000)


@pytest.mark.parametrize(("how", "text"), [
    ("zero", "blist_alloc: 0 blocks"), ("many", "blist_alloc: 33 blocks"),
    ("twice", "blist_free: some of 1 blocks at 99 are free"), ("end", "blist_free: 101 blocks at 0 of 100"),
    ("wrap", "blist_free: 4294967245 blocks at 100 of 100"), ("none", "blist_create: 0 blocks"),
    ("huge", "blist_create: 4294967295 blocks")])
def test_misuse(host: Path, how: str, text: str) -> None:
    """Each is told by name."""
    assert run(host, "wrong", how, status=PANICKED) == text
