"""Random damage to what boot2 reads: a message and the prompt, or a kernel that starts; never a hang or a reset.

The machine stands at boot2's prompt. Its second disk is changed behind its back, in the superblock, inodes,
directories, addresses or the kernel's headers, and it is told to boot from there. The kernel is the same instructions
over and over, so that it says "@" wherever it is entered: boot2 cannot know that a block belongs to another file, but
it can know where memory is.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pexpect
import pytest

from grade.tests.emulation import Qemu, make
from grade.tests.test_boot2 import KERNEL, TARGETS, Talk, make_disk
from grade.tests.test_ufsread import SUPERBLOCK, Volume

SEEDS, LONG_SEEDS = 20, 2000
SLICE_START = 63 * 512
PATIENCE = 20                   # seconds in which boot2 has to come back: a watchdog for hangs
ENTRY, TEXT_OFFSET, TEXT_SIZE, BSS = 0x104000, 4096, 120_000, 9000

# Far into 64 bytes of NOP: mov $0x3F8,%dx; mov $'@',%al; out %al,(%dx); jmp .
UNIT = bytes.fromhex("66baf803" "b040" "ee" "ebfe").rjust(64, b"\x90")


def kernel() -> bytes:
    """An ELF file of one segment, which the masked address C0100000h is the place of."""
    text = (UNIT * (TEXT_SIZE // 64 + 1))[:TEXT_SIZE]
    head = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 2, 3, 1, 0xC0000000 | ENTRY, 52, 0, 0, 52, 32, 1, 40, 0,
                       0)
    segment = struct.pack("<8I", 1, TEXT_OFFSET, 0xC0100000, 0xC0100000, TEXT_SIZE, TEXT_SIZE + BSS, 7, 4096)
    return (head + segment).ljust(TEXT_OFFSET, b"\0") + text


def damage(volume: Volume, draw: Random) -> list[tuple[int, bytes]]:
    """Some bytes of the file system and what becomes of them. Either it is the kernel's headers, or what leads to
    its blocks: with both, it might be entered in a hole."""
    inode = volume.inode_of("dir/kernel")
    headers = [(volume.fragment(volume.word(inode + 40)), 84)]
    structures = [
        (SUPERBLOCK, 200), (volume.inode(2), 128), (volume.inode_of("dir"), 128),
        (inode, 40), (inode + 88, 12),                          # all but the direct addresses
        (volume.fragment(volume.word(inode + 88)), 200),
        (volume.entry("dir") & ~511, 128), (volume.entry("dir/kernel") & ~511, 128)]
    places = headers if draw.random() < 0.3 else structures
    values = [0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xC0100000, 0xC0000000, volume.field(36)]
    changes = []
    for _ in range(draw.choice([1, 2, 4, 8, 16])):
        place, size = draw.choice(places)
        at = place + draw.randrange(size)
        if draw.random() < 0.4:
            changes.append((at, bytes([volume.data[at] ^ 1 << draw.randrange(8)])))
        else:
            changes.append((at & ~3, struct.pack("<I", draw.choice([*values, draw.getrandbits(32)]))))
    return changes


@contextmanager
def at_the_prompt(disks: list[Path]) -> Iterator[Qemu]:
    with Qemu(disks) as pc:
        Talk(pc).stop("-h")
        yield pc


def fuzz(folder: Path, seeds: range) -> dict[str, int]:
    """Run the seeds. Returns how often each answer came: "started", or the last word of boot2's."""
    make(*(f"build/ref/boot/{name}" for name in TARGETS))
    first = make_disk(folder / "first.img", {"kernel": KERNEL.read_bytes(), "boot.config": b"-h"})
    second = make_disk(folder / "second.img", {"dir/kernel": kernel(), "dir/other": b"x", "top": b"y"}, bsize=4096,
                       fsize=512)
    with second.open("r+b", buffering=0) as disk:
        disk.seek(SLICE_START)
        volume = Volume(bytearray(disk.read(2 << 20)))
        answers: dict[str, int] = {}
        left = iter(seeds)
        seed = next(left, None)
        while seed is not None:
            with at_the_prompt([first, second]) as pc:
                answer = ""
                while seed is not None and answer != "started":
                    changes = damage(volume, Random(seed))
                    for at, data in changes:
                        disk.seek(SLICE_START + at)
                        disk.write(data)
                    answer = boot_second(pc, seed)
                    answers[answer] = answers.get(answer, 0) + 1
                    for at, data in changes:
                        disk.seek(SLICE_START + at)
                        disk.write(volume.data[at:at + len(data)])
                    seed = next(left, None)
    return answers


def boot_second(pc: Qemu, seed: int) -> str:
    pc.com1.send("ad(1,1,a)dir/kernel -\r")
    try:
        came = pc.com1.expect(["\r\nboot: ", "\n.*@"], timeout=PATIENCE)
    except (pexpect.TIMEOUT, pexpect.EOF):
        pytest.fail(f"seed {seed}: no prompt, no kernel; COM1: {pc.com1.before!r}\n{pc.screen()}")
    if came == 1:
        return "started"
    said = re.findall(r"(Invalid \w+|No /?\w+|Not ufs|error)", re.sub(r"[-|/\\]\x08", "", pc.com1.before))
    assert said, f"seed {seed}: no message: {pc.com1.before!r}"
    return said[0]


def test_damaged(tmp_path: Path) -> None:
    answers = fuzz(tmp_path, range(SEEDS))
    assert sum(answers.values()) == SEEDS and len(answers) > 2, answers


@pytest.mark.long
def test_damaged_often(tmp_path: Path) -> None:
    answers = fuzz(tmp_path, range(SEEDS, SEEDS + LONG_SEEDS))
    print(f"{LONG_SEEDS} damaged disks:", ", ".join(f"{count} {answer}" for answer, count in sorted(answers.items())))
    assert sum(answers.values()) == LONG_SEEDS
