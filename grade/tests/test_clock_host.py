"""The kernel's time on this computer: the i8254's timecounter and what is made of it, with the chips in Python, whose
time is known to the count."""

from __future__ import annotations

import calendar
import ctypes
from datetime import datetime
from fractions import Fraction
from random import Random

import pytest

from grade.tests.kdev_models import Pit, Rtc
from grade.tests.kdev_pc import MakePc, build_library, make_pc_fixture
from grade.tests.test_kintr_host import PSL_I, Frame, InterruptPc

__all__ = ["build_library", "make_pc_fixture"]      # the fixtures

FREQUENCY = 1193182
CP_USER, CP_NICE, CP_SYS, CP_INTR, CP_IDLE = range(5)
IPL_TTY = 3
TF_CS = 14                      # in words


class Timeval(ctypes.Structure):
    """struct timeval, or struct timespec."""

    _fields_ = [("sec", ctypes.c_int32), ("part", ctypes.c_int32)]


class TickingPit(Pit):
    """An i8254 that raises its interrupt, and goes on by a drawn number of counts whenever somebody uses a port."""

    def __init__(self, draw: Random, most: int) -> None:
        super().__init__(lambda: 0)
        self.pc: InterruptPc | None = None
        self._draw, self._most = draw, most

    def advance(self, counts: int) -> None:
        """So many counts go by; each round's end interrupts, there and then."""
        while counts >= (room := self.reload - self.elapsed % self.reload):
            self.elapsed += room
            counts -= room
            if self.pc is not None:
                self.pc.pic.raise_irq(0)
                self.pc.take()
        self.elapsed += counts

    def write(self, port: int, value: int) -> None:
        self.advance(self._draw.randrange(self._most))
        super().write(port, value)

    def read(self, port: int) -> int | None:
        self.advance(self._draw.randrange(self._most))
        return super().read(port)


class ClockPc(InterruptPc):
    """A PC whose time has begun: that of its i8254 is `pit.elapsed`."""

    def __init__(self, make_pc: MakePc, draw: Random, hz: int, *, rtc: Rtc | None = None, most: int = 3) -> None:
        super().__init__(make_pc)
        self.pit = TickingPit(draw, most)
        self.pc.devices.insert(0, self.pit)     # it goes on while the 8259 is looked at, too
        if rtc is not None:
            self.pc.devices.append(rtc)
        self.pc.number("hz").value, self.pc.number("tick").value = hz, 1_000_000 // hz
        self.kernel.i8254_init()
        self.kernel.startrtclock()
        self.pit.pc = self
        self.enable()
        self.kernel.host_sysinits()
        self.began = self.pit.elapsed // self.pit.reload * self.pit.reload      # the last tick
        self.began_ticks = self.pc.number("ticks").value

    def ticks(self) -> int:
        """How often the clock has ticked since."""
        return self.pc.number("ticks").value - self.began_ticks

    def rounds(self) -> int:
        """How often the i8254 has come round since."""
        return self.pit.elapsed // self.pit.reload - self.began // self.pit.reload

    def now(self, function: str = "nanouptime") -> Fraction:
        """The uptime, or another time, in seconds."""
        value = Timeval()
        getattr(self.kernel, function)(ctypes.byref(value))
        digits = 9 if "nano" in function else 6
        assert 0 <= value.part < 10**digits
        return value.sec + Fraction(value.part, 10**digits)

    def elapsed(self) -> Fraction:
        """The seconds since time began, at a tick."""
        return Fraction(self.pit.elapsed - self.began, FREQUENCY)


MARGIN = Fraction(60, FREQUENCY)        # counts that go by from one look at the chip to another


