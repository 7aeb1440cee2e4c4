"""What `make debug` and `make gdb` run: an emulator's debugger in this terminal, stopped at 0:7C00.

    bochs   Bochs' own debugger, with the labels of the programs given (`lb "label"`, `u`, `x`, `info`)
    qemu    QEMU with gdb at its stub, over a pipe of theirs: no port is opened

The programs are those that run at an address of their own: sector 0's, boot1, BTX, the kernel.

The PC's screen is drawn nowhere, only emptied (Bochs hangs when nobody does); its text is at 0xB8000. What COM1 says
goes to a file beside the disk.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pexpect

from grade.emulators import ROOT, claim_disk, remove_stale_lock
from grade.failure import HarnessFault

HELP = """\
c goes on, s steps, u /8 disassembles, r and sreg show registers, x /16bx 0x7be memory,
lb 0x7c00 or lb "label" stops there, ? lists the commands, q quits. COM1 goes to {com1}."""


def symbols(elfs: Sequence[Path], *, nm: str) -> list[tuple[int, str]]:
    """The programs' labels with their addresses; none of one that has not been built."""
    listed = [subprocess.run([nm, str(elf)], capture_output=True, text=True, check=True).stdout
              for elf in elfs if elf.exists()]
    return [(int(address, 16), name)
            for address, kind, name in re.findall(r"^([0-9a-f]+) (\w) (\S+)$", "".join(listed), re.MULTILINE)
            if kind in "tTdD"]


def run_bochs(disk: Path, elfs: Sequence[Path], *, bochs: str, nm: str) -> int:
    """Bochs' debugger, its keys and words straight from and to the terminal. Returns its exit status."""
    remove_stale_lock(disk)
    table, commands, com1 = (disk.with_suffix(suffix) for suffix in (".sym", ".bochs", ".com1"))
    table.write_text("".join(f"{address:x} {name}\n" for address, name in symbols(elfs, nm=nm)), encoding="utf-8")
    commands.write_text(f'ldsym global "{table}"\nlb 0x7c00\nc\n', encoding="utf-8")
    print(HELP.format(com1=com1.relative_to(ROOT)))
    child = pexpect.spawn(
        bochs, ["-q", "-f", str(ROOT / ".bochsrc"), "-rc", str(commands), f'ata0-master: type=disk, mode=flat, path="{disk}"',
                f'com1: enabled=1, mode=file, dev="{com1}"', f'log: "{disk.with_suffix(".log")}"'],
        cwd=str(ROOT), env={**os.environ, "TERM": "xterm"}, dimensions=os.get_terminal_size())
    child.interact(escape_character=None, output_filter=_Screen().filter)
    child.close()
    return child.exitstatus or 0


class _Screen:
    """Finds the name of the screen's terminal in what Bochs says, and keeps it empty."""

    def __init__(self) -> None:
        self._heard = b""
        self._found = False

    def filter(self, data: bytes) -> bytes:
        if not self._found:
            self._heard += data
            if name := re.search(rb'connected to screen "([^"]+)"', self._heard):
                self._found = True
                threading.Thread(target=_empty, args=(os.open(name[1], os.O_RDWR | os.O_NOCTTY),), daemon=True).start()
        return data


def _empty(terminal: int) -> None:
    with suppress(OSError):
        while os.read(terminal, 65536):
            pass


def run_qemu(disk: Path, elfs: Sequence[Path], *, qemu: str) -> int:
    """gdb, with QEMU as its remote end. Returns gdb's exit status."""
    drive = str(disk).replace(",", ",,")
    stub = shlex.join([qemu, "-S", "-gdb", "stdio", "-display", "none", "-monitor", "none", "-nic", "none", "-no-reboot",
                       "-serial", f"file:{disk.with_suffix('.com1')}", "-drive", f"file={drive},format=raw"])
    steps = ["set confirm off", *(f'add-symbol-file "{elf}"' for elf in elfs if elf.exists()),
             f"target remote | {stub}", "hbreak *0x7c00", "continue"]
    print(f"COM1 goes to {disk.with_suffix('.com1').relative_to(ROOT)}. gdb takes all code for 32-bit code: in real mode its\n"
          "registers, memory and breakpoints are right, its disassembly is not (`make debug` disassembles both).")
    return subprocess.run(["gdb", "-q", *(word for step in steps for word in ("-ex", step))], check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """The debugger's exit status; 2 and one line when it cannot be started."""
    parser = argparse.ArgumentParser(prog="python3 -m grade.debug", description="Boot a disk under a debugger.")
    parser.add_argument("--emulator", choices=("bochs", "qemu"), required=True)
    parser.add_argument("--disk", type=Path, required=True, help="a raw disk image")
    parser.add_argument("--elf", type=Path, action="append", default=[], help="a program on it, with symbols")
    parser.add_argument("--bochs", default="bochs")
    parser.add_argument("--qemu", default="qemu-system-i386")
    parser.add_argument("--nm", default="nm")
    options = parser.parse_args(arguments)
    disk, elfs = options.disk.resolve(), [elf.resolve() for elf in options.elf]
    try:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise HarnessFault("a debugger needs a terminal")
        if options.emulator == "qemu" and shutil.which("gdb") is None:
            raise HarnessFault("gdb is missing: run `make setup`")
        with os.fdopen(claim_disk(disk)):
            if options.emulator == "qemu":
                return run_qemu(disk, elfs, qemu=options.qemu)
            return run_bochs(disk, elfs, bochs=options.bochs, nm=options.nm)
    except HarnessFault as error:
        print(f"debug: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
