"""The devices of a PC as Python has them, for the kernel's own drivers to be run against on this computer.

Each answers at ports. They are written from the chips' data sheets, not from the drivers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

ABSENT = 0xFF


class Device(Protocol):
    """Something at ports."""

    def read(self, port: int) -> int | None:
        """The byte, or None where the device has no such port."""

    def write(self, port: int, value: int) -> None:
        """Take a byte."""


class Pic:
    """Two 8259s, edge triggered; `vectors` are those that the CPU was given."""

    def __init__(self) -> None:
        self.irr, self.isr, self.imr = [0, 0], [0, 0], [0, 0]
        self.base, self.cascade, self._wanted = [0, 0], [0, 0], [deque[str](), deque[str]()]
        self._read_isr = [False, False]
        self.log: list[tuple[int, int]] = []    # chip, byte of an initialization

    def write(self, port: int, value: int) -> None:
        if port & ~1 not in (0x20, 0xA0):
            return
        chip = port >> 7
        if port & 1 and self._wanted[chip]:
            self.log.append((chip, value))
            name = self._wanted[chip].popleft()
            if name == "base":
                self.base[chip] = value
            elif name == "cascade":
                self.cascade[chip] = value
        elif port & 1:
            self.imr[chip] = value
        elif value & 0x10:
            self.log.append((chip, value))
            self._wanted[chip] = deque(("base", "cascade", "mode") if value & 1 else ("base", "cascade"))
            self.irr[chip] = self.isr[chip] = self.imr[chip] = 0
        elif value & 0x08:
            self._read_isr[chip] = value & 3 == 3
        elif value == 0x20:
            self.isr[chip] &= self.isr[chip] - 1

    def read(self, port: int) -> int | None:
        if port & ~1 not in (0x20, 0xA0):
            return None
        chip = port >> 7
        if port & 1:
            return self.imr[chip]
        return self.isr[chip] if self._read_isr[chip] else self.irr[chip]

    def raise_irq(self, irq: int) -> None:
        self.irr[irq // 8] |= 1 << irq % 8

    def _best(self, chip: int) -> int | None:
        """The input that this chip asks the CPU, or the first chip, to serve."""
        asked = self.irr[chip] & ~self.imr[chip]
        if chip == 0 and self._best(1) is not None and not self.imr[0] & 4:
            asked |= 4
        for line in range(8):
            if self.isr[chip] & 1 << line:
                return None
            if asked & 1 << line:
                return line
        return None

    def acknowledge(self) -> int | None:
        """The IRQ that the CPU is interrupted with now, or None."""
        line = self._best(0)
        if line is None:
            return None
        self.isr[0] |= 1 << line
        if line != 2:
            self.irr[0] &= ~(1 << line)
            return line
        line = self._best(1)
        assert line is not None
        self.isr[1] |= 1 << line
        self.irr[1] &= ~(1 << line)
        return 8 + line


class Pit:
    """Channel 0 of an i8254 in mode 2; it counts down as it is looked at."""

    def __init__(self, step: Callable[[], int]) -> None:
        self._step, self.elapsed = step, 0
        self.reload, self.mode = 65536, 0
        self._latched: deque[int] = deque()
        self._written: list[int] = []

    def write(self, port: int, value: int) -> None:
        if port == 0x43 and value & 0x30:
            self.mode = value
            self._written = []
        elif port == 0x43:
            self.elapsed += self._step()
            count = self.reload - self.elapsed % self.reload
            self._latched = deque((count & 0xFF, count >> 8 & 0xFF))
        elif port == 0x40:
            self._written.append(value)
            if len(self._written) == 2:
                self.reload = (self._written[0] | self._written[1] << 8) or 65536
                self.elapsed = 0

    def read(self, port: int) -> int | None:
        return self._latched.popleft() if port == 0x40 else None


class Rtc:
    """An MC146818 that goes on by `step` seconds at each read."""

    def __init__(self, now: datetime, *, binary: bool, hours24: bool, step: float = 0.0) -> None:
        self.now, self.step, self.battery = now, timedelta(seconds=step), True
        self.a, self.c = 0x26, 0
        self.b = (4 if binary else 0) | (2 if hours24 else 0)
        self.forced: dict[int, int] = {}
        self.written: dict[int, int] = {}
        self._index = 0

    def write(self, port: int, value: int) -> None:
        if port == 0x70:
            self._index = value & 0x7F
        elif port == 0x71 and self._index == 0x0A:
            self.a = value & 0x7F
        elif port == 0x71 and self._index == 0x0B:
            self.b = value
        elif port == 0x71:
            assert self.b & 0x80, "the date is set while it runs"
            self.written[self._index] = value

    def read(self, port: int) -> int | None:
        if port != 0x71:
            return None
        self.now += self.step
        if self._index == 0x0C:
            cause, self.c = self.c, 0
            return cause
        return self.forced.get(self._index, self._register())

    def _register(self) -> int:
        hour = self.now.hour
        afternoon = 0
        if not self.b & 2:
            afternoon = 0x80 if hour >= 12 else 0
            hour = (hour - 1) % 12 + 1
        date = {0: self.now.second, 2: self.now.minute, 4: hour, 6: self.now.isoweekday() % 7 + 1, 7: self.now.day,
                8: self.now.month, 9: self.now.year % 100}
        if self._index in date:
            value = date[self._index] if self.b & 4 else int(str(date[self._index]), 16)
            return value | (afternoon if self._index == 4 else 0)
        if self._index == 0x0A:         # an update is near in the last 244 us, and takes 2 ms
            return self.a | (0x80 if self.now.microsecond >= 999_756 or self.now.microsecond < 2000 else 0)
        return {0x0B: self.b, 0x0D: 0x80 if self.battery else 0}.get(self._index, 0)


class Keyboard:
    """An 8042 with a keyboard on it, or without."""

    def __init__(self, *, keyboard: bool = True, busy: bool = False, full: bool = False) -> None:
        self.keyboard, self.busy, self.full = keyboard, busy, full
        self.output: deque[tuple[int, bool]] = deque()      # byte, is the mouse's
        self.byte, self.leds = 0x10, -1
        self._next: str | None = None

    def type(self, *codes: int, mouse: bool = False) -> None:
        self.output.extend((code, mouse) for code in codes)

    def write(self, port: int, value: int) -> None:
        if port == 0x64:
            self._next = "byte" if value == 0x60 else None
            if value == 0x20:
                self.type(self.byte)
            elif value in (0xAD, 0xAE):
                self.byte = self.byte & ~0x10 | (0x10 if value == 0xAD else 0)
        elif port == 0x60 and self._next == "byte":
            self.byte, self._next = value, None
        elif port == 0x60 and self.keyboard:
            if self._next == "leds":
                self.leds, self._next = value, None
            elif value == 0xED:
                self._next = "leds"
            self.type(0xEE if value == 0xEE else 0xFA)

    def read(self, port: int) -> int | None:
        if port == 0x64:
            mouse = bool(self.output and self.output[0][1])
            return 0x14 | bool(self.output or self.full) | (2 if self.busy else 0) | (0x20 if mouse else 0)
        if port == 0x60:
            return self.output.popleft()[0] if self.output else 0
        return None


class Uart:
    """An 8250 or one of its successors at 0x3F8.

    What is sent goes out once the status was read `busy` times, and `while_busy` is called as often. Sixteen bytes wait
    to be read; those that come then are lost.
    """

    def __init__(self, kind: str = "16550A", *, stuck: bool = False) -> None:
        self.kind, self.stuck = kind, stuck
        self.sent = bytearray()
        self.received: deque[tuple[int, int]] = deque()     # byte, its bits of the line status
        self.lcr, self.mcr, self.ier, self.divisor, self.fifo, self._scratch = 3, 0, 0, 96, 0, 0
        self.busy, self.while_busy, self._left = 0, lambda: None, 0
        self._told = False              # the status of the first byte was read

    def arrive(self, data: bytes) -> None:
        self.received.extend((byte, 0) for byte in data[:16 - len(self.received)])

    def send_break(self) -> None:
        self.received.append((0, 0x10))

    def write(self, port: int, value: int) -> None:
        match port - 0x3F8:
            case 0 if self.lcr & 0x80:
                self.divisor = self.divisor & 0xFF00 | value
            case 1 if self.lcr & 0x80:
                self.divisor = self.divisor & 0xFF | value << 8
            case 0:
                assert not self._left, "sent before there was room"
                self.sent.append(value)
                self._left = self.busy
            case 1:
                self.ier = value & 0x0F
            case 2 if self.kind.startswith("16550"):
                self.fifo = value
            case 3:
                self.lcr = value
            case 4:
                self.mcr = value & 0x1F
            case 7 if self.kind != "8250":
                self._scratch = value

    def read(self, port: int) -> int | None:
        match port - 0x3F8:
            case 0:
                self._told = False
                return self.received.popleft()[0] if self.received else 0
            case 1:
                return self.ier
            case 2:
                return 1 | ({"16550A": 0xC0, "16550": 0x80}.get(self.kind, 0) if self.fifo & 1 else 0)
            case 3:
                return self.lcr
            case 4:
                return self.mcr
            case 5:
                status = 0 if self.stuck or self._left else 0x60
                if self._left:
                    self._left -= 1
                    self.while_busy()
                if self.received:
                    status |= 1 | (0 if self._told else self.received[0][1])
                    self._told = True
                return status
            case 6:
                return 0xB0
            case 7:
                return self._scratch if self.kind != "8250" else ABSENT
        return None
