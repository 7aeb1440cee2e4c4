"""The disks that a check boots: sector 0, a few sectors behind it, and holes.

Checks need tables that no partitioning tool would write (two active entries, a start past the end of the disk), so
a table is packed here, entry by entry, as `sys/diskmbr.h` has it: flag, first CHS, type, last CHS, first LBA, size.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SECTOR = 512
TABLE = 0x1BE           # where the table stands in sector 0
ENTRY = 16
SIGNATURE = b"\x55\xaa"


@dataclass(frozen=True)
class Geometry:
    """What the BIOS believes of a disk, and so its size."""

    cylinders: int
    heads: int
    sectors: int

    @property
    def size(self) -> int:
        """In sectors."""
        return self.cylinders * self.heads * self.sectors

    @property
    def bios(self) -> Geometry:
        """What INT 13h AH=08h reports: past 1024 cylinders, the LBA-assisted translation (translation=lba)."""
        if self.cylinders <= 1024:
            return self
        heads = next((heads for heads in (16, 32, 64, 128) if self.size // 63 <= 1024 * heads), 255)
        return Geometry(min(self.size // (heads * 63), 1024), heads, 63)

    def chs(self, lba: int) -> bytes:
        """An entry's three bytes for a sector: head, sector with cylinder bits 9 and 8, cylinder bits 7 to 0.
        Past cylinder 1023 they are FE FF FF, as fdisk writes them."""
        track, sector = divmod(lba, self.sectors)
        cylinder, head = divmod(track, self.heads)
        if cylinder > 1023:
            return b"\xfe\xff\xff"
        return bytes((head, sector + 1 | cylinder >> 2 & 0xC0, cylinder & 0xFF))


@dataclass(frozen=True)
class Entry:
    """One entry of the table."""

    type: int = 0
    lba: int = 0
    size: int = 0
    flag: int = 0
    first_chs: bytes = b"\0\0\0"
    last_chs: bytes = b"\0\0\0"

    def pack(self) -> bytes:
        """Its 16 bytes."""
        return struct.pack("<B3sB3sII", self.flag, self.first_chs, self.type, self.last_chs, self.lba, self.size)


UNUSED = Entry()


def pack_table(entries: tuple[Entry, ...]) -> bytes:
    """The table's 64 bytes, from four entries."""
    if len(entries) != 4:
        raise ValueError(f"a partition table has 4 entries, not {len(entries)}")
    return b"".join(entry.pack() for entry in entries)


@dataclass(frozen=True)
class Disk:
    """A disk: its shape, its table, and what stands in the sectors that matter (512 bytes each, by LBA).

    Sector 0 is the program under test with the table put in, and, for boot0, with `config` at its bytes 1B9h to
    1BDh; a sector 0 given in `sectors` is taken as it stands.
    """

    geometry: Geometry
    table: tuple[Entry, ...] = (UNUSED,) * 4
    sectors: Mapping[int, bytes] = field(default_factory=dict)
    config: bytes | None = None
    flags: int | None = None     # byte 1BDh of an mbr

    def sector0(self, program: bytes) -> bytes:
        """What stands in sector 0 when `program` (512 bytes) is installed."""
        if 0 in self.sectors:
            return self.sectors[0]
        sector = bytearray(program)
        if self.config is not None:
            sector[0x1B9:0x1BE] = self.config
        if self.flags is not None:
            sector[0x1BD] = self.flags
        sector[TABLE:TABLE + 64] = pack_table(self.table)
        sector[510:] = SIGNATURE
        return bytes(sector)

    def write(self, path: Path, program: bytes) -> None:
        """Make the image, sparse."""
        with open(path, "wb") as image:
            image.truncate(self.geometry.size * SECTOR)
            for lba, content in {**self.sectors, 0: self.sector0(program)}.items():
                image.seek(lba * SECTOR)
                image.write(content)

    @property
    def bochs_fields(self) -> str:
        """The .bochsrc fields that give this disk its shape."""
        shape = self.geometry
        translation = "lba" if shape.cylinders > 1024 else "none"
        return (f"cylinders={shape.cylinders}, heads={shape.heads}, spt={shape.sectors}, translation={translation}")


def random_sector(draw: Random, *, signed: bool = True) -> bytes:
    """A boot sector that spins where it is entered, and is otherwise random. Unsigned, it lacks 55h AAh."""
    body = b"\xeb\xfe" + draw.randbytes(508)
    return body + (SIGNATURE if signed else draw.choice((b"\xaa\x55", b"\x55\x55", b"\0\0", b"\x54\xaa", b"\x55\xab")))
