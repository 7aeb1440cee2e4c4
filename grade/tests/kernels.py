"""ELF files of our own making, right or wrong in one place: kernels, shared objects, relocatable objects."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

REL, EXEC, DYN = 1, 2, 3
HEADER, PHDR, SHDR = 52, 32, 40
PROGBITS, SYMTAB, STRTAB, NOBITS, REL_SECTION = 1, 2, 3, 8, 9


@dataclass(frozen=True)
class Segment:
    """A segment: its bytes, and what its header says otherwise."""

    address: int
    content: bytes
    bss: int = 0
    flags: int = 5
    type: int = 1
    at: int | None = None           # the offset in the file; None: where it is
    size: int | None = None         # the size in the file, one more than in memory; None: what it is


@dataclass(frozen=True)
class Section:
    """A section, less what the file settles."""

    type: int
    content: bytes
    link: int = 0
    info: int = 0
    align: int = 4
    entsize: int = 0
    size: int | None = None
    offset: int | None = None

    def header(self, offset: int) -> bytes:
        return struct.pack("<10I", 0, self.type, 0, 0, offset if self.offset is None else self.offset,
                           len(self.content) if self.size is None else self.size, self.link, self.info, self.align,
                           self.entsize)


KERNEL = (Segment(0xC0100000, b"a kernel, of little use" * 40),)


def ident(kind: int, machine: int, entry: int, phoff: int, shoff: int, phentsize: int, phnum: int, shentsize: int,
          shnum: int, names: int) -> bytes:
    return struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1\x09", kind, machine, 1, entry, phoff, shoff, 0, HEADER,
                       phentsize, phnum, shentsize, shnum, names)


def symbols_of(count: int) -> tuple[bytes, bytes]:
    """A symbol table, and its strings."""
    strings = b"\0" + b"".join(b"symbol_%d\0" % number for number in range(count))
    table = bytes(16) + b"".join(
        struct.pack("<IIIBBH", strings.index(b"symbol_%d\0" % number), 0xC0100000 + number, 4, 0x12, 0, 1)
        for number in range(count))
    return table, strings


def elf(segments: Sequence[Segment] = KERNEL, *, entry: int | None = None, kind: int = EXEC, machine: int = 3,
        phoff: int = HEADER, phnum: int | None = None, phentsize: int = PHDR, symbols: int = 0,
        absurd: str = "") -> bytes:
    """A program of segments, with `symbols` symbols. `absurd` names what is wrong with its symbols."""
    if entry is None:
        entry = segments[0].address if segments else 0xC0100000
    at = HEADER + PHDR * len(segments)
    headers, content = b"", b""
    for one in segments:
        size = len(one.content)
        offset = at + len(content) if one.at is None else one.at
        in_file, in_memory = (size, size + one.bss & 0xFFFFFFFF) if one.size is None else (one.size, one.size - 1)
        headers += struct.pack("<8I", one.type, offset, one.address, one.address, in_file, in_memory, one.flags, 4096)
        content += one.content
    content += bytes(-len(content) % 4)
    sections = [] if not symbols else symbol_sections(symbols, absurd)
    tables, body = lay_out(sections, at + len(content))
    shoff = (at + len(content) + len(body)) if sections else 0
    if absurd == "headers":
        shoff = 0x7FFFFFFF
    head = ident(kind, machine, entry, phoff, shoff, phentsize, len(segments) if phnum is None else phnum,
                 41 if absurd == "entsize" else SHDR, len(sections), 0)
    return head + headers + content + body + tables


def symbol_sections(count: int, absurd: str) -> list[Section]:
    table, strings = symbols_of(count)
    return [Section(0, b""),
            Section(SYMTAB, table, link=99 if absurd == "link" else 2, entsize=16,
                    size=0x7FFFFFFF if absurd == "size" else None, offset=0xFFFFFFF0 if absurd == "offset" else None),
            Section(STRTAB, strings, align=1, size=1 << 24 if absurd == "strings" else None)]


def lay_out(sections: Sequence[Section], start: int) -> tuple[bytes, bytes]:
    """The section headers, and the sections' bytes, which begin at `start` of the file."""
    headers, body = b"", b""
    for one in sections:
        headers += one.header(start + len(body) if one.type else 0)
        if one.type != NOBITS:
            body += one.content + bytes(-len(one.content) % 4)
    return headers, body


def symbol_sizes(program: bytes) -> tuple[int, int]:
    """Bytes of the symbol table and of its strings."""
    shoff = struct.unpack_from("<I", program, 32)[0]
    symtab, strtab = (struct.unpack_from("<I", program, shoff + number * SHDR + 20)[0] for number in (1, 2))
    return symtab, strtab


def elf_object(*, absurd: str = "", shoff: int | None = None) -> bytes:
    """A relocatable object of seven sections that take room. `absurd` names what is wrong with it."""
    table, strings = symbols_of(3)
    sections = [
        Section(0, b""),
        Section(PROGBITS, b"code" * 25, align=3 if absurd == "align" else 16,
                size=1 << 20 if absurd == "size" else None),
        Section(NOBITS, b"", size=0xFFFFFFF0 if absurd == "bss" else 777, align=64),
        Section(PROGBITS, b"data" * 7, align=32),
        Section(REL_SECTION, struct.pack("<II", 8, 0x101), link=5, info=1, entsize=8),
        Section(PROGBITS if absurd == "symtab" else SYMTAB, table, link=1 if absurd == "link" else 6, entsize=16),
        Section(STRTAB, strings, align=1),
        Section(PROGBITS if absurd == "names" else STRTAB, b"\0.text\0.bss\0", align=1),
    ]
    headers, body = lay_out(sections, HEADER)
    at = HEADER + len(body) if shoff is None else shoff
    return ident(REL, 3, 0, 0, at, 0, 0, SHDR, len(sections), 7) + body + headers
