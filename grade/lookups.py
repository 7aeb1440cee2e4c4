"""What vm_map_lookup_entry() costs, in guest instructions, on the average of many.

A look-up alone says nothing: the tree is changed by each one, and after it was built in the order of addresses it is a
chain. So bursts of look-ups are counted (grade/drivers/services_lookup.c says what a burst is), from the first one on,
and what is around the calls is taken off, by the same without them.

Used by `make bench`, by the tests that hold the look-up to its budgets, and for the plot in the handbook.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grade.bochs import Machine
from grade.counting import come_to
from grade.elf import read_labels
from grade.switching import SERVICES_KERNEL, services_disk

BUDGETS: Mapping[int, int] = {16: 30, 256: 45, 4096: 70}   # entries: instructions
PEERS: Mapping[int, tuple[int, int]] = {16: (25, 29), 256: (40, 53), 4096: (65, 79)}    # a good splay, a balanced tree
GROWTH = (16, 64, 256, 1024, 4096, 16384, 65536)

_BURST = 16
_BUDGET = 2_000_000_000         # a watchdog


def bursts_for(entries: int) -> int:
    """So many that the beginning, when the tree is still a chain, does not weigh."""
    return max(1000, 4 * entries)


def measure_lookups(tree: Path, folder: Path, *, bochs: str, entries: int) -> float:
    """Boot what make has built in `tree`, in an empty folder. Returns the cost of a look-up among so many entries."""
    bursts = bursts_for(entries)
    disk = services_disk(tree, folder, "lookup", lookup_entries=str(entries), lookup_bursts=str(bursts))
    mark = read_labels(tree / SERVICES_KERNEL)["lookup_mark"]
    with Machine(folder, disks=[(disk, "")], bochs=bochs, options=["megs: 128"]) as machine:
        began, between, end = (come_to(machine, mark, _BUDGET) for _ in range(3))
    return ((between - began) - (end - between)) / (bursts * _BURST)
