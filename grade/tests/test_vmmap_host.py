"""kernel/vm/vm_map*.c and vmspace.c on this computer, under the sanitizers: vmmap_host.c says how.

Drawn operations on a map and on its children, with hostile ranges among them, against a model of single pages; after
each one list, tree, gaps, references and every page are compared. Then each KERN_ code by hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from grade.tests.emulation import TREE
from grade.tests.hostprogram import build, run

SOURCES = (*sorted(str(path.relative_to(TREE)) for path in (TREE / "kernel/vm").glob("vm_map*.c")),
           "kernel/vm/vmspace.c", "kernel/kern/kern_sx.c", "grade/tests/hostlib.c",
           *sorted(str(path.relative_to(TREE)) for path in (TREE / "grade/tests").glob("vmmap_host*.c")))
RENAMED = ("printf", "malloc", "free")          # names that the host has, too
WALL_SECONDS = 120              # a watchdog

LOW = ("0x1000", "0x31000")                     # as low as a process' map may begin
SMALL = ("0x10000", "0x18000")                  # so small that most things collide
HIGH = ("0xfffd0000", "0xfffff000")             # where addresses end


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that vmmap_host.c describes, with the sanitizers where the compiler has them."""
    return build(tmp_path_factory.mktemp("vmmap-host") / "vmmap_host", SOURCES, renamed=RENAMED)


def ends_well(host: Path, *words: object) -> None:
    """A command that must come to its end."""
    assert run(host, *words, seconds=WALL_SECONDS) == "good"


@pytest.mark.parametrize("what", ["cases", "stacks", "locks", "prefault"])
def test_cases(host: Path, what: str) -> None:
    """Codes and ends of ranges; stacks and their limits; who has to wait; which pages are mapped beforehand."""
    ends_well(host, what)


@pytest.mark.parametrize("where", [LOW, SMALL, HIGH])
def test_operations(host: Path, where: tuple[str, str]) -> None:
    """100,000 drawn operations."""
    ends_well(host, "ops", 1, 100_000, *where)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("where", [LOW, SMALL, HIGH])
def test_many_operations(host: Path, where: tuple[str, str], seed: int) -> None:
    """A million more of each."""
    ends_well(host, "ops", seed, 1_000_000, *where)
