"""What the kernel's clock and its callouts cost, in guest instructions.

The kernel with tests in it (grade/drivers/services_clock.c) sets a callout and stops it; then it idles; then it idles
with 10,000 callouts that are not due for long. Bochs stops where a function begins, and where it returns to. What lies
between two ticks of an idle kernel is HLT, and not counted.

Used by `make bench` and by the test that holds the clock to its budgets.
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

PAIR_BUDGET, TICK_BUDGET, SOFTCLOCK_BUDGET = 60, 260, 100

_IDLE_TICKS, _CROWDED_TICKS = 9, 100


@dataclass(frozen=True)
class ClockCosts:
    """Instructions."""

    insert: int                 # callout_reset() of one that is not pending
    remove: int                 # callout_stop() of one that is
    tick: int                   # the clock's interrupt, all of it, when there is nothing to do
    softclock: float            # softclock() at a tick, with 10,000 callouts in the wheel


def measure_clock(tree: Path, folder: Path, *, bochs: str) -> ClockCosts:
    """Boot what make has built in `tree`, in an empty folder."""
    disk = services_disk(tree, folder, "costs", kern_hz="1000")
    names = read_labels(tree / SERVICES_KERNEL)
    with Machine(folder, disks=[(disk, "")], bochs=bochs) as machine:
        come_to(machine, names["callout_pair"])
        insert, remove = _cost(machine, names["callout_reset"]), _cost(machine, names["callout_stop"])
        come_to(machine, names["clock_mark"])
        tick = statistics.median(_tick(machine, names) for _ in range(_IDLE_TICKS))
        come_to(machine, names["clock_mark"])
        softclock = statistics.mean(_cost(machine, names["softclock"]) for _ in range(_CROWDED_TICKS))
    return ClockCosts(insert, remove, tick, softclock)


def _cost(machine: Machine, start: int, depth: int = 0) -> int:
    """From here to where it returns to; that stands so many words down the stack."""
    began = come_to(machine, start)
    back = machine.memory(machine.registers().esp + 4 * depth, 4)
    return come_to(machine, int.from_bytes(back, "little")) - began


def _tick(machine: Machine, names: Mapping[str, int]) -> int:
    """The clock's interrupt out of HLT. Bochs does not stop at the first instruction behind that, which pushes a word."""
    return 1 + _cost(machine, names["Xintr0"] + 2, 1)
