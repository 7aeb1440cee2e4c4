"""Named disks with something wrong: the whole chain boots them, and what each stage says of them is known to the letter.

What boot2 or the loader does alone with bad labels, superblocks, kernels or lines is tested beside each of them; random
faults are test_fuzz_boot.py's. Here is what goes from one stage to the next, what needs the real directory tree, and
disks and machines that are odd themselves.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from boot.image.testkernel import expected_sum, parse_report
from grade.tests.fuzzing import CONF, KERNEL, LOADER, START, Group, built, good_disk, groups
from grade.tests.kept_pc import KeptPc
from grade.tests.ufs_volume import DIRECT, SECTOR, Volume

END = "testkernel: end"
LINKS = 20                      # as many are followed
BTX_HEADER = 0x2000             # in /boot/loader: behind the header's page and btxldr's


def plain(text: str) -> str:
    """Without the spinner, which stands before a backspace, and carriage returns."""
    return re.sub(r"[-|/\\]\x08", "", text).replace("\r", "").strip("\n ")


@dataclass(frozen=True)
class Disk:
    """A good disk, and where things stand on it."""

    image: Path
    volume: Volume
    groups: list[Group]

    def at(self, name: str) -> int:
        """The byte at which a field stands, or a byte of a file: "superblock.bsize", "/boot/loader+4096"."""
        path, plus, offset = name.partition("+")
        if plus:
            return self.volume.place(self.volume.lookup(path), int(offset))
        return next(field.at for group in self.groups for field in group.fields if field.name == name)

    def write(self, at: int, data: bytes) -> None:
        with self.image.open("r+b") as file:
            file.seek(at)
            file.write(data)


def make_disk(folder: Path, **options: object) -> Disk:
    folder.mkdir(exist_ok=True)
    image = good_disk(folder, built(), **options)
    volume = Volume(image.read_bytes(), START * SECTOR)
    return Disk(image, volume, groups(volume))


# ---------------------------------------------------------------- structures, each with its message


@pytest.fixture(scope="module", name="booted")
def keep_booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Disk, KeptPc]]:
    disk = make_disk(tmp_path_factory.mktemp("booted"))
    with KeptPc(disk.image) as pc:
        yield disk, pc


LOADER_OF_KERNEL = "elf32_loadimage: {}\ncan't load file '/kernel': exec format error\ncan't load 'kernel'"
STRUCTURES = {
    # What boot2 cannot read, it cannot read /boot.config from either: it speaks on the screen.
    "no slice": ("table.1.type", b"\x83", "Boot error"),
    "label": ("label.checksum", b"\0\0", "Invalid label"),
    "no file system": ("superblock.magic", b"\0", "Not ufs"),
    "blocks of 0": ("superblock.bsize", bytes(4), "Invalid superblock"),
    "fragments larger than blocks": ("superblock.fsize", struct.pack("<I", 8192), "Invalid superblock"),
    "root outside": ("inode /.db0", struct.pack("<I", 0x7FFFFFFF), "Invalid block"),
    "root that ends nowhere": ("entry / boot.reclen", bytes(2), "Invalid directory"),
    "boot that is its own child": ("entry /boot loader.ino", struct.pack("<I", 3), "Invalid format"),
    # From here on by COM1.
    "loader in a file": ("entry / boot.ino", struct.pack("<I", 5), "No /boot/loader"),
    "no loader": ("entry /boot loader.ino", bytes(4), "No /boot/loader"),
    "loader with far blocks": ("inode /boot/loader.ib0", struct.pack("<I", 0x7FFFFFFF), "Invalid block"),
    "loader without end": ("inode /boot/loader.size", struct.pack("<Q", 1 << 40), "Invalid inode"),
    "loader without BTX": (f"{LOADER}+{BTX_HEADER + 2}", b"X", "Error: BTX kernel not found"),
}


@pytest.mark.parametrize("what", STRUCTURES)
def test_structure(booted: tuple[Disk, KeptPc], what: str) -> None:
    name, value, message = STRUCTURES[what]
    disk, pc = booted
    at = disk.at(name)
    old = disk.image.read_bytes()[at:at + len(value)]
    assert old != value
    disk.write(at, value)
    try:
        pc.start()
        import time
        t=time.time()
        while time.time()-t<3: pc.pump(0.1)
        print(what, "|", plain(pc.serial.decode("latin1"))[:300], "|", pc.screen())
    finally:
        disk.write(at, old)
