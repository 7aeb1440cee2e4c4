"""The kernel's screen, keyboard and COM1 on this computer: the same sources, with the chips in Python.

A boot shows that a key gives its letter; this shows all keys, screens after any sequence, and devices that are broken or
absent.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from random import Random

import pytest

from grade.tests.kdev_models import Keyboard, Pic, Pit, Uart
from grade.tests.kdev_pc import MakePc, Pc, build_library, make_pc_fixture
from grade.tests.terminal import Terminal

__all__ = ["build_library", "make_pc_fixture"]      # the fixtures


class Attr(ctypes.Structure):
    """struct screen_attr."""

    _fields_ = [(name, ctypes.c_uint8) for name in ("fg", "bg", "bold", "blink", "underline", "reverse")]


class Screen(ctypes.Structure):
    """struct screen."""

    _fields_ = [("cells", ctypes.POINTER(ctypes.c_uint16)),
                *((name, ctypes.c_int) for name in ("columns", "rows", "mono", "x", "y", "saved_x", "saved_y", "top",
                                                    "bottom")),
                ("attr", Attr), ("saved_attr", Attr)]


class ConsDev(ctypes.Structure):
    """struct consdev."""

    _fields_ = [("name", ctypes.c_char_p),
                ("probe", ctypes.CFUNCTYPE(None, ctypes.c_void_p)), ("init", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
                ("putc", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int)),
                ("checkc", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)), ("pri", ctypes.c_int)]


# ---------------------------------------------------------------- the screen


class AnsiScreen:
    """A screen of the kernel's, in an array with a guard row on either side."""

    def __init__(self, kernel: ctypes.CDLL, columns: int, rows: int, *, mono: bool = False,
                 at: tuple[int, int] = (0, 0), cells: Sequence[int] = ()) -> None:
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
        numbers = draw.choices((0, 1, 4, 5, 7, 22, 24, 25, 27, 31, 36, 39, 42, 47, 49, 99), k=draw.randrange(4))
    else:
        numbers = draw.choices((0, 1, 2, 3, 5, 9, 20, 99999999), k=draw.choice((0, 1, 1, 2, 2, 3, 12)))
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
        assert typed(pc, keyboard, 0xE0, SHIFT, *stroke(0x100 | code), 0x1E, 0xE0, SHIFT | 0x80) == plain + "a"
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
    for key in (SHIFT, 0x36, CTRL, ALT):
        typed(pc, keyboard, key | 0x80, 0xE0, key | 0x80)
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
    typed(pc, keyboard, CAPS, CAPS, CAPS, CAPS)     # held down
    assert keyboard.leds == 4
    typed(pc, keyboard, CAPS | 0x80, *stroke(NUM))
    assert keyboard.leds == 6
    keyboard.type(0x1E, mouse=True)
    assert typed(pc, keyboard, *stroke(CODES["b"])) == "B"
    keyboard.type(*stroke(CODES["x"]) * 200)
    for _ in range(20):
        pc.kernel.host_checkc()
    assert set(typed(pc, keyboard)) == {"X"}


@pytest.mark.parametrize("keyboard", [None, Keyboard(keyboard=False), Keyboard(busy=True), Keyboard(keyboard=False, full=True)])
def test_no_keyboard_is_no_hang(make_pc: MakePc, keyboard: Keyboard | None) -> None:
    """No controller, no keyboard on it, or one that is stuck, empty or full: time passes, but not for ever."""
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
    """An empty address is told from a port."""
    pc = make_pc(Pic())
    assert com1(pc).pri == 0
    pc.kernel.sio_attach()
    assert pc.text == ""
    pc.number("boothowto").value = 0x1000
    pc.devices.append(Uart())
    assert com1(pc).pri == 3


def test_stuck_uart_is_no_hang(make_pc: MakePc) -> None:
    """One whose transmitter never empties loses characters, not the machine."""
    uart = Uart(stuck=True)
    device = com1(make_pc(Pic(), uart))
    device.putc(None, 0x78)
    assert device.pri == 1 and not uart.sent


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
    text = bytes(range(200))
    waiting = list(text)
    uart.busy, uart.while_busy = 5, lambda: uart.arrive(bytes(waiting.pop(0) for _ in waiting[:1]))
    for _ in range(50):
        device.putc(None, 0x78)
    assert get_all(device) == text
