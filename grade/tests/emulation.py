"""What the tests of sector 0 share: the built programs, disks of probes, and a PC in QEMU or in Bochs.

QEMU has another BIOS than Bochs, and third parties' boot code runs in both; so a test that passes in the two leans on
no accident of one of them. A `Qemu` is the PC seen from outside: COM1 by pexpect, screen and keyboard by QMP. For
Bochs the harness' own Machine serves.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pexpect
from pexpect.fdpexpect import fdspawn

from boot.image.mkdisk import Slice, build_disk
from boot.image.probe import ProbeReport, checksum, parse_report, stamp
from grade.bochs import Machine
from grade.build import reference_lock

TREE = Path(__file__).resolve().parent.parent.parent
SECTOR = 512
WALL_SECONDS = 60               # a watchdog: nothing is judged by it
BOCHS_TICKS = 400_000_000       # likewise
BOCHS_STEP = 4_000_000          # one guest second at the tree's ips
PROGRAMS = ("boot/boot0/mbr", "boot/boot0/boot0", "boot/boot0/boot0sio", "boot/image/probe")
SCREEN_ADDRESS, COLUMNS, ROWS = 0xB8000, 80, 25
DISK_SECTORS = 32 * 1024 * 1024 // SECTOR


def tool(name: str) -> str:
    """The path of a program, also one of /sbin; the test fails when `make setup` has not been run."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = shutil.which(name, path=path)
    assert found, f"{name} is missing: run `make setup`"
    return found


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in the tree, for the reference, whatever make runs us for."""
    views = ("LAB", "VIEW", "LABS_FROM", "FENCE", "VERBOSE", "SUBMISSION")
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("MAKE") and name not in views}
    with reference_lock(TREE):                          # other workers build, too
        done = subprocess.run(["make", *arguments], cwd=TREE, env=environment, capture_output=True, text=True,
                              check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def built_programs() -> dict[str, bytes]:
    """Build and return "mbr", "boot0", "boot0sio" and "probe"."""
    make(*(f"build/ref/{program}.bin" for program in PROGRAMS))
    return {Path(program).name: (TREE / f"build/ref/{program}.bin").read_bytes() for program in PROGRAMS}


# ---------------------------------------------------------------- disks


@dataclass(frozen=True)
class ProbeDisk:
    """A disk whose slices each hold a probe of its own."""

    image: Path
    slices: tuple[Slice, ...]
    probes: Mapping[str, bytes]     # slice name -> its first sector
    nonce: str

    def table_entry(self, number: int) -> bytes:
        """The 16 bytes of entry 1 to 4, as they stand on the disk now."""
        return read_sectors(self.image, 0)[0x1AE + 16 * number:0x1BE + 16 * number]

    def check(self, report: ProbeReport, number: int, *, drive: int = 0x80) -> None:
        """The report is that of slice `number`, whole, started as a boot sector may expect."""
        one = next(one for one in self.slices if one.number == number)
        assert report.nonce == self.nonce and report.name == one.name
        assert report.sum == checksum(self.probes[one.name])
        assert report.dl == drive
        assert report.cs * 16 + report.ip == 0x7C00
        assert report.entry[4:] == self.table_entry(number)[4:]
        assert report.entry[0] & 0x80


def probe_disk(image: Path, template: bytes, slices: Sequence[Slice], *, boot: bytes | None = None,
               seed: int = 1) -> ProbeDisk:
    """Build a disk in which each slice without a `fill` holds a probe with random bytes in it."""
    draw = Random(seed)
    nonce = f"{draw.getrandbits(32):08x}"
    probes = {one.name: stamp(template, nonce=nonce, name=one.name, payload=draw.randbytes(51))
              for one in slices if one.fill is None}
    filled = []
    for one in slices:
        fill = one.fill
        if fill is None:
            fill = image.with_name(f"{image.stem}-{one.name}.bin")
            fill.write_bytes(probes[one.name])
        filled.append(Slice(one.number, one.type, one.start, one.size, one.active, fill))
    build_disk(image, sectors=DISK_SECTORS, boot=boot, slices=filled, sfdisk=tool("sfdisk"))
    return ProbeDisk(image, tuple(filled), probes, nonce)


def read_sectors(image: Path, lba: int, count: int = 1) -> bytes:
    with image.open("rb") as disk:
        disk.seek(lba * SECTOR)
        return disk.read(count * SECTOR)


def write_at(image: Path, offset: int, data: bytes) -> None:
    with image.open("r+b") as disk:
        disk.seek(offset)
        disk.write(data)


def set_menu(image: Path, *, option: int = 0, drive: int = 0x80, flags: int = 0x8F, ticks: int = 2) -> None:
    """Write boot0's own bytes, as boot0cfg(8) does."""
    write_at(image, 0x1B9, struct.pack("<BBBH", option, drive, flags, ticks))


