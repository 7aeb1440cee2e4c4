"""The kernel's devices on this computer: the same sources, with the chips in Python (kdev_models.py, terminal.py).

A boot shows that a key gives its letter; this shows all keys, all dates, screens after any sequence, and interrupts that
come at the worst time.
"""

from __future__ import annotations

import calendar
import ctypes
import shutil
import subprocess
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random

import pytest

from grade.tests.emulation import TREE, tool
from grade.tests.kdev_models import ABSENT, Device, Keyboard, Pic, Pit, Rtc, Uart
from grade.tests.terminal import Terminal

SOURCES = ("i386/atpic", "i386/intr", "i386/clock", "i386/rtc", "dev/screen", "dev/ansi", "dev/kbdmap", "dev/kbd", "dev/sio")
FLAGS = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-fPIC", "-Wall", "-Wextra", "-Werror", "-Igrade/tests/host")
KERNEL_FLAGS = ("-Ikernel", "-Dprintf=host_printf", "-Dlog=host_log", "-Wno-attributes")
READ, WRITE = ctypes.CFUNCTYPE(ctypes.c_uint8, ctypes.c_uint16), ctypes.CFUNCTYPE(None, ctypes.c_uint16, ctypes.c_uint8)
NOTHING, WHY, HANDLER = ctypes.CFUNCTYPE(None), ctypes.CFUNCTYPE(None, ctypes.c_char_p), ctypes.CFUNCTYPE(None, ctypes.c_void_p)
PSL_I = 0x200
EINVAL, EBUSY = 22, 16
IPL_SOFTCLOCK, IPL_BIO, IPL_TTY, IPL_CLOCK, IPL_HIGH = range(1, 6)


class ClockTime(ctypes.Structure):
    """struct clocktime."""

    _fields_ = [(name, ctypes.c_int) for name in ("year", "mon", "day", "hour", "min", "sec", "dow")]


class Attr(ctypes.Structure):
    """struct screen_attr."""

    _fields_ = [(name, ctypes.c_uint8) for name in ("fg", "bg", "bold", "blink", "underline", "reverse")]


class Screen(ctypes.Structure):
    """struct screen."""

    _fields_ = [("cells", ctypes.POINTER(ctypes.c_uint16)),
                *((name, ctypes.c_int) for name in ("columns", "rows", "mono", "x", "y", "saved_x", "saved_y", "top",
                                                    "bottom")),
                ("attr", Attr), ("saved_attr", Attr)]


class Frame(ctypes.Structure):
    """struct intrframe."""

    _fields_ = [("vec", ctypes.c_uint32), ("tf", ctypes.c_uint32 * 18)]


class ConsDev(ctypes.Structure):
    """struct consdev."""

    _fields_ = [("name", ctypes.c_char_p),
                ("probe", ctypes.CFUNCTYPE(None, ctypes.c_void_p)), ("init", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
                ("putc", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int)),
                ("checkc", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)), ("pri", ctypes.c_int)]


@pytest.fixture(scope="session", name="library")
def build_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drivers, and kdev_host.c around them, as a library."""
    folder = tmp_path_factory.mktemp("kdev")
    objects = []
    for source in (*(f"kernel/{name}.c" for name in SOURCES), "grade/tests/kdev_host.c"):
        objects.append(folder / f"{Path(source).stem}.o")
        flags = KERNEL_FLAGS if source.startswith("kernel/") else ()
        subprocess.run([tool("gcc"), *FLAGS, *flags, "-c", "-o", objects[-1], source], cwd=TREE, check=True)
    library = folder / "kdev.so"
    subprocess.run([tool("gcc"), "-shared", "-Wl,-Bsymbolic", "-o", library, *objects], check=True)
    return library


class Pc:
    """A PC of these devices, and the drivers' memory as it is at boot."""

    def __init__(self, library: Path, *devices: Device) -> None:
        self.kernel = ctypes.CDLL(str(library))
        self.devices = list(devices)
        self.entered: list[str] = []
        self._kept = {"host_in": READ(self._read), "host_out": WRITE(self._write),
                      "host_entered": WHY(lambda why: self.entered.append(why.decode()))}
        for name, function in self._kept.items():
            self.set_hook(name, function)

    def set_hook(self, name: str, function: object) -> None:
        """Set a function pointer of kdev_host.c."""
        self._kept[name] = function
        address = ctypes.cast(function, ctypes.c_void_p).value        # type: ignore[arg-type]
        ctypes.c_void_p.in_dll(self.kernel, name).value = address

    def _read(self, port: int) -> int:
        for device in self.devices:
            if (value := device.read(port)) is not None:
                return value
        return ABSENT

    def _write(self, port: int, value: int) -> None:
        for device in self.devices:
            device.write(port, value)

    @property
    def text(self) -> str:
        """What the drivers have printed."""
        return ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(self.kernel, "host_text"))).decode()

    def number(self, name: str) -> ctypes.c_int:
        return ctypes.c_int.in_dll(self.kernel, name)


