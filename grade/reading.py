"""What the kernel does to read from a disk, in guest instructions, beside those that move the data.

The kernel with tests in it (grade/drivers/services_disk.c) reads many sectors at once. What is counted begins where the
disk's driver is given the transfer, and ends where it ends. REP INSW, which takes the data from the disk's port, counts
once for each word, and is left out; so is the time that the kernel idles.

Used by `make bench` and by the test that holds reading to its budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grade.bochs import Machine
from grade.counting import come_to, work_to
from grade.elf import read_labels
from grade.switching import SERVICES_KERNEL, services_disk

BYTE_BUDGET = 1.3               # instructions a byte
SECTOR = 512


@dataclass(frozen=True)
class ReadCost:
    """A read of many sectors. interrupts: how often the CPU was halted meanwhile."""

    sectors: int
    instructions: int
    interrupts: int

    @property
    def a_byte(self) -> float:
        return self.instructions / (self.sectors * SECTOR)


def measure_read(tree: Path, folder: Path, *, bochs: str, sectors: int) -> ReadCost:
    """Boot what make has built in `tree`, in an empty folder, and have it read from its own disk."""
    kernel = tree / SERVICES_KERNEL
    disk = services_disk(tree, folder, "disk_sequential", disk_name="ad0", disk_count=str(sectors))
    names = read_labels(kernel)
    with Machine(folder, disks=[(disk, "")], bochs=bochs) as machine:
        come_to(machine, names["service_disk_sequential"])
        come_to(machine, names["ad_strategy"])
        work, interrupts = work_to(machine, kernel, names["biofinish"])
    return ReadCost(sectors, work - sectors * SECTOR // 2, interrupts)
