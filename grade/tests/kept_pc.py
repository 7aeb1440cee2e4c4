"""A PC in QEMU that is started many times: kept alive, set back between two boots, its disk changed under it.

Starting QEMU and the BIOS costs more than what the tests of bad disks look at. So the machine stops in boot0sio's menu,
which waits for a key on COM1, and a snapshot is taken there; each boot begins with it. The disk is a raw file that no
snapshot covers: what is written to it between two boots, the next one reads.

The clock is that of the instructions (-icount), 2**SHIFT ns each, two million a second; and a halted machine's time
flies. So a limit in guest seconds does not depend on how busy the host is, and what waits for a key costs little.
"""

from __future__ import annotations

import json
import re
import select
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from grade.tests.emulation import COLUMNS, ROWS, SCREEN_ADDRESS, WALL_SECONDS, tool

MENU = b"Default: F1"
SHIFT = 9
GUEST_SECONDS = 120             # what waits for a key gives up long before
FLAG_INTERRUPTS = 0x200
BIOS_ROM = 0xFFFC0000
KEYS = {"/": ["slash"], "?": ["shift", "slash"], "\r": ["ret"]}


class KeptPc:
    """The machine, on inside `with`; boots from `disk`, whose sector 0 is boot0sio.

    serial: what came on COM1 since the last start.
    ended:  why the guest stopped or restarted the machine since then, in QEMU's words, or "".
    """

    def __init__(self, disk: Path, *, megabytes: int = 16, drive: str = "") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="proc0-kept-")     # a socket's path must be short
        paths = {name: str(Path(self._folder.name) / name) for name in ("qmp", "com1", "state")}
        Path(paths["state"]).touch()
        self._state, self._memory = paths["state"], megabytes << 20
        self.serial, self.ended, self._read = b"", "", 0
        command = [tool("setpriv"), "--pdeathsig", "KILL", tool("qemu-system-i386"), "-display", "none", "-nodefaults",
                   "-vga", "cirrus", "-no-shutdown", "-m", str(megabytes), "-icount", f"shift={SHIFT},sleep=off",
                   "-rtc", "base=2000-11-20T00:00:00,clock=vm", "-accel", "tcg,tb-size=32",
                   "-qmp", f"unix:{paths['qmp']}", "-serial", f"unix:{paths['com1']}",
                   "-drive", drive or f"file={disk},format=raw,if=ide,cache=unsafe,file.locking=off"]
        servers = {}
        for name in ("qmp", "com1"):
            servers[name] = socket.socket(socket.AF_UNIX)
            servers[name].settimeout(WALL_SECONDS)
            servers[name].bind(paths[name])
            servers[name].listen()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self._qmp, self._com1 = servers["qmp"].accept()[0], servers["com1"].accept()[0]
        for server in servers.values():
            server.close()
        self._replies: list[dict[str, object]] = []
        self._partial = b""

    def __enter__(self) -> KeptPc:
        self.ask("qmp_capabilities")
        self._wait(lambda: MENU in self.serial)
        self.ask("stop")
        self.ask("blockdev-add", driver="file", filename=self._state, **{"node-name": "file"})
        self._job("blockdev-create", options={"driver": "qcow2", "file": "file", "size": 0})
        self.ask("blockdev-add", driver="qcow2", file="file", **{"node-name": "state"})
        self._job("snapshot-save", tag="menu", vmstate="state", devices=["state"])
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._qmp.close()
        self._com1.close()
        self._folder.cleanup()

    # ------------------------------------------------------------ QMP

    def ask(self, command: str, **arguments: object) -> object:
        """One command of QMP and its answer."""
        self._qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        self._wait(lambda: bool(self._replies))
        answer = self._replies.pop(0)
        assert "error" not in answer, answer
        return answer["return"]

    def _job(self, command: str, **arguments: object) -> None:
        """A command that goes on in the background, to its end."""
        self.ask(command, **arguments, **{"job-id": "job"})
        while (job := self.ask("query-jobs")[0])["status"] != "concluded":
            self.pump(0.002)
        assert "error" not in job, job
        self.ask("job-dismiss", id="job")

    def _wait(self, seen: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WALL_SECONDS
        while not seen():
            assert time.monotonic() < deadline, f"QEMU does not answer; COM1: {self.serial!r}"
            self.pump(1)

    def pump(self, seconds: float) -> bool:
        """Take what comes from QEMU, at most so long. Returns whether something came on COM1."""
        ready = select.select([self._com1, self._qmp], [], [], seconds)[0]
        if self._qmp in ready:
            came = self._qmp.recv(65536)
            assert came, "QEMU has ended"
            self._partial += came
            *lines, self._partial = self._partial.split(b"\n")
            for line in lines:
                self._take(json.loads(line))
        came = self._com1.recv(65536) if self._com1 in ready else b""
        self.serial += came
        return bool(came)

    def _take(self, message: dict[str, object]) -> None:
        if "return" in message or "error" in message:
            self._replies.append(message)
        elif message.get("event") in ("RESET", "SHUTDOWN") and message["data"]["guest"]:
            self.ended = self.ended or f"{message['event'].lower()} {message['data']['reason']}"

    # ------------------------------------------------------------ the machine

    def start(self) -> None:
        """Boot once more, from the menu on."""
        self.ask("stop")
        if self.ask("query-status")["status"] == "shutdown":
            self.ask("system_reset")        # otherwise QEMU will not go on
        self._job("snapshot-load", tag="menu", vmstate="state", devices=["state"])
        while self.pump(0):
            pass
        self.serial, self.ended, self._read = b"", "", 0
        self._began = self._clock()
        self.ask("cont")
        self.type("1")

    def _clock(self) -> float:
        now = self.ask("qom-get", path="/machine", property="rtc-time")
        return datetime(1900 + now["tm_year"], now["tm_mon"] + 1, now["tm_mday"], now["tm_hour"], now["tm_min"],
                        now["tm_sec"]).timestamp()

    def seconds(self) -> float:
        """Guest seconds since the start."""
        return self._clock() - self._began

    def type(self, text: str) -> None:
        """Send keys on COM1."""
        self._com1.sendall(text.encode("latin1"))

    def expect(self, text: str) -> str:
        """Wait for a text on COM1. Returns what came before it, behind the last one that was waited for. There is no
        limit in guest seconds: a prompt that waits for our next line halts the machine, and its time flies."""
        wanted = text.encode("latin1")
        deadline = time.monotonic() + WALL_SECONDS
        while (at := self.serial.find(wanted, self._read)) < 0:
            assert not self.ended and time.monotonic() < deadline, (
                f"{text!r} did not come: {self.ended or self.lost()}\n{self.serial[self._read:]!r}\n{self.screen()}")
            self.pump(0.1)
        before = self.serial[self._read:at].decode("latin1")
        self._read = at + len(wanted)
        return before

    def press(self, text: str) -> None:
        """Press keys of the keyboard."""
        for key in text:
            names = KEYS.get(key, [key])
            self.ask("send-key", keys=[{"type": "qcode", "data": name} for name in names])

    def screen(self) -> list[str]:
        """The rows of the screen that are not empty."""
        dump = Path(self._folder.name) / "screen"
        self.ask("pmemsave", val=SCREEN_ADDRESS, size=ROWS * COLUMNS * 2, filename=str(dump))
        text = dump.read_bytes()[::2].decode("cp437")
        rows = (text[at:at + COLUMNS].rstrip("\0 ") for at in range(0, len(text), COLUMNS))
        return [row for row in rows if row]

    def registers(self) -> str:
        """Where the machine is, in the words of QEMU's monitor."""
        return str(self.ask("human-monitor-command", **{"command-line": "info registers"}))

    def lost(self) -> str:
        """Why nothing can come any more, or "": no interrupt can wake it, or it runs where no memory is."""
        registers = self.registers()
        eip, flags, halted = re.search(r"EIP=(\w+) EFL=(\w+) .* HLT=(\d)", registers).groups()
        base = re.search(r"CS =\w+ (\w+)", registers)[1]
        if halted == "1" and not int(flags, 16) & FLAG_INTERRUPTS:
            return "a halt"
        return "a run out of memory" if self._memory <= int(eip, 16) + int(base, 16) < BIOS_ROM else ""
