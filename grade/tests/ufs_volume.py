"""UFS1 read in Python: where its structures stand on a disk, and what a program on it is, by what the disk says.

A model that is as simple as can be, and independent of the readers in boot/: sizes are computed from fs_bsize and
fs_fsize, addresses and lengths are only kept inside the disk. What cannot be read is None.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SECTOR, SUPERBLOCK, INODE_SIZE, DIRECT, DIRBLKSIZ = 512, 8192, 128, 12, 512
ROOT, MAGIC = 2, 0x011954
IFMT, IFDIR, IFREG = 0o170000, 0o040000, 0o100000
MAX_FILE = 16 << 20


@dataclass(frozen=True)
class Volume:
    """The file system that begins at byte `start` of `disk`."""

    disk: bytes
    start: int

    def word(self, offset: int, size: int = 4) -> int:
        """A number at a byte of the file system. Raises IndexError outside of the disk."""
        at = self.start + offset
        if offset < 0 or at + size > len(self.disk):
            raise IndexError(offset)
        return int.from_bytes(self.disk[at:at + size], "little")

    def field(self, offset: int) -> int:
        """A word of the superblock."""
        return self.word(SUPERBLOCK + offset)

    @property
    def bsize(self) -> int:
        return self.field(48)

    @property
    def fsize(self) -> int:
        return self.field(52)

    def inode(self, number: int) -> int:
        """The byte at which an inode begins."""
        group, index = divmod(number, self.field(184))
        first = self.field(188) * group + self.field(24) * (group & ~self.field(28)) + self.field(16)
        return first * self.fsize + index * INODE_SIZE

    def tables(self, number: int) -> list[int]:
        """The bytes at which the file's blocks of addresses begin, for files of up to two levels."""
        single, double = (self.word(self.inode(number) + 88 + 4 * level) for level in range(2))
        found = [address * self.fsize for address in (single, double) if address]
        if double:
            words = (self.word(double * self.fsize + at) for at in range(0, self.bsize, 4))
            found += [address * self.fsize for address in words if address]
        return found

    def _address(self, number: int, block: int) -> int:
        if block < DIRECT:
            return self.word(self.inode(number) + 40 + 4 * block)
        block, each = block - DIRECT, self.bsize // 4
        at = self.word(self.inode(number) + 88)
        if block >= each:
            table = self.word(self.inode(number) + 92)
            at = table and self.word(table * self.fsize + 4 * ((block - each) // each))
        return at and self.word(at * self.fsize + 4 * (block % each))

    def pieces(self, number: int) -> Iterator[tuple[int, int]]:
        """The file's blocks: the byte at which each begins, 0 for a hole, and its length."""
        size = self.word(self.inode(number) + 8, 8)
        if size > MAX_FILE:
            raise IndexError(size)
        for block in range((size + self.bsize - 1) // self.bsize):
            yield self._address(number, block) * self.fsize, min(self.bsize, size - block * self.bsize)

    def content(self, number: int) -> bytes:
        """A file's bytes."""
        data = b""
        for at, length in self.pieces(number):
            self.word(at + length - 1, 1)
            data += self.disk[self.start + at:self.start + at + length] if at else bytes(length)
        return data

    def entries(self, number: int) -> dict[str, tuple[int, int]]:
        """A directory's names: the entry's byte in the directory, and the inode."""
        data, found, at = self.content(number), {}, 0
        while at + 8 <= len(data):
            ino, length, _, namelen = struct.unpack_from("<IHBB", data, at)
            if length < 8:
                break
            if ino:
                found.setdefault(data[at + 8:at + 8 + namelen].decode("latin1"), (at, ino))
            at += length
        return found

    def lookup(self, path: str) -> int:
        """The inode of a path. Raises KeyError or IndexError."""
        number = ROOT
        for name in path.strip("/").split("/"):
            number = self.entries(number)[name][1]
        return number

    def place(self, number: int, offset: int) -> int:
        """The byte of the disk that a byte of the file is."""
        at, _ = list(self.pieces(number))[offset // self.bsize]
        return self.start + at + offset % self.bsize


# ---------------------------------------------------------------- programs

Program = tuple[int, tuple[tuple[int, bytes, int], ...]]
MASK, PAGE = 0xFFFFFF, 4096


def program(data: bytes) -> Program | None:
    """What is loaded of a file, and where it is entered: (entry, ((address, bytes, size in memory), ...)), or None when
    it is no program that could be loaded whole."""
    try:
        if data[:4] == b"\x7fELF":
            return _elf(data)
        if len(data) > 32 and struct.unpack_from("<H", data)[0] == 0o413:
            return _aout(data)
    except struct.error:
        pass
    return None


def _elf(data: bytes) -> Program | None:
    entry, table = struct.unpack_from("<II", data, 24)
    segments = []
    for number in range(struct.unpack_from("<H", data, 44)[0]):
        kind, offset, vaddr, paddr, filesz, memsz, flags, _ = struct.unpack_from("<8I", data, table + 32 * number)
        if kind == 1 and memsz:
            if offset + filesz > len(data) or memsz > MASK:
                return None
            segments.append((vaddr, data[offset:offset + filesz], memsz))
            segments.append((paddr, b"", flags))
    return (entry, tuple(segments)) if segments else None


def _aout(data: bytes) -> Program | None:
    _, text, size, bss, _, entry = struct.unpack_from("<6I", data)
    if PAGE + text + size > len(data) or bss > MASK:
        return None
    start = PAGE + text
    return entry, ((entry, data[PAGE:start], text), (entry + text, data[start:start + size], size + bss))


def programs(volume: Volume, paths: tuple[str, ...]) -> dict[str, Program | None]:
    """What each path holds, as far as it can be read."""
    found: dict[str, Program | None] = {}
    for path in paths:
        try:
            found[path] = program(volume.content(volume.lookup(path)))
        except (KeyError, IndexError, ZeroDivisionError, ValueError, OverflowError):
            found[path] = None
    return found
