"""The disk of `make show`: a process whose memory the kernel's debugger shows (grade/drivers/services_ddb.c).

    python3 -m grade.show CHECK_DISK KERNEL DISK

The process stops in the debugger before it writes a page that it shares with its child, and once more when it has
done so. Lab 5's handout tells what happens in between.
"""

from __future__ import annotations

import sys
from pathlib import Path

from grade.kerneldisk import fill, settings

_TOLD = {"autoboot_delay": "-1", "console": "comconsole", "services.run": "ddb_vm"}


def main() -> None:
    """The command line; see the module."""
    check_disk, kernel, disk = map(Path, sys.argv[1:])
    disk.parent.mkdir(parents=True, exist_ok=True)
    disk.write_bytes(fill(check_disk.read_bytes(), {"kernel": kernel.read_bytes(), "settings": settings(_TOLD)}))


if __name__ == "__main__":
    main()
