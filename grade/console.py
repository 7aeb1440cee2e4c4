"""What `make bochs` and `make qemu` run: a PC whose screen is this terminal.

One of the PC's two faces is relayed to the user's terminal, both ways and byte
for byte:

    screen    the 80x25 text screen and the keyboard (the default)
    serial    COM1, with --serial

The other face is drained; what COM1 said is shown at the end. Without a
terminal on both stdin and stdout the run is headless: COM1 is copied to stdout
until the power goes off.

COM1 is fed a key at a time. Its port holds 16 characters, and nothing on the
line says "wait": a paste at the line's own speed, eleven characters in a
millisecond, would lose its end to a guest that draws each on its screen.

Ctrl-] quits, the emulator too, and whatever ends us, the terminal is given back
as it was. Exit status: 0 the guest powered off or the user quit, 1 the guest
ended otherwise, 2 there was nothing to run or no way to.
"""

from __future__ import annotations

import argparse
import curses
import os
import re
import select
import selectors
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path

from grade.emulators import (
    Bochs, Emulator, Ending, Qemu, claim_disk, lock_of, remove_stale_lock, type_keys, write_all,
)
from grade.failure import HarnessFault

QUIT_KEY = b"\x1d"  # Ctrl-]
SCREEN = (25, 80)  # the PC's text screen: lines, columns
HEADLESS_SECONDS = 120.0  # guards the host; no guest is judged by it
STUB = re.compile(rb"(?:^|\n)(LAB \d+\.\d+: [^\r\n]+)\r?\n\Z")     # what lab_stub() sends
KEY_SECONDS = 0.01  # from one key on COM1 to the next; a guest needs less than a millisecond


class Interrupted(Exception):
    """A signal asked us to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def say(text: str) -> None:
    """A line to the user; stdout belongs to the guest."""
    print(text, file=sys.stderr, flush=True)


# --- The user's terminal ------------------------------------------------------


def term_for(wanted: str | None) -> str:
    """The terminal type to draw for: the user's own, if curses here knows it."""
    for term in (wanted, "xterm", "linux"):
        if term and term != "dumb":
            with suppress(curses.error):
                curses.setupterm(term, sys.stderr.fileno())
                if curses.tigetstr("cup"):
                    return term
    return "vt100"


def undo_drawing() -> bytes:
    """What puts a terminal back that curses drew on; Bochs ends without doing so."""
    names = ("sgr0", "rmkx", "cnorm", "rmcup")
    with suppress(curses.error):
        return b"".join(curses.tigetstr(name) or b"" for name in names) + b"\r\n"
    return b"\r\n"


@contextmanager
def raw_terminal(keyboard: int, display: int, *, afterwards: bytes):
    """The user's terminal in raw mode; as it was before, whatever happens inside.

    `afterwards` is written to it first.
    """
    before = termios.tcgetattr(keyboard)
    try:
        tty.setraw(keyboard)
        yield
    finally:
        with suppress(OSError, termios.error):  # a hung-up terminal takes no more
            write_all(display, afterwards)
            termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)


def await_size(keyboard: int, display: int) -> tuple[int, int]:
    """The lines and columns to draw on: the PC's screen, or less if the user wants to go on so.

    Never more, though the terminal may be larger: Bochs would frame its screen.
    """
    told = False
    while True:
        columns, lines = os.get_terminal_size(display)
        if (lines >= SCREEN[0] and columns >= SCREEN[1]) or not (lines and columns):
            return SCREEN
        if not told:
            say(f"The PC's screen has 80x25 characters, this terminal {columns}x{lines}: "
                "enlarge it,\nor press Enter to go on without the rest.")
            told = True
        if select.select([keyboard], [], [], 0.2)[0]:
            os.read(keyboard, 1024)
            return min(lines, SCREEN[0]), min(columns, SCREEN[1])


# --- Relaying -----------------------------------------------------------------


