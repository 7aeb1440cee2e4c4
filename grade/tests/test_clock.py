"""Ticks, callouts and the time in a kernel that runs, for as long as an idle one is let run: Bochs jumps over HLT.

The tests in it are grade/drivers/services_clock.c; here is what they ought to find, and what is read from outside:
how often the chips have interrupted, and how much of Bochs' own time has gone by.
"""

from __future__ import annotations

import re
import statistics
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from grade.bochs import Machine
from grade.tests.emulation import TREE, make, tool
from grade.tests.services import KERNEL, STEP, machine, parse, run

FREQUENCY = 1193182             # of the i8254
STATHZ = 128
TICKS_A_SECOND = 4_000_000      # of Bochs: the tree's ips
SLACK = 60                      # microseconds that a look takes
PAIR_BUDGET, SOFTCLOCK_BUDGET, TICK_BUDGET = 60, 100, 250   # instructions


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


def symbols() -> dict[str, int]:
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


@pytest.mark.parametrize("hz", [100, 1000, 5000])
def test_uptime_goes_with_the_ticks(hz: int) -> None:
    """It never goes back, and is less than a tick ahead of the last one, or two where ticks were kept out."""
    [seen] = [fact for fact in parse(run("uptime", kern_hz=str(hz))) if fact.name == "uptime"]
    tick = 1_000_000 / hz
    assert (seen["looks"], seen["back"]) == (4000, 0)
    assert 0.4 * tick < seen["most"] - seen["least"] < tick + SLACK
    assert tick < seen["kept_most"] - seen["least"] < tick * 5 / 3 + SLACK
    assert abs(seen["kept_least"] - seen["least"]) < 0.2 * tick


# ---------------------------------------------------------------- what it costs


def cost(pc: Machine, start: int, depth: int = 0) -> int:
    """Instructions from where a function begins to where it returns to; that stands so many words down the stack."""
    door = pc.break_at(start)
    began = pc.run(2 * STEP)
    pc.unbreak(door)
    door = pc.break_at(int.from_bytes(pc.memory(pc.registers().esp + 4 * depth, 4), "little"))
    ended = pc.run(STEP)
    pc.unbreak(door)
    assert began.why == ended.why == "breakpoint"
    return ended.tick - began.tick


def cost_of_a_tick(pc: Machine, names: dict[str, int]) -> int:
    """Of the clock's interrupt in an idle kernel. Bochs does not stop at the first instruction behind a HLT, which
    pushes a word."""
    return 1 + cost(pc, names["Xintr0"] + 2, 1)


def test_costs() -> None:
    """A callout's insertion and removal; a tick of the clock when there is nothing to do; softclock() when 10,000 wait."""
    names = symbols()
    with machine("costs", kern_hz="1000") as pc:
        mark = pc.break_at(names["callout_pair"])
        assert pc.run(100 * STEP).why == "breakpoint"
        pc.unbreak(mark)
        insert, remove = cost(pc, names["callout_reset"]), cost(pc, names["callout_stop"])
        mark = pc.break_at(names["clock_mark"])
        assert pc.run(STEP).why == "breakpoint"
        pc.unbreak(mark)
        pc.run(STEP // 2)
        idle = [cost_of_a_tick(pc, names) for _ in range(9)]
        mark = pc.break_at(names["clock_mark"])
        assert pc.run(5 * STEP).why == "breakpoint"
        pc.unbreak(mark)
        softclock = [cost(pc, names["softclock"]) for _ in range(100)]
        crowded = [cost_of_a_tick(pc, names) for _ in range(20)]
    print(f"insert {insert}, remove {remove}; idle tick {statistics.median(idle)}; 10,000 callouts: softclock "
          f"{statistics.mean(softclock):.1f}, the whole tick {statistics.mean(crowded):.0f}")
    assert insert + remove <= PAIR_BUDGET
    assert statistics.median(idle) <= TICK_BUDGET
    assert statistics.mean(softclock) <= SOFTCLOCK_BUDGET
