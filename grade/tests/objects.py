"""Relocatable objects: compiled from a text, laid out in memory as the loader does it, and changed in one place."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from random import Random

from grade.tests.emulation import TREE, tool

PAGE = 4096
KERNBASE = 0xC0000000
SHDR, SYM, REL = struct.Struct("<10I"), struct.Struct("<IIIBBH"), struct.Struct("<II")
NAME, TYPE, FLAGS, ADDR, OFFSET, SIZE, LINK, INFO, ALIGN, ENTSIZE = range(10)
PROGBITS, SYMTAB, STRTAB, RELA, NOBITS, REL_SECTION, UNWIND = 1, 2, 3, 4, 8, 9, 0x70000001
ALLOC, MERGE = 2, 0x30
UNDEF, ABS, COMMON = 0, 0xFFF1, 0xFFF2
# As GNUmakefile compiles the kernel and its modules.
FLAGS_C = ("-m32", "-std=gnu11", "-O2", "-march=i586", "-mno-mmx", "-mno-sse", "-ffreestanding", "-fno-pic",
           "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-fno-omit-frame-pointer",
           "-Wall", "-Wextra", "-Iboot", "-Ikernel")


def compile_object(folder: Path, name: str, source: str, *flags: str) -> bytes:
    """An object of a C program, or with `-xassembler` among the flags of an assembler's."""
    text, target = folder / f"{name}.c", folder / f"{name}.o"
    text.write_text(source, encoding="ascii")
    subprocess.run([tool("gcc"), *FLAGS_C, *flags, "-c", "-o", target, text], cwd=TREE, check=True)
    return target.read_bytes()


@dataclass(frozen=True)
class Object:
    """A view of an object's tables."""

    data: bytes

    @property
    def table(self) -> int:
        """Where the section headers begin."""
        return int(struct.unpack_from("<I", self.data, 32)[0])

    @property
    def count(self) -> int:
        return int(struct.unpack_from("<H", self.data, 48)[0])

    def sections(self) -> list[list[int]]:
        return [list(SHDR.unpack_from(self.data, self.table + SHDR.size * number)) for number in range(self.count)]

    def string(self, section: list[int], at: int) -> str:
        start = section[OFFSET] + at
        return self.data[start:self.data.index(b"\0", start)].decode("latin1")

    def names(self) -> list[str]:
        """The sections' names."""
        sections = self.sections()
        return [self.string(sections[struct.unpack_from("<H", self.data, 50)[0]], one[NAME]) for one in sections]

    def symbols(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names, and what else is in the table: name, value, size, binding and type, other, section."""
        sections = self.sections()
        table = next(one for one in sections if one[TYPE] == SYMTAB)
        part = self.data[table[OFFSET]:table[OFFSET] + table[SIZE]]
        return [(self.string(sections[table[LINK]], symbol[0]), symbol) for symbol in SYM.iter_unpack(part)]


def record(kind: int, data: bytes) -> bytes:
    """One of the loader's records."""
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 4)


def lay_out(data: bytes, start: int) -> tuple[list[list[int]], bytes] | None:
    """What the loader makes of an object at a physical address: the headers with addresses, and the memory. None: it
    refuses."""
    if len(data) < 52 or data[:7] != b"\x7fELF\1\1\1" or struct.unpack_from("<HH", data, 16) != (1, 3):
        return None
    view = Object(data)
    names = struct.unpack_from("<H", data, 50)[0]
    entsize, = struct.unpack_from("<H", data, 46)
    if entsize != SHDR.size or not view.count or view.table % 4 or view.table + view.count * SHDR.size > len(data):
        return None
    sections = view.sections()
    for one in sections:
        one[ADDR] = 0
    tables = [one for one in sections if one[TYPE] == SYMTAB]
    if len(tables) != 1 or not all(0 < index < len(sections) and sections[index][TYPE] == STRTAB
                                   for index in (tables[0][LINK], names)):
        return None
    program = [one for one in sections if one[SIZE] and one[TYPE] in (PROGBITS, NOBITS, UNWIND)]
    strings = [sections[index] for index in dict.fromkeys((tables[0][LINK], names))]
    memory = bytearray()
    for one in (*program, *tables, *strings, *(one for one in sections if one[TYPE] in (REL_SECTION, RELA))):
        align = max(one[ALIGN], 1)
        inside = one[TYPE] == NOBITS or one[OFFSET] + one[SIZE] <= len(data)
        if align & (align - 1) or align > PAGE or not inside or one[SIZE] > 1 << 24:
            return None
        memory += bytes(-len(memory) % align)
        one[ADDR] = start + len(memory)
        memory += bytes(one[SIZE]) if one[TYPE] == NOBITS else data[one[OFFSET]:one[OFFSET] + one[SIZE]]
    return sections, bytes(memory)


def records(name: str, data: bytes, address: int, size: int, sections: list[list[int]]) -> bytes:
    """What the loader tells of it."""
    table = b"".join(SHDR.pack(*one) for one in sections)
    return b"".join([record(1, name.encode() + b"\0"), record(2, b"elf obj module\0"),
                     record(3, struct.pack("<I", address)), record(4, struct.pack("<I", size)),
                     record(0x8009, table), record(0x8002, data[:52]), bytes(8)])


# ---------------------------------------------------------------- damage


def change(data: bytes, random: Random) -> bytes:
    """An object with something wrong in one to three fields of its tables."""
    view, changed = Object(data), bytearray(data)
    fields = [(at, size) for at, size in ((16, 2), (18, 2), (32, 4), (46, 2), (48, 2), (50, 2))]
    for number, section in enumerate(view.sections()):
        header = view.table + SHDR.size * number
        groups = [[(header + 4 * word, 4) for word in range(10)]]
        entry = {SYMTAB: SYM, REL_SECTION: REL}.get(section[TYPE])
        if entry is not None:
            widths = [(0, 4), (4, 4), (8, 4), (12, 1), (14, 2)] if entry is SYM else [(0, 4), (4, 4), (4, 1), (5, 1)]
            groups += [[(section[OFFSET] + at + offset, size) for offset, size in widths]
                       for at in range(0, section[SIZE], entry.size)]
        elif section[TYPE] == STRTAB:
            groups.append([(section[OFFSET] + at, 1) for at in range(section[SIZE])])
        fields += [field for group in groups for field in group]
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        at, size = random.choice(fields)
        old, bits = int.from_bytes(changed[at:at + size], "little"), 8 * size
        new = random.choice([0, 1, -1, old + 1, old - 1, old ^ 1 << random.randrange(bits), 1 << random.randrange(bits),
                             1 << bits - 1, random.getrandbits(bits), random.getrandbits(8), old + 4, old * 2, 0xFFF1,
                             0xFFF2, 0xFF00, -4])
        changed[at:at + size] = (new % (1 << bits)).to_bytes(size, "little")
    return bytes(changed)
