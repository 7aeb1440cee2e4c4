"""Builds a raw disk image: a partition table by sfdisk, boot code in sector 0, and what each slice holds.

The image is sparse, so a disk may be far larger than the host's. The table is sfdisk's, the tool of another system,
so that nothing of ours decides what a partition table looks like. Boot code is laid around it:

    boot0   (the word BB66h at 1B0h)  bytes 0..1BDh are its own; sfdisk's disk id, at 1B8h, gives way
    others                            bytes 0..1B7h and the flags at 1BDh; the disk id stays

A slice marked `bsd` becomes a FreeBSD one, whole: boot blocks, disklabel, file system (see boot.image.bsdslice).

An image is made beside its place and moved there when it is whole: after any failure the place holds what it held.

    python3 -m boot.image.mkdisk --size 64M --boot mbr.bin \\
        --slice n=1,type=a5,start=63,size=65536,active,fill=probe.bin build/disk.img
    python3 -m boot.image.mkdisk --size 64M --boot boot0.bin --slice n=1,type=a5,start=63,size=65536,active,bsd \\
        --boot1 boot1.bin --boot2 boot2.bin --root boot/image/root --add boot/loader=loader --add kernel=kernel disk.img
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from boot.image.bsdslice import BsdSlice, add_arguments, added_files, write_slice
from boot.image.errors import DiskError
from boot.image.probe import stamp

SECTOR = 512
ENTRIES = 4
MAX_SECTORS = 1 << 32           # an entry's fields have 32 bits: 2 TiB
SIGNATURE = b"\x55\xaa"
TABLE_OFFSET = 0x1BE
DISK_ID_OFFSET = 0x1B8
MBR_FLAGS_OFFSET = 0x1BD
BOOT0_MAGIC_OFFSET, BOOT0_MAGIC = 0x1B0, b"\x66\xbb"
DISK_ID = 0x30637270            # "prc0"; any other would do, but not a random one
PROBE_NONCE = "proc0"
PROBE_HOLD = 182                # ticks, ten seconds: time to read the screen
COPY_BYTES = 64 << 10           # a multiple of what file systems allocate

_FLAGS = ("active", "bsd")      # the words of a slice that have no value
_UNITS = {"s": 1, "": 1, "K": (1 << 10) // SECTOR, "M": (1 << 20) // SECTOR, "G": (1 << 30) // SECTOR}


@dataclass(frozen=True)
class Slice:
    """An entry of the partition table; `start` and `size` in sectors. `fill` is what its first sectors hold; `bsd`
    asks for a FreeBSD slice in its place."""

    number: int
    type: int
    start: int
    size: int
    active: bool = False
    fill: Path | None = None
    bsd: bool = False

    @property
    def name(self) -> str:
        """What FreeBSD calls it on the first disk."""
        return f"ad0s{self.number}"

    @property
    def end(self) -> int:
        """The first sector behind it."""
        return self.start + self.size


# ---------------------------------------------------------------- what the command line says


def parse_sectors(text: str) -> int:
    """Return a size in sectors: `1048576s`, `64M`, `10G`, or a plain number of sectors. Raises DiskError."""
    match = re.fullmatch(r"(\d{1,15})([sKMG]?)", text, re.ASCII)
    if match is None:
        raise DiskError(f"{text!r} is no size; write sectors (1048576s) or 64M, 10G")
    return int(match[1]) * _UNITS[match[2]]


def parse_slice(text: str) -> Slice:
    """Read `n=1,type=a5,start=63,size=20000,active,fill=FILE` or `...,bsd`. Raises DiskError, which names the entry."""
    given: dict[str, str] = {}
    for word in text.split(","):
        key, equals, value = word.partition("=")
        if key not in ("n", "type", "start", "size", "active", "fill", "bsd") or bool(equals) == (key in _FLAGS):
            raise DiskError(f"slice {text!r}: {word!r} is none of n=, type=, start=, size=, active, fill=, bsd")
        if key in given:
            raise DiskError(f"slice {text!r}: {key} is given twice")
        given[key] = value
    for key in ("n", "type", "start", "size"):
        if key not in given:
            raise DiskError(f"slice {text!r}: {key}= is missing")
    if given["n"] not in ("1", "2", "3", "4"):
        raise DiskError(f"slice {text!r}: n={given['n']}, but a partition table has entries 1 to {ENTRIES}")
    label = f"slice {given['n']}"
    if re.fullmatch(r"[0-9a-fA-F]{1,2}", given["type"]) is None or int(given["type"], 16) == 0:
        raise DiskError(f"{label}: unknown type {given['type']!r}; write its number in hex, 1 to ff, such as a5")
    if "fill" in given and "bsd" in given:
        raise DiskError(f"{label}: fill= and bsd exclude each other")
    try:
        start, size = parse_sectors(given["start"]), parse_sectors(given["size"])
    except DiskError as error:
        raise DiskError(f"{label}: {error}") from None
    return Slice(int(given["n"]), int(given["type"], 16), start, size, "active" in given,
                 Path(given["fill"]) if "fill" in given else None, "bsd" in given)


# ---------------------------------------------------------------- what a table may hold


def check_slices(slices: Sequence[Slice], sectors: int) -> None:
    """Refuse a table that does not fit the disk or itself. Raises DiskError, which names the entry."""
    if len(slices) > ENTRIES:
        extra = slices[ENTRIES]
        raise DiskError(f"{len(slices)} slices, but a partition table has {ENTRIES} entries: slice {extra.number} "
                        f"(type {extra.type:02x}, start {extra.start}) is one too many")
    for index, one in enumerate(slices):
        _check_range(one, sectors)
        for other in slices[:index]:
            _check_pair(other, one)


def _check_range(one: Slice, sectors: int) -> None:
    if one.size == 0:
        raise DiskError(f"slice {one.number}: its size is zero")
    if one.start == 0:
        raise DiskError(f"slice {one.number}: it starts at sector 0, where the partition table is")
    if one.end > sectors:
        raise DiskError(f"slice {one.number}: sectors {one.start} to {one.end - 1} are out of range, the disk ends at "
                        f"{sectors - 1}")


def _check_pair(first: Slice, second: Slice) -> None:
    if first.number == second.number:
        raise DiskError(f"slice {second.number}: it is given twice")
    if first.start < second.end and second.start < first.end:
        raise DiskError(f"slice {second.number}: sectors {second.start} to {second.end - 1} overlap slice "
                        f"{first.number}, sectors {first.start} to {first.end - 1}")
    if first.active and second.active:
        raise DiskError(f"slice {second.number}: it is active, and so is slice {first.number}; only one may be")


# ---------------------------------------------------------------- building


def build_disk(image: Path, *, sectors: int, boot: bytes | None, slices: Sequence[Slice], probe: bytes | None = None,
               disk_id: int = DISK_ID, sfdisk: str = "sfdisk") -> None:
    """Make the image.

    boot:  the 512 bytes of a boot program, or None for a disk with nothing but a table.
    probe: the template of a probe sector, which goes, stamped with the slice's name and holding the screen, into each
           slice without a `fill`.

    Raises DiskError; `image` then is what it was before.
    """
    if not 0 < sectors <= MAX_SECTORS:
        raise DiskError(f"a disk of {sectors} sectors: a partition table reaches from 1 to {MAX_SECTORS} (2 TiB)")
    check_slices(slices, sectors)
    if boot is not None:
        check_boot(boot)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{image.name}.", suffix=".new", dir=image.parent)
        os.close(handle)
    except OSError as error:
        raise DiskError(f"{image}: {error.strerror}") from None
    work = Path(name)
    try:
        os.truncate(work, sectors * SECTOR)
        write_table(work, slices, disk_id=disk_id, sfdisk=sfdisk)
        write_contents(work, boot, slices, probe)
        work.chmod(0o666 & ~_umask())
        work.replace(image)
    except OSError as error:
        raise DiskError(f"{image}: {error.strerror}; no image was made") from None
    finally:
        work.unlink(missing_ok=True)


def write_table(work: Path, slices: Iterable[Slice], *, disk_id: int, sfdisk: str) -> None:
    """Let sfdisk write the partition table. Raises DiskError with sfdisk's complaint."""
    by_entry = sorted(slices, key=lambda one: one.number)
    script = ["label: dos", f"label-id: {disk_id:#010x}", "unit: sectors"]
    # sfdisk takes the digits at the end of the name for the entry: the name of the work file ends with a letter.
    script += [f"{work}{one.number} : start={one.start}, size={one.size}, type={one.type:x}"
               + (", bootable" if one.active else "") for one in by_entry]
    command = [find_sfdisk(sfdisk), "--no-reread", "--no-tell-kernel", "--wipe", "never", "--wipe-partitions", "never",
               str(work)]
    try:
        done = subprocess.run(command, input="\n".join(script) + "\n", capture_output=True, text=True, check=False,
                              env={**os.environ, "LC_ALL": "C"})
    except OSError as error:
        raise DiskError(f"{sfdisk} cannot be run: {error.strerror}; run `make setup`") from None
    if done.returncode != 0:
        made = done.stdout.count(": Created a new partition ")
        where = f"slice {by_entry[made].number}: " if made < len(by_entry) else ""
        complaint = " ".join(done.stderr.split()).replace(str(work), "the disk")
        raise DiskError(f"{where}sfdisk says: {complaint}")


