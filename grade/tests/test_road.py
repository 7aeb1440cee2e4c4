"""The road from boot1 into the kernel keeps to its budgets of guest instructions, and is the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulation import TREE, make, tool
from grade.road import (
    INIT386_BUDGET, KERNEL, ROAD_BUDGET, ROAD_KERNEL, SYSINIT_BUDGET, SYSINIT_PAGE_BUDGET, Stage, build_road,
    measure_stages, measure_sysinit)


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    make("all", ROAD_KERNEL)


def build(folder: Path, kernel: str, *, screen: bool = False) -> Path:
    made = folder / "made"
    made.mkdir()
    build_road(TREE, folder / "disk.img", made, kernel=kernel, makefs=tool("makefs"), sfdisk=tool("sfdisk"),
               screen=screen)
    return folder / "disk.img"


def road(disk: Path, folder: Path, kernel: str) -> list[Stage]:
    folder.mkdir()
    return list(measure_stages(disk, folder, kernel=TREE / kernel, bochs=tool("bochs")))


def test_the_road_to_a_kernel_of_600_kb_keeps_to_its_budget(tmp_path: Path) -> None:
    assert (TREE / ROAD_KERNEL).stat().st_size >= 600_000
    stages = road(build(tmp_path, ROAD_KERNEL), tmp_path / "machine", ROAD_KERNEL)
    print(*stages, sep="\n")
    assert len(stages) == 4
    assert sum(stage.ticks for stage in stages) < ROAD_BUDGET


def test_our_kernel_takes_the_same_instructions_each_time_and_few(tmp_path: Path) -> None:
    disk = build(tmp_path, KERNEL)
    first, second = (road(disk, tmp_path / name, KERNEL) for name in ("first", "second"))
    print(*first, sep="\n")
    assert first == second
    assert len(first) == 5
    assert first[-1].ticks < INIT386_BUDGET


def test_the_sysinits_keep_to_their_budget_and_grow_little_with_memory(tmp_path: Path) -> None:
    disk, cost = build(tmp_path, KERNEL, screen=True), {}
    for megabytes in (64, 256):
        folder = tmp_path / str(megabytes)
        folder.mkdir()
        cost[megabytes] = measure_sysinit(disk, folder, kernel=TREE / KERNEL, bochs=tool("bochs"), megabytes=megabytes)
    print(cost)
    assert cost[64] < SYSINIT_BUDGET
    assert (cost[256] - cost[64]) / (192 << 8) < SYSINIT_PAGE_BUDGET
