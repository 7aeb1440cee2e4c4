"""The kernel's clocks and interrupts on this computer: the same sources, with the chips in Python.

A boot shows that the clock ticks; this shows all dates, and requests that come at the worst time.
"""

from __future__ import annotations

import calendar
import ctypes
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest

from grade.tests.kdev_models import Pic, Pit, Rtc
from grade.tests.kdev_pc import MakePc, build_library, make_pc_fixture

__all__ = ["build_library", "make_pc_fixture"]      # the fixtures

NOTHING, HANDLER = ctypes.CFUNCTYPE(None), ctypes.CFUNCTYPE(None, ctypes.c_void_p)
PSL_I = 0x200
EINVAL, EBUSY, ENOSPC = 22, 16, 28
IPL_SOFTCLOCK, IPL_BIO, IPL_TTY, IPL_CLOCK, IPL_HIGH = range(1, 6)


class ClockTime(ctypes.Structure):
    """struct clocktime."""

    _fields_ = [(name, ctypes.c_int) for name in ("year", "mon", "day", "hour", "min", "sec", "dow")]


class Frame(ctypes.Structure):
    """struct intrframe."""

    _fields_ = [("vec", ctypes.c_uint32), ("tf", ctypes.c_uint32 * 18)]


# ---------------------------------------------------------------- clocks


def test_calendar(make_pc: MakePc) -> None:
    """Every day from 1970 to 2038, both ways; what is no date is refused."""
    kernel = make_pc().kernel
    seconds, date = ctypes.c_int32(), ClockTime()
    day, draw = datetime(1970, 1, 1), Random(5)
    while day < datetime(2038, 1, 19):
        now = day + timedelta(seconds=draw.choice((0, 86399, draw.randrange(86400))))
        fields = (now.year, now.month, now.day, now.hour, now.minute, now.second)
        assert kernel.clock_ct_to_ts(ctypes.byref(ClockTime(*fields, 0)), ctypes.byref(seconds)) == 0
        assert seconds.value == calendar.timegm(now.timetuple()), now
        kernel.clock_ts_to_ct(seconds, ctypes.byref(date))
        assert tuple(getattr(date, name) for name, _ in date._fields_) == (*fields, now.isoweekday() % 7)
        day += timedelta(days=1)
    last = ClockTime(2038, 1, 19, 3, 14, 7)
    assert kernel.clock_ct_to_ts(ctypes.byref(last), ctypes.byref(seconds)) == 0 and seconds.value == 2**31 - 1
    for wrong in ((2038, 1, 19, 3, 14, 8), (1969, 12, 31, 0, 0, 0), (2001, 2, 29, 0, 0, 0), (2000, 0, 1, 0, 0, 0),
                  (2000, 13, 1, 0, 0, 0), (2000, 4, 31, 0, 0, 0), (2000, 1, 0, 0, 0, 0), (2000, 1, 1, 24, 0, 0),
                  (2000, 1, 1, 0, 60, 0), (2000, 1, 1, 0, 0, 60), (2000, 1, 1, -1, 0, 0)):
        assert kernel.clock_ct_to_ts(ctypes.byref(ClockTime(*wrong)), ctypes.byref(seconds)) == EINVAL, wrong


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("hours24", [False, True])
def test_rtc(make_pc: MakePc, binary: bool, hours24: bool) -> None:
    """Dates are read and set in all four forms, also while the clock moves on from one to the next."""
    rtc = Rtc(datetime(2000, 1, 1), binary=binary, hours24=hours24)
    pc, draw = make_pc(rtc, Pit(lambda: 5)), Random(7)
    for hour in (*range(24), *(draw.randrange(24) for _ in range(60))):
        date = datetime(draw.randrange(1970, 2038), draw.randrange(1, 13), draw.randrange(1, 29), hour,
                        draw.randrange(60), draw.randrange(60), 500_000)
        rtc.now = date
        pc.kernel.inittodr(1)
        stamp = calendar.timegm(date.timetuple())
        assert pc.number("time_second").value == stamp, date
        pc.kernel.resettodr()
        assert rtc.written == {index: read_register(rtc, index) for index in (0, 2, 4, 6, 7, 8, 9)}
        assert rtc.b == (4 if binary else 0) | (2 if hours24 else 0)
    rtc.step = timedelta(microseconds=61)
    for _ in range(300):
        rtc.now = datetime(1999, 12, 31, 23, 59, 59, 990_000) + timedelta(microseconds=draw.randrange(15_000))
        before = calendar.timegm(rtc.now.timetuple())
        pc.kernel.inittodr(1)
        after = calendar.timegm(rtc.now.timetuple())
        assert before <= pc.number("time_second").value <= after
    assert pc.text == ""


