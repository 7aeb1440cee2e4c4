"""The console keeps its promises to a terminal: both ways, both emulators, every way out.

A boot sector (console_guest.S) is the PC; pexpect is the user at a terminal.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pexpect
import pytest

from grade import emulators

GUEST = Path(__file__).with_name("console_guest.S")
EMULATORS = ("bochs", "qemu")
F1, F5, QUIT = "\x1bOP", "\x1b[15~", "\x1d"


@pytest.fixture(scope="module")
def sector(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The guest's boot sector."""
    out = tmp_path_factory.mktemp("guest") / "guest.bin"
    prefixes = [os.environ["TOOLPREFIX"]] if "TOOLPREFIX" in os.environ else []
    prefixes += ["i686-elf-", "i686-linux-gnu-", ""]
    compiler = next(f"{prefix}gcc" for prefix in prefixes if shutil.which(f"{prefix}gcc"))
    subprocess.run(
        [compiler, "-m32", "-nostdlib", "-static", "-Wl,-Ttext=0x7c00,--oformat=binary,-e,start",
         "-Wl,--build-id=none", "-o", out, GUEST],
        check=True,
    )
    return out.read_bytes()


@pytest.fixture
def disk(sector: bytes, tmp_path: Path) -> Path:
    """A disk that waits for commands, in a folder whose name is awkward."""
    folder = tmp_path / "a, b"
    folder.mkdir()
    image = folder / "disk.img"
    image.write_bytes(sector.ljust(2 * 16 * 63 * 512, b"\0"))
    return image


def give_command(disk: Path, command: bytes) -> None:
    """Makes the guest do this by itself after its greeting."""
    with disk.open("r+b") as image:
        image.seek(509)
        image.write(command)


def arguments(emulator: str, disk: Path, *options: str) -> list[str]:
    return ["-m", "grade.console", "--emulator", emulator, "--disk", str(disk), *options]


def sit_down(emulator: str, disk: Path, *options: str, lines: int = 25) -> pexpect.spawn:
    """A user at a terminal who has started the console."""
    return pexpect.spawn(
        sys.executable, arguments(emulator, disk, *options), cwd=str(emulators.ROOT),
        dimensions=(lines, 80), timeout=30, env={**os.environ, "TERM": "xterm"},
        encoding="utf-8", codec_errors="replace",
    )


def on_screen(text: str) -> str:
    """A pattern for a word drawn by curses, which sets colours and moves in the midst of it.

    A word: a blank may be moved over instead.
    """
    between = r"(?:\x1b(?:\(B|[^A-Za-z(]*[A-Za-z])|[\r\b])*"
    return between.join(re.escape(character) for character in text)


