"""`make bench`: how quick it all is.

Instructions are counted by Bochs and repeat exactly; seconds are this computer's, medians of a few runs, and worth
comparing only within one run. No test hangs on either.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from grade.bench import LOADED, Bench
from grade.build import build_view
from grade.road import (
    INIT386_BUDGET, KERNEL, ROAD_BUDGET, ROAD_KERNEL, SYSINIT_BUDGET, SYSINIT_PAGE_BUDGET, Stage, build_road,
    measure_stages, measure_sysinit)
from grade.check import CHECK
from grade.checks import btx, lab_1_mbr, lab_2_btx, lab_3_init386, lab_4_sysinit
from grade.checks.sector0 import CHOICE_BUDGET, MBR_BUDGET, MENU_BUDGET, boot, open_menu, press_until_answer
from grade.failure import HarnessFault
from grade.faulting import (
    COPY_BUDGET, FORK_BUDGET, MEGABYTE_BUDGET, PREZEROED_BUDGET, ZERO_BUDGET, measure_faults)
from grade.labs import find_labs
from grade.lookups import BUDGETS, GROWTH, PEERS, measure_lookups
from grade.models import btx as model
from grade.reading import BYTE_BUDGET, measure_read
from grade.switching import CHECK_DISK, SERVICES_KERNEL, SWITCH_BUDGET, measure_switches
from grade.ticking import PAIR_BUDGET, SOFTCLOCK_BUDGET, TICK_BUDGET, measure_clock

TREE = Path(__file__).resolve().parent.parent
RUNS = 5
READ_SECTORS = 1000


def seconds(action: Callable[[], object], runs: int = RUNS) -> tuple[float, float]:
    """The medians of wall time and of CPU time (children's and ours) of an action."""
    walls, processors = [], []
    for _ in range(runs):
        before, started = _cpu(), time.monotonic()
        action()
        walls.append(time.monotonic() - started)
        processors.append(_cpu() - before)
    return statistics.median(walls), statistics.median(processors)


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _command(*command: str) -> Callable[[], object]:
    """Run a command of the tree, quietly; a status of 2 or more is a fault."""
    def run() -> None:
        done = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=False)
        if done.returncode > 1:
            raise HarnessFault(f"{' '.join(command)}: {done.stderr.strip()}")
    return run


def _line(what: str, wall: float, cpu: float, target: str = "") -> None:
    print(f"  {what:<58} {wall:7.2f} s wall {cpu:7.2f} s CPU   {target}", flush=True)


def measure_verbs(bochs: str) -> None:
    """make with nothing to do; a lab; an edit to its verdict."""
    make = _command("make")
    make()
    _line("make, nothing to do", *seconds(make), "target 0.3 wall")
    grade = (sys.executable, "-m", "grade", "--bochs", bochs, "--seed", "1", "--lab")
    with tempfile.TemporaryDirectory() as folder:
        edited = Path(folder) / "labs" / "1-mbr"
        shutil.copytree(TREE / "labs" / "1-mbr", edited)
        results = ("--results", str(Path(folder) / "results.json"))

        def edit_and_grade() -> None:
            with open(edited / "mbr.S", "a", encoding="utf-8") as source:
                source.write("/* edited */\n")
            _command(*grade, "1", "--submission", folder, "--test", "relocate", *results)()

        _line("edit of mbr.S to the verdict on exercise 1.1", *seconds(edit_and_grade, 3))
        for lab, target in (("1", 12), ("2", 20), ("3", 20), ("4", 15)):
            whole = _command(*grade, lab, "--reference", *results)
            _line(f"lab {lab} whole, the reference", *seconds(whole, 3), f"target {target} wall")
            _line(f"lab {lab} whole, the stubs", *seconds(_command(*grade, lab, *results), 1))


def measure_boots(bochs: str) -> None:
    """A check's cost, and what sector 0 costs the guest."""
    place = TREE / "build" / "grade"
    place.mkdir(parents=True, exist_ok=True)
    run = Path(tempfile.mkdtemp(prefix="bench-", dir=place))
    try:
        programs = build_view(TREE, run, find_labs(TREE, "1 2 3 4"), submission=None, fenced=False)
        folders = (run / str(number) for number in range(1000))

        def bench(lab: int = 1) -> Bench:
            folder = next(folders)
            folder.mkdir()
            return Bench(folder, programs[lab], bochs=bochs)

        for lab, judges in ((1, (lab_1_mbr.registers, lab_1_mbr.lines, lab_1_mbr.keys)),
                            (2, (lab_2_btx.gates, lab_2_btx.flag_instructions, lab_2_btx.bios)),
                            (3, (lab_3_init386.base, lab_3_init386.task, lab_3_init386.ring_0)),
                            (4, (lab_4_sysinit.called, lab_4_sysinit.kernel_boot, lab_4_sysinit.module))):
            for judge in judges:
                check = getattr(judge, CHECK)
                case = check.draw("1")[0]
                _line(f"one boot of check `{check.name}`", *seconds(lambda: judge(bench(lab), case)), "target 0.4 CPU")
        _count_instructions(bench)
        _count_btx(bench(2))
    finally:
        shutil.rmtree(run, ignore_errors=True)


