"""Puts boot1 and boot2 into a FreeBSD slice, around its disklabel and in front of its file system.

    sector 0   boot1
    sector 1   the label, 276 bytes; boot2 begins behind it
    ..         boot2 goes on
    sector 16  the superblock of a UFS1 file system at the front of the slice

`place` does it to the 8192 bytes of a slice that is being built; as a command this changes an existing image, which
is what FreeBSD's `disklabel -B` does. The label and everything from sector 16 on stay as they are; and all is checked
before anything is written.

    python3 -m boot.image.bootblocks --boot1 boot1.bin --boot2 boot2.bin [--slice 1] disk.img
"""

from __future__ import annotations

import argparse
import os
import struct
import sys
from pathlib import Path
from typing import BinaryIO

from boot.image.disklabel import BOOT_AREA, LABEL_SIZE, SECTOR, read_label
from boot.image.errors import DiskError

SIGNATURE = b"\x55\xaa"
LABEL_OFFSET = SECTOR
BOOT2_OFFSET = LABEL_OFFSET + LABEL_SIZE
BOOT2_ROOM = BOOT_AREA - BOOT2_OFFSET
TABLE_OFFSET, TYPE_FREEBSD, ACTIVE = 0x1BE, 0xA5, 0x80
_ENTRY = struct.Struct("<B3xB3xII")


def check_blocks(boot1: bytes, boot2: bytes) -> None:
    """Refuse what cannot be put into a slice. Raises DiskError."""
    if len(boot1) != SECTOR or not boot1.endswith(SIGNATURE):
        raise DiskError(f"boot1: not a sector of {SECTOR} bytes that ends with 55h AAh")
    if not boot2:
        raise DiskError("boot2: it is empty")
    if (extra := len(boot2) - BOOT2_ROOM) > 0:
        raise DiskError(f"boot2: {len(boot2)} bytes, and the area behind the label has room for {BOOT2_ROOM}: "
                        f"{extra} too many")


def place(area: bytes, boot1: bytes, boot2: bytes) -> bytes:
    """Return the first 8192 bytes of a slice with the boot blocks in them, and its label as it is. Raises DiskError."""
    check_blocks(boot1, boot2)
    return boot1 + area[LABEL_OFFSET:BOOT2_OFFSET] + boot2.ljust(BOOT2_ROOM, b"\0")


def install(image: Path, boot1: bytes, boot2: bytes, *, slice_number: int | None = None) -> None:
    """Put the boot blocks into a slice of an image: the one named, or the one that boot1 would choose, which is the
    first active FreeBSD slice, or else the first. Raises DiskError, with the image unchanged."""
    check_blocks(boot1, boot2)
    try:
        with image.open("r+b") as disk:
            number, start, size = _find_slice(disk, slice_number)
            if size * SECTOR < BOOT_AREA:
                raise DiskError(f"slice {number}: {size} sectors, and boot blocks take {BOOT_AREA // SECTOR}")
            area = _read_at(disk, start * SECTOR, BOOT_AREA)
            try:
                read_label(area[LABEL_OFFSET:])
            except DiskError as error:
                raise DiskError(f"slice {number}: {error}") from None
            disk.seek(start * SECTOR)
            disk.write(place(area, boot1, boot2))
    except OSError as error:
        raise DiskError(f"{image}: {error.strerror}") from None


def _find_slice(disk: BinaryIO, wanted: int | None) -> tuple[int, int, int]:
    """Return number, start and size of the slice. Raises DiskError."""
    sector = _read_at(disk, 0, SECTOR)
    if not sector.endswith(SIGNATURE):
        raise DiskError("the disk has no partition table: its first sector does not end with 55h AAh")
    table = sector[TABLE_OFFSET:-len(SIGNATURE)]
    slices = [(number, flag, start, size) for number, (flag, kind, start, size)
              in enumerate(_ENTRY.iter_unpack(table), 1) if kind == TYPE_FREEBSD]
    if wanted is not None:
        slices = [one for one in slices if one[0] == wanted]
    if not slices:
        named = "no slice" if wanted is None else f"slice {wanted} is not"
        raise DiskError(f"{named} of type {TYPE_FREEBSD:02x} (FreeBSD)")
    number, _, start, size = next((one for one in slices if one[1] & ACTIVE), slices[0])
    return number, start, size


def _read_at(disk: BinaryIO, offset: int, size: int) -> bytes:
    disk.seek(offset)
    data = disk.read(size)
    if len(data) < size:
        end = os.fstat(disk.fileno()).st_size
        raise DiskError(f"the image ends at byte {end}, before its sector {(offset + size) // SECTOR - 1}")
    return data


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m boot.image.bootblocks", description="Puts boot1 and boot2 into a FreeBSD slice of an image.")
    parser.add_argument("--boot1", type=Path, required=True, help="the slice's first sector, 512 bytes")
    parser.add_argument("--boot2", type=Path, required=True, help=f"what stands behind the label, up to {BOOT2_ROOM}")
    parser.add_argument("--slice", type=int, choices=range(1, 5), help="which one (default: the active FreeBSD one)")
    parser.add_argument("image", type=Path, help="the disk image to change")
    options = parser.parse_args(arguments)
    try:
        boot1, boot2 = options.boot1.read_bytes(), options.boot2.read_bytes()
        install(options.image, boot1, boot2, slice_number=options.slice)
    except DiskError as error:
        print(f"bootblocks: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"bootblocks: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