def read_register(rtc: Rtc, index: int) -> int:
    rtc.write(0x70, index)
    value = rtc.read(0x71)
    assert value is not None
    return value


def test_rtc_without_a_date(make_pc: MakePc) -> None:
    """A flat battery, numbers that are none, an update without an end, no chip: a warning, and the time given."""
    warning = "Invalid time in real time clock.\nCheck and reset the date immediately!\n"
    wrong = [{8: 0x1A}, {8: 0x13}, {7: 0}, {9: 0xAA}, {0: 0x60}, {4: 0x24}, {2: 0x5F}, {0x0A: 0xA6}, {9: 0x50}]
    for forced in wrong:
        rtc = Rtc(datetime(2020, 5, 5), binary=False, hours24=True)
        rtc.forced = forced
        pc = make_pc(rtc, Pit(lambda: 50))
        pc.kernel.inittodr(1234)
        assert (pc.number("time_second").value, pc.text) == (1234, warning), forced
    rtc = Rtc(datetime(2020, 5, 5), binary=False, hours24=True)
    rtc.battery = False
    for pc in (make_pc(rtc), make_pc(Pit(lambda: 50))):
        pc.kernel.inittodr(1234)
        assert (pc.number("time_second").value, pc.text) == (1234, warning)
    for hour in (0x00, 0x13, 0x80, 0x93):
        rtc = Rtc(datetime(2020, 5, 5), binary=False, hours24=False)
        rtc.forced = {4: hour}
        pc = make_pc(rtc, Pit(lambda: 50))
        pc.kernel.inittodr(1234)
        assert pc.number("time_second").value == 1234, hex(hour)


@pytest.mark.parametrize("hz", [19, 100, 1000, 10000])
@pytest.mark.parametrize("longest", [2, 40])
def test_delay(make_pc: MakePc, hz: int, longest: int) -> None:
    """Never too short, hardly too long, at any rate of the timer, looked at often or seldom."""
    draw = Random(hz)
    first = [0]                         # no count goes by before DELAY() looks first
    pit = Pit(lambda: first.pop() if first else draw.randrange(1, longest))
    pc = make_pc(pit)
    pc.number("hz").value = hz
    pc.kernel.i8254_init()
    assert (pit.mode, pit.reload) == (0x34, round(1193182 / hz))
    for microseconds in (-5, 0, 1, 2, 10, 100, 3000, 7777):
        pit.elapsed = draw.randrange(pit.reload)
        before, first[:] = pit.elapsed, [0]
        pc.kernel.DELAY(microseconds)
        wanted = microseconds * 1.193182
        # The first count may have been about to end, so one more must go by.
        if microseconds > 0:
            assert wanted + 1 <= pit.elapsed - before <= wanted * 1.001 + 45, microseconds
        else:
            assert pit.elapsed == before


# ---------------------------------------------------------------- interrupts


class InterruptPc:
    """A PC whose CPU takes interrupts whenever they are enabled, and whose handlers are Python's."""

    def __init__(self, make_pc: MakePc) -> None:
        self.pic = Pic()
        self.pc = make_pc(self.pic)
        self.kernel = self.pc.kernel
        self.eflags = ctypes.c_uint32.in_dll(self.kernel, "host_eflags")
        self.pc.set_hook("host_enabled", NOTHING(self.take))
        self.kept: list[object] = []
        self.failures: list[AssertionError] = []
        self.depth = self.deepest = 0
        self.kernel.atpic_startup()

    @property
    def level(self) -> int:
        return self.pc.number("cpl").value

    def take(self) -> None:
        """Interrupt the CPU while there is something to."""
        while self.eflags.value & PSL_I and (irq := self.pic.acknowledge()) is not None:
            self.interrupt(irq)

    def interrupt(self, irq: int) -> None:
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        eflags, self.eflags.value = self.eflags.value, self.eflags.value & ~PSL_I
        frame = Frame(vec=irq)
        self.kernel.intr_execute(ctypes.byref(frame))
        assert not self.eflags.value & PSL_I
        self.eflags.value = eflags
        self.depth -= 1

    def enable(self) -> None:
        self.eflags.value |= PSL_I
        self.take()

    def create(self, irq: int, level: int, body: Callable[[], None]) -> int:
        handler, name = self._handler(body), ctypes.create_string_buffer(b"dev%d" % irq)
        self.kept.append(name)
        return self.kernel.intr_create(name, irq, level, handler, None)

    def add_software(self, level: int, body: Callable[[], None]) -> ctypes.c_void_p:
        """A software interrupt. Returns what swi_sched() takes."""
        cookie = ctypes.c_void_p()
        assert self.kernel.swi_add(b"soft", level, self._handler(body), None, ctypes.byref(cookie)) == 0
        return cookie

    def _handler(self, body: Callable[[], None]) -> object:
        def run(_: int) -> None:
            try:
                body()
            except AssertionError as error:     # ctypes would drop it
                self.failures.append(error)
        handler = HANDLER(run)
        self.kept.append(handler)
        return handler

    def raise_irq(self, irq: int) -> None:
        self.pic.raise_irq(irq)
        self.take()

    def counts(self) -> list[int]:
        return list((ctypes.c_uint32 * 16).in_dll(self.kernel, "intrcnt"))


