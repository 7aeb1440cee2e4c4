"""Boot blocks go into a slice around its label: when it is built, and into an image that is there already."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from grade.tests.emulation import SECTOR, TREE, write_at
from grade.tests.test_ufs_image import START, build, fls, icat, mkdisk

BEHIND_LABEL = SECTOR + 276
AREA = 8192


@pytest.fixture
def blocks(tmp_path: Path) -> tuple[bytes, bytes]:
    """Two boot blocks of random bytes, as long as they may be, in the files boot1 and boot2."""
    draw = Random(3)
    boot1, boot2 = draw.randbytes(SECTOR - 2) + b"\x55\xaa", draw.randbytes(AREA - BEHIND_LABEL)
    (tmp_path / "boot1").write_bytes(boot1)
    (tmp_path / "boot2").write_bytes(boot2)
    return boot1, boot2


def bootblocks(image: Path, *options: object) -> subprocess.CompletedProcess[str]:
    folder = image.parent
    return subprocess.run(
        [sys.executable, "-m", "boot.image.bootblocks", "--boot1", str(folder / "boot1"), "--boot2",
         str(folder / "boot2"), *map(str, options), str(image)], cwd=TREE, capture_output=True, text=True, check=False)


def test_a_new_slice_has_them_around_its_label(blocks: tuple[bytes, bytes], tmp_path: Path) -> None:
    bare = build(tmp_path / "bare.img").read_bytes()
    image = build(tmp_path / "disk.img", "--boot1", tmp_path / "boot1", "--boot2", tmp_path / "boot2")
    check_placed(image.read_bytes(), bare, START, blocks)


def check_placed(now: bytes, before: bytes, start: int, blocks: tuple[bytes, bytes]) -> None:
    """Nothing but the boot blocks' own bytes has changed."""
    boot1, boot2 = blocks
    at = start * SECTOR
    assert now[at:at + SECTOR] == boot1
    assert now[at + BEHIND_LABEL:at + AREA] == boot2.ljust(AREA - BEHIND_LABEL, b"\0")
    assert now[:at] == before[:at]
    assert now[at + SECTOR:at + BEHIND_LABEL] == before[at + SECTOR:at + BEHIND_LABEL]
    assert now[at + AREA:] == before[at + AREA:]


def test_install_leaves_label_and_file_system(blocks: tuple[bytes, bytes], tmp_path: Path) -> None:
    """Twice: a shorter boot2 leaves nothing of a longer one behind."""
    (tmp_path / "file").write_bytes(b"still there")
    image = build(tmp_path / "disk.img", "--add", f"file={tmp_path}/file")
    before = image.read_bytes()
    done = bootblocks(image)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    check_placed(image.read_bytes(), before, START, blocks)
    (tmp_path / "boot2").write_bytes(blocks[1][:100])
    assert bootblocks(image).returncode == 0
    check_placed(image.read_bytes(), before, START, (blocks[0], blocks[1][:100]))
    assert icat(image, fls(image)["file"][1]) == b"still there"


@pytest.mark.parametrize("active, options, chosen", [
    (3, [], 3), (None, [], 2), (2, ["--slice", 3], 3),
], ids=["the active one", "the first", "the named one"])
def test_install_chooses_as_boot1_does(active: int | None, options: list[object], chosen: int,
                                       blocks: tuple[bytes, bytes], tmp_path: Path) -> None:
    image, starts = tmp_path / "disk.img", {1: 63, 2: 8255, 3: 16447}
    slices = [f"n={number},type={'83' if number == 1 else 'a5,bsd'},start={start},size=8192"
              + (",active" if number == active else "") for number, start in starts.items()]
    done = mkdisk(image, "--size", "16M", "--swap", 0, *(word for one in slices for word in ("--slice", one)))
    assert done.returncode == 0, done.stderr
    before = image.read_bytes()
    assert bootblocks(image, *options).returncode == 0
    check_placed(image.read_bytes(), before, starts[chosen], blocks)


def put(offset: int, data: bytes) -> Callable[[Path], None]:
    return lambda image: write_at(image, offset, data)


def longer_boot2(image: Path) -> None:
    (image.parent / "boot2").write_bytes(bytes(7500))


def cut(image: Path) -> None:
    with image.open("r+b") as disk:
        disk.truncate((START + 3) * SECTOR)


LABEL = (START + 1) * SECTOR
REFUSED = {
    "too large": (longer_boot2, [], "boot2: 7500 bytes, and the area behind the label has room for 7404: 96 too many"),
    "empty": (lambda image: (image.parent / "boot2").write_bytes(b""), [], "boot2: it is empty"),
    "no boot1": (lambda image: (image.parent / "boot1").write_bytes(bytes(512)), [], "boot1: not a sector of 512"),
    "no file": (lambda image: (image.parent / "boot1").unlink(), [], ""),
    "no label": (put(LABEL, bytes(4)), [],
                 "slice 1: no disklabel: its magic numbers are 00000000 and 82564557, not 82564557"),
    "checksum": (put(LABEL + 150, b"\x01"), [], "slice 1: the disklabel's checksum is "),
    "no table": (put(510, bytes(2)), [], "the disk has no partition table"),
    "no slice": (put(0x1BE + 4, b"\x83"), [], "no slice of type a5 (FreeBSD)"),
    "named": (lambda image: None, ["--slice", 2], "slice 2 is not of type a5 (FreeBSD)"),
    "small": (put(0x1BE + 12, struct.pack("<I", 15)), [], "slice 1: 15 sectors, and boot blocks take 16"),
    "past the end": (cut, [], f"the image ends at byte {(START + 3) * SECTOR}, before its sector {START + 15}"),
}


@pytest.mark.parametrize("spoil, options, complaint", REFUSED.values(), ids=REFUSED)
def test_install_refuses_and_changes_nothing(spoil: Callable[[Path], object], options: list[object], complaint: str,
                                             blocks: tuple[bytes, bytes], tmp_path: Path) -> None:
    image = build(tmp_path / "disk.img", "--root-size", "1M")
    spoil(image)
    before = image.read_bytes()
    done = bootblocks(image, *options)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"bootblocks: {complaint}")
    assert image.read_bytes() == before


def test_no_image_is_told(blocks: tuple[bytes, bytes], tmp_path: Path) -> None:
    assert bootblocks(tmp_path / "nowhere").stderr == f"bootblocks: {tmp_path}/nowhere: No such file or directory\n"
