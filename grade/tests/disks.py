"""Disks for the tests of the kernel's own: made by others' tools, and used by grade/drivers/services_disk.c.

The disk that is tested is the second one, ad1; the first one has the kernel. `EMULATORS` boot it, and tell what came on
COM1; `devices` is what sfdisk and the labels say that there is.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from boot.image.disklabel import Partition, make_label
from grade.bochs import Machine
from grade.tests.emulation import SECTOR, TREE, Qemu, make, tool, write_at
from grade.tests.services import KERNEL, Fact, boot_image, machine, parse, run

CYLINDERS = 40
SECTORS = CYLINDERS * 16 * 63
BSD = 0xA5
SHAPE = f"cylinders={CYLINDERS}, heads=16, spt=63"

# Four slices, the third of them BSD's, and a chain of three more in the last; the disk's end is nobody's.
LAYOUT = """label: dos
start=63, size=4000, type=6
start=4096, size=3000, type=83
start=8000, size=16000, type=a5, bootable
start=24192, size=12000, type=f
start=24255, size=2000, type=83
start=26500, size=3000, type=82
start=30000, size=4000, type=b
"""
PARTITIONS = {"a": Partition(8016, 5000, 7), "b": Partition(13016, 3000, 1), "e": Partition(16016, 7984, 7)}


def partition(image: Path, script: str) -> None:
    """Have sfdisk write a table."""
    subprocess.run([tool("sfdisk"), "-q", "--no-reread", "--no-tell-kernel", image], input=script, text=True,
                   check=True, capture_output=True)


def slices(image: Path) -> list[tuple[int, int, int, int]]:
    """Number, type, start and size of each slice, as sfdisk sees them."""
    done = subprocess.run([tool("sfdisk"), "--json", image], check=True, capture_output=True, text=True)
    return [(int(one["node"].removeprefix(str(image))), int(one["type"], 16), one["start"], one["size"])
            for one in json.loads(done.stdout)["partitiontable"]["partitions"]]


def devices(image: Path, disk: str, partitions: Mapping[str, Partition] = {}) -> dict[str, tuple[int, int]]:
    """The devices of a disk: its slices by sfdisk, and these partitions of its BSD slice."""
    found = {disk: (0, image.stat().st_size // SECTOR)}
    for number, kind, start, size in slices(image):
        found[f"{disk}s{number}"] = (start, size)
        if kind == BSD and partitions:
            found[f"{disk}s{number}c"] = (start, size)
            found |= {f"{disk}s{number}{letter}": (one.start, one.size) for letter, one in partitions.items()}
    return found


def drawn_disk(image: Path, *, layout: str = LAYOUT, partitions: Mapping[str, Partition] = PARTITIONS,
               sectors: int = SECTORS, seed: int = 1) -> Path:
    """A disk of random bytes, with a table and a label."""
    image.write_bytes(Random(seed).randbytes(sectors * SECTOR))
    write_at(image, 0, bytes(SECTOR))
    partition(image, layout)
    for _, kind, start, size in slices(image):
        if kind == BSD and partitions:
            whole = {"c": Partition(start, size)}
            write_at(image, (start + 1) * SECTOR, make_label({**partitions, **whole}, name="drawn", sectors=size))
    return image


def bochs(tests: str, target: Path, **told: Any) -> AbstractContextManager[Machine]:
    """A PC in Bochs that boots the kernel, with `target` as ad1."""
    return machine(tests, others=[(target, SHAPE)], **told)


def in_bochs(tests: str, target: Path, **told: Any) -> str:
    """What came on COM1."""
    return run(tests, others=[(target, SHAPE)], **told)


@contextmanager
def qemu(tests: str, target: Path | None, *, options: Sequence[str] = (), **told: Any) -> Iterator[Qemu]:
    """The same in QEMU; `options` may bring other disks."""
    with tempfile.TemporaryDirectory(prefix="proc0-disk-") as folder:
        disk = Path(folder) / "disk.img"
        disk.write_bytes(boot_image(tests, **told))
        with Qemu([disk, *([target] if target else [])], options=options) as pc:
            yield pc


def in_qemu(tests: str, target: Path | None, *, options: Sequence[str] = (), **told: Any) -> str:
    """What came on COM1."""
    with qemu(tests, target, options=options, **told) as pc:
        pc.off()
        return str(pc.com1.before)


EMULATORS = {"bochs": in_bochs, "qemu": in_qemu}


def found_devices(serial: str, disk: str = "ad1") -> dict[str, tuple[int, int]]:
    """The devices of a disk that a boot tells."""
    return {str(fact.values["name"]): (fact["start"], fact["size"]) for fact in parse(serial)
            if fact.name == "device" and str(fact.values["name"]).startswith(disk)}


def facts(serial: str, name: str) -> list[Fact]:
    """Those of one name."""
    return [fact for fact in parse(serial) if fact.name == name]


def kernel_symbols() -> dict[str, int]:
    """The kernel's functions and variables."""
    make(KERNEL)
    listed = subprocess.run([tool("nm"), str(TREE / KERNEL)], capture_output=True, text=True, check=True).stdout
    return {name: int(address, 16) for address, name in re.findall(r"^(\w+) \w (\w+)$", listed, re.MULTILINE)}


def hashed(data: bytes) -> int:
    """services_disk.c's sum()."""
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def filled_sector(sector: int) -> bytes:
    """services_disk.c's fill_sector()."""
    state, content = sector, bytearray()
    for _ in range(SECTOR):
        state = state * 1664525 + 1013904223 & 0xFFFFFFFF
        content.append(state >> 24)
    return bytes(content)
