"""Processes of the kernel: who runs, who sleeps, what is left of one that has ended, what a switch costs.

The tests run as processes (grade/drivers/services_sched.c), several in one boot; here is what they ought to find.
"""

from __future__ import annotations

import re
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from grade.elf import read_labels
from grade.switching import CHECK_DISK, SERVICES_KERNEL, SWITCH_BUDGET, measure_switches
from grade.tests.emulation import TREE, make, tool
from grade.tests.services import KERNEL, STEP, Fact, machine, parse, run
from grade.tests.test_ddb import booted

EAGAIN, ENOMEM = 35, 12
EWOULDBLOCK = EAGAIN
SLEEPERS, ROUNDS, LIVES = 24, 1000, 200
RQ_PPQ = 4
PUSER, PRIO_MIN, FSCALE = 160, -20, 2048
SPIN_SECONDS = 40


@pytest.fixture(scope="module", name="facts")
def boot() -> list[Fact]:
    """One boot of all that ends well."""
    serial = run("pingpong order one timeouts woken lost turns lives stopped limits returning cpu")
    assert "panic" not in serial and "Fatal" not in serial, serial
    return parse(serial) + [Fact("serial", {"text": serial})]


def named(facts: Sequence[Fact], name: str) -> list[Fact]:
    found = [fact for fact in facts if fact.name == name]
    assert found, f"{name} has not come to its end"
    return found


def test_pingpong(facts: list[Fact]) -> None:
    [game] = named(facts, "pingpong")
    assert game.values["hits"] == f"{ROUNDS},{ROUNDS}"