MakePc = Callable[..., Pc]


@pytest.fixture(name="make_pc")
def make_pc_fixture(library: Path, tmp_path: Path) -> MakePc:
    """Pc() of a library that nobody has used: each copy has its own variables."""
    made: list[Path] = []

    def make(*devices: Device) -> Pc:
        made.append(tmp_path / f"kdev{len(made)}.so")
        shutil.copy(library, made[-1])
        return Pc(made[-1], *devices)
    return make


# ---------------------------------------------------------------- the screen


class AnsiScreen:
    """A screen of the kernel's, in an array with a guard row on either side."""

    def __init__(self, kernel: ctypes.CDLL, columns: int, rows: int, *, mono: bool = False, at: tuple[int, int] = (0, 0),
                 cells: Sequence[int] = ()) -> None:
        self._kernel, self._size, self._columns = kernel, columns * rows, columns
        self._memory = (ctypes.c_uint16 * (self._size + 2 * columns))(*[0xDEAD] * (self._size + 2 * columns))
        self._memory[columns:columns + self._size] = list(cells) or [0x0720] * self._size
        self.screen, self._ansi = Screen(), (ctypes.c_uint8 * 64)()
        first = ctypes.cast(ctypes.byref(self._memory, 2 * columns), ctypes.POINTER(ctypes.c_uint16))
        kernel.screen_init(ctypes.byref(self.screen), first, columns, rows, mono, *at)

    def feed(self, data: bytes) -> None:
        for char in data:
            self._kernel.ansi_putc(self._ansi, ctypes.byref(self.screen), char)

    def rows(self) -> list[list[tuple[int, int]]]:
        assert set(self._memory[:self._columns] + self._memory[-self._columns:]) == {0xDEAD}, "written beside the grid"
        cells = [(cell & 0xFF, cell >> 8) for cell in self._memory[self._columns:-self._columns]]
        return [cells[at:at + self._columns] for at in range(0, self._size, self._columns)]


def random_sequence(draw: Random) -> bytes:
    """Text or one sequence, of those that mean something and of others."""
    kind = draw.randrange(8)
    if kind < 2:
        return bytes(draw.choices(b"abc XYZ\xb0\xff\x04\x18", k=draw.randrange(1, 30)))
    if kind == 2:
        return bytes(draw.choices(b"\b\t\n\r\n\a\0", k=draw.randrange(1, 4))) + (b"\f" if draw.random() < .05 else b"")
    if kind == 3:
        return b"\x1b" + draw.choice([b"7", b"8", b"D", b"E", b"M", b"M", b"(B", b"[=1C", b"[?25l", b"=", b"c"])
    final = draw.choice("ABCDEFGHfJKLMPSTXZ@`drsux" + "Hm" * 5)
    if final == "m":
        numbers = [draw.choice((0, 1, 4, 5, 7, 22, 24, 25, 27, 31, 36, 39, 42, 47, 49, 99)) for _ in range(draw.randrange(4))]
    else:
        numbers = [draw.choice((0, 1, 2, 3, 5, 9, 20, 99999999)) for _ in range(draw.choice((0, 1, 1, 2, 2, 3, 12)))]
    return f"\x1b[{';'.join(str(n) if draw.random() < .9 else '' for n in numbers)}{final}".encode()


