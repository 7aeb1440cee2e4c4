"""What a linked program says of itself: its labels, from its ELF symbol table, and the bytes that it is loaded with.

What nm prints is text, and a label's name may hold anything, a line end and half a line of nm's among it: a student's
program could tell of labels that it has not. In the table a name is a name. [ELF]
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

IDENT = b"\x7fELF\x01\x01\x01"      # 32-bit, little-endian, version 1
SECTION = struct.Struct("<10I")     # name, type, flags, address, offset, size, link, info, alignment, entry size
SEGMENT = struct.Struct("<8I")      # type, offset, address, physical, size in the file, in memory, flags, alignment
SYMBOL = struct.Struct("<IIIBBH")   # name, value, size, binding and type, other, section
PT_LOAD = 1
SHT_SYMTAB = 2
SHN_UNDEF = 0
STB_LOCAL = 0
STT_SECTION, STT_FILE = 3, 4


@dataclass(frozen=True)
class Symbol:
    """A label; `file` is the name, without a folder, of the source that a local one comes from."""

    name: str
    value: int
    local: bool
    file: str


def read_labels(path: Path) -> dict[str, int]:
    """Each label's address. A global one wins over a local one of the same name, and of local ones the first. Raises
    ValueError for what is no ELF program with symbols, and OSError."""
    labels: dict[str, int] = {}
    for symbol in sorted(read_symbols(path), key=lambda symbol: symbol.local):
        labels.setdefault(symbol.name, symbol.value)
    return labels


def read_symbols(path: Path) -> list[Symbol]:
    """All labels, in the order of the table. Raises ValueError for what is no ELF program with symbols, and OSError."""
    elf = _read(path)
    table, = struct.unpack_from("<I", elf, 32)
    count, = struct.unpack_from("<H", elf, 48)
    sections = list(SECTION.iter_unpack(_part(elf, table, count * SECTION.size)))
    found: list[Symbol] = []
    for section in sections:
        if section[1] == SHT_SYMTAB and section[6] < count:
            names = _part(elf, *sections[section[6]][4:6])
            file = ""
            for name_at, value, _, info, _, index in SYMBOL.iter_unpack(_part(elf, section[4], section[5] // 16 * 16)):
                name = names[name_at:].partition(b"\0")[0].decode("latin1")
                if info & 0xF == STT_FILE:
                    file = name
                elif index != SHN_UNDEF and info & 0xF != STT_SECTION:
                    local = info >> 4 == STB_LOCAL
                    found.append(Symbol(name, value, local, file if local else ""))
    if not found:
        raise ValueError(f"{path}: it has no symbols")
    return found


def read_memory(path: Path, address: int, size: int) -> bytes:
    """What stands at an address when the program has been loaded, as the file has it. Raises ValueError, OSError."""
    elf = _read(path)
    table, = struct.unpack_from("<I", elf, 28)
    count, = struct.unpack_from("<H", elf, 44)
    for kind, offset, start, _, there, *_ in SEGMENT.iter_unpack(_part(elf, table, count * SEGMENT.size)):
        if kind == PT_LOAD and start <= address and address + size <= start + there:
            return elf[offset + address - start:][:size]
    raise ValueError(f"{path}: the file has nothing for {address:#x}")


def _read(path: Path) -> bytes:
    elf = path.read_bytes()
    if not elf.startswith(IDENT) or len(elf) < 52:
        raise ValueError(f"{path}: not a 32-bit little-endian ELF file")
    return elf


def _part(elf: bytes, offset: int, size: int) -> bytes:
    """Bytes of the file, fewer at its end: whole entries of a table that is cut."""
    part = elf[offset:offset + size]
    return part if len(part) == size else part[:len(part) // 160 * 160]
