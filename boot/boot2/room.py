"""Says how much room boot2 has left, or by how many bytes it is too large.

Of the 16 sectors in front of a slice's file system, boot1 takes the first and the label 276 bytes of the second. The
rest is for BTX and boot2's program, as btxld has joined them:

    boot2: 7102 of 7404 bytes (BTX 2192, program 4910), 302 left
    boot2: 7500 bytes (BTX 2590, program 4910), but there is room for 7404: 96 too many
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

SECTOR, SECTORS = 512, 16
LABEL = 276
ROOM = (SECTORS - 1) * SECTOR - LABEL
BTX_MAGIC = b"\xeb\x0eBTX"
BTX_SIZE_OFFSET = 10            # in BTX' header: bytes of BTX, a word


def count_room(boot2: bytes) -> tuple[int, str]:
    """Return how many bytes are left, below 0 if there are too many, and a line that says so. Raises ValueError for
    what BTX does not begin."""
    if not boot2.startswith(BTX_MAGIC):
        raise ValueError("it does not begin with BTX' header")
    (btx,) = struct.unpack_from("<H", boot2, BTX_SIZE_OFFSET)
    left = ROOM - len(boot2)
    parts = f"(BTX {btx}, program {len(boot2) - btx})"
    if left < 0:
        return left, f"{len(boot2)} bytes {parts}, but there is room for {ROOM}: {-left} too many"
    return left, f"{len(boot2)} of {ROOM} bytes {parts}, {left} left"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: room.py boot2.bin", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    try:
        left, line = count_room(path.read_bytes())
    except (OSError, ValueError) as error:
        print(f"{path.stem}: {error}", file=sys.stderr)
        return 1
    print(f"{path.stem}: {line}", file=sys.stderr if left < 0 else sys.stdout)
    return 0 if left >= 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
