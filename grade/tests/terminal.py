"""A terminal of type cons25, written from termcap(5)'s description of it: rows are lists, and nothing is clever."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

VGA = (0, 4, 2, 6, 1, 5, 3, 7)          # ANSI's colours in VGA's order
GLYPH = re.compile(rb"[^\0\a\b\t\n\f\r\x1b]")


@dataclass(frozen=True)
class Look:
    """How characters look from now on."""

    fg: int = 7
    bg: int = 0
    bold: bool = False
    blink: bool = False
    underline: bool = False
    reverse: bool = False

    def byte(self, *, mono: bool) -> int:
        front, back = VGA[self.fg], VGA[self.bg]
        if mono:
            front, back = (0, 7) if self.reverse else (1, 0) if self.underline else (7, 0)
        elif self.reverse:
            front, back = back, front
        return back << 4 | front | (8 if self.bold else 0) | (0x80 if self.blink else 0)


SWITCHES = {1: ("bold", True), 4: ("underline", True), 5: ("blink", True), 7: ("reverse", True), 22: ("bold", False),
            24: ("underline", False), 25: ("blink", False), 27: ("reverse", False)}


@dataclass
class Terminal:
    """`rows` holds (character, colour byte) by row and column."""

    columns: int = 80
    height: int = 25
    mono: bool = False
    rows: list[list[tuple[int, int]]] = field(default_factory=list)
    x: int = 0
    y: int = 0
    look: Look = Look()

    def __post_init__(self) -> None:
        if not self.rows:
            self.rows = [self._blank_row() for _ in range(self.height)]
        self.region = (0, self.height - 1)
        self.saved = (0, 0, Look())

    def _blank(self) -> tuple[int, int]:
        return 0x20, self.look.byte(mono=self.mono)

    def _blank_row(self) -> list[tuple[int, int]]:
        return [self._blank()] * self.columns

    def feed(self, data: bytes) -> None:
        """Take whole sequences."""
        while data:
            data = self._take(data)

    def _take(self, data: bytes) -> bytes:
        if match := re.match(rb"\x1b\[([0-9;]*)([@-~])", data):
            numbers = [min(int(word), 9999) if word else -1 for word in match[1].split(b";")][:8]
            self._csi(numbers, match[2].decode())
        elif match := re.match(rb"\x1b\[[?=<>][0-9;]*[@-~]|\x1b[()#].", data, re.DOTALL):
            pass
        elif match := re.match(rb"\x1b([^\[()#])", data, re.DOTALL):
            self._escape(match[1].decode("latin1"))
        elif match := GLYPH.match(data):
            self.rows[self.y][self.x] = match[0][0], self.look.byte(mono=self.mono)
            self._forward(self.x + 1)
        else:
            match = re.match(rb".", data, re.DOTALL)
            assert match and match[0] != b"\x1b", data
            self._control(match[0])
        return data[match.end():]

    def _control(self, char: bytes) -> None:
        if char == b"\b" and (self.x or self.y):
            self.y, self.x = divmod(self.y * self.columns + self.x - 1, self.columns)
        elif char == b"\t":
            self._forward(self.x // 8 * 8 + 8)
        elif char == b"\n":
            self._down()
        elif char == b"\r":
            self.x = 0
        elif char == b"\f":
            self.rows = [self._blank_row() for _ in self.rows]
            self.x = self.y = 0

    def _forward(self, x: int) -> None:
        self.x = x
        if x >= self.columns:
            self.x = 0
            self._down()

    def _down(self) -> None:
        if self.y == self.region[1]:
            self._shift(self.region[0], 1)
        else:
            self.y = min(self.y + 1, self.height - 1)

    def _shift(self, top: int, count: int) -> None:
        """Up by `count` rows from `top` to the region's end; down if it is negative."""
        end = self.region[1] + 1
        part = self.rows[top:end]
        blank = [self._blank_row() for _ in range(min(abs(count), len(part)))]
        self.rows[top:end] = part[len(blank):] + blank if count > 0 else blank + part[:len(part) - len(blank)]

    def _escape(self, char: str) -> None:
        if char == "7":
            self.saved = self.x, self.y, self.look
        elif char == "8":
            self.x, self.y, self.look = self.saved
        elif char in "DE":
            self.x = 0 if char == "E" else self.x
            self._down()
        elif char == "M" and self.y == self.region[0]:
            self._shift(self.region[0], -1)
        elif char == "M":
            self.y = max(self.y - 1, 0)
        elif char == "c":
            self.look, self.rows = Look(), []
            self.x = self.y = 0
            self.__post_init__()

    def _csi(self, numbers: list[int], final: str) -> None:
        first = max(numbers[0], 0)
        count = max(first, 1)
        row = self.rows[self.y]
        if final in "ABCDEFG`dHfZ":
            self._move(numbers, final, count)
        elif final in "su":
            self._escape("7" if final == "s" else "8")
        elif final in "JK" and first <= 2:
            self._erase(final, first)
        elif final == "X":
            for x in range(self.x, min(self.x + count, self.columns)):
                row[x] = self._blank()
        elif final == "@":
            row[self.x:] = ([self._blank()] * count + row[self.x:])[:self.columns - self.x]
        elif final == "P":
            row[self.x:] = (row[self.x + count:] + [self._blank()] * self.columns)[:self.columns - self.x]
        elif final in "LM" and self.region[0] <= self.y <= self.region[1]:
            self._shift(self.y, count if final == "M" else -count)
        elif final in "ST":
            self._shift(self.region[0], count if final == "S" else -count)
        elif final == "r":
            bottom = numbers[1] if len(numbers) > 1 and numbers[1] > 0 else self.height
            region = count - 1, min(bottom, self.height) - 1
            if region[0] < region[1]:
                self.region, self.x, self.y = region, 0, 0
        elif final == "x":
            self.look = replace(self.look, fg=7, bg=0)
        elif final == "m":
            for number in numbers:
                self._rendition(max(number, 0))

    def _move(self, numbers: list[int], final: str, count: int) -> None:
        x, y = self.x, self.y
        if final in "ABEF":
            y += count if final in "BE" else -count
        if final in "CD":
            x += count if final == "C" else -count
        if final in "EF":
            x = 0
        if final in "G`":
            x = count - 1
        if final == "d":
            y = count - 1
        if final in "Hf":
            x, y = (max(numbers[1], 1) if len(numbers) > 1 else 1) - 1, count - 1
        if final == "Z":
            for _ in range(count):
                x = max((x - 1) // 8 * 8, 0)
        self.x, self.y = max(0, min(x, self.columns - 1)), max(0, min(y, self.height - 1))

    def _erase(self, final: str, which: int) -> None:
        for y in range(self.height):
            for x in range(self.columns):
                before = (y, x) < (self.y, self.x)
                inside = (not before, before or (y, x) == (self.y, self.x), True)[which]
                if inside and (final == "J" or y == self.y):
                    self.rows[y][x] = self._blank()

    def _rendition(self, number: int) -> None:
        if number == 0:
            self.look = Look()
        elif number in SWITCHES:
            name, value = SWITCHES[number]
            self.look = replace(self.look, **{name: value})
        elif 30 <= number <= 37 or number == 39:
            self.look = replace(self.look, fg=7 if number == 39 else number - 30)
        elif 40 <= number <= 47 or number == 49:
            self.look = replace(self.look, bg=0 if number == 49 else number - 40)
