"""The disk that the checks of labs 3 and 4 boot: made once, with room for what a check puts on it.

make lays out a whole disk (boot blocks, loader, file system), on which a kernel and other files are placeholders: files
of a size, whose sectors say of which file they are and where in it. A check writes what it boots over them, and needs
no tool for that.

    python3 -m grade.kerneldisk --size 256K kernel FILE      write a placeholder
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from boot.image.mkdisk import SECTOR, parse_sectors

_MARK = re.compile(rb"proc0 placeholder (\w+) (\d{6})\n")


def placeholder(name: str, sectors: int) -> bytes:
    """A file of so many sectors that `fill` finds again."""
    marks = (f"proc0 placeholder {name} {number:06}\n" for number in range(sectors))
    return b"".join(mark.encode("ascii").ljust(SECTOR, b".") for mark in marks)


def fill(image: bytes, files: Mapping[str, bytes]) -> bytes:
    """The disk with these bytes, and zeros behind them, in the place of the placeholders. Raises ValueError for a file
    that has none, or one that is too small."""
    places: dict[str, dict[int, int]] = {name: {} for name in files}
    for mark in _MARK.finditer(image):
        if mark.start() % SECTOR == 0 and (name := mark[1].decode("ascii")) in places:
            places[name][int(mark[2])] = mark.start()
    filled = bytearray(image)
    for name, content in files.items():
        if len(content) > len(places[name]) * SECTOR:
            raise ValueError(f"{name} has {len(content)} bytes; the disk has room for {len(places[name]) * SECTOR}")
        for number, at in places[name].items():
            filled[at:at + SECTOR] = content[number * SECTOR:(number + 1) * SECTOR].ljust(SECTOR, b"\0")
    return bytes(filled)


def settings(variables: Mapping[str, str]) -> bytes:
    """A loader.conf with these variables, as long as its room: what fills it up is no NUL, but empty lines."""
    text = "".join(f'{name}="{value}"\n' for name, value in variables.items())
    return text.encode("ascii").ljust(SECTOR, b"\n")


def main() -> None:
    """The command line; see the module."""
    parser = argparse.ArgumentParser(prog="python3 -m grade.kerneldisk", description="Write a placeholder.")
    parser.add_argument("--size", type=parse_sectors, required=True, help="256K, or 512s")
    parser.add_argument("name", help="of the file, a word")
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    options.file.write_bytes(placeholder(options.name, options.size))


if __name__ == "__main__":
    main()
