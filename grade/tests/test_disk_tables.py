"""Partition tables and labels, right ones and wrong ones, as the kernel finds them on disks in QEMU.

Right ones are drawn and written by sfdisk, which is asked again what it sees. Of wrong ones the kernel says what is wrong,
and takes what is not; damage at random makes no device that is not on the disk, and no panic.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from boot.image.disklabel import Partition, make_label
from grade.tests.disks import (BSD, SECTORS, devices, drawn_disk, found_devices, in_qemu)
from grade.tests.emulation import SECTOR, read_sectors, write_at

LABEL = (8000 + 1) * SECTOR     # of the BSD slice of LAYOUT
TABLE = 446
TYPES = ("6", "83", "82", "b", "7")


def boot(images: Sequence[Path]) -> str:
    """What the kernel says with these disks, ad1 and on."""
    options = [word for number, image in enumerate(images[1:], start=2)
               for word in ("-drive", f"file={image},format=raw,if=ide,index={number},cache=unsafe")]
    serial = in_qemu("disk_devices", images[0], options=options)
    assert "@services end" in serial and "panic" not in serial, serial
    return serial


def lines(serial: str, disk: str) -> list[str]:
    """What was said of a disk, its slices and its partitions, but that it was found."""
    return [line for line in re.findall(rf"^({disk}\w*: .*?)\r?$", serial, re.MULTILINE) if "<QEMU" not in line]


def drawn_layout(draw: Random) -> str:
    """Some of the four slices, in any order on the disk; one may be extended, with some inside. sfdisk wants room for
    a table before each of those."""
    cuts = sorted(draw.sample(range(1, SECTORS // 64), 8))
    extended = draw.choice([None, 1, 2, 3, 4])
    text, logical = ["label: dos"], []
    numbers = draw.sample([1, 2, 3, 4], draw.randrange(1, 5))
    for number, first, end in zip(numbers, cuts[::2], cuts[1::2]):
        start, size = first * 64, (end - first) * 64
        kind = "5" if number == extended else draw.choice(TYPES)
        text.append(f"{number}: start={start}, size={size}, type={kind}")
        if number == extended:
            at = start + 1
            while at + 70 < start + size and len(logical) < 12:
                length = draw.randrange(1, start + size - at - 1)
                logical.append(f"{5 + len(logical)}: start={at}, size={length}, type={draw.choice(TYPES)}")
                at += length + draw.randrange(1, 200)
    return "\n".join(text + logical) + "\n"


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=pytest.mark.long), pytest.param(4, marks=pytest.mark.long)])
def test_like_sfdisk(seed: int, tmp_path: Path) -> None:
    draw = Random(seed)
    images = [drawn_disk(tmp_path / f"{number}.img", layout=drawn_layout(draw)) for number in range(3)]
    serial = boot(images)
    for number, image in enumerate(images, start=1):
        disk = f"ad{number}"
        assert found_devices(serial, disk) == devices(image, disk)
        assert lines(serial, disk) == []


def table(*entries: tuple[int, int, int]) -> bytes:
    """A table of type, start and size, and the signature."""
    packed = b"".join(struct.pack("<B3xB3xII", 0, *entry) for entry in entries)
    return packed.ljust(64, b"\0") + b"\x55\xaa"


def blank(image: Path) -> Path:
    image.write_bytes(bytes(SECTORS * SECTOR))
    return image


def test_tables_that_lie(tmp_path: Path) -> None:
    """What is cut, what is left out, what is only said; and a chain that never ends."""
    cut, chain, none = (blank(tmp_path / f"{name}.img") for name in ("cut", "chain", "none"))
    write_at(cut, TABLE, table((6, 100, SECTORS), (0x83, SECTORS, 10), (7, 50, 60), (0x83, SECTORS - 1, 1)))
    write_at(chain, TABLE, table((5, 1000, 20000)))
    write_at(chain, 1000 * SECTOR + TABLE, table((6, 63, 500), (5, 2000, 100)))
    write_at(chain, 3000 * SECTOR + TABLE, table((0x83, 63, 1 << 31), (5, 2000, 100)))
    serial = boot([cut, chain, none])
    assert found_devices(serial, "ad1") == {"ad1": (0, SECTORS), "ad1s1": (100, SECTORS - 100), "ad1s3": (50, 60),
                                            "ad1s4": (SECTORS - 1, 1)}
    assert lines(serial, "ad1") == [
        f"ad1s1: slice extends beyond end of disk: truncating from {SECTORS} to {SECTORS - 100} sectors",
        "ad1s2: slice starts beyond end of the disk: rejecting it",
        "ad1s3: slice overlaps ad1s1", "ad1s4: slice overlaps ad1s1"]
    assert found_devices(serial, "ad2") == {"ad2": (0, SECTORS), "ad2s1": (1000, 20000), "ad2s5": (1063, 500),
                                            "ad2s6": (3063, SECTORS - 3063)}
    assert lines(serial, "ad2") == [
        f"ad2s6: slice extends beyond end of disk: truncating from {1 << 31} to {SECTORS - 3063} sectors",
        "ad2: the chain of extended slices comes back to itself at sector 3000"]
    assert found_devices(serial, "ad3") == {"ad3": (0, SECTORS)} and lines(serial, "ad3") == []


def test_labels_that_lie(tmp_path: Path) -> None:
    """A slice whose label is damaged can be used as a whole; a partition that is not in the slice cannot be used."""
    broken, outside, relative = (drawn_disk(tmp_path / f"{name}.img") for name in ("broken", "outside", "relative"))
    write_at(broken, LABEL + 300, b"\x77")          # behind the label: no part of it
    write_at(broken, LABEL + 150, b"\x77\x66")
    lying = {"a": Partition(7999, 10, 7), "b": Partition(8000, 16001, 7), "d": Partition(23999, 1, 7),
             "e": Partition(24000, 1, 7), "f": Partition(9000, 1 << 31), "g": Partition(23000, 1000),
             "c": Partition(8000, 16000)}
    write_at(outside, LABEL, make_label(lying, name="lies", sectors=16000))
    from_slice = {"a": Partition(16, 4000, 7), "c": Partition(0, 16000)}
    write_at(relative, LABEL, make_label(from_slice, name="relative", sectors=16000))
    serial = boot([broken, outside, relative])
    assert found_devices(serial, "ad1") == devices(broken, "ad1")
    assert lines(serial, "ad1") == ["ad1s3: disk label corrupted: wrong checksum"]
    kept = {letter: lying[letter] for letter in "dg"}
    assert found_devices(serial, "ad2") == devices(outside, "ad2", kept)
    assert lines(serial, "ad2") == [
        *(f"ad2s3{letter}: rejecting partition in BSD label: it isn't entirely within the slice" for letter in "abef"),
        "ad2s3g: partition overlaps d"]
    assert found_devices(serial, "ad3") == devices(relative, "ad3", {"a": Partition(8016, 4000)})


def test_a_disk_of_bsd_alone(tmp_path: Path) -> None:
    """A label without a table, and the table that boot1 carries: the partitions have no slice."""
    images = [blank(tmp_path / "label.img"), blank(tmp_path / "boot1.img"), blank(tmp_path / "bare.img")]
    label = make_label({"a": Partition(16, 5000, 7), "c": Partition(0, SECTORS)}, name="bsd", sectors=SECTORS)
    for image in images[:2]:
        write_at(image, SECTOR, label)
    for image in images[1:]:
        write_at(image, TABLE, table((0, 0, 0), (0, 0, 0), (0, 0, 0), (BSD, 0, 50000)))
    serial = boot(images)
    for disk in ("ad1", "ad2"):
        assert found_devices(serial, disk) == {disk: (0, SECTORS), f"{disk}a": (16, 5000), f"{disk}c": (0, SECTORS)}
    assert found_devices(serial, "ad3") == {"ad3": (0, SECTORS)}


@pytest.mark.parametrize("seed", [1, 2, 3, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 14))])
def test_damage(seed: int, tmp_path: Path) -> None:
    """Some bytes of tables and label are anything."""
    draw = Random(seed)
    images = [drawn_disk(tmp_path / f"{number}.img") for number in range(3)]
    chain = [sector for sector in range(24192, 30000) if read_sectors(images[0], sector)[510:] == b"\x55\xaa"]
    for image in images:
        for _ in range(draw.randrange(1, 9)):
            at = draw.choice([TABLE, TABLE, *(sector * SECTOR + TABLE for sector in chain[:6])]) + draw.randrange(64)
            write_at(image, draw.choice([at, LABEL + draw.randrange(276)]), draw.randbytes(1))
    serial = boot(images)
    for number in range(1, 4):
        found = found_devices(serial, f"ad{number}")
        assert found[f"ad{number}"] == (0, SECTORS)
        for name, (start, size) in found.items():
            assert 0 < size <= SECTORS - start, name
