"""Write a linked kernel's symbols as assembly, for the debugger of a kernel that no loader has given any.

The tables look as those that the loader leaves (kernel/kern/subr_symtab.c). They lie in the kernel, whose addresses they hold
and move: so make links three times. The first link, without them, says how many symbols there are; the second has them
at their place, with the wrong addresses; and from the third on everything is where it was.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

SHT_SYMTAB, SYMBOL = 2, struct.Struct("<IIIBBH")
STT_FUNC, SHN_LORESERVE = 2, 0xFF00
OURS = {b"db_builtin_symbols", b"db_builtin_symbols_end"}


def read_symbols(elf: bytes) -> list[tuple[bytes, tuple[int, ...]]]:
    """The symbols that have an address, by name: without the first link's lack of our own."""
    sections, = struct.unpack_from("<I", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 46)
    headers = [struct.unpack_from("<10I", elf, sections + size * number) for number in range(count)]
    symtab = next(header for header in headers if header[1] == SHT_SYMTAB)
    strings = headers[symtab[6]][4]
    found = []
    for at in range(symtab[4], symtab[4] + symtab[5], SYMBOL.size):
        symbol = SYMBOL.unpack_from(elf, at)
        name = elf[strings + symbol[0]:elf.index(b"\0", strings + symbol[0])]
        if name and name not in OURS and 0 < symbol[5] < SHN_LORESERVE and symbol[3] & 0xF <= STT_FUNC:
            found.append((name, symbol))
    return found


def tables(symbols: list[tuple[bytes, tuple[int, ...]]]) -> bytes:
    """What the loader would leave."""
    strings, table = bytearray(1), bytearray(SYMBOL.size)
    for name, (_, *rest) in symbols:
        table += SYMBOL.pack(len(strings), *rest)
        strings += name + b"\0"
    strings += bytes(-len(strings) % 4)
    return struct.pack("<I", len(table)) + table + struct.pack("<I", len(strings)) + strings


def assembly(data: bytes) -> str:
    """A source of data, with a name at both ends."""
    words = struct.unpack(f"<{len(data) // 4}I", data)
    lines = [", ".join(f"{word:#x}" for word in words[at:at + 8]) for at in range(0, len(words), 8)]
    body = "".join(f"\t.long\t{line}\n" for line in lines)
    return ("\t.section .rodata\n\t.balign 4\n\t.globl db_builtin_symbols, db_builtin_symbols_end\n"
            f"db_builtin_symbols:\n{body}db_builtin_symbols_end:\n")


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    target.write_text(assembly(tables(read_symbols(source.read_bytes()))), encoding="ascii")


if __name__ == "__main__":
    main()