def find_sfdisk(sfdisk: str) -> str:
    """Return the path of sfdisk, which stands in /sbin, where a user's PATH may not go. Raises DiskError."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    if (found := shutil.which(sfdisk, path=path)) is None:
        raise DiskError(f"{sfdisk} is missing: run `make setup`")
    return found


def check_boot(boot: bytes) -> None:
    """Refuse what is no boot program. Raises DiskError."""
    if len(boot) != SECTOR or not boot.endswith(SIGNATURE):
        raise DiskError(f"the boot program is not a sector of {SECTOR} bytes that ends with 55h AAh")


def place_boot(sector: bytes, boot: bytes) -> bytes:
    """Return sector 0 with the boot program's own bytes in it, and its table as it is."""
    if boot[BOOT0_MAGIC_OFFSET:BOOT0_MAGIC_OFFSET + 2] == BOOT0_MAGIC:
        return boot[:TABLE_OFFSET] + sector[TABLE_OFFSET:]
    return (boot[:DISK_ID_OFFSET] + sector[DISK_ID_OFFSET:MBR_FLAGS_OFFSET] + boot[MBR_FLAGS_OFFSET:TABLE_OFFSET]
            + sector[TABLE_OFFSET:])


def write_contents(work: Path, boot: bytes | None, slices: Iterable[Slice], probe: bytes | None) -> None:
    """Put the boot program into sector 0 and the contents into the slices. Raises DiskError and OSError."""
    with work.open("r+b") as disk:
        if boot is not None:
            sector = disk.read(SECTOR)
            disk.seek(0)
            disk.write(place_boot(sector, boot))
        for one in slices:
            disk.seek(one.start * SECTOR)
            if one.fill is not None:
                _copy_fill(one, disk)
            elif probe is not None:
                disk.write(_stamped(probe, one))


