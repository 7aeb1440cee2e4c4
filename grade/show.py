"""The disk of `make show`: a process that stops in the kernel's debugger, which shows its memory.

    python3 -m grade.show CHECK_DISK KERNEL DISK TEST

TEST is one of grade/drivers/services_ddb.c. The handouts tell what happens when it goes on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from grade.kerneldisk import fill, settings


def main() -> None:
    """The command line; see the module."""
    check_disk, kernel, disk = map(Path, sys.argv[1:4])
    told = {"autoboot_delay": "-1", "console": "comconsole", "services.run": sys.argv[4]}
    disk.parent.mkdir(parents=True, exist_ok=True)
    disk.write_bytes(fill(check_disk.read_bytes(), {"kernel": kernel.read_bytes(), "settings": settings(told)}))


if __name__ == "__main__":
    main()
