"""The swap pager on this computer, under the sanitizers: swap_host.c says how."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grade.tests.hostprogram import LONG_POINTERS, build, run

SOURCES = ("kernel/vm/swap_pager.c", "kernel/vm/swap_meta.c", "kernel/vm/swap_dev.c", "kernel/vm/swap_io.c",
           "kernel/vm/vm_pageout_clean.c", "kernel/kern/subr_blist.c", "kernel/kern/subr_bio.c",
           "kernel/kern/kern_conf.c", "grade/tests/swap_host.c", "grade/tests/swap_host_kernel.c")
RENAMED = ("printf", "malloc", "free", "getenv")        # names that the host has, too


@pytest.fixture(scope="module", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that swap_host.c describes, with the sanitizers where the compiler has them."""
    return build(tmp_path_factory.mktemp("swap-host") / "swap_host", SOURCES, flags=LONG_POINTERS, renamed=RENAMED)


def counts(host: Path, *words: object) -> dict[str, int]:
    """What came of it."""
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", run(host, *words))}


@pytest.mark.parametrize(("slots", "blocks"), [(1000, 1000), (30, 1000), (1000, 8), (15, 6)])
def test_draws(host: Path, slots: int, blocks: int) -> None:
    """Room for all; devices that are full; few blocks; and hardly anything of both."""
    told = counts(host, slots, 30_000, slots, blocks)
    assert told["reads"] > 100 and told["writes"] > 500 and told["errors"] > 5 and told["copies"] > 10
    assert told["waited"] > 100 and (told["refused"] > 0) == (blocks < 100)
    assert (told["full"] > 0) == (slots < 100)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_many_draws(host: Path, seed: int) -> None:
    """The same, longer."""
    run(host, seed, 500_000, 20 + 100 * seed, 10 + 3 * seed)