def _stamped(probe: bytes, one: Slice) -> bytes:
    try:
        return stamp(probe, nonce=PROBE_NONCE, name=one.name, hold=PROBE_HOLD)
    except ValueError as error:
        raise DiskError(f"slice {one.number}: {error}") from None


def _copy_fill(one: Slice, disk: BinaryIO) -> None:
    """Copy the slice's file to where the disk stands, leaving holes for zeros. Raises DiskError and OSError."""
    try:
        source = one.fill.open("rb")
        size = os.fstat(source.fileno()).st_size
    except OSError as error:
        raise DiskError(f"slice {one.number}: fill={one.fill}: {error.strerror}") from None
    with source:
        if size > one.size * SECTOR:
            raise DiskError(f"slice {one.number}: fill={one.fill} is {size} bytes, and the slice has room for "
                            f"{one.size * SECTOR}")
        while block := source.read(COPY_BYTES):
            if any(block):
                disk.write(block)
            else:
                disk.seek(len(block), os.SEEK_CUR)


@contextmanager
def _bsd_filled(slices: Sequence[Slice], content: BsdSlice, image: Path) -> Iterator[list[Slice]]:
    """The same slices, those marked `bsd` filled from files that are there meanwhile. Raises DiskError."""
    if not any(one.bsd for one in slices):
        yield list(slices)
        return
    try:
        folder = tempfile.TemporaryDirectory(prefix=f".{image.name}.", dir=image.parent)
    except OSError as error:
        raise DiskError(f"{image}: {error.strerror}") from None
    with folder as name:
        filled = []
        for one in slices:
            if one.bsd:
                one = replace(one, fill=Path(name) / one.name)
                try:
                    write_slice(one.fill, content, start=one.start, size=one.size, name=one.name)
                except DiskError as error:
                    raise DiskError(f"slice {one.number}: {error}") from None
            filled.append(one)
        yield filled


