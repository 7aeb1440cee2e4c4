"""The scheduler on this computer: run queues, sleep queues, priorities and the numbers of processes, under the
sanitizers, against models that keep lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from grade.tests.hostprogram import build, run

THREADS, CHANNELS = 16, 8
IDLE = THREADS                  # the idle thread's number
INACTIVE, INHIBITED, CAN_RUN, RUNQ, RUNNING = range(5)
PVM, PUSER, PRI_MAX_TIMESHARE, PRIO_MIN, PRIO_MAX = 68, 160, 223, -20, 20
FSCALE, CCPU, STATHZ = 2048, 1948, 128
ESTCPU_MAX = 8 * (40 - 4) + 7
DECAYS = (1884, 2014, 2036)
PID_MAX, PID_RESTART, MAXPROC, EAGAIN = 99999, 100, 1000, 35


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that sched_host.c describes, with the sanitizers where the compiler has them."""
    return build(tmp_path_factory.mktemp("sched-host") / "sched_host", ["grade/tests/sched_host.c"],
                 renamed=["malloc", "free"])


def answers(host: Path, commands: Sequence[tuple[str, int, int]]) -> list[str]:
    """A line for each command that prints one."""
    return run(host, lines="".join(f"{what} {a} {b}\n" for what, a, b in commands)).splitlines()


# ---------------------------------------------------------------- the scheduler


@dataclass
class Thread:
    state: int = INACTIVE
    pri: int = PVM
    user: int = PUSER
    estcpu: int = 0
    slptime: int = 0
    pctcpu: int = 0
    cpticks: int = 0
    nivcsw: int = 0
    nice: int = 0
    resched: bool = False


