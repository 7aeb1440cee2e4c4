"""What a switch from one process of the kernel to another costs, in guest instructions.

The kernel with tests in it (grade/drivers/services.c) has two processes wake each other by turns. Bochs stops where
one's tsleep() calls mi_switch(), and where that returns in the other's: what lies between is mi_switch(), the choice
and cpu_switch(). An interrupt that comes meanwhile is counted, too: take the median.

Used by `make bench` and by the test that holds the switch to its budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grade.bochs import Machine
from grade.counting import come_to
from grade.elf import read_labels
from grade.kerneldisk import fill, settings

SERVICES_KERNEL = "build/ref/kernel/kernel-services"
CHECK_DISK = "build/ref/grade/drivers/disk.img"
SWITCH_BUDGET = 120

_SWITCHES = 7


def measure_switches(tree: Path, folder: Path, *, bochs: str) -> Sequence[int]:
    """Boot what make has built in `tree`, in an empty folder. Returns what some switches took."""
    disk = services_disk(tree, folder, "pingpong")
    names = read_labels(tree / SERVICES_KERNEL)
    took = []
    with Machine(folder, disks=[(disk, "")], bochs=bochs) as machine:
        for _ in range(2):                              # both have begun
            come_to(machine, names["player"])
        for _ in range(_SWITCHES):
            began = come_to(machine, names["mi_switch"])
            back = int.from_bytes(machine.memory(machine.registers().esp, 4), "little")
            took.append(come_to(machine, back) - began)
    return took


def services_disk(tree: Path, folder: Path, test: str, **variables: str) -> Path:
    """A disk that boots the kernel for this test; the loader sets these variables too (`kern_hz` is kern.hz)."""
    told = {"autoboot_delay": "-1", "console": "comconsole", "services.run": test}
    told |= {name.replace("_", "."): value for name, value in variables.items()}
    disk = folder / "disk.img"
    disk.write_bytes(fill((tree / CHECK_DISK).read_bytes(),
                          {"kernel": (tree / SERVICES_KERNEL).read_bytes(), "settings": settings(told)}))
    return disk