def test_wakeup_runs_the_best_first_and_equals_in_order(facts: list[Fact]) -> None:
    """Equals: whose priorities share a run queue."""
    woken = named(facts, "order")
    assert len({one["pri"] // RQ_PPQ for one in woken}) < len(woken), "no equals were drawn"
    model = sorted(sorted(woken, key=lambda one: one["n"]), key=lambda one: one["pri"] // RQ_PPQ)
    assert [one["n"] for one in woken] == [one["n"] for one in model]
    assert all(one["error"] == 0 for one in woken)


def test_wakeup_one_wakes_who_slept_first(facts: list[Fact]) -> None:
    assert [one["n"] for one in named(facts, "one")] == list(range(SLEEPERS))


def test_time_outs_to_the_tick(facts: list[Fact]) -> None:
    ended = named(facts, "timeouts")
    assert len(ended) == SLEEPERS and len({one["timo"] for one in ended}) > SLEEPERS // 3
    for one in ended:
        assert (one["slept"], one["error"]) == (one["timo"], EWOULDBLOCK)


def test_who_is_woken_in_time(facts: list[Fact]) -> None:
    """A wakeup that comes first wins, and nothing of the time-out is left."""
    for one in named(facts, "woken"):
        assert one["error"] == 0 and one["slept"] <= one["timo"]
    [later] = named(facts, "later")
    assert (later["slept"], later["error"]) == (70, EWOULDBLOCK)


def test_no_wakeup_is_lost(facts: list[Fact]) -> None:
    """Nor late: one that is missed would be made up for by the next tick, 40,000 cycles later at the tree's ips."""
    [lost] = named(facts, "lost")
    assert lost["made"] == ROUNDS
    assert ROUNDS // 10 < lost["slept"] < ROUNDS, "asleep for some, at work for others"
    assert lost["longest"] < 10_000
    assert lost["wrong"] == 0, "the level at which one sleeps is set again"


def test_equals_take_turns_of_100_ms(facts: list[Fact]) -> None:
    """Besides, each second the one that runs makes way for schedcpu, and the next one has its turn early."""
    turns = named(facts, "turn")
    assert [turn["who"] for turn in turns] == [number % 3 for number in range(len(turns))]
    began = [turn["at"] for turn in turns]
    [phase] = statistics.multimode(at % 10 for at in began)
    assert {at for at in range(began[0], began[-1]) if at % 10 == phase} <= set(began)
    assert sum(at % 10 != phase for at in began[1:]) <= 2


def test_nothing_is_left_of_the_dead(facts: list[Fact]) -> None:
    """200 processes, created and ended, have given all of their pages back, their stacks' too."""
    [lives] = named(facts, "lives")
    assert (lives["lived"], lives["pages"]) == (sum(range(LIVES)), 0)


def test_stopped_until_told(facts: list[Fact]) -> None:
    names = [fact.name for fact in facts]
    [stopped] = named(facts, "stopped")
    assert stopped["pfind"] == 1
    assert names.index("stopped") < names.index("never") and names.count("never") == 1


def test_too_many_and_too_large(facts: list[Fact]) -> None:
    for large in named(facts, "large"):
        assert (large["error"], large["pages"], large["procs"]) == (ENOMEM, 0, 0)
    [many] = named(facts, "many")
    assert many["error"] == EAGAIN and many["count"] == many["max"] > 100


def test_one_that_returns(facts: list[Fact]) -> None:
    [serial] = named(facts, "serial")
    assert re.search(r'Kernel thread "returns" \(pid \d+\) exited prematurely\.', str(serial.values["text"]))
    assert named(facts, "returning")


def test_what_a_switch_does_for_the_machine(facts: list[Fact]) -> None:
    """Each enters the kernel on its own stack; one has an address space and debug registers of its own, which the other
    does not see at work, though it has written to one of them."""
    cpus = named(facts, "cpu")
    assert [one.values["who"] for one in cpus] == ["special", "plain"] * 2
    for one in cpus:
        mine = int(one.values["who"] == "special")
        assert (one["esp0"], one["cr3"], one["own"], one["dr7"]) == (1, 1, mine, mine)
        assert not mine or one["dr0"] == 1


def test_what_a_switch_keeps() -> None:
    """The registers that C expects to find again. Those that happen to be free get a value of their own before."""
    kept = ("ebx", "esi", "edi", "ebp", "esp")
    names = read_labels(TREE / KERNEL)
    before, after = [], []
    with machine("pingpong") as pc:
        door = pc.break_at(names["player"])
        assert [pc.run(3 * STEP).why, pc.run(STEP).why] == ["breakpoint"] * 2
        pc.unbreak(door)
        door = pc.break_at(names["cpu_switch"])
        for number in range(2):                         # one goes to sleep, and then the other
            assert pc.run(STEP).why == "breakpoint"
            pc.set_register("edi", 0x5EED0000 + number)
            registers = pc.registers()
            before.append([getattr(registers, name) for name in kept])
        back = pc.break_at(int.from_bytes(pc.memory(registers.esp, 4), "little"))
        pc.unbreak(door)
        for _ in range(2):
            assert pc.run(STEP).why == "breakpoint"
            registers = pc.registers()
            after.append([getattr(registers, name) for name in kept])
        pc.unbreak(back)
    returned = [[*row[:-1], row[-1] + 4] for row in before]
    assert after == returned


def load_model(running: int, samples: int, decay: int) -> int:
    """averunnable: first one sample of process 0 alone, at the start."""
    load = (FSCALE - decay) * FSCALE // FSCALE
    for _ in range(samples):
        load = (decay * load + (FSCALE - decay) * running * FSCALE) // FSCALE
    return load


@pytest.mark.long
def test_nice_and_the_load() -> None:
    """Four that never sleep: shares by nice, equals with equal ones; the load climbs towards 4."""
    facts = parse(run("share"))
    spinners = named(facts, "spinner")
    turns = [one["turns"] for one in spinners]
    assert [one["nice"] for one in spinners] == [-5, 0, 0, 5]
    assert turns[0] > 1.2 * turns[1] and turns[2] > 1.2 * turns[3] > 0
    assert abs(turns[1] - turns[2]) < 0.1 * turns[1]
    for one in spinners:
        assert one["user"] == PUSER + one["estcpu"] // 8 + one["nice"] - PRIO_MIN
    assert 0.78 * FSCALE < sum(one["cpu"] for one in spinners) < 0.86 * FSCALE, "1 - exp(-40/20), and what is cut off"
    [load] = named(facts, "load")
    samples = SPIN_SECONDS // 5 - 1
    for minutes, decay in (("1", 1884), ("5", 2014), ("15", 2036)):
        assert load[minutes] == load_model(4, samples, decay)


def test_a_stack_that_overflows() -> None:
    """The page below it maps nothing: nobody else's memory is written, and the CPU says so."""
    with machine("overflow") as pc:
        while b"Fatal double fault" not in pc.serial and not pc.stop.over:
            pc.run(STEP)
        pc.run(STEP)
        pc.close()
        serial = pc.serial.decode("latin1")
    found = re.search(r"Fatal double fault:?\s+eip = (0x\w+)\s+esp = (0x\w+)", serial)
    assert found, serial
    assert int(found[2], 16) & 0xFFF > 0xC00, "ESP is near the top of the page below"
    assert "panic: double fault" in serial


def test_what_a_switch_costs(tmp_path: Path) -> None:
    make(SERVICES_KERNEL, CHECK_DISK)
    took = measure_switches(TREE, tmp_path, bochs=tool("bochs"))
    assert statistics.median(took) <= SWITCH_BUDGET, took


def test_the_cpu_halts_with_no_instruction_between() -> None:
    """STI holds interrupts off for one instruction more, and that is HLT: none can slip in between."""
    make(KERNEL)
    code = subprocess.run([tool("objdump"), "-d", "--no-show-raw-insn", f"{TREE / KERNEL}.elf"], capture_output=True,
                          text=True, check=True).stdout
    [idle] = re.findall(r"<cpu_idle>:\n((?:.+\n)+)", code)
    steps = re.findall(r":\t(\w+)", idle)
    at = steps.index("hlt")
    assert steps[at - 1] == "sti" and steps.count("hlt") == 1
    assert steps.index("cli") < steps.index("call") < at


def test_the_debugger_shows_them(tmp_path: Path) -> None:
    """ps, how they are scheduled, and where one stands that does not run."""
    make("build/ref/kernel/kernel")
    kernel = (TREE / "build/ref/kernel/kernel").read_bytes()
    with booted(tmp_path, kernel) as ddb:
        assert "swapper" not in ddb("ps"), "nobody is there yet"
        ddb("break cncheckc,5")
        ddb("c")
        rows = [line.split() for line in ddb("ps").splitlines()[1:]]
        shown = {row[-1]: row for row in rows}
        pids = {name: row[0] for name, row in shown.items()}
        assert set(pids) == {"[swapper]", "[idle]", "[waitkey]", "[schedcpu]", "[pagedaemon]", "[pagezero]"}
        assert pids["[swapper]"] == "0" and all(row[1] == "0" for row in rows), "the parent is process 0"
        assert shown["[swapper]"][2:4] == ["DL", "sched"] and shown["[schedcpu]"][2:4] == ["DL", "-"]
        assert shown["[waitkey]"][2:5] == ["RL", "CPU", "0"] and shown["[idle]"][2] == "RL"
        assert re.search(r"^ +0 0xc\w+ 0xc\w+ +68 .* swapper$", ddb("show threads"), re.MULTILINE)
        callers = {name: re.findall(r"^(\w+)\(", ddb(f"trace {pid}"), re.MULTILINE) for name, pid in pids.items()}
        assert callers["[idle]"] == ["sched_switch", "idle_proc", "kthread_main"]
        assert callers["[schedcpu]"] == ["sched_switch", "tsleep", "schedcpu", "kthread_main"]
        assert callers["[swapper]"] == ["sched_switch", "tsleep", "scheduler", "sysinit_run", "mi_startup"]
        assert callers["[waitkey]"] == ["cncheckc", "wait_for_key", "kthread_main"], "the one that runs"
        for nobody in ("1", "77", "99999", "0a"):
            assert ddb(f"trace {nobody}") == "No such process"