def test_controllers_are_programmed(make_pc: MakePc) -> None:
    """The four words of each, all requests masked but the cascade's; a handler opens its own."""
    pc = InterruptPc(make_pc)
    assert [byte for chip, byte in pc.pic.log if chip == 0] == [0x11, 0x20, 4, 1]
    assert [byte for chip, byte in pc.pic.log if chip == 1] == [0x11, 0x28, 2, 1]
    assert pc.pic.imr == [0xFB, 0xFF]
    assert pc.create(4, IPL_TTY, lambda: None) == 0 and pc.pic.imr == [0xEB, 0xFF]
    assert pc.create(14, IPL_BIO, lambda: None) == 0 and pc.pic.imr == [0xEB, 0xBF]
    assert pc.create(14, IPL_BIO, lambda: None) == EBUSY and pc.pc.text == "dev14: irq 14 is dev14's\n"
    for irq, level in ((-1, IPL_TTY), (16, IPL_TTY), (2, IPL_TTY), (5, 0), (5, IPL_HIGH)):
        assert pc.create(irq, level, lambda: None) == EINVAL
    assert pc.pic.imr == [0xEB, 0xBF]


def test_spurious_and_stray(make_pc: MakePc) -> None:
    """IRQ 7 and 15 that nobody asked for are counted and not ended; what nobody handles is told five times."""
    pc = InterruptPc(make_pc)
    ran: list[int] = []
    pc.create(7, IPL_TTY, lambda: ran.append(7))
    pc.create(15, IPL_BIO, lambda: ran.append(15))
    pc.enable()
    pc.pic.isr = [0x08, 0]              # another one is in service: an EOI would end it
    pc.interrupt(7)
    assert (pc.pic.isr, ran) == ([0x08, 0], [])
    pc.pic.isr = [0x04, 0]              # the first controller has the cascade's in service
    pc.interrupt(15)
    assert (pc.pic.isr, ran) == ([0, 0], [])
    assert list((ctypes.c_uint32 * 2).in_dll(pc.kernel, "intr_spurious")) == [1, 1] and not any(pc.counts())
    pc.raise_irq(7)
    pc.raise_irq(15)
    assert (pc.pic.isr, ran) == ([0, 0], [7, 15])
    for _ in range(8):
        pc.interrupt(9)
    assert pc.pc.text == "<3>stray irq 9\n" * 5 + "<2>too many stray irq 9's; not logging any more\n"
    assert pc.counts()[9] == 8


def test_levels_keep_handlers_out_and_lose_none(make_pc: MakePc) -> None:
    """Requests at any time, out of any level and handler: each is served, at its level, none too early, in order."""
    for seed in range(25):
        levels_hold(InterruptPc(make_pc), Random(seed))