class Relay:
    """Carries bytes between a PC and the user until the PC ends or the user quits.

    Both faces of the PC are drained; `show` is given what the chosen one prints,
    `serial_tail` keeps the last of what came by COM1, and `typed` holds the keys
    that are not due there yet.
    """

    def __init__(self, machine: Emulator, *, serial: bool, show: Callable[[bytes], None]) -> None:
        self.machine = machine
        self.serial = serial
        self.show = show
        self.serial_tail = b""
        self.typed = b""
        self.due = 0.0
        self.quit = False
        self.selector = selectors.DefaultSelector()

    def run(self, *, keyboard: int | None, limit: float | None) -> Ending:
        """Relays to the end, at most `limit` seconds; returns how it ended."""
        look = time.monotonic() + 1.0
        deadline = None if limit is None else time.monotonic() + limit
        ended = os.pidfd_open(self.machine.process.pid)
        self.listen(ended, lambda data: None)
        self.listen(self.machine.control, self.from_control)
        self.listen(self.machine.screen, self.from_screen)
        self.listen(self.machine.serial.master, self.from_serial)
        self.listen(keyboard, self.from_keyboard)
        while True:
            ready = self.selector.select(self.feed() if deadline is None else 1.0)
            if [key.fd for key, _ in ready] == [ended]:  # and nothing is left to read
                self.machine.process.wait()
                self.empty_serial()
                return self.machine.ending()
            for key, _ in ready:
                if key.fd != ended:
                    self.carry(key.fd, key.data)
            if self.quit:
                return Ending("You quit." + self.why_still(), 0)
            if deadline is not None and time.monotonic() > look:
                look += 1.0
                if self.machine.halted() or self.stub():
                    return Ending("Stopped." + self.why_still(), 1)
                if time.monotonic() > deadline:
                    return Ending(f"Stopped: the machine still ran after {limit:g} seconds.", 1)

    def empty_serial(self) -> None:
        """Hands on what the PC has sent and the kernel still carries: all of it, when a mark that we send behind it
        has come."""
        line, rest = self.machine.serial, b""
        mark = os.urandom(8).hex().encode()
        os.write(line.slave, mark)
        while not rest.endswith(mark):
            rest += os.read(line.master, 65536)
        self.from_serial(rest.removesuffix(mark))

    def why_still(self) -> str:
        if self.machine.halted():
            return " The machine had halted with interrupts off: nothing can wake it."
        if stub := self.stub():
            return f" The machine stands at what is not written yet, {stub}."
        return ""

    def stub(self) -> str:
        """The exercise whose stub has said that it was reached, as the last that came: it stays there."""
        found = STUB.search(self.serial_tail)
        return found[1].decode() if found else ""

    def listen(self, fd: int | None, handler: Callable[[bytes], None]) -> None:
        if fd is not None:
            self.selector.register(fd, selectors.EVENT_READ, handler)

    def carry(self, fd: int, handler: Callable[[bytes], None]) -> None:
        """Hands on what can be read; a line that the other end closed is dropped."""
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b""
        if data:
            handler(data)
        else:
            self.selector.unregister(fd)
            self.quit = self.quit or handler == self.from_keyboard

    def from_control(self, data: bytes) -> None:
        before = self.machine.screen
        self.machine.hear(data)
        if self.machine.screen != before:
            self.listen(self.machine.screen, self.from_screen)

    def from_screen(self, data: bytes) -> None:
        if not self.serial:
            self.show(data)

    def from_serial(self, data: bytes) -> None:
        self.serial_tail = (self.serial_tail + data)[-2048:]
        if self.serial:
            self.show(data)

    def from_keyboard(self, data: bytes) -> None:
        keys, quit_key, _ = data.partition(QUIT_KEY)
        if self.serial:
            self.typed += keys
        elif keys and self.machine.screen is not None:
            type_keys(self.machine.screen, keys)
        self.quit = bool(quit_key)

    def feed(self) -> float | None:
        """Types the next key on COM1 if it is due; returns the seconds until another is, or None."""
        now = time.monotonic()
        if self.typed and now >= self.due:
            type_keys(self.machine.serial.master, self.typed[:1])
            self.typed, self.due = self.typed[1:], now + KEY_SECONDS
        return max(self.due - now, 0.0) if self.typed else None


# --- The command --------------------------------------------------------------


@contextmanager
def signals_raise():
    """Makes the signals that end a program unwind it instead, as Interrupted.

    Only the first one does: a second must not break off the tidying up.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, frame: object) -> None:
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def start(emulator: str, disk: Path, *, claim: int, serial: bool,
          size: tuple[int, int], headless: bool) -> Emulator:
    term = term_for(os.environ.get("TERM"))
    if emulator == "bochs":
        if remove_stale_lock(disk):
            say(f"{lock_of(disk).name} was left behind by a Bochs that was killed; removed.")
        return Bochs(disk, claim=claim, term=term, size=size, real_time=not headless)
    return Qemu(disk, claim=claim, term=term, size=size, display=not (serial or headless))


def run(emulator: str, disk: Path, *, serial: bool, limit: float = HEADLESS_SECONDS) -> Ending:
    """Boots the disk at the user's terminal, or headless where there is none."""
    disk = disk.resolve()
    keyboard, display = sys.stdin.fileno(), sys.stdout.fileno()
    headless = not (os.isatty(keyboard) and os.isatty(display))
    claim = claim_disk(disk)
    size = SCREEN if headless or serial else await_size(keyboard, display)
    machine = start(emulator, disk, claim=claim, serial=serial, size=size, headless=headless)
    try:
        relay = Relay(machine, serial=serial or headless,
                      show=lambda data: write_all(display, data))
        if headless:
            return relay.run(keyboard=None, limit=limit)
        face = "COM1" if serial else "The PC's screen"
        say(f"{face} of {emulator} in this terminal; Ctrl-] quits.")
        afterwards = b"\r\n" if serial else undo_drawing()
        with raw_terminal(keyboard, display, afterwards=afterwards):
            ending = relay.run(keyboard=keyboard, limit=None)
        if relay.serial_tail and not serial:
            say("COM1 said:\n" + relay.serial_tail.decode(errors="replace").replace("\r", ""))
        return ending
    finally:
        machine.kill()
        os.close(claim)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m grade.console",
        description="Boots a disk image in an emulator, with this terminal as the PC's screen.",
        epilog="Ctrl-] quits. Without a terminal, copies COM1 to stdout until the power goes off.",
    )
    parser.add_argument("--emulator", choices=("bochs", "qemu"), required=True)
    parser.add_argument("--disk", type=Path, required=True, help="a raw disk image")
    parser.add_argument("--serial", action="store_true",
                        help="this terminal is COM1, not the screen")
    options = parser.parse_args(arguments)
    try:
        with signals_raise():
            ending = run(options.emulator, options.disk, serial=options.serial)
    except HarnessFault as error:
        say(f"console: {error}")
        return 2
    except Interrupted as interrupted:
        with suppress(OSError):
            say(f"console: stopped by {interrupted}")
        return 128 + interrupted.number
    say(ending.message)
    return ending.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
