"""The FreeBSD disklabel: 276 bytes that divide a slice into partitions 'a' to 'h'.

It stands at the front of the slice's second sector; behind it, in the same sector, boot2 goes on. Its offsets are
absolute sectors of the disk, as FreeBSD writes them, so a label is right for one place only. `make_label` lays it
out, `read_label` reads one back and believes it only when its two magic numbers and its checksum are right.

    partition 'a'  the root file system    'b'  swap    'c'  the whole slice

The kernel's and boot2's view of the same bytes is kernel/sys/disklabel.h.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from boot.image.errors import DiskError

SECTOR = 512
MAGIC = 0x82564557
DTYPE_ST506 = 6                 # an IDE disk, too
FS_SWAP, FS_BSDFFS = 1, 7
MAX_PARTITIONS = 8
BOOT_AREA = 8192                # bytes for boot1, the label and boot2; and the size of a superblock
RPM, INTERLEAVE = 3600, 1
HEADS, TRACK = 255, 63          # the geometry that everybody pretends

# magic, type, subtype, names; sector, geometry (5 words), spares, alternates, rpm, interleave, skews; times, flags,
# drive data, spare; magic again, checksum, partitions, sizes of the boot area and of a superblock.
_HEAD = struct.Struct("<IHH16s16s" "6I" "2H" "I" "4H" "3I" "5I" "5I" "IHHII")
_PARTITION = struct.Struct("<IIIBBH")
_CHECKSUM_OFFSET, _COUNT_OFFSET = 136, 138
LABEL_SIZE = _HEAD.size + MAX_PARTITIONS * _PARTITION.size

assert LABEL_SIZE == 276


@dataclass(frozen=True)
class Partition:
    """A part of the slice: `start`, absolute, and `size` in sectors; for a file system its fragment size, fragments
    in a block and cylinders in a group."""

    start: int
    size: int
    fstype: int = 0
    fsize: int = 0
    frag: int = 0
    cpg: int = 0


def checksum(label: bytes) -> int:
    """The XOR of the label's 16-bit words: 0 for one whose own checksum is right."""
    total = 0
    for (word,) in struct.iter_unpack("<H", label):
        total ^= word
    return total


def make_label(partitions: Mapping[str, Partition], *, name: str, sectors: int) -> bytes:
    """Return the label of a slice of so many sectors. `name` is what FreeBSD calls its disk, such as "ad0s1"."""
    cylinder = HEADS * TRACK
    head = _HEAD.pack(
        MAGIC, DTYPE_ST506, 0, name.encode("ascii"), b"proc0",
        SECTOR, TRACK, HEADS, max(1, sectors // cylinder), cylinder, sectors,
        0, 0, 0, RPM, INTERLEAVE, 0, 0, 0, 0, 0, *bytes(5), *bytes(5),
        MAGIC, 0, MAX_PARTITIONS, BOOT_AREA, BOOT_AREA)
    rows = b""
    for letter in "abcdefgh":
        one = partitions.get(letter, Partition(0, 0))
        rows += _PARTITION.pack(one.size, one.start, one.fsize, one.fstype, one.frag, one.cpg)
    label = bytearray(head + rows)
    struct.pack_into("<H", label, _CHECKSUM_OFFSET, checksum(label))
    return bytes(label)


def read_label(data: bytes) -> dict[str, Partition]:
    """Return the partitions of the label that `data` begins with, by letter. Raises DiskError."""
    if len(data) < LABEL_SIZE:
        raise DiskError(f"{len(data)} bytes, and a disklabel has {LABEL_SIZE}")
    head = _HEAD.unpack_from(data)
    magic, magic2, count = head[0], head[-5], head[-3]
    if (magic, magic2) != (MAGIC, MAGIC):
        raise DiskError(f"no disklabel: its magic numbers are {magic:08x} and {magic2:08x}, not {MAGIC:08x}")
    if count > MAX_PARTITIONS:
        raise DiskError(f"a disklabel of {count} partitions, and it may have {MAX_PARTITIONS}")
    end = _HEAD.size + count * _PARTITION.size
    if (wrong := checksum(data[:end])) != 0:
        (found,) = struct.unpack_from("<H", data, _CHECKSUM_OFFSET)
        raise DiskError(f"the disklabel's checksum is {found:04x}, and should be {found ^ wrong:04x}")
    partitions = {}
    for letter, row in zip("abcdefgh", _PARTITION.iter_unpack(data[_HEAD.size:end])):
        size, start, fsize, fstype, frag, cpg = row
        if size:
            partitions[letter] = Partition(start, size, fstype, fsize, frag, cpg)
    return partitions
