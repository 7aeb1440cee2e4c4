"""The labels of a linked program, from its ELF symbol table itself.

What nm prints is text, and a label's name may hold anything, a line end and half a line of nm's among it: a student's
program could tell of labels that it has not. In the table a name is a name. [ELF]
"""

from __future__ import annotations

import struct
from pathlib import Path

IDENT = b"\x7fELF\x01\x01\x01"      # 32-bit, little-endian, version 1
SECTION = struct.Struct("<10I")     # name, type, flags, address, offset, size, link, info, alignment, entry size
SYMBOL = struct.Struct("<IIIBBH")   # name, value, size, binding and type, other, section
SHT_SYMTAB = 2
SHN_UNDEF = 0
STB_LOCAL = 0
STT_SECTION, STT_FILE = 3, 4


def read_labels(path: Path) -> dict[str, int]:
    """Each label's address. A global one wins over a local one of the same name, and of local ones the first. Raises
    ValueError for what is no ELF program with symbols, and OSError."""
    elf = path.read_bytes()
    if not elf.startswith(IDENT) or len(elf) < 52:
        raise ValueError(f"{path}: not a 32-bit little-endian ELF file")
    table, = struct.unpack_from("<I", elf, 32)
    count, = struct.unpack_from("<H", elf, 48)
    sections = list(SECTION.iter_unpack(_part(elf, table, count * SECTION.size)))
    labels: dict[str, int] = {}
    for section in sections:
        if section[1] == SHT_SYMTAB and section[6] < count:
            names = _part(elf, *sections[section[6]][4:6])
            symbols = [symbol for symbol in SYMBOL.iter_unpack(_part(elf, section[4], section[5] // 16 * 16))
                       if symbol[5] != SHN_UNDEF and symbol[3] & 0xF not in (STT_SECTION, STT_FILE)]
            symbols.sort(key=lambda symbol: symbol[3] >> 4 == STB_LOCAL)
            for symbol in symbols:
                name = names[symbol[0]:].partition(b"\0")[0].decode("latin1")
                labels.setdefault(name, symbol[1])
    if not labels:
        raise ValueError(f"{path}: it has no symbols")
    return labels


def _part(elf: bytes, offset: int, size: int) -> bytes:
    """Bytes of the file, fewer at its end: whole entries of a table that is cut."""
    part = elf[offset:offset + size]
    return part if len(part) == size else part[:len(part) // 80 * 80]