# ---------------------------------------------------------------- QEMU


def _listen(path: str) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.settimeout(WALL_SECONDS)
    server.bind(path)
    server.listen()
    return server


class Qemu:
    """A PC in QEMU that is on inside `with`. COM1 is `com1`, for pexpect."""

    def __init__(self, disks: Sequence[Path], *, megabytes: int = 64, options: Sequence[str] = ()) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="proc0-qemu-")    # its path is short, as a socket's must be
        monitor, com1 = (str(Path(self._folder.name) / name) for name in ("qmp", "com1"))
        command = [tool("setpriv"), "--pdeathsig", "KILL", tool("qemu-system-i386"), "-display", "none", "-no-reboot",
                   "-nic", "none", "-m", str(megabytes), "-qmp", f"unix:{monitor}", "-serial", f"unix:{com1}",
                   *options]
        for number, disk in enumerate(disks):
            command += ["-drive", f"file={disk},format=raw,if=ide,index={number},cache=unsafe"]
        with _listen(com1) as com1_server, _listen(monitor) as monitor_server:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            self._com1, _ = com1_server.accept()
            self._qmp, _ = monitor_server.accept()
        self.com1 = fdspawn(self._com1, encoding="latin1", timeout=WALL_SECONDS)
        self.com1.delaybeforesend = None
        self._replies = self._qmp.makefile("r", encoding="utf-8")

    def __enter__(self) -> Qemu:
        self._replies.readline()
        self.ask("qmp_capabilities")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._replies.close()
        self._qmp.close()
        self._com1.close()
        self._folder.cleanup()

    def ask(self, command: str, **arguments: object) -> object:
        """One command of QMP and its answer."""
        self._qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            answer = json.loads(self._replies.readline())
            if "return" in answer:
                return answer["return"]
            assert "error" not in answer, answer

    def memory(self, address: int, size: int) -> bytes:
        with tempfile.NamedTemporaryFile() as dump:
            self.ask("pmemsave", val=address, size=size, filename=dump.name)
            return dump.read()

    def screen(self) -> str:
        """The text on the screen, rows without their trailing blanks."""
        text = self.memory(SCREEN_ADDRESS, ROWS * COLUMNS * 2)[::2].decode("cp437")
        return "\n".join(text[at:at + COLUMNS].rstrip("\0 ") for at in range(0, len(text), COLUMNS))

    def wait(self, seen: Callable[[], bool], what: str) -> None:
        """Look at the machine until it is as it should be."""
        deadline = time.monotonic() + WALL_SECONDS
        while not seen():
            assert time.monotonic() < deadline, f"{what} did not come about; the screen:\n{self.screen()}"

    def wait_for_screen(self, text: str) -> str:
        self.wait(lambda: text in self.screen(), f"{text!r} on the screen")
        return self.screen()

    def press(self, *keys: str) -> None:
        """Keys by QEMU's names: "f1", "5", "ret"."""
        for key in keys:
            self.ask("send-key", keys=[{"type": "qcode", "data": key}])

    def report(self) -> ProbeReport:
        """The next probe's report."""
        self.com1.expect(r"@[^\r\n]* probe [^\n]*\n")
        return parse_report(self.com1.after)

    def off(self) -> None:
        """Wait for the machine to be switched off from inside."""
        self.com1.expect(pexpect.EOF)


def qemu_report(image: Path) -> ProbeReport:
    """What the probe reports that this disk starts in QEMU."""
    with Qemu([image]) as pc:
        report = pc.report()
        pc.off()
        return report


# ---------------------------------------------------------------- Bochs


def bochs_serial(image: Path, token: str) -> str:
    """What comes on COM1 in Bochs up to the token, to the end of the machine, or in BOCHS_TICKS."""
    with tempfile.TemporaryDirectory(prefix="proc0-test-") as folder, \
            Machine(Path(folder), disks=[(image, "")], bochs=tool("bochs")) as pc:
        while not pc.stop.over and pc.stop.tick < BOCHS_TICKS and not re.search(token.encode(), pc.serial):
            pc.run(BOCHS_STEP)
        pc.close()
        return pc.serial.decode("latin1")


def bochs_report(image: Path) -> ProbeReport:
    """What the probe reports that this disk starts in Bochs."""
    serial = bochs_serial(image, r"@.* probe .*\n")
    lines = re.findall(r"@[^\n]* probe [^\n]*\n", serial)
    assert lines, f"no probe was started; COM1: {serial!r}"
    return parse_report(lines[0])


def qemu_serial(image: Path, token: str) -> str:
    """What comes on COM1 in QEMU up to the token."""
    with Qemu([image]) as pc:
        pc.com1.expect(token)
        return pc.com1.before + pc.com1.after
