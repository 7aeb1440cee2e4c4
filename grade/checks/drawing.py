"""Disks for checks, drawn: tables in no order, slices in odd places, first sectors with something random in them.

Each function gives a disk, or a disk with one thing changed; disks are values and are never written to.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from grade.disk import UNUSED, Disk, Entry, Geometry, random_sector

SMALL = Geometry(40, 16, 63)
TYPES = (0x01, 0x04, 0x06, 0x07, 0x0B, 0x0C, 0x0E, 0x63, 0x82, 0x83, 0xA5, 0xA6, 0xA9, 0xB7, 0xEE)


def draw_geometry(draw: Random) -> Geometry:
    """A small disk of an odd shape."""
    return Geometry(draw.randint(60, 300), draw.randint(2, 16), draw.randint(17, 63))


def draw_far(draw: Random, shape: Geometry) -> int:
    """A sector of the disk's second half, where no wrong geometry finds it by chance."""
    return draw.randint(shape.size // 2, shape.size - 8)


def draw_disk(draw: Random, *, geometry: Geometry = SMALL, used: int = 4, signed: bool = True,
              types: tuple[int, ...] = TYPES) -> Disk:
    """A disk with `used` slices in the first places of the table, in no order, none of them active, each with a
    first sector of its own. The CHS fields tell the truth."""
    places = sorted(draw.sample(range(1, geometry.size // 8), used))
    draw.shuffle(places)
    entries = tuple(Entry(draw.choice(types), 8 * place, draw.randint(1, 8), first_chs=geometry.bios.chs(8 * place),
                          last_chs=geometry.bios.chs(8 * place)) for place in places)
    sectors = {entry.lba: random_sector(draw, signed=signed) for entry in entries}
    return Disk(geometry, entries + (UNUSED,) * (4 - used), sectors)


def with_entry(disk: Disk, number: int, **changes: object) -> Disk:
    """The disk with an entry changed."""
    entry = replace(disk.table[number], **changes)
    return replace(disk, table=disk.table[:number] + (entry,) + disk.table[number + 1:])


def activate(disk: Disk, number: int, flag: int = 0x80) -> Disk:
    return with_entry(disk, number, flag=flag)


def move(disk: Disk, number: int, lba: int, sector: bytes | None, **changes: object) -> Disk:
    """The disk with a slice moved to `lba`, and its first sector with it (None: nothing is there)."""
    sectors = {place: content for place, content in disk.sectors.items() if place != disk.table[number].lba}
    if sector is not None:
        sectors[lba] = sector
    return replace(with_entry(disk, number, lba=lba, **changes), sectors=sectors)


def active_number(disk: Disk) -> int:
    """The one active entry."""
    return next(number for number, entry in enumerate(disk.table) if entry.flag & 0x80)
