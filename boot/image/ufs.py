"""Makes a UFS1 file system by makefs, NetBSD's tool, the same to the byte whenever it is made from the same files.

makefs writes out its own superblock in memory as it stands, with pointers in it that differ from run to run;
`settle` clears them, in the superblock and its copies: no file system's reader looks at them. All else that could
vary is settled by boot.image.staging.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from boot.image.errors import DiskError
from boot.image.staging import EPOCH, Staged

SUPERBLOCK, SUPERBLOCK_SIZE = 8192, 8192
MAGIC, MAGIC_OFFSET = 0x011954, 1372
POINTERS = slice(728, 856)      # fs_ocsp to fs_active: good in the memory of whoever has it mounted
BLOCK_SIZES = tuple(4096 << shift for shift in range(5))
INODE_DENSITY = 16384           # bytes of the file system for each inode


@dataclass(frozen=True)
class Superblock:
    """What is needed of it: sizes in bytes, the rest in fragments. `cpg` is cylinders in a group."""

    bsize: int
    fsize: int
    frag: int
    groups: int
    group_size: int
    copy_offset: int
    cpg: int


def read_superblock(data: bytes) -> Superblock:
    """Read the 8192 bytes of a superblock. Raises DiskError."""
    if struct.unpack_from("<I", data, MAGIC_OFFSET)[0] != MAGIC:
        raise DiskError("not a UFS1 file system: its superblock's magic number is wrong")

    def field(offset: int) -> int:
        return struct.unpack_from("<i", data, offset)[0]

    return Superblock(bsize=field(48), fsize=field(52), frag=field(56), groups=field(44), group_size=field(188),
                      copy_offset=field(8), cpg=field(180))


def check_sizes(bsize: int, fsize: int) -> None:
    """Refuse sizes that UFS1 has not. Raises DiskError."""
    if bsize not in BLOCK_SIZES:
        raise DiskError(f"blocks of {bsize} bytes; they may have {', '.join(map(str, BLOCK_SIZES))}")
    if fsize not in (bsize, bsize // 2, bsize // 4, bsize // 8) or fsize < 512:
        raise DiskError(f"fragments of {fsize} bytes: in a block of {bsize} there are 1, 2, 4 or 8, of 512 or more")


def make_ufs(image: Path, staged: Staged, *, size: int, bsize: int, fsize: int, makefs: str) -> Superblock:
    """Make a file system of at most `size` bytes, whole blocks, in a file of its own. Raises DiskError."""
    check_sizes(bsize, fsize)
    command = [find_makefs(makefs), "-t", "ffs", "-B", "le", "-s", str(size - size % bsize), "-T", str(EPOCH),
               "-F", str(staged.specification),
               "-o", f"version=1,bsize={bsize},fsize={fsize},density={INODE_DENSITY},optimization=time",
               str(image), str(staged.tree)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    except OSError as error:
        raise DiskError(f"{makefs} cannot be run: {error.strerror}; run `make setup`") from None
    if done.returncode != 0:
        complaint = " ".join(done.stderr.split()).removeprefix("makefs: ").replace(str(staged.tree), "the root")
        raise DiskError(f"makefs says: {complaint}" if complaint else f"makefs fails, exit status {done.returncode}: is "
                        "the partition too small?")
    return settle(image)


def find_makefs(makefs: str) -> str:
    """Return the path of makefs, which stands in /usr/sbin. Raises DiskError."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    if (found := shutil.which(makefs, path=path)) is None:
        raise DiskError(f"{makefs} is missing: run `make setup`")
    return found


def settle(image: Path) -> Superblock:
    """Clear the pointers in the superblock and in the copy that each cylinder group has. Raises DiskError."""
    with image.open("r+b") as disk:
        disk.seek(SUPERBLOCK)
        found = read_superblock(disk.read(SUPERBLOCK_SIZE))
        copies = [(group * found.group_size + found.copy_offset) * found.fsize for group in range(found.groups)]
        for place in [SUPERBLOCK, *copies]:
            disk.seek(place)
            read_superblock(disk.read(SUPERBLOCK_SIZE))
            disk.seek(place + POINTERS.start)
            disk.write(bytes(POINTERS.stop - POINTERS.start))
    return found