@pytest.mark.parametrize("hz", [19, 100, 1000, 10000])
def test_time_goes_on(make_pc: MakePc, hz: int) -> None:
    """Looked at at any time, at any level, with interrupts off: the time is right, and never goes back, as long as no
    more clock interrupts are kept out than the hardware keeps."""
    draw = Random(hz)
    pc = ClockPc(make_pc, draw, hz)
    assert f"Timecounters tick every {1000 // hz}.{1_000_000 // hz % 1000:03} msec\n" in pc.pc.text
    last = Fraction(0)

    def look() -> None:
        nonlocal last
        before = pc.elapsed()
        now = pc.now(draw.choice(("nanouptime", "microuptime")))
        assert before - MARGIN - Fraction(1, 10**6) <= now <= pc.elapsed() + MARGIN
        # Microseconds and nanoseconds are not rounded alike.
        assert now >= last - Fraction(1, 10**6)
        last = now

    for _ in range(400):
        kind = draw.randrange(3)
        room = pc.pit.reload - pc.pit.elapsed % pc.pit.reload
        if kind == 0:                   # nobody keeps the clock out
            pc.pit.advance(draw.randrange(pc.pit.reload * 3 // 4))
        elif kind == 1:                 # the level does: one is postponed, one is in the 8259
            before = pc.kernel.splclock()
            for _ in range(2):
                pc.pit.advance(draw.randrange(1, pc.pit.reload // 2 + 1))
                look()
            pc.kernel.splx(before)
        else:                           # interrupts are off
            pc.eflags.value &= ~PSL_I
            pc.pit.advance(draw.choice((room - 1, room, room + 1, draw.randrange(pc.pit.reload // 2))))
            look()
            pc.enable()
        look()
    assert pc.ticks() == pc.rounds() and pc.counts()[0] == pc.pc.number("ticks").value


def test_lost_ticks_do_not_turn_time_back(make_pc: MakePc) -> None:
    """A clock that is kept out for long loses time, but no more."""
    draw = Random(4)
    pc = ClockPc(make_pc, draw, 1000)
    last = Fraction(0)
    for _ in range(300):
        pc.eflags.value &= ~PSL_I
        for _ in range(draw.randrange(6)):
            pc.pit.advance(draw.randrange(2 * pc.pit.reload))
            now = pc.now()
            assert last <= now <= pc.elapsed() + MARGIN
            last = now
        pc.enable()
        now = pc.now()
        assert last <= now
        last = now


def test_nobody_looks_for_an_hour(make_pc: MakePc) -> None:
    """Then 2^32 counts have gone by."""
    pc = ClockPc(make_pc, Random(6), 19)
    before = pc.now()
    for _ in range(7):
        pc.pit.advance(2**29 + 5)
        now = pc.now()
        assert abs(pc.elapsed() - now) < MARGIN
    pc.pit.advance(2**31 + 2**30)
    assert abs(pc.elapsed() - pc.now()) < MARGIN and pc.now() > before + 5000


def test_the_time_at_the_last_tick(make_pc: MakePc) -> None:
    """The cheap functions say what it was then; the numbers of seconds go with them."""
    draw = Random(9)
    pc = ClockPc(make_pc, draw, 100)
    for _ in range(300):
        pc.pit.advance(draw.randrange(pc.pit.reload))
        ticked = pc.pit.elapsed % pc.pit.reload
        cheap, now = pc.now("getnanouptime"), pc.now()
        assert abs(now - cheap - Fraction(ticked, FREQUENCY)) < MARGIN
        assert pc.pc.number("time_uptime").value == int(cheap)
        assert abs(cheap - pc.now("getmicrouptime")) < Fraction(1, 10**6)
        assert pc.now("getnanotime") - cheap == pc.pc.number("time_second").value - int(cheap), "it was set to a second"


@pytest.mark.parametrize("to", [0, 1, 86399, 1_700_000_000, 2**31 - 5])
def test_time_is_set(make_pc: MakePc, to: int) -> None:
    """It goes on from there; the uptime does not know."""
    pc = ClockPc(make_pc, Random(to), 100)
    pc.pit.advance(pc.pit.reload // 2)
    pc.pc.number("ticks").value = 7
    before = pc.now()
    pc.kernel.tc_setclock(ctypes.byref(Timeval(to, 250_000_000)))
    assert pc.pc.number("time_second").value == to
    assert to + Fraction(1, 4) - Fraction(1, 10**9) <= pc.now("nanotime") <= to + Fraction(1, 4) + MARGIN
    assert to + Fraction(1, 4) - Fraction(1, 10**6) <= pc.now("microtime") <= to + Fraction(1, 4) + 2 * MARGIN
    assert before <= pc.now() <= before + 4 * MARGIN and pc.pc.number("ticks").value == 7
    boottime = Timeval.in_dll(pc.kernel, "boottime")
    assert abs(boottime.sec + Fraction(boottime.part, 10**6) + before - to - Fraction(1, 4)) < MARGIN + Fraction(1, 10**6)


def test_the_date_is_the_rtcs(make_pc: MakePc) -> None:
    """Time begins with the RTC's date, and with a warning where it has none."""
    date = datetime(2001, 9, 9, 1, 46, 40, 100_000)
    pc = ClockPc(make_pc, Random(1), 100, rtc=Rtc(date, binary=False, hours24=True))
    assert pc.pc.number("time_second").value == calendar.timegm(date.timetuple()) and "Invalid" not in pc.pc.text
    pc = ClockPc(make_pc, Random(1), 100)
    assert pc.pc.number("time_second").value == 0 and "Invalid time in real time clock." in pc.pc.text


def test_statclock_has_its_own_clock(make_pc: MakePc) -> None:
    """IRQ 8, at 128 Hz, once for each; what interrupts a handler is counted there."""
    rtc = Rtc(datetime(2001, 9, 9, 1, 46, 40, 100_000), binary=True, hours24=True)
    rtc.b |= 0x30
    pc = ClockPc(make_pc, Random(1), 100, rtc=rtc)
    assert (pc.pc.number("stathz").value, pc.pc.number("profhz").value) == (128, 1024)
    assert (rtc.a, rtc.b) == (0x29, 0x46), "1 << (16 - 9) Hz, periodic interrupts and no other"
    pc.create(4, IPL_TTY, lambda: interrupt(5))

    def interrupt(times: int) -> None:
        for _ in range(times):
            rtc.c = 0xC0
            pc.raise_irq(8)
            assert rtc.c == 0, "register C was not read: the chip would never interrupt again"

    interrupt(7)
    pc.raise_irq(4)
    pc.pit.advance(3 * pc.pit.reload)
    assert list((ctypes.c_uint32 * 5).in_dll(pc.kernel, "cp_time")) == [0, 0, 7, 5, 0] and pc.counts()[8] == 12
    rtc.c = 0x90                        # an update's: not ours
    pc.raise_irq(8)
    assert sum((ctypes.c_uint32 * 5).in_dll(pc.kernel, "cp_time")) == 12


def test_whose_time_it_is(make_pc: MakePc) -> None:
    """A user's, who may be nice, or the kernel's."""
    pc = make_pc()
    nice, counted = (ctypes.c_uint8 * 512).in_dll(pc.kernel, "host_proc"), (ctypes.c_uint32 * 5).in_dll(pc.kernel, "cp_time")
    user = Frame()
    user.tf[TF_CS] = 0x1F
    for value, frame, at in ((0, user, CP_USER), (-20, user, CP_USER), (1, user, CP_NICE), (1, Frame(), CP_SYS)):
        ctypes.memset(nice, value & 0xFF, len(nice))
        before = list(counted)
        pc.kernel.statclock(ctypes.byref(frame))
        assert [now - then for now, then in zip(counted, before)] == [number == at for number in range(5)]


def test_statclock_without_an_rtc(make_pc: MakePc) -> None:
    """Then the clock that there is does both."""
    pc = ClockPc(make_pc, Random(1), 100)
    assert (pc.pc.number("stathz").value, pc.pc.number("profhz").value) == (0, 100)
    for _ in range(9):
        pc.pit.advance(pc.pit.reload)
    ticks = pc.pc.number("ticks").value
    assert pc.ticks() == 9 and list((ctypes.c_uint32 * 5).in_dll(pc.kernel, "cp_time")) == [0, 0, ticks, 0, 0]
    assert pc.pic.imr[1] & 1, "IRQ 8 is nobody's"


def test_tvtohz(make_pc: MakePc) -> None:
    """Never too short, not two ticks too long, at least one, and no overflow."""
    pc, draw = make_pc(), Random(3)
    ticks_of = pc.kernel.tvtohz

    def to_ticks(sec: int, usec: int) -> int:
        return ticks_of(ctypes.byref(Timeval(sec, usec)))

    for hz in (19, 100, 1000, 10000):
        tick = 1_000_000 // hz
        pc.number("hz").value, pc.number("tick").value = hz, tick
        assert [to_ticks(0, 0), to_ticks(0, 1), to_ticks(0, tick), to_ticks(0, tick + 1)] == [1, 2, 2, 3]
        assert [to_ticks(-1, 0), to_ticks(-5, 999_999), to_ticks(-(2**31), 0)] == [1, 1, 1]
        for _ in range(300):
            sec, usec = draw.getrandbits(draw.randrange(32)), draw.randrange(1_000_000)
            wanted = -(-(sec * 1_000_000 + usec) // tick) + 1
            assert to_ticks(sec, usec) == min(wanted, 2**31 - 1), (hz, sec, usec)
