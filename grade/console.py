"""What `make bochs` and `make qemu` run: a PC whose screen is this terminal.

Bochs with its debugger takes the terminal it is started from for the debugger
and shows the PC's screen on a pseudo-terminal of its own; QEMU has no key to
leave by. Here either runs behind pseudo-terminals of ours, and one of the PC's
two faces is relayed to the user's terminal, both ways and byte for byte:

    screen    the 80x25 text screen and the keyboard (the default)
    serial    COM1, with --serial

The other face is drained, since an emulator hangs once a terminal of its is
full; what COM1 said is shown at the end. Without a terminal on both stdin and
stdout the run is headless: COM1 is copied to stdout until the power goes off.

No emulator outlives us, whatever we die of (setpriv --pdeathsig), and the
terminal is given back as it was. Exit status: 0 the guest powered off or the
user quit, 1 the guest ended otherwise, 2 there was nothing to run or no way to.
"""

from __future__ import annotations

import argparse
import curses
import fcntl
import os
import re
import select
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIT_KEY = b"\x1d"  # Ctrl-]
SCREEN = (25, 80)  # the PC's text screen: lines, columns
HEADLESS_SECONDS = 120.0  # guards the host; no guest is judged by it


class ConsoleError(Exception):
    """The console cannot run, through no fault of the guest's."""


class Interrupted(Exception):
    """A signal asked us to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@dataclass(frozen=True)
class Ending:
    """How a run ended, for the user and for make."""

    message: str
    status: int


def say(text: str) -> None:
    """A line to the user; stdout belongs to the guest."""
    print(text, file=sys.stderr, flush=True)


# --- Pseudo-terminals ---------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A raw pseudo-terminal: we hold both ends, an emulator opens `name` too.

    Holding the slave keeps the master from failing while nobody else has it.
    """

    master: int
    slave: int
    name: str


def open_line() -> Line:
    master, slave = os.openpty()
    tty.setraw(slave)
    return Line(master, slave, os.ttyname(slave))


def set_size(fd: int, size: tuple[int, int]) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))


def write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def type_keys(fd: int, keys: bytes) -> None:
    """Hands keys to the guest; drops what it does not read, as a PC does."""
    if select.select([], [fd], [], 0)[1]:
        os.write(fd, keys)


# --- The disk -----------------------------------------------------------------


def claim_disk(disk: Path) -> int:
    """Takes the disk for one console at a time; returns the descriptor that holds it.

    The emulator inherits it, so the claim lasts exactly as long as it or we do.
    """
    try:
        claim = os.open(disk, os.O_RDWR)
    except OSError as error:
        raise ConsoleError(f"{disk}: {error.strerror}") from None
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        raise ConsoleError(f"{disk} is in use by another console") from None
    return claim


def bochs_using(disk: Path) -> int | None:
    """The process id of a Bochs that has the disk open, if any that we may look at."""
    wanted = disk.stat()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if not (process / "comm").read_text().startswith("bochs"):
                continue
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    if os.path.samestat(descriptor.stat(), wanted):
                        return int(process.name)
    return None


def remove_stale_lock(disk: Path) -> None:
    """Removes the lock that a killed Bochs left; refuses when a living one holds it."""
    lock = lock_of(disk)
    if not lock.exists():
        return
    holder = bochs_using(disk)
    if holder is not None:
        raise ConsoleError(f"{disk} is in use by Bochs, process {holder}")
    lock.unlink(missing_ok=True)
    say(f"{lock.name} was left behind by a Bochs that was killed; removed.")


def curses_environment(term: str, size: tuple[int, int]) -> dict[str, str]:
    """Our environment, for a program that draws on a terminal of that type and size."""
    lines, columns = size
    return {**os.environ, "TERM": term, "LINES": str(lines), "COLUMNS": str(columns)}


def lock_of(disk: Path) -> Path:
    return disk.with_name(disk.name + ".lock")