def levels_hold(pc: InterruptPc, draw: Random) -> None:
    """One machine's worth of test_levels_keep_handlers_out_and_lose_none."""
    raisers = ("splsoftclock", "splbio", "spltty", "splclock", "splhigh")
    sources = draw.sample([irq for irq in range(16) if irq != 2], 8) + [16, 17, 18]     # the last are software's
    levels = {irq: draw.choice((IPL_SOFTCLOCK, IPL_BIO, IPL_TTY, IPL_CLOCK)) for irq in sources}
    asked = dict.fromkeys(levels, False)    # since its handler was last called
    raised, served = dict.fromkeys(levels, 0), dict.fromkeys(levels, 0)
    floor = [0]                     # the levels of those who run, from outside in

    def ask() -> None:
        irq = draw.choice(list(levels))
        asked[irq] = True
        raised[irq] += 1
        if irq < 16:
            pc.raise_irq(irq)
        else:
            pc.kernel.swi_sched(cookies[irq])

    def serve(irq: int) -> None:
        assert served[irq] < raised[irq] and floor[-1] < levels[irq] == pc.level and pc.eflags.value & PSL_I
        assert not [one for one in levels if asked[one] and levels[one] > levels[irq]], "a higher level waits"
        asked[irq] = False
        served[irq] += 1
        floor.append(levels[irq])
        if draw.random() < .5:
            ask()
        if draw.random() < .3:
            section(draw.randrange(5))
        floor.pop()
        assert pc.level == levels[irq]

    def section(number: int) -> None:
        before = getattr(pc.kernel, raisers[number])()
        assert before == floor[-1] and pc.level == max(before, number + 1)
        floor.append(pc.level)
        for _ in range(draw.randrange(3)):
            ask()
        floor.pop()
        pc.kernel.splx(before)
        assert pc.level == before

    cookies: dict[int, ctypes.c_void_p] = {}
    for irq, level in levels.items():
        if irq < 16:
            assert pc.create(irq, level, lambda irq=irq: serve(irq)) == 0
        else:
            cookies[irq] = pc.add_software(level, lambda irq=irq: serve(irq))
    pc.enable()
    for _ in range(40):
        section(draw.randrange(5))
    assert not pc.failures, pc.failures[0]
    assert pc.level == 0 and not any(asked.values()) and pc.pic.isr == [0, 0] and pc.pic.irr == [0, 0]
    assert all(served.values()), "some handler was never called"
    assert pc.pic.imr == [~sum(1 << irq % 8 for irq in (*levels, 2) if irq // 8 == chip) & 0xFF for chip in (0, 1)]
    assert pc.deepest <= 2 * len(raisers)


def test_splx_leaves_interrupts_off(make_pc: MakePc) -> None:
    """Where they are disabled, what waits goes on waiting until one comes."""
    pc = InterruptPc(make_pc)
    ran: list[int] = []
    pc.create(4, IPL_TTY, lambda: ran.append(4))
    pc.create(0, IPL_CLOCK, lambda: ran.append(0))
    pc.enable()
    before = pc.kernel.spltty()
    pc.raise_irq(4)
    pc.eflags.value &= ~PSL_I
    pc.kernel.splx(before)
    assert (ran, pc.level) == ([], 0)
    pc.eflags.value |= PSL_I
    pc.raise_irq(0)
    assert ran == [0, 4]


def test_handler_has_no_onfault_of_another(make_pc: MakePc) -> None:
    """Where copyin() wanted its faults to go on is nowhere for a handler that interrupts it, and there again behind it."""
    pc = InterruptPc(make_pc)
    pcb = (ctypes.c_uint8 * 512).in_dll(pc.kernel, "host_pcb")
    seen: list[bytes] = []
    pc.create(4, IPL_TTY, lambda: seen.append(bytes(pcb)))
    pc.enable()
    ctypes.memset(pcb, 0xA5, len(pcb))
    pc.raise_irq(4)
    pointer = bytes(ctypes.sizeof(ctypes.c_void_p))
    assert len(seen) == 1 and seen[0].count(pointer) == 1 and seen[0].strip(b"\xa5") == pointer
    assert bytes(pcb) == b"\xa5" * len(pcb)


def test_postponed_line_is_masked(make_pc: MakePc) -> None:
    """A line that stays up must not come again and again while its handler is kept out."""
    pc = InterruptPc(make_pc)
    ran: list[int] = []
    pc.create(14, IPL_BIO, lambda: ran.append(14))
    pc.enable()
    before = pc.kernel.splbio()
    pc.raise_irq(14)
    assert (pc.pic.imr, pc.pic.isr, ran) == ([0xFB, 0xFF], [0, 0], [])
    pc.kernel.splx(before)
    assert (pc.pic.imr, pc.pic.isr, ran) == ([0xFB, 0xBF], [0, 0], [14])


def test_software_interrupts(make_pc: MakePc) -> None:
    """At once where the level allows, once for all requests that came meanwhile; eight can be had, at a handler's level."""
    pc = InterruptPc(make_pc)
    ran: list[int] = []
    cookie = pc.add_software(IPL_SOFTCLOCK, lambda: ran.append(pc.level))
    pc.create(0, IPL_CLOCK, lambda: (pc.kernel.swi_sched(cookie), ran.append(pc.level)))
    pc.enable()
    pc.kernel.swi_sched(cookie)
    assert ran == [IPL_SOFTCLOCK]
    before = pc.kernel.splsoftclock()
    for _ in range(3):
        pc.kernel.swi_sched(cookie)
        pc.raise_irq(0)
    assert ran == [IPL_SOFTCLOCK] + [IPL_CLOCK] * 3
    pc.kernel.splx(before)
    assert ran == [IPL_SOFTCLOCK] + [IPL_CLOCK] * 3 + [IPL_SOFTCLOCK]
    assert pc.pic.imr == [0xFA, 0xFF], "no line is a software interrupt's"
    for level in (0, IPL_HIGH):
        assert pc.kernel.swi_add(b"wrong", level, HANDLER(lambda _: None), None, ctypes.byref(cookie)) == EINVAL
    for _ in range(7):
        pc.add_software(IPL_BIO, lambda: None)
    assert pc.kernel.swi_add(b"ninth", IPL_BIO, HANDLER(lambda _: None), None, ctypes.byref(cookie)) == ENOSPC