def _umask() -> int:
    """The process' umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


# ---------------------------------------------------------------- the command


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m boot.image.mkdisk", description="Builds a raw, sparse disk image.",
        epilog="A size is in sectors of 512 bytes (1048576s, or the plain number) or ends in K, M or G.")
    parser.add_argument("--size", required=True, help="the disk's size: 64M, 1048576s")
    parser.add_argument("--boot", type=Path, help="the 512 bytes of a boot program: mbr.bin, boot0.bin")
    parser.add_argument("--slice", action="append", default=[], dest="slices", metavar="FIELDS",
                        help="an entry of the table: n=1,type=a5,start=63,size=20000[,active][,fill=FILE | ,bsd]")
    parser.add_argument("--probe", type=Path, help="the probe sector that goes into each slice without fill=")
    parser.add_argument("--disk-id", type=lambda text: int(text, 16), default=DISK_ID, metavar="HEX",
                        help=f"sfdisk's label-id (default {DISK_ID:x})")
    parser.add_argument("--sfdisk", default=os.environ.get("SFDISK", "sfdisk"), help="the sfdisk to use (or $SFDISK)")
    add_arguments(parser)
    parser.add_argument("image", type=Path, help="the image to make")
    return parser


def run(options: argparse.Namespace) -> None:
    sectors = _size_option("--size", options.size)
    slices = [parse_slice(text) for text in options.slices]
    check_slices(slices, sectors)
    content = BsdSlice(
        root=options.root, added=added_files(options.added), boot1=_read(options.boot1), boot2=_read(options.boot2),
        bsize=options.bsize, fsize=options.fsize, makefs=options.makefs, swap=_size_option("--swap", options.swap),
        root_size=None if options.root_size is None else _size_option("--root-size", options.root_size))
    boot, probe = _read(options.boot), _read(options.probe)
    with _bsd_filled(slices, content, options.image) as filled:
        build_disk(options.image, sectors=sectors, boot=boot, probe=probe, slices=filled, disk_id=options.disk_id,
                   sfdisk=options.sfdisk)


def _size_option(option: str, text: str) -> int:
    try:
        return parse_sectors(text)
    except DiskError as error:
        raise DiskError(f"{option}: {error}") from None


def _read(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise DiskError(f"{path}: {error.strerror}") from None


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    try:
        run(options)
    except DiskError as error:
        print(f"mkdisk: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