# --- The emulators ------------------------------------------------------------


class Emulator:
    """A running PC.

    `screen` and `serial` are its faces: the screen's descriptor, None until
    there is one, and COM1's line. `control` is where the emulator itself speaks.
    """

    process: subprocess.Popen[bytes]
    control: int

    def __init__(self, disk: Path) -> None:
        self.disk = disk
        self.log = disk.with_suffix(".log")
        self.serial = open_line()
        self.screen: int | None = None
        self.heard = b""

    def spawn(self, argv: list[str], *, claim: int, terminal: int, errors: int,
              env: dict[str, str]) -> None:
        for program in ("setpriv", argv[0]):
            if shutil.which(program) is None:
                raise ConsoleError(f"{program} is not installed: run make setup")
        self.log.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *argv],
            cwd=ROOT, env=env, pass_fds=[claim], start_new_session=True,
            stdin=terminal, stdout=terminal, stderr=errors,
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def hear(self, data: bytes) -> None:
        """Takes what the emulator itself said, as opposed to the PC in it."""
        self.heard = (self.heard + data)[-8192:]

    def halted(self) -> bool:
        """Whether the guest has stopped for good with the emulator still running."""
        return False

    def ending(self) -> Ending:
        raise NotImplementedError

    def last_words(self) -> str:
        lines = [line.strip() for line in self.heard.decode(errors="replace").split("\n")]
        return "\n".join([f"  {line}" for line in lines if line][-5:])

    def log_text(self) -> str:
        try:
            return self.log.read_text(errors="replace")
        except FileNotFoundError:
            return ""


class Bochs(Emulator):
    """Bochs, whose debugger owns `control` and whose screen is a terminal it opens.

    It is let go from the debugger's first prompt, which by then it has: so the
    screen is ours, and raw, before its first character.
    """

    def __init__(self, disk: Path, *, claim: int, term: str, size: tuple[int, int],
                 real_time: bool) -> None:
        super().__init__(disk)
        remove_stale_lock(disk)
        if set('"$') & set(str(self.disk)):
            raise ConsoleError(f"{disk}: Bochs takes no path with a quote or a dollar sign")
        self.size = size
        self.released = False
        control = open_line()
        self.control = control.master
        overrides = [
            f'ata0-master: type=disk, mode=flat, path="{disk}"',
            f"com1: enabled=1, mode=term, dev={self.serial.name}",
            f'log: "{self.log}"',
            "display_library: term",
        ]
        if real_time:  # a menu's ten seconds are to be ten seconds
            overrides.append("clock: sync=slowdown, time0=local")
        self.spawn(
            ["bochs", "-q", "-f", str(ROOT / ".bochsrc"), *overrides],
            claim=claim, terminal=control.slave, errors=control.slave,
            env=curses_environment(term, size),
        )
        os.close(control.slave)

    def hear(self, data: bytes) -> None:
        super().hear(data)
        if self.released:
            return
        name = re.search(rb'Bochs connected to screen "([^"]+)"', self.heard)
        if name and b"<bochs:1>" in self.heard:
            self.screen = os.open(name[1], os.O_RDWR | os.O_NOCTTY)
            tty.setraw(self.screen)
            set_size(self.screen, self.size)
            self.released = True
            write_all(self.control, b"c\n")

    def halted(self) -> bool:
        return "HLT instruction with IF=0" in self.log_text()

    def kill(self) -> None:
        super().kill()
        lock_of(self.disk).unlink(missing_ok=True)  # the claim is ours, so the lock is too

    def ending(self) -> Ending:
        # A guest can write [BIOS ] and [VBIOS] lines of its own; a panic has its device's tag.
        panic = re.search(r"^\d+p\[(\w+) *\] >>PANIC<< (.*)$", self.log_text(), re.MULTILINE)
        if panic is None:
            return Ending("Bochs ended by itself:\n" + self.last_words(), 1)
        device, what = panic.groups()
        if device == "UNMAP" and what.startswith("Shutdown port"):
            return Ending("The machine powered off.", 0)
        if device == "CPU0" and what.startswith("exception(): 3rd"):
            place = re.search(r"\| EIP=(\w+)", self.log_text())
            at = f" at EIP {place[1]}" if place else ""
            return Ending(f"The machine triple-faulted{at}; its registers are in {self.log}.", 1)
        return Ending(f"Bochs stopped: {what} ({self.log})", 1)


