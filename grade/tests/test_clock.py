"""Ticks, callouts and the time in a kernel that runs, for as long as an idle one is let run: Bochs jumps over HLT.

The tests in it are grade/drivers/services_clock.c; here is what they ought to find, and what is read from outside:
how often the chips have interrupted, and how much of Bochs' own time has gone by.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from grade.bochs import Machine
from grade.elf import read_labels
from grade.switching import CHECK_DISK
from grade.tests.emulation import TREE, make, tool
from grade.tests.services import KERNEL, machine, parse, run
from grade.ticking import PAIR_BUDGET, SOFTCLOCK_BUDGET, TICK_BUDGET, measure_clock

FREQUENCY = 1193182             # of the i8254
STATHZ = 128
TICKS_A_SECOND = 4_000_000      # of Bochs: the tree's ips
SLACK = 80                      # microseconds that a look takes


@pytest.fixture(scope="module", name="no_nap")
def build_no_nap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that keeps Bochs from sleeping while its CPU does."""
    library = tmp_path_factory.mktemp("no-nap") / "no_nap.so"
    subprocess.run([tool("gcc"), "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, "grade/tests/no_nap.c",
                    "-ldl"], cwd=TREE, check=True)
    return library


@pytest.fixture(autouse=True)
def awake(no_nap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(KERNEL)
    monkeypatch.setenv("LD_PRELOAD", str(no_nap))


@dataclass(frozen=True)
class Seen:
    """What the machine has counted, and when that was."""

    tick: int
    clock: int                  # IRQ 0
    rtc: int                    # IRQ 8
    ticks: int
    cp_time: Sequence[int]


def look(pc: Machine, names: Mapping[str, int]) -> Seen:
    def words(name: str, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", pc.memory(names[name], 4 * count))
    counts = words("intrcnt", 16)
    return Seen(pc.stop.tick, counts[0], counts[8], words("ticks", 1)[0], words("cp_time", 5))


def agree(hz: int, minutes: int, *, ips: int = TICKS_A_SECOND) -> None:
    """All clocks have gone by the same time, exactly. ips: instructions that the CPU can do a second."""
    names = read_labels(TREE / KERNEL)
    cpu = f"cpu: model=pentium, count=1, ips={ips}, reset_on_triple_fault=0"
    with machine("minutes", options=[cpu], kern_hz=str(hz), services_minutes=str(minutes)) as pc:
        pc.break_at(names["clock_mark"])
        assert pc.run(100 * ips).why == "breakpoint"
        first = look(pc, names)
        assert pc.run((60 * minutes + 3) * ips).why == "breakpoint"
        last = look(pc, names)
        pc.run(10 * ips)
        pc.close()
        facts = parse(pc.serial.decode("latin1"))
    for seen in (first, last):
        assert seen.clock == seen.ticks and seen.rtc == sum(seen.cp_time)
    seconds = (last.tick - first.tick) / ips
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
@pytest.mark.parametrize("hz", [19, 100, 1000])
def test_ten_minutes(hz: int) -> None:
    agree(hz, 10)


@pytest.mark.long
def test_a_minute_at_10000_hz() -> None:
    """The tree's CPU has 400 instructions from one tick to the next: too few for more than ticks."""
    agree(10000, 1, ips=10 * TICKS_A_SECOND)


@pytest.mark.parametrize("hz", [100, 1000, 2000])
def test_uptime_goes_with_the_ticks(hz: int) -> None:
    """It never goes back, and is less than a tick ahead of the last one, or two where ticks were kept out."""
    [seen] = [fact for fact in parse(run("uptime", kern_hz=str(hz))) if fact.name == "uptime"]
    tick = 1_000_000 / hz
    assert (seen["looks"], seen["back"]) == (4000, 0)
    assert 0.4 * tick < seen["most"] - seen["least"] < tick + SLACK
    assert tick < seen["kept_most"] - seen["least"] < tick * 5 / 3 + SLACK
    assert abs(seen["kept_least"] - seen["least"]) < 0.2 * tick


def test_costs(tmp_path: Path) -> None:
    """A callout's insertion and removal; a tick of the clock when there is nothing to do; softclock() when 10,000 wait."""
    make(KERNEL, CHECK_DISK)
    costs = measure_clock(TREE, tmp_path, bochs=tool("bochs"))
    assert costs.insert + costs.remove <= PAIR_BUDGET, costs
    assert costs.tick <= TICK_BUDGET and costs.softclock <= SOFTCLOCK_BUDGET, costs
