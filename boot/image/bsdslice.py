"""Builds what a FreeBSD slice holds: boot blocks, disklabel, a UFS1 file system, and room for swap behind it.

    sector 0 to 15   boot1, the label, boot2; where no boot blocks are given, the label alone
    16 ...           partition 'a': UFS1, from sector 0 of the slice on, which leaves its first 16 sectors free
    behind 'a'       partition 'b': swap, nothing but its place
    all of it        partition 'c'

`write_slice` makes a file of its own, which boot.image.mkdisk copies to its place on a disk. The place must be known
here already: the label's offsets are the disk's.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from boot.image.bootblocks import LABEL_OFFSET, check_blocks, place
from boot.image.disklabel import BOOT_AREA, FS_BSDFFS, FS_SWAP, LABEL_SIZE, SECTOR, Partition, make_label
from boot.image.errors import DiskError
from boot.image.staging import gather, staged
from boot.image.ufs import check_sizes, make_ufs

DEFAULT_SWAP = 8192             # sectors


@dataclass(frozen=True)
class BsdSlice:
    """The content of a slice.

    root:  the folder that holds the file system's files, or None.
    added: more files, by their path on the disk.
    boot1, boot2: the boot blocks, or None for a slice that does not start.
    root_size, swap: sectors of 'a' and 'b'. 'a' takes what 'b' leaves, unless it is told.
    """

    root: Path | None = None
    added: Mapping[str, Path] = field(default_factory=dict)
    boot1: bytes | None = None
    boot2: bytes | None = None
    bsize: int = 8192
    fsize: int = 1024
    root_size: int | None = None
    swap: int = DEFAULT_SWAP
    makefs: str = "makefs"


def write_slice(image: Path, content: BsdSlice, *, start: int, size: int, name: str) -> None:
    """Make the file: what a slice named so, of `size` sectors from `start` on, begins with. Raises DiskError."""
    root_size = size - content.swap if content.root_size is None else content.root_size
    if content.swap < 0 or root_size <= 0 or root_size + content.swap > size:
        raise DiskError(f"its {size} sectors have no room for {max(root_size, 0)} of 'a' and {content.swap} of 'b'")
    if (content.boot1 is None) != (content.boot2 is None):
        raise DiskError("boot1 and boot2 come together, or not at all")
    if content.boot1 is not None:
        check_blocks(content.boot1, content.boot2)
    check_sizes(content.bsize, content.fsize)
    if root_size * SECTOR < BOOT_AREA + content.bsize:
        raise DiskError(f"partition 'a' of {root_size} sectors has no room for a file system")
    with staged(gather(content.root, content.added)) as files:
        made = make_ufs(image, files, size=root_size * SECTOR, bsize=content.bsize, fsize=content.fsize,
                        makefs=content.makefs)
    label = make_label({
        "a": Partition(start, root_size, FS_BSDFFS, made.fsize, made.frag, made.cpg),
        "b": Partition(start + root_size, content.swap, FS_SWAP) if content.swap else Partition(0, 0),
        "c": Partition(start, size),
    }, name=name, sectors=size)
    area = bytes(LABEL_OFFSET) + label + bytes(BOOT_AREA - LABEL_OFFSET - LABEL_SIZE)
    if content.boot1 is not None:
        area = place(area, content.boot1, content.boot2)
    with image.open("r+b") as file:
        file.write(area)


# ---------------------------------------------------------------- the command's part


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say what the slices marked `bsd` hold."""
    group = parser.add_argument_group("what a slice marked `bsd` holds")
    group.add_argument("--root", type=Path, metavar="DIR", help="the folder that its root file system is made from")
    group.add_argument("--add", action="append", default=[], metavar="PATH=FILE", dest="added",
                       help="one more file, by its path on the disk: boot/loader=build/loader")
    group.add_argument("--boot1", type=Path, metavar="FILE", help="the slice's first sector")
    group.add_argument("--boot2", type=Path, metavar="FILE", help="what stands behind the label")
    group.add_argument("--bsize", type=int, default=BsdSlice.bsize, help="bytes in a block (default %(default)s)")
    group.add_argument("--fsize", type=int, default=BsdSlice.fsize, help="bytes in a fragment (default %(default)s)")
    group.add_argument("--root-size", metavar="SIZE", help="the root partition's size (default: all but swap)")
    group.add_argument("--swap", metavar="SIZE", default=f"{DEFAULT_SWAP}s",
                       help="the swap partition's size (default %(default)s)")
    group.add_argument("--makefs", default=os.environ.get("MAKEFS", "makefs"), help="the makefs to use (or $MAKEFS)")


def added_files(words: list[str]) -> dict[str, Path]:
    """Read the words `PATH=FILE`. Raises DiskError."""
    added: dict[str, Path] = {}
    for word in words:
        path, equals, source = word.partition("=")
        if not (path and equals and source):
            raise DiskError(f"--add {word}: write PATH=FILE")
        if path in added:
            raise DiskError(f"--add {word}: {path} is given twice")
        added[path] = Path(source)
    return added
