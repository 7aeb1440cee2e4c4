"""What a guest does between two places, in instructions.

Bochs counts ticks: an instruction is one, and an HLT takes as many as it lasts. So the time that the kernel idles is
left out, from the HLT in its cpu_idle() to the interrupt that ends it.
"""

from __future__ import annotations

from pathlib import Path

from grade.bochs import Machine
from grade.elf import read_labels, read_memory
from grade.failure import HarnessFault

BUDGET = 100_000_000            # to any place; ten million are a second
STI_HLT = b"\xfb\xf4"
_KERNBASE = 0xC0000000


def come_to(machine: Machine, address: int, budget: int = BUDGET) -> int:
    """Run until the instruction at `address` is next. Returns the tick."""
    door = machine.break_at(address)
    stop = machine.run(budget)
    if stop.why != "breakpoint":
        raise HarnessFault(f"{address:#x} is not reached in {budget:,} instructions: {stop.line or stop.why}\n"
                           + machine.serial.decode("ascii", "replace"))
    machine.unbreak(door)
    return stop.tick


def work_to(machine: Machine, kernel: Path, address: int, budget: int = BUDGET) -> tuple[int, int]:
    """Run until the instruction at `address` of this kernel is next. Returns how many instructions the kernel has run,
    idling left out, and how often it has idled."""
    labels = read_labels(kernel)
    idle = labels["cpu_idle"]
    halt = idle + read_memory(kernel, idle, 64).index(STI_HLT) + 1
    began, halted, times = machine.stop.tick, 0, 0
    goal, door = machine.break_at(address), machine.break_at(halt)
    while (stop := machine.run(budget)).why == "breakpoint" and stop.address == halt - _KERNBASE:
        machine.unbreak(door)
        # Where exception.S leads all interrupts: Bochs does not stop at the first instruction behind an HLT.
        halted += come_to(machine, labels["interrupt"], budget) - stop.tick
        times += 1
        door = machine.break_at(halt)
    if stop.why != "breakpoint":
        raise HarnessFault(f"{address:#x} is not reached: {stop.line or stop.why}\n"
                           + machine.serial.decode("ascii", "replace"))
    machine.unbreak(goal)
    machine.unbreak(door)
    return stop.tick - began - halted, times