class Qemu(Emulator):
    """QEMU, whose curses display draws on the terminal that it is started from."""

    def __init__(self, disk: Path, *, claim: int, term: str, size: tuple[int, int],
                 display: bool) -> None:
        super().__init__(disk)
        screen = open_line()
        set_size(screen.slave, size)
        self.screen = screen.master
        self.control, errors = os.pipe()
        drive = str(disk).replace(",", ",,")
        self.spawn(
            ["qemu-system-i386", "-display", "curses" if display else "none", "-no-reboot",
             "-nic", "none", "-drive", f"file={drive},format=raw", "-monitor", "none",
             "-chardev", f"serial,id=com1,path={self.serial.name}", "-serial", "chardev:com1",
             "-d", "cpu_reset", "-D", str(self.log)],
            claim=claim, terminal=screen.slave, errors=errors,
            env=curses_environment(term, size),
        )
        os.close(screen.slave)
        os.close(errors)

    def ending(self) -> Ending:
        if "Triple fault" in self.log_text():
            return Ending(f"The machine triple-faulted; its registers are in {self.log}.", 1)
        if self.process.returncode != 0:
            return Ending("QEMU ended by itself:\n" + self.last_words(), 1)
        return Ending("The machine powered off.", 0)


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
    """The terminal's lines and columns, once they hold the PC's screen or Enter was pressed."""
    told = False
    while True:
        columns, lines = os.get_terminal_size(display)
        if (lines >= SCREEN[0] and columns >= SCREEN[1]) or not (lines and columns):
            return max(lines, SCREEN[0]), max(columns, SCREEN[1])
        if not told:
            say(f"The PC's screen has 80x25 characters, this terminal {columns}x{lines}: "
                "enlarge it,\nor press Enter to go on without the rest.")
            told = True
        if select.select([keyboard], [], [], 0.2)[0]:
            os.read(keyboard, 1024)
            return lines, columns


# --- Relaying -----------------------------------------------------------------


class Relay:
    """Carries bytes between a PC and the user until the PC ends or the user quits.

    Both faces of the PC are drained; `show` is given what the chosen one prints,
    and `serial_tail` keeps the last of what came by COM1.
    """

    def __init__(self, machine: Emulator, *, serial: bool, show: Callable[[bytes], None]) -> None:
        self.machine = machine
        self.serial = serial
        self.show = show
        self.serial_tail = b""
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
            ready = self.selector.select(None if deadline is None else 1.0)
            if [key.fd for key, _ in ready] == [ended]:  # and nothing is left to read
                self.machine.process.wait()
                return self.machine.ending()
            for key, _ in ready:
                if key.fd != ended:
                    self.carry(key.fd, key.data)
            if self.quit:
                return Ending("You quit." + self.why_still(), 0)
            if deadline is not None and time.monotonic() > look:
                look += 1.0
                if self.machine.halted():
                    return Ending("Stopped." + self.why_still(), 1)
                if time.monotonic() > deadline:
                    return Ending(f"Stopped: the machine still ran after {limit:g} seconds.", 1)

    def why_still(self) -> str:
        if self.machine.halted():
            return " The machine had halted with interrupts off: nothing can wake it."
        return ""

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
        target = self.machine.serial.master if self.serial else self.machine.screen
        if keys and target is not None:
            type_keys(target, keys)
        self.quit = bool(quit_key)


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
    except ConsoleError as error:
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
