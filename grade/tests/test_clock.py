"""Ticks, callouts and the time in a kernel that runs, for as long as an idle one is let run: Bochs jumps over HLT.

The tests in it are grade/drivers/services_clock.c; here is what they ought to find, and what is read from outside:
how often the chips have interrupted, and how much of Bochs' own time has gone by.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from grade.bochs import Machine
from grade.tests.emulation import TREE, make, tool
from grade.tests.services import KERNEL, STEP, machine, parse, run

FREQUENCY = 1193182             # of the i8254
STATHZ = 128
TICKS_A_SECOND = 4_000_000      # of Bochs: the tree's ips


def symbols() -> dict[str, int]:
    make(KERNEL)
    listed = subprocess.run([tool("nm"), f"{TREE / KERNEL}.elf"], capture_output=True, text=True, check=True).stdout
    return {name: int(address, 16) for address, name in re.findall(r"^(\w+) \w (\w+)$", listed, re.MULTILINE)}


@dataclass(frozen=True)
class Seen:
    """What the machine has counted, and when that was."""

    tick: int
    clock: int                  # IRQ 0
    rtc: int                    # IRQ 8
    ticks: int
    cp_time: Sequence[int]


def look(pc: Machine, names: dict[str, int]) -> Seen:
    def words(name: str, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", pc.memory(names[name], 4 * count))
    counts = words("intrcnt", 16)
    return Seen(pc.stop.tick, counts[0], counts[8], words("ticks", 1)[0], words("cp_time", 5))


def agree(hz: int, minutes: int) -> None:
    """All clocks have gone by the same time, exactly."""
    names = symbols()
    with machine("minutes", kern_hz=str(hz), services_minutes=str(minutes)) as pc:
        pc.break_at(names["clock_mark"])
        assert pc.run(100 * STEP).why == "breakpoint"
        first = look(pc, names)
        assert pc.run((60 * minutes + 3) * STEP).why == "breakpoint"
        last = look(pc, names)
        pc.run(10 * STEP)
        pc.close()
        facts = parse(pc.serial.decode("latin1"))
    for seen in (first, last):
        assert seen.clock == seen.ticks and seen.rtc == sum(seen.cp_time)
    seconds = (last.tick - first.tick) / TICKS_A_SECOND
    ticks, reload = last.ticks - first.ticks, round(FREQUENCY / hz)
    assert abs(ticks - seconds * FREQUENCY / reload) <= 1, "ticks were lost, or made up"
    assert abs(ticks - 60 * minutes * FREQUENCY / reload) <= 1, "the RTC's minutes are others"
    assert abs(last.rtc - first.rtc - seconds * STATHZ) <= 1 + seconds * STATHZ / 10_000, "statclock's rate"
    [told] = [fact for fact in facts if fact.name == "minutes"]
    assert told["ticks"] == ticks
    assert abs(told["uptime"] - ticks * reload * 1_000_000 / FREQUENCY) < 1_000_000 / hz
    beats = [fact for fact in facts if fact.name == "beat"]
    assert [(beat["count"], beat["late"]) for beat in beats] == [(ticks // beat["period"], 0) for beat in beats]
    assert len({beat["period"] for beat in beats}) >= 4


@pytest.mark.parametrize("hz", [19, 100, 1000])
def test_a_minute(hz: int) -> None:
    agree(hz, 1)


@pytest.mark.long
@pytest.mark.parametrize("hz, minutes", [(19, 10), (100, 10), (1000, 10), (10000, 1)])
def test_ten_minutes(hz: int, minutes: int) -> None:
    agree(hz, minutes)
