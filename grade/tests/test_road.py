"""The road from boot1 to the kernel keeps to its budget of guest instructions, and is the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulation import TREE, make, tool
from grade.road import ROAD_KERNEL, ROAD_BUDGET, Stage, build_road, kernel_entry, measure_stages


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    make("all", ROAD_KERNEL)
    made = tmp_path_factory.mktemp("made")
    image = tmp_path_factory.mktemp("disk") / "disk.img"
    build_road(TREE, image, made, makefs=tool("makefs"), sfdisk=tool("sfdisk"))
    return image


def road(disk: Path, folder: Path) -> list[Stage]:
    return list(measure_stages(disk, folder, entry=kernel_entry(TREE / ROAD_KERNEL, nm=tool("nm")), bochs=tool("bochs")))


def test_the_road_to_a_kernel_of_600_kb_keeps_to_its_budget(disk: Path, tmp_path: Path) -> None:
    assert (TREE / ROAD_KERNEL).stat().st_size >= 600_000
    stages = road(disk, tmp_path)
    print(*stages, sep="\n")
    assert len(stages) == 4
    assert sum(stage.ticks for stage in stages) < ROAD_BUDGET


def test_the_road_takes_the_same_instructions_each_time(disk: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    first, second = (road(disk, folder) for folder in folders)
    assert first == second