def _count_instructions(bench: Callable[[], Bench]) -> None:
    case = getattr(lab_1_mbr.registers, CHECK).draw("1")[0]
    with boot(bench(), "mbr", case.disks) as machine:
        began = machine.stop.tick
        machine.break_at(LOADED)
        _count("mbr: 0:7C00 to the slice, the BIOS' disk read included", machine.run(MBR_BUDGET).tick - began, MBR_BUDGET)
    case = getattr(lab_1_mbr.keys, CHECK).draw("1")[0]
    with boot(bench(), "boot0", case.disks) as machine:
        began = machine.stop.tick
        menu = open_menu(machine, case)
        _count("boot0: 0:7C00 to the first look at the keyboard", machine.stop.tick - began, MENU_BUDGET)
        began = machine.stop.tick
        press_until_answer(menu, case.keys[0])
        _count("boot0: a key to the slice, table written back", machine.stop.tick - began, CHOICE_BUDGET)


def _count_btx(bench: Bench) -> None:
    client = btx.Client(bench, Random(1))
    client.v86(addr=0x1A)
    calls = bench.symbol("btx", "int31"), model.CLIENT + client.done
    with btx.boot(bench, client) as machine:
        began = machine.stop.tick
        btx.run_to(machine, model.CLIENT + client.start, btx.START_BUDGET, "the client's start")
        _count("BTX: its entry to the client's first instruction", machine.stop.tick - began, btx.START_BUDGET)
        btx.run_to(machine, calls[0], btx.START_BUDGET, "a v86 call")
        began = machine.stop.tick
        btx.run_to(machine, calls[1], btx.SCRIPT_BUDGET, "the client's end")
        _count("BTX: INT 1Ah AH=0 by way of a v86 call", machine.stop.tick - began, btx.SCRIPT_BUDGET)


