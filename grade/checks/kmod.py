"""A module of the kernel's, written byte by byte: a relocatable object with a set of SYSINITs and nothing else.

What is drawn for a check is in no source that could be compiled beforehand, and a check needs no compiler: an ELF file
is a few tables ([ELF]), and the kernel's linker must take one from whatever tool.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from grade.elf import IDENT, SECTION, SHT_SYMTAB, SYMBOL
from grade.models.sysinit import Entry

_EHDR = struct.Struct("<16sHHIIIIIHHHHHH")
_REL = struct.Struct("<II")
ET_REL, EM_386, R_386_32 = 1, 3, 1
SHT_PROGBITS, SHT_STRTAB, SHT_REL = 1, 3, 9
SHF_WRITE, SHF_ALLOC = 1, 2
STB_GLOBAL, STT_SECTION = 1, 3
_ENTRY = struct.Struct("<5I")
_FUNC = 8                       # its offset


@dataclass(frozen=True)
class Part:
    """An entry of the module: its function stands so far behind a symbol of the kernel's."""

    entry: Entry
    function: int
    udata: int


def module(parts: Sequence[Part], order: Sequence[int], symbol: str) -> bytes:
    """An object whose .data is these entries, and whose set_sysinit_set points at them in this order. symbol: the
    kernel's, behind which all functions stand."""
    data = b"".join(_ENTRY.pack(part.entry.subsystem, part.entry.order, part.function, part.udata, 0) for part in parts)
    pointers = b"".join(struct.pack("<I", _ENTRY.size * number) for number in order)
    relocations = b"".join(_REL.pack(_ENTRY.size * number + _FUNC, 2 << 8 | R_386_32)
                           for number, part in enumerate(parts) if part.entry.runs)
    of_set = b"".join(_REL.pack(4 * number, 1 << 8 | R_386_32) for number in range(len(order)))
    strings = b"\0" + symbol.encode("ascii") + b"\0"
    symbols = b"".join(SYMBOL.pack(name, 0, 0, kind, 0, section) for name, kind, section in (
        (0, 0, 0), (0, STT_SECTION, 1), (1, STB_GLOBAL << 4, 0)))
    return _object([
        (".data", SHT_PROGBITS, SHF_WRITE | SHF_ALLOC, data, 0, 0, 4, 0),
        ("set_sysinit_set", SHT_PROGBITS, SHF_ALLOC, pointers, 0, 0, 4, 0),
        (".rel.data", SHT_REL, 0, relocations, 5, 1, 4, _REL.size),
        (".relset_sysinit_set", SHT_REL, 0, of_set, 5, 2, 4, _REL.size),
        (".symtab", SHT_SYMTAB, 0, symbols, 6, 2, 4, SYMBOL.size),
        (".strtab", SHT_STRTAB, 0, strings, 0, 0, 1, 0)])


def _object(sections: Sequence[tuple[str, int, int, bytes, int, int, int, int]]) -> bytes:
    """An object of sections: name, type, flags, content, link, info, alignment, an entry's size. The names' own comes
    last."""
    names = b"\0" + b"".join(section[0].encode("ascii") + b"\0" for section in sections) + b".shstrtab\0"
    content, headers, name = bytearray(_EHDR.size), [SECTION.pack(*[0] * 10)], 1
    own = (".shstrtab", SHT_STRTAB, 0, names, 0, 0, 1, 0)
    for text, type, flags, inside, link, info, align, size in (*sections, own):
        content += bytes(-len(content) % 4)
        headers.append(SECTION.pack(name, type, flags, 0, len(content), len(inside), link, info, align, size))
        content, name = content + inside, name + len(text) + 1
    content += bytes(-len(content) % 4)
    content[:_EHDR.size] = _EHDR.pack(IDENT.ljust(16, b"\0"), ET_REL, EM_386, 1, 0, 0, len(content), 0, _EHDR.size,
                                      0, 0, SECTION.size, len(headers), len(headers) - 1)
    return bytes(content) + b"".join(headers)
