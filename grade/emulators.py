"""The emulators behind pseudo-terminals, for a user at a terminal (grade.console).

Bochs with its debugger takes the terminal it is started from for the debugger
and shows the PC's screen on a pseudo-terminal of its own; QEMU draws the screen
where it is started. Both are started here on pseudo-terminals of ours, so that
a PC looks the same from outside whichever runs it: a screen, a serial line, and
a control line on which the emulator itself speaks. All three must be read
throughout: an emulator hangs once a terminal of its is full.

The machine is the tree's .bochsrc; a disk is claimed for one emulator at a
time; no emulator outlives us, whatever we die of (setpriv --pdeathsig).
Judging is another module's work: see grade.bochs.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import shutil
import struct
import subprocess
import termios
import tty
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grade.failure import HarnessFault

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Ending:
    """How a run ended, for the user and for make."""

    message: str
    status: int


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
        raise HarnessFault(f"{disk}: {error.strerror}") from None
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        raise HarnessFault(f"{disk} is in use by another console") from None
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


def remove_stale_lock(disk: Path) -> bool:
    """Removes the lock that a killed Bochs left, if any; refuses when a living one holds it."""
    lock = lock_of(disk)
    if not lock.exists():
        return False
    holder = bochs_using(disk)
    if holder is not None:
        raise HarnessFault(f"{disk} is in use by Bochs, process {holder}")
    lock.unlink(missing_ok=True)
    return True


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
                raise HarnessFault(f"{program} is not installed: run make setup")
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

    It is let go from the debugger's first prompt, when its screen is open and
    has been made raw: so nothing of the guest's is lost or echoed.
    """

    def __init__(self, disk: Path, *, claim: int, term: str, size: tuple[int, int],
                 real_time: bool) -> None:
        super().__init__(disk)
        if set('"$') & set(str(self.disk)):
            raise HarnessFault(f"{disk}: Bochs takes no path with a quote or a dollar sign")
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
            # Keep what curses began with, but not its echo, which would arrive as keys.
            tty.setraw(self.screen, termios.TCSANOW)
            termios.tcflush(self.screen, termios.TCOFLUSH)
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
