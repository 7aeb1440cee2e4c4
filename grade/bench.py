"""Where a check puts a student's programs to the test.

A `Bench` knows the view that was built (the student's programs with the reference's for the rest) and boots disks
with them, one machine a boot. It remembers the machine, so that a failure can tell what state it was left in.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grade.bochs import Machine, MachineFault, Stop
from grade.disk import Disk
from grade.failure import StudentFailure
from grade.models.sector0 import HOME

POST_BUDGET = 40_000_000      # the BIOS' own work before it loads sector 0: 4.3 million ticks
LOADED = 0x7C00
BIOS_ROM = 0xC0000            # from here on: option ROMs and the BIOS
SHOWN = 72                    # of a line on COM1, in a report
# Garbage for a program to start with: another spelling of its address, a stack elsewhere, segments that lead nowhere.
DIRT = {"cs": 0x07C0, "eip": 0, "ss": 0x3000, "esp": 0x8000, "ds": 0x2345, "es": 0x4321, "ebx": 0xB0B0B0B0,
        "ecx": 0xC0C0C0C0, "esi": 0x51515151, "edi": 0xD1D1D1D1, "ebp": 0xB9B9B9B9}

STUB = "it stands in the stub of"      # and then the stub's own words


@dataclass(frozen=True)
class Programs:
    """What was built: each program of sector 0 by its name, its 512 bytes or why there are none."""

    folder: Path                      # the view
    images: dict[str, Path]           # program -> .bin
    errors: dict[str, str]            # program -> what the build said
    toolprefix: str = ""              # of the binutils that it was built with

    def image(self, program: str) -> bytes:
        """The program's bytes; a StudentFailure with the build's own lines when there are none."""
        if program in self.errors:
            raise StudentFailure(f"the build of {program}", "a program", self.errors[program])
        return self.images[program].read_bytes()


class Bench:
    """One check's place: a folder of its own, the programs, the emulator."""

    def __init__(self, folder: Path, programs: Programs, *, bochs: str) -> None:
        self.folder = folder
        self._programs = programs
        self._bochs = bochs
        self._program = ""
        self._machine: Machine | None = None

    @contextmanager
    def boot(self, program: str, disks: Sequence[Disk], *, drive: int | None = None,
             dirty: bool = False) -> Iterator[Machine]:
        """Switch on a PC with these disks, disks[0] having `program` in sector 0, and stop at 0:7C00 before the
        program's first instruction, with DL changed to `drive` if that is given, and everything else changed that a
        boot sector may not rely on if `dirty`."""
        image = self._programs.image(program)
        self._program = program
        shaped = []
        for number, disk in enumerate(disks):
            path = self.folder / f"disk{number}.img"
            disk.write(path, image)
            shaped.append((path, disk.bochs_fields))
        with Machine(self.folder, disks=shaped, bochs=self._bochs) as machine:
            self._machine = machine
            entry = machine.break_at(LOADED)
            if machine.run(POST_BUDGET).why != "breakpoint":
                raise MachineFault(f"the BIOS does not get as far as 0:7C00: {machine.stop.line or machine.stop.why}")
            machine.unbreak(entry)
            if drive is not None:
                machine.set_register("edx", machine.registers().edx & ~0xFF | drive)
            for name, value in DIRT.items() if dirty else ():
                machine.set_register(name, value)
            yield machine

    def program(self, name: str) -> bytes:
        """A program's 512 bytes as they were built."""
        return self._programs.image(name)

    def symbol(self, program: str, name: str) -> int:
        """The address of a label in a program; a StudentFailure when it has none of that name."""
        self._programs.image(program)
        elf = self._programs.images[program].with_suffix(".elf")
        listed = subprocess.run([self._programs.toolprefix + "nm", str(elf)], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            fields = line.split()
            if len(fields) == 3 and fields[2] == name:
                return int(fields[0], 16)
        raise StudentFailure(f"the label `{name}` in {program}", "a place in the program", "no such label")

    def sector0(self, number: int = 0) -> bytes:
        """What stands in a disk's sector 0 now."""
        with open(self.folder / f"disk{number}.img", "rb") as image:
            return image.read(512)

    def aftermath(self) -> str:
        """What the machine was left in, for a failure's report: its end, its registers, its last words."""
        machine = self._machine
        if machine is None:
            return ""
        tail = machine.serial.decode("ascii", "replace").splitlines()[-6:]
        stub = stub_reached(machine)
        lines = [f"{STUB} {stub}" if stub else describe(machine.stop)]
        if machine.last:
            registers, base = machine.last
            lines.append(f"eip {registers.eip:04x}  eax {registers.eax:08x}  ebx {registers.ebx:08x}  "
                         f"ecx {registers.ecx:08x}  edx {registers.edx:08x}")
            lines.append(f"esp {registers.esp:04x}  esi {registers.esi:08x}  edi {registers.edi:08x}  "
                         f"ebp {registers.ebp:08x}  eflags {registers.eflags:08x}")
            if place := self._where(base + registers.eip):
                lines.append(f"at {place}")
            if base + registers.eip >= BIOS_ROM and (caller := return_address(machine.last_stack)) is not None:
                lines.append(f"called or interrupted at {self._where(caller)}")
        if shown := [row for row in below_bios(machine.last_screen) if row]:
            lines += ["on the screen:", *(f"  {printable(row)}" for row in shown[-8:])]
        lines += ["COM1's last lines:", *(f"  {printable(line[:SHOWN])}" for line in tail)] if tail else ["nothing on COM1"]
        return "\n".join(lines)

    def _where(self, address: int) -> str:
        """`labs/1-mbr/mbr.S:57` for an address in the program, or what else is there."""
        program = self._programs.images.get(self._program)
        if program is None:
            return ""
        if 0x7C00 <= address < 0x7E00:
            if self._machine.stop.why == "power-off":
                return "the sector that was read to 0:7C00, which then switched the machine off"
            early = self._line(program, address - LOADED + HOME)
            return f"{early}, before the move to 0:0600; or in the sector that was read to 0:7C00"
        if not 0x600 <= address < 0x800:
            return "an address outside the program" if address < BIOS_ROM else "the BIOS"
        return self._line(program, address)

    def _line(self, program: Path, address: int) -> str:
        """`labs/1-mbr/mbr.S:57` for a linked address."""
        addr2line = [self._programs.toolprefix + "addr2line", "-e", str(program.with_suffix(".elf")), f"{address:#x}"]
        place = subprocess.run(addr2line, capture_output=True, text=True, check=False).stdout.split(" (")[0].strip()
        known = re.search(r"(?:labs|boot)/\S+:\d+$", place)
        return known[0] if known else f"address {address:#x}"


def stub_reached(machine: Machine) -> str:
    """`LAB 1.2: scan and validate` when the last thing on COM1 is a stub's name, else ""."""
    lines = machine.serial.decode("ascii", "replace").splitlines()
    return lines[-1] if lines and re.fullmatch(r"LAB \d+\.\d+: .*", lines[-1]) else ""


def below_bios(rows: list[str]) -> list[str]:
    """What is on the screen below the BIOS' own last line."""
    first = next((number + 1 for number, row in enumerate(rows) if row.startswith("Booting from")), 0)
    return rows[first:]


def return_address(stack: bytes) -> int | None:
    """The first pair of words on a real-mode stack that leads back into a program at 0:0600 with CS = 0."""
    words = [int.from_bytes(stack[at:at + 2], "little") for at in range(0, len(stack) - 1, 2)]
    return next((offset for offset, segment in zip(words, words[1:]) if HOME <= offset < HOME + 0x200 and segment == 0), None)


def describe(stop: Stop) -> str:
    """A stop in a student's words."""
    return {
        "budget": "the program was still running when its time was up",
        "triple fault": "triple fault: an exception had no handler, nor had the exceptions after it",
        "halted for good": "the program halted with interrupts off, so that nothing can wake it",
        "power-off": "the machine was switched off",
        "panic": f"the emulator gave up: {stop.line[11:]}",
        "flood": f"the program flooded its output: {stop.line}",
    }.get(stop.why, "the machine stood at a point that the check looks at")


def printable(text: str) -> str:
    """Text from a guest, with nothing in it that moves a cursor."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)