def measure_road(bochs: str, *, makefs: str, sfdisk: str) -> None:
    """What the stages from boot1 to a kernel of 600 KB cost the guest, and what our own kernel's start does."""
    _command("make", "all", ROAD_KERNEL)()
    stages = _stages(ROAD_KERNEL, bochs, makefs=makefs, sfdisk=sfdisk)
    for stage in stages:
        _tell(stage.name, stage.ticks)
    _tell("in all, 0:7C00 to a kernel of 600 KB", sum(stage.ticks for stage in stages), ROAD_BUDGET)
    last = _stages(KERNEL, bochs, makefs=makefs, sfdisk=sfdisk)[-1]
    _tell(last.name, last.ticks, INIT386_BUDGET)
    cost = {}
    for megabytes in (64, 256):
        with _road(KERNEL, makefs=makefs, sfdisk=sfdisk, screen=True) as (disk, folder):
            cost[megabytes] = measure_sysinit(disk, folder, kernel=TREE / KERNEL, bochs=bochs, megabytes=megabytes)
    _tell("kernel: mi_startup to the last SYSINIT, 64 MB", cost[64], SYSINIT_BUDGET)
    _tell("kernel: the same for each page more of memory", (cost[256] - cost[64]) // (192 << 8), SYSINIT_PAGE_BUDGET)


def measure_processes(bochs: str) -> None:
    """What the kernel's switch from process to process costs."""
    _command("make", SERVICES_KERNEL, CHECK_DISK)()
    with tempfile.TemporaryDirectory(prefix="switch-") as name:
        took = measure_switches(TREE, Path(name), bochs=bochs)
    _tell("kernel: from one process to another", round(statistics.median(took)), SWITCH_BUDGET)


def measure_maps(bochs: str) -> None:
    """What the kernel's maps cost to look into."""
    _command("make", SERVICES_KERNEL, CHECK_DISK)()
    for entries in GROWTH:
        with tempfile.TemporaryDirectory(prefix="lookup-") as name:
            cost = measure_lookups(TREE, Path(name), bochs=bochs, entries=entries)
        target = " (target {}; a good splay {}, balanced {})".format(BUDGETS[entries], *PEERS[entries]) \
            if entries in BUDGETS else ""
        what = f"kernel: a look-up in bursts, {entries} entries in the map"
        print(f"  {what:<58} {cost:9.1f} instructions{target}", flush=True)


def measure_ticks(bochs: str) -> None:
    """What the kernel's clock and callouts cost."""
    _command("make", SERVICES_KERNEL, CHECK_DISK)()
    with tempfile.TemporaryDirectory(prefix="clock-") as name:
        costs = measure_clock(TREE, Path(name), bochs=bochs)
    _tell("kernel: a callout is set and stopped", costs.insert + costs.remove, PAIR_BUDGET)
    _tell("kernel: a tick when there is nothing to do", costs.tick, TICK_BUDGET)
    _tell("kernel: softclock at a tick, 10,000 callouts pending", round(costs.softclock), SOFTCLOCK_BUDGET)


def measure_disk(bochs: str) -> None:
    """What the kernel does to read from a disk."""
    _command("make", SERVICES_KERNEL, CHECK_DISK)()
    with tempfile.TemporaryDirectory(prefix="read-") as name:
        cost = measure_read(TREE, Path(name), bochs=bochs, sectors=READ_SECTORS)
    what = f"kernel: {cost.sectors} sectors read, a byte, beside the PIO itself"
    print(f"  {what:<58} {cost.a_byte:9.2f} instructions (target {BYTE_BUDGET})", flush=True)


def measure_memory(bochs: str) -> None:
    """What page faults cost; in brackets the best peers, measured the same way."""
    _command("make", SERVICES_KERNEL, CHECK_DISK)()
    with tempfile.TemporaryDirectory(prefix="fault-") as name:
        costs = measure_faults(TREE, Path(name), bochs=bochs)
    _tell("fault: zeros, filled now (JOS 2,069, xv6 4,656)", round(costs.zero), ZERO_BUDGET)
    _tell("fault: zeros, filled before (uCore 364 without zeros)", round(costs.prezeroed), PREZEROED_BUDGET)
    _tell("fault: copy on write (JOS 4,429)", round(costs.copy), COPY_BUDGET)
    _tell("1 MB mapped, touched, unmapped, a page (xv6 3,700)", round(costs.megabyte), MEGABYTE_BUDGET)
    _tell("the same, without pages that were filled before", round(costs.filled))
    _tell("fork of 256 pages in memory (uCore 300,000 for 100)", costs.fork, FORK_BUDGET)


def _stages(kernel: str, bochs: str, *, makefs: str, sfdisk: str) -> Sequence[Stage]:
    with _road(kernel, makefs=makefs, sfdisk=sfdisk) as (disk, folder):
        return measure_stages(disk, folder, kernel=TREE / kernel, bochs=bochs)


@contextmanager
def _road(kernel: str, *, makefs: str, sfdisk: str, screen: bool = False) -> Iterator[tuple[Path, Path]]:
    """A disk with the road on it, and a folder for a boot of it."""
    with tempfile.TemporaryDirectory(prefix="road-") as name:
        made, machine = Path(name) / "made", Path(name) / "machine"
        made.mkdir()
        machine.mkdir()
        build_road(TREE, Path(name) / "disk.img", made, kernel=kernel, makefs=makefs, sfdisk=sfdisk, screen=screen)
        yield Path(name) / "disk.img", machine


def _tell(what: str, ticks: int, target: int = 0) -> None:
    print(f"  {what:<58} {ticks:9,} instructions" + (f" (target {target:,})" if target else ""), flush=True)


def _count(what: str, ticks: int, budget: int) -> None:
    print(f"  {what:<58} {ticks:9,} instructions (a check allows {budget:,})", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 2 when something that is measured does not work."""
    parser = argparse.ArgumentParser(prog="python3 -m grade.speed", description="Measure builds, gradings and boots.")
    parser.add_argument("--bochs", default="bochs", help="the emulator (default: %(default)s)")
    for name in ("makefs", "sfdisk"):
        parser.add_argument(f"--{name}", default=name, help="a tool (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        measure_verbs(options.bochs)
        measure_boots(options.bochs)
        measure_road(options.bochs, makefs=options.makefs, sfdisk=options.sfdisk)
        measure_processes(options.bochs)
        measure_maps(options.bochs)
        measure_ticks(options.bochs)
        measure_disk(options.bochs)
        measure_memory(options.bochs)
    except HarnessFault as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
