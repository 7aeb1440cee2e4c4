"""Turns a linked boot manager into the 512 bytes of sector 0, and says how much room its code has left.

In sector 0 the code grows towards bytes that may not move: what boot0cfg and fdisk edit, the partition table, the
signature (see boot/boot0/sector.ld). The linker would let the two overlap, or say by how much in words about
sections. So the ELF file is read here, everything in it that would have to be in memory is accounted for by name,
and code that does not fit is counted in bytes:

    boot0: 425 of 432 bytes of code, 7 left
    boot0: 451 bytes of code, but sector 0 has room for 432: 19 too many
"""

from __future__ import annotations

import argparse
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
RUN_ADDRESS = 0x600             # where sector 0 moves to, and is linked
END_ADDRESS = RUN_ADDRESS + SECTOR
SCRATCH_END = END_ADDRESS + SECTOR  # .bss may lie in the 512 bytes behind the sector
SIGNATURE = b"\x55\xaa"

# [ELF]
ELF_IDENT = b"\x7fELF\x01\x01\x01"  # 32-bit, little-endian, version 1
FILE_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
SECTION_HEADER = struct.Struct("<10I")
ET_EXEC, EM_386 = 2, 3
SHT_NOBITS = 8
SHF_ALLOC = 2


class SectorError(Exception):
    """The program is not one that sector 0 can hold. Its text says why, without the program's name."""


@dataclass(frozen=True)
class Section:
    """A section that takes memory. `data` is None for one that has no bytes in the file."""

    name: str
    address: int
    size: int
    data: bytes | None


@dataclass(frozen=True)
class Sector:
    """Sector 0, and how many bytes of code it has and could have."""

    data: bytes
    code: int
    room: int


def build_sector(elf: bytes) -> Sector:
    """Return the sector of a linked program. Raises SectorError."""
    code = config = None
    for section in read_sections(elf):
        if section.name == ".text" and section.data is not None and code is None:
            code = section
        elif section.name == ".config" and section.data is not None and config is None:
            config = section
        elif section.name == ".bss" and section.data is None:
            _check_scratch(section)
        else:
            raise SectorError(f"section {section.name} ({section.size} bytes at {section.address:X}h) has no place in "
                              "sector 0; use .text")
    if config is None:
        raise SectorError("section .config, with the partition table and the signature, is missing")
    return _join(code or Section(".text", RUN_ADDRESS, 0, b""), config)


def read_sections(elf: bytes) -> tuple[Section, ...]:
    """Return the sections of an ELF program that take memory and are not empty. Raises SectorError."""
    if len(elf) < FILE_HEADER.size or not elf.startswith(ELF_IDENT):
        raise SectorError("not a 32-bit little-endian ELF file")
    (_, kind, machine, _, _, _, table, _, _, _, _, entry_size, count, names_index) = FILE_HEADER.unpack_from(elf)
    if kind != ET_EXEC or machine != EM_386:
        raise SectorError("not a linked program for the 80386 (an object file?)")
    if entry_size != SECTION_HEADER.size or names_index >= count:
        raise SectorError("its ELF section table is damaged")
    rows = _bytes_of(elf, "section table", table, entry_size * count)
    headers = list(SECTION_HEADER.iter_unpack(rows))
    names = _bytes_of(elf, "section names", *headers[names_index][4:6])
    return tuple(_section(elf, header, names) for header in headers if header[2] & SHF_ALLOC and header[5])


def _section(elf: bytes, header: tuple[int, ...], names: bytes) -> Section:
    name_offset, kind, _, address, offset, size = header[:6]
    name = names[name_offset:].partition(b"\0")[0].decode("ascii", "replace")
    data = None if kind == SHT_NOBITS else _bytes_of(elf, f"section {name}", offset, size)
    return Section(name, address, size, data)


def _bytes_of(elf: bytes, what: str, offset: int, size: int) -> bytes:
    if offset + size > len(elf):
        raise SectorError(f"its ELF file ends before its {what} does: {offset + size} bytes needed, {len(elf)} there")
    return elf[offset:offset + size]


def _check_scratch(bss: Section) -> None:
    if bss.address < END_ADDRESS or bss.address + bss.size > SCRATCH_END:
        raise SectorError(f"section .bss ({bss.size} bytes at {bss.address:X}h) is outside {END_ADDRESS:X}h to "
                          f"{SCRATCH_END - 1:X}h")


def _join(code: Section, config: Section) -> Sector:
    room = config.address - RUN_ADDRESS
    if code.address != RUN_ADDRESS:
        raise SectorError(f"section .text is linked at {code.address:X}h, not at {RUN_ADDRESS:X}h")
    if not 0 < room < SECTOR or config.address + config.size != END_ADDRESS:
        raise SectorError(f"section .config goes from {config.address:X}h to {config.address + config.size:X}h, but "
                          f"must end at {END_ADDRESS:X}h")
    if code.size > room:
        raise SectorError(f"{code.size} bytes of code, but sector 0 has room for {room}: {code.size - room} too many")
    data = (code.data or b"").ljust(room, b"\0") + (config.data or b"")
    if not data.endswith(SIGNATURE):
        raise SectorError("section .config does not end with the signature 55h AAh")
    return Sector(data, code.size, room)


def write_whole(path: Path, data: bytes) -> None:
    """Write the file, or leave none."""
    try:
        path.write_bytes(data)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="sector.py", description="Makes sector 0 from a linked boot manager.")
    parser.add_argument("--quiet", action="store_true", help="do not say how much room is left")
    parser.add_argument("elf", type=Path, help="the linked program; its stem is its name")
    parser.add_argument("sector", type=Path, help="where its 512 bytes go")
    options = parser.parse_args(arguments)
    name = options.elf.stem
    try:
        options.sector.unlink(missing_ok=True)
        sector = build_sector(options.elf.read_bytes())
        write_whole(options.sector, sector.data)
    except SectorError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{name}: {error.filename or options.sector}: {error.strerror}", file=sys.stderr)
        return 1
    if not options.quiet:
        print(f"{name}: {sector.code} of {sector.room} bytes of code, {sector.room - sector.code} left")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
