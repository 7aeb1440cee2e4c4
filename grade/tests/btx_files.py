"""Made-up BTX kernels and clients: right ones, and by keyword wrong ones."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

PAGE = 0x1000
R, W, X = 4, 2, 1           # a segment's flags


def kernel(*, size: int = 0x5A3, text: int | None = None, magic: bytes = b"BTX", version: tuple[int, int] = (1, 1),
           header: int = 0x0E, flags: int = 0, pgctl: int = 0xFF7, jump: int = 0xEB) -> bytes:
    """A made-up BTX kernel: a header, and bytes that are easily recognized."""
    head = struct.pack("<BB3sBBBHHI", jump, header, magic, *version, flags, pgctl, size if text is None else text, 0)
    return (head + Random(size).randbytes(max(0, size - len(head))))[:size]


@dataclass(frozen=True)
class Segment:
    """A program header, and how it is filled."""

    address: int
    filesz: int
    memsz: int
    flags: int
    type: int = 1
    offset: int | None = None       # where its bytes are said to be; None: where they are


TEXT, DATA = Segment(0, 0x2345, 0x2345, R | X), Segment(0x3000, 0x456, 0x1234, R | W)


def elf(segments: Sequence[Segment] = (TEXT, DATA), *, entry: int = 0x40, ident: bytes = b"\x7fELF\1\1\1",
        kind: int = 2, machine: int = 3, version: int = 1, phentsize: int = 32, phnum: int | None = None,
        phoff: int = 52) -> bytes:
    """An ELF file; only the headers and the segments' bytes, one behind the other."""
    offset = 52 + 32 * len(segments)
    headers, content = b"", b""
    for one in segments:
        at = offset + len(content) if one.offset is None else one.offset
        headers += struct.pack("<8I", one.type, at, one.address, one.address, one.filesz, one.memsz, one.flags, PAGE)
        if one.offset is None:
            content += Random(one.address).randbytes(one.filesz)
    count = len(segments) if phnum is None else phnum
    head = struct.pack("<16sHHIIIIIHHHHHH", ident, kind, machine, version, entry, phoff, 0, 0, 52, phentsize, count,
                       40, 0, 0)
    return head + headers + content


def aout(magic: int, *, text: int = 0x1800, data: int = 0x300, bss: int = 0x50, entry: int = 0x20, mid: int = 134,
         short: int = 0) -> bytes:
    start = {0o413: PAGE, 0o314: 0}.get(magic, 32)
    head = struct.pack("<8I", mid << 16 | magic, text, data, bss, 0, entry, 0, 0)
    return (head + bytes(range(256)) * 64)[:start + text + data - short]