@dataclass
class Model:
    """Queues as lists of numbers."""

    threads: list[Thread] = field(default_factory=lambda: [Thread() for _ in range(THREADS)] + [Thread(CAN_RUN, 255)])
    queues: list[list[int]] = field(default_factory=lambda: [[] for _ in range(64)])
    asleep: list[list[int]] = field(default_factory=lambda: [[] for _ in range(CHANNELS)])
    load: int = 1
    averages: list[int] = field(default_factory=lambda: [0, 0, 0])
    current: int = 0

    def __post_init__(self) -> None:
        self.threads[0].state = RUNNING

    def enqueue(self, n: int) -> None:
        self.threads[n].state = RUNQ
        self.queues[self.threads[n].pri // 4].append(n)
        running = self.threads[self.current]
        running.resched |= self.threads[n].pri // 4 < running.pri // 4

    def start(self, n: int, _: int) -> None:
        self.load += 1
        self.enqueue(n)

    def rem(self, n: int, _: int) -> None:
        self.load -= 1
        next(queue for queue in self.queues if n in queue).remove(n)
        self.threads[n].state = CAN_RUN

    def switch(self) -> None:
        old = self.threads[self.current]
        old.resched = False
        if old.state == RUNNING:
            if self.current == IDLE:
                old.state = CAN_RUN
            else:
                old.nivcsw += 1
                self.enqueue(self.current)
        self.current = next((queue.pop(0) for queue in self.queues if queue), IDLE)
        self.threads[self.current].state = RUNNING

    def sleep(self, chan: int, pri: int) -> None:
        me = self.threads[self.current]
        self.asleep[chan].append(self.current)
        me.state, me.slptime = INHIBITED, 0
        self.load -= 1
        if pri & 0xFF:
            me.pri = pri & 0xFF
        self.switch()

    def wake(self, n: int) -> None:
        next(queue for queue in self.asleep if n in queue).remove(n)
        one = self.threads[n]
        if one.slptime > 1:
            for _ in range(one.slptime - 1):
                one.estcpu = self.decayed(one.estcpu)
            self.reset(n)
        one.slptime = 0
        self.start(n, 0)

    def wakeup(self, chan: int, _: int) -> None:
        for n in list(self.asleep[chan]):
            self.wake(n)

    def one(self, chan: int, _: int) -> None:
        if self.asleep[chan]:
            self.wake(self.asleep[chan][0])

    def expire(self, n: int, _: int) -> None:
        if self.threads[n].state == INHIBITED:
            self.wake(n)

    def do_yield(self, _a: int, _b: int) -> None:
        self.switch()

    def prio(self, n: int, pri: int) -> None:
        self.threads[n].pri = pri
        if self.threads[n].state == RUNQ and n not in self.queues[pri // 4]:
            next(queue for queue in self.queues if n in queue).remove(n)
            self.enqueue(n)

    def nice(self, n: int, nice: int) -> None:
        self.threads[n].nice = nice

    def reset(self, n: int) -> None:
        one = self.threads[n]
        one.user = min(max(PUSER + one.estcpu // 8 + one.nice - PRIO_MIN, PUSER), PRI_MAX_TIMESHARE)
        if PUSER <= one.pri <= PRI_MAX_TIMESHARE:
            self.prio(n, one.user)

    def decayed(self, estcpu: int) -> int:
        return 2 * self.averages[0] * estcpu // (2 * self.averages[0] + FSCALE)

    def clock(self, _a: int, _b: int) -> None:
        me = self.threads[self.current]
        me.cpticks += 1
        me.estcpu = min(me.estcpu + 1, ESTCPU_MAX)
        if me.estcpu % 8 == 0:
            self.reset(self.current)

    def second(self, _a: int, _b: int) -> None:
        for n, one in enumerate(self.threads[:THREADS]):
            one.pctcpu = one.pctcpu * CCPU // FSCALE + (FSCALE - CCPU) * (one.cpticks * FSCALE // STATHZ) // FSCALE
            one.cpticks = 0
            one.slptime += one.state == INHIBITED
            if one.slptime <= 1:
                one.estcpu = self.decayed(one.estcpu)
                self.reset(n)

    def loadav(self, _a: int, _b: int) -> None:
        self.averages = [(decay * old + (FSCALE - decay) * self.load * FSCALE) // FSCALE
                         for decay, old in zip(DECAYS, self.averages)]

    def busy(self, more: int, _: int) -> None:
        self.load += more

    def set_load(self, value: int, _: int) -> None:
        self.averages[0] = value

    def do(self, what: str, a: int, b: int) -> str:
        """Do a command; what the state is then."""
        getattr(self, {"yield": "do_yield", "load": "set_load"}.get(what, what))(a, b)
        words = [f"cur {self.current}{'!' * self.threads[self.current].resched} run"]
        words += [f"{number}/{n}" for number, queue in enumerate(self.queues) for n in queue]
        words += ["asleep"] + [f"{chan}/{n}" for chan, queue in enumerate(self.asleep) for n in queue]
        words += [f"load {self.load} {','.join(map(str, self.averages))}"]
        words += [f"{n}:{one.state},{one.pri},{one.user},{one.estcpu},{one.slptime},{one.pctcpu},{one.nivcsw}"
                  for n, one in enumerate(self.threads[:THREADS])]
        return " ".join(words)


def draw_command(draw: Random, model: Model) -> tuple[str, int, int]:
    """One that may be given in this state."""
    idle = model.current == IDLE
    by_state = {state: [n for n in range(THREADS) if model.threads[n].state == state] for state in range(5)}
    kinds = ["wakeup", "one", "yield", "prio", "nice", "expire", "second", "load", "loadav"]
    kinds += [] if idle else ["sleep"] * 4 + ["clock"] * 8
    kinds += ["start"] * 3 if by_state[INACTIVE] + by_state[CAN_RUN] else []
    kinds += ["rem"] if by_state[RUNQ] else []
    kind = draw.choice(kinds)
    if kind in ("sleep", "wakeup", "one"):
        return kind, draw.randrange(CHANNELS), draw.choice([0, draw.randint(64, 111), draw.randint(64, 111) | 0x100])
    if kind == "start":
        return kind, draw.choice(by_state[INACTIVE] + by_state[CAN_RUN]), 0
    if kind == "rem":
        return kind, draw.choice(by_state[RUNQ]), 0
    if kind == "prio":
        return kind, draw.randrange(THREADS), draw.choice([draw.randrange(256), draw.randint(PUSER, PRI_MAX_TIMESHARE)])
    if kind == "nice":
        return kind, draw.randrange(THREADS), draw.randint(PRIO_MIN, PRIO_MAX)
    if kind == "expire":
        return kind, draw.randrange(THREADS), 0
    return kind, draw.choice([0, 1, 2000, 100_000, 6000 * FSCALE]) if kind == "load" else 0, 0


@pytest.mark.parametrize("seed", range(4))
def test_against_the_model(host: Path, seed: int) -> None:
    draw, model = Random(seed), Model()
    commands, expected = [], []
    for _ in range(4000):
        commands.append(draw_command(draw, model))
        expected.append(model.do(*commands[-1]))
    for number, (found, wanted) in enumerate(zip(answers(host, commands), expected, strict=True)):
        assert found == wanted, f"command {number}: {commands[number]}, after {expected[number - 1]}"


def test_who_hogs_is_forgiven(host: Path) -> None:
    """The most that estcpu comes to; at a load of 1 a ninth is left after 5 s; and a long sleep makes up for it."""
    hog = [("prio", 0, PUSER)] + [("clock", 0, 0)] * 400 + [("load", FSCALE, 0)]
    lines = answers(host, hog + [("second", 0, 0)] * 5)
    fields = [line.split(" 0:")[1].split()[0].split(",") for line in lines]
    assert int(fields[len(hog) - 1][3]) == ESTCPU_MAX
    assert int(fields[len(hog) - 1][1]) == PUSER + ESTCPU_MAX // 8 - PRIO_MIN
    assert ESTCPU_MAX // 9 < int(fields[-1][3]) < ESTCPU_MAX // 7
    nice = answers(host, [("nice", 0, PRIO_MAX), *hog])
    assert nice[-1].split(" 0:")[1].split()[0].split(",")[1] == str(PRI_MAX_TIMESHARE)
    slept = answers(host, [*hog, ("sleep", 0, 0), *[("second", 0, 0)] * 20, ("wakeup", 0, 0)])
    assert slept[-1].split(" 0:")[1].split()[0].split(",")[1:5] == ["180", "180", "0", "0"]


def test_a_load_of_thousands(host: Path) -> None:
    """It is averaged, and what was used fades as slowly as it ought to."""
    model = Model()
    commands = [("busy", 5000, 0), *[("loadav", 0, 0)] * 100, *[("clock", 0, 0)] * 300, ("second", 0, 0)]
    expected = [model.do(*command) for command in commands]
    assert answers(host, commands) == expected and model.averages[0] > 4990 * FSCALE
    assert model.threads[0].estcpu == ESTCPU_MAX - 1


# ---------------------------------------------------------------- numbers of processes


def test_pids(host: Path) -> None:
    """The next free one, on from 100 behind the last; EAGAIN when there are as many as may be."""
    draw = Random(1)
    alive = set(range(2, THREADS + 2)) | {0}
    own: list[int] = []
    last = PID_MAX - 20
    commands, expected = [("lastpid", last, 0)], []
    for _ in range(3000):
        kind = draw.choice(["new", "new", "end", "find"])
        if kind == "new":
            if len(alive) < MAXPROC:
                while True:
                    last = last + 1 if last < PID_MAX else PID_RESTART
                    if last not in alive:
                        break
                alive.add(last)
                own.append(last)
            expected.append(str(last) if own and own[-1] == last and len(alive) <= MAXPROC else str(-EAGAIN))
            commands.append(("new", 0, 0))
        elif kind == "end" and own:
            gone = own.pop(draw.randrange(len(own)))
            alive.remove(gone)
            commands.append(("end", gone, 0))
            expected.append("1")
        elif kind == "find":
            pid = draw.choice([*alive, draw.randrange(PID_MAX), -1, -5])
            commands.append(("find", pid, 0))
            expected.append(str(pid if pid in alive else -1))
        if draw.random() < 0.01:
            last = draw.choice([PID_MAX - 3, PID_RESTART - 1])
            commands.append(("lastpid", last, 0))
    assert answers(host, commands) == expected


def test_as_many_as_may_be(host: Path) -> None:
    made = answers(host, [("new", 0, 0)] * MAXPROC)
    assert made.count(str(-EAGAIN)) == THREADS + 1 and len(set(made)) == MAXPROC - THREADS
    made = answers(host, [("new", 0, 0)] * (MAXPROC - THREADS - 2) + [("both", 0, 0)])
    assert made[-2:] == [str(-EAGAIN), str(MAXPROC)], "one more than there may be"