@pytest.mark.parametrize("columns, rows, mono", [(80, 25, False), (11, 5, False), (9, 4, True)])
def test_screen_after_any_sequences(make_pc: MakePc, columns: int, rows: int, mono: bool) -> None:
    """The kernel's screen and Python's are the same after each of many sequences."""
    kernel = make_pc().kernel
    for seed in range(12 if columns < 80 else 3):
        draw, seen = Random(seed), [b""]
        model = Terminal(columns, rows, mono)
        screen = AnsiScreen(kernel, columns, rows, mono=mono)
        for _ in range(200 if columns < 80 else 60):
            seen.append(random_sequence(draw))
            model.feed(seen[-1])
            screen.feed(seen[-1])
            assert (screen.screen.x, screen.screen.y) == (model.x, model.y), seen[-3:]
            assert screen.rows() == model.rows, seen[-3:]


def test_screen_is_taken_over(make_pc: MakePc) -> None:
    """What stood there stays; text goes on at the cursor; a cursor outside is brought in."""
    kernel = make_pc().kernel
    screen = AnsiScreen(kernel, 80, 25, at=(0, 24), cells=[0x0700 | 65 + at // 80 for at in range(2000)])
    screen.feed(b"new\r\nnext")
    rows = ["".join(chr(char) for char, _ in row).rstrip() for row in screen.rows()]
    assert rows[0] == "B" * 80 and rows[22] == "X" * 80 and rows[23] == "new" + "Y" * 77 and rows[24] == "next"
    outside = AnsiScreen(kernel, 80, 25, at=(5, 818))
    assert (outside.screen.x, outside.screen.y) == (5, 24)


# ---------------------------------------------------------------- keyboard

UNSHIFTED = "1234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./"
SHIFTED = "!@#$%^&*()_+\b\0QWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?"
CODES = {char: 2 + at for at, char in enumerate(UNSHIFTED) if char != "\0"} | {" ": 0x39, "\x1b": 1}
FUNCTION_KEYS = (*range(0x3B, 0x45), 0x57, 0x58)
KEYPAD = {0x47: ("7", "\x1b[H"), 0x48: ("8", "\x1b[A"), 0x49: ("9", "\x1b[I"), 0x4B: ("4", "\x1b[D"),
          0x4C: ("5", "\x1b[E"), 0x4D: ("6", "\x1b[C"), 0x4F: ("1", "\x1b[F"), 0x50: ("2", "\x1b[B"),
          0x51: ("3", "\x1b[G"), 0x52: ("0", "\x1b[L"), 0x53: (".", "\x7f"), 0x4A: ("-", "-"), 0x4E: ("+", "+")}
SHIFT, CTRL, ALT, CAPS, NUM = 0x2A, 0x1D, 0x38, 0x3A, 0x45


def keyboard_pc(make_pc: MakePc, keyboard: Keyboard) -> Pc:
    return make_pc(Pic(), Pit(lambda: 100), keyboard)


def stroke(*codes: int) -> list[int]:
    """Keys that go down in this order, and up in the other."""
    def code(key: int, up: int) -> list[int]:
        return [0xE0, key & 0x7F | up] if key > 0xFF else [key | up]
    return sum(([*code(key, 0)] for key in codes), []) + sum(([*code(key, 0x80)] for key in codes[::-1]), [])


def typed(pc: Pc, keyboard: Keyboard, *codes: int) -> str:
    """The characters that scan codes give, by polling."""
    keyboard.type(*codes)
    chars = []
    while (char := pc.kernel.host_checkc()) != -1:
        chars.append(chr(char))
    return "".join(chars)


def test_every_key(make_pc: MakePc) -> None:
    """Letters, digits, signs by shift, caps lock and ctrl; keypad by num lock; function keys as cons25 has them."""
    keyboard = Keyboard()
    pc = keyboard_pc(make_pc, keyboard)
    for char, code in CODES.items():
        upper = SHIFTED[UNSHIFTED.index(char)] if char in UNSHIFTED else char
        assert typed(pc, keyboard, *stroke(code)) == char
        assert typed(pc, keyboard, *stroke(SHIFT, code)) == ("\x1b[Z" if char == "\t" else upper)
        assert typed(pc, keyboard, *stroke(0x36, code)) == ("\x1b[Z" if char == "\t" else upper)
        typed(pc, keyboard, *stroke(CAPS))
        assert typed(pc, keyboard, *stroke(code)) == (upper if char.isalpha() else char)
        assert typed(pc, keyboard, *stroke(SHIFT, code)) == ("\x1b[Z" if char == "\t" else
                                                             char if char.isalpha() else upper)
        typed(pc, keyboard, *stroke(CAPS))
        if char.isalpha():
            assert typed(pc, keyboard, *stroke(CTRL, code)) == typed(pc, keyboard, *stroke(0x11D, code)) \
                == chr(ord(char) & 31)
    for code, (digit, plain) in KEYPAD.items():
        assert typed(pc, keyboard, *stroke(code)) == plain and typed(pc, keyboard, *stroke(SHIFT, code)) == digit
        typed(pc, keyboard, *stroke(NUM))
        assert typed(pc, keyboard, *stroke(code)) == digit and typed(pc, keyboard, *stroke(SHIFT, code)) == plain
        assert typed(pc, keyboard, 0xE0, SHIFT, *stroke(0x100 | code), 0xE0, SHIFT | 0x80) == plain
        typed(pc, keyboard, *stroke(NUM))
    for held, finals in (((), "MNOPQRSTUVWX"), ((SHIFT,), "YZabcdefghij"), ((CTRL,), "klmnopqrstuv"),
                         ((CTRL, SHIFT), "wxyz@[\\]^_`{")):
        for code, final in zip(FUNCTION_KEYS, finals, strict=True):
            assert typed(pc, keyboard, *stroke(*held, code)) == f"\x1b[{final}"
    controls = {" ": "\0", "2": "\0", "6": "\x1e", "-": "\x1f", "[": "\x1b", "\\": "\x1c", "]": "\x1d", "\b": "\x7f",
                "\r": "\n", "1": "", "/": ""}
    assert {char: typed(pc, keyboard, *stroke(CTRL, CODES[char])) for char in controls} == controls
    assert typed(pc, keyboard, *stroke(0x137)) == "" and typed(pc, keyboard, *stroke(0x135)) == "/"
    assert typed(pc, keyboard, 0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5, *stroke(CODES["a"])) == "a"


def test_any_scan_codes_are_survived(make_pc: MakePc) -> None:
    """No byte that a keyboard may send breaks anything, and after all is let go the letters are there."""
    keyboard = Keyboard()
    pc, draw = keyboard_pc(make_pc, keyboard), Random(3)
    for _ in range(40):
        typed(pc, keyboard, *draw.choices(range(256), k=100))
    typed(pc, keyboard, 0xBA, 0xC5, *(code for key in (0x2A, 0x36, 0x1D, 0x38) for code in (key | 0x80, 0xE0, key | 0x80)))
    assert typed(pc, keyboard, *stroke(CODES["a"])).lower() == "a"


def test_keyboard_controller(make_pc: MakePc) -> None:
    """The command byte, LEDs that repeat not, the mouse's bytes, and a ring that is full."""
    keyboard = Keyboard()
    keyboard.type(0x1E)                 # left over from the loader
    pc = keyboard_pc(make_pc, keyboard)
    pc.kernel.kbd_init()
    assert keyboard.byte == 0x41
    pc.kernel.kbd_attach()
    assert pc.text == ("atkbdc0: <Keyboard controller (i8042)> at port 0x60,0x64 on isa0\n"
                       "atkbd0: <AT Keyboard> irq 1 on atkbdc0\n")
    assert keyboard.leds == 0
    typed(pc, keyboard, CAPS, CAPS, CAPS)
    assert keyboard.leds == 4
    typed(pc, keyboard, CAPS | 0x80, *stroke(NUM))
    assert keyboard.leds == 6
    keyboard.type(0x1E, mouse=True)
    assert typed(pc, keyboard, *stroke(CODES["b"])) == "B"
    keyboard.type(*stroke(CODES["x"]) * 200)
    for _ in range(20):
        pc.kernel.host_checkc()
    assert set(typed(pc, keyboard)) == {"X"}


@pytest.mark.parametrize("keyboard", [None, Keyboard(keyboard=False), Keyboard(busy=True)])
def test_no_keyboard_is_no_hang(make_pc: MakePc, keyboard: Keyboard | None) -> None:
    """No controller, no keyboard on it, or one that is stuck: time passes, but not for ever."""
    pc = make_pc(Pic(), Pit(lambda: 5000), *([keyboard] if keyboard else []))
    pc.kernel.kbd_init()
    pc.kernel.kbd_attach()
    assert pc.kernel.host_checkc() == -1
    assert "atkbd0" not in pc.text and ("atkbdc0" in pc.text) == (keyboard is not None)


def test_debugger_and_reboot_keys(make_pc: MakePc) -> None:
    """Ctrl-Alt-Esc, but not out of the debugger itself; Ctrl-Alt-Del, also the grey one."""
    keyboard = Keyboard()
    pc = keyboard_pc(make_pc, keyboard)
    assert typed(pc, keyboard, *stroke(CTRL, ALT, 1)) == ""
    pc.number("kdb_active").value = 1
    typed(pc, keyboard, *stroke(CTRL, ALT, 1))
    typed(pc, keyboard, *stroke(CTRL, ALT, 0x153))
    typed(pc, keyboard, *stroke(0x11D, 0x138, 0x53))
    assert pc.entered == ["manual escape to debugger", "reboot", "reboot"]
    assert typed(pc, keyboard, *stroke(CODES["a"])) == "a"


# ---------------------------------------------------------------- COM1


def com1(pc: Pc) -> ConsDev:
    """sio_consdev, probed and, if it is there, started."""
    device = ConsDev.in_dll(pc.kernel, "sio_consdev")
    device.probe(ctypes.addressof(device))
    if device.pri:
        device.init(ctypes.addressof(device))
    return device


def get_all(device: ConsDev) -> bytes:
    chars = bytearray()
    while (char := device.checkc(None)) != -1:
        chars.append(char)
    return bytes(chars)


@pytest.mark.parametrize("kind, fifo", [("8250", 0), ("16450", 0), ("16550", 0), ("16550A", 0x81)])
def test_uarts(make_pc: MakePc, kind: str, fifo: int) -> None:
    """Each is set to 115200 8N1, told by its name, and used as it can be."""
    uart = Uart(kind)
    pc = make_pc(Pic(), uart)
    device = com1(pc)
    assert (device.name, device.pri) == (b"sio0", 1)
    assert (uart.divisor, uart.lcr, uart.fifo, uart.mcr, uart.ier) == (1, 3, fifo, 3, 0)
    pc.kernel.sio_attach()
    assert pc.text == f"sio0 at port 0x3f8-0x3ff irq 4 flags 0x10 on isa0\nsio0: type {kind}, console\n"
    assert (uart.mcr, uart.ier) == (0x0B, 5)
    for char in b"Hello\xff\0":
        device.putc(None, char)
    assert uart.sent == b"Hello\xff\0"
    uart.arrive(b"typed\x80")
    assert get_all(device) == b"typed\x80"


def test_no_uart_is_no_hang(make_pc: MakePc) -> None:
    """An empty address is told from a port; one whose transmitter never empties loses characters, not the machine."""
    pc = make_pc(Pic())
    assert com1(pc).pri == 0
    pc.kernel.sio_attach()
    assert pc.text == ""
    pc.number("boothowto").value = 0x1000
    pc.devices.append(Uart())
    assert com1(pc).pri == 3


def test_break_and_what_is_typed_while_printing(make_pc: MakePc) -> None:
    """A break on the console leads to the debugger once interrupts are set up, and takes no character with it."""
    uart = Uart()
    pc = make_pc(Pic(), uart)
    device = com1(pc)
    uart.send_break()
    uart.arrive(b"early")
    assert get_all(device) == b"early" and pc.entered == []
    pc.kernel.sio_attach()
    uart.arrive(b"ab")
    uart.send_break()
    uart.arrive(b"cd")
    device.putc(None, 0x78)             # reads the status that tells of the break
    assert get_all(device) == b"abcd"
    assert pc.entered == ["Line break on console"]
    uart.send_break()
    device.putc(None, 0x78)
    uart.arrive(b"\0")
    assert get_all(device) == b"\0" and len(pc.entered) == 2
    pc.number("kdb_active").value = 1
    uart.send_break()
    assert get_all(device) == b"" and len(pc.entered) == 2
    uart.arrive(bytes(range(256)) * 2)
    for _ in range(10):
        device.putc(None, 0x78)
    assert get_all(device)[:256] == bytes(range(256))


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
        assert rtc.written == {index: rtc.forced.get(index) or read_register(rtc, index) for index in (0, 2, 4, 6, 7, 8, 9)}
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
def test_delay(make_pc: MakePc, hz: int) -> None:
    """Never too short, hardly too long, at any rate of the timer, from before the first tick on."""
    draw = Random(hz)
    longest = 1193182 // hz - 2
    pit = Pit(lambda: draw.randrange(1, min(longest, 40)))
    pc = make_pc(pit)
    pc.number("hz").value = hz
    pc.kernel.i8254_init()
    assert (pit.mode, pit.reload) == (0x34, round(1193182 / hz))
    for microseconds in (-5, 0, 1, 2, 10, 100, 3000, 12345):
        pit.elapsed = draw.randrange(pit.reload)
        before = pit.elapsed
        pc.kernel.DELAY(microseconds)
        wanted = max(microseconds, 0) * 1.193182
        assert wanted <= pit.elapsed - before <= wanted * 1.001 + 125, microseconds


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
        def run(_: int) -> None:
            try:
                body()
            except AssertionError as error:     # ctypes would drop it
                self.failures.append(error)
        handler, name = HANDLER(run), ctypes.create_string_buffer(b"dev%d" % irq)
        self.kept += [handler, name]
        return self.kernel.intr_create(name, irq, level, handler, None)

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
    levels = {irq: draw.choice((IPL_SOFTCLOCK, IPL_BIO, IPL_TTY, IPL_CLOCK))
              for irq in draw.sample([irq for irq in range(16) if irq != 2], 8)}
    asked = dict.fromkeys(levels, False)    # since its handler was last called
    raised, served = dict.fromkeys(levels, 0), dict.fromkeys(levels, 0)
    floor = [0]                     # the levels of those who run, from outside in

    def ask() -> None:
        irq = draw.choice(list(levels))
        asked[irq] = True
        raised[irq] += 1
        pc.raise_irq(irq)

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

    for irq, level in levels.items():
        assert pc.create(irq, level, lambda irq=irq: serve(irq)) == 0
    pc.enable()
    for _ in range(40):
        section(draw.randrange(5))
    assert not pc.failures, pc.failures[0]
    assert pc.level == 0 and not any(asked.values()) and pc.pic.isr == [0, 0] and pc.pic.irr == [0, 0]
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


def test_clock_ticks(make_pc: MakePc) -> None:
    """IRQ 0 is the clock's, and each one is a tick."""
    pc = InterruptPc(make_pc)
    pc.pc.devices.append(Pit(lambda: 1))
    pc.kernel.startrtclock()
    assert pc.pc.text == 'Timecounter "i8254"  frequency 1193182 Hz\n'
    pc.enable()
    for _ in range(7):
        pc.raise_irq(0)
    assert pc.pc.number("ticks").value == 7
