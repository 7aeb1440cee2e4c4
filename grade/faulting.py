"""What page faults cost, in guest instructions.

The kernel with tests in it (grade/drivers/services_fault_speed.c) has ring 3 touch pages, one after the other. Bochs stops
at the instruction that touches, and where it is done: what lies between is the trap, vm_fault() and the way back. An
interrupt that comes meanwhile is counted, too: take the median.

Used by `make bench` and by the test that holds faults to their budgets.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grade.bochs import Machine
from grade.counting import come_to
from grade.elf import read_labels
from grade.switching import SERVICES_KERNEL, services_disk

ZERO_BUDGET, PREZEROED_BUDGET, COPY_BUDGET, MEGABYTE_BUDGET, FORK_BUDGET = 1_700, 700, 1_900, 1_700, 25_000

_CODE = 0x08048000              # where services_user_load() puts the programs
_MOV = 2                        # bytes of the instruction that touches
_TOUCHES, _MEGABYTE_PAGES = 24, 256


@dataclass(frozen=True)
class FaultCosts:
    """Instructions."""

    prezeroed: float            # a page that was never touched, where a zeroed one was at hand
    zero: float                 # the same, where it had to be filled: 1,024
    copy: float                 # a write to a page that a child shares: 1,024 for the copy
    megabyte: float             # map 1 MB, touch all of it, unmap it: for each page, where zeroed ones were at hand
    filled: float               # the same, where they had to be filled
    fork: int                   # vmspace_fork() of 256 pages in memory


def measure_faults(tree: Path, folder: Path, *, bochs: str) -> FaultCosts:
    """Boot what make has built in `tree`, in an empty folder."""
    disk = services_disk(tree, folder, "fault_speed")
    names = read_labels(tree / SERVICES_KERNEL)
    with Machine(folder, disks=[(disk, "")], bochs=bochs) as machine:
        def between() -> int:
            began = come_to(machine, names["speed_mark"])
            return come_to(machine, names["speed_mark"]) - began

        come_to(machine, names["speed_mark"])
        prezeroed = _touches(machine, names)
        megabyte = between() / _MEGABYTE_PAGES
        come_to(machine, names["speed_mark"])
        zero = _touches(machine, names)
        filled = between() / _MEGABYTE_PAGES
        fork = between()
        copy = _touches(machine, names)
    return FaultCosts(prezeroed, zero, copy, megabyte, filled, fork)


def _touches(machine: Machine, names: Mapping[str, int]) -> float:
    """The median of what some touches cost, from here on."""
    touch = _CODE + names["user_touch"] - names["services_user_code"]
    costs = []
    for _ in range(_TOUCHES):
        began = come_to(machine, touch)
        costs.append(come_to(machine, touch + _MOV) - began)
    return statistics.median(costs)