def leave(child: pexpect.spawn) -> tuple[int, str]:
    """Waits for the console's end; its exit status and its last words."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, child.before


def run_headless(emulator: str, disk: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments(emulator, disk)], cwd=emulators.ROOT, timeout=60,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )


@pytest.mark.parametrize("emulator", EMULATORS)
def test_screen_and_function_keys(emulator: str, disk: Path) -> None:
    child = sit_down(emulator, disk)
    child.expect("Ctrl-] quits")
    child.expect(on_screen("sector-0-ready"))
    assert "\x1b[?1049h" in child.before, "the alternate screen is entered"
    assert "\x1b[?1h\x1b=" in child.before, "the keypad is switched to what curses expects"
    for keys, answer in ((F1, "key:A"), (F5, "key:E"), ("x", "key:x")):
        child.send(keys)
        child.expect(on_screen(answer))
    child.send("q")
    status, words = leave(child)
    assert status == 0
    assert "The machine powered off." in words
    assert "COM1 said:\r\nsector-0-ready\r\nkey:A\r\nkey:E\r\nkey:x\r\n" in words


@pytest.mark.parametrize("emulator", EMULATORS)
def test_serial_line_is_the_terminal(emulator: str, disk: Path) -> None:
    child = sit_down(emulator, disk, "--serial")
    child.expect("sector-0-ready\r\n")
    child.send("x")
    child.expect("key:x\r\n")
    child.send("q")
    status, words = leave(child)
    assert status == 0
    assert "The machine powered off." in words
    assert "COM1 said" not in words


@pytest.mark.parametrize("emulator", EMULATORS)
def test_a_paste_on_the_serial_line_loses_nothing(emulator: str, disk: Path) -> None:
    """The guest's answer takes seven characters' time: longer than the line needs for the next key."""
    child = sit_down(emulator, disk, "--serial")
    child.expect("sector-0-ready\r\n")
    child.send("f")
    child.expect("key:f\r\n")
    paste = "0123456789" * 5
    child.send(paste + "q")
    assert re.findall(r"key:(.)\r\n", leave(child)[1]) == list(paste)


@pytest.mark.parametrize("emulator", EMULATORS)
def test_triple_fault_is_told(emulator: str, disk: Path) -> None:
    child = sit_down(emulator, disk)
    child.expect(on_screen("sector-0-ready"))
    child.send("t")
    status, words = leave(child)
    assert status == 1
    assert "The machine triple-faulted" in words


@pytest.mark.parametrize("emulator", EMULATORS)
def test_headless_copies_the_serial_line(emulator: str, disk: Path) -> None:
    give_command(disk, b"q")
    done = run_headless(emulator, disk)
    assert (done.returncode, done.stdout) == (0, "sector-0-ready\n")
    assert done.stderr == "The machine powered off.\n"


def test_headless_ends_when_nothing_can_wake_the_guest(disk: Path) -> None:
    give_command(disk, b"h")
    done = run_headless("bochs", disk)
    assert done.returncode == 1
    assert "halted with interrupts off" in done.stderr


@pytest.mark.parametrize("emulator", EMULATORS)
def test_headless_ends_at_a_stub(emulator: str, disk: Path) -> None:
    give_command(disk, b"s")
    done = run_headless(emulator, disk)
    assert done.returncode == 1
    assert done.stderr == "Stopped. The machine stands at what is not written yet, LAB 1.2: menu.\n"


@pytest.mark.parametrize("emulator", EMULATORS)
def test_headless_has_a_limit(emulator: str, disk: Path) -> None:
    program = ("import sys; from pathlib import Path; from grade import console;"
               "print(console.run(sys.argv[1], Path(sys.argv[2]), serial=False, limit=1.0).message)")
    done = subprocess.run(
        [sys.executable, "-c", program, emulator, str(disk)], cwd=emulators.ROOT, timeout=60,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )
    assert "Stopped: the machine still ran after 1 seconds." in done.stdout
    assert not emulators.lock_of(disk).exists()


@pytest.mark.parametrize("emulator", EMULATORS)
@pytest.mark.parametrize("way", ["key", signal.SIGTERM, signal.SIGHUP])
def test_terminal_is_given_back(emulator: str, way: str | signal.Signals, disk: Path) -> None:
    child = sit_down(emulator, disk)
    before = termios.tcgetattr(child.child_fd)
    child.expect(on_screen("sector-0-ready"))
    assert not termios.tcgetattr(child.child_fd)[3] & termios.ICANON
    if way == "key":
        child.send(QUIT)
    else:
        child.kill(way)
    child.expect(pexpect.EOF)
    assert termios.tcgetattr(child.child_fd) == before
    words = child.before
    child.close()
    status = child.exitstatus
    assert status == (0 if way == "key" else 128 + way)
    assert ("You quit." if way == "key" else "stopped by SIG") in words
    assert "\x1b[?1049l" in words, "the alternate screen is left"
    assert not emulators.lock_of(disk).exists()


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("emulator", EMULATORS)
def test_no_emulator_outlives_a_killed_console(emulator: str, disk: Path) -> None:
    child = sit_down(emulator, disk)
    child.expect(on_screen("sector-0-ready"))
    (pid,) = children_of(child.pid)
    ended = os.pidfd_open(pid)
    child.kill(signal.SIGKILL)
    assert select.select([ended], [], [], 10)[0], f"{emulator} is still running"
    os.close(ended)


def test_lock_of_a_killed_bochs_is_removed(disk: Path) -> None:
    emulators.lock_of(disk).touch()
    give_command(disk, b"q")
    done = run_headless("bochs", disk)
    assert done.returncode == 0
    assert "disk.img.lock was left behind by a Bochs that was killed; removed." in done.stderr


def test_lock_of_a_living_bochs_is_respected(disk: Path, tmp_path: Path) -> None:
    program = tmp_path / "bochs-like"
    shutil.copy("/bin/sleep", program)
    emulators.lock_of(disk).touch()
    with disk.open("rb") as image:
        living = subprocess.Popen([program, "60"], stdin=image)
    try:
        done = run_headless("bochs", disk)
        assert done.returncode == 2
        assert f"is in use by Bochs, process {living.pid}" in done.stderr
        assert emulators.lock_of(disk).exists()
    finally:
        living.kill()
        living.wait()


@pytest.mark.parametrize("emulator", EMULATORS)
def test_second_console_leaves_the_first_alone(emulator: str, disk: Path) -> None:
    child = sit_down("bochs", disk)
    child.expect(on_screen("sector-0-ready"))
    done = run_headless(emulator, disk)
    assert done.returncode == 2
    assert done.stderr == f"console: {disk} is in use by another console\n"
    child.send("x")
    child.expect(on_screen("key:x"))
    child.send("q")
    assert leave(child)[0] == 0


def test_small_terminal_is_told(disk: Path) -> None:
    child = sit_down("bochs", disk, lines=20)
    child.expect("80x25 characters, this terminal 80x20")
    child.setwinsize(25, 80)
    child.expect(on_screen("sector-0-ready"))
    child.send(QUIT)
    assert leave(child)[0] == 0


def test_small_terminal_is_used_when_the_user_says_so(disk: Path) -> None:
    child = sit_down("bochs", disk, lines=20)
    child.expect("press Enter to go on")
    child.send("\r")
    child.expect("Ctrl-] quits")
    child.expect("Booting from Hard Disk")
    child.send(QUIT)
    assert leave(child)[0] == 0


def test_second_signal_does_not_break_off_the_tidying(disk: Path) -> None:
    child = sit_down("bochs", disk)
    before = termios.tcgetattr(child.child_fd)
    child.expect(on_screen("sector-0-ready"))
    child.kill(signal.SIGSTOP)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCONT):  # so that both are pending
        child.kill(number)
    child.expect(pexpect.EOF)
    assert termios.tcgetattr(child.child_fd) == before
    assert "stopped by SIG" in child.before
    assert not emulators.lock_of(disk).exists()
    child.close()


def test_missing_disk_is_one_line(tmp_path: Path) -> None:
    done = run_headless("bochs", tmp_path / "none.img")
    assert done.returncode == 2
    assert done.stderr == f"console: {tmp_path}/none.img: No such file or directory\n"
