"""The loader on damaged disks, in QEMU: superblock, inodes, directories, addresses and ELF headers changed at random.

The machine is started once; then the disk under it is damaged, looked at, loaded from and mended, again and again. A
corruption passes when the prompt comes back: a hang, a crash of BTX or a restart does not bring it. `set currdev`
makes the loader forget what it has read before.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pexpect
import pytest

from boot.image.ufs import SUPERBLOCK
from grade.tests.loading import START, Loader, loader_disk, loader_root

SECTOR = 512
BASE = START * SECTOR           # the file system on the disk
VALUES = (0, 1, 2, 3, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
CORRUPTIONS, CORRUPTIONS_LONG = 100, 2000
COMMANDS = ("ls -l /", "ls /boot", "more /text", "load /kernel", "load -t data /boot/loader", "unload")
KINDS = 0o170000, 0o040000      # of an inode's mode: the mask, a directory


@dataclass(frozen=True)
class Place:
    """Bytes of the disk that are worth changing."""

    name: str
    start: int
    size: int


def places(image: bytes) -> list[Place]:
    """The places of a sound disk: each kind of them about as often as the others."""
    def field(offset: int) -> int:
        value: int = struct.unpack_from("<i", image, BASE + SUPERBLOCK + offset)[0]
        return value

    fsize, inodes, number = field(52), BASE + field(16) * field(52), field(184)
    found = [Place("superblock", BASE + SUPERBLOCK, 1376)] * 8
    for ino in range(2, min(number, 200)):
        at = inodes + 128 * ino
        mode, = struct.unpack_from("<H", image, at)
        blocks = struct.unpack_from("<15i", image, at + 40)
        if mode == 0:
            continue
        found.append(Place(f"inode {ino}", at, 128))
        first = BASE + blocks[0] * fsize
        if mode & KINDS[0] == KINDS[1]:
            found += [Place(f"directory {ino}", first, SECTOR)] * 3
        elif image[first:first + 4] == b"\x7fELF":
            found += [Place("ELF header", first, 52), Place("program headers", first + 52, 96)] * 6
            sections, = struct.unpack_from("<I", image, first + 32)
            found += [Place("section headers", first + sections, 320)] * 6
        found += [Place(f"addresses {ino}", BASE + block * fsize, 128) for block in blocks[12:] if block]
    return found


def changes(random: Random, where: list[Place], image: bytes) -> Iterator[tuple[str, int, bytes]]:
    """One to four changes: what, the byte, and the four new ones."""
    for _ in range(random.randint(1, 4)):
        place = random.choice(where)
        at = place.start + random.randrange(place.size) // 4 * 4
        old, = struct.unpack_from("<I", image, at)
        new = random.choice((random.getrandbits(32), random.choice(VALUES), random.randrange(5000),
                             old ^ 1 << random.randrange(32), old + random.randint(-64, 64))) & 0xFFFFFFFF
        yield f"{place.name}+{at - place.start:#x}: {old:#x} -> {new:#x}", at, struct.pack("<I", new)


def fuzz(image: Path, seed: int, count: int) -> str:
    """Damage and mend the disk `count` times; a summary."""
    sound = image.read_bytes()
    where = places(sound)
    answers = {"loaded": 0, "refused": 0}
    with Loader([image]) as pc, open(image, "r+b", buffering=0) as disk:
        pc.start()
        pc.run("set LINES=9999")
        for number in range(count):
            damage = list(changes(Random(f"{seed}/{number}"), where, sound))
            for _, at, data in damage:
                os.pwrite(disk.fileno(), data, at)
            try:
                pc.run("set currdev=disk0s1a:")
                said = "".join(pc.run(command) for command in COMMANDS)
            except (pexpect.TIMEOUT, pexpect.EOF) as error:
                told = "; ".join(what for what, _, _ in damage)
                raise AssertionError(f"corruption {seed}/{number} ends in {type(error).__name__}: {told}\n"
                                     f"{str(pc.com1.before)[-2000:]}") from None
            assert "BTX" not in said and "panic" not in said, (damage, said[-2000:])
            answers["loaded" if "syms=" in said else "refused"] += 1
            for _, at, data in damage:
                os.pwrite(disk.fileno(), sound[at:at + 4], at)
        pc.run("set currdev=disk0s1a:")
        assert "text=" in pc.run("load /kernel")
        pc.com1.send("boot\r")
        assert pc.kernel_report().bss_zero
    return (f"{count} corruptions, seed {seed}: the kernel loaded in {answers['loaded']}, "
            f"did not in {answers['refused']}")


def fuzz_disk(image: Path, bsize: int, fsize: int) -> Path:
    """A small disk, with a text of several blocks on it."""
    files = {"text": b"a line of text\n" * 20, "link": "/boot/loader.conf"}
    root = loader_root(image.with_suffix(".root"), files=files)
    return loader_disk(image, root, sectors=24000, size=20000, bsize=bsize, fsize=fsize)


def test_corruptions(tmp_path: Path) -> None:
    """Some corruptions, each time."""
    print(fuzz(fuzz_disk(tmp_path / "disk", 8192, 1024), 1, CORRUPTIONS))


@pytest.mark.long
@pytest.mark.parametrize("seed, bsize, fsize", [(2, 8192, 1024), (3, 4096, 512), (4, 16384, 2048), (5, 65536, 65536)])
def test_corruptions_long(tmp_path: Path, seed: int, bsize: int, fsize: int) -> None:
    """Two thousand, in four sizes of file system."""
    print(fuzz(fuzz_disk(tmp_path / "disk", bsize, fsize), seed, CORRUPTIONS_LONG // 4))
